// The import laws of the house, read from the sources. A file that breaks one is named with the line it should not have.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = join(dirname(fileURLToPath(import.meta.url)), '../src');

/** Folders in the order data flows: a file imports from its own folder or from one before it. */
const river = [
  'math', 'expr', 'data', 'model', 'frames', 'program', 'hardware', 'backends', 'engine', 'learn', 'trace', 'report',
  'search', 'run', 'dashboard', 'cli',
]; // prettier-ignore

/** A package and the only places that may import it. */
const doors: readonly (readonly [pack: RegExp, allowed: RegExp, where: string])[] = [
  [/^mathjs$/, /^expr\//, 'expr/'],
  [/^gpu\.js$/, /^backends\/gpujs(\.node)?\.ts$/, 'backends/gpujs.ts'],
  [/^webgpu$/, /^backends\/adapter\.node\.ts$/, 'backends/adapter.node.ts'],
  [/^msgpackr$/, /^frames\/[^/]+\.ts$/, 'one file of frames/'],
  [/^rxjs(\/|$)/, /^(trace|report|run|dashboard|cli)\//, 'trace, report, run, dashboard or cli'],
  [/^uplot(\/|$)/, /^(dashboard|report)\//, 'dashboard/ or report/'],
  [/^h5wasm(\/|$)/, /^trace\/hdf5\.node\.ts$/, 'trace/hdf5.node.ts'],
  [/^@dimforge\//, /^search\/creatures\/world\.ts$/, 'search/creatures/world.ts'],
  [/^(commander|cli-progress)$/, /^cli\//, 'cli/'],
  [/^node:/, /^cli\/|\.node\.ts$/, 'cli/ and files named *.node.ts'],
];

/** What lies outside the folders, for all of them; the second in Node alone, as its name says. */
const commons = ['errors.ts', 'bundled.node.ts'];

/** Contracts: they import types of other contracts only. */
const contracts: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'expr/tree.ts': [],
  'data/dataset.ts': [],
  'data/spec.ts': [],
  'model/geometry.ts': [],
  'model/model.ts': ['data/spec.ts', 'model/geometry.ts'],
  'frames/frame.ts': [],
  'program/program.ts': ['expr/tree.ts', 'model/geometry.ts'],
  'backends/backend.ts': ['program/program.ts'],
  'learn/rule.ts': ['model/model.ts', 'program/builder.ts', 'program/program.ts'],
};

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
}

/** Every module a file names: imports and re-exports, types included, and dynamic imports of literal names. */
function importsOf(text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const found: Import[] = [];
  const statement = /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]*?\s*from\s*)?['"]([^'"\n]+)['"]/gm;
  for (const match of code.matchAll(statement)) found.push({ from: match[2]!, typeOnly: match[1] !== undefined });
  for (const match of code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)) found.push({ from: match[1]!, typeOnly: false });
  return found;
}

/** What a file of src/ with this text breaks, in sentences. */
function violations(file: string, text: string): string[] {
  const broken: string[] = [];
  const folder = file.includes('/') ? file.split('/')[0]! : '';
  if (folder && !river.includes(folder)) broken.push(`${file}: folder "${folder}" is not in the list of folders`);
  for (const { from, typeOnly } of importsOf(text)) {
    const say = (why: string): number => broken.push(`${file}: imports ${from}: ${why}`);
    if (!from.startsWith('.')) {
      for (const [pack, allowed, where] of doors) if (pack.test(from) && !allowed.test(file)) say(`only from ${where}`);
      if (file in contracts) say('a contract imports no package');
      continue;
    }
    const target = posix.normalize(posix.join(posix.dirname(file), from));
    if (target === 'errors.ts') continue;
    if (/^index(\.browser)?\.ts$/.test(target) && !file.startsWith('index')) say('nobody imports the door');
    if (target.startsWith('..')) say('outside src/');
    const theirs = target.split('/')[0]!;
    if (folder && target.includes('/') && river.indexOf(theirs) > river.indexOf(folder))
      say(`${theirs}/ comes after ${folder}/`);
    if (folder && !target.includes('/') && !target.startsWith('..') && !commons.includes(target))
      say(`only ${commons.join(' and ')} lie outside the folders`);
    if (['report', 'trace'].includes(folder) && ['learn', 'search'].includes(theirs)) say('never learn or search');
    if (folder === 'dashboard' && theirs === 'learn') say('learning only through run/');
    const allowed = contracts[file];
    if (allowed && (!allowed.includes(target) || !typeOnly)) say('a contract imports types of other contracts only');
    if (
      target.includes('.node.') &&
      !file.endsWith('.node.ts') &&
      !file.startsWith('cli/') &&
      file !== 'index.ts' &&
      !typeOnly
    )
      say('a file for every place imports a file for Node');
  }
  return broken;
}

