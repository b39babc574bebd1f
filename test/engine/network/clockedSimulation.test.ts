// Networks on the clocked engine: exact below threshold, on the grid above it, the same bits however a run is cut, and the
// event engine's spikes as the step goes to 0.
import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/backends/reference.ts';
import { wasm } from '../../../src/backends/wasm/backend.node.ts';
import { referenceEventEngine } from '../../../src/engine/event/reference.ts';
import { clockedSimulation } from '../../../src/engine/network/clockedSimulation.ts';
import { eventSimulation } from '../../../src/engine/network/eventSimulation.ts';
import type { Spikes } from '../../../src/engine/network/simulation.ts';
import { wiringOf } from '../../../src/engine/network/wiring.ts';
import { loadNetwork } from '../../../src/model/networkLoad.ts';

const backends = [['reference', reference], ['wasm', wasm()]] as const; // prettier-ignore
const model = (body: string, set: string[] = []) => loadNetwork(`settle: 1\nname: t\n${body}`, { file: 't.yaml', set });
const open = (text: string, backend = reference, set: string[] = [], from?: ReadonlyMap<string, Float64Array>) => {
  const network = model(text, set);
  return clockedSimulation(network, wiringOf(network, { wide: true }), { backend, from });
};

const alone = (keys: string, more = '', duration = '200 ms') =>
  `populations:\n  a: { units: 1, kind: lif, membraneTimeConstant: 20 ms, threshold: 1, ${keys} }\n${more}\nsimulation: { duration: ${duration} }`;

describe.each(backends)('a neuron on the clocked engine, %s', (name, backend) => {
  const digits = name === 'wasm' ? 5 : 10;

  it('fires under a constant current at the times of the closed form, rounded up to the grid', async () => {
    const simulation = await open(alone('bias: 1.3, refractory: { duration: 2 ms }', 'projections: {}'), backend);
    const { time } = await simulation.advance(0.2);
    const rise = Math.ceil((20 * Math.log(1.3 / 0.3)) / 0.1 - 1e-9);
    const expected = Array.from({ length: 6 }, (_, k) => rise * (k + 1) + 20 * k).filter((n) => n <= 2000);
    expect([...time].map((t) => Math.round(t * 1e4))).toEqual(expected);
  });

  // One arrival of each kind at 1 ms into a membrane at rest; the potential 7 ms after it, from the closed forms.
  const peaks = { exponential: (t: number, tau: number, m: number) => (tau === m ? (t / m) * Math.exp(-t / m) : (tau / (tau - m)) * (Math.exp(-t / tau) - Math.exp(-t / m))), delta: (t: number, _: number, m: number) => Math.exp(-t / m), alpha: (t: number, tau: number, m: number) => Math.E / tau / m * (tau === m ? (t * t) / 2 * Math.exp(-t / m) : (() => { const d = 1 / m - 1 / tau; return Math.exp(-t / tau) * (t / d - 1 / (d * d)) + Math.exp(-t / m) / (d * d); })()) }; // prettier-ignore
  it.each([['delta', 0], ['exponential', 5], ['exponential', 20], ['exponential', 20.0001], ['alpha', 3], ['alpha', 20], ['alpha', 20.5]] as const)(
    'answers a %s synapse (time constant %s ms) as the closed form does',
    async (kind, tau) => {
      const synapse = kind === 'delta' ? '{ kind: delta }' : `{ kind: ${kind}, timeConstant: ${tau} ms }`;
      for (const delay of ['0 ms', '1.5 ms']) {
        const text = alone('rest: 0', `  s: { units: 1, kind: spikes, spikes: [[0, 1 ms]] }\nprojections:\n  s->a: { connect: one-to-one, weight: 0.5, delay: ${delay}, synapse: ${synapse} }`); // prettier-ignore
        const simulation = await open(text, backend);
        await simulation.advance(0.01);
        // A spike in step 10 acts from step 11 on: 8.9 ms before 10 ms.
        const t = 8.9 - Number(delay.split(' ')[0]);
        expect(await simulation.potential(0)).toBeCloseTo(0.5 * peaks[kind](t, tau, 20), digits);
      }
    },
  ); // prettier-ignore

  it('is held while refractory; jumps meanwhile are lost, or kept and decayed', async () => {
    for (const arrivals of ['lose', 'keep']) {
      const text = alone(`refractory: { duration: 5 ms, arrivals: ${arrivals} }`, '  s: { units: 1, kind: spikes, spikes: [[0, 1 ms], [0, 3 ms]] }\nprojections:\n  s->a: { connect: one-to-one, weight: [1.1] }'); // prettier-ignore
      const simulation = await open(text, backend);
      const { time, unit } = await simulation.advance(0.0062);
      expect([...time].filter((_, k) => unit[k] === 0).map((t) => Number(t.toFixed(7)))).toEqual([0.0012]);
      expect(await simulation.potential(0)).toBe(0);
      await simulation.advance(0.0072);
      // The jump acts from 3.1 ms on: at 7.2 ms 4.1 ms of decay.
      expect(await simulation.potential(0)).toBeCloseTo(arrivals === 'lose' ? 0 : 1.1 * Math.exp(-4.1 / 20), digits);
    }
  });

  it('keeps to its floor and its cap, and takes what a reset subtracts', async () => {
    const low = await open(alone('bias: -3, floor: -0.4', 'projections: {}'), backend);
    await low.advance(0.1);
    expect(await low.potential(0)).toBeCloseTo(-0.4, digits);
    const high = await open(alone('bias: 3, cap: 0.8', 'projections: {}'), backend);
    expect((await high.advance(0.1)).time).toHaveLength(0);
    expect(await high.potential(0)).toBeCloseTo(0.8, digits);
    const by = await open(alone('bias: 1.5, reset: { by: 0.25 }', 'projections: {}'), backend);
    const [first] = (await by.advance(0.0225)).time;
    const before = 1.5 * (1 - Math.exp(-first! / 0.02));
    const since = 0.0225 - first!;
    if (since < 0.002) expect(await by.potential(0)).toBeCloseTo(1.5 + (before - 0.25 - 1.5) * Math.exp(-since / 0.02), digits); // prettier-ignore
    expect(before).toBeGreaterThanOrEqual(1);
  });

  it('takes currents in steps', async () => {
    const simulation = await open(alone('current: [[0, 10 ms, 0.5], [0, 30 ms, 0]]', 'projections: {}'), backend);
    await simulation.advance(0.05);
    expect(await simulation.potential(0)).toBeCloseTo(0.5 * (1 - Math.exp(-1)) * Math.exp(-1), digits);
  });
});

