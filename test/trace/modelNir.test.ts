// A model through a NIR file and back is the same network; what NIR cannot say is refused with its place.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { wasmEventEngine } from '../../src/engine/event/wasm.ts';
import { eventSimulation } from '../../src/engine/network/eventSimulation.ts';
import { wiringOf } from '../../src/engine/network/wiring.ts';
import { explain, SettleError } from '../../src/errors.ts';
import type { NetworkModel } from '../../src/model/network.ts';
import { readNetwork } from '../../src/model/read.node.ts';
import { loadNetwork } from '../../src/model/networkLoad.ts';
import { openNir, spikesOf, writeNir } from '../../src/run/nir.node.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-modelnir-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const load = (populations: string, projections: string): NetworkModel =>
  loadNetwork(`settle: 1\nname: t\npopulations:\n${populations}\nprojections:\n${projections}\nsimulation: { duration: 300 ms }\nengine: event\n`, { file: 't.yaml' }); // prettier-ignore

async function spikesIn(model: NetworkModel): Promise<Record<string, [number, number][]>> {
  const simulation = eventSimulation(model, wiringOf(model, { wide: true }), { engine: wasmEventEngine });
  const { time, unit } = await simulation.advance(0.3);
  let first = 0;
  return Object.fromEntries(model.populations.map(({ name, units }) => {
    const own = [...unit.keys()].filter((k) => unit[k]! >= first && unit[k]! < first + units).map((k): [number, number] => [unit[k]! - first, time[k]!]);
    first += units;
    return [name, own];
  }));
} // prettier-ignore

const spikes = `spikes: [${Array.from({ length: 60 }, (_, k) => `[${k % 3}, ${(4.7 * k + 0.13 * (k % 3)).toFixed(2)} ms]`).join(', ')}]`;
const models: Readonly<Record<string, readonly [populations: string, projections: string]>> = {
  'delta synapses into leaky and perfect neurons, with a delay and biases': [
    `  x: { units: 3, kind: spikes, ${spikes} }
  a: { units: 4, kind: lif, membraneTimeConstant: 12 ms, threshold: 0.8, strict: true, bias: [0.1, 0.5, 0.9, -0.2] }
  b: { units: 2, kind: integrate-and-fire, threshold: 1.3, strict: true, bias: [3, 0] }`,
    `  x->a: { connect: all-to-all, weight: { distribution: uniform, low: 0, high: 0.7 }, delay: 1.5 ms }
  a->b: { connect: { kind: fixed-probability, probability: 0.7 }, weight: 0.31 }
  a->a: { connect: all-to-all, autapses: false, weight: -0.05, delay: 0.7 ms }`,
  ],
  'exponential synapses of one time constant': [
    `  x: { units: 3, kind: spikes, ${spikes} }
  a: { units: 5, kind: lif, membraneTimeConstant: 20 ms, rest: 0.1, threshold: 1, strict: true, reset: { to: -0.2 }, initial: -0.2, bias: 0.4 }`,
    `  x->a: { connect: all-to-all, weight: { distribution: uniform, low: 0, high: 4 }, synapse: { timeConstant: 5 ms } }
  a->a: { connect: all-to-all, weight: -0.3, synapse: { timeConstant: 5 ms }, delay: 2 ms }`,
  ],
};

describe('a model through a NIR file and back', () => {
  it.each(Object.entries(models))('%s', async (_, [populations, projections]) => {
    const model = load(populations, projections);
    const path = join(folder, 'a.nir');
    expect(await writeNir(model, 't.yaml', path)).toEqual(['the spikes of sources are not in the graph; NIRData holds them']); // prettier-ignore
    const back = await openNir(path);
    const found: NetworkModel = {
      ...back.model,
      populations: back.model.populations.map((each) => (each.kind === 'spikes' && each.name === 'x' ? model.populations[0]! : each)),
    }; // prettier-ignore
    const [before, after] = [await spikesIn(model), await spikesIn(found)];
    for (const [name, wanted] of Object.entries(before)) {
      expect(wanted.length, name).toBeGreaterThan(10);
      expect(after[name]!.map(([unit]) => unit)).toEqual(wanted.map(([unit]) => unit));
      expect(Math.max(...wanted.map(([, time], k) => Math.abs(time - after[name]![k]![1])))).toBeLessThan(1e-13);
    }
    // And once more: the second file is the first.
    const again = join(folder, 'b.nir');
    await writeNir(back.model, path, again);
    const { populations: same, projections: connections } = (await openNir(again)).model;
    expect(same).toEqual(back.model.populations);
    expect(connections.map(({ name }) => name).sort()).toEqual(back.model.projections.map(({ name }) => name).sort());
  });

  it('units that never fire are LI', async () => {
    const model = load(`  x: { units: 1, kind: spikes, spikes: [[0, 1 ms]] }\n  v: { units: 2, kind: lif, threshold: none, bias: [0, 0.25] }`, '  x->v: { connect: all-to-all, weight: 0.5 }'); // prettier-ignore
    const path = join(folder, 'li.nir');
    await writeNir(model, 't.yaml', path);
    const { model: back } = await openNir(path);
    expect(back.populations.find(({ name }) => name === 'v')).toMatchObject({ threshold: Infinity, kind: 'lif', bias: { kind: 'list', values: Float64Array.of(0, 0.25) } }); // prettier-ignore
  });
});

