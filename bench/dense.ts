// Dense products of the wasm backend: gather, gatherBack and outer in GFLOP/s, each beside the same kernel on data that
// stays in the first-level cache, measured in the same rounds. It tests nothing.
import type { Machine } from '../src/backends/backend.ts';
import { wasm } from '../src/backends/wasm/backend.node.ts';
import { uniform24 } from '../src/math/random.ts';
import { builder } from '../src/program/builder.ts';
import { markdownText } from '../src/report/table.ts';

const operations = ['gather', 'gatherBack', 'outer'] as const;
type Kind = (typeof operations)[number];

interface Shape {
  readonly label: string;
  readonly examples: number;
  readonly pre: number;
  readonly post: number;
  readonly inputs?: Float32Array;
}

interface Case {
  readonly kind: Kind;
  readonly shape: Shape;
  readonly threads: number;
  readonly machine: Machine;
  /** Multiplications and additions of terms that are not zero, in one call of `times` runs. */
  readonly work: number;
  readonly times: number;
  best: number;
}

const rounds = 30;
/** Work of one timed call: some milliseconds. */
const workOfCall = 1e8;

async function open(kind: Kind, shape: Shape, threads: number): Promise<Case> {
  const { examples, pre, post } = shape;
  const b = builder('dense');
  b.buffer('x', [pre], { batch: true });
  b.buffer('y', [post], { batch: true });
  b.buffer('w', [pre, post]);
  if (kind === 'gather') b.add('run', { op: 'gather', from: 'x', weight: 'w', into: 'y', add: false });
  if (kind === 'gatherBack') b.add('run', { op: 'gatherBack', from: 'y', weight: 'w', into: 'x', add: false });
  if (kind === 'outer')
    b.add('run', {
      op: 'outer', terms: [{ pre: 'x', post: 'y', sign: 1 }], scale: { kind: 'number', value: 1e-6 }, into: 'w', add: true,
    }); // prettier-ignore
  const machine = await wasm().open(b.build(), { batch: examples, threads });
  const values = (count: number, stream: number): Float32Array =>
    Float32Array.from({ length: count }, (_, k) => uniform24(1, stream, k, 0, 0) + 2 ** -24);
  const x = shape.inputs ?? values(examples * pre, 1);
  await machine.write('x', x);
  await machine.write('y', values(examples * post, 2));
  await machine.write('w', values(pre * post, 3));
  const terms = kind === 'gatherBack' ? x.length : x.filter((value) => value !== 0).length;
  const times = Math.max(1, Math.round(workOfCall / (2 * terms * post)));
  return { kind, shape, threads, machine, work: 2 * terms * post * times, times, best: 0 };
}

/** A table of rates; `images` holds at least 64 images of 784 pixels. */
export async function denseBench(images: ArrayLike<number>): Promise<string> {
  // Some 36 kB each, with sums as long as those measured.
  const floorsOf: Record<Kind, readonly [wide: Shape, narrow: Shape]> = {
    gather: [{ label: 'floor', examples: 8, pre: 384, post: 16 }, { label: 'floor', examples: 8, pre: 384, post: 10 }],
    gatherBack: [{ label: 'floor', examples: 8, pre: 16, post: 384 }, { label: 'floor', examples: 8, pre: 384, post: 10 }],
    outer: [{ label: 'floor', examples: 64, pre: 8, post: 96 }, { label: 'floor', examples: 50, pre: 64, post: 10 }],
  }; // prettier-ignore
  const shapes: Shape[] = [
    { label: '64 x 784 x 512', examples: 64, pre: 784, post: 512 },
    {
      label: '64 x 784 x 512, MNIST pixels',
      examples: 64,
      pre: 784,
      post: 512,
      inputs: Float32Array.from({ length: 64 * 784 }, (_, k) => images[k]!),
    },
    { label: '64 x 512 x 512', examples: 64, pre: 512, post: 512 },
    { label: '50 x 512 x 10', examples: 50, pre: 512, post: 10 },
  ];
  const floors: Case[] = [];
  const cases: Case[] = [];
  for (const kind of operations) {
    for (const shape of floorsOf[kind]) floors.push(await open(kind, shape, 1));
    for (const shape of shapes)
      if (kind !== 'gatherBack' || !shape.inputs)
        for (const threads of [1, 2]) cases.push(await open(kind, shape, threads));
  }
  for (let round = 0; round < rounds; round++)
    for (const each of [...floors, ...cases]) {
      const begun = performance.now();
      await each.machine.run('run', each.times);
      each.best = Math.max(each.best, each.work / (performance.now() - begun) / 1e6);
    }
  for (const { machine } of [...floors, ...cases]) await machine.close();
  const rows = cases
    .filter(({ threads }) => threads === 1)
    .map(({ kind, shape, best }) => {
      const two = cases.find((other) => other.kind === kind && other.shape === shape && other.threads === 2)!.best;
      const own = floorsOf[kind][shape.post < 16 ? 1 : 0];
      const floor = floors.find((other) => other.kind === kind && other.shape === own)!.best;
      return [kind, shape.label, best.toFixed(1), floor.toFixed(1), (best / floor).toFixed(2), two.toFixed(1)];
    });
  return markdownText({
    columns: ['operation', 'examples x pre x post', 'one thread', 'floor', 'share', 'two threads'],
    rows,
  });
}
