// Equilibrium propagation beside PyTorch: examples a second and peak memory, every contender in a process of its own, all of
// them once a round; and how the peaks grow with steps, batch and depth. A peer that is not installed is named and left out.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { markdownText } from '../src/report/table.ts';
import type { Asked, Told } from './epChild.ts';
import { noPeer, openBlasCores, python, torchInstalled, wide } from './peers.ts';
import { whole } from './setup.ts';

const rounds = 5;
/** Processes of the same peak: what the system counts varies from one to the next, always downwards. */
const looks = 3;
const seconds = 2;

/** A network, its protocol, and the peers that have the same. */
interface Job {
  readonly title: string;
  readonly model: string;
  readonly batch: number;
  readonly free: number;
  readonly nudged: number;
  /** File of the peers, and what follows the protocol in their arguments. */
  readonly peer: string;
  readonly more: readonly string[];
  /** The rate models whose peers are measured on 256-bit kernels too (OpenBLAS's; convolutions are another library's). */
  readonly narrow: boolean;
  /** PyTorch's own threads on so many cores: beside those of OpenBLAS they only hinder, oneDNN's convolutions run in them. */
  torchThreads(cores: number): number;
}

const perceptron: Job = { title: '784-512-10', model: 'ep-mnist', batch: 50, free: 30, nudged: 10, peer: 'peer_ep.py', more: ['1'], narrow: true, torchThreads: () => 1 }; // prettier-ignore
const jobs: readonly Job[] = [
  perceptron,
  { title: 'Convolutions, 32-64 kernels of 5 x 5', model: 'conv-mnist', batch: 20, free: 200, nudged: 10, peer: 'peer_ep_conv.py', more: [], narrow: false, torchThreads: (cores) => cores }, // prettier-ignore
];

interface Contender {
  readonly label: string;
  readonly threads: number;
  run(seconds: number): Told;
}

function ours(root: string, job: Job, threads: number, set: readonly string[] = []): Contender {
  const { model, batch, free, nudged } = job;
  const all = [`data.batch=${batch}`, `phases.free.steps=${free}`, `phases.nudge.steps=${nudged}`, ...set];
  return {
    label: 'settle',
    threads,
    run(time) {
      const asked: Asked = { model, set: all, threads, seconds: time };
      const text = execFileSync(process.execPath, [join(root, 'dist/bench.js'), `--ep=${JSON.stringify(asked)}`], { encoding: 'utf8' }); // prettier-ignore
      return JSON.parse(text) as Told;
    },
  };
}

/** `coreType`: OpenBLAS's kernels, default the widest. */
function peer(root: string, label: string, how: string, job: Job, threads: number, coreType?: string): Contender {
  const { batch, free, nudged, more } = job;
  const torch = job.torchThreads(threads);
  const env = { ...process.env, OPENBLAS_NUM_THREADS: String(threads), OMP_NUM_THREADS: String(torch), OPENBLAS_CORETYPE: coreType, OPENBLAS_L2_SIZE: undefined }; // prettier-ignore
  return {
    label,
    threads,
    run(time) {
      const args = [join(root, 'bench', job.peer), how, ...[torch, time, batch, free, nudged].map(String), ...more];
      return JSON.parse(execFileSync(python, args, { encoding: 'utf8', env })) as Told;
    },
  };
}

