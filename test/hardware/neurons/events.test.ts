// ODIN, tinyODIN and Xylo against the sheet's vectors B, C and D and against examples worked by hand.
import { describe, expect, it } from 'vitest';
import { odinNeurons } from '../../../src/hardware/neurons/odin.ts';
import { tinyOdinNeurons } from '../../../src/hardware/neurons/tinyOdin.ts';
import { dashed, xyloNeurons } from '../../../src/hardware/neurons/xylo.ts';
import type { EventNeurons } from '../../../src/hardware/neurons/counts.ts';

const ints = (...values: number[]): Int32Array => Int32Array.from(values);

/** v after each event ('leak' or a weight), and the events at which it spiked. */
function course(neurons: EventNeurons, events: readonly (number | 'leak')[]): { v: number[]; spikes: number[] } {
  const spikes: number[] = [];
  const v = events.map((event, k) => {
    if (event === 'leak' ? neurons.leak(0) : neurons.synapse(0, event)) spikes.push(k);
    return neurons.v[0]!;
  });
  return { v, spikes };
}

describe('ODIN', () => {
  const neuron = (leak: number, threshold: number) => odinNeurons({ leak: ints(leak), threshold: ints(threshold) });
  it('follows vector B', () => {
    expect(course(neuron(5, 20), [7, 7, 'leak', -3, 5, 7, 'leak'])).toEqual({ v: [7, 14, 9, 6, 11, 18, 13], spikes: [] }); // prettier-ignore
  });
  it('clamps at 0 and at 255, and says how often: 7 x 37 = 259', () => {
    const high = odinNeurons({ leak: ints(0), threshold: ints(256) });
    expect(
      course(
        high,
        Array.from({ length: 37 }, () => 7),
      ).v.at(-1),
    ).toBe(255);
    expect(course(high, [-7, -7]).v).toEqual([248, 241]);
    expect(high.counts.saturations[0]).toBe(1);
    const low = neuron(0, 20);
    expect(course(low, [3, -7]).v).toEqual([3, 0]);
    expect(low.counts.saturations[0]).toBe(1);
  });
  it('spikes at the threshold, and at every event where that is 0', () => {
    const tie = neuron(0, 14);
    expect(course(tie, [7, 7])).toEqual({ v: [7, 0], spikes: [1] });
    expect(tie.counts.ties[0]).toBe(1);
    expect(course(neuron(5, 0), [-7, 'leak', 7]).spikes).toEqual([0, 1, 2]);
  });
});

describe('tinyODIN', () => {
  const neuron = (leak: number, threshold: number) => tinyOdinNeurons({ leak: ints(leak), threshold: ints(threshold) });
  it('follows vector C', () => {
    const c = neuron(3, 16);
    expect(course(c, [7, 7, 'leak', -8, -8, 'leak', 7, 7, 6])).toEqual({ v: [7, 14, 11, 3, -5, -2, 5, 12, 0], spikes: [8] }); // prettier-ignore
    expect(c.counts.negativeLeaks[0]).toBe(1);
  });
  it('saturates at both rails: 2047 / 7 = 292.4 steps up, 2048 / 8 = 256 exact steps down', () => {
    const high = neuron(0, 4095);
    expect(
      course(
        high,
        Array.from({ length: 293 }, () => 7),
      ).v.at(-1),
    ).toBe(2047);
    expect(high.counts.saturations[0]).toBe(1);
    const low = neuron(0, 16);
    expect(
      course(
        low,
        Array.from({ length: 256 }, () => -8),
      ).v.at(-1),
    ).toBe(-2048);
    expect(low.counts.saturations[0]).toBe(0);
    expect(course(low, [-1, 'leak']).v).toEqual([-2048, -2048]);
    expect(low.counts.saturations[0]).toBe(1);
  });
  it('leaks toward zero and never past it: -2 + 3 is 0, and 2 - 3 is 0', () => {
    expect(course(neuron(3, 16), [-2, 'leak', 2, 'leak']).v).toEqual([-2, 0, 2, 0]);
  });
  it('spikes at the threshold; a threshold of 0 at every result that is not negative, one above 2047 never', () => {
    const tie = neuron(0, 14);
    expect(course(tie, [7, 7]).spikes).toEqual([1]);
    expect(tie.counts.ties[0]).toBe(1);
    expect(course(neuron(1, 0), [-1, 'leak', 0, -3]).spikes).toEqual([1, 2]);
    expect(
      course(
        neuron(0, 2048),
        Array.from({ length: 300 }, () => 7),
      ).spikes,
    ).toEqual([]);
  });
  it('a disabled neuron resets without a word', () => {
    const mute = tinyOdinNeurons({ leak: ints(0), threshold: ints(10), disabled: Uint8Array.of(1) });
    expect(course(mute, [7, 7])).toEqual({ v: [7, 0], spikes: [] });
  });
});

describe('Xylo', () => {
  const neuron = (limit = 31) =>
    xyloNeurons({
      membraneDash: ints(4),
      synapseDash: ints(3),
      threshold: ints(300),
      bias: ints(0),
      limit: ints(limit),
    });
  it('follows vector D', () => {
    const events = [[100], [100, 100], [], [-127, -127, -127], [], [], [], Array.from({ length: 15 }, () => 127), [], []]; // prettier-ignore
    const d = neuron();
    const found = events.map((weights) => {
      for (const weight of weights) d.receive(0, weight);
      d.step();
      return [d.i[0]!, d.v[0]!, d.fired[0]!];
    });
    expect(found.map(([i]) => i)).toEqual([88, 252, 221, -140, -122, -106, -92, 1587, 1389, 1216]);
    expect(found.map(([, v]) => v)).toEqual([88, 35, 254, 99, -29, -133, -216, 185, 63, 76]);
    expect(found.map(([, , n]) => n)).toEqual([0, 1, 0, 0, 0, 0, 0, 4, 5, 4]);
  });
  it('decays by an arithmetic shift with a dead zone of one', () => {
    expect([15, 17, -1, -16, -17, 0].map((x) => dashed(x, 4))).toEqual([1, 1, -1, -1, -2, 0]);
  });
  it('saturates at every event, so that their order matters near the rail', () => {
    const [up, down] = [neuron(), neuron()];
    for (const each of [up, down]) each.i[0] = 32760;
    up.receive(0, 127);
    up.receive(0, -127);
    down.receive(0, -127);
    down.receive(0, 127);
    expect([up.i[0], down.i[0]]).toEqual([32640, 32760]);
    expect([up.counts.saturations[0], down.counts.saturations[0]]).toEqual([1, 0]);
  });
  it('keeps above threshold what its limit of spikes leaves: 900 + 84 - 300 with a limit of one', () => {
    // i = 100 - 100 >> 3 = 88; v = 900 - 900 >> 4 + 88 = 900 - 56 + 88 = 932; one spike takes 300.
    const output = neuron(1);
    output.v[0] = 900;
    output.receive(0, 100);
    output.step();
    expect([output.v[0], output.fired[0]]).toEqual([632, 1]);
  });
});
