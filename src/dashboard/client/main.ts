// The live page's program: takes what the server tells, keeps the newest, and draws at most once a frame. It asks nothing of
// any other place.
import { dark, thousands } from '../../report/clientChart.ts';
import { timeLabel } from '../../report/bands.ts';
import type { LiveAbout, LiveProgress, LiveState, ShownExample } from '../../run/live.ts';
import { thinned } from '../feed.ts';
import { decodeMessage, type Message, type Point, pointOf } from '../messages.ts';
import { controls, wordsFor } from './controls.ts';
import { type Example, exampleOf, freeRates } from './example.ts';
import { drawRates, exampleCharts } from './exampleCharts.ts';
import { networkView } from './network.ts';
import { rasterView } from './raster.ts';
import { cardsOf, doneOf, trainingCharts } from './training.ts';
import { find } from './page.ts';

let about: LiveAbout | null = null;
let mode: 'live' | 'folder' = 'live';
let state: LiveState | null = null;
let points: Point[] = [];
let lines: Record<string, unknown>[] = [];
let progress: LiveProgress | null = null;
let shown: ShownExample | null = null;
let over: string | null = null;
let lost = false;
/** What has to be drawn again. */
const stale = { example: false, training: false, frame: false };
/** Milliseconds between two drawings of the curves of training. */
const trainingEvery = 250;
let trainingAt = -Infinity;

const asked = controls();
const network = networkView(find('network'));
const raster = rasterView(find<HTMLCanvasElement>('raster'), asked.pick);
const charts = exampleCharts();
const curves = trainingCharts();
/** Drawn examples, for whoever measures. */
const measured = { examples: 0, messages: 0 };
Object.assign(window, { settleLive: measured });

function take(message: Message): void {
  switch (message.kind) {
    case 'about':
      // A connection that begins anew tells everything anew.
      [about, mode, points, lines, progress, over] = [message.about, message.mode, [], [], null, null];
      find('log').replaceChildren();
      break;
    case 'state':
      state = message.state;
      break;
    case 'points':
      points = [...message.points];
      stale.training = true;
      break;
    case 'progress': {
      progress = message.progress;
      const point = pointOf(progress);
      if (point && (points.at(-1)?.examples ?? -1) < point.examples) points = thinned([...points, point]);
      stale.training = true;
      break;
    }
    case 'lines':
      lines.push(...message.lines);
      for (const line of message.lines) if (line['kind'] === 'command') logged(line);
      stale.training = true;
      break;
    case 'example':
      shown = message.shown;
      stale.example = true;
      break;
    case 'end':
      over = message.what;
      if (message.report) find('report').hidden = false;
      stale.training = true;
  }
  stale.frame = true;
}

function logged({ batch, path, value }: Record<string, unknown>): void {
  const item = document.createElement('li');
  item.textContent = `from batch ${thousands(Number(batch))}: ${wordsFor(String(path))} = ${value as number}`;
  find('log').prepend(item);
}

function draw(now: number): void {
  requestAnimationFrame(draw);
  if (!about || !(stale.frame || stale.example || stale.training)) return;
  if (stale.frame) head(about);
  stale.frame = false;
  if (stale.example && shown) {
    stale.example = false;
    drawExample(about, exampleOf(shown, about));
    measured.examples += 1;
  }
  if (stale.training && now - trainingAt >= trainingEvery) {
    [stale.training, trainingAt] = [false, now];
    const training = { about, points, lines, progress };
    curves.draw(training);
    drawCards(training);
  }
}

let headed: LiveAbout | null = null;
function head(told: LiveAbout): void {
  asked.draw(told, mode, state, over !== null);
  status();
  if (headed === told) return;
  headed = told;
  document.title = `${told.name} – settle`;
  find('name').textContent = told.name;
  const tags: [string, string | null][] = [['model', told.model], ['rule', told.rule], ['chip', told.profile], ['backend', told.backend], ['seed', String(told.seed)], ['batch', String(told.batch)]]; // prettier-ignore
  find('tags').replaceChildren(
    ...tags.flatMap(([name, value]) => {
      if (value === null) return [];
      const [item, label] = [document.createElement('li'), document.createElement('b')];
      label.textContent = name;
      item.append(label, value);
      return [item];
    }),
  );
  find('section-network').hidden = false;
  network.draw(told);
}

