// The event engine's contract: stops and resumptions change no bit, ties have one order, what cannot end is refused.
import { describe, expect, it } from 'vitest';
import type { EventEngine, EventState } from '../../src/engine/event/engine.ts';
import { compressed, currentSteps, type EventNetwork, inputEvents, type NeuronGroup, type Synapse } from '../../src/engine/event/network.ts'; // prettier-ignore
import { uniform24 } from '../../src/math/random.ts';
import { eventEngines } from '../../src/run/verify.node.ts';

const group: NeuronGroup = {
  count: 1, membraneTimeConstant: 20, rest: -65, resistance: 1, threshold: -50, strict: false, reset: -65, resetBy: 'value',
  refractory: { duration: 2, membrane: 'clamp', arrivals: 'lose' }, floor: -Infinity, cap: Infinity,
}; // prettier-ignore
const [exc, jump] = [
  { kind: 'exponential', timeConstant: 5, amplitude: 'peak' },
  { kind: 'delta', timeConstant: 1, amplitude: 'peak' },
] as const;

interface Parts {
  neuron?: Partial<NeuronGroup>;
  synapses?: Synapse[];
  events?: [time: number, neuron: number, type: number, weight: number][];
  bias?: number | number[];
}

/** `neurons` alike, with types exc (0) and jump (1). */
function network(neurons: number, { neuron = {}, synapses = [], events = [], bias = 0 }: Parts = {}): EventNetwork {
  return {
    neurons,
    groups: [{ ...group, ...neuron, count: neurons }],
    types: [exc, jump],
    connections: compressed(neurons, synapses),
    initial: new Float64Array(neurons).fill(-65),
    bias: Float64Array.from({ length: neurons }, (_, n) => (typeof bias === 'number' ? bias : bias[n]!)),
    inputs: inputEvents(events.map(([time, neuron, type, weight]) => ({ time, neuron, type, weight }))),
    steps: currentSteps([]),
  };
}

/** Fifty neurons with everything: delays of their own and none, jumps, floors, inputs, changing currents. */
function busy(): EventNetwork {
  const u = (stream: number, k: number): number => uniform24(9, stream, k, 0, 0);
  const synapses = Array.from({ length: 600 }, (_, k): Synapse => ({
    pre: Math.floor(50 * u(1, k)), post: Math.floor(50 * u(2, k)), type: k % 3 === 0 ? 1 : 0,
    weight: k % 3 === 0 ? 3 * u(3, k) - 1.5 : 30 * u(3, k) - 12, delay: k % 4 === 0 ? 0 : 7 * u(4, k),
  })); // prettier-ignore
  const made = network(50, { neuron: { floor: -66 }, synapses, bias: Array.from({ length: 50 }, (_, n) => 10 + 12 * u(5, n)) }); // prettier-ignore
  const inputs = inputEvents(
    Array.from({ length: 300 }, (_, k) => ({ time: 200 * u(6, k), neuron: Math.floor(50 * u(7, k)), type: k % 2, weight: 5 * u(8, k) - 1 })), // prettier-ignore
  );
  const steps = currentSteps(
    Array.from({ length: 60 }, (_, k) => ({ time: 200 * u(10, k), neuron: Math.floor(50 * u(11, k)), value: 20 * u(12, k) })), // prettier-ignore
  );
  return { ...made, initial: Float64Array.from({ length: 50 }, (_, n) => -65 + 14 * u(13, n)), inputs, steps };
}

const spikesOf = (engine: EventEngine, until: number): [number, number][] => {
  const { time, neuron } = engine.advance(until);
  return Array.from(time, (t, k) => [t, neuron[k]!]);
};

