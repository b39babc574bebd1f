// NIR graphs as network models on the exact event engine: times of spikes to the last digits, weights by hand.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { wasmEventEngine } from '../../src/engine/event/wasm.ts';
import { eventSimulation } from '../../src/engine/network/eventSimulation.ts';
import { wiringOf } from '../../src/engine/network/wiring.ts';
import { explain, SettleError } from '../../src/errors.ts';
import type { NetworkModel } from '../../src/model/network.ts';
import { loadNetwork } from '../../src/model/networkLoad.ts';
import type { HdfGroup } from '../../src/trace/hdf5.ts';
import { readNir } from '../../src/trace/nir.ts';
import { type NirModel, nirModel, type NirModelOptions } from '../../src/trace/nirModel.ts';
import { braille, brailleBias, brailleSubgraph, cnnSinabs, file, float64, graph, input, lifNorse, node, output, scalar, twoLifNeurons, whole } from './nirFixtures.ts'; // prettier-ignore

const modelOf = (root: HdfGroup, options: Partial<NirModelOptions> = {}): NirModel =>
  nirModel(readNir(root, 'a.nir'), { file: 'a.nir', name: 'a', timeUnit: 's', pulse: null, inputs: new Map(), duration: 0.1, ...options }); // prettier-ignore

/** Times in ms of what a population's units fire. */
async function run(model: NetworkModel, population: string, until = model.duration): Promise<number[]> {
  const simulation = eventSimulation(model, wiringOf(model, { wide: true }), { engine: wasmEventEngine });
  const { time, unit } = await simulation.advance(until);
  let first = 0;
  for (const { name, units } of model.populations) {
    if (name === population) return [...time].filter((_, k) => unit[k]! >= first && unit[k]! < first + units).map((t) => 1000 * t); // prettier-ignore
    first += units;
  }
  throw new Error(population);
}
const expected = (name: string): number[] =>
  (JSON.parse(readFileSync(new URL(`../cases/${name}.json`, import.meta.url), 'utf8')) as { expected: { spikes: [number, number][] } }).expected.spikes.map(([, time]) => time); // prettier-ignore
function expectClose(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  expect(Math.max(...found.map((time, k) => Math.abs(time - wanted[k]!)))).toBeLessThan(tolerance);
}
const weightsOf = (model: NetworkModel, name: string): number[][] => {
  const index = model.projections.findIndex((projection) => projection.name === name);
  const { rows, targets, weights, projection } = wiringOf(model, { wide: true })[index]!;
  const post = model.populations.find((population) => population.name === projection.to)!.units;
  return Array.from({ length: rows.length - 1 }, (_, unit) => {
    const row = Array.from({ length: post }, () => 0);
    for (let k = rows[unit]!; k < rows[unit + 1]!; k++) row[targets[k]!]! += weights[k]!;
    return row;
  });
};

/** Slots of the conformity experiment in which the current is 1 for 0.1 ms. */
const slots = [6, 22, 27, 31, 32, 35, 37, 40, 41, ...Array.from({ length: 11 }, (_, k) => 43 + k), ...Array.from({ length: 12 }, (_, k) => 67 + k), 84, 85]; // prettier-ignore
const pulses = slots.map((slot) => [0, slot / 1000, 1] as const);

describe('the LIF conformity experiment', () => {
  it('lif_norse with pulses of 0.1 ms fires at the four exact times', async () => {
    expect(pulses).toHaveLength(34);
    const { model } = modelOf(lifNorse(), { pulse: 1e-4, inputs: new Map([['input', pulses]]) });
    const exact = [46.08438593766117, 51.08975203835576, 71.09196107495266, 76.09089015324327];
    expectClose(await run(model, 'n1'), exact, 1e-11);
    expectClose(exact, expected('k2_nir_lif_conformity_float32'), 1e-13);
  });

  it('and so does the model file that comes with settle', async () => {
    const file = new URL('../../models/nir-lif.yaml', import.meta.url);
    const model = loadNetwork(readFileSync(file, 'utf8'), { file: 'nir-lif.yaml' });
    expectClose(await run(model, 'n'), expected('k2_nir_lif_conformity_float32'), 1e-11);
  });

  it('a Dirac of integral 1 is 10,000 times as strong: every spike of the input passes', async () => {
    const { model } = modelOf(lifNorse(), { inputs: new Map([['input', pulses]]) });
    expect(weightsOf(model, 'input->n1')).toEqual([[1 / Math.fround(0.0025)]]);
    expectClose(await run(model, 'n1'), slots, 1e-9);
  });
});

