// A network under a profile: what its weights, copies, states and readings are, on both backends, and what is refused.
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../../src/expr/evaluate.ts';
import { num } from '../../src/expr/tools.ts';
import { gridOf, onGrid } from '../../src/hardware/pass/weights.ts';
import { quantised } from '../../src/hardware/pass/reading.ts';
import { readProfile } from '../../src/hardware/profile/profileRead.node.ts';
import { register } from '../../src/hardware/pass/states.ts';
import { feeder, freshState } from '../../src/learn/trainer.ts';
import { readModel } from '../../src/model/read.node.ts';
import type { Bench } from '../../src/run/bench.ts';
import { openBench, run } from '../../src/run/run.node.ts';
import { simulate } from '../../src/run/simulate.node.ts';

/** xor after some batches on a chip: what its buffers hold. */
async function trained(profile: string, set: string[] = [], { batches = 3, backend = 'wasm', model = 'xor', threads = 1, changes = [] as string[] } = {}): Promise<Map<string, number[]>> {
  const read = readModel(model, { set: [`backend=${backend}`, ...changes] });
  const bench: Bench = await openBench({ model: read.model, profile: readProfile(profile, set), threads });
  const { recipe, machine, data } = bench;
  await freshState(recipe, machine, 1);
  const feed = feeder(recipe, machine, data.train, data.classes);
  for (let batch = 0; batch < batches; batch++) {
    await feed.write(Int32Array.from({ length: machine.batch }, (_, k) => (batch * machine.batch + k) % data.train.count), 5);
    const parameters = recipe.parameters({ seed: 1, epoch: 0, batch, examples: 0, batchExamples: machine.batch });
    for (const name in parameters) machine.setParameter(name, parameters[name]!);
    for (const sequence of recipe.train) await machine.perform(sequence);
  }
  const found = new Map<string, number[]>();
  for (const name of machine.program.buffers.keys())
    if (/weight|unit|\.v$|\.step$/.test(name) && !name.includes('events')) found.set(name.replace(/^chip:/, ''), Array.from(await machine.read(name)));
  await machine.close();
  return found;
} // prettier-ignore

describe('digital weights', () => {
  it.each(['reference', 'wasm'])('%s: every weight is the nearest value of the grid to what the host keeps', async (backend) => {
    const found = await trained('loihi-1', [], { backend });
    const grid = gridOf(readProfile('loihi-1').profile)!;
    for (const weight of ['x->h.weight', 'h<->y.weight']) {
      const [unit] = found.get(`unit:${weight}`)!;
      found.get(`${weight}:master`)!.forEach((master, k) => expect(found.get(weight)![k]).toBe(onGrid(master, grid, unit!)));
      expect(new Set(found.get(weight)).size).toBeGreaterThan(8);
    }
  }); // prettier-ignore
  it('the host keeps what the weights cannot show: small updates add up', async () => {
    const [before, after] = [await trained('ideal', ['weight.bits=2'], { batches: 1 }), await trained('ideal', ['weight.bits=2'], { batches: 4 })];
    expect(after.get('x->h.weight:master')).not.toEqual(before.get('x->h.weight:master'));
    expect(new Set(after.get('x->h.weight')).size).toBeLessThanOrEqual(4);
  }); // prettier-ignore
  it('a chip without exponents has one unit for all synapses into a population, and a copy for the way back', async () => {
    const found = await trained('tiny-odin');
    const [h, y] = [found.get('unit:into h')![0]!, found.get('unit:into y')![0]!];
    const whole = (values: number[], unit: number): boolean => values.every((value) => Number.isInteger(value / unit) && value / unit >= -8 && value / unit <= 7);
    expect(whole(found.get('x->h.weight')!, h)).toBe(true);
    expect(whole(found.get('h<->y.weight')!, y)).toBe(true);
    expect(whole(found.get('h<->y.weight:back')!, h)).toBe(true);
  }); // prettier-ignore
  it('where the sign is the sender\'s, a row has one sign forward and a column one sign back', async () => {
    const found = await trained('odin', [], { batches: 1 });
    const signs = (values: number[]): number => new Set(values.map(Math.sign).filter((sign) => sign !== 0)).size;
    const [forward, back] = [found.get('h<->y.weight')!, found.get('h<->y.weight:back')!];
    const columns = 2;
    const rows = forward.length / columns;
    for (let i = 0; i < rows; i++) expect(signs(forward.slice(i * columns, (i + 1) * columns))).toBeLessThanOrEqual(1);
    for (let j = 0; j < columns; j++) expect(signs(back.filter((_, k) => k % columns === j))).toBeLessThanOrEqual(1);
    expect(signs(forward)).toBe(2);
  }); // prettier-ignore
  it('mismatch gives both copies of a weight factors of their own', async () => {
    const found = await trained('ideal', ['variation.weight=0.2'], { batches: 1 });
    const [master, forward, back] = ['master', 'held', 'back'].map((part) => found.get(`h<->y.weight:${part}`)!) as [number[], number[], number[]];
    const gains = (copy: number[]): number[] => copy.map((value, k) => value / master[k]!);
    const deviation = (values: number[]): number => Math.sqrt(values.reduce((sum, value) => sum + (value - 1) ** 2, 0) / values.length);
    expect(deviation(gains(forward))).toBeGreaterThan(0.1);
    expect(deviation(gains(forward))).toBeLessThan(0.3);
    expect(gains(forward)).not.toEqual(gains(back));
  }); // prettier-ignore
  it('copies that differ leave the forward weights as they are', async () => {
    const found = await trained('ideal', ['variation.copies=0.3'], { batches: 1 });
    expect(found.get('h<->y.weight')).toEqual(found.get('h<->y.weight:master'));
    expect(found.get('h<->y.weight:back')).not.toEqual(found.get('h<->y.weight'));
  });
});

