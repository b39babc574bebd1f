// Where a bundle of dist/ is: beside what runs, or, run from the sources, in the dist/ of the repository. It knows no bundle.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SettleError } from './errors.ts';

/** @throws SettleError of kind `environment` where it is not built */
export function bundled(name: string): string {
  const beside = new URL(`./${name}`, import.meta.url);
  const file = fileURLToPath(existsSync(beside) ? beside : new URL(`../dist/${name}`, import.meta.url));
  if (!existsSync(file))
    throw new SettleError('a part of settle is not built', { kind: 'environment', expected: `dist/${name}`, hint: 'npm run build' }); // prettier-ignore
  return file;
}