function status(): void {
  const host = find('status');
  const [words, tone] = over !== null ? [over, 'done'] : lost ? ['no connection', 'bad'] : state?.paused ? ['paused', 'wait'] : mode === 'live' ? ['running', 'good'] : ['as it was left', 'done']; // prettier-ignore
  if (host.textContent !== words) host.textContent = words;
  host.dataset['tone'] = tone;
}

function drawExample(told: LiveAbout, example: Example): void {
  find('section-raster').hidden = example.spikes.size === 0;
  if (example.spikes.size > 0) raster.draw(example, told);
  charts.draw(example, told);
  find('section-membranes').hidden = !state || mode === 'folder' || example.spikes.size === 0;
  drawRates(find('rates'), example, told);
  facts(told, example);
  if (told.step !== undefined) network.rates(freeRates(example, told));
}

function facts(told: LiveAbout, example: Example): void {
  const { set, example: number, label, image, examples, epoch } = example.shown;
  find('title-raster').textContent = `${set === 'test' ? 'Test' : 'Training'} example ${thousands(number)}`;
  const host = find('facts');
  let picture = host.querySelector('canvas');
  if (!picture) {
    picture = document.createElement('canvas');
    picture.setAttribute('role', 'img');
    picture.setAttribute('aria-label', 'the input');
  }
  picture.hidden = image === null;
  if (image) {
    [picture.width, picture.height] = [image.width, image.height];
    const pixels = new ImageData(image.width, image.height);
    const [paper, ink] = dark.matches ? [25, 235] : [255, 20];
    image.values.forEach((value, k) => pixels.data.set([0, 1, 2].map(() => paper + ((ink - paper) * value) / 255).concat(255), 4 * k)); // prettier-ignore
    picture.getContext('2d')!.putImageData(pixels, 0, 0);
  }
  const wrong = label !== null && example.answer !== null && label !== example.answer;
  const last = example.phases.at(-1);
  const said: [string, string | null, string][] = [
    ['target', label === null ? null : String(label), ''],
    ['answer', example.answer === null ? null : String(example.answer), wrong ? 'warn' : ''],
    ['spikes', example.spikes.size > 0 ? thousands(example.total) : null, ''],
    ['simulated', last ? timeLabel(last.end - example.phases[0]!.begin, told.step) : null, ''],
    ['after', mode === 'live' ? `${thousands(examples)} examples` : `epoch ${epoch}`, ''],
  ];
  host.replaceChildren(
    picture,
    ...said.flatMap(([name, value, tone]) => {
      if (value === null) return [];
      const [box, bold] = [document.createElement('span'), document.createElement('b')];
      Object.assign(bold, { textContent: value, className: tone });
      box.append(name, bold);
      return [box];
    }),
  );
}

function drawCards(training: Parameters<typeof cardsOf>[0]): void {
  const cards = cardsOf(training);
  const host = find('cards');
  if (host.childElementCount !== cards.length)
    host.replaceChildren(
      ...cards.map(() => {
        const card = document.createElement('div');
        card.className = 'card';
        const value = document.createElement('dd');
        value.append('', document.createElement('small'));
        card.append(document.createElement('dt'), value);
        return card;
      }),
    );
  cards.forEach(([name, value, note], k) => {
    const card = host.children[k]!;
    card.classList.toggle('main', name === 'test error');
    card.querySelector('dt')!.textContent = name;
    card.querySelector('dd')!.firstChild!.textContent = value;
    card.querySelector('small')!.textContent = note;
  });
  const share = doneOf(training);
  find('done').setAttribute('aria-valuenow', String(Math.round(100 * share)));
  (find('done').firstElementChild as HTMLElement).style.width = `${100 * share}%`;
}

function listen(): void {
  const source = new EventSource('/events');
  source.addEventListener('open', () => {
    lost = false;
    stale.frame = true;
  });
  source.addEventListener('error', () => {
    lost = true;
    stale.frame = true;
  });
  source.addEventListener('message', ({ data }) => {
    measured.messages += 1;
    take(decodeMessage(bytesOf(data as string)));
    if (over !== null && mode === 'live') source.close();
  });
}

function bytesOf(base64: string): Uint8Array {
  const quick = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array }).fromBase64;
  return quick ? quick(base64) : Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

dark.addEventListener('change', () => {
  stale.example = shown !== null;
  stale.training = true;
});
listen();
requestAnimationFrame(draw);
