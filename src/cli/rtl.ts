// settle export RUN --format rtl: a folder for a chip team, and in words what is in it.
import { SettleError } from '../errors.ts';
import { exportRtl } from '../run/rtl.node.ts';
import type { CommandLine } from './io.ts';
import { thousands } from './progress.ts';

export interface RtlFlags {
  readonly out: string;
  readonly profile?: string;
  readonly examples: number;
  readonly learning?: boolean;
  readonly accuracy?: number;
}

export async function rtl(run: string, { out, profile, examples, learning = false, accuracy }: RtlFlags, io: CommandLine): Promise<void> {
  if (profile === undefined)
    throw new SettleError('which chip', { kind: 'input', path: '--profile', found: 'nothing', expected: 'loihi-1, tiny-odin, or a profile of yours with their arithmetic' });
  const result = await exportRtl({ run, profile, out, examples, learning, accuracy: accuracy ?? null });
  const { ticks, spikes, weightsInside, weightsLearned, accuracy: read, notes, notMet } = result;
  for (const note of notes) io.err(`${note}\n`);
  io.err(`${thousands(ticks)} ticks, ${thousands(spikes)} spikes; ${thousands(weightsInside)} of ${thousands(weightsLearned)} learned weights are inside\n`);
  if (read) io.err(`test error of ${thousands(read.examples)} examples: integers ${(100 * read.integerError).toFixed(2)} %, as trained ${(100 * read.floatError).toFixed(2)} %\n`);
  if (notMet.length > 0) io.err(`edges that no neuron meets: ${notMet.join(', ')}\n`);
} // prettier-ignore
