// What all checks share: one line each, waiting, an exit code, and exports of the sources bundled for Node. It knows no browser.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const problems = [];
export const check = (what, holds, said = '') => {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}${said === '' ? '' : `: ${said}`}`);
  if (!holds) problems.push(what);
};
export async function until(what, holds, seconds = 60) {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; await sleep(50)) if (await holds()) return true;
  console.log(`waited ${seconds} s in vain: ${what}`);
  return false;
}
/** Ends the process: with 1 where a check failed. */
export function finish() {
  if (problems.length > 0) console.log(`${problems.length} failed`);
  process.exit(problems.length > 0 ? 1 : 0);
}

let bundles = 0;
/** What `use` makes of these exports of the sources (`export { ... } from './...'`, from the root), bundled beside the build meanwhile. */
export async function withExports(contents, use, external = []) {
  const file = join(root, `dist/.check-${process.pid}-${++bundles}.mjs`);
  const banner = {
    js: "import { createRequire as bundledRequire } from 'node:module'; const require = bundledRequire(import.meta.url);",
  };
  await build({ stdin: { contents, resolveDir: root }, absWorkingDir: root, bundle: true, platform: 'node', format: 'esm', banner, external, outfile: file, logLevel: 'error' }); // prettier-ignore
  try {
    return await use(await import(pathToFileURL(file).href));
  } finally {
    rmSync(file, { force: true });
  }
}
