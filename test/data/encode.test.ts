import { describe, expect, test } from 'vitest';
import { poissonSpike, regularSpike, spikeProbability } from '../../src/data/encode.ts';
import { reference } from '../../src/backends/reference.ts';
import { clocked } from '../../src/engine/clocked.ts';
import { uniform24 } from '../../src/math/random.ts';
import { builder } from '../../src/program/builder.ts';
import { layered, leaky } from '../fixtures.ts';

const steps = (count: number, spike: (step: number) => boolean): number[] =>
  Array.from({ length: count }, (_, step) => step).filter(spike);

describe('poisson', () => {
  test('a step has a spike with probability 1 - exp(-rate x dt), none at 0 or below', () => {
    expect(spikeProbability(1, 200, 0.001)).toBeCloseTo(0.18126924692201818, 15);
    expect(spikeProbability(0.5, 200, 0.001)).toBeCloseTo(0.09516258196404043, 15);
    expect([spikeProbability(0, 200, 0.001), spikeProbability(-1, 200, 0.001)]).toEqual([0, 0]);
    expect(poissonSpike(0, 200, 0.001, 0)).toBe(false);
  });

  test('no event in two half steps is as likely as none in a whole one', () => {
    for (const x of [0.1, 0.7, 1])
      expect((1 - spikeProbability(x, 300, 0.0005)) ** 2).toBeCloseTo(1 - spikeProbability(x, 300, 0.001), 14);
  });

  test('spikes come as often as they should, and steps do not know each other', () => {
    const count = 100_000;
    const p = spikeProbability(0.6, 200, 0.001);
    const train = Array.from({ length: count }, (_, n) =>
      Number(poissonSpike(0.6, 200, 0.001, uniform24(1, 128, 0, 0, n))),
    );
    const mean = train.reduce((sum, spike) => sum + spike, 0) / count;
    expect(Math.abs(mean - p)).toBeLessThan(3.3 * Math.sqrt((p * (1 - p)) / count));
    const together = train.slice(1).reduce((sum, spike, n) => sum + (spike - p) * (train[n]! - p), 0) / (count - 1);
    expect(Math.abs(together)).toBeLessThan((3.3 * p * (1 - p)) / Math.sqrt(count));
  });
});

describe('regular', () => {
  test('intervals are equal, and the phase says how far the first has come', () => {
    expect(steps(40, (n) => regularSpike(1, 125, 1 / 1000, 0, n))).toEqual([7, 15, 23, 31, 39]);
    expect(steps(24, (n) => regularSpike(1, 125, 1 / 1000, 0.5, n))).toEqual([3, 11, 19]);
    expect(steps(40, (n) => regularSpike(0.5, 125, 1 / 1000, 0, n))).toEqual([15, 31]);
  });

  test('any window of steps has the expected number of spikes or the whole number beside it', () => {
    for (const [x, phase] of [
      [0.37, 0.2],
      [0.91, 0.77],
      [0.05, 0],
    ] as const)
      // prettier-ignore
      for (const [begin, end] of [[0, 100], [33, 250], [500, 777]] as const) { // prettier-ignore
        const spikes = steps(end, (n) => regularSpike(x, 200, 0.001, phase, n)).filter((n) => n >= begin).length;
        expect(Math.abs(spikes - 0.2 * x * (end - begin))).toBeLessThan(1);
      }
  });

  test('a silent pixel has none, and a rate beyond one spike a step has one in every step', () => {
    expect(steps(50, (n) => regularSpike(0, 200, 0.001, 0.999, n))).toEqual([]);
    expect(steps(50, (n) => regularSpike(1, 1500, 0.001, 0.3, n))).toHaveLength(50);
  });
});

describe('the clocked engine', () => {
  const values = [0, 0.1, 0.33, 0.5, 0.8, 1];
  const [examples, seed] = [[5, 9], 77];

  /** Spikes of the input population, [step][example * unit], from the reference backend. */
  async function spikes(kind: 'poisson' | 'regular', count: number): Promise<ArrayLike<number>[]> {
    const model = layered(leaky, [values.length, 2, 2]);
    const populations = model.populations.map((p) => (p.kind === 'input' ? { ...p, encode: { kind, rate: 150 } } : p));
    const program = builder('encoding');
    const network = clocked(program, { ...model, populations }, { slowTraces: false });
    network.addStep('free');
    const machine = await reference.open(program.build(), { batch: examples.length, threads: 1 });
    await machine.write('x', Float64Array.from([...values, ...values]));
    await machine.write('example', Int32Array.from(examples));
    await machine.write('clock', [seed, 0]);
    await machine.run('begin');
    const rows: ArrayLike<number>[] = [];
    for (let step = 0; step < count; step++) {
      await machine.run('free');
      rows.push(await machine.read('x.spike'));
    }
    await machine.close();
    return rows;
  }

  test('draws the Poisson spikes of its inputs by this law', async () => {
    const rows = await spikes('poisson', 200);
    rows.forEach((row, step) => {
      examples.forEach((example, place) =>
        values.forEach((x, unit) => {
          const law = poissonSpike(x, 150, 0.001, uniform24(seed, 128, example, unit, step));
          expect(row[place * values.length + unit]! > 0, `example ${example}, unit ${unit}, step ${step}`).toBe(law);
        }),
      );
    });
  });

  test('makes the regular spikes of its inputs by this law, phases from stream 64', async () => {
    const rows = await spikes('regular', 200);
    rows.forEach((row, step) => {
      examples.forEach((example, place) =>
        values.forEach((x, unit) => {
          const law = regularSpike(x, 150, 0.001, uniform24(seed, 64, example, unit, 0), step);
          expect(row[place * values.length + unit]! > 0, `example ${example}, unit ${unit}, step ${step}`).toBe(law);
        }),
      );
    });
  });
});
