// What bench/gpu.ts times: small programs of one operation each, and what bounds them. It times nothing.
import type { Machine } from '../src/backends/backend.ts';
import { call, name, num } from '../src/expr/tools.ts';
import type { Tree } from '../src/expr/tree.ts';
import { formula } from '../src/expr/formula.ts';
import { type Builder, elements } from '../src/program/builder.ts';

/** What a device does at most: measured, each with the least that asks for it. */
export interface Floors {
  /** Bytes read and written a second, of arrays that are scaled. */
  readonly memory: number;
  /** Additions and multiplications a second, on numbers at hand. */
  readonly arithmetic: number;
  /** Seconds of a launch of one thread, and the host's part of them. */
  readonly launch: { readonly seconds: number; readonly host: number };
}

export interface Work {
  readonly label: string;
  readonly unit: string;
  readonly batch: number;
  /** Units of work in one run. */
  readonly each: number;
  /** Seconds a unit takes at least. */
  readonly least: (floors: Floors) => number;
  /** Too large for a renderer in software. */
  readonly large?: boolean;
  build(b: Builder): void;
}

/** A leaky unit: membrane, trace and spike, from equation text. */
const neurons = (units: number, large = false): Work => ({
  label: `LIF, ${units} units`, unit: 'M neuron updates/s', batch: 1, each: units / 1e6, large,
  // Three numbers read and two written.
  least: ({ memory }) => 20e6 / memory,
  build(b) {
    for (const buffer of ['v', 's', 'drive']) b.buffer(buffer, [units], { batch: true });
    const next = 'v >= 1 ? 0.05 * drive : v + 0.1 * (1.2 * drive - v)';
    b.add('run', { op: 'map', units, assign: [
      { into: 'v', value: formula(next, { v: 'v', drive: 'drive' }) },
      { into: 's', value: formula('0.9 * s + (v >= 1)', { s: 's', v: 'v' }) },
    ] });
  },
}); // prettier-ignore

/** Spike lists and their delivery; `share` of the units spike at every step. */
const events = (units: number, share: number, large = false): Work => ({
  label: `${units} to ${units} units, ${100 * share} % spike`, unit: 'M synaptic events/s', batch: 1, large,
  each: (units * units * share) / 1e6,
  // A weight read.
  least: ({ memory }) => 4e6 / memory,
  build(b) {
    for (const buffer of ['spike', 'current', 'drive']) b.buffer(buffer, [units], { batch: true });
    b.buffer('w', [units, units]);
    b.list('list', units);
    // `drive` is spread over [0, 1].
    b.add('begin', { op: 'map', units, assign: [{ into: 'spike', value: formula('drive < share ? 1 : 0', { drive: 'drive', share }) }] });
    b.add('run', { op: 'compact', from: 'spike', list: 'list' }, { op: 'deliver', list: 'list', weight: 'w', into: 'current', at: 0 });
  },
}); // prettier-ignore

const products = (examples: number, pre: number, post: number, large = false): Work => ({
  label: `${examples} x ${pre} x ${post}`, unit: 'GFLOP/s', batch: examples, each: (2 * examples * pre * post) / 1e9, large,
  least: ({ arithmetic }) => 1e9 / arithmetic,
  build(b) {
    b.buffer('drive', [pre], { batch: true });
    b.buffer('y', [post], { batch: true });
    b.buffer('w', [pre, post]);
    b.add('run', { op: 'gather', from: 'drive', weight: 'w', into: 'y', add: false });
  },
}); // prettier-ignore

export const shares = [0.01, 0.1, 1] as const;
/** Steps whose time shows that delivery goes from event to event. */
export const steps = (units: number, large = false): Work[] => shares.map((share) => events(units, share, large));

export const works: readonly Work[] = [
  neurons(1000), neurons(100_000), neurons(4_000_000, true), ...steps(1000), ...steps(4000, true),
  products(20, 300, 10), products(20, 784, 300), products(64, 784, 512), products(1000, 784, 500, true), products(2048, 2048, 2048, true),
]; // prettier-ignore

/** `units` numbers scaled: two of four bytes each. */
export const moving = (units: number): Omit<Work, 'least'> => ({
  label: 'scale', unit: 'bytes', batch: 1, each: 8 * units,
  build(b) {
    for (const buffer of ['v', 'drive']) b.buffer(buffer, [units], { batch: true });
    b.add('run', { op: 'map', units, assign: [{ into: 'v', value: formula('0.999 * drive', { drive: 'drive' }) }] });
  },
}); // prettier-ignore

/** Sixteen polynomials of degree 16 beside each other, of every number. */
export const computing = (units: number): Omit<Work, 'least'> => ({
  label: 'polynomials', unit: 'operations', batch: 1, each: 16 * (2 * 16 + 1) * units,
  build(b) {
    for (const buffer of ['v', 'drive']) b.buffer(buffer, [units], { batch: true });
    let sum: Tree = num(0);
    for (let chain = 1; chain <= 16; chain++) {
      let value: Tree = num(chain / 16);
      for (let level = 1; level <= 16; level++) value = call('add', call('mul', value, name('drive')), num(chain + level / 16));
      sum = call('add', sum, value);
    }
    b.add('run', { op: 'map', units, assign: [{ into: 'v', value: sum }] });
  },
}); // prettier-ignore

/** A product whose weights stay in a processor's first-level cache. */
export const multiplying: Omit<Work, 'least'> = { ...products(64, 64, 64), each: 2 * 64 ** 3 };

/** Gives a program's buffers their numbers. */
export async function fill(work: Omit<Work, 'least'>, machine: Machine): Promise<void> {
  const { buffers, slots } = machine.program;
  const drive = elements(buffers.get('drive')!) * work.batch;
  await machine.write('drive', new Float32Array(drive).map((_, k) => (k + 0.5) / drive)); // prettier-ignore
  if (buffers.has('w')) await machine.write('w', new Float32Array(elements(buffers.get('w')!)).fill(1e-3));
  if (slots.has('begin')) await machine.run('begin');
}