const network = (duration = '120 ms') => `
populations:
  a: { units: 40, kind: lif, membraneTimeConstant: 20 ms, bias: { distribution: uniform, low: 0.8, high: 1.3 }, refractory: { duration: 2 ms } }
  b: { units: 20, kind: lif, membraneTimeConstant: 10 ms, initial: 0.5, refractory: { duration: 1 ms, arrivals: keep } }
  noise: { units: 20, kind: poisson, rate: 60 Hz }
projections:
  a->b: { connect: { kind: fixed-probability, probability: 0.5 }, weight: { distribution: normal, mean: 0.4, deviation: 0.1 }, delay: { distribution: uniform, low: 1 ms, high: 3 ms }, synapse: { timeConstant: 5 ms } }
  b->a: { connect: { kind: fixed-in-degree, degree: 5 }, weight: -0.3, delay: 2 ms, synapse: { kind: alpha, timeConstant: 3 ms } }
  noise->a: { connect: { kind: fixed-in-degree, degree: 4 }, weight: 0.2, delay: 0.5 ms }
simulation: { duration: ${duration} }
`;

describe('a network on the clocked engine', () => {
  it.each(backends)('gives the same bits however it is cut, saved and resumed, %s', async (_, backend) => {
    const text = network().replace('duration: 2 ms }, drive', '').replace('refractory: { duration: 2 ms } }', 'refractory: { duration: 2 ms }, drive: { rate: 500 Hz, weight: 0.05 } }'); // prettier-ignore
    const whole = await open(text, backend);
    const expected = await whole.advance(0.12);
    expect(expected.time.length).toBeGreaterThan(100);
    let cut = await open(text, backend);
    const found: number[] = [];
    for (const until of [0.0123, 0.06, 0.0617, 0.12]) {
      const { time, unit } = await cut.advance(until);
      time.forEach((t, k) => found.push(t, unit[k]!));
      cut = await open(text, backend, [], (await cut.state()) as ReadonlyMap<string, Float64Array>);
    }
    expect(found).toEqual([...expected.time].flatMap((t, k) => [t, expected.unit[k]!]));
    expect(await cut.state()).toEqual(await whole.state());
    expect(cut.counts).toEqual(whole.counts);
  });

  it('fires on wasm as on the reference: nearly all spikes in the same step', async () => {
    const [a, b] = await Promise.all(backends.map(async ([, backend]) => (await open(network('60 ms'), backend)).advance(0.06))); // prettier-ignore
    const of = ({ time, unit }: Spikes): Set<string> => new Set([...time].map((t, k) => `${Math.round(t * 1e4)} ${unit[k]}`)); // prettier-ignore
    const [x, y] = [of(a!), of(b!)];
    expect([...x].filter((spike) => !y.has(spike)).length).toBeLessThan(0.05 * x.size);
    expect(Math.abs(x.size - y.size)).toBeLessThan(0.05 * x.size);
  });

  it('has the spikes of the event engine as the step goes to 0, with an error of its order', async () => {
    const exact = model(network('60 ms'), ['engine=event']);
    const expected = await eventSimulation(exact, wiringOf(exact, { wide: true }), { engine: referenceEventEngine }).advance(0.06); // prettier-ignore
    const errors: number[] = [];
    for (const step of [0.1, 0.025, 0.00625]) {
      const { time, unit } = await (await open(network('60 ms'), reference, [`step=${step} ms`])).advance(0.06);
      // Each unit's first three spikes, before single shifts have become other spikes.
      const firsts = (spikes: Spikes, n: number): number[] => [...spikes.time].filter((_, k) => spikes.unit[k] === n).slice(0, 3); // prettier-ignore
      let [sum, count] = [0, 0];
      for (let n = 0; n < 60; n++) {
        const [x, y] = [firsts(expected, n), firsts({ time, unit }, n)];
        x.forEach((t, k) => y[k] !== undefined && ((sum += Math.min(1e-3, Math.abs(t - y[k]))), count++));
      }
      errors.push(sum / count);
    }
    // The error falls with the step: by 16 over two quarters if nothing else counted.
    expect(errors[2]!).toBeLessThan(errors[0]! / 6);
    expect(errors[2]!).toBeLessThan(4e-5);
  });
});
