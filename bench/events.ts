// Networks without learning: CUBA of Brette et al. 2007 (J. Comput. Neurosci. 23:349; values as in Brian2's example) on both engines beside Brian2's
// stepped run, and delivery alone. One core; precision in every row. It tests nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { EventEngine } from '../src/engine/event/engine.ts';
import type { Connections, EventNetwork, NeuronGroup } from '../src/engine/event/network.ts';
import { threadedEventEngine } from '../src/engine/event/threads.node.ts';
import { wasmEventEngine } from '../src/engine/event/wasm.ts';
import type { Backend } from '../src/backends/backend.ts';
import { reference } from '../src/backends/reference.ts';
import { wasm } from '../src/backends/wasm/backend.node.ts';
import { clockedSimulation } from '../src/engine/network/clockedSimulation.ts';
import { eventSimulation } from '../src/engine/network/eventSimulation.ts';
import type { Simulation, Spikes } from '../src/engine/network/simulation.ts';
import { type Wiring, wiringOf } from '../src/engine/network/wiring.ts';
import { hash32, uniform24 } from '../src/math/random.ts';
import { trainStatistics } from '../src/math/spikeTrains.ts';
import type { NetworkModel } from '../src/model/network.ts';
import { readNetwork } from '../src/model/read.node.ts';
import { markdownText } from '../src/report/table.ts';
import { whole } from './setup.ts';

const python = '/usr/bin/python3';
const none = { time: new Float64Array(0), neuron: new Uint32Array(0) };
/** mV and ms; the constant drive rests above threshold. */
const leaky = (count: number): NeuronGroup => ({
  count, membraneTimeConstant: 20, rest: -49, resistance: 1, threshold: -50, strict: false, reset: -60, resetBy: 'value',
  refractory: { duration: 5, membrane: 'clamp', arrivals: 'lose' }, floor: -Infinity, cap: Infinity,
}); // prettier-ignore

function network(types: EventNetwork['types'], connections: Connections, initial: Float64Array, bias: Float64Array): EventNetwork {
  const neurons = initial.length;
  const inputs = { ...none, type: new Uint8Array(0), weight: new Float64Array(0) };
  return { neurons, groups: [leaky(neurons)], types, connections, initial, bias, inputs, steps: { ...none, value: new Float64Array(0) } };
} // prettier-ignore

/** models/cuba.yaml at another size, about 80 inputs a neuron. */
function cuba(root: string, neurons: number, set: readonly string[]): NetworkModel {
  const probability = ['e->e', 'e->i', 'i->e', 'i->i'].map((name) => `projections.${name}.connect.probability=${80 / neurons}`);
  return readNetwork(join(root, 'models', 'cuba.yaml'), { set: [`populations.e.units=${0.8 * neurons}`, `populations.i.units=${0.2 * neurons}`, ...probability, ...set] })!.model;
} // prettier-ignore

/** A fiftieth of the neurons fires on and on; weights too small to matter reach 1,000 others each. */
function fan(neurons: number, classes: number): EventNetwork {
  const fanOut = 1000;
  const segments = neurons * classes;
  return network(
    [{ kind: 'exponential', timeConstant: 5, amplitude: 'peak' }],
    {
      segmentOf: Uint32Array.from({ length: neurons + 1 }, (_, n) => n * classes),
      synapseOf: Uint32Array.from({ length: segments + 1 }, (_, s) => (s * fanOut) / classes),
      delay: Float64Array.from({ length: segments }, (_, s) => 1 + 0.1 * (s % classes)),
      type: new Uint8Array(segments),
      post: Uint32Array.from({ length: neurons * fanOut }, (_, k) => hash32(1, 3, k, 0, 0) % neurons),
      weight: Float32Array.from({ length: neurons * fanOut }, (_, k) => (k % 2 === 0 ? 1e-6 : -1e-6)),
    },
    new Float64Array(neurons).fill(-60),
    Float64Array.from({ length: neurons }, (_, n) => (n % 50 === 0 ? 20 : -10)),
  );
} // prettier-ignore

