// The page of a search: best and median fitness, diversity, species, and with several objectives the front; plain SVG, so that it
// is read with no program running. It knows no algorithm and no genome.
import { ticksOf } from './bands.ts';
import { htmlDocument } from './document.ts';
import { escapeHtml, plain } from './html.ts';
import { pair, section } from './sections.ts';

export interface EvolutionInput {
  readonly name: string;
  readonly task: string;
  readonly algorithm: string;
  readonly seed: number;
  readonly solved: boolean;
  /** It is written again as the search goes on: an open page follows. */
  readonly going: boolean;
  /** What fitness is. */
  readonly fitness: string;
  readonly objectives: readonly string[];
  readonly records: readonly EvolutionRecord[];
  readonly champion: { readonly words: string; readonly generation: number; readonly fitness: number } | null;
  readonly front: readonly { readonly objectives: readonly number[]; readonly words: string }[];
  readonly failures: readonly { readonly generation: number; readonly individual: number; readonly message: string }[];
}

export interface EvolutionRecord {
  readonly generation: number;
  readonly evaluations: number;
  readonly best: number | null;
  readonly median: number | null;
  readonly diversity: number;
  readonly species: number | null;
  readonly failures: number;
}

interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

const [width, height, left, right, top, bottom] = [520, 240, 64, 12, 14, 34];

const number = (value: number): string => {
  const size = Math.abs(value);
  return size !== 0 && (size >= 1e5 || size < 1e-3) ? value.toExponential(1) : String(Number(value.toPrecision(4)));
};
const fine = (value: number): string => String(Number(value.toFixed(1)));

interface Axes {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  across(value: number): number;
  up(value: number): number;
}

function axesOf(xs: readonly number[], ys: readonly number[]): Axes {
  const span = (values: readonly number[]): [number, number] => {
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
    const room = low === high ? Math.abs(low) * 0.05 || 1 : 0;
    return [low - room, high + room];
  };
  const [x, y] = [span(xs), span(ys)];
  const share = (value: number, [low, high]: readonly [number, number]): number => (value - low) / (high - low);
  return {
    x, y,
    across: (value) => left + share(value, x) * (width - left - right),
    up: (value) => height - bottom - share(value, y) * (height - top - bottom),
  }; // prettier-ignore
}

function framed({ x, y, across, up }: Axes, below: string, inside: string, said: string): string {
  const marksX = ticksOf(x[0], x[1], 6).map((tick) => `<text x="${fine(across(tick))}" y="${height - bottom + 16}" text-anchor="middle">${number(tick)}</text>`); // prettier-ignore
  const marksY = ticksOf(y[0], y[1], 5).map((tick) => `<path d="M${left} ${fine(up(tick))}H${width - right}" stroke="var(--line)"/><text x="${left - 7}" y="${fine(up(tick) + 4)}" text-anchor="end">${number(tick)}</text>`); // prettier-ignore
  return `<svg viewBox="0 0 ${width} ${height}" width="100%" style="max-width:600px" role="img" aria-label="${escapeHtml(said)}" font-size="12" fill="var(--soft)">${marksY.join('')}${marksX.join('')}<text x="${(left + width - right) / 2}" y="${height - 3}" text-anchor="middle">${escapeHtml(below)}</text>${inside}</svg>`;
}

/** Lines that break where a value is missing. */
function lines(records: readonly EvolutionRecord[], curves: readonly Curve[]): string {
  const x = records.map(({ generation }) => generation);
  const values = curves.flatMap((curve) => curve.values).filter((value) => value !== null);
  if (values.length === 0) return '<p class="empty">Nothing to show yet.</p>';
  const axes = axesOf(x, values);
  const paths = curves.map(({ colour, values: ys }) => {
    let open = false;
    const d = ys.map((value, k) => {
      if (value === null) open = false;
      const point = value === null ? '' : `${open ? 'L' : 'M'}${fine(axes.across(x[k]!))} ${fine(axes.up(value))}`;
      if (value !== null) open = true;
      return point;
    });
    // A line of one point is a dot.
    return `<path d="${d.join('')}${x.length === 1 ? 'h.1' : ''}" fill="none" stroke="var(--${colour})" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>`;
  });
  const key = curves.map(({ name, colour }) => `<span><i style="background:var(--${colour})"></i>${escapeHtml(name)}</span>`); // prettier-ignore
  return `<div class="key">${key.join('')}</div>${framed(axes, 'generation', paths.join(''), curves.map(({ name }) => name).join(', '))}`;
}

