// The MODEL argument that several commands share, and the flags that change a model.
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { SettleError } from '../errors.ts';
import { type ProfileFile, readProfile } from '../hardware/profile/profileRead.node.ts';
import type { Model } from '../model/model.ts';
import { readModel } from '../model/read.node.ts';
import { assignment, whole } from './flags.ts';

/** Adds MODEL and the flags that every command with a model takes. */
export function modelArguments(command: Command): Command {
  return command
    .argument('<model>', 'path of a model file, or the name of a bundled model')
    .option('--set <path=value>', 'change one value of the model; may be repeated', assignment)
    .option('--rule <name>', 'learning rule (the same as --set learning.rule=...)')
    .option('--backend <name>', 'backend (the same as --set backend=...)')
    .option('--seed <n>', 'seed of everything random', whole(0, 4_294_967_295));
}

/** The flags of a chip. */
export interface ProfileFlags {
  readonly profile?: string;
  readonly profileSet?: readonly string[];
}

export function profileArguments(command: Command): Command {
  return command
    .option('--profile <name>', 'hardware profile: a file, or the name of a bundled one (settle list profiles)')
    .option('--profile-set <path=value>', 'change one value of the profile; may be repeated', assignment);
}

/** Null where none is asked for. */
export function openProfile({ profile, profileSet = [] }: ProfileFlags): ProfileFile | null {
  if (profile !== undefined) return readProfile(profile, profileSet);
  if (profileSet.length > 0)
    throw new SettleError('a change to no profile', { kind: 'input', path: '--profile-set', found: profileSet[0]!, expected: '--profile NAME beside it' }); // prettier-ignore
  return null;
}

export function openModel(name: string, set: readonly string[]): { model: Model; resolvedYaml: string; file: string } {
  return readModel(name, { set });
}

/** Runs what works on a model: a refusal that comes later than the file's own reading names the file all the same. */
export async function withFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SettleError)) throw error;
    const { kind, file: named, path } = error.place;
    if (kind !== 'input' || named !== undefined || path === undefined || path.startsWith('--')) throw error;
    throw new SettleError(error.message, { ...error.place, file });
  }
}

export function defaultThreads(): number {
  return Math.min(8, availableParallelism());
}