/** As CUBA, with 1,000 inputs each, weights smaller by the root of that, a stronger drive, and a delay. */
function balanced(neurons: number, delay: number): EventNetwork {
  const fanOut = 1000;
  const excitatory = 0.8 * neurons;
  return network(
    [{ kind: 'exponential', timeConstant: 5, amplitude: 'peak' }, { kind: 'exponential', timeConstant: 10, amplitude: 'peak' }],
    {
      segmentOf: Uint32Array.from({ length: neurons + 1 }, (_, n) => n),
      synapseOf: Uint32Array.from({ length: neurons + 1 }, (_, n) => n * fanOut),
      delay: new Float64Array(neurons).fill(delay),
      type: new Uint8Array(neurons).fill(1, excitatory),
      post: Uint32Array.from({ length: neurons * fanOut }, (_, k) => hash32(1, 4, k, 0, 0) % neurons),
      weight: new Float32Array(neurons * fanOut).fill(-2.55).fill(0.46, 0, excitatory * fanOut),
    },
    Float64Array.from({ length: neurons }, (_, n) => -60 + 10 * uniform24(1, 5, n, 0, 0)),
    new Float64Array(neurons).fill(9),
  );
} // prettier-ignore

function timed(engine: EventEngine, until: number): { seconds: number; spikes: number } {
  const begun = performance.now();
  const { time } = engine.advance(until);
  return { seconds: (performance.now() - begun) / 1000, spikes: time.length };
}

const duration = 10;
const rounds = 3;

interface CubaRow {
  readonly label: string;
  readonly precision: string;
  run(round: number): Promise<{ seconds: number; spikes: number }>;
}

function brian(root: string, neurons: number): CubaRow {
  return {
    label: `Brian2, C++, 0.1 ms steps, ${whole(neurons)} neurons`,
    precision: 'float64',
    async run(round) {
      const out = execFileSync(python, ['-W', 'ignore', join(root, 'bench', 'peer_brian.py'), String(neurons), String(round + 1)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }); // prettier-ignore
      const [seconds, spikes] = out.trim().split('\n').at(-1)!.split(' ').map(Number) as [number, number];
      return { seconds, spikes };
    },
  };
}

/** Of the run alone; `share` of the 10 s, for what is too slow to be waited for. */
async function simulated(model: NetworkModel, open: (wirings: Wiring[]) => Promise<Simulation>, share = 1): Promise<{ seconds: number; spikes: number; simulation: Simulation; parts: Spikes[] }> {
  const simulation = await open(wiringOf(model, { wide: model.weights === 'float64' }));
  const parts: Spikes[] = [];
  const begun = performance.now();
  for (let k = 1; k <= 20; k++) parts.push(await simulation.advance(Number(((k * share * duration) / 20).toPrecision(6))));
  const seconds = (performance.now() - begun) / 1000 / share;
  const { spikes } = simulation.counts;
  await simulation.close();
  return { seconds, spikes: Math.round(spikes / share), simulation, parts };
} // prettier-ignore

/** Of a shorter run, since it takes so long. */
function neuron(root: string): CubaRow {
  const seconds = 2;
  return {
    label: `NEURON, event-driven (cells of ours, bench/cuba_cell.mod), 4,000 neurons (${seconds} s, times ${duration / seconds})`,
    precision: 'float64',
    async run(round) {
      const out = execFileSync(python, ['-W', 'ignore', join(root, 'bench', 'peer_neuron.py'), '4000', String(round + 1), String(seconds)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }); // prettier-ignore
      const [taken, spikes] = out.trim().split('\n').at(-1)!.split(' ').map(Number) as [number, number];
      return { seconds: (taken * duration) / seconds, spikes: Math.round((spikes * duration) / seconds) };
    },
  };
}

