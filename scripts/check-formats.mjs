// node scripts/check-formats.mjs: exports a short training of xor and has other tools read it: GTKWave's converters (VCD to FST
// and back), h5py (SONATA, NIR), msgpack (the trace itself), NumPy (npz) and plain Python (safetensors, memories, AEDAT 4).
// One line each; exit 1 where a spike or a weight differs, 2 where a tool is missing.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, finish, root } from './checks.mjs';

const python = ['/usr/bin/python3', 'python3'].find((name) => spawnSync(name, ['-c', 'import h5py, msgpack, numpy'], { stdio: 'ignore' }).status === 0); // prettier-ignore
const converters = ['vcd2fst', 'fst2vcd'].every((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0);
if (!python || !converters) {
  console.error('missing: apt-get install gtkwave python3-h5py python3-msgpack python3-numpy');
  process.exit(2);
}
const work = mkdtempSync(join(tmpdir(), 'settle-formats-'));
const at = (name) => join(work, name);
const settle = (...args) => execFileSync(process.execPath, ['dist/cli.js', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }); // prettier-ignore

/** Four neurons whose numbers in a NIR graph are known: 12 weights of 0.25, four time constants of 12 ms, thresholds of 0.75. */
const graph = `settle: 1
name: graph
populations:
  x: { units: 3, kind: spikes, spikes: [[0, 1 ms]] }
  a: { units: 4, kind: lif, membraneTimeConstant: 12 ms, threshold: 0.75, strict: true, bias: [0.1, 0.5, 0.9, -0.2] }
projections:
  x->a: { connect: all-to-all, weight: 0.25, delay: 1.5 ms }
simulation: { duration: 10 ms }
engine: event
`;

/** Rising edges of a VCD whose tokens stand one a line, as "population unit time"; read by other code than settle's own. */
function risingEdges(text) {
  const [scopes, names, up] = [[], new Map(), new Map()];
  const edges = [];
  let time = 0;
  for (const line of text.split('\n')) {
    const [word, , , id, name] = line.trim().split(/\s+/);
    if (word === '$scope') scopes.push(line.trim().split(/\s+/)[2]);
    else if (word === '$upscope') scopes.pop();
    else if (word === '$var' && /^spk_\d+$/.test(name)) names.set(id, `${scopes.at(-1)} ${name.slice(4)}`);
    else if (/^#\d+$/.test(line)) time = Number(line.slice(1));
    else if (/^[01x]./.test(line) && names.has(line.slice(1))) {
      const signal = line.slice(1);
      if (line[0] === '1' && up.get(signal) !== '1') edges.push(`${names.get(signal)} ${time}`);
      up.set(signal, line[0]);
    }
  }
  return edges.sort();
}

try {
  settle('run', 'xor', '--epochs', '1', '--out', at('run'), '--set', 'record=[{ population: h, variable: spikes, examples: [0, 1] }, { population: y, variable: spikes, examples: [0, 1] }, { population: y, variable: membrane, examples: [0, 1] }]'); // prettier-ignore
  settle('simulate', 'cuba', '--duration', '100 ms', '--set', 'simulation.discard=0 ms', '--trace', at('exact.settle'));
  for (const [format, out] of [
    ['vcd', 'run.vcd'],
    ['sonata', 'run.h5'],
    ['aedat', 'run.aedat4'],
    ['aer', 'run.csv'],
    ['npz', 'run.npz'],
    ['safetensors', 'run.safetensors'],
    ['readmemh', 'memories'],
  ])
    // prettier-ignore
    settle('export', at('run'), '--format', format, '--out', at(out));
  for (const [format, out] of [
    ['vcd', 'exact.vcd'],
    ['sonata', 'exact.h5'],
  ])
    settle('export', at('exact.settle'), '--format', format, '--out', at(out));
  writeFileSync(at('graph.yaml'), graph);
  settle('export', at('graph.yaml'), '--format', 'nir', '--out', at('graph.nir'));

  // The trace as msgpack reads it: every spike as "population unit seconds", on one axis of time.
  const read = (...args) => JSON.parse(execFileSync(python, [join(root, 'scripts/check_formats.py'), ...args], { encoding: 'utf8', maxBuffer: 2 ** 28, env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } })); // prettier-ignore
  for (const [name, trace, parts] of [
    ['run', 'run/trace.settle', 2],
    ['exact', 'exact.settle', null],
  ]) {
    const { spikes, step } = read('trace', at(trace));
    if (spikes.length === 0) throw new Error(`${name}: the trace holds no spikes`);
    const own = JSON.parse(settle('inspect', at(trace), '--json')).spikes;
    const counts = own.populations.map((each) => [each.name, each.spikes, spikes.filter(([population]) => population === each.name).length]); // prettier-ignore
    const last = spikes.at(-1)[2];
    check(`${name}, msgpack`, counts.length > 0 && counts.every(([, ours, theirs]) => ours === theirs) && Math.abs(last - own.last) < 1e-12, `${spikes.length} spikes, the last at ${own.last} s, as inspect says`); // prettier-ignore
    // Of a clocked trace the timescale divides a step in two; of exact times a nanosecond in ten.
    const expected = spikes.map(([population, unit, time]) => `${population} ${unit} ${step === null ? 10 * Math.floor(time * 1e9 + 0.5) : parts * Math.round(time / step)}`).sort(); // prettier-ignore
    execFileSync('vcd2fst', [at(`${name}.vcd`), at(`${name}.fst`)], { stdio: 'ignore' });
    const back = risingEdges(execFileSync('fst2vcd', ['-f', at(`${name}.fst`)], { encoding: 'utf8', maxBuffer: 2 ** 28 })); // prettier-ignore
    const same = back.length === expected.length && back.every((edge, k) => edge === expected[k]);
    check(`${name}, vcd2fst and back`, same, `${back.length} rising edges${same ? ', each at its tick' : ` for ${expected.length} spikes, first ${back.find((edge, k) => edge !== expected[k])}`}`); // prettier-ignore
    const sonata = read('sonata', at(`${name}.h5`), at(trace));
    check(`${name}, h5py reads SONATA`, sonata.worst <= 1e-12 && sonata.spikes === spikes.length && sonata.units === true, `${sonata.spikes} spikes, times within ${sonata.worst} ms`); // prettier-ignore
  }
  const aedat = read('aedat', at('run.aedat4'), at('run/trace.settle'), at('addr_map.csv'));
  check('run, AEDAT 4 and its map read byte by byte', aedat.same, `${aedat.spikes} events in ${aedat.packets} packets`);
  const aer = read('aer', at('run.csv'), at('run/trace.settle'), at('addr_map.csv'));
  check('run, address events and their map', aer.same, `${aer.spikes} events`);
  const weights = read('weights', at('run/checkpoint.settle'), at('run.npz'), at('run.safetensors'), at('memories'));
  check('run, NumPy reads npz', weights.npz, `${weights.arrays} arrays, bit for bit`);
  check('run, safetensors read by hand', weights.safetensors, `${weights.arrays} arrays, bit for bit`);
  check(
    'run, memories times their scales',
    weights.memories <= 0,
    `${weights.words} words, each the nearest to its weight`,
  );
  const nir = read('nir', at('graph.nir'));
  const about = JSON.parse(settle('inspect', at('graph.nir'), '--json'));
  // NIR's leaky neuron takes tau dv/dt = -v + r i: a weight that arrives as a pulse is in the graph as tau * weight.
  const known = nir.values.tau === 4 * 0.012 && nir.values.v_threshold === 4 * 0.75 && Math.abs(nir.values.weight - 12 * 0.25 * 0.012) < 1e-15 && nir.values.delay === 0.0015 * nir.counts.delay; // prettier-ignore
  check('h5py reads NIR', known && nir.nodes.join() === about.nodes.map(({ name, type }) => `${name}:${type}`).sort().join() && nir.edges === about.edges.length, `${nir.nodes.length} nodes, ${nir.edges} edges, sums ${JSON.stringify(nir.values)}`); // prettier-ignore
  const text = readFileSync(at('run.vcd'), 'utf8');
  check('run, every signal has a value at #0', (text.match(/^\$var /gm) ?? []).length === text.slice(text.indexOf('$dumpvars\n') + 10).split('$end')[0].trim().split('\n').length, `${(text.match(/^\$var /gm) ?? []).length} signals`); // prettier-ignore
} catch (error) {
  check('the whole', false, `${error.message}\n${String(error.stderr ?? '').split('\n').slice(-12).join('\n')}`); // prettier-ignore
} finally {
  rmSync(work, { recursive: true, force: true });
}
finish();