describe('device weights', () => {
  it('move by whole pulses: a constant step without spread moves weights in multiples of it', async () => {
    const quiet = ['stepSpread', 'cycleSpread', 'minimumSpread', 'maximumSpread', 'asymmetrySpread'].map((key) => `devices.${key}=0`);
    const [start, end] = [await trained('constant-step', quiet, { batches: 0 }), await trained('constant-step', quiet, { batches: 3 })];
    const [scale] = end.get('x->h.weight:scale')!;
    const moved = end.get('x->h.weight')!.map((value, k) => (value - start.get('x->h.weight')![k]!) / (scale! * 0.0016));
    expect(moved.some((pulses) => Math.abs(pulses) > 0.5)).toBe(true);
    for (const pulses of moved) expect(Math.abs(pulses - Math.round(pulses))).toBeLessThan(2e-3);
  }); // prettier-ignore
  it('no bit depends on the number of threads', async () => {
    const changes = ['populations.h.units=70'];
    for (const profile of ['reram', 'pcm', 'loihi-1'])
      expect(await trained(profile, [], { threads: 2, changes })).toEqual(await trained(profile, [], { threads: 1, changes }));
  }); // prettier-ignore
});

describe('states', () => {
  let found: Map<string, number[]>;
  beforeAll(async () => {
    found = await trained('tiny-odin');
  });
  it('membranes are whole multiples of what one mantissa adds, inside 12 bits', () => {
    for (const population of ['h', 'y']) {
      const [step] = found.get(`${population}.v.step`)!;
      for (const v of found.get(`${population}.v`)!) {
        expect(Math.abs(v / step! - Math.round(v / step!))).toBeLessThan(1e-3);
        expect(Math.abs(v / step!)).toBeLessThanOrEqual(2048);
      }
    }
  });
  const format = (overflow: 'wrap' | 'saturate', bits = 24, signed = true) => {
    const known = <T>(value: T) => ({ value, source: '' });
    return { bits: known(bits), signed: known(signed), overflow: known(overflow), rounding: known('toward-zero' as const) };
  }; // prettier-ignore
  it('a current of a Loihi wraps where a membrane saturates', () => {
    const of = (x: number, overflow: 'wrap' | 'saturate'): number =>
      evaluate(register(num(x), format(overflow), num(1)), () => 0);
    // The rail check of the sheet: 8385952 + 12800 in 24 bits.
    expect(of(8385952 + 12800, 'wrap')).toBe(-8378464);
    expect(of(-8385952 - 12800, 'wrap')).toBe(8378464);
    expect(of(8385952 + 12800, 'saturate')).toBe(8388607);
    expect(of(-749.6, 'saturate')).toBe(-749);
  });
  it('an unsigned register stops at 0', () => {
    const of = (x: number): number => evaluate(register(num(x), format('saturate', 8, false), num(0.5)), () => 0);
    expect([of(-3), of(3.7), of(1000)]).toEqual([0, 3.5, 127.5]);
  });
});

