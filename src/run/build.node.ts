// Which settle this is: put in by the build, read from package.json when run from the sources.
import { readFileSync } from 'node:fs';

declare const SETTLE_BUILD: { version: string; commit: string | null; sources: string } | undefined;

export interface Build {
  readonly version: string;
  readonly commit: string | null;
  /** SHA-256 over the sources. */
  readonly sources: string | null;
}

export function build(): Build {
  if (typeof SETTLE_BUILD !== 'undefined') return SETTLE_BUILD;
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return { version: (JSON.parse(text) as { version: string }).version, commit: null, sources: null };
}

export function version(): string {
  return build().version;
}