describe('two_lif_neurons', () => {
  it('the first fires every tau ln 6 by itself, the second never, and holds the sum of its jumps', async () => {
    const { model } = modelOf(twoLifNeurons(), { duration: 0.2 });
    expectClose(await run(model, 'lif1'), expected('l_two_lif_neurons'), 1e-11);
    const first = (await run(model, 'lif1', 0.03)).map((time) => time / 1000);
    expect(await run(model, 'lif2', 0.017)).toEqual([]);
    const simulation = eventSimulation(model, wiringOf(model, { wide: true }), { engine: wasmEventEngine });
    await simulation.advance(first[0]! - 1e-6);
    expect(await simulation.potential(2)).toBe(0);
    await simulation.advance(0.02);
    // R w / tau = 100 is above the threshold of 20: the Dirac makes it fire at once.
    expect(weightsOf(model, 'lif1->lif2')).toEqual([[100]]);
    expectClose(await run(model, 'lif2', 0.02), [1000 * first[0]!], 1e-12);
  });

  it('with spikes of 0.1 ms the second stays below threshold', async () => {
    const { model } = modelOf(twoLifNeurons(), { duration: 0.2, pulse: 1e-4 });
    expect(await run(model, 'lif2')).toEqual([]);
    const simulation = eventSimulation(model, wiringOf(model, { wide: true }), { engine: wasmEventEngine });
    await simulation.advance(0.03);
    expect(await simulation.potential(2)).toBeCloseTo(0.01 * Math.exp(-(0.03 - 0.01 * Math.log(6)) / 0.01), 12);
  });
});