function contendersOf(root: string, job: Job, torch: boolean): Contender[] {
  const cores = [1, 2];
  const peers = cores.flatMap((threads) => [
    peer(root, 'PyTorch by autograd', 'autograd', job, threads),
    peer(root, 'PyTorch by hand', 'hand', job, threads),
    ...(job.narrow && threads === 1
      ? [
          peer(root, '256-bit PyTorch by autograd', 'autograd', job, threads, openBlasCores.avx2),
          peer(root, '256-bit PyTorch by hand', 'hand', job, threads, openBlasCores.avx2),
        ]
      : []),
  ]);
  return [...cores.map((threads) => ours(root, job, threads)), ...(torch ? peers : [])];
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
const megabytes = (bytes: number): string => whole(bytes / 2 ** 20);

function race(contenders: readonly Contender[]): string {
  const told = contenders.map((): Told[] => []);
  for (let round = 0; round < rounds; round++) contenders.forEach((one, k) => told[k]!.push(one.run(seconds)));
  const rates = told.map((each) => each.map(({ rate }) => rate));
  const rows = contenders.map(({ label, threads }, k) => {
    /** The median, over rounds, of the ratio within a round. */
    const over = (wanted: string): string => {
      const other = contenders.findIndex((one) => one.label === wanted && one.threads === threads);
      return other < 0 ? '-' : median(rates[k]!.map((rate, round) => rate / rates[other]![round]!)).toFixed(2);
    };
    return [
      label, String(threads), whole(median(rates[k]!)), over('PyTorch by autograd'), over('PyTorch by hand'),
      megabytes(Math.max(...told[k]!.map(({ peak }) => peak))), rates[k]!.map(whole).join(', '),
    ]; // prettier-ignore
  });
  return markdownText({
    columns: ['what', 'cores', 'examples/s, median', 'over autograd', 'over by hand', 'peak, MB', 'each round'],
    rows,
  });
}

/** Peaks of one batch or a few: what grows with which side of the job. */
function memory(root: string, torch: boolean): string {
  const sides: readonly (readonly [label: string, change: Partial<Pick<Job, 'batch' | 'free'>>, depth: 1 | 2 | 3])[] = [
    ['batch 50, 30 steps', {}, 1],
    ['120 steps', { free: 120 }, 1],
    ['480 steps', { free: 480 }, 1],
    ['batch 200', { batch: 200 }, 1],
    ['batch 800', { batch: 800 }, 1],
    ['2 hidden layers', {}, 2],
    ['3 hidden layers', {}, 3],
  ];
  const models = { 1: 'ep-mnist', 2: 'ep-2h-mnist', 3: 'ep-3h-mnist' } as const;
  const rows: [string, (job: Job) => Contender][] = [
    ['settle, ep', (job) => ours(root, job, 1)],
    ['settle, bptt: the adjoint of the settled state', (job) => ours(root, job, 1, ['learning.rule=bptt'])],
  ];
  if (torch)
    for (const [label, how] of [
      ['EP by hand', 'hand'],
      ['EP by autograd', 'autograd'],
      ['BPTT, every step kept', 'bptt'],
    ] as const)
      // prettier-ignore
      rows.push([`PyTorch, ${label}`, (job) => peer(root, label, how, job, 1)]);
  const cells = rows.map(([label, make]) => [
    label,
    ...sides.map(([, change, depth]) => {
      const one = make({ ...perceptron, ...change, model: models[depth], more: [String(depth)] });
      return megabytes(Math.max(...Array.from({ length: looks }, () => one.run(0).peak)));
    }),
  ]);
  return markdownText({ columns: ['peak, MB', ...sides.map(([label]) => label)], rows: cells });
}

export function epBench(root: string): string {
  const torch = torchInstalled();
  const tables = jobs.map((job) => {
    const { title, batch, free, nudged } = job;
    return `\n### ${title}\n\n${free} free and ${nudged} + ${nudged} nudged steps, batch ${batch}, float32, random pictures with MNIST's share of zeros.\n\n${race(contendersOf(root, job, torch))}`;
  });
  return `\n## Equilibrium propagation beside PyTorch\n\nEvery row in processes of its own, ${rounds} rounds of ${seconds} s with every row once in each; ratios are medians of those within a round, on as many cores. settle and "by hand", the formulas written out, take the input's product once an example, and settle skips zero pixels in it; "by autograd" every step is the gradient of Phi by automatic differentiation, the input's product included. Peaks are resident sizes of the whole process, its libraries and the pictures included.${wide}\n${tables.join('\n')}${torch ? '' : noPeer}\n\n### Memory\n\nPeak resident size of ten batches, the largest of ${looks} processes, one core; 784-512-10, batch 50, 30 free and 10 + 10 nudged steps where not said. settle's bptt walks the settled state's adjoint back by as many steps, without storing any: the implicit gradient. BPTT by automatic differentiation keeps every step.\n\n${memory(root, torch)}`;
}
