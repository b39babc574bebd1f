// Backpropagation beside PyTorch, in the same run: 784-512-512-10 against its formulas by hand. A peer that is not installed is
// named and left out.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Examples } from '../src/data/dataset.ts';
import { markdownText } from '../src/report/table.ts';
import { noPeer, openBlasCores, python, torchInstalled, wide } from './peers.ts';
import { data, open, type Setup, train, whole } from './setup.ts';

const rounds = 3;
/** Pixels that are not zero anywhere: what a product costs that skips nothing. */
const filled: Examples = { ...data.train, inputs: data.train.inputs.map((value) => value || 1 / 512) };

interface Contender {
  readonly label: string;
  readonly threads: string;
  /** Training examples a second. */
  rate(round: number): number | Promise<number>;
}

const ours = (label: string, setup: Setup, examples: number, images = data.train): Contender => ({
  label,
  threads: String(setup.machine.threads),
  rate: (round) => train(setup, examples, round + 1, images),
});

const named = ({ machine: { threads } }: Setup): string => `settle, ${threads} thread${threads > 1 ? 's' : ''}`;

/** OpenBLAS takes the widest kernels that the processor has, or those of `kernels`, in as many threads as said. */
function peer(
  label: string,
  root: string,
  args: readonly string[],
  torch: number,
  blas: number,
  kernels?: string,
): Contender {
  const env = { ...process.env, OPENBLAS_CORETYPE: kernels, OPENBLAS_L2_SIZE: undefined };
  return {
    label,
    threads: `${torch} torch, ${blas} OpenBLAS`,
    rate: () =>
      Number(
        execFileSync(python, [join(root, 'bench', args[0]!), ...args.slice(1), String(torch)], {
          encoding: 'utf8',
          env: { ...env, OPENBLAS_NUM_THREADS: String(blas), OMP_NUM_THREADS: String(torch) },
        }),
      ),
  };
}

async function race(contenders: readonly Contender[], reference: string): Promise<string> {
  const rates = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [k, contender] of contenders.entries()) rates[k]!.push(await contender.rate(round));
  const best = rates.map((each) => Math.max(...each));
  const base = Math.max(...best.filter((_, k) => contenders[k]!.label.startsWith(reference)));
  const rows = contenders.map(({ label, threads }, k) => [
    label,
    threads,
    whole(best[k]!),
    (best[k]! / base).toFixed(2),
    rates[k]!.map(whole).join(', '),
  ]);
  return markdownText({
    columns: ['what', 'threads', 'examples/s, best', `over ${reference}, best`, 'each round'],
    rows,
  });
}

export async function baselinesBench(root: string): Promise<string> {
  const model = join(root, 'bench', 'backpropagation.yaml');
  const setups = [await open(model, [], 1), await open(model, [], 2)];
  for (const setup of setups) await train(setup, 6400, 0);
  const settles = setups.map((setup) => ours(named(setup), setup, 32_000));
  const dense = setups.map((setup) => ours(`${named(setup)}, no pixel zero`, setup, 32_000, filled)); // prettier-ignore
  const hand = 'PyTorch by hand';
  const torch = torchInstalled();
  const peers = [
    peer(hand, root, ['peer_bp.py', '64'], 1, 1),
    peer(`${hand}, two threads`, root, ['peer_bp.py', '64'], 1, 2),
    peer('256-bit PyTorch by hand', root, ['peer_bp.py', '64'], 1, 1, openBlasCores.avx2),
  ];
  const table = await race([...settles, ...dense, ...(torch ? peers : [])], torch ? hand : 'settle');
  for (const { machine } of setups) await machine.close();
  return `\n## Backpropagation beside PyTorch\n\n784-512-512-10, tanh, cross-entropy, batch 64, float32. settle skips zero pixels; the rows "no pixel zero" skip none.${wide}\n\n${table}${torch ? '' : noPeer}`;
}
