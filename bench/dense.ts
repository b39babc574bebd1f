// Dense products of the wasm backend: gather, gatherBack and outer in GFLOP/s on one core, beside what its registers can do at
// most and the same products by OpenBLAS, all in the same rounds. It tests nothing.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Machine } from '../src/backends/backend.ts';
import { wasm } from '../src/backends/wasm/backend.node.ts';
import { uniform24 } from '../src/math/random.ts';
import { builder } from '../src/program/builder.ts';
import { markdownText } from '../src/report/table.ts';
import { peak } from './peak.ts';
import { openBlasCores, python } from './peers.ts';

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
  readonly relaxed: boolean;
  readonly machine: Machine;
  /** Multiplications and additions of terms that are not zero, in one call of `times` runs. */
  readonly work: number;
  readonly times: number;
  best: number;
}

const rounds = 30;
/** Rounds of ours to one of OpenBLAS, whose rounds are longer. */
const peerEvery = 6;
/** Work of one timed call: some milliseconds. */
const workOfCall = 1e8;

async function open(kind: Kind, shape: Shape, threads: number, relaxed: boolean): Promise<Case> {
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
  const machine = await wasm(relaxed).open(b.build(), { batch: examples, threads });
  const values = (count: number, stream: number): Float32Array =>
    Float32Array.from({ length: count }, (_, k) => uniform24(1, stream, k, 0, 0) + 2 ** -24);
  const x = shape.inputs ?? values(examples * pre, 1);
  await machine.write('x', x);
  await machine.write('y', values(examples * post, 2));
  await machine.write('w', values(pre * post, 3));
  const terms = kind === 'gatherBack' ? x.length : x.filter((value) => value !== 0).length;
  const times = Math.max(1, Math.round(workOfCall / (2 * terms * post)));
  return { kind, shape, threads, relaxed, machine, work: 2 * terms * post * times, times, best: 0 };
}

/** OpenBLAS's kernels by their vectors: the widest of the processor, those for AVX2, those for SSE. */
const kernels = [
  { label: 'OpenBLAS', coreType: undefined },
  { label: '256 bits', coreType: openBlasCores.avx2 },
  { label: '128 bits', coreType: openBlasCores.sse },
] as const;

/** GFLOP/s of the same products by OpenBLAS on one thread, or null where numpy is not installed. */
function openBlas(root: string, asked: readonly Case[], coreType: string | undefined): number[] | null {
  const args = asked.flatMap(({ kind, shape: { examples, pre, post } }) => [kind, examples, pre, post].map(String));
  const ended = spawnSync(python, [join(root, 'bench/peer_blas.py'), '0.05', ...args], {
    encoding: 'utf8',
    env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OPENBLAS_CORETYPE: coreType, OPENBLAS_L2_SIZE: undefined },
  });
  return ended.status === 0 ? ended.stdout.trim().split('\n').map(Number) : null;
} // prettier-ignore

const shapesOf = (images: ArrayLike<number>): readonly Shape[] => [
  { label: '64 x 784 x 512', examples: 64, pre: 784, post: 512 },
  {
    label: '64 x 784 x 512, MNIST pixels', examples: 64, pre: 784, post: 512,
    inputs: Float32Array.from({ length: 64 * 784 }, (_, k) => images[k]!),
  },
  { label: '1000 x 1000 x 1000', examples: 1000, pre: 1000, post: 1000 },
  { label: '20 x 784 x 512', examples: 20, pre: 784, post: 512 },
  { label: '20 x 512 x 10', examples: 20, pre: 512, post: 10 },
  { label: '128 x 3072 x 1024', examples: 128, pre: 3072, post: 1024 },
]; // prettier-ignore

/** Tables of rates; `images` holds at least 64 images of 784 pixels. */
export async function denseBench(root: string, images: ArrayLike<number>): Promise<string> {
  const cases: Case[] = [];
  for (const kind of operations)
    for (const shape of shapesOf(images))
      if (kind !== 'gatherBack' || !shape.inputs)
        for (const [threads, relaxed] of [[1, false], [2, false], [1, true]] as const)
          cases.push(await open(kind, shape, threads, relaxed)); // prettier-ignore
  const peaks = [peak(false), peak(true)];
  const most = [0, 0];
  const blas = new Map<string, number>();
  const compared = cases.filter(({ threads, relaxed, shape }) => threads === 1 && !relaxed && !shape.inputs);
  const keyOf = (label: string, { kind, shape }: Case): string => `${label} ${kind} ${shape.label}`;
  for (let round = 0; round < rounds; round++) {
    for (const each of cases) {
      const begun = performance.now();
      await each.machine.run('run', each.times);
      each.best = Math.max(each.best, each.work / (performance.now() - begun) / 1e6);
    }
    peaks.forEach((measure, k) => (most[k] = Math.max(most[k]!, measure())));
    if (round % peerEvery !== 0) continue;
    for (const { label, coreType } of kernels)
      openBlas(root, compared, coreType)?.forEach((rate, k) => {
        const key = keyOf(label, compared[k]!);
        blas.set(key, Math.max(blas.get(key) ?? 0, rate));
      });
  }
  for (const { machine } of cases) await machine.close();
  const rate = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(1));
  const share = (value: number, of: number | undefined): string => (of === undefined ? '-' : (value / of).toFixed(2));
  const rows = cases
    .filter(({ threads, relaxed }) => threads === 1 && !relaxed)
    .map((one) => {
      const other = (threads: number, relaxed: boolean): number =>
        cases.find((each) => each.kind === one.kind && each.shape.label === one.shape.label && each.threads === threads && each.relaxed === relaxed)!.best; // prettier-ignore
      const [widest, wide, same] = kernels.map(({ label }) => blas.get(keyOf(label, one)));
      return [
        one.kind, one.shape.label, rate(one.best), share(one.best, most[0]), rate(widest), rate(wide), rate(same),
        share(one.best, widest), share(one.best, wide), share(one.best, same), rate(other(1, true)), rate(other(2, false)),
      ]; // prettier-ignore
    });
  const table = markdownText({
    columns: [
      'operation', 'examples x pre x post', 'settle', 'of the floor', 'OpenBLAS', 'its 256 bits', 'its 128 bits',
      'settle / OpenBLAS', '/ 256 bits', '/ 128 bits', 'settle, relaxed SIMD', 'settle, two threads',
    ],
    rows,
  }); // prettier-ignore
  const missing = blas.size > 0 ? '' : '\nnumpy is not installed, so OpenBLAS was not measured (Debian: python3-numpy, libopenblas0-pthread).'; // prettier-ignore
  return `The floor: ${most[0]!.toFixed(1)} GFLOP/s, 128-bit multiplications and additions on registers alone; fused by relaxed SIMD ${most[1]!.toFixed(1)}. No product of 128-bit WebAssembly can pass it, whatever its arrangement. OpenBLAS takes the widest vectors of the processor, or those said.\n\n${table}${missing}`;
}
