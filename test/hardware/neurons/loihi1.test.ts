// Loihi 1's neuron against the sheet's vectors and against examples worked by hand in the comments.
import { describe, expect, it } from 'vitest';
import { SettleError } from '../../../src/errors.ts';
import { decayed, loihiNeurons, shiftedSum, truncatedWeight, wrapped24 } from '../../../src/hardware/neurons/loihi1.ts';

const ints = (...values: number[]): Int32Array => Int32Array.from(values);
const one = (more: Partial<Record<'du' | 'dv' | 'threshold' | 'bias' | 'refractory', number>>, strict = false) =>
  loihiNeurons(
    {
      currentDecay: ints(more.du ?? 0), membraneDecay: ints(more.dv ?? 0), threshold: ints(more.threshold ?? 8388544),
      bias: ints(more.bias ?? 0), refractory: ints(more.refractory ?? 1),
    },
    { strict },
  ); // prettier-ignore

describe('the arithmetic', () => {
  it('decays toward zero: 1000 x 3071 = 3071000 = 749 x 4096 + 3096, whatever the sign', () => {
    expect([decayed(-1000, 1025), decayed(1000, 1025)]).toEqual([-749, 749]);
    // A shift of the product of -1000 would give -750, and int32 would not hold this product at all.
    expect(decayed(8388607, 1)).toBe(8386559);
    expect([decayed(5, 4096), decayed(-5, 4096), decayed(-1, 1)]).toEqual([0, 0, 0]);
  });
  it('wraps as 24 bits do', () => {
    expect([8388607, 8388608, -8388608, -8388609, 16777216 + 5].map(wrapped24)).toEqual([8388607, -8388608, -8388608, 8388607, 5]); // prettier-ignore
  });
  it('shifts the sum of weights, not each: (-1 - 1) >> 1 is -1, where -1 >> 1 twice would be -2', () => {
    expect([shiftedSum(-2, -1), shiftedSum(5, -1), shiftedSum(-5, -1), shiftedSum(-3, 2)]).toEqual([-1, 2, -3, -12]);
  });
  it.each([
    ['mixed', 8, [[-255, -256], [-37, -38], [-1, -2], [1, 0], [37, 36], [255, 254], [-300, -256]]],
    ['mixed', 5, [[-37, -48], [37, 32]]],
    ['excitatory', 5, [[37, 32], [255, 248], [-3, 0]]],
    ['inhibitory', 5, [[-37, -32], [3, 0]]],
  ] as const)('holds %s weights of %i bits on their grid', (mode, bits, table) => {
    for (const [given, held] of table) expect(truncatedWeight(given, bits, mode), `${given}`).toBe(held);
  }); // prettier-ignore
});

describe('the neuron', () => {
  it('follows vector A of two neurons, step by step', () => {
    const table = [
      [0, 0, 64, 0, 0, 0, 0, 0],
      [100, 6400, 6524, 0, 76, 4864, 4864, 0],
      [100, 11200, 17381, 0, 76, 8512, 13073, 0],
      [0, 8400, 24762, 1, 0, 6384, 18643, 0],
      [100, 12700, 12764, 0, 38, 7220, 24702, 1],
      [100, 15925, 27958, 1, 76, 10279, 10279, 0],
      [0, 11943, 12007, 0, -38, 5277, 14916, 0],
      [0, 8957, 20280, 1, 0, 3957, 17944, 0],
      [100, 13117, 13181, 0, 38, 5399, 22225, 1],
      [0, 9837, 22261, 1, 0, 4049, 4049, 0],
    ];
    const pair = loihiNeurons({
      currentDecay: ints(1024, 1024),
      membraneDecay: ints(255, 255),
      threshold: ints(19200, 19200),
      bias: ints(64, 0),
    });
    const spikesIn = new Set([0, 1, 3, 4, 7]);
    const weights = [100, 77, -37].map((weight) => truncatedWeight(weight, 8, 'mixed'));
    table.forEach(([a0, u0, v0, s0, a1, u1, v1, s1], t) => {
      if (spikesIn.has(t - 1)) [0, 1].forEach((n) => pair.receive(n, weights[n]!));
      if (pair.fired[0]) pair.receive(1, weights[2]!);
      expect([...pair.arrivals], `arrivals at ${t}`).toEqual([a0, a1]);
      pair.step();
      expect([...pair.u], `u at ${t}`).toEqual([u0, u1]);
      expect([...pair.v], `v at ${t}`).toEqual([s0 ? 0 : v0, s1 ? 0 : v1]);
      expect([...pair.fired], `spikes at ${t}`).toEqual([s0, s1]);
    });
  });
  it('wraps the current at the rail: 8388000 decayed by 1 is 8385952, + 200 x 64 wraps to -8378464', () => {
    // 8388000 x 4095 / 4096 = 8385952.1...; 8385952 + 12800 - 2^24 = -8378464. Mirrored, it comes out positive.
    const neuron = one({ du: 1 });
    for (const sign of [1, -1]) {
      neuron.clear();
      neuron.u[0] = sign * 8388000;
      neuron.receive(0, sign * 200);
      neuron.step();
      expect(neuron.u[0]).toBe(-sign * 8378464);
    }
    expect(neuron.counts.wraps[0]).toBe(2);
  });
  it('refuses to wrap if strict, naming the value', () => {
    const neuron = one({ du: 1 }, true);
    neuron.u[0] = 8388000;
    neuron.receive(0, 200);
    expect(() => neuron.step()).toThrow(SettleError);
  });
  it('saturates the membrane where the current would have wrapped, and spikes from there', () => {
    const neuron = one({ du: 1 });
    [neuron.u[0], neuron.v[0]] = [8000000, 8388000];
    neuron.step();
    expect([neuron.u[0], neuron.v[0], neuron.fired[0]]).toEqual([7998046, 0, 1]);
    expect([neuron.counts.saturations[0], neuron.counts.wraps[0]]).toEqual([1, 0]);
  });
  it('does not spike at the threshold, only above: 3 x 64 = 192 is a tie, 193 a spike', () => {
    const neuron = one({ threshold: 192, bias: 64, dv: 0 });
    const seen = Array.from({ length: 3 }, () => neuron.step());
    expect([seen, neuron.v[0], neuron.counts.ties[0]]).toEqual([[0, 0, 0], 192, 1]);
    neuron.parameters.bias[0] = 1;
    expect(neuron.step()).toBe(1);
  });
  it('lets a negative membrane decay toward zero and counts it: -1000 x 3071 / 4096 = -749.7..., -749', () => {
    const neuron = one({ dv: 1025 });
    neuron.v[0] = -1000;
    neuron.step();
    expect([neuron.v[0], neuron.counts.negativeLeaks[0]]).toEqual([-749, 1]);
  });
  it.each([
    [1, [2, 5, 8, 11]],
    [2, [2, 6, 10]],
    [3, [2, 7]],
  ])('refractory register %i: steps of 10 over a threshold of 25 spike at %j', (refractory, times) => {
    const neuron = one({ threshold: 25, bias: 10, refractory });
    const found = Array.from({ length: 12 }, (_, t) => (neuron.step() ? t : -1)).filter((t) => t >= 0);
    expect(found.slice(0, times.length)).toEqual(times);
  });
});
