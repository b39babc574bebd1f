// Profiles from disk: a path, or the name of a profile that comes with settle.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { bundledOr, modelsFolder } from '../../model/read.node.ts';
import { modelText } from '../../model/text.ts';
import type { Profile } from './profile.ts';
import { loadProfile } from './profileLoad.ts';

const folder = (): string => join(dirname(modelsFolder()), 'hw-profiles');

/** Names of the bundled profiles. */
export function bundledProfiles(): string[] {
  return existsSync(folder())
    ? readdirSync(folder()).filter((name) => name.endsWith('.yaml')).map((name) => name.slice(0, -'.yaml'.length)).sort()
    : [];
} // prettier-ignore

/** A profile, where it is from, and its text with overrides written into it. */
export interface ProfileFile {
  readonly profile: Profile;
  readonly file: string;
  readonly text: string;
}

/** @throws SettleError of kind `input` for a file that is not there or no profile */
export function readProfile(pathOrName: string, overrides: readonly string[] = []): ProfileFile {
  const { text, file } = bundledOr(pathOrName, 'profile', folder(), bundledProfiles());
  const profile = loadProfile(text, file, overrides);
  return { profile, file, text: overrides.length === 0 ? text : stringify(modelText(text, file, overrides).value) };
}
