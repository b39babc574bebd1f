// A hand-over's files: words by hand, the sheet's table in expected.mem, addresses, coverage, ties reached on purpose.
import { describe, expect, it } from 'vitest';
import { biasRegister } from '../../../src/hardware/neurons/toLoihi.ts';
import { decayed } from '../../../src/hardware/neurons/loihi1.ts';
import { hardwareOf } from '../../../src/trace/rtl/bundle.ts';
import { coverageOf, coverageText } from '../../../src/trace/rtl/coverage.ts';
import { readme, registerMap } from '../../../src/trace/rtl/documents.ts';
import { tieCourse } from '../../../src/trace/rtl/edges.ts';
import { bitsFor, packed, word } from '../../../src/trace/rtl/memory.ts';
import { recorder } from '../../../src/trace/rtl/vectors.ts';
import { randomNetwork, stimulusA, vectorA } from './fixtures.ts';

const linesOf = (text: string): string[] => text.trim().split('\n').filter((line) => !line.startsWith('//')); // prettier-ignore

function handOver() {
  const into = recorder(vectorA);
  into.clear(0);
  into.run(stimulusA);
  const vectors = into.finish();
  return { vectors, hardware: hardwareOf(vectorA, vectors) };
}

describe('words', () => {
  it("are two's complement at the exact number of digits", () => {
    expect([word(-608, 24), word(5, 4), word(-1, 12), word(17, 20)]).toEqual(['fffda0', '5', 'fff', '00011']);
    expect(packed([[1, 3], [-1, 13], [2, 4]])).toBe(((1n << 17n) | (0x1fffn << 4n) | 2n).toString(16).padStart(5, '0')); // prettier-ignore
    expect([0, 1, 2, 255, 256].map(bitsFor)).toEqual([1, 1, 2, 8, 9]);
  });
});

describe('the vectors of the sheet', () => {
  const { vectors, hardware } = handOver();
  const { files } = hardware;
  it('stand in expected.mem: spikes, u and v after the reset of each tick', () => {
    const table = [[0, 0, 64], [0, 6400, 6524], [0, 11200, 17381], [1, 8400, 0]]; // prettier-ignore
    const expected = linesOf(files.get('expected.mem')!);
    expect(expected.length).toBe(20);
    table.forEach(([spikes, u, v], t) => expect(expected[2 * t]).toBe(word(spikes!, 4) + word(u!, 24) + word(v!, 24)));
    // n1 in tick 6: u 5277, v 14916.
    expect(expected[13]).toBe(`0${word(5277, 24)}${word(14916, 24)}`);
    expect([vectors.ticks, vectors.spikes, vectors.events]).toEqual([10, 6, 5]);
  });
  it('stand in stim.mem: clear, then the events of a tick and its end', () => {
    expect(linesOf(files.get('stim.mem')!).slice(0, 6)).toEqual(['20000', '00000', '10000', '00000', '10000', '10000']); // prettier-ignore
    expect(linesOf(files.get('stim.mem')!).at(-1)).toBe('70000');
  });
  it('weights are registers, half of 100, 76 and -38; parameters have their places', () => {
    expect(linesOf(files.get('weights.mem')!)).toEqual(['32', '26', 'ed']);
    const [first] = linesOf(files.get('params.mem')!);
    const bits = BigInt(`0x${first}`);
    const field = (low: number, width: number): number => Number((bits >> BigInt(low)) & ((1n << BigInt(width)) - 1n));
    expect([field(0, 13), field(13, 13), field(26, 17), field(43, 6), field(49, 13), field(62, 3)]).toEqual([255, 1024, 300, 1, 64, 0]); // prettier-ignore
    expect(first!.length).toBe(17);
  });
  it('neurons have names and addresses', () => {
    expect(files.get('addr_map.csv')).toBe('neuron,address,name\n0,1,n[0]\n1,2,n[1]\n,0,x[0]\n');
  });
  it('a core of any sizes has the ports that the map names', () => {
    const core = files.get('loihi1_core.v')!;
    for (const [, port, own] of files.get('ports.map')!.matchAll(/^port (\S+) (\S+)$/gm))
      if (own !== '-') expect(core, port).toMatch(new RegExp(`(input|output) (wire|reg)( \\[[^\\]]+\\])? ${own}\\b`));
    for (const [, parameter] of files.get('ports.map')!.matchAll(/^parameter (\S+) /gm)) expect(core).toContain(`parameter ${parameter} =`); // prettier-ignore
  });
  it('coverage names who met what, and what nobody met', () => {
    const coverage = coverageOf(vectorA, vectors.counts, vectors.ticks);
    expect(coverage.notMet).toEqual(['saturations', 'wraps', 'ties', 'negativeLeaks']);
    expect(coverageText(coverage)).toMatch(/two or more events in one tick \| 2 \| 1 \| n\[1\]/);
    expect(coverageText(coverage)).toMatch(/Not met by any neuron: membrane clipped; current wrapped around/);
  });
  it('the documents carry the numbers of this hand-over', () => {
    const story = {
      model: 'm', profile: 'loihi-1', network: vectorA, hardware, vectors, notes: [], share: 0.25, learning: null, examples: 1, edges: 0,
    }; // prettier-ignore
    expect(readme(story)).toMatch(/PASS 10 ticks 6 spikes/);
    expect(readme(story)).toMatch(
      /25\.0 % of the learned weights are in weights\.mem\. The rest are those of the inputs/,
    );
    expect(registerMap(story)).toMatch(/\| 1 \| n->n \| 1 \| 1 \| 1 \| 1 \| 2 \| 0 \|/);
  });
});

