// The profile that a run's folder was trained under.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ProfileFile, readProfile } from '../hardware/profile/profileRead.node.ts';
import { runFiles } from './folder.node.ts';

/** Null for a run without one. */
export function profileLeft(folder: string): ProfileFile | null {
  const file = join(folder, runFiles.profile);
  return existsSync(file) ? readProfile(file) : null;
}