describe('what NIR cannot say', () => {
  const lif = (more: string): string => `  a: { units: 2, kind: lif, ${more} }`;
  const self = '  a->a: { connect: all-to-all, weight: 1 }';
  const cases: readonly (readonly [populations: string, projections: string, says: string])[] = [
    [lif('refractory: { duration: 2 ms }'), self, 'populations.a.refractory: NIR cannot say this: a refractory time: found 0.002 s'],
    [lif('reset: { by: 1 }'), self, 'populations.a.reset: NIR cannot say this: reset by subtraction'],
    [lif('floor: -1'), self, 'populations.a.floor'],
    [lif('cap: 3'), self, 'populations.a.cap'],
    [lif('current: [[0, 1 ms, 2]]'), self, 'populations.a.current'],
    [lif('drive: { rate: 10 Hz, weight: 1 }'), self, 'populations.a.drive'],
    [`${lif('rest: 0')}\n  p: { units: 1, kind: poisson, rate: 3 Hz }`, self, 'populations.p.kind: NIR cannot say this: sources that make their own spikes: found poisson'],
    [lif('rest: 0'), '  a->a: { connect: all-to-all, weight: 1, synapse: { kind: alpha, timeConstant: 2 ms } }', 'alpha synapses'],
    [lif('rest: 0'), `${self}\n  "a->a#2": { connect: all-to-all, weight: 1, synapse: { timeConstant: 2 ms } }`, 'several synaptic time constants of one population: found delta, 0.002 s'],
    [lif('rest: 0'), '  a->a: { connect: all-to-all, weight: 1, delay: { distribution: uniform, low: 1 ms, high: 2 ms } }', 'projections.a->a.delay'],
    ['  a: { units: 5000, kind: lif }', '  a->a: { connect: one-to-one, weight: 1 }', 'projections.a->a: NIR cannot say this: its matrices are dense: found 5000 x 5000 weights'],
    ['  a: { units: 1, kind: integrate-and-fire, bias: 1 }\n  b: { units: 1, kind: lif }', '  a->b: { connect: all-to-all, weight: 1 }', 'populations.a.bias'],
  ]; // prettier-ignore
  it.each(cases)('%s %s', async (populations, projections, says) => {
    let text = '';
    try {
      await writeNir(load(populations, projections), 't.yaml', join(folder, 'c.nir'));
    } catch (error) {
      if (!(error instanceof SettleError)) throw error;
      text = explain(error);
    }
    expect(text).toContain(says);
  });

  it('neurons stated as equations', async () => {
    const { model, file } = readNetwork('adex')!;
    await expect(writeNir(model, file, join(folder, 'e.nir'))).rejects.toThrow(/neurons stated as equations/);
  });

  it('where readers start and fire is told', async () => {
    const notes = await writeNir(load('  a: { units: 2, kind: lif, initial: 0.5 }', self), 't.yaml', join(folder, 'd.nir')); // prettier-ignore
    expect(notes.join('\n')).toMatch(/populations.a.initial: not in the file/);
    expect(notes.join('\n')).toMatch(/fires above the threshold/);
    expect(notes.join('\n')).toMatch(/an Input in front of a/);
  });
});

describe('the spikes of a run as NIRData', () => {
  const data = (values: readonly number[]) => ({ dtype: 'f64' as const, shape: [values.length], data: Float64Array.from(values) }); // prettier-ignore
  const frame = (t1: number, times: readonly number[], units: readonly number[]) => ({
    kind: 'spikes' as const, run: 'r', epoch: 0, example: 0, phase: 'run', t0: 0, t1,
    columns: { 'a_0.spikes.time': data(times), 'a_0.spikes.unit': data(units), 'a_1.spikes.time': data([0.02]), 'a_1.spikes.unit': data([0]) },
  }); // prettier-ignore

  it('are by population, or by node where a node fell into several', () => {
    const frames = [frame(0.05, [0.01], [1])];
    const sizes = { a_0: 2, a_1: 1 };
    expect(spikesOf(frames, sizes).get('a_0')!.get('spikes')).toMatchObject({ units: 2, duration: 0.05, samples: [{ time: Float64Array.of(0.01), unit: Uint32Array.of(1) }] }); // prettier-ignore
    const nodes = new Map([['a', [{ population: 'a_0', units: Uint32Array.of(0, 2) }, { population: 'a_1', units: Uint32Array.of(1) }]]]); // prettier-ignore
    expect(spikesOf(frames, sizes, { nodes }).get('a')!.get('spikes')).toMatchObject({ units: 3, samples: [{ time: Float64Array.of(0.01, 0.02), unit: Uint32Array.of(2, 1) }] }); // prettier-ignore
  });
});