export async function cubaBench(root: string): Promise<string> {
  const exact = (neurons: number, weights: string): CubaRow => ({
    label: `settle, exact, wasm, ${whole(neurons)} neurons`,
    precision: weights === 'float64' ? 'float64' : 'float64, weights float32',
    run: (round) => {
      const model = cuba(root, neurons, [`seed=${round + 1}`, `simulation.weights=${weights}`]);
      return simulated(model, async (wirings) => eventSimulation(model, wirings, { engine: wasmEventEngine }));
    },
  });
  const clocked = (neurons: number, backend: Backend, share: number): CubaRow => ({
    label: `settle, clocked, ${backend.name}, 0.1 ms steps, ${whole(neurons)} neurons${share < 1 ? ` (${duration * share} s, times ${1 / share})` : ''}`,
    precision: backend.name === 'reference' ? 'float64' : 'float32',
    run: (round) => {
      const model = cuba(root, neurons, [`seed=${round + 1}`, 'engine=clocked']);
      return simulated(model, (wirings) => clockedSimulation(model, wirings, { backend }), share);
    },
  });
  const there = spawnSync(python, ['-c', 'import brian2'], { stdio: 'ignore' }).status === 0;
  const rows: string[][] = [];
  for (const neurons of [4000, 40_000]) {
    const contenders = [clocked(neurons, wasm(), 1), exact(neurons, 'float32'), exact(neurons, 'float64'), ...(there ? [brian(root, neurons)] : [])];
    const results = contenders.map((): { seconds: number; spikes: number }[] => []);
    for (let round = 0; round < rounds; round++)
      for (const [k, contender] of contenders.entries()) results[k]!.push(await contender.run(round));
    if (neurons === 4000) {
      if (spawnSync(python, ['-c', 'import neuron'], { stdio: 'ignore' }).status === 0) {
        const peer = neuron(root);
        contenders.push(peer);
        results.push([await peer.run(0), await peer.run(1)]);
      }
      const slow = clocked(neurons, reference, 0.005);
      contenders.push(slow);
      results.push([await slow.run(0)]);
    }
    const peer = there ? Math.min(...results[3]!.map(({ seconds }) => seconds)) : NaN;
    contenders.forEach(({ label, precision }, k) => {
      const best = Math.min(...results[k]!.map(({ seconds }) => seconds));
      rows.push([label, precision, best.toFixed(2), there ? (best / peer).toFixed(2) : '-', results[k]!.map(({ seconds }) => seconds.toFixed(2)).join(', '), results[k]!.map(({ spikes }) => whole(spikes)).join(', ')]);
    });
  }
  const table = markdownText({ columns: ['what', 'precision', 'seconds, best', 'of Brian2', 'each', 'spikes of each'], rows });
  const missing = there ? '' : '\nBrian2 is not installed, so it was not measured (bench/install-peers.sh: python3-brian).';
  return `\n## CUBA, 10 s of biological time\n\nOne thread, no delay, time of the run alone.\n\n${table}${missing}\n${await cubaFigures(root)}`;
} // prettier-ignore

/** Rate, CV and population Fano factor over ten networks, both engines. */
async function cubaFigures(root: string): Promise<string> {
  const rows: string[][] = [];
  for (const engine of ['event', 'clocked'] as const) {
    const figures: { spikes: number; rate: number; cv: number; fano: number }[] = [];
    for (let seed = 101; seed <= 110; seed++) {
      const model = cuba(root, 4000, [`seed=${seed}`, `engine=${engine}`]);
      const { spikes, parts } = await simulated(model, async (wirings) =>
        engine === 'event' ? eventSimulation(model, wirings, { engine: wasmEventEngine }) : clockedSimulation(model, wirings, { backend: wasm() }));
      // As the sheet takes them: CV of units with at least six spikes, the population's count in 5 ms.
      const statistics = trainStatistics({ groups: [{ name: 'all', units: 4000 }], from: 0.5, until: 10, window: 0.1, bin: 0.005, sample: 1, courseBins: 1 });
      for (const { time, unit } of parts) statistics.add(time, unit);
      const [all] = statistics.figures(10);
      figures.push({ spikes, rate: all!.rate, cv: all!.cv!, fano: all!.populationFano! });
    }
    const mean = (of: (figure: (typeof figures)[number]) => number): number => figures.reduce((sum, figure) => sum + of(figure), 0) / figures.length;
    rows.push([engine, whole(mean(({ spikes }) => spikes)), mean(({ rate }) => rate).toFixed(2), mean(({ cv }) => cv).toFixed(3), mean(({ fano }) => fano).toFixed(1)]);
  }
  return `\nMeans of ten networks (seeds 101 to 110, the first 0.5 s left out of all but spikes):\n\n${markdownText({ columns: ['engine', 'spikes in 10 s', 'rate, Hz', 'CV of intervals', 'Fano of population, 5 ms'], rows })}`;
} // prettier-ignore

