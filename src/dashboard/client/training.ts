// Figures of training: errors over examples, events a second, joules, angles, and the numbers in cards.
import { colour, compact, type Line, percent, thousands } from '../../report/clientChart.ts';
import { rowColour } from '../../report/swatch.ts';
import type { AlignmentLine, EpochLine } from '../../run/figures.ts';
import type { LiveAbout, LiveProgress } from '../../run/live.ts';
import type { Point } from '../messages.ts';
import { liveChart } from './liveChart.ts';

export interface Training {
  readonly about: LiveAbout;
  readonly points: readonly Point[];
  /** Lines of metrics.jsonl. */
  readonly lines: readonly Record<string, unknown>[];
  readonly progress: LiveProgress | null;
}

export function trainingCharts(): { draw(training: Training): void } {
  const [errors, events, joules, angles] = ['errors', 'events', 'joules', 'angles'].map(liveChart) as [Chart, Chart, Chart, Chart]; // prettier-ignore
  return {
    draw(training) {
      errors.update(errorData(training));
      events.update(eventData(training));
      joules.update(jouleData(training));
      angles.update(angleData(training));
    },
  };
}
type Chart = ReturnType<typeof liveChart>;
type Data = Parameters<Chart['update']>[0];

const epochsOf = ({ lines }: Training): EpochLine[] =>
  lines.filter(({ kind }) => kind === 'epoch') as unknown as EpochLine[];

/** The running error, from a watched run's points or from the lines of the metrics. */
function runningOf({ points, lines }: Training): { examples: number; error: number }[] {
  if (points.length > 0) return points.map(({ examples, error }) => ({ examples, error }));
  return lines.flatMap(({ kind, examples, runningError }) => (kind === 'progress' ? [{ examples: Number(examples), error: Number(runningError) }] : [])); // prettier-ignore
}

function errorData(training: Training): Data {
  const running = runningOf(training);
  const epochs = epochsOf(training);
  if (running.length + epochs.length === 0) return null;
  const times = [...new Set([...running, ...epochs].map(({ examples }) => examples))].sort((a, b) => a - b);
  const at = (found: readonly { examples: number }[], value: (k: number) => number): (number | null)[] => {
    const values = new Map(found.map(({ examples }, k) => [examples, value(k)]));
    return times.map((time) => values.get(time) ?? null);
  };
  const points = epochs.length <= 40;
  const lines: Line[] = [
    ...(running.length === 0 ? [] : [{ name: 'running, training', colour: colour('train'), values: at(running, (k) => running[k]!.error), joined: true, width: 1.5 }]), // prettier-ignore
    { name: 'test', colour: colour('test'), values: at(epochs, (k) => epochs[k]!.testError), joined: true, points },
    ...(epochs.some(({ validationError }) => validationError !== undefined)
      ? [{ name: 'validation', colour: colour('validation'), values: at(epochs, (k) => epochs[k]!.validationError!), joined: true, points }] // prettier-ignore
      : []),
  ];
  return { times, lines, options: { x: 'training examples', y: 'wrong answers', at: thousands, value: percent, fromZero: true } }; // prettier-ignore
}

/** Examples a second between neighbours of the last points. */
function speeds(points: readonly Point[]): { seconds: number; rate: number; point: Point }[] {
  return points.flatMap((point, k) => {
    const before = points[k - 1];
    if (!before || point.seconds === null || before.seconds === null) return [];
    const [examples, time] = [point.examples - before.examples, point.seconds - before.seconds];
    return examples > 0 && time > 0 ? [{ seconds: point.seconds, rate: examples / time, point }] : [];
  });
}

/** Points a second apart at least, so that a rate is one. */
function spaced(points: readonly Point[], apart: number): Point[] {
  const kept: Point[] = [];
  for (const point of points)
    if (kept.length === 0 || (point.seconds ?? 0) - (kept.at(-1)!.seconds ?? 0) >= apart) kept.push(point);
  return kept;
}

function eventData({ points }: Training): Data {
  const found = speeds(spaced(points, 0.5)).filter(({ point }) => point.spikes !== null);
  if (found.length < 2) return null;
  const lines: Line[] = [
    { name: 'spikes/s', colour: colour('spikes'), values: found.map(({ rate, point }) => rate * point.spikes! || null) }, // prettier-ignore
    { name: 'synaptic events/s', colour: colour('row4'), values: found.map(({ rate, point }) => rate * point.events! || null) }, // prettier-ignore
  ];
  return { times: found.map(({ seconds }) => seconds), lines, options: { x: 'time of training (s)', y: 'a second', at: compact, value: short, logarithmic: true, last: true } }; // prettier-ignore
}

function jouleData({ points }: Training): Data {
  const found = points.filter(({ joules }) => joules !== null);
  if (found.length < 2) return null;
  const values = found.map(({ joules }) => joules!);
  return { times: found.map(({ examples }) => examples), lines: [{ name: 'a training example', colour: colour('row1'), values }], options: { x: 'training examples', y: 'energy', at: thousands, value: joule, fromZero: true, last: true } }; // prettier-ignore
}