for (const [backend, open] of Object.entries(eventEngines) as [
  string,
  (network: EventNetwork, from?: EventState) => EventEngine,
][])
  // prettier-ignore
  describe(`the event engine in ${backend}`, () => {
    it('gives the same bits however often it stops and is looked at, and after being saved and resumed', () => {
      const straight = open(busy());
      const expected = spikesOf(straight, 200);
      expect(expected.length).toBeGreaterThan(200);
      let engine = open(busy());
      const found: [number, number][] = [];
      for (let k = 1; k <= 400; k++) {
        // Stops also at the very time of a spike, before it happens.
        const until = k === 400 ? 200 : k % 5 === 0 ? expected[Math.floor((expected.length * k) / 400)]![0] : k / 2;
        if (until < engine.time) continue;
        found.push(...spikesOf(engine, until));
        for (let n = 0; n < 50; n++) engine.potential(n);
        if (k % 7 === 0) engine = open(busy(), JSON.parse(JSON.stringify(engine.state(), plain), revived) as EventState);
      }
      expect(found).toEqual(expected);
      const [a, b] = [straight.state(), engine.state()];
      for (const key of Object.keys(a) as (keyof EventState)[]) expect(b[key], key).toEqual(a[key]);
    });

    it('potentials stay between floor and threshold, at any time', () => {
      const engine = open(busy());
      for (let t = 0.5; t < 100; t += 0.5) {
        engine.advance(t);
        for (let n = 0; n < 50; n++) {
          expect(engine.potential(n)).toBeGreaterThanOrEqual(-66);
          expect(engine.potential(n)).toBeLessThanOrEqual(-50 + 1e-12);
        }
      }
    });

    it('arrivals of one instant are summed before the test, and a jump that lands on the threshold fires', () => {
      const both = network(1, { events: [[3, 0, 1, 20], [3, 0, 1, -10]] }); // prettier-ignore
      expect(spikesOf(open(both), 10)).toEqual([]);
      const exact = network(1, { events: [[0, 0, 1, 15]] });
      expect(spikesOf(open(exact), 10)).toEqual([[0, 0]]);
      const above = network(1, { neuron: { strict: true }, events: [[0, 0, 1, 15]] });
      expect(spikesOf(open(above), 10)).toEqual([]);
    });

    it('zero delays act at the same instant, generation after generation, and each neuron once', () => {
      const ring = [0, 1, 2].map((pre): Synapse => ({ pre, post: (pre + 1) % 3, type: 1, weight: 15, delay: 0 }));
      expect(spikesOf(open(network(3, { synapses: ring, events: [[1, 1, 1, 15]] })), 20)).toEqual([[1, 1], [1, 2], [1, 0]]); // prettier-ignore
    });

    it('a circle of zero delays without refractory time is refused when it turns for ever', () => {
      const loop = [{ pre: 0, post: 0, type: 1, weight: 15, delay: 0 }];
      const endless = network(1, { neuron: { refractory: { ...group.refractory, duration: 0 } }, synapses: loop, events: [[1, 0, 1, 15]] }); // prettier-ignore
      expect(() => open(endless).advance(2)).toThrow(/does not stop firing at one instant/);
      expect(() => open(network(1, { synapses: loop, events: [[1, 0, 1, 15]] })).advance(2)).not.toThrow();
    });

    it('reset by subtraction fires once for every whole threshold of a large jump', () => {
      const large = network(1, { neuron: { resetBy: 'subtraction', refractory: { ...group.refractory, duration: 0 } }, events: [[1, 0, 1, 50]] }); // prettier-ignore
      const engine = open(large);
      expect(spikesOf(engine, 1.5)).toEqual([[1, 0], [1, 0], [1, 0]]); // prettier-ignore
      expect(engine.potential(0)).toBeCloseTo(-65 + 5 * Math.exp(-0.5 / 20), 12);
    });

    it('a neuron at or above threshold at the start fires at time 0', () => {
      const started = { ...network(2), initial: Float64Array.of(-50, -49) };
      expect(spikesOf(open(started), 1)).toEqual([[0, 0], [0, 1]]); // prettier-ignore
    });

    it('a bias that changes between two calls acts from that time on', () => {
      const engine = open(network(1));
      engine.advance(10);
      engine.setBias(Float64Array.of(30));
      const [spike] = spikesOf(engine, 50);
      expect(spike![0]).toBeCloseTo(10 + 20 * Math.log(2), 12);
    });

    it('a maximum within rounding of the threshold is decided in double-double: the last bit of the weight tells', () => {
      // The peak of V is 15 mV for this weight of tau_s 5, tau_m 20: bisected to neighbouring doubles.
      let [low, high] = [95, 96];
      const fires = (weight: number): boolean => spikesOf(open(network(1, { events: [[1, 0, 0, weight]] })), 60).length > 0; // prettier-ignore
      while ((low + high) / 2 > low && (low + high) / 2 < high) {
        const middle = (low + high) / 2;
        if (fires(middle)) high = middle;
        else low = middle;
      }
      // 15 (tau_s / tau_m)^(-1 / (1 - tau_m / tau_s)) to the last place: r^(1 / (r - 1)) at r = 1 / 4 is 4^(4 / 3).
      expect(Math.abs(high - 15 * 4 ** (4 / 3))).toBeLessThan(3e-14);
    });
  });