describe('maps between neurons', () => {
  const fire = (...shape: number[]): HdfGroup =>
    node('IF', { r: float64(1, ...shape), v_threshold: float64(1, ...shape) });
  const through = (nodes: Readonly<Record<string, HdfGroup>>, from: readonly number[], to: readonly number[]): number[][] => {
    const names = Object.keys(nodes);
    const edges = [...names, 'out'].map((name, k) => [k === 0 ? 'in' : names[k - 1]!, name] as const);
    const { model } = modelOf(file(graph({ in: input(...from), ...nodes, out: fire(...to) }, edges)));
    return weightsOf(model, 'in->out');
  }; // prettier-ignore
  const values = (count: number): number[] => Array.from({ length: count }, (_, k) => ((7 * k) % 11) - 5);

  it('a convolution with stride, padding, dilation and groups is what its definition says', () => {
    const [groups, out, inEach, height, width] = [2, 4, 1, 2, 3];
    const [stride, padding, dilation] = [[2, 1], [1, 2], [1, 2]] as const; // prettier-ignore
    const kernel = values(out * inEach * height * width);
    const weight = through(
      { conv: node('Conv2d', { weight: float64(kernel, out, inEach, height, width), bias: float64(0, out), stride: whole(...stride), padding: whole(...padding), dilation: whole(...dilation), groups: scalar(groups) }) },
      [2, 5, 4], [4, 3, 4],
    ); // prettier-ignore
    // out[o, y, x] = sum over taps of kernel * in[channel, y * stride + tap * dilation - padding].
    const wanted = Array.from({ length: 40 }, () => Array.from({ length: 48 }, () => 0));
    for (let o = 0; o < 4; o++)
      for (let y = 0; y < 3; y++)
        for (let x = 0; x < 4; x++)
          for (let ky = 0; ky < height; ky++)
            for (let kx = 0; kx < width; kx++) {
              const [iy, ix] = [y * 2 + ky - 1, x + 2 * kx - 2];
              const channel = Math.floor(o / 2);
              if (iy >= 0 && iy < 5 && ix >= 0 && ix < 4) wanted[(channel * 5 + iy) * 4 + ix]![(o * 3 + y) * 4 + x]! += kernel[(o * height + ky) * width + kx]!; // prettier-ignore
            }
    expect(weight).toEqual(wanted);
  });

  it('pools, Flatten, Scale and Linear multiply', () => {
    const pool = (type: string): HdfGroup => node(type, { kernel_size: whole(2, 2), stride: whole(2, 2), padding: whole(0, 0) }); // prettier-ignore
    const rest = { flat: node('Flatten', { start_dim: scalar(0) }), scale: node('Scale', { scale: float64([1, 2], 2) }), dense: node('Linear', { weight: float64([1, 10, 100, 1000], 2, 2) }) }; // prettier-ignore
    const row = (k: number): number[] => (k % 4 < 2 ? [1, 100] : [20, 2000]);
    expect(through({ pool: pool('SumPool2d'), ...rest }, [1, 2, 4], [2])).toEqual(Array.from({ length: 8 }, (_, k) => row(k))); // prettier-ignore
    expect(through({ pool: pool('AvgPool2d'), ...rest }, [1, 2, 4], [2])[3]).toEqual([5, 500]);
  });

  it('edges into one node add up, a duplicate counts twice', () => {
    const two = node('Scale', { scale: float64(2, 3) });
    const { model } = modelOf(file(graph({ in: input(3), two, out: fire(3) }, [['in', 'two'], ['two', 'out'], ['two', 'out'], ['in', 'out']]))); // prettier-ignore
    expect(weightsOf(model, 'in->out')).toEqual([[5, 0, 0], [0, 5, 0], [0, 0, 5]]); // prettier-ignore
    expect(model.projections[0]!.connect.kind).toBe('one-to-one');
  });

  it('delays add along a path and differ between paths and units', () => {
    const delay = (...values: number[]): HdfGroup => node('Delay', { delay: float64(values, values.length) });
    const { model } = modelOf(
      file(graph({ in: input(2), a: delay(0.001, 0.002), b: delay(0.01, 0.01), w: node('Linear', { weight: float64(1, 2, 2) }), out: fire(2) }, [['in', 'a'], ['a', 'w'], ['w', 'b'], ['b', 'out'], ['in', 'out']])),
    ); // prettier-ignore
    const [wiring] = wiringOf(model, { wide: true });
    expect([...wiring!.targets]).toEqual([0, 0, 1, 0, 1, 1]);
    expect([...wiring!.delays].map((each) => Math.round(1e6 * each))).toEqual([0, 11000, 11000, 12000, 0, 12000]);
  });

  it('cnn_sinabs: as many pairs as its windows reach', () => {
    const { model } = modelOf(cnnSinabs());
    const sizes = Object.fromEntries(wiringOf(model).map(({ projection, targets }) => [projection.name, targets.length])); // prettier-ignore
    expect(sizes['n10->n12']).toBe(2560);
    // Every input of the last pool reaches all 256 units behind its Flatten.
    expect(sizes['n6->n10']).toBe(512 * 256);
    // 46 taps along a side of 16 with padding 1 (3 each, 2 at the borders), 22 along a side of 8 from the two pooled units each.
    expect(sizes['n1->n3']).toBe(16 * 16 * 46 * 46);
    expect(sizes['n3->n6']).toBe(16 * 8 * 4 * 22 * 22);
  });
});

