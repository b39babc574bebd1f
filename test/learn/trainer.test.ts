// The trainer on a stand-in rule and the reference backend.
import { describe, expect, it } from 'vitest';
import type { Machine } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import type { Examples } from '../../src/data/dataset.ts';
import type { Recipe } from '../../src/learn/rule.ts';
import { evaluate, train, type TrainOptions, type TrainState } from '../../src/learn/trainer.ts';
import { uniform24 } from '../../src/math/random.ts';
import type { Model } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';
import { delta } from './delta.ts';

/** Two classes on either side of a line. */
function sides(count: number, seed: number): Examples {
  const inputs = new Float32Array(2 * count).map((_, k) => uniform24(seed, 0, k, 0, 0));
  const labels = Uint8Array.from({ length: count }, (_, k) => (inputs[2 * k]! > inputs[2 * k + 1]! ? 1 : 0));
  return { count, shape: [2], inputs, scale: 1, labels };
}
const model = {
  populations: [
    { name: 'x', kind: 'input', units: 2 },
    { name: 'y', kind: 'lif', units: 2 },
  ],
  cost: { on: 'y' },
} as unknown as Model;
const data = { train: sides(607, 1), validation: sides(50, 2), test: sides(200, 3), classes: 2 };

async function open(batch = 20): Promise<{ recipe: Recipe; machine: Machine }> {
  const program = builder('delta');
  const recipe = delta().contribute(program, model);
  return { recipe, machine: await reference.open(program.build(), { batch, threads: 1 }) };
}
async function trained(more: Partial<TrainOptions> = {}) {
  return train({ ...(await open()), data, seed: 1, epochs: 3, ...more });
}

describe('the trainer', () => {
  it('learns: the test error falls below a tenth', async () => {
    const { last, stopped, state } = await trained();
    expect(stopped).toBe(false);
    expect(state.epoch).toBe(3);
    expect(state.examples).toBe(3 * 607);
    expect(last!.test.wrong / last!.test.examples).toBeLessThan(0.1);
    expect(last!.validation!.examples).toBe(50);
    expect(last!.test.confusion.reduce((a, b) => a + b, 0)).toBe(200);
  });

  it('the same seed gives the same bits, another seed others', async () => {
    const [a, b, c] = [await trained(), await trained(), await trained({ seed: 2 })];
    expect(a.state.learned).toEqual(b.state.learned);
    expect(a.state.learned).not.toEqual(c.state.learned);
  });

  it('a run stopped at any batch boundary goes on to the same bits', async () => {
    const whole = await trained();
    for (const stopAfter of [1, 30, 31, 45]) {
      let batches = 0;
      const signal = { aborted: false };
      const between = (count: number): undefined => {
        if (count > 0 && ++batches === stopAfter) signal.aborted = true;
      };
      const part = await trained({ signal, between });
      expect(part.stopped).toBe(true);
      expect(part.state.batches).toBe(stopAfter);
      const rest = await trained({ from: part.state });
      expect(rest.state).toEqual(whole.state);
      expect(rest.last).toEqual(whole.last);
    }
  });

  it('an epoch may be several passes over the data, each with what a batch of it does', async () => {
    const looked: number[] = [];
    const begin = async (): Promise<{ recipe: Recipe; machine: Machine }> => {
      const { recipe, machine } = await open();
      // The first pass only reads; the second learns.
      const passes = [[[['read', 1]]], recipe.train] as const;
      const perform: Machine['perform'] = async (sequence) => {
        looked.push(sequence.length);
        await machine.perform(sequence);
      };
      return { recipe: { ...recipe, passes }, machine: { ...machine, perform } };
    };
    const whole = await trained({ ...(await begin()), epochs: 2 });
    expect(looked.filter((_, k) => k < 62)).toEqual([...Array(31).fill(1), ...Array(31).fill(2)]);
    expect(whole.state.examples).toBe(2 * 2 * 607);
    expect(whole.last!.test.wrong / 200).toBeLessThan(0.2);
    // The training error is that of the last pass: a share of the examples, not of the passes.
    expect(whole.last!.trainError).toBeGreaterThan(0);
    expect(whole.last!.trainError).toBeLessThan(0.2);
    for (const stopAfter of [1, 31, 32, 62, 80]) {
      let batches = 0;
      const signal = { aborted: false };
      const between = (count: number): undefined => {
        if (count > 0 && ++batches === stopAfter) signal.aborted = true;
      };
      const part = await trained({ ...(await begin()), epochs: 2, signal, between });
      expect(part.state.batches).toBe(stopAfter);
      expect((await trained({ ...(await begin()), epochs: 2, from: part.state })).state).toEqual(whole.state);
    }
  });

  it('takes examples in the order of the file when told so', async () => {
    const { recipe, machine } = await open(100);
    const seen: number[] = [];
    const write: Machine['write'] = async (buffer, values) => {
      if (buffer === 'example') seen.push(...Array.from(values));
      await machine.write(buffer, values);
    };
    await trained({ recipe, machine: { ...machine, write }, epochs: 1, order: 'file' });
    expect(seen.slice(0, 607)).toEqual(Array.from({ length: 607 }, (_, k) => k));
  });

  it('a stop while reading out leaves the epoch open, and going on closes it alike', async () => {
    const whole = await trained();
    const signal = { aborted: false };
    const part = await trained({ signal, between: (count) => void (signal.aborted ||= count === 0) });
    expect([part.state.epoch, part.state.batch]).toEqual([0, 31]);
    expect((await trained({ from: part.state })).state).toEqual(whole.state);
  });

  it('offers a checkpoint every 5,000 examples and at each end of an epoch', async () => {
    const states: TrainState[] = [];
    const progress: number[] = [];
    const many = { ...data, train: sides(12_000, 1), validation: null };
    await train({ ...(await open(50)), data: many, seed: 1, epochs: 1, 
      onCheckpoint: async (state) => void states.push(state), onProgress: async ({ examples }) => void progress.push(examples) }); // prettier-ignore
    expect(states.map(({ epoch, examples }) => [epoch, examples])).toEqual([[0, 5000], [0, 10_000], [1, 12_000]]); // prettier-ignore
    expect(progress).toEqual([5000, 10_000]);
  });

  it('stops where a learned number is no longer one, before it is written down', async () => {
    const bench = await open();
    const recipe: Recipe = { ...bench.recipe, parameters: () => ({ rate: Infinity }) };
    let saved = 0;
    const onCheckpoint = async (): Promise<void> => void saved++;
    await expect(train({ ...bench, recipe, data, seed: 1, epochs: 1, onCheckpoint })).rejects.toThrow(
      /training has diverged/,
    );
    expect(saved).toBe(0);
    const fresh = await open();
    const start: Recipe = { ...fresh.recipe, initial: () => new Map([['b', Float64Array.of(0, NaN)]]) };
    await expect(train({ ...fresh, recipe: start, data, seed: 1, epochs: 1 })).rejects.toMatchObject({
      place: { path: 'b', found: 'NaN at 1' },
    });
  });

  it('a read-out does not depend on the size of the batch', async () => {
    const [a, b] = [await open(20), await open(7)];
    const read = (bench: { recipe: Recipe; machine: Machine }) =>
      evaluate({ ...bench, data, examples: data.test, seed: 1 });
    expect((await read(a))!.confusion).toEqual((await read(b))!.confusion);
  });
});
