// Integer networks: the loop against tables worked by hand, the conversion from real numbers, stimuli, and learning in integers.
import { describe, expect, it } from 'vitest';
import { explain, SettleError } from '../../../src/errors.ts';
import { afterContrast, cut, halfUp } from '../../../src/hardware/neurons/contrast.ts';
import {
  type Block,
  type IntegerNetwork,
  integerMachine,
  type Stimulus,
} from '../../../src/hardware/neurons/network.ts';
import { readProfile } from '../../../src/hardware/profile/profileRead.node.ts';
import { mostOf } from '../../../src/hardware/neurons/readOut.ts';
import { stimulusOf } from '../../../src/hardware/neurons/stimulus.ts';
import { substituted } from '../../../src/hardware/pass/substitute.ts';
import { backOf } from '../../../src/hardware/pass/draft.ts';
import { toInteger } from '../../../src/hardware/neurons/toInteger.ts';
import { biasRegister } from '../../../src/hardware/neurons/toLoihi.ts';
import { readModel } from '../../../src/model/read.node.ts';

const ints = (...values: number[]): Int32Array => Int32Array.from(values);
const block = (firstSender: number, firstNeuron: number, registers: number[][], unit: number): Block => ({
  name: `${firstSender}->${firstNeuron}`, firstSender, senders: registers.length, firstNeuron, neurons: registers[0]!.length,
  registers: Int16Array.from(registers.flat()), unit,
}); // prettier-ignore
/** Input events by tick. */
const ticks = (...lists: number[][]): Stimulus => {
  const offsets = Int32Array.from({ length: lists.length + 1 }, (_, t) => lists.slice(0, t).flat().length);
  return { offsets, units: Int32Array.from(lists.flat()) };
};

/** Vector A of the sheet: weights 100, 76 and -38 are registers 50, 38 and -19. */
const pair: IntegerNetwork = {
  step: 0.001,
  inputs: { name: 'x', units: 1 },
  populations: [{ name: 'n', first: 0, units: 2 }],
  neurons: 2,
  blocks: [block(0, 0, [[50, 38]], 2), block(1, 1, [[-19]], 2)],
  registers: {
    chip: 'loihi-1', currentDecay: ints(1024, 1024), membraneDecay: ints(255, 255), threshold: ints(300, 300), refractory: ints(1, 1),
    biasMantissa: ints(64, 0), biasExponent: ints(0, 0),
  },
}; // prettier-ignore

