// settle check --profile: a model that learns or a network, a profile, weights of a run; the verdict as exit code.
import { quantity } from '../expr/units.ts';
import type { Profile } from '../hardware/profile/profile.ts';
import { SettleError } from '../errors.ts';
import { readNetwork } from '../model/read.node.ts';
import {
  type ChipCheckOptions,
  checkModelOnChip,
  checkNetworkOnChip,
  type ProfileCheck,
} from '../run/chipCheck.node.ts';
import { weightsLeft } from '../run/weights.node.ts';
import { chipCheckText } from './chipCheckText.ts';
import { type ModelFlags, overrides } from './flags.ts';
import type { CommandLine } from './io.ts';
import { defaultThreads, openModel, type ProfileFlags, withFile } from './model.ts';

export interface ChipFlags extends ModelFlags, ProfileFlags {
  readonly energyTable?: string;
  readonly duration?: string;
  readonly examples?: number;
  readonly from?: string;
  readonly json?: boolean;
}

/** Resolves to the exit code: 1 when the network does not fit. */
export async function checkOnChip(name: string, profile: Profile, flags: ChipFlags, io: CommandLine): Promise<number> {
  const options: ChipCheckOptions = {
    profile, energyTable: flags.energyTable, threads: defaultThreads(), ...(flags.examples !== undefined && { examples: flags.examples }),
  };
  const set = overrides(flags);
  const network = readNetwork(name, { set });
  let found: ProfileCheck;
  if (network) {
    if (flags.from !== undefined)
      throw new SettleError('a network without learning has no weights of a run', { kind: 'input', path: '--from', found: flags.from, expected: 'no such flag' });
    const seconds = flags.duration === undefined ? {} : { duration: quantity(flags.duration, 'time', { path: '--duration' }) };
    found = await withFile(network.file, () => checkNetworkOnChip(network.model, { ...options, ...seconds }));
  } else {
    if (flags.duration !== undefined)
      throw new SettleError('a model that learns is simulated for its own phases', { kind: 'input', path: '--duration', found: flags.duration, expected: '--examples N, or --set phases.predict.duration=...' });
    const { model, file } = openModel(name, set);
    const from = flags.from === undefined ? undefined : weightsLeft(flags.from);
    found = await withFile(file, () => checkModelOnChip(model, { ...options, from }));
  }
  if (flags.json) io.out(`${JSON.stringify(found, plainly)}\n`);
  else io.out(chipCheckText(found, profile));
  return found.verdict === 'does not fit' ? 1 : 0;
} // prettier-ignore

/** Numbers without end and the map of cores have no JSON of their own; the parts of each core say where neurons are. */
function plainly(_key: string, value: unknown): unknown {
  if (value instanceof Map) return undefined;
  return typeof value === 'number' && !Number.isFinite(value) ? 'unlimited' : value;
}
