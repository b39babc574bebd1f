// One engine for many examples: begun again, put into a state of before, and given arrivals between two calls.
import { describe, expect, it } from 'vitest';
import { compressed, type EventNetwork, inputEvents, type NeuronGroup } from '../../src/engine/event/network.ts';
import { referenceEventEngine } from '../../src/engine/event/reference.ts';
import { wasmEventEngine } from '../../src/engine/event/wasm.ts';
import { uniform24 } from '../../src/math/random.ts';

const group: NeuronGroup = {
  count: 12, membraneTimeConstant: 10, rest: 0, resistance: 1, threshold: 1, strict: false, reset: 0, resetBy: 'value',
  refractory: { duration: 2, membrane: 'clamp', arrivals: 'keep' }, floor: -1, cap: Infinity,
}; // prettier-ignore
const drawn = (stream: number, count: number, low: number, high: number): Float64Array =>
  Float64Array.from({ length: count }, (_, k) => low + (high - low) * uniform24(7, stream, k, 0, 0));
function network(
  initial: Float64Array,
  bias: Float64Array,
  inputs: Parameters<typeof inputEvents>[0] = [],
): EventNetwork {
  // prettier-ignore
  const weight = drawn(3, 144, -0.3, 0.4);
  return {
    neurons: 12, groups: [group], initial, bias, inputs: inputEvents(inputs),
    types: [{ kind: 'exponential', timeConstant: 5, amplitude: 'peak' }, { kind: 'delta', timeConstant: 0, amplitude: 'peak' }],
    connections: compressed(12, Array.from(weight, (w, k) => ({ pre: k % 12, post: Math.floor(k / 12), type: k % 5 === 0 ? 1 : 0, weight: w, delay: k % 3 }))),
    steps: { time: new Float64Array(0), neuron: new Uint32Array(0), value: new Float64Array(0) },
  }; // prettier-ignore
}
const [first, second] = [1, 2].map((k) => [drawn(k, 12, 0, 1), drawn(10 + k, 12, 0.8, 1.6)] as const) as [readonly [Float64Array, Float64Array], readonly [Float64Array, Float64Array]]; // prettier-ignore

describe.each([
  ['reference', referenceEventEngine],
  ['wasm', wasmEventEngine],
] as const)('the %s engine', (_, open) => {
  it('begun again gives the bits of a new one', () => {
    const used = open(network(...first));
    used.advance(73.5);
    used.restart(...second);
    const fresh = open(network(...second));
    const [again, once] = [used.advance(100), fresh.advance(100)];
    expect(once.time.length).toBeGreaterThan(30);
    expect(again).toEqual(once);
    expect(used.state()).toEqual(fresh.state());
  });

  it('put into a state of before goes on with the bits that it had', () => {
    const engine = open(network(...first));
    engine.advance(41);
    const state = engine.state();
    const once = engine.advance(120);
    engine.restart(...second);
    engine.advance(30);
    engine.load(state);
    expect(engine.time).toBe(41);
    expect(engine.advance(120)).toEqual(once);
    expect(once.time.length).toBeGreaterThan(30);
  });

  it.each([
    ['a current', 0, 3],
    ['a jump', 1, 0.4],
    ['a jump past threshold', 1, 2],
    ['a jump below the floor', 1, -4],
  ])('takes %s between two calls as it takes an input event of that time', (_what, type, weight) => {
    const expected = open(network(...first, [0, 3, 5, 7].map((neuron) => ({ time: 33.25, neuron, type, weight })))).advance(90); // prettier-ignore
    const engine = open(network(...first));
    engine.advance(33.25);
    for (const neuron of [0, 3, 5, 7]) engine.inject(neuron, type, weight);
    const after = engine.advance(90);
    const at = expected.time.findIndex((time) => time >= 33.25);
    expect([...after.neuron]).toEqual([...expected.neuron.subarray(at)]);
    after.time.forEach((time, k) => expect(Math.abs(time - expected.time[at + k]!)).toBeLessThan(1e-12));
    expect(open(network(...first)).advance(90).time).not.toEqual(expected.time);
  });
});
