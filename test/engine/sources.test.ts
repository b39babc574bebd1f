// Sources: spikes of neurons driven from outside, sent as they are made, and arrivals fed in chunks. They act as the same
// arrivals known from the start do, to the last bit.
import { describe, expect, it } from 'vitest';
import type { EventEngine, EventState } from '../../src/engine/event/engine.ts';
import { compressed, currentSteps, type EventNetwork, type InputEvents, inputEvents, type NeuronGroup, type Synapse } from '../../src/engine/event/network.ts'; // prettier-ignore
import { uniform24 } from '../../src/math/random.ts';
import { eventEngines } from '../../src/run/verify.node.ts';

const [neurons, sources, end] = [40, 8, 300];
const u = (stream: number, k: number): number => uniform24(21, stream, k, 0, 0);
const group: NeuronGroup = {
  count: neurons + sources, membraneTimeConstant: 20, rest: -65, resistance: 1, threshold: -50, strict: false, reset: -65, resetBy: 'value',
  refractory: { duration: 2, membrane: 'clamp', arrivals: 'lose' }, floor: -70, cap: Infinity,
}; // prettier-ignore

const draw = (k: number, pre: number, delay: number): Synapse => ({
  pre, post: Math.floor(neurons * u(1, k)), type: k % 3, weight: k % 3 === 1 ? 4 * u(2, k) - 1.5 : 20 * u(2, k) - 7, delay,
}); // prettier-ignore
const recurrent = Array.from({ length: 300 }, (_, k) => draw(k, k % neurons, k % 5 === 0 ? 0 : 6 * u(3, k)));
/** Some without delay, several at one delay. */
const ofSources = Array.from({ length: 200 }, (_, k) => draw(1000 + k, neurons + (k % sources), [0, 0.5, 3.25][k % 7] ?? 6 * u(3, k))); // prettier-ignore
const trains = Array.from({ length: 400 }, (_, k) => ({ time: end * u(4, k), neuron: neurons + (k % sources) })).sort((a, b) => a.time - b.time); // prettier-ignore
// Two sources at one instant.
trains[100] = { time: trains[99]!.time, neuron: trains[99]!.neuron === neurons ? neurons + 1 : trains[99]!.neuron - 1 };

function network(synapses: Synapse[], inputs: InputEvents): EventNetwork {
  return {
    neurons: neurons + sources,
    groups: [group],
    types: [
      { kind: 'exponential', timeConstant: 5, amplitude: 'peak' },
      { kind: 'delta', timeConstant: 1, amplitude: 'peak' },
      { kind: 'alpha', timeConstant: 3, amplitude: 'peak' },
    ],
    connections: compressed(neurons + sources, synapses),
    initial: new Float64Array(neurons + sources).fill(-65),
    bias: Float64Array.from({ length: neurons + sources }, (_, n) => (n < neurons ? 8 + 4 * u(5, n) : 0)),
    inputs,
    steps: currentSteps([]),
  };
}

/** Every arrival of the sources: by time, then source, segment and synapse. */
function arrivals(): InputEvents {
  const list = trains.flatMap(({ time, neuron }) => ofSources.filter(({ pre }) => pre === neuron).map((synapse) => ({ ...synapse, time: time + synapse.delay }))); // prettier-ignore
  list.sort((a, b) => a.time - b.time || a.pre - b.pre || a.delay - b.delay || a.type - b.type);
  return inputEvents(list.map(({ time, post, type, weight }) => ({ time, neuron: post, type, weight })));
}
const within = ({ time, neuron, type, weight }: InputEvents, from: number, to: number): InputEvents => {
  const [a, b] = [time.findIndex((t) => t >= from), time.findLastIndex((t) => t < to) + 1];
  if (a < 0) return inputEvents([]);
  return { time: time.slice(a, b), neuron: neuron.slice(a, b), type: type.slice(a, b), weight: weight.slice(a, b) };
};
const sent = (from: number, to: number): { time: Float64Array; neuron: Uint32Array } => {
  const part = trains.filter(({ time }) => time >= from && time < to);
  return { time: Float64Array.from(part, ({ time }) => time), neuron: Uint32Array.from(part, ({ neuron }) => neuron) };
};
const list = ({ time, neuron }: { time: Float64Array; neuron: Uint32Array }): [number, number][] => Array.from(time, (t, k) => [t, neuron[k]!]); // prettier-ignore