describe('the loop', () => {
  it('runs vector A: a spike of tick t acts in tick t + 1, inputs and neurons alike', () => {
    const machine = integerMachine(pair);
    const spikes: string[] = [];
    const v: number[][] = [];
    machine.present({
      stimulus: ticks([0], [0], [], [0], [0], [], [], [0], [], []),
      onTick(tick, fired) {
        fired.forEach((count, n) => count > 0 && spikes.push(`${tick}:${n}`));
        v.push([...machine.neurons.v]);
      },
    });
    expect(spikes).toEqual(['3:0', '4:1', '5:0', '7:0', '8:1', '9:0']);
    expect(v[6]).toEqual([12007, 14916]);
    // An input and n0 reach n1 in the ticks after 3 and 7 alike.
    expect([...machine.counts.simultaneous]).toEqual([0, 2]);
  });
  it('begins every example from the reset state', () => {
    const machine = integerMachine(pair);
    const stimulus = ticks([0], [0], [0], [0], []);
    expect([...machine.present({ stimulus })]).toEqual([...machine.present({ stimulus })]);
    expect(machine.present({ stimulus, countFrom: 5 })).toEqual(ints(0, 0));
  });
  it('lets a tinyODIN spike act in its own tick, behind the events before it, and then leaks', () => {
    // Two inputs, a and b, into n0 (5, 6), n0 into n1 (7), thresholds 5 and 7: each input fires n0, which fires n1 at once.
    const chain: IntegerNetwork = {
      step: 0.001,
      inputs: { name: 'x', units: 2 },
      populations: [{ name: 'n', first: 0, units: 2 }],
      neurons: 2,
      blocks: [block(0, 0, [[5], [6]], 1), block(2, 1, [[7]], 1)],
      registers: { chip: 'tiny-odin', leak: ints(1, 1), threshold: ints(5, 7) },
    };
    const machine = integerMachine(chain);
    expect(machine.present({ stimulus: ticks([0, 1]) })).toEqual(ints(2, 2));
    // 3 + 3 = 6 against 7: the leak in between keeps n0 below 5 (3 - 1 + 3 = 5 ties and spikes; 2 - 1 + 2 = 3 does not).
    const slow = integerMachine({ ...chain, blocks: [block(0, 0, [[3], [2]], 1), chain.blocks[1]!] });
    expect(slow.present({ stimulus: ticks([0], [0]) })[0]).toBe(1);
    expect(slow.counts.ties[0]).toBe(1);
    expect(slow.present({ stimulus: ticks([1], [1]) })[0]).toBe(0);
    expect(slow.neurons.v[0]).toBe(2);
  });
  it('runs vector B of ODIN: the sender has the sign, the time reference ends the tick', () => {
    const odin = integerMachine({
      ...pair,
      inputs: { name: 'x', units: 3 },
      populations: [{ name: 'n', first: 0, units: 1 }],
      neurons: 1,
      blocks: [block(0, 0, [[7], [-3], [5]], 1)],
      registers: { chip: 'odin', leak: ints(5), threshold: ints(20) },
    });
    const v: number[] = [];
    odin.present({ stimulus: ticks([0, 0], [1, 2, 0]), onTick: () => v.push(odin.neurons.v[0]!) });
    expect(v).toEqual([9, 13]);
  });
  it('runs vector D of Xylo: inputs act in their own step, recurrent spikes in the next, each of them', () => {
    const many = (input: number, count: number): number[] => Array.from({ length: count }, () => input);
    const xylo = (blocks: Block[], neurons: number) =>
      integerMachine({
        ...pair, inputs: { name: 'x', units: 3 }, populations: [{ name: 'n', first: 0, units: neurons }], neurons, blocks,
        registers: {
          chip: 'xylo', membraneDash: ints(4, 4), synapseDash: ints(3, 3), threshold: ints(300, 300), bias: ints(0, 0), limit: ints(31, 31),
        },
      }); // prettier-ignore
    const weights = block(0, 0, [[100], [-127], [127]], 1);
    const stimulus = ticks([0], [0, 0], [], many(1, 3), [], [], [], many(2, 15), [], []);
    const spikes: number[] = [];
    const one = xylo([weights], 1);
    one.present({ stimulus, onTick: (_, fired) => spikes.push(fired[0]!) });
    expect(spikes).toEqual([0, 1, 0, 0, 0, 0, 0, 4, 5, 4]);
    // n0 into n1 with 64. n0 of 200 a step: i 175, 329, 463; v 175, 494 (a spike, 194), 645 (two, 45). So n1 has i = 64 - 8 = 56
    // in step 2 and 56 + 128 - 23 = 161 in step 3, v = 56 and 56 - 3 + 161.
    const two = xylo([weights, block(3, 1, [[64]], 1)], 2);
    const membrane: number[] = [];
    two.present({ stimulus: ticks([0, 0], [0, 0], [0, 0], []), onTick: () => membrane.push(two.neurons.v[1]!) });
    expect(membrane).toEqual([0, 0, 56, 214]);
  });
  it('says which output spiked most, the first of equals', () => {
    expect(mostOf(ints(9, 1, 4, 4), { first: 1, units: 3 })).toBe(1);
  });
});

