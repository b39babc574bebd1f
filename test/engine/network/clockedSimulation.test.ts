// Networks on the clocked engine: exact below threshold, on the grid above it, the same bits however a run is cut, and the
// event engine's spikes as the step goes to 0.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/backends/reference.ts';
import { wasm } from '../../../src/backends/wasm/backend.node.ts';
import { referenceEventEngine } from '../../../src/engine/event/reference.ts';
import { clockedSimulation } from '../../../src/engine/network/clockedSimulation.ts';
import { eventSimulation } from '../../../src/engine/network/eventSimulation.ts';
import type { SimulationState, Spikes } from '../../../src/engine/network/simulation.ts';
import { wiringOf } from '../../../src/engine/network/wiring.ts';
import { loadNetwork } from '../../../src/model/networkLoad.ts';

const backends = [['reference', reference], ['wasm', wasm()]] as const; // prettier-ignore
const model = (body: string, set: string[] = []) => loadNetwork(`settle: 1\nname: t\n${body}`, { file: 't.yaml', set });
const open = (text: string, backend = reference, set: string[] = [], from?: SimulationState, plain = false) => {
  const network = model(text, set);
  return clockedSimulation(network, wiringOf(network, { wide: true }), { backend, from, plain });
};

const alone = (keys: string, more = '', duration = '200 ms') =>
  `populations:\n  a: { units: 1, kind: lif, membraneTimeConstant: 20 ms, threshold: 1, ${keys} }\n${more}\nsimulation: { duration: ${duration} }`;