describe('tinyODIN', () => {
  const network = randomNetwork('tiny-odin', 1);
  const into = recorder(network);
  into.clear(0);
  into.run({ offsets: Int32Array.of(0, 1), units: Int32Array.of(2) });
  const { files } = hardwareOf(network, into.finish());
  it('has the words of its memories: nibbles by neuron in the row of the sender, neurons before inputs', () => {
    const synapses = linesOf(files.get('weights.mem')!);
    expect(synapses.length).toBe(8192);
    // Input 2 is address 7 + 2; its row reaches h, neurons 0 to 3.
    const row = Number.parseInt(synapses[9 * 32]!, 16);
    const weights = [0, 1, 2, 3].map((n) => ((row >> (4 * n)) << 28) >> 28);
    expect(weights).toEqual([...network.blocks[0]!.registers.subarray(8, 12)]);
    expect(linesOf(files.get('stim.mem')!)).toEqual(['20000', '00009', '10000', '70000']);
  });
  it('has its neurons enabled and its inputs disabled', () => {
    const words = linesOf(files.get('params.mem')!).map((text) => Number.parseInt(text, 16));
    expect(words.length).toBe(256);
    expect(words.map((value) => value >>> 31).lastIndexOf(0)).toBe(6);
    const { registers } = network;
    expect((words[3]! >>> 12) & 0xfff).toBe(registers.threshold[3]);
  });
});

describe('ties', () => {
  it.each([
    [64 * 32000, 390],
    [64 * 19, 0],
    [64 * 131071, 100],
    [64 * 1000, 4096],
  ])('a threshold of %i under a decay of %i is met exactly, and passed in the tick after', (threshold, decay) => {
    const course = tieCourse(threshold, decay)!;
    const potentials: number[] = [];
    let v = 0;
    for (const bias of course) {
      const { mantissa, exponent, clipped } = biasRegister(bias);
      expect([mantissa * 2 ** exponent, clipped]).toEqual([bias, false]);
      v = decayed(v, decay) + bias;
      potentials.push(v);
    }
    expect(potentials.at(-2)).toBe(threshold);
    expect(Math.max(...potentials.slice(0, -2), 0)).toBeLessThan(threshold);
    expect(potentials.at(-1)).toBeGreaterThan(threshold);
  });
});