describe('stimuli', () => {
  it('of regular inputs have the rate of the value, at most one spike a tick, in order', () => {
    const options = { encode: { kind: 'regular', rate: 200 }, step: 0.001, ticks: 100, clock: 7, example: 3 } as const;
    const { offsets, units } = stimulusOf([1, 0, 0.5], options);
    // 200 Hz for 100 ms is 20 spikes, half the value 10; the phase moves the count by one at most.
    const count = (unit: number) => units.filter((each) => each === unit).length;
    expect([count(0), count(1)]).toEqual([20, 0]);
    expect(Math.abs(count(2) - 10)).toBeLessThanOrEqual(1);
    for (let t = 0; t < 100; t++) {
      const now = [...units.subarray(offsets[t], offsets[t + 1])];
      expect(now).toEqual([...new Set(now)].sort((a, b) => a - b));
    }
    expect(stimulusOf([1, 0, 0.5], options)).toEqual({ offsets, units });
  });
});

const loihi = readProfile('loihi-1').profile;
const tinyOdin = readProfile('tiny-odin').profile;
function small(name: string, sizes: [number, number], set: string[] = []) {
  const [x, h] = sizes;
  const change = [`populations.x.units=${x}`, `populations.h.units=${h}`, 'data.set=idx', 'data.path=none', 'populations.y.units=2']; // prettier-ignore
  const { model } = readModel(name, { set: [...change, ...(name.startsWith('tiny') ? ['data.pixels=[1, 4]'] : []), ...set] }); // prettier-ignore
  return model;
}
/** Weights on no grid, and biases. */
function learnedOf(h: number, bias: number) {
  const values = (count: number, size: number) => Float64Array.from({ length: count }, (_, k) => size * Math.sin(1 + 3 * k)); // prettier-ignore
  return new Map([
    ['x->h.weight', values(4 * h, 0.5)], ['h<->y.weight', values(2 * h, 1.1)],
    ['h.bias', new Float64Array(h).fill(bias)], ['y.bias', new Float64Array(2).fill(bias)],
  ]); // prettier-ignore
}

describe('from real numbers to Loihi', () => {
  const { model } = substituted(small('loihi-mnist', [4, 3]), loihi);
  const learned = learnedOf(3, 1);
  const { network, blocks, scale } = toInteger(model, learned, loihi);

  it('both copies of a matrix have the same registers, one across the other', () => {
    const [there, back] = ['h->y', 'y->h'].map((name) => network.blocks.find((each) => each.name === name)!);
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 2; j++) expect(there!.registers[i * 2 + j]).toBe(back!.registers[j * 3 + i]);
  });
  it('no weight is further off than half a step, and none is clipped', () => {
    for (const { maximumError, step, clipped } of blocks) {
      expect(maximumError).toBeLessThanOrEqual(step / 2 + 1e-12);
      expect(clipped).toBe(0);
    }
  });
  it('registers hold: 390 for 10 ms in steps of 1 ms, 3 for two dead steps, a bias of rheobase', () => {
    const { registers } = network;
    if (registers.chip !== 'loihi-1') throw new Error('another chip');
    expect([registers.membraneDecay[0], registers.currentDecay[0], registers.refractory[0]]).toEqual([390, 390, 3]);
    // A bias of 1 for ever brings the membrane to its threshold: bias = threshold x 390 / 4096, to a half of 2^exponent.
    const wanted = (scale[0]! * 390) / 4096;
    const held = registers.biasMantissa[0]! * 2 ** registers.biasExponent[0]!;
    expect(Math.abs(held - wanted)).toBeLessThanOrEqual(2 ** registers.biasExponent[0]! / 2 + 1);
    expect(Math.abs(64 * registers.threshold[0]! - scale[0]!)).toBeLessThanOrEqual(32);
  });
  it('one spike moves the membrane as in the model: weight x 10 ms charge, after the first step', () => {
    const weight = learned.get('h<->y.weight')![0]!;
    const machine = integerMachine({ ...network, inputs: { name: 'x', units: 4 }, registers: { ...network.registers, biasMantissa: new Int32Array(5), biasExponent: new Int32Array(5) } as IntegerNetwork['registers'] }); // prettier-ignore
    // A spike of h[0] (sender 4) in tick 0, as an input event: in tick 1 y[0] has w (dt / tau) e^(-dt / tau) of T / tau = 1.
    machine.present({ stimulus: ticks([4], []) });
    const [tau, dt] = [model.populations[2]!.membraneTimeConstant, 0.001];
    const wanted = weight * (dt / tau) * Math.exp(-dt / tau) * scale[3]!;
    expect(Math.abs(machine.neurons.v[3]! / wanted - 1)).toBeLessThan(0.01);
  });
  it('weights that lie on a grid stay exactly where they are', () => {
    const onGrid = new Map([...learned].map(([name, values]) => [name, name.endsWith('weight') ? values.map((w) => Math.round(w * 64) / 64) : values])); // prettier-ignore
    const converted = toInteger(model, onGrid, loihi);
    // The gains of inputs (5 ms a spike) and neurons (9.994 ms) are not a power of two apart: 0.06 % in the step of one of them.
    for (const { maximumError } of converted.blocks) expect(maximumError).toBeLessThan(1e-3 * 1.1);
    expect(Math.min(...converted.blocks.map(({ maximumError }) => maximumError))).toBe(0);
  });
  it('biases take the least exponent that holds them', () => {
    expect(biasRegister(4095)).toEqual({ mantissa: 4095, exponent: 0, clipped: false });
    expect(biasRegister(-8190)).toEqual({ mantissa: -4095, exponent: 1, clipped: false });
    expect(biasRegister(1e6)).toEqual({ mantissa: 4095, exponent: 7, clipped: true });
  });
});

