// The event engine on several threads: any number of them gives the bits of one.
import { describe, expect, it } from 'vitest';
import type { EventEngine, EventState } from '../../src/engine/event/engine.ts';
import { compressed, currentSteps, type EventNetwork, inputEvents, type NeuronGroup, type Synapse } from '../../src/engine/event/network.ts'; // prettier-ignore
import { threadedEventEngine } from '../../src/engine/event/threads.node.ts';
import { wasmEventEngine } from '../../src/engine/event/wasm.ts';
import { explain, SettleError } from '../../src/errors.ts';
import { uniform24 } from '../../src/math/random.ts';

const group: NeuronGroup = {
  count: 1, membraneTimeConstant: 20, rest: -65, resistance: 1, threshold: -50, strict: false, reset: -65, resetBy: 'value',
  refractory: { duration: 2, membrane: 'clamp', arrivals: 'keep' }, floor: -Infinity, cap: Infinity,
}; // prettier-ignore
const neurons = 83;

/** Three kinds of neurons and of synapses, delays from `least` to 7, two of them shared by many; inputs, changing currents. */
function busy(seed: number, least = 0.7): EventNetwork {
  const u = (stream: number, k: number): number => uniform24(seed, stream, k, 0, 0);
  const pick = (stream: number, k: number): number => Math.floor(neurons * u(stream, k));
  const synapses = Array.from({ length: 2500 }, (_, k): Synapse => ({
    pre: pick(1, k), post: pick(2, k), type: k % 3, weight: k % 3 === 1 ? 2 * u(3, k) - 1 : 26 * u(3, k) - 12,
    delay: [least, 1.5][k % 4] ?? least + 6 * u(4, k),
  })); // prettier-ignore
  const part = { ...group, membraneTimeConstant: 17 };
  const wide = { ...group, floor: -66, resetBy: 'subtraction', refractory: { ...group.refractory, duration: 0 } } as const; // prettier-ignore
  return {
    neurons,
    groups: [{ ...group, count: 40 }, { ...part, count: 42 }, { ...wide, count: 1 }], // fewer of a kind than threads
    types: [
      { kind: 'exponential', timeConstant: 5, amplitude: 'peak' },
      { kind: 'delta', timeConstant: 1, amplitude: 'peak' },
      { kind: 'alpha', timeConstant: 3, amplitude: 'peak' },
    ],
    connections: compressed(neurons, synapses),
    initial: Float64Array.from({ length: neurons }, (_, n) => -65 + 14 * u(13, n)),
    bias: Float64Array.from({ length: neurons }, (_, n) => 12 + 14 * u(5, n)),
    inputs: inputEvents(Array.from({ length: 400 }, (_, k) => ({ time: 250 * u(6, k), neuron: pick(7, k), type: k % 3, weight: 5 * u(8, k) - 1 }))),
    steps: currentSteps(Array.from({ length: 60 }, (_, k) => ({ time: 250 * u(10, k), neuron: pick(11, k), value: 20 * u(12, k) }))),
  };
} // prettier-ignore

/** Chunks of `width`: sources sent and arrivals fed before each. */
function run(engine: EventEngine, from: number, to: number, width: number): [number, number][] {
  const found: [number, number][] = [];
  for (let t = from; t < to; t += width) {
    const k = Math.round(t * 8);
    engine.send({ time: Float64Array.of(t + 0.25, t), neuron: Uint32Array.of(k % neurons, (5 * k) % neurons) });
    engine.feed({ time: Float64Array.of(t, t), neuron: Uint32Array.of((3 * k) % neurons, (7 * k) % neurons), type: Uint8Array.of(1, 0), weight: Float64Array.of(3, 2) }); // prettier-ignore
    if (k % 64 === 0) engine.setBias(Float64Array.from({ length: neurons }, (_, n) => 13 + ((n * k) % 13)));
    const { time, neuron } = engine.advance(t + width);
    time.forEach((spike, i) => found.push([spike, neuron[i]!]));
  }
  return found;
}
const seen = (engine: EventEngine): number[] => Array.from({ length: 2 * neurons }, (_, n) => (n < neurons ? engine.potential(n) : engine.current(n - neurons, 2))); // prettier-ignore

