// node scripts/check-brian2.mjs [MODEL...]: runs networks on the clocked engine (backend reference, float64) and, exported, in
// Brian2, and compares their spikes of the first 100 ms, unit by unit and step by step. Exit 1 where they differ, 2 without Brian2.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const duration = 0.1;
const models = process.argv.length > 2 ? process.argv.slice(2) : ['cuba', 'coba', 'adex', 'test/brian2/mixed.yaml', 'test/brian2/equations.yaml']; // prettier-ignore
const settle = (...args) => execFileSync(process.execPath, ['dist/cli.js', ...args], { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] }); // prettier-ignore

const python = ['python3', '/usr/bin/python3'].find((name) => spawnSync(name, ['-c', 'import brian2']).status === 0);
if (!python) {
  console.error('Brian2 is missing: apt-get install python3-brian, or pip install brian2');
  process.exit(2);
}

const rows = (file) => readFileSync(file, 'utf8').trim().split('\n').slice(1).map((line) => line.split(',')); // prettier-ignore

/** Spikes as "step unit", sources left out. */
function compared(model, work) {
  const name = basename(model, '.yaml');
  const set = ['--set', `simulation.duration=${duration} s`, '--set', 'simulation.discard=0 ms'];
  const [script, trace, table] = ['py', 'settle', 'trace.csv'].map((ending) => join(work, `${name}.${ending}`));
  settle('export', model, '--format', 'brian2', '--out', script, ...set);
  const result = JSON.parse(settle('simulate', model, '--json', '--trace', trace, '--set', 'engine=clocked', '--set', 'backend=reference', ...set)); // prettier-ignore
  settle('export', trace, '--format', 'csv', '--out', table);
  execFileSync(python, [script, '--duration', String(duration), '--out', join(work, `${name}.csv`)], { stdio: ['ignore', 'ignore', 'pipe'] }); // prettier-ignore
  const text = readFileSync(script, 'utf8');
  const dt = Number(/^dt = (\S+)$/m.exec(text)[1]);
  const neurons = [...text.matchAll(/^groups\['(\w+)'\] = group\nneurons\.append\(\((\d+), group\)\)$/gm)];
  const offsets = new Map(neurons.map(([, population, first]) => [population, Number(first)]));
  const ours = rows(table).flatMap(([time, , , , population, unit]) => offsets.has(population) ? [`${Math.round(Number(time) / dt)} ${offsets.get(population) + Number(unit)}`] : []); // prettier-ignore
  const theirs = rows(join(work, `${name}.csv`)).map(([unit, time]) => `${Math.round(Number(time) / dt)} ${unit}`);
  return { ours, theirs, synapses: result.synapses };
}

const work = mkdtempSync(join(tmpdir(), 'settle-brian2-'));
let failed = false;
try {
  for (const model of models) {
    const { ours, theirs, synapses } = compared(model, work);
    const [a, b] = [new Set(ours), new Set(theirs)];
    const [missing, more] = [ours.filter((spike) => !b.has(spike)), theirs.filter((spike) => !a.has(spike))];
    const equal = missing.length === 0 && more.length === 0 && ours.length > 0;
    failed ||= !equal;
    const where = (spike) => (spike ? `unit ${spike.split(' ')[1]} in step ${spike.split(' ')[0]}` : 'none');
    console.log(`${model}: ${ours.length} spikes here, ${theirs.length} in Brian2 in ${1000 * duration} ms, ${synapses} synapses: ` + (equal ? 'the same, step by step' : `${missing.length} not in Brian2 (first: ${where(missing[0])}), ${more.length} not here (first: ${where(more[0])})`)); // prettier-ignore
  }
} catch (error) {
  console.error(`${error.message}\n${String(error.stderr ?? '').split('\n').slice(-12).join('\n')}`); // prettier-ignore
  failed = true;
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