describe('from real numbers to tinyODIN', () => {
  const model = (set: string[] = []) => substituted(small('tiny-odin-mnist', [4, 3], set), tinyOdin).model;
  const refusal = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof SettleError) return explain(error);
      throw error;
    }
    return 'accepted';
  };
  it('keeps weights of -8 to 7 sixteenths: register = 16 w, threshold 16', () => {
    const sixteenths = new Map([
      ['x->h.weight', Float64Array.from({ length: 12 }, (_, k) => ((k % 16) - 8) / 16)],
      ['h<->y.weight', Float64Array.of(7, -8, 1, 0, -3, 2).map((w) => w / 16)],
    ]); // prettier-ignore
    const { network, blocks } = toInteger(model(), sixteenths, tinyOdin);
    expect(blocks.map(({ maximumError }) => maximumError)).toEqual([0, 0, 0]);
    expect([...network.blocks[0]!.registers]).toEqual([-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3]);
    const { registers } = network;
    expect([...registers.threshold]).toEqual([16, 16, 16, 16, 16]);
    expect(registers.chip === 'tiny-odin' && [...registers.leak]).toEqual([0, 0, 0, 0, 0]);
  });
  it('counts what it clips and what becomes 0', () => {
    const { blocks, network } = toInteger(model(), learnedOf(3, 0), tinyOdin);
    for (const { registers } of network.blocks) for (const value of registers) expect(value >= -8 && value <= 7).toBe(true); // prettier-ignore
    expect(blocks.reduce((sum, { weights }) => sum + weights, 0)).toBe(24);
  });
  it('refuses biases, and more senders than addresses, with the numbers', () => {
    expect(refusal(() => toInteger(model(), learnedOf(3, 0.5), tinyOdin))).toMatch(/populations\.h\.bias.*no bias.*up to 0\.5/); // prettier-ignore
    const large = substituted(small('tiny-odin-mnist', [4, 300]), tinyOdin).model;
    expect(refusal(() => toInteger(large, learnedOf(300, 0), tinyOdin))).toMatch(/4 \(x\) \+ 300 \(h\) \+ 2 \(y\) = 306, expected at most 256/); // prettier-ignore
    expect(refusal(() => toInteger(model(), learnedOf(3, 0), readProfile('truenorth').profile))).toMatch(/truenorth/);
  });
});