describe('the event engine on threads', () => {
  it.each([[1, 2], [2, 3], [3, 5]])('network %i: %i threads give the bits of one, spikes, potentials, counts and state', (seed, threads) => {
    const one = wasmEventEngine(busy(seed));
    const many = threadedEventEngine(busy(seed), threads);
    expect([many.threads, many.alone]).toEqual([threads, undefined]);
    const expected = run(one, 0, 250, 12.5);
    expect(expected.length).toBeGreaterThan(500);
    expect(run(many, 0, 250, 12.5)).toEqual(expected);
    expect(seen(many)).toEqual(seen(one));
    expect(many.counts).toEqual(one.counts);
    expect(many.state()).toEqual(one.state());
    many.close();
  }); // prettier-ignore

  it('a run saved and resumed on other numbers of threads goes on with the same bits', () => {
    const straight = run(wasmEventEngine(busy(4)), 0, 240, 8);
    const found: [number, number][] = [];
    let state: EventState | undefined;
    [1, 2, 4, 1, 3, 2].forEach((threads, k) => {
      const engine = threadedEventEngine(busy(4), threads, state);
      found.push(...run(engine, 40 * k, 40 * (k + 1), 8));
      state = structuredClone(engine.state());
      engine.close();
    });
    expect(found).toEqual(straight);
  });

  it('through long silences and short delays too, however often it stops', () => {
    const made = { ...busy(5, 1 / 4), steps: currentSteps([]), bias: new Float64Array(neurons), inputs: inputEvents([]) }; // prettier-ignore
    const kick = Array.from({ length: 60 }, (_, k) => ({ time: 900 * Math.floor(k / 20) + k / 3, neuron: (7 * k) % neurons, type: 0, weight: 150 })); // prettier-ignore
    const one = wasmEventEngine(made);
    const two = threadedEventEngine(made, 2);
    for (const engine of [one, two]) engine.feed(inputEvents(kick));
    const expected = one.advance(3000);
    expect(expected.time.length).toBeGreaterThan(60);
    const found: [number, number][] = [];
    for (let t = 0; t < 3000; t += 37) {
      const { time, neuron } = two.advance(Math.min(3000, t + 37));
      time.forEach((spike, i) => found.push([spike, neuron[i]!]));
    }
    expect(found).toEqual(Array.from(expected.time, (t, k) => [t, expected.neuron[k]!]));
    expect(two.state()).toEqual(one.state());
    two.close();
  });

  it('an arrival after a thousand million milliseconds is not waited for slice by slice', { timeout: 10_000 }, () => {
    const made = { ...busy(9), steps: currentSteps([]), bias: new Float64Array(neurons), inputs: inputEvents([]) };
    const late = inputEvents([0, 1e9].map((time) => ({ time, neuron: 3, type: 0, weight: 200 })));
    const [one, two] = [wasmEventEngine(made), threadedEventEngine(made, 2)];
    for (const engine of [one, two]) engine.feed(late);
    const expected = one.advance(1e9 + 100);
    expect(expected.time.filter((t) => t > 1e9).length).toBeGreaterThan(0);
    expect(two.advance(1e9 + 100)).toEqual(expected);
    expect(two.state()).toEqual(one.state());
    two.close();
  });

  it('changed weights reach every thread', () => {
    const [one, two] = [wasmEventEngine(busy(6)), threadedEventEngine(busy(6), 2)];
    const before = run(one, 0, 50, 12.5);
    expect(run(two, 0, 50, 12.5)).toEqual(before);
    for (const { weights } of [one, two]) weights.forEach((w, k) => (weights[k] = k % 2 === 0 ? 0.5 * w : 1.25 * w));
    const after = run(one, 50, 150, 12.5);
    expect(run(two, 50, 150, 12.5)).toEqual(after);
    expect(seen(two)).toEqual(seen(one));
    two.close();
  });

  it('what does not stop firing is named as it is with one thread, and ends the engine', () => {
    for (const n of [0, 1]) {
      const wild = { ...busy(7), groups: [{ ...group, count: neurons, resetBy: 'subtraction', reset: -50 - 1e-9, refractory: { ...group.refractory, duration: 0 } }] } as EventNetwork; // prettier-ignore
      const kick = { time: Float64Array.of(3), neuron: Uint32Array.of(40 + n), type: Uint8Array.of(1), weight: Float64Array.of(50) }; // prettier-ignore
      const failure = (engine: EventEngine): string => {
        engine.feed(kick);
        try {
          engine.advance(10);
        } catch (error) {
          if (error instanceof SettleError) return explain(error);
        }
        return 'nothing';
      };
      const quiet = { ...wild, bias: new Float64Array(neurons), initial: new Float64Array(neurons).fill(-65), inputs: inputEvents([]), steps: currentSteps([]) }; // prettier-ignore
      const two = threadedEventEngine(quiet, 2);
      const message = failure(two);
      expect(message).toContain(`neuron ${40 + n}: a neuron does not stop firing`);
      expect(message).toBe(failure(wasmEventEngine(quiet)));
      expect(() => two.advance(20)).toThrow(/closed/);
    }
  });

  it('without a smallest delay it is one thread, and says why', () => {
    const engine = threadedEventEngine(busy(8, 0), 2);
    expect([engine.threads, engine.alone]).toEqual([1, 'delays of 0: nobody can run ahead']);
    expect(run(engine, 0, 50, 12.5)).toEqual(run(wasmEventEngine(busy(8, 0)), 0, 50, 12.5));
  });
});