function filesOf(folder: string, prefix = ''): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesOf(join(folder, entry.name), `${prefix}${entry.name}/`)
      : entry.name.endsWith('.ts') && !prefix.includes('kernels/')
        ? [`${prefix}${entry.name}`]
        : [],
  );
}

const files = filesOf(source);
const textOf = (file: string): string => readFileSync(join(source, file), 'utf8');

describe('the import laws', () => {
  it('hold for every file of src/', () => {
    expect(files.length).toBeGreaterThan(5);
    expect(files.flatMap((file) => violations(file, textOf(file)))).toEqual([]);
  });

  it('msgpackr has one door file', () => {
    const importers = files.filter((file) => importsOf(textOf(file)).some(({ from }) => from === 'msgpackr'));
    expect(importers.length).toBeLessThanOrEqual(1);
  });

  it('no cycles between files, types included', () => {
    const edges = new Map(
      files.map((file) => [
        file,
        importsOf(textOf(file))
          .filter(({ from }) => from.startsWith('.'))
          .map(({ from }) => posix.normalize(posix.join(posix.dirname(file), from))),
      ]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (path.includes(file) || done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('every file begins with a line that says what it is', () => {
    const silent = files.filter((file) => !file.includes('.generated.') && !/^(#!.*\n)?\/[/*]/.test(textOf(file)));
    expect(silent).toEqual([]);
  });

  it('no file has more than 700 lines', () => {
    const long = files.filter((file) => !file.includes('.generated.') && textOf(file).split('\n').length > 700);
    expect(long).toEqual([]);
  });

  it('a text that breaks them is caught', () => {
    const wrong: readonly (readonly [file: string, text: string, why: string])[] = [
      ['math/random.ts', `import { x } from '../learn/trainer.ts';`, 'learn/ comes after math/'],
      ['model/load.ts', `import {\n  type Tree,\n} from '../run/tables.ts';`, 'run/ comes after model/'],
      ['model/load.ts', `export * from '../cli/main.ts';`, 'cli/ comes after model/'],
      ['learn/ep.ts', `import type { Node } from 'mathjs';`, 'only from expr/'],
      ['learn/ep.ts', `import { readFileSync } from 'node:fs';`, 'only from cli/'],
      ['learn/ep.ts', `const fs = await import('node:fs');`, 'only from cli/'],
      ['trace/csv.ts', `import { pack } from 'msgpackr';`, 'one file of frames/'],
      ['trace/nir.ts', `const h = await import('h5wasm/node');`, 'only from trace/hdf5.node.ts'],
      ['report/page.ts', `import type { Rule } from '../learn/rule.ts';`, 'never learn or search'],
      ['cli/main.ts', `import { runModel } from '../index.ts';`, 'nobody imports the door'],
      ['learn/rule.ts', `import { ep } from './ep.ts';`, 'types of other contracts only'],
      ['backends/backend.ts', `import { reference } from './reference.ts';`, 'types of other contracts only'],
      ['learn/trainer.ts', `import { wasm } from '../backends/wasm/backend.node.ts';`, 'imports a file for Node'],
      ['learn/trainer.ts', `import { bundled } from '../bundled.node.ts';`, 'imports a file for Node'],
      ['learn/ep.ts', `import { x } from '../other.ts';`, 'lie outside the folders'],
      ['dashboard/client/a.ts', `import type { x } from '../../learn/trainer.ts';`, 'only through run/'],
      ['dashboard/a.ts', `export type { x } from '../learn/alignment.ts';`, 'only through run/'],
      ['plugins/a.ts', ``, 'not in the list of folders'],
    ];
    for (const [file, text, why] of wrong) expect(violations(file, text).join('\n'), file).toContain(why);
    expect(
      violations('cli/main.ts', `import { join } from 'node:path';\nimport { go } from '../run/run.node.ts';`),
    ).toEqual([]);
    expect(
      violations('learn/ep.ts', `// import { x } from '../cli/main.ts';\nimport { a } from '../errors.ts';`),
    ).toEqual([]);
  });
});
