// Chips: the main job's trained network read out on each (after the fact), training on each (in the loop), and sweeps.
// npm run chips [-- --jobs N]; writes bench/CHIPS.md and its pictures. Runs are kept in runs/ and not made again.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { jobs: { type: 'string', default: '2' } } });
const settle = (...args) =>
  execFileSync(process.execPath, [join(root, 'dist/cli.js'), ...args], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 }); // prettier-ignore
const percent = (share) => (100 * share).toFixed(2);
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

// The main job's network, trained without a chip.
const trained = join(root, 'runs', 'chips-mnist');
if (!existsSync(join(trained, 'report.html')))
  settle('run', 'mnist', '--out', trained, ...(existsSync(trained) ? ['--resume'] : []));
const { profiles } = parse(readFileSync(join(root, 'bench/chips.yaml'), 'utf8'));
const after = Object.entries(profiles).map(([label, { profile = label, set = {} }]) => {
  const changes = Object.entries(set).flatMap(([path, value]) => ['--profile-set', `${path}=${value}`]);
  const found = JSON.parse(settle('simulate', 'mnist', '--from', trained, '--profile', profile, ...changes, '--examples', '10000', '--json')); // prettier-ignore
  return [label, percent(found.testError)];
});

/** A comparison's result, made or found. */
function compared(name, file) {
  const out = join(root, 'runs', `compare-${name}`);
  settle('compare', file, '--jobs', values.jobs, '--out', out, ...(existsSync(out) ? ['--resume'] : []));
  return JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8'));
}
const chips = compared('chips', 'bench/chips.yaml');
const sweeps = compared('chip-sweeps', 'bench/chip-sweeps.yaml');
const symmetry = compared('chip-symmetry', 'bench/chip-symmetry.yaml');

const said = (row, first) => {
  if (!row?.testError) return row?.status ?? '-';
  const loss = row === first ? '' : ` (${row.testError.mean >= first.testError.mean ? '+' : ''}${percent(row.testError.mean - first.testError.mean)})`; // prettier-ignore
  return `${percent(row.testError.mean)} ± ${percent(row.testError.deviation ?? 0)}${loss}`;
};
const series = (rows) => [...new Set(rows.map(({ rule, model }) => `${rule} ${model}`))];
function byProfile(rows) {
  const labels = [...new Set(rows.map(({ profile }) => profile.label))];
  const find = (name, label) => rows.find((row) => `${row.rule} ${row.model}` === name && row.profile.label === label);
  return labels.map((label) => [label, ...series(rows).map((name) => said(find(name, label), find(name, labels[0])))]);
}
const named = { 'ep mnist': 'spiking EP', 'ep ep-mnist': 'EP, rate', 'bp chip-bp': 'BP', 'dfa chip-bp': 'DFA' };
const head = (rows) => series(rows).map((name) => named[name] ?? name);

for (const name of ['chip-sweeps', 'chip-symmetry']) {
  const page = readFileSync(join(root, `runs/compare-${name}/comparison.html`), 'utf8');
  const picture = page.match(
    /<svg xmlns="http:\/\/www.w3.org\/2000\/svg"[^>]*aria-label="test error against one value[^]*?<\/svg>/,
  )?.[0];
  if (!picture) throw new Error(`the page of ${name} has no picture`);
  writeFileSync(join(root, `bench/${name}.svg`), `${picture}\n`);
}

/** A table a sweep: its values down, rules across. */
const sweepTables = (rows) =>
  [...new Set(rows.map(({ profile }) => profile.sweep.name))]
    .map((name) => {
      const own = rows.filter(({ profile }) => profile.sweep.name === name);
      const points = [...new Set(own.map(({ profile }) => profile.sweep.value))];
      const find = (of, value) => own.find((row) => `${row.rule} ${row.model}` === of && row.profile.sweep.value === value); // prettier-ignore
      const lines = points.map((value) => [value, ...series(own).map((of) => said(find(of, value), find(of, value)))]);
      return `### ${name} (\`${own[0].profile.sweep.path}\`)\n\n${table(['value', ...head(own)], lines)}`;
    })
    .join('\n\n');

const text = `# What chips cost

Made by \`npm run chips\`. Test error on 10,000 images of MNIST in %, ± the standard deviation over seeds, in brackets the loss in points against the ideal chip.

## The main job's network on a chip it was not trained for

models/mnist.yaml trained for 10 epochs without a chip (seed 1), its weights put on the chip, states and converters as the profile has them. Chips whose neurons differ (xylo, odin, tiny-odin) run it on the substitutes of their profile.

${table(['profile', 'test error'], after)}

## Training in the loop

${chips.rows[0].epochs} epochs on 10,000 images, warm-up over 4,000, seeds ${chips.seeds.join(', ')}; nothing else was tuned for any chip. Spiking EP: models/mnist.yaml (784-300-10). EP, rate: models/ep-mnist.yaml (784-512-10). BP, DFA: bench/chip-bp.yaml (784-300-10, tanh). Of a chip of neurons, rate networks take the weights alone.

${table(['profile', ...head(chips.rows)], byProfile(chips.rows))}

## One value at a time

${sweeps.rows[0].epochs} epochs, seeds ${sweeps.seeds.join(', ')}, the rest as above. The spread of devices is swept on the constant-step array, with its own noise; the others on an ideal chip.

![Test error against one value of the profile](chip-sweeps.svg)

${sweepTables(sweeps.rows)}

## Where EP's symmetries do not hold

The way back through a symmetric weight is a copy with an error of its own; +beta is stronger than -beta by this share of beta.

![Test error against the broken symmetry](chip-symmetry.svg)

${sweepTables(symmetry.rows)}
`;
const file = join(root, 'bench/CHIPS.md');
writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
console.log(text);
