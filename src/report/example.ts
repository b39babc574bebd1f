// Frames of one recorded example, and weights, as a report takes them.
import type { Frame } from '../frames/frame.ts';
import type { ExampleReport, OutputTraces, Phase, Picture, Samples, SpikeBand, WeightMaps } from './input.ts';

export interface ExampleOptions {
  /** Which example, if the frames are of several: the first of them unless stated. */
  readonly example?: number | undefined;
  /** Which epoch: the last one with such frames unless stated. */
  readonly epoch?: number | undefined;
  /** Names and sizes in the order of the model; those without recorded spikes are left out of the raster. */
  readonly populations: readonly { readonly name: string; readonly units: number }[];
  /** The population whose traces are shown. */
  readonly output?: string | undefined;
  readonly step?: number | undefined;
  readonly set?: string | undefined;
  readonly target?: number | string | undefined;
  readonly prediction?: number | string | undefined;
  readonly image?: Picture | undefined;
}

/** One example of the frames; null if they hold no spike, sample or energy. */
export function exampleOf(frames: readonly Frame[], options: ExampleOptions): ExampleReport | null {
  const known = frames.filter(({ kind }) => kind === 'spikes' || kind === 'samples' || kind === 'energy');
  const example = options.example ?? known[0]?.example;
  const ofExample = known.filter((frame) => frame.example === example);
  const epoch = options.epoch ?? ofExample.reduce((last, frame) => Math.max(last, frame.epoch), -Infinity);
  const mine = ofExample.filter((frame) => frame.epoch === epoch);
  if (example === undefined || mine.length === 0) return null;
  const { populations, output, set, step, target, prediction, image } = options;
  const bands = populations.map((population) => spikesOf(mine, population)).filter((band) => band !== null);
  const traces = output === undefined ? null : tracesOf(mine, output);
  const energy = energyOf(mine);
  return {
    example,
    phases: phasesOf(mine),
    populations: bands,
    ...(energy ? { energy } : {}),
    ...(traces ? { outputs: traces } : {}),
    set,
    step,
    target,
    prediction: prediction ?? (traces ? answerOf(traces, phasesOf(mine)) : undefined),
    image,
  };
}

function phasesOf(frames: readonly Frame[]): Phase[] {
  const phases = new Map<string, Phase>();
  for (const { phase: name, t0: begin, t1: end } of frames) phases.set(`${name} ${begin}`, { name, begin, end });
  return [...phases.values()].sort((a, b) => a.begin - b.begin);
}

/** Columns of one name in some frames, end to end. */
function joined(frames: readonly Frame[], column: string): number[] {
  return frames.flatMap((frame) => Array.from(frame.columns[column]?.data ?? []));
}

/** In order of time, one frame a phase: a model may record the same thing twice. */
function oncePerPhase(frames: readonly Frame[]): Frame[] {
  const first = new Map<number, Frame>();
  for (const frame of frames) if (!first.has(frame.t0)) first.set(frame.t0, frame);
  return [...first.values()].sort((a, b) => a.t0 - b.t0);
}

/** Each spike once, also where several frames hold it. */
function spikesOf(frames: readonly Frame[], { name, units }: { name: string; units: number }): SpikeBand | null {
  const column = `${name}.spikes.time`;
  if (!frames.some((frame) => column in frame.columns)) return null;
  const band = { name, units, time: [] as number[], unit: [] as number[] };
  const seen = new Map<number, Set<number>>();
  for (const { columns } of frames) {
    const indices = columns[`${name}.spikes.unit`]?.data;
    columns[column]?.data.forEach((time, k) => {
      const unit = indices?.[k];
      const spiked = seen.get(time) ?? new Set();
      if (unit === undefined || spiked.has(unit)) return;
      seen.set(time, spiked.add(unit));
      band.time.push(time);
      band.unit.push(unit);
    });
  }
  return band;
}

function energyOf(frames: readonly Frame[]): Samples | null {
  const mine = oncePerPhase(frames.filter(({ columns }) => 'energy.time' in columns));
  const time = joined(mine, 'energy.time');
  return time.length === 0 ? null : { time, values: joined(mine, 'energy') };
}

/** The traces of the first recorded selection of units. */
function tracesOf(frames: readonly Frame[], population: string): OutputTraces | null {
  const name = `${population}.trace`;
  const unitsOf = ({ columns }: Frame): string | undefined => columns[`${name}.unit`]?.data.join();
  const chosen = frames.map(unitsOf).find((units) => units !== undefined);
  if (chosen === undefined) return null;
  const mine = oncePerPhase(frames.filter((frame) => unitsOf(frame) === chosen));
  const time = joined(mine, `${name}.time`);
  if (time.length === 0) return null;
  return { population, units: joined(mine.slice(0, 1), `${name}.unit`), time, values: joined(mine, name) };
}

/** The unit with the largest mean trace in the last half of the free phase. */
function answerOf({ time, units, values }: OutputTraces, phases: readonly Phase[]): number | undefined {
  const free = phases.find(({ name }) => name === 'free');
  if (!free) return undefined;
  const sums = new Float64Array(units.length);
  for (let row = 0; row < time.length; row++)
    if (time[row]! >= (free.begin + free.end) / 2 && time[row]! < free.end)
      for (let k = 0; k < units.length; k++) sums[k]! += values[row * units.length + k]!;
  const best = sums.indexOf(Math.max(...sums));
  return sums.some((sum) => sum > 0) ? units[best] : undefined;
}

/**
 * Weights into `count` units, evenly spread over the population, as square pictures. `weights` is [pre, post]. Null when
 * the input is not square.
 */
export function weightMaps(
  projection: string,
  weights: ArrayLike<number>,
  [pre, post]: readonly [number, number],
  count = 16,
): WeightMaps | null {
  const side = Math.round(Math.sqrt(pre));
  if (side * side !== pre || side < 2 || post < 1) return null;
  const shown = Math.min(count, post);
  const maps = Array.from({ length: shown }, (_, k) => {
    const unit = Math.floor((k * post) / shown);
    return { unit, width: side, height: side, values: Float32Array.from({ length: pre }, (_, i) => weights[i * post + unit]!) };
  }); // prettier-ignore
  return { projection, maps };
}