/** A CUBA-shaped network (Brette et al. 2007) of two kinds of excitatory neurons, every delay or none. */
function cuba(neurons: number, delays: readonly number[]): EventNetwork {
  const u = (stream: number, k: number): number => uniform24(4, stream, k, 0, 0);
  const inhibitory = 0.8 * neurons;
  const chance = 80 / neurons;
  const synapses: Synapse[] = [];
  for (let pre = 0; pre < neurons; pre++)
    for (let post = 0; post < neurons; post++) {
      const k = pre * neurons + post;
      if (u(1, k) < chance)
        synapses.push({ pre, post, type: pre < inhibitory ? 0 : 1, weight: pre < inhibitory ? 1.62 : -9, delay: delays[k % delays.length]! }); // prettier-ignore
    }
  const like: NeuronGroup = { ...group, rest: -49, reset: -60, refractory: { ...group.refractory, duration: 5 } };
  const part = { ...like, membraneTimeConstant: 17, count: neurons / 4 };
  return {
    ...network(neurons, { synapses }),
    groups: [{ ...like, count: neurons / 2 }, part, { ...part, floor: -75 }],
    types: [exc, { kind: 'exponential', timeConstant: 10, amplitude: 'peak' }],
    initial: Float64Array.from({ length: neurons }, (_, n) => -60 + 10 * u(2, n)),
  };
}

describe('the two engines', () => {
  it.each([
    ['no delays', [0]],
    ['three delays', [0.3, 1.1, 2.7]],
  ])('agree spike for spike on a random network with %s, three kinds of neurons, times within 1e-9', (_, delays) => {
    const made = cuba(400, delays);
    const [right, found] = [eventEngines.reference(made), eventEngines.wasm(made)];
    expect([right.backend, found.backend]).toEqual(['reference', 'wasm']);
    const [a, b] = [right.advance(400), found.advance(400)];
    expect(a.time.length).toBeGreaterThan(500);
    expect(Array.from(b.neuron)).toEqual(Array.from(a.neuron));
    expect(Math.max(...a.time.map((t, k) => Math.abs(t - b.time[k]!)))).toBeLessThan(1e-9);
    expect(found.counts).toEqual(right.counts);
    for (let n = 0; n < 400; n++) expect(Math.abs(found.potential(n) - right.potential(n))).toBeLessThan(1e-9);
  });
});

/** JSON keeps neither typed arrays nor infinities. */
function plain(_key: string, value: unknown): unknown {
  if (!ArrayBuffer.isView(value)) return value;
  return { type: value.constructor.name, values: Array.from(value as Float64Array, String) };
}
function revived(_key: string, value: unknown): unknown {
  const { type, values } = (value ?? {}) as { type?: string; values?: string[] };
  const kinds = { Float64Array, Uint32Array, Int8Array, Uint8Array } as const;
  return type && values ? new kinds[type as keyof typeof kinds](values.map(Number)) : value;
}

describe('a network that runs away', () => {
  it('is refused before it has taken all memory', () => {
    const neuron = { count: 2, membraneTimeConstant: 1, rest: 2, resistance: 1, threshold: 1, strict: false, reset: 0, resetBy: 'value', refractory: { duration: 0, membrane: 'clamp', arrivals: 'lose' }, floor: -Infinity, cap: Infinity } as const; // prettier-ignore
    const none = new Float64Array(0);
    const engine = eventEngines.wasm({
      neurons: 2, groups: [neuron], types: [{ kind: 'exponential', timeConstant: 5, amplitude: 'peak' }],
      connections: compressed(2, [{ pre: 0, post: 1, type: 0, weight: 5, delay: 0 }, { pre: 1, post: 0, type: 0, weight: 5, delay: 0 }]),
      initial: new Float64Array(2), bias: new Float64Array(2), inputs: inputEvents([]), steps: { time: none, neuron: new Uint32Array(0), value: none },
    }); // prettier-ignore
    expect(() => engine.advance(100)).toThrow(/fires faster and faster/);
  });
});
