// Profiles from disk: a path, or the name of a profile that comes with settle.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf, reasonOf, SettleError } from '../errors.ts';
import { modelsFolder } from '../model/read.node.ts';
import { stringify } from 'yaml';
import { modelText, suggestion } from '../model/text.ts';
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
  const bundled = bundledProfiles();
  const isFile = statSync(pathOrName, { throwIfNoEntry: false })?.isFile() ?? false;
  const file = !isFile && bundled.includes(pathOrName) ? join(folder(), `${pathOrName}.yaml`) : pathOrName;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      throw new SettleError(`cannot read the profile: ${reasonOf(error)}`, { kind: 'input', file: pathOrName, expected: `a file, or one of ${bundled.join(', ')}` }); // prettier-ignore
    throw new SettleError('no such profile', {
      kind: 'input', file: pathOrName, found: 'no file of this path', expected: `a file, or one of ${bundled.join(', ')}`, hint: suggestion(basename(pathOrName, '.yaml'), bundled),
    }); // prettier-ignore
  }
  const profile = loadProfile(text, file, overrides);
  return { profile, file, text: overrides.length === 0 ? text : stringify(modelText(text, file, overrides).value) };
}