describe('synapses and constants', () => {
  const cuba = { r: float64(2, 1), tau_mem: float64(0.01, 1), tau_syn: float64(0.005, 1), v_leak: float64(0.1, 1), v_threshold: float64(50, 1), w_in: float64(3, 1) }; // prettier-ignore
  const potentialAt = async (model: NetworkModel, unit: number, time: number): Promise<number> => {
    const simulation = eventSimulation(model, wiringOf(model, { wide: true }), { engine: wasmEventEngine });
    await simulation.advance(time);
    return simulation.potential(unit);
  };
  /** Runge-Kutta of tau_syn I' = -I + w_in S, tau_mem v' = v_leak - v + R I, from I = 0, v = 0. */
  function integrated(input: (time: number) => number, until: number, jump = 0): number {
    const steps = 20_000;
    const h = until / steps;
    let [I, v] = [jump, 0];
    const slope = (t: number, I: number, v: number): readonly [number, number] => [(-I + 3 * input(t)) / 0.005, (0.1 - v + 2 * I) / 0.01]; // prettier-ignore
    for (let k = 0; k < steps; k++) {
      // Pulses start and end between the stages, at whole steps.
      const [t0, t1] = [k * h + 1e-12, (k + 1) * h - 1e-12];
      const a = slope(t0, I, v);
      const b = slope((t0 + t1) / 2, I + (h / 2) * a[0], v + (h / 2) * a[1]);
      const c = slope((t0 + t1) / 2, I + (h / 2) * b[0], v + (h / 2) * b[1]);
      const d = slope(t1, I + h * c[0], v + h * c[1]);
      I += (h / 6) * (a[0] + 2 * b[0] + 2 * c[0] + d[0]);
      v += (h / 6) * (a[1] + 2 * b[1] + 2 * c[1] + d[1]);
    }
    return v;
  }
  const of = (weight: number, bias: number): HdfGroup =>
    file(graph({ in: input(1), w: node('Affine', { weight: float64(weight, 1, 1), bias: float64(bias, 1) }), n: node('CubaLIF', cuba) }, [['in', 'w'], ['w', 'n']])); // prettier-ignore

  it('CubaLIF: a spike makes I jump by w_in w / tau_syn', async () => {
    const { model } = modelOf(of(0.01, 0), { inputs: new Map([['in', [[0, 0, 1]]]]) });
    expect(await potentialAt(model, 1, 0.02)).toBeCloseTo(
      integrated(() => 0, 0.02, (3 * 0.01) / 0.005),
      9,
    );
  });

  it('CubaLIF: a bias goes through the synapse, from I = 0', async () => {
    const { model } = modelOf(of(0.01, 0.4));
    const unit = model.populations.slice(0, model.populations.findIndex(({ name }) => name === 'n')).reduce((sum, { units }) => sum + units, 0); // prettier-ignore
    for (const time of [0.003, 0.02]) expect(await potentialAt(model, unit, time)).toBeCloseTo(integrated(() => 0.4, time), 9); // prettier-ignore
  });

  it('CubaLIF: a value held goes through the synapse at both its ends', async () => {
    const { model } = modelOf(of(2, 0), { pulse: 0.004, inputs: new Map([['in', [[0, 0.002, 1]]]]) });
    const unit = model.populations.slice(0, model.populations.findIndex(({ name }) => name === 'n')).reduce((sum, { units }) => sum + units, 0); // prettier-ignore
    for (const time of [0.004, 0.02]) expect(await potentialAt(model, unit, time)).toBeCloseTo(integrated((t) => (t >= 0.002 && t < 0.006 ? 2 : 0), time), 8); // prettier-ignore
  });

  it('neurons that differ in threshold become populations, those that differ in leak do not', async () => {
    const lif = node('LIF', { r: float64([1, 2, 1, 1], 4), tau: float64(0.01, 4), v_leak: float64([1.2, 2.4, 1.2, 3], 4), v_threshold: float64([1, 1, 2, 1], 4) }); // prettier-ignore
    const { model, nodes } = modelOf(file(graph({ in: input(4), n: lif }, [['in', 'n']])));
    expect(nodes.get('n')).toEqual([{ population: 'n_0', units: Uint32Array.of(0, 1, 3) }, { population: 'n_1', units: Uint32Array.of(2) }]); // prettier-ignore
    expectClose((await run(model, 'n_0', 0.018)).slice(-1), [10 * Math.log(6)], 1e-9);
    expect(await run(model, 'n_1', 0.1)).toEqual([]);
    expect(weightsOf(model, 'in->n_0')).toEqual([[100, 0, 0], [0, 200, 0], [0, 0, 0], [0, 0, 100]]); // prettier-ignore
  });

  it('times in milliseconds: the same network, a second is 1000', async () => {
    const inMs = file(graph({ in: input(1), lif1: node('LIF', { r: float64(1, 1), tau: float64(10, 1), v_leak: float64(1.2, 1), v_threshold: float64(1, 1) }) }, [['in', 'lif1']])); // prettier-ignore
    const { model, notes } = modelOf(inMs, { timeUnit: 'ms', duration: 0.2 });
    expectClose(await run(model, 'lif1'), expected('l_two_lif_neurons'), 1e-11);
    expect(notes[0]).toContain('milliseconds');
  });

  it('a last LI is read, not fired', async () => {
    const li = node('LI', { r: float64(1, 1), tau: float64(0.01, 1), v_leak: float64(0.5, 1) });
    const { model } = modelOf(file(graph({ in: input(1), li, out: output(1) }, [['in', 'li'], ['li', 'out']])), { inputs: new Map([['in', [[0, 0.001, 1], [0, 0.002, 1]]]]) }); // prettier-ignore
    expect(await run(model, 'li')).toEqual([]);
    expect(await potentialAt(model, 1, 0.01)).toBeCloseTo(0.5 + 100 * (Math.exp(-0.9) + Math.exp(-0.8)), 9);
  });

  it('an IF on its threshold does not fire, above it does', async () => {
    const fires = async (weight: number): Promise<number> => {
      const root = file(graph({ in: input(1), w: node('Linear', { weight: float64(weight, 1, 1) }), n: node('IF', { r: float64(1, 1), v_threshold: float64(1, 1) }) }, [['in', 'w'], ['w', 'n']])); // prettier-ignore
      return (await run(modelOf(root, { inputs: new Map([['in', [[0, 0.01, 1]]]]) }).model, 'n')).length;
    };
    expect([await fires(1), await fires(1.0000001)]).toEqual([0, 1]);
  });
});