export async function deliveryBench(): Promise<string> {
  const rows: string[][] = [];
  for (const [neurons, classes] of [[1000, 1], [10_000, 1], [10_000, 10], [100_000, 1]] as const) {
    const engine = wasmEventEngine(fan(neurons, classes));
    engine.advance(50);
    let best = 0;
    for (let round = 0; round < 5; round++) {
      const before = engine.counts.arrivals;
      const { seconds } = timed(engine, engine.time + (neurons > 10_000 ? 200 : 1000));
      best = Math.max(best, (engine.counts.arrivals - before) / seconds / 1e6);
    }
    rows.push([whole(neurons * 1000), whole(neurons), String(classes), whole(best), (8 + (13 * classes) / 1000).toFixed(2)]);
  } // prettier-ignore
  return `\n## Delivery alone\n\nFan-out 1,000, exponential synapses, float32 weights, one thread, best of 5.\n\n${markdownText({ columns: ['synapses', 'neurons', 'delays', 'M synaptic events/s', 'bytes a synapse'], rows })}`;
}

export async function threadsBench(): Promise<string> {
  const made = balanced(10_000, 1.5);
  const engines = [wasmEventEngine(made), threadedEventEngine(made, 2)] as const;
  const seconds: [number[], number[]] = [[], []];
  const [turns, length] = [20, 250];
  let [spikes, arrivals] = [0, 0];
  // The first warms up.
  for (let turn = 0; turn <= turns; turn++) {
    const before = engines[0].counts.arrivals;
    const results = engines.map((engine) => timed(engine, engine.time + length));
    if (turn === 0) continue;
    arrivals += (engines[0].counts.arrivals - before) / turns;
    spikes += results[0]!.spikes / turns;
    results.forEach((result, k) => seconds[k]!.push(result.seconds));
  }
  const [one, two] = engines.map((engine) => engine.state());
  const same = one!.gap.every((gap, n) => gap === two!.gap[n]) && engines[0].counts.spikes === engines[1].counts.spikes;
  engines[1].close();
  // All turns are of nearly the same work, and each pair of exactly the same.
  const ratios = seconds[0].map((value, k) => value / seconds[1][k]!).sort((a, b) => a - b);
  const best = seconds.map((each) => Math.min(...each));
  const rows = best.map((value, k) => [String(k + 1), value.toFixed(3), whole(arrivals / value / 1e6), (best[0]! / value).toFixed(2), k === 0 ? '' : ratios[turns / 2]!.toFixed(2)]);
  return `\n## Event engine on threads\n\n10,000 neurons, 10,000,000 synapses of weights in balance, float32, delay 1.5 ms; best of ${turns} turns of ${length} ms of biological time with about ${whole(spikes)} spikes each, one thread and two by turns. Both gave ${same ? 'the same' : 'OTHER'} bits.\n\n${markdownText({ columns: ['threads', 'seconds, best', 'M synaptic events/s', 'times one thread, best', 'median of pairs'], rows })}`;
} // prettier-ignore