function frontSection({ front, objectives }: EvolutionInput): string {
  if (front.length === 0) return '';
  const [xs, ys] = [0, 1].map((m) => front.map((point) => point.objectives[m]!)) as [number[], number[]];
  const axes = axesOf(xs, ys);
  const dots = front.map((point, k) => `<circle cx="${fine(axes.across(xs[k]!))}" cy="${fine(axes.up(ys[k]!))}" r="3.5" fill="var(--accent)"><title>${escapeHtml(`${point.objectives.map(number).join(', ')}: ${point.words}`)}</title></circle>`); // prettier-ignore
  const note = `${front.length} individuals that no other beats in every objective; up and to the right is better. Point at one to read it.`;
  return section('front', 'Front', note, `${framed(axes, `${objectives[0]} (across), ${objectives[1]} (up)`, dots.join(''), 'front')}`); // prettier-ignore
}

export function evolutionPage(input: EvolutionInput): string {
  const { records, champion, failures } = input;
  const last = records.at(-1);
  const card = (name: string, value: string, main = false): string => `<div class="card${main ? ' main' : ''}"><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`; // prettier-ignore
  const failed = records.reduce((sum, each) => sum + each.failures, 0);
  const cards = [
    card(input.fitness, champion ? number(champion.fitness) : '–', true),
    card('solved', input.solved ? 'yes' : 'no'),
    card('generations', plain(last?.generation ?? 0)),
    card('evaluations', plain(last?.evaluations ?? 0)),
    ...(failed > 0 ? [card('failures', plain(failed))] : []),
  ];
  const header = `<header>\n<h1>${escapeHtml(input.name)}</h1>\n<ul class="tags">${[['task', input.task], ['algorithm', input.algorithm], ['seed', String(input.seed)]].map(([key, value]) => `<li><b>${key}</b>${escapeHtml(value!)}</li>`).join('')}</ul>\n</header>`; // prettier-ignore
  const of = (key: 'best' | 'median' | 'diversity' | 'species'): (number | null)[] =>
    records.map((record) => record[key]);
  const hasSpecies = records.some(({ species }) => species !== null);
  const rows = failures.map(({ generation, individual, message }) => `<tr><th>generation ${generation}, individual ${individual}</th><td>${escapeHtml(message)}</td></tr>`); // prettier-ignore
  const main = [
    `<dl class="cards">${cards.join('')}</dl>`,
    pair([
      section('fitness', 'Fitness', `Best and median of each generation: ${escapeHtml(input.fitness)}.`, lines(records, [{ name: 'best', colour: 'accent', values: of('best') }, { name: 'median', colour: 'faint', values: of('median') }])),
      section('diversity', 'Diversity', 'How different the candidates of a generation are, in the measure of their encoding; 0: all alike.', lines(records, [{ name: 'diversity', colour: 'row2', values: of('diversity') }])),
    ]),
    pair([
      hasSpecies ? section('species', 'Species', 'Species that live in each generation.', lines(records, [{ name: 'species', colour: 'row1', values: of('species') }])) : '',
      frontSection(input),
    ]),
    champion ? section('champion', 'Champion', `Found in generation ${champion.generation}.`, `<pre>${escapeHtml(champion.words)}</pre>`) : '',
    rows.length > 0 ? section('failures', 'Failures', 'Candidates without a fitness; the first hundred.', `<div class="scroll"><table class="facts-table">${rows.join('')}</table></div>`) : '',
  ]; // prettier-ignore
  return htmlDocument(
    `${input.name}, evolution`,
    header,
    main.filter((part) => part !== '').join('\n'),
    {},
    input.going ? 2 : null,
  );
}