describe('braille', () => {
  it('runs as a recurrent network, nested or flat to the same spikes', async () => {
    const spikes = Array.from({ length: 200 }, (_, k) => [k % 12, 0.0005 * k, 1] as const);
    const options = { pulse: 1e-4, inputs: new Map([['input', spikes]]) };
    const [flat, nested] = [
      modelOf(braille(brailleBias), options),
      modelOf(brailleSubgraph(brailleBias, 'lif'), options),
    ];
    const found = await run(flat.model, 'lif1_lif');
    expect(found.length).toBeGreaterThan(50);
    expect(await run(nested.model, 'lif1_lif')).toEqual(found);
    expect(flat.model.projections.map(({ name }) => name)).toContain('lif1_lif->lif1_lif');
  });
});

describe('what cannot be simulated is refused by name', () => {
  const lif = node('LIF', {
    r: float64(1, 2),
    tau: float64(0.01, 2),
    v_leak: float64(0, 2),
    v_threshold: float64(1, 2),
  });
  const li = node('LI', { r: float64(1, 2), tau: float64(0.01, 2), v_leak: float64(0, 2) });
  const scale = node('Scale', { scale: float64(1, 2) });
  const cases: readonly (readonly [what: string, nodes: Readonly<Record<string, HdfGroup>>, edges: string, says: string])[] = [
    ['a hidden LI', { a: input(2), li, lif }, 'a li, li lif', 'node/nodes/li: LI sends a potential, not spikes: found li -> lif'],
    ['a linear map into an Output', { a: input(2), lif, scale, out: output(2) }, 'a lif, lif scale, scale out', 'node/nodes/scale: Scale into an Output is no spike train'],
    ['a Threshold', { a: input(2), t: node('Threshold', { threshold: float64(1, 2) }), lif }, 'a t, t lif', 'node/nodes/t: a Threshold by itself'],
    ['a cycle of maps', { a: input(2), s1: scale, s2: scale, lif }, 'a s1, s1 s2, s2 s1, s2 lif', 'a cycle without a neuron in it: found'],
    ['a reset above threshold', { a: input(2), lif: node('IF', { r: float64(1, 2), v_threshold: float64(1, 2), v_reset: float64([0, 1], 2) }) }, 'a lif', 'node/nodes/lif/v_reset[1]: the reset does not take'],
    ['no neurons', { a: input(2), out: output(2) }, 'a out', 'node/nodes: no neurons'],
  ]; // prettier-ignore
  it.each(cases)('%s', (_, nodes, edges, says) => {
    let text = '';
    try {
      modelOf(file(graph(nodes, edges.split(', ').map((pair) => pair.split(' ') as [string, string])))); // prettier-ignore
    } catch (error) {
      if (!(error instanceof SettleError)) throw error;
      text = explain(error);
    }
    expect(text).toContain(says);
  });

  it('spikes into a node that is no Input, of a unit that is not there, of another strength', () => {
    const of = (name: string, unit: number, value: number) => () => modelOf(lifNorse(), { inputs: new Map([[name, [[unit, 0, value]]]]) }); // prettier-ignore
    expect(of('1', 0, 1)).toThrow(/Input that is not there/);
    expect(of('input', 1, 1)).toThrow(/unit that is not there/);
    expect(of('input', 0, 2)).toThrow(/strength other than 1/);
  });
});