for (const [backend, open] of Object.entries(eventEngines) as [
  string,
  (network: EventNetwork, from?: EventState) => EventEngine,
][])
  describe(`sources of the event engine in ${backend}`, () => {
    const straight = open(network(recurrent, arrivals()));
    const expected = list(straight.advance(end));
    const alone = open(network(recurrent, inputEvents([])));
    const quiet = list(alone.advance(end));
    const potentials = (engine: EventEngine): number[] =>
      Array.from({ length: neurons }, (_, n) => engine.potential(n));

    /** In chunks of `width`; every third time saved and resumed. */
    function inChunks(made: EventNetwork, width: number, give: (engine: EventEngine, from: number, to: number) => void): [EventEngine, [number, number][]] {
      let engine = open(made);
      const found: [number, number][] = [];
      for (let from = 0; from < end; from += width) {
        give(engine, from, Math.min(end, from + width));
        found.push(...list(engine.advance(Math.min(end, from + width / 2))));
        if (Math.round(from / width) % 3 === 2) engine = open(made, structuredClone(engine.state()));
        found.push(...list(engine.advance(Math.min(end, from + width))));
      }
      return [engine, found];
    } // prettier-ignore

    it('matter, and none of their spikes is told', () => {
      expect(expected.length).toBeGreaterThan(quiet.length + 50);
      expect(expected.some(([, n]) => n >= neurons)).toBe(false);
    });

    it.each([1.7, 10, 300])('trains sent in chunks of %f ms, saved and resumed between, give the bits of inputs known from the start', (width) => {
      const made = network([...recurrent, ...ofSources], inputEvents([]));
      const [engine, found] = inChunks(made, width, (to, a, b) => to.send(sent(a, b)));
      expect(found).toEqual(expected);
      expect(potentials(engine)).toEqual(potentials(straight));
      expect(engine.counts.arrivals).toBe(straight.counts.arrivals + straight.counts.inputs);
      expect(engine.counts.spikes).toBe(straight.counts.spikes);
    }); // prettier-ignore

    it.each([1.7, 10, 300])('so do arrivals fed in chunks of %f ms', (width) => {
      const all = arrivals();
      const [engine, found] = inChunks(network(recurrent, inputEvents([])), width, (to, a, b) => to.feed(within(all, a, b))); // prettier-ignore
      expect(found).toEqual(expected);
      expect(potentials(engine)).toEqual(potentials(straight));
      expect(engine.counts).toEqual(straight.counts);
      expect(engine.state().fed.time.length).toBe(0);
    });

    it('arrivals fed out of turn are taken by time; at one instant in the order they were fed', () => {
      const all = arrivals();
      const engine = open(network(recurrent, within(all, 50, 100)));
      engine.feed(within(all, 200, end));
      engine.feed(within(all, 0, 50));
      engine.feed(within(all, 100, 200));
      expect(list(engine.advance(end))).toEqual(expected);
    });

    it('a spike sent for now through no delay acts now', () => {
      const synapses = [{ pre: 1, post: 0, type: 1, weight: 15, delay: 0 }];
      const engine = open({ ...network(synapses, inputEvents([])), bias: new Float64Array(neurons + sources) });
      engine.advance(5);
      engine.send({ time: Float64Array.of(5), neuron: Uint32Array.of(1) });
      expect(list(engine.advance(6))).toEqual([[5, 0]]);
    });

    it('what lies before the engine, or at no neuron, is refused and changes nothing', () => {
      const engine = open(network(recurrent, inputEvents([])));
      engine.advance(10);
      const before = engine.state();
      const one = { time: Float64Array.of(9.5), neuron: Uint32Array.of(0) };
      const input = { ...one, type: Uint8Array.of(0), weight: Float64Array.of(1) };
      expect(() => engine.send(one)).toThrow(/cannot take these spikes/);
      expect(() => engine.feed(input)).toThrow(/cannot take these inputs/);
      expect(() => engine.send({ ...one, time: Float64Array.of(NaN) })).toThrow(/cannot take/);
      expect(() => engine.send({ time: Float64Array.of(11), neuron: Uint32Array.of(48) })).toThrow(/cannot take/);
      expect(() => engine.feed({ ...input, time: Float64Array.of(11), type: Uint8Array.of(3) })).toThrow(/cannot take/);
      expect(() => engine.feed({ ...input, time: Float64Array.of(11), weight: Float64Array.of(Infinity) })).toThrow(/cannot take/); // prettier-ignore
      expect(engine.state()).toEqual(before);
    });
  });
