// Kernels over pictures on the wasm backend, one thread: gather, its way back from dense and from unpooled values, and the outer
// product in GFLOP/s, beside what the processor does on registers alone. It tests nothing.
import type { Machine } from '../src/backends/backend.ts';
import { wasm } from '../src/backends/wasm/backend.node.ts';
import { uniform24 } from '../src/math/random.ts';
import type { Conv, Picture } from '../src/model/geometry.ts';
import { builder } from '../src/program/builder.ts';
import { markdownText } from '../src/report/table.ts';
import { peak } from './peak.ts';

const conv = (from: Picture, channels: number, size: number, padding: number): Conv => ({
  from, into: [from[0] + 2 * padding - size + 1, from[1] + 2 * padding - size + 1, channels], size, stride: 1, padding,
}); // prettier-ignore
const layers: readonly (readonly [label: string, geometry: Conv])[] = [
  ['28 x 28 x 1 to 24 x 24 x 32, 5 x 5', conv([28, 28, 1], 32, 5, 0)],
  ['12 x 12 x 32 to 8 x 8 x 64, 5 x 5', conv([12, 12, 32], 64, 5, 0)],
  ['32 x 32 x 3 to 32 x 32 x 128, 3 x 3', conv([32, 32, 3], 128, 3, 1)],
  ['16 x 16 x 128 to 16 x 16 x 256, 3 x 3', conv([16, 16, 128], 256, 3, 1)],
  ['8 x 8 x 256 to 8 x 8 x 512, 3 x 3', conv([8, 8, 256], 512, 3, 1)],
  ['4 x 4 x 512 to 2 x 2 x 512, 3 x 3', conv([4, 4, 512], 512, 3, 0)],
];
const slots = ['gather', 'gatherBack', 'unpooled', 'outer'] as const;
const examples = 8;
const rounds = 12;
/** Work of one timed call: some milliseconds. */
const workOfCall = 2e8;

interface Case {
  readonly machine: Machine;
  readonly label: string;
  readonly slot: string;
  /** Multiplications and additions of one run, those with zeros included. */
  readonly work: number;
  best: number;
}

async function open(label: string, geometry: Conv): Promise<Case[]> {
  const b = builder('pictures');
  const [before, after] = [geometry.from, geometry.into].map(([rows, columns, channels]) => rows * columns * channels) as [number, number]; // prettier-ignore
  b.buffer('x', [before], { batch: true });
  for (const name of ['y', 'sparse']) b.buffer(name, [after], { batch: true });
  const rows = geometry.size ** 2 * geometry.from[2];
  b.buffer('w', [rows, geometry.into[2]], { conv: geometry });
  b.like('dw', 'w');
  b.add('gather', { op: 'gather', from: 'x', weight: 'w', into: 'y', add: false });
  b.add('gatherBack', { op: 'gatherBack', from: 'y', weight: 'w', into: 'x', add: false });
  b.add('unpooled', { op: 'gatherBack', from: 'sparse', weight: 'w', into: 'x', add: false });
  b.add('outer', { op: 'outer', terms: [{ pre: 'x', post: 'y', sign: 1 }], scale: { kind: 'number', value: 1e-6 }, into: 'dw', add: true }); // prettier-ignore
  const machine = await wasm().open(b.build(), { batch: examples, threads: 1 });
  const values = (count: number, stream: number): Float32Array =>
    Float32Array.from({ length: count }, (_, k) => uniform24(1, stream, k, 0, 0) + 2 ** -24);
  await machine.write('x', values(before * examples, 1));
  await machine.write('y', values(after * examples, 2));
  // Three of four are 0, as after windows of 2 x 2.
  await machine.write(
    'sparse',
    values(after * examples, 3).map((value) => (value < 0.25 ? value : 0)),
  );
  await machine.write('w', values(rows * geometry.into[2], 4));
  const work = 2 * rows * after * examples;
  return slots.map((slot) => ({ machine, label, slot, work, best: 0 }));
}

export async function picturesBench(): Promise<string> {
  const cases: Case[] = [];
  for (const [label, geometry] of layers) cases.push(...(await open(label, geometry)));
  const registers = peak(false);
  let floor = 0;
  for (let round = 0; round < rounds; round++) {
    floor = Math.max(floor, registers());
    for (const each of cases) {
      const times = Math.max(1, Math.round(workOfCall / each.work));
      const begun = performance.now();
      await each.machine.run(each.slot, times);
      each.best = Math.max(each.best, (each.work * times) / (performance.now() - begun) / 1e6);
    }
  }
  for (const { machine: one } of cases) await one.close();
  const bestOf = (label: string, slot: string): number =>
    cases.find((one) => one.label === label && one.slot === slot)!.best;
  return markdownText({
    columns: ['layer', 'gather', 'gatherBack', 'from unpooled', 'outer', 'floor'],
    rows: layers.map(([label]) => [label, ...slots.map((slot) => bestOf(label, slot).toFixed(1)), floor.toFixed(1)]),
  }); // prettier-ignore
}