describe('readings', () => {
  it('converters round, then clip', () => {
    const of = (x: number): number => evaluate(quantised(num(x), 3, 3), () => 0);
    // Steps of 2 * 3 / (2^3 - 2) = 1.
    expect([-9, -2.6, -0.4, 0.5, 2.4, 9].map(of)).toEqual([-3, -3, 0, 1, 2, 3]);
  });
  it('a noisy array gives other states than a quiet one, the same ones for one seed', async () => {
    const [noisy, again, quiet] = [await trained('constant-step'), await trained('constant-step'), await trained('constant-step', ['converters.outputNoise=0'])];
    expect(noisy).toEqual(again);
    expect(noisy.get('h.v')).not.toEqual(quiet.get('h.v'));
  }); // prettier-ignore
});

describe('runs', () => {
  const result = async (profile: string | null, set: string[] = []) => {
    const { model } = readModel('xor', { set: ['learning.epochs=2'] });
    return run({ model, profile: profile === null ? null : readProfile(profile, set) });
  };
  it('a profile without limits leaves training as it is, bit for bit', async () => {
    const [plain, ideal] = [await result(null), await result('ideal')];
    expect([...ideal.state.learned]).toEqual([...plain.state.learned]);
  });
  it('what a run has learned on a chip reads out the same when it is put back', async () => {
    for (const profile of ['loihi-1', 'tiny-odin', 'reram']) {
      const { model } = readModel('xor', { set: ['learning.epochs=1'] });
      const chip = readProfile(profile);
      const { result: found, state } = await run({ model, profile: chip });
      const again = await simulate({ model, profile: chip, examples: 10_000, from: { file: 'state', state } });
      expect(again!.testError).toBe(found!.testError);
    }
  });
  it('an inference and a training example have a price where the profile has prices', async () => {
    const { result: found } = await result('loihi-1');
    expect(found!.energy).toMatchObject({ table: 'Davies2018' });
    expect(found!.energy!.training!).toBeGreaterThan(found!.energy!.inference!);
    expect((await result('xylo')).result!.energy).toBeNull();
  });
  it('exact spike times run on quantised weights', async () => {
    const { model } = readModel('if-mnist', { set: ['engine=event', 'data.train=40', 'data.test=20', 'learning.epochs=1', 'populations.h.units=20', 'backend=reference'] });
    const { state } = await run({ model, profile: readProfile('ideal', ['weight.bits=3']) });
    expect(new Set(state.learned.get('x->h.weight')).size).toBeLessThanOrEqual(8);
  }); // prettier-ignore
  it('a stronger first nudge changes what is learned', async () => {
    const [even, uneven] = [await result('ideal'), await result('ideal', ['variation.nudge=0.5'])];
    expect(uneven.state.learned.get('x->h.weight')).not.toEqual(even.state.learned.get('x->h.weight'));
  });
  it('counts pulses and updates that rounded to none', async () => {
    const { result: found } = await result('reram', ['devices.writeNoise=0']);
    expect(found!.profile).toBe('reram');
    expect(found!.writes!.pulses).toBeGreaterThan(0);
    expect(found!.writes!.lostShare).toBeGreaterThan(0);
    expect(found!.writes!.lostShare).toBeLessThan(1);
  });
  it('refuses weights that move during an example, and fixed-point states from spike to spike', async () => {
    const open = (changes: string[], profile: string) =>
      openBench({ model: readModel('xor', { set: changes }).model, profile: readProfile(profile) });
    await expect(open(['learning.update=continual'], 'loihi-1')).rejects.toThrow(
      'the profile loihi-1 cannot be applied',
    );
    await expect(open(['engine=event'], 'loihi-1')).rejects.toThrow('cannot be applied');
  });
});