describe.each(backends)('a neuron on the clocked engine, %s', (name, backend) => {
  const digits = name === 'wasm' ? 5 : 10;

  it('fires under a constant current at the times of the closed form, rounded up to the grid', async () => {
    const simulation = await open(alone('bias: 1.3, refractory: { duration: 2 ms }', 'projections: {}'), backend);
    const { time } = await simulation.advance(0.2);
    const rise = Math.ceil((20 * Math.log(1.3 / 0.3)) / 0.1 - 1e-9);
    const expected = Array.from({ length: 6 }, (_, k) => rise * (k + 1) + 20 * k).filter((n) => n < 2000);
    expect([...time].map((t) => Math.round(t * 1e4))).toEqual(expected);
  });

  // One arrival of each kind at 1 ms into a membrane at rest; the potential 7 ms after it, from the closed forms.
  const peaks = { exponential: (t: number, tau: number, m: number) => (tau === m ? (t / m) * Math.exp(-t / m) : (tau / (tau - m)) * (Math.exp(-t / tau) - Math.exp(-t / m))), delta: (t: number, _: number, m: number) => Math.exp(-t / m), alpha: (t: number, tau: number, m: number) => Math.E / tau / m * (tau === m ? (t * t) / 2 * Math.exp(-t / m) : (() => { const d = 1 / m - 1 / tau; return Math.exp(-t / tau) * (t / d - 1 / (d * d)) + Math.exp(-t / m) / (d * d); })()) }; // prettier-ignore
  it.each([['delta', 0], ['exponential', 5], ['exponential', 20], ['exponential', 20.0001], ['alpha', 3], ['alpha', 20], ['alpha', 20.5]] as const)(
    'answers a %s synapse (time constant %s ms) as the closed form does',
    async (kind, tau) => {
      const synapse = kind === 'delta' ? '{ kind: delta }' : `{ kind: ${kind}, timeConstant: ${tau} ms }`;
      for (const [delay, plain] of [['0 ms', false], ['1.5 ms', false], ['0 ms', true], ['1.5 ms', true]] as const) {
        const text = alone('rest: 0', `  s: { units: 1, kind: spikes, spikes: [[0, 1 ms]] }\nprojections:\n  s->a: { connect: one-to-one, weight: 0.5, delay: ${delay}, synapse: ${synapse} }`); // prettier-ignore
        const simulation = await open(text, backend, [], undefined, plain);
        await simulation.advance(0.01);
        // A spike at 1 ms acts from step 10 on: 9 ms before 10 ms.
        const t = 9 - Number(delay.split(' ')[0]);
        expect(await simulation.potential(0)).toBeCloseTo(0.5 * peaks[kind](t, tau, 20), digits);
      }
    },
  ); // prettier-ignore

  it('is held while refractory; jumps meanwhile are lost, or kept and decayed', async () => {
    for (const arrivals of ['lose', 'keep']) {
      const text = alone(`refractory: { duration: 5 ms, arrivals: ${arrivals} }`, '  s: { units: 1, kind: spikes, spikes: [[0, 1 ms], [0, 3 ms]] }\nprojections:\n  s->a: { connect: one-to-one, weight: [1.1] }'); // prettier-ignore
      const simulation = await open(text, backend);
      const { time, unit } = await simulation.advance(0.0061);
      expect([...time].filter((_, k) => unit[k] === 0).map((t) => Number(t.toFixed(7)))).toEqual([0.0011]);
      expect(await simulation.potential(0)).toBe(0);
      await simulation.advance(0.0071);
      // The jump acts from 3 ms on: at 7.1 ms 4.1 ms of decay.
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

  it('integrates without a leak: a bias in potential a second, and all that a current carries', async () => {
    const text = 'populations:\n  a: { units: 1, kind: integrate-and-fire, bias: 20, threshold: 1 }\n  s: { units: 1, kind: spikes, spikes: [[0, 1 ms]] }\nprojections:\n  s->a: { connect: one-to-one, weight: 10, synapse: { timeConstant: 4 ms } }\nsimulation: { duration: 1 s }'; // prettier-ignore
    const simulation = await open(text, backend);
    expect((await simulation.advance(0.02)).time).toHaveLength(1);
    expect(await simulation.potential(0)).toBeCloseTo(20 * 0.02 + 10 * 0.004 * (1 - Math.exp(-19 / 4)), digits);
    // 1 = 20 t + 0.04: 48 ms.
    expect([...(await simulation.advance(0.06)).time].map((t) => Math.round(t * 1e4))).toEqual([481]);
  });

  it('fires at once where it begins at its threshold, and never without one', async () => {
    for (const plain of [false, true]) {
      const simulation = await open(alone('initial: 1, refractory: { duration: 1 ms }', 'projections: {}'), backend, [], undefined, plain);
      expect([...(await simulation.advance(0.005)).time]).toEqual([0]);
      expect(await simulation.potential(0)).toBe(0);
    }
    const silent = await open(alone('bias: 1e6, initial: 5', 'projections: {}').replace('threshold: 1', 'threshold: none'), backend);
    expect((await silent.advance(0.1)).time).toHaveLength(0);
  }); // prettier-ignore

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

describe.each(backends)('spikes on the clocked engine, %s', (_, backend) => {
  // Unit 0 fires at 2 ms (its potential is there after 20 steps), each of the others hears of it.
  const heard = (delays: string): string =>
    `populations:\n  s: { units: 1, kind: spikes, spikes: [[0, 1.93 ms]] }\n  a: { units: 1, kind: lif, membraneTimeConstant: 20 ms }\n  b: { units: 4, kind: lif, membraneTimeConstant: 20 ms }\nprojections:\n  s->a: { connect: one-to-one, weight: 1.5 }\n  a->b: { connect: { kind: all-to-all }, weight: 0.5, delay: ${delays}, synapse: { timeConstant: 5 ms } }\nsimulation: { duration: 1 s }`;

  it('arrive after their delay, which goes to the nearest step', async () => {
    const simulation = await open(heard('[0 ms, 0.14 ms, 0.16 ms, 1.5 ms]'), backend);
    const moved: (number | undefined)[] = [undefined, undefined, undefined, undefined];
    const fired: number[] = [];
    for (let step = 1; step <= 40; step++) {
      const { time } = await simulation.advance(Number((step * 1e-4).toFixed(7)));
      fired.push(...time);
      for (let unit = 0; unit < 4; unit++) if ((await simulation.potential(2 + unit)) > 0) moved[unit] ??= step;
    }
    // The source's spike acts from 2 ms on, the neuron fires at 2.1 ms; a step later arrivals without delay have moved b.
    expect(fired).toEqual([expect.closeTo(0.00193, 12), expect.closeTo(0.0021, 12)]);
    expect(moved).toEqual([22, 23, 24, 37]);
    expect(simulation.counts).toMatchObject({ spikes: 1, sourceSpikes: 1, synapticEvents: 5 });
  });

  it('count each where a source fires twice in a step', async () => {
    const text = alone('threshold: 9', '  s: { units: 1, kind: spikes, spikes: [[0, 1.02 ms], [0, 1.07 ms]] }\nprojections:\n  s->a: { connect: one-to-one, weight: 1 }').replace('threshold: 1, ', ''); // prettier-ignore
    const simulation = await open(text, backend);
    expect([...(await simulation.advance(0.002)).time]).toEqual([0.00102, 0.00107]);
    expect(await simulation.potential(0)).toBeCloseTo(2 * Math.exp(-0.9 / 20), 5);
  });

  it('are never lost: every unit in every step, over chunks', async () => {
    const text = 'populations:\n  a: { units: 3000, kind: integrate-and-fire, bias: 20000, threshold: 1, reset: { by: 1 } }\nprojections:\n  a->a: { connect: one-to-one, weight: 0, delay: 3 ms }\nsimulation: { duration: 1 s }'; // prettier-ignore
    const simulation = await open(text, backend);
    const steps = backend === reference ? 80 : 3000;
    const { time, unit } = await simulation.advance(steps * 1e-4);
    // The first step ends in the first spikes; those of the last 31 have not arrived.
    expect(time).toHaveLength(3000 * (steps - 1));
    expect([...unit.subarray(3000 * (steps - 2))]).toEqual(Array.from({ length: 3000 }, (_, k) => k));
    expect(simulation.counts).toMatchObject({ updates: 3000 * steps, synapticEvents: 3000 * (steps - 31) });
  });

  it('stand in order of time and unit, also where populations step as one around another', async () => {
    const lif = 'kind: lif, membraneTimeConstant: 10 ms, bias: 1.5';
    const text = `populations:\n  a: { units: 3, ${lif} }\n  b: { units: 3, ${lif}, refractory: { duration: 0.1 ms } }\n  s: { units: 2, kind: regular, rate: 300 Hz }\n  c: { units: 2, ${lif} }\nprojections: {}\nsimulation: { duration: 1 s }`;
    const { time, unit } = await (await open(text, backend)).advance(0.1);
    for (let k = 1; k < time.length; k++)
      expect(time[k - 1]! < time[k]! || (time[k - 1] === time[k] && unit[k - 1]! < unit[k]!)).toBe(true);
    const of = (n: number): number[] => [...time].filter((_, k) => unit[k] === n);
    expect(of(0).length).toBeGreaterThan(5);
    for (const twin of [1, 2, 8, 9]) expect(of(twin)).toEqual(of(0));
    expect(of(3)).not.toEqual(of(0));
    expect(of(6)).toHaveLength(29);
  }); // prettier-ignore

  it('of the drive are as many as a Poisson process gives, and all are counted', async () => {
    const text = 'populations:\n  a: { units: 2000, kind: integrate-and-fire, threshold: none, drive: { rate: 15 kHz, weight: 1 } }\nprojections: {}\nsimulation: { duration: 1 s }'; // prettier-ignore
    const simulation = await open(text, backend);
    await simulation.advance(0.02);
    const counts = await Promise.all(Array.from({ length: 2000 }, (_, unit) => simulation.potential(unit)));
    const sum = counts.reduce((a, b) => a + b, 0);
    expect(simulation.counts.driveEvents).toBe(sum);
    // 300 each: the mean of 2,000 has a deviation of 0.39, their variance one of 9.5.
    const mean = sum / 2000;
    expect(Math.abs(mean - 300)).toBeLessThan(4 * 0.39);
    expect(Math.abs(counts.reduce((a, b) => a + (b - mean) ** 2, 0) / 1999 - 300)).toBeLessThan(4 * 9.5);
  });
});

describe('CUBA on the clocked engine', () => {
  const cuba = (set: string[]) => loadNetwork(readFileSync('models/cuba.yaml', 'utf8'), { file: 'cuba.yaml', set: ['engine=clocked', ...set] }); // prettier-ignore
  const run = async (network: ReturnType<typeof cuba>, backend: typeof reference, until: number, plain = false) => {
    const simulation = await clockedSimulation(network, wiringOf(network), { backend, plain });
    return { spikes: await simulation.advance(until), counts: simulation.counts };
  };

  it('has the same spikes whether decays are computed or not, on both backends', async () => {
    const small = cuba(['populations.e.units=160', 'populations.i.units=40', ...['e->e', 'e->i', 'i->e', 'i->i'].map((name) => `projections.${name}.connect.probability=0.4`)]); // prettier-ignore
    const { spikes } = await run(small, reference, 0.1);
    expect(spikes.time.length).toBeGreaterThan(100);
    expect((await run(small, reference, 0.1, true)).spikes).toEqual(spikes);
    for (const plain of [false, true]) {
      const { time, unit } = (await run(small, backends[1][1], 0.1, plain)).spikes;
      const same = [...time].filter((t, k) => t === spikes.time[k] && unit[k] === spikes.unit[k]).length;
      expect(same).toBeGreaterThan(0.98 * spikes.time.length);
      expect(Math.abs(time.length - spikes.time.length)).toBeLessThan(0.02 * spikes.time.length);
    }
  });

  it('has the rate of CUBA: three networks of 10 s, and no more synapses than they send through', async () => {
    let sum = 0;
    for (const seed of [1, 2, 3]) {
      const { counts } = await run(cuba([`seed=${seed}`]), backends[1][1], 10);
      expect(counts.synapticEvents / counts.spikes).toBeCloseTo(80, -1);
      sum += counts.spikes;
    }
    // 222,000, with a deviation of 8,900 between networks: the mean of three within three of its own deviations.
    expect(Math.abs(sum / 3 - 222_000)).toBeLessThan((3 * 8_900) / Math.sqrt(3));
  });
});

describe('a network on the clocked engine', () => {
  const driven = network().replace('refractory: { duration: 2 ms } }', 'refractory: { duration: 2 ms }, drive: { rate: 500 Hz, weight: 0.05 } }'); // prettier-ignore
  const decaying = `
populations:
  a: { units: 61, kind: lif, membraneTimeConstant: 20 ms, bias: 0.95, initial: { distribution: uniform, low: 0, high: 1 }, refractory: { duration: 2 ms }, drive: { rate: 5 kHz, weight: 0.03, synapse: { timeConstant: 2 ms } } }
projections:
  a->a: { connect: { kind: fixed-in-degree, degree: 10 }, weight: -0.05, delay: 1.5 ms }
  a->a#2: { connect: { kind: fixed-in-degree, degree: 10 }, weight: 0.2, delay: { distribution: uniform, low: 0 ms, high: 3 ms }, synapse: { timeConstant: 5 ms } }
simulation: { duration: 120 ms }
`;
  const cases = backends.flatMap(([name, backend]) => [[name, 'propagated', driven, backend], [name, 'decaying', decaying, backend]] as const); // prettier-ignore
  it.each(cases)('gives the same bits however it is cut, saved and resumed, %s, %s', async (_, __, text, backend) => {
    const whole = await open(text, backend);
    const expected = await whole.advance(0.12);
    expect(expected.time.length).toBeGreaterThan(100);
    let cut = await open(text, backend);
    const found: number[] = [];
    for (const until of [0.0123, 0.06, 0.0617, 0.12]) {
      const { time, unit } = await cut.advance(until);
      time.forEach((t, k) => found.push(t, unit[k]!));
      cut = await open(text, backend, [], await cut.state());
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
