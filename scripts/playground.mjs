// The playground: builds it into a folder that any web server can host, and serves it here on the loopback address.
//   npm run playground [-- --build] [-- --out FOLDER] [-- --port 8080]
// --build stops after building. The network on the pad is trained first (models/small-mnist.yaml, all of MNIST, some seconds);
// what is there and still true is kept.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

/** Digits in the page: enough to learn from in seconds, small enough to be fetched. */
const digits = { train: 2000, test: 500 };
/** Bytes that a first visit may take, gzip, data aside. */
const budget = 1.5e6;

let flags;
try {
  flags = parseArgs({ options: { build: { type: 'boolean' }, out: { type: 'string' }, port: { type: 'string' } } }).values; // prettier-ignore
  if (flags.port !== undefined && !/^\d{1,5}$/.test(flags.port))
    throw new Error(`--port: found "${flags.port}", expected a number`);
} catch (error) {
  console.error(`playground: ${error.message}\nusage: npm run playground -- [--build] [--out FOLDER] [--port NUMBER]`);
  process.exit(2);
}
const out = flags.out ?? join(root, 'dist/playground');
if (flags.out && existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, 'data/trained.settle'))) {
  console.error(`playground: ${out} holds something else: found ${readdirSync(out).length} entries, expected an empty folder or an earlier playground`); // prettier-ignore
  process.exit(2);
}

const settle = await import('../dist/node.js');
const { playgroundPage, playgroundStyle, servePlayground } = await import('../dist/playground-server.js');

/** The program, its worker, and what they share; gpu.js in a part of its own that is fetched when it is asked for. */
async function bundle(folder) {
  const { build } = await import('esbuild');
  const instead = new Map([
    // Under a content policy without eval, msgpackr's other build says nothing on the console.
    ['msgpackr', require.resolve('msgpackr/index-no-eval')],
    ['gpu.js', join(dirname(require.resolve('gpu.js/package.json')), 'dist/gpu-browser.min.js')],
  ]);
  const swap = {
    name: 'swap',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^(msgpackr|gpu\.js)$/ }, ({ path }) => ({ path: instead.get(path) })),
  };
  await build({
    absWorkingDir: root,
    entryPoints: ['main', 'worker'].map((name) => `src/dashboard/playground/${name}.ts`),
    outdir: folder,
    bundle: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022', minify: true, charset: 'utf8',
    legalComments: 'linked', logLevel: 'warning', chunkNames: 'part-[hash]', plugins: [swap],
  }); // prettier-ignore
}

/** A set's images and labels as IDX files, packed. */
function writeDigits(folder, name, { count, shape, inputs, labels }) {
  const idx = (dimensions, values) => {
    const head = Buffer.alloc(4 + 4 * dimensions.length);
    head.writeUInt32BE(0x0800 + dimensions.length, 0);
    dimensions.forEach((length, k) => head.writeUInt32BE(length, 4 + 4 * k));
    return gzipSync(Buffer.concat([head, values]), { level: 9 });
  };
  writeFileSync(join(folder, `${name}-images.gz`), idx([count, ...shape], inputs));
  writeFileSync(join(folder, `${name}-labels.gz`), idx([count], labels));
}

/** The checkpoint of the network on the pad; trained again when the model or the program changed. */
async function trained() {
  const { model, resolvedYaml } = settle.readModel('small-mnist');
  const key = createHash('sha256').update(resolvedYaml).update(readFileSync(join(root, 'dist/.built'))).digest('hex').slice(0, 16); // prettier-ignore
  const kept = join(root, 'dist/.playground', key);
  const file = join(kept, 'checkpoint.settle');
  if (!existsSync(join(kept, 'report.html'))) {
    rmSync(join(root, 'dist/.playground'), { recursive: true, force: true });
    const onEpoch = ({ epoch, test }) => console.log(`training the network on the pad: epoch ${epoch} of ${model.learning.epochs}, test error ${((100 * test.wrong) / test.examples).toFixed(2)} %`); // prettier-ignore
    await settle.runModel({ model, resolvedYaml, out: kept, onEpoch });
  }
  return readFileSync(file);
}

async function buildInto(folder) {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  writeFileSync(join(folder, 'index.html'), playgroundPage);
  writeFileSync(join(folder, 'playground.css'), playgroundStyle);
  const set = settle.loadDataSet({ ...settle.readModel('small-mnist').model.data, ...digits });
  writeDigits(data, 'train', set.train);
  writeDigits(data, 'test', set.test);
  for (const name of ['small-mnist', 'small-bp-mnist']) cpSync(join(root, `models/${name}.yaml`), join(data, `${name}.yaml`)); // prettier-ignore
  writeFileSync(join(data, 'trained.settle'), gzipSync(await trained(), { level: 9 }));
  await bundle(folder);
}

const beside = `${out}.${process.pid}.tmp`;
try {
  await buildInto(beside);
  rmSync(out, { recursive: true, force: true });
  renameSync(beside, out);
} finally {
  rmSync(beside, { recursive: true, force: true });
}
const packed = (name) => gzipSync(readFileSync(join(out, name)), { level: 9 }).length;
const names = readdirSync(out).filter((name) => /\.(html|css|js)$/.test(name));
const onDemand = names.filter((name) => readFileSync(join(out, name), 'utf8').includes('WebGL2Kernel'));
const first = names.filter((name) => !onDemand.includes(name)).reduce((sum, name) => sum + packed(name), 0);
const later = onDemand.reduce((sum, name) => sum + packed(name), 0);
console.log(`${out}: first load ${(first / 1e6).toFixed(2)} MB as gzip without data, gpu.js ${(later / 1e6).toFixed(2)} MB when asked for`); // prettier-ignore
if (first > budget) {
  console.error(`playground: the first load is too large: found ${first} bytes, expected at most ${budget}`);
  process.exit(1);
}
if (!flags.build) {
  try {
    const server = await servePlayground(out, Number(flags.port ?? 0));
    console.log(`playground: ${server.url.replace(/#.*/, '')}  (Ctrl+C ends it)`);
  } catch (error) {
    console.error(`playground: ${settle.explain?.(error) ?? error.message}`);
    process.exit(2);
  }
}