describe('from real numbers to ODIN and Xylo', () => {
  const profileOf = (name: string) => readProfile(name).profile;
  it('ODIN: 3 bits of the sign of the sender, thresholds of 8 bits; a sender of both signs is named', () => {
    const odin = profileOf('odin');
    const { model } = substituted(small('tiny-odin-mnist', [4, 3]), odin);
    // Each sender with one sign: inputs and h[0], h[2] excite, h[1] inhibits; y goes back as h<->y:back has it.
    const learned = new Map([
      ['x->h.weight', Float64Array.from({ length: 12 }, (_, k) => (k % 8) / 16)],
      ['h<->y.weight', Float64Array.of(7, 1, -3, -7, 0, 2).map((w) => w / 16)],
      [backOf('h<->y.weight'), Float64Array.of(1, -2, 3, -4, 5, -6).map((w) => w / 16)],
    ]); // prettier-ignore
    const { network, blocks } = toInteger(model, learned, odin);
    expect(blocks.map(({ maximumError }) => maximumError)).toEqual([0, 0, 0]);
    expect([...network.blocks.find(({ name }) => name === 'h->y')!.registers]).toEqual([7, 1, -3, -7, 0, 2]);
    expect([...network.registers.threshold]).toEqual([16, 16, 16, 16, 16]);
    const mixed = new Map([...learned, ['h<->y.weight', Float64Array.of(7, -1, -3, -7, 0, 2).map((w) => w / 16)]]);
    expect(() => toInteger(model, mixed, odin)).toThrow(expect.objectContaining({ place: expect.objectContaining({ path: 'h[0]' }) })); // prettier-ignore
  });
  it('Xylo: a spike moves the membrane by what it moves in the model, decays are the nearest shifts', () => {
    const xylo = profileOf('xylo');
    const { model } = substituted(small('loihi-mnist', [4, 3]), xylo);
    const learned = learnedOf(3, 1);
    const { network, scale } = toInteger(model, learned, xylo);
    const { registers } = network;
    if (registers.chip !== 'xylo') throw new Error('another chip');
    // 10 ms in steps of 1 ms: log2 10 = 3.3, a shift of 3.
    expect([registers.membraneDash[0], registers.synapseDash[0], registers.limit[0], registers.limit[3]]).toEqual([3, 3, 31, 1]); // prettier-ignore
    const machine = integerMachine({ ...network, registers: { ...registers, bias: new Int32Array(5) } });
    // A spike of h[0] as an input event reaches y[0] in its own step: i = w - w >> 3, v = i.
    machine.present({ stimulus: ticks([4]) });
    const { membraneTimeConstant: tau, activityTime } = model.populations[2]!;
    const wanted = learned.get('h<->y.weight')![0]! * (activityTime / tau) * (0.001 / tau) * Math.exp(-0.001 / tau) * scale[3]!; // prettier-ignore
    expect(Math.abs(machine.neurons.v[3]! - wanted)).toBeLessThanOrEqual(1.5);
    expect(wanted).toBeGreaterThan(50);
  });
});

describe('learning in integers', () => {
  it('rounds to the nearest, halves up: 6 / 4 and -6 / 4 are 2 and -1', () => {
    expect([6, -6, 5, -7, 2, -2].map((x) => halfUp(x, 2))).toEqual([2, -1, 1, -2, 1, 0]);
    expect(halfUp(-7, 0)).toBe(-7);
  });
  it('moves registers by differences of products and saturates at 8 bits', () => {
    // Senders: x0, n0, n1. Plus counts 3, 5, 4; minus 2, 6, 4. x0 to n0: 15 - 12 = 3; x0 to n1: 12 - 8 = 4; n0 to n1: 20 - 24 = -4.
    const [plus, minus] = [Uint8Array.of(3, 5, 4), Uint8Array.of(2, 6, 4)];
    expect([...afterContrast(block(0, 0, [[126, 0]], 2), pair, plus, minus, 0)]).toEqual([127, 4]);
    expect([...afterContrast(block(1, 1, [[-127]], 2), pair, plus, minus, 1)]).toEqual([-128]);
    expect([...afterContrast(block(1, 1, [[-127]], 2), pair, plus, minus, null)]).toEqual([-127]);
  });
  it('cuts a stimulus where a phase ends', () => {
    expect(cut(ticks([1], [2, 3], [], [4]), 1, 4)).toEqual(ticks([2, 3], [], [4]));
  });
});
