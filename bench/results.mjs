// Accuracy tables: runs every row of a list, several seeds each, and writes means with standard errors.
// node bench/results.mjs [search|accuracy|layers|published|energy] [--jobs N] [--epochs N] [--seeds N] [--only TEXT]; finished runs are kept in runs/results and not made again.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { energy } from './energy.mjs';
import { lists } from './lists.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '1' },
    epochs: { type: 'string', default: '' },
    seeds: { type: 'string', default: '' },
  },
});
const name = positionals[0] ?? 'accuracy';
if (name === 'energy') {
  console.log(await energy(root));
  process.exit(0);
}
const list = lists[name];
/** The budget, for a first look: fewer epochs or seeds than a row says. */
const budget = values.epochs ? { 'learning.epochs': Number(values.epochs) } : {};
if (!list) throw new Error(`no list named ${name}: ${[...Object.keys(lists), 'energy'].join(', ')}`);
const folder = join(root, 'runs', 'results');
mkdirSync(folder, { recursive: true });

/** One run; its JSON is kept under a name made of what was asked. */
function runOne(row, seed) {
  const set = Object.entries({ ...row.set, ...budget }).flatMap(([path, value]) => ['--set', `${path}=${value}`]);
  const key = [row.model, ...set.filter((part) => part !== '--set'), seed].join(' ').replace(/[^\w.=-]/g, '_');
  const out = join(
    folder,
    key.length > 150 ? `${row.model}_${createHash('sha256').update(key).digest('hex').slice(0, 24)}` : key,
  );
  const file = `${out}.json`;
  const args = [
    'run',
    row.model,
    '--seed',
    String(seed),
    '--threads',
    values.threads,
    '--json',
    '--out',
    out,
    ...(existsSync(out) ? ['--resume'] : []),
    ...set,
  ];
  if (existsSync(file)) return Promise.resolve(JSON.parse(readFileSync(file, 'utf8')));
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(root, 'dist/cli.js'), ...args],
      { cwd: root, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        if (error) return reject(new Error(`${args.join(' ')}\n${stderr}`));
        writeFileSync(`${file}.tmp`, stdout);
        renameSync(`${file}.tmp`, file);
        resolve(JSON.parse(stdout));
      },
    );
  });
}

const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const deviation = (numbers) =>
  numbers.length < 2
    ? NaN
    : Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean(numbers)) ** 2, 0) / (numbers.length - 1));
const percent = (x) => (100 * x).toFixed(2);

const rows = list.rows.filter(({ label }) => label.includes(values.only));
const jobs = rows.flatMap((row) =>
  row.seeds.slice(0, Number(values.seeds) || undefined).map((seed) => ({ row, seed })),
);
const outcomes = new Map(rows.map((row) => [row, []]));
async function worker() {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const result = await runOne(job.row, job.seed);
    outcomes.get(job.row).push(result);
    console.error(
      `${job.row.label}, seed ${job.seed}: ${list.figure} ${percent(result[list.figure])} %, training ${percent(result.trainError)} %, ${result.trainExamplesPerSecond.toFixed(0)} examples/s`,
    );
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, worker));

const published = rows.some((row) => row.published);
const lines = [
  `| network and recipe |${published ? ' published, % |' : ''} seeds | error, mean % | standard error | each | worst class recall | spikes / training example | epochs |`,
  `|---|${published ? '---|' : ''}---|---|---|---|---|---|---|`,
];
for (const [row, results] of outcomes) {
  const errors = results.map((result) => result[list.figure]);
  lines.push(
    `| ${row.label} |${published ? ` ${row.published ?? '-'} |` : ''} ${results.length} | ${percent(mean(errors))} | ${Number.isNaN(deviation(errors)) ? '-' : percent(deviation(errors) / Math.sqrt(errors.length))} | ${errors.map(percent).join(', ')} | ${percent(Math.min(...results.map((result) => result.worstClassRecall)))} | ${results[0].spikesPerExample === null ? '-' : mean(results.map((result) => result.spikesPerExample)).toFixed(0)} | ${results[0].epochs} |`,
  );
}
const flags = ['epochs', 'seeds'].filter((flag) => values[flag]).map((flag) => ` --${flag} ${values[flag]}`);
const table = `${list.title}\n\nMade by \`npm run results -- ${name}${flags.join('')}\`.\n\n${lines.join('\n')}\n`;
console.log(table);
if (!values.only) writeFileSync(join(root, list.file ?? `bench/${name.toUpperCase()}.md`), table);
