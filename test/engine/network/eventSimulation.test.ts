// Networks on the event engine: sources and drive reach it as the same arrivals given at once would, and a run may be cut,
// saved and resumed anywhere.
import { describe, expect, it } from 'vitest';
import type { EventEngine, EventState } from '../../../src/engine/event/engine.ts';
import type { EventNetwork } from '../../../src/engine/event/network.ts';
import { referenceEventEngine } from '../../../src/engine/event/reference.ts';
import { wasmEventEngine } from '../../../src/engine/event/wasm.ts';
import { eventSimulation } from '../../../src/engine/network/eventSimulation.ts';
import type { SimulationState } from '../../../src/engine/network/simulation.ts';
import { wiringOf } from '../../../src/engine/network/wiring.ts';
import { loadNetwork } from '../../../src/model/networkLoad.ts';

const engines: Record<string, (network: EventNetwork, from?: EventState) => EventEngine> = { reference: referenceEventEngine, wasm: wasmEventEngine }; // prettier-ignore

const model = (more = '', duration = '300 ms') =>
  loadNetwork(
    `
settle: 1
name: small
populations:
  a: { units: 30, kind: lif, membraneTimeConstant: 20 ms, bias: { distribution: uniform, low: 0.8, high: 1.3 }, refractory: { duration: 2 ms }, drive: { rate: 300 Hz, weight: 0.05 } }
  b: { units: 10, kind: lif, membraneTimeConstant: 10 ms, initial: 0.5 }
  noise: { units: 20, kind: poisson, rate: 40 Hz }
  clock: { units: 2, kind: regular, rate: 50 Hz }
projections:
  a->b: { connect: { kind: fixed-probability, probability: 0.5 }, weight: { distribution: normal, mean: 0.4, deviation: 0.1 }, delay: { distribution: uniform, low: 1 ms, high: 3 ms }, synapse: { timeConstant: 5 ms } }
  b->a: { connect: { kind: fixed-in-degree, degree: 5 }, weight: -0.3, delay: 1.5 ms, synapse: { kind: alpha, timeConstant: 3 ms } }
  noise->a: { connect: { kind: fixed-in-degree, degree: 4 }, weight: 0.3, delay: 0.7 ms }
  clock->b: { connect: all-to-all, weight: 0.2 }
simulation: { duration: ${duration} }
engine: event
seed: 3
${more}`,
    { file: 'small.yaml' },
  );

describe.each(Object.keys(engines))('a network on the event engine, %s', (backend) => {
  const open = (from?: SimulationState) => {
    const network = model();
    return eventSimulation(network, wiringOf(network, { wide: true }), { engine: engines[backend]!, from });
  };

  it('hears its sources: they fire at their rates, and are told with their units', async () => {
    const { time, unit } = await open().advance(0.3);
    const of = (low: number, high: number): number[] => [...time].filter((_, k) => unit[k]! >= low && unit[k]! < high);
    // 20 units at 40 Hz for 0.3 s: 240 +- 15; the regular ones at 20, 40, ... ms.
    expect(Math.abs(of(40, 60).length - 240)).toBeLessThan(60);
    expect(of(60, 61).map((t) => Number(t.toFixed(9)))).toEqual(Array.from({ length: 14 }, (_, k) => Number((0.02 * (k + 1)).toFixed(9)))); // prettier-ignore
    expect(of(0, 30).length).toBeGreaterThan(50);
    expect([...time]).toEqual([...time].sort((a, b) => a - b));
  });

  it('gives the same bits however it is cut, saved and resumed', async () => {
    const whole = open();
    const expected = await whole.advance(0.3);
    let [cut, times, units] = [open(), [] as number[], [] as number[]];
    for (const until of [0.0123, 0.1, 0.1, 0.17171, 0.3]) {
      const { time, unit } = await cut.advance(until);
      times.push(...time);
      units.push(...unit);
      const saved = new Map([...(await cut.state())].map(([name, values]) => [name, values.slice()]));
      cut = open(saved);
    }
    expect(times).toEqual([...expected.time]);
    expect(units).toEqual([...expected.unit]);
    expect(cut.counts).toEqual(whole.counts);
    expect(await cut.state()).toEqual(await whole.state());
  });

  it('counts every delivery and every spike', async () => {
    const network = model();
    const wirings = wiringOf(network, { wide: true });
    const simulation = eventSimulation(network, wirings, { engine: engines[backend]! });
    const { unit } = await simulation.advance(0.29);
    await simulation.advance(0.3);
    const fanOut = (n: number): number => {
      const [from, at] = n < 30 ? ['a', n] : n < 40 ? ['b', n - 30] : n < 60 ? ['noise', n - 40] : ['clock', n - 60];
      return wirings.filter(({ projection }) => projection.from === from).reduce((sum, { rows }) => sum + rows[at + 1]! - rows[at]!, 0); // prettier-ignore
    };
    const sent = [...unit].reduce((sum, n) => sum + fanOut(n), 0);
    // All that was sent before 0.29 s has arrived at 0.3 s, and little more.
    expect(simulation.counts.synapticEvents).toBeGreaterThanOrEqual(sent);
    expect(simulation.counts.synapticEvents).toBeLessThan(1.1 * sent);
    expect(Math.abs(simulation.counts.driveEvents - 30 * 300 * 0.3)).toBeLessThan(4 * Math.sqrt(2700));
  });
});

describe('the two backends of the event engine', () => {
  it('give the same spikes of a network with sources, to 1e-9 s', async () => {
    const network = model();
    const wirings = wiringOf(network, { wide: true });
    const [a, b] = await Promise.all(Object.values(engines).map((engine) => eventSimulation(network, wirings, { engine }).advance(0.3))); // prettier-ignore
    expect([...a!.unit]).toEqual([...b!.unit]);
    a!.time.forEach((time, k) => expect(Math.abs(time - b!.time[k]!)).toBeLessThan(1e-9));
  });
});
