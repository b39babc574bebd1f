// Where things lie in a raster: the same for the canvas of the page and the SVG of the README. It draws nothing.
import type { Phase, Raster } from './input.ts';

export interface Band {
  readonly name: string;
  readonly units: number;
  readonly top: number;
  readonly height: number;
}

/** Bands from the bottom up, the last population on top; a small population still gets a band that can be read. */
export function bandsOf(populations: Raster['populations'], top: number, height: number, gap: number): Band[] {
  const shares = populations.map(({ units }) => Math.sqrt(Math.max(1, units)));
  const largest = Math.max(...shares, 1);
  const weights = shares.map((share) => Math.max(share, largest * 0.45));
  const sum = weights.reduce((a, b) => a + b, 0) || 1;
  const room = height - gap * (populations.length - 1);
  const bands: Band[] = [];
  let y = top;
  for (let k = populations.length - 1; k >= 0; k--) {
    const { name, units } = populations[k]!;
    const tall = (room * weights[k]!) / sum;
    bands.push({ name, units, top: y, height: tall });
    y += tall + gap;
  }
  return bands.reverse();
}

/** Begin and end of all phases, or of the spikes where no phase is given. */
export function spanOf(raster: Pick<Raster, 'phases' | 'populations'>): [begin: number, end: number] {
  let [begin, end] = [Infinity, -Infinity];
  for (const phase of raster.phases) [begin, end] = [Math.min(begin, phase.begin), Math.max(end, phase.end)];
  if (begin < end) return [begin, end];
  for (const { time } of raster.populations)
    for (let k = 0; k < time.length; k++) [begin, end] = [Math.min(begin, time[k]!), Math.max(end, time[k]! + 1)];
  return begin < end ? [begin, end] : [0, 1];
}

const names: Readonly<Record<string, string>> = { free: 'free phase', plus: 'nudge +', minus: 'nudge −' };

/** `plus` is said `nudge +`. */
export const phaseLabel = ({ name }: Pick<Phase, 'name'>): string => names[name] ?? name;

/** `120 ms`, or steps where a step has no duration. */
export function timeLabel(steps: number, step: number | undefined): string {
  if (step === undefined) return `${steps} steps`;
  const milliseconds = steps * step * 1000;
  return `${Number(milliseconds.toPrecision(4))} ms`;
}

/** Round values to mark on an axis, at most `most` of them. */
export function ticksOf(begin: number, end: number, most: number): number[] {
  const rough = (end - begin) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999) ?? 10 * power;
  const ticks: number[] = [];
  for (let k = Math.ceil(begin / step - 1e-9); k * step <= end + step * 1e-9; k++)
    ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

/** 1, 2 and 5 times each power of ten between two values; the powers alone where there are many. */
export function decades(low: number, high: number): number[] {
  const marks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const factor of high / low > 500 ? [1] : [1, 2, 5]) marks.push(factor * 10 ** power);
  return marks.filter((mark) => mark >= low && mark <= high);
}
