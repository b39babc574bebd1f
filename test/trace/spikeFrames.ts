// Frames of spikes for tests of formats.
import type { Frame } from '../../src/frames/frame.ts';
import { hash32 } from '../../src/math/random.ts';
import { neuronName, type Spikes } from '../../src/trace/spikes.ts';

export type Spike = readonly [population: string, time: number, unit: number];

export function spikes(list: readonly Spike[], about: Partial<Frame> = {}, dtype: 'i32' | 'f64' = 'i32'): Frame {
  const columns: Record<string, Frame['columns'][string]> = {};
  for (const name of new Set(list.map(([population]) => population))) {
    const mine = list.filter(([population]) => population === name);
    const times = mine.map(([, time]) => time);
    columns[`${name}.spikes.time`] = { dtype, shape: [mine.length], data: dtype === 'i32' ? Int32Array.from(times) : Float64Array.from(times) };
    columns[`${name}.spikes.unit`] = { dtype: 'i32', shape: [mine.length], data: Int32Array.from(mine, ([, , unit]) => unit) };
  }
  return { kind: 'spikes', run: 'r', epoch: 0, example: 0, phase: 'free', t0: 0, t1: 10, columns, ...about };
} // prettier-ignore

/** Spikes of populations a (7 units) and b (3 units) in [from, until), each unit at most once a step, in order of time. */
export function random(from: number, until: number, seed: number): Spike[] {
  const list: Spike[] = [];
  for (let step = from; step < until; step++)
    for (const [population, units] of [['a', 7], ['b', 3]] as const)
      for (let unit = 0; unit < units; unit++)
        if (hash32(seed, step, unit, units, 0) % 100 < 15) list.push([population, step, unit]);
  return list;
} // prettier-ignore

/** Two examples of two phases each, with the membranes of a; the first phase of the second begins again at 0. */
export function run(seed = 1): Frame[] {
  return [0, 4].flatMap((example) =>
    [['free', 0, 30], ['plus', 30, 50]].flatMap(([phase, t0, t1]) => {
      const about = { example, epoch: 2, phase: phase as string, t0: t0 as number, t1: t1 as number };
      const times = Int32Array.from({ length: about.t1 - about.t0 }, (_, k) => about.t0 + k);
      const values = Float32Array.from({ length: 2 * times.length }, (_, k) => Math.fround(Math.sin(k + 10 * example)));
      const list = random(about.t0, about.t1, seed + example);
      return [
        spikes(list.filter(([population]) => population === 'a'), about),
        spikes(list.filter(([population]) => population === 'b'), about),
        { ...spikes([], about), kind: 'samples', columns: {
          'a.membrane.time': { dtype: 'i32' as const, shape: [times.length], data: times },
          'a.membrane.unit': { dtype: 'i32' as const, shape: [2], data: Int32Array.of(1, 6) },
          'a.membrane': { dtype: 'f32' as const, shape: [times.length, 2], data: values },
        } },
      ];
    }),
  );
} // prettier-ignore

/** Every spike as "name seconds", in order. */
export function listOf({ blocks, unit, nameOf }: Spikes): string[] {
  const found: string[] = [];
  for (const { time, address } of blocks)
    time.forEach((at, k) => found.push(`${nameOf ? nameOf(address[k]!) : address[k]!} ${Number((at * unit).toPrecision(12))}`)); // prettier-ignore
  return found.sort();
}

/** The same of frames: examples behind each other, 50 steps each. */
export const expectedOf = (frames: readonly Frame[], step: number): string[] =>
  frames.flatMap(({ example, columns }) => Object.keys(columns).filter((name) => name.endsWith('.spikes.time')).flatMap((name) => {
    const population = name.split('.')[0]!;
    const units = columns[`${population}.spikes.unit`]!.data;
    return Array.from(columns[name]!.data, (at, k) => `${neuronName(population, units[k]!)} ${Number(((at + (example === 0 ? 0 : 50)) * step).toPrecision(12))}`);
  })).sort(); // prettier-ignore