function angleData({ lines }: Training): Data {
  const found = lines.filter(({ kind }) => kind === 'alignment') as unknown as AlignmentLine[];
  if (found.length === 0) return null;
  document.getElementById('note-angles')!.textContent = `Angle in degrees between the rule's mean update and ${found[0]!.reference}, by projection. 0: the same direction; 90: no relation.`; // prettier-ignore
  const names = [...new Set(found.flatMap(({ layers }) => Object.keys(layers)))];
  const drawn = names.map((name, k): Line => ({ name, colour: colour(rowColour(k)), values: found.map(({ layers }) => layers[name]?.angle ?? null), points: found.length <= 40 })); // prettier-ignore
  return { times: found.map(({ epoch }) => epoch), lines: drawn, options: { x: 'epoch', at: String, value: (value) => `${Number(value.toPrecision(3))}°`, fromZero: true, whole: true, last: true } }; // prettier-ignore
}

/** 1.2 M, 34 k */
export function short(value: number): string {
  const [factor, letter] = [[1e9, ' G'], [1e6, ' M'], [1e3, ' k']].find(([size]) => Math.abs(value) >= (size as number)) ?? [1, '']; // prettier-ignore
  return `${Number((value / (factor as number)).toPrecision(3))}${letter}`;
}

/** 3.2 µJ */
export function joule(value: number): string {
  const units: [number, string][] = [[1, 'J'], [1e-3, 'mJ'], [1e-6, 'µJ'], [1e-9, 'nJ'], [1e-12, 'pJ']]; // prettier-ignore
  const [size, unit] = units.find(([each]) => Math.abs(value) >= each) ?? units.at(-1)!;
  return `${Number((value / size).toPrecision(3))} ${unit}`;
}

/** Of the last second or two. */
export function speedOf(points: readonly Point[]): number | null {
  const last = points.at(-1);
  if (!last || last.seconds === null) return null;
  const from = points.findLast(({ seconds }) => seconds !== null && last.seconds! - seconds >= 1.5) ?? points[0]!;
  const time = last.seconds - (from.seconds ?? 0);
  return time > 0 ? (last.examples - from.examples) / time : null;
}

/** Share of the training that is done. */
export function doneOf(training: Training): number {
  const { about, points, lines, progress } = training;
  const [first] = epochsOf(training);
  const all = progress?.examplesInAll ?? (about.examples ?? (first ? first.examples / first.epoch : 0)) * about.epochs;
  const done = Math.max(0, points.at(-1)?.examples ?? 0, ...lines.map(({ examples }) => Number(examples ?? 0)));
  return all === 0 ? 0 : Math.min(1, done / all);
}

/** Name, value, note. */
export type Card = readonly [name: string, value: string, note: string];

export function cardsOf(training: Training): Card[] {
  const { about, progress, points } = training;
  const epochs = epochsOf(training);
  const last = epochs.at(-1);
  const running = runningOf(training).at(-1);
  const cards: Card[] = [];
  const done = progress?.examples ?? Math.max(running?.examples ?? 0, last?.examples ?? 0);
  const epoch = progress ? Math.min(progress.epoch + 1, progress.epochs) : (last?.epoch ?? 0);
  cards.push(['epoch', `${epoch} of ${about.epochs}`, `${thousands(done)} examples`]);
  if (last) cards.push(['test error', percentOf(last.testError), `after epoch ${last.epoch}`]);
  if (running && running.examples > (last?.examples ?? 0))
    cards.push(['running error', percentOf(running.error), 'of this epoch, as it learns']);
  else if (last) cards.push(['training error', percentOf(last.trainError), `epoch ${last.epoch}, as it learned`]);
  const speed = speedOf(points);
  if (speed !== null) cards.push(['speed', short(speed), 'training examples a second']);
  const [spikes, events] = progress
    ? [progress.spikesPerExample, progress.spikesPerExample === null ? null : progress.synapticEvents]
    : [last?.spikesPerExample ?? null, last?.synapticEvents ?? null];
  if (spikes !== null) {
    const [a, b] = [speed === null ? '' : `${short(spikes * speed)}/s`, speed === null ? '' : `${short((events ?? 0) * speed)}/s`]; // prettier-ignore
    cards.push(['spikes', short(spikes), `an example${a && `; ${a}`}`]);
    cards.push(['synaptic events', short(events ?? 0), `an example${b && `; ${b}`}`]);
  }
  const joules = progress?.joules ?? null;
  if (joules !== null) cards.push(['chip', joule(joules), `a training example; ${joule(joules * done)} so far`]);
  return cards;
}

const percentOf = (value: number): string => `${(100 * value).toFixed(2)} %`;
