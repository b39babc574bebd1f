// The panel where a digit is drawn and a network settles on it: the example's figures are those of the live page, its spikes
// come in over time.
import type { Frame } from '../../frames/frame.ts';
import type { LiveAbout, ShownExample } from '../../run/live.ts';
import { exampleOf, freeRates } from '../client/example.ts';
import { drawRates, exampleCharts } from '../client/exampleCharts.ts';
import { networkView } from '../client/network.ts';
import { rasterView } from '../client/raster.ts';
import type { Opened } from './calls.ts';
import { pad } from './pad.ts';
import { buttons, find } from '../client/page.ts';

export interface DigitPanel {
  /** Another network: what is on the pad is shown to it. */
  opened(opened: Opened): void;
  /** An example that was not asked for here, such as one of a trace. */
  show(shown: ShownExample, about: LiveAbout): void;
  readonly shown: ShownExample | null;
}

export interface DigitPanelOptions {
  ask(what: number | Float32Array, label: number | null): Promise<ShownExample>;
  /** The test example of that number: pixels in [0, 1] and its label. */
  test(number: number): { readonly image: Float32Array; readonly label: number };
  readonly tests: number;
  problem(error: unknown): void;
}

/** Milliseconds for the phases of an example to be told in. */
const telling = 1600;

export function digitPanel({ ask, test, tests, problem }: DigitPanelOptions): DigitPanel {
  let network: Opened | null = null;
  let about: LiveAbout | null = null;
  let shown: ShownExample | null = null;
  let image: Float32Array | null = null;
  let label: number | null = null;
  let number = -1;
  let busy = false;
  let owed = false;
  let begun = -1;
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const charts = exampleCharts();
  const shape = networkView(find('network'));
  const raster = rasterView(find<HTMLCanvasElement>('raster'), () => {});
  const drawn = pad(find<HTMLCanvasElement>('pad'), (ink) => {
    [image, label] = [ink, null];
    find('pad-said').textContent = 'your own';
    void settle();
  });
  const nudge = find<HTMLSelectElement>('nudge');
  for (let digit = 0; digit < 10; digit++) nudge.add(new Option(String(digit), String(digit)));
  nudge.addEventListener('change', () => void settle());
  const actions: Readonly<Record<string, () => void>> = {
    clear() {
      drawn.clear();
      [image, label] = [null, null];
      find('pad-said').textContent = 'draw here';
      answer(null);
    },
    next() {
      number = (number + 1) % tests;
      ({ image, label } = test(number));
      drawn.put(image);
      find('pad-said').textContent = `test digit ${number}`;
      void settle();
    },
    replay() {
      if (shown) tell(shown);
    },
  };
  buttons(actions, { c: 'clear', n: 'next', r: 'replay' });
  return {
    opened(given) {
      network = given;
      about = given.about;
      shape.draw(about);
      if (image) void settle();
      else actions['next']!();
    },
    show(given, of) {
      about = of;
      shape.draw(of);
      tell((shown = given));
    },
    get shown() {
      return shown;
    },
  };

  /** One at a time; what came meanwhile is shown afterwards. */
  async function settle(): Promise<void> {
    owed = true;
    if (busy) return;
    busy = true;
    try {
      while (owed) {
        owed = false;
        if (!image || !network) continue;
        if (network.inputs !== image.length) {
          answer(null);
          find('answer-said').textContent =
            `the pad gives ${image.length} numbers, this network takes ${network.inputs}`;
          continue;
        }
        const wanted = nudge.value === '' ? null : nudge.value === 'label' ? label : Number(nudge.value);
        about = network.about;
        shown = { ...(await ask(image, wanted)), label: wanted ?? label };
        tell(shown);
      }
    } catch (error) {
      problem(error);
    } finally {
      busy = false;
    }
  }
  /** Its figures at once, its spikes as they come. */
  function tell(given: ShownExample): void {
    if (!about) return;
    const whole = exampleOf(given, about);
    charts.draw(whole, about);
    find('section-raster').hidden = whole.spikes.size === 0;
    find('spikes-said').textContent = whole.spikes.size === 0 ? 'no spikes: this network has rates' : `${whole.total.toLocaleString('en')} spikes`;
    answer(whole.answer, given.label);
    begun = performance.now();
    const mine = begun;
    const end = Math.max(0, ...whole.phases.map((phase) => phase.end));
    const step = (now: number): void => {
      // Another example is told now.
      if (begun !== mine || !about) return;
      const share = calm.matches ? 1 : Math.min(1, (now - mine) / telling);
      const example = share < 1 ? exampleOf(before(given, share * end), about) : whole;
      if (example.spikes.size > 0) raster.draw(example, about);
      drawRates(find('rates'), example, about);
      shape.rates(freeRates(example, about));
      if (share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  } // prettier-ignore
  function answer(digit: number | null, target: number | null = null): void {
    const host = find('answer');
    host.textContent = digit === null ? '–' : String(digit);
    host.dataset['tone'] = digit === null || target === null ? '' : digit === target ? 'good' : 'bad';
    find('answer-said').textContent = target === null ? '' : `target ${target}`;
  }
}

/** What has happened before a time: the phases keep their lengths. */
function before(shown: ShownExample, time: number): ShownExample {
  const frames = shown.frames.map((frame): Frame => {
    if (frame.kind !== 'spikes') return frame;
    const columns = Object.entries(frame.columns);
    const times = columns.find(([name]) => name.endsWith('.time'))?.[1].data;
    if (!times) return frame;
    let count = 0;
    while (count < times.length && times[count]! < time) count += 1;
    return { ...frame, columns: Object.fromEntries(columns.map(([name, column]) => [name, { ...column, shape: [count], data: column.data.subarray(0, count) }])) } as Frame; // prettier-ignore
  });
  return { ...shown, frames };
}
