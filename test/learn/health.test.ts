// The health line: each thing that goes wrong is seen and comes with a hint; a healthy network gets none.
import { describe, expect, it } from 'vitest';
import { freshState } from '../../src/learn/trainer.ts';
import { readModel } from '../../src/model/read.node.ts';
import { openBench, run } from '../../src/run/run.node.ts';
import {
  ceilingOf,
  health,
  healthLine,
  recalls,
  roundedShare,
  silentClasses,
  unsettledShare,
} from '../../src/learn/health.ts';
import type { Evaluation } from '../../src/learn/trainer.ts';
import { moons } from '../run/model.ts';

const evaluation = (confusion: number[], activities: number[]): Evaluation => ({
  examples: 20, wrong: 1, predicted: new Uint8Array(20), confusion: Int32Array.from(confusion), classes: 2, spikes: { y: 3 }, synapticEvents: 0,
  activities: { y: Float64Array.from(activities) },
}); // prettier-ignore
const judge = (found: Evaluation, unsettled = 0, rounded = 0): string =>
  healthLine(health(moons(), found, unsettled, rounded));

describe('the health line', () => {
  it('of a healthy network is one line without a hint', () => {
    const line = judge(evaluation([9, 1, 0, 10], [0.4, 0.6]));
    expect(line.split('\n')).toHaveLength(1);
    expect(line).toContain('silent output classes 0');
  });

  it('names a class that is never answered, and says what helps', () => {
    const line = judge(evaluation([10, 0, 10, 0], [0.4, 0.6]));
    expect(line).toMatch(/silent output classes 1 \(1\)/);
    expect(line).toMatch(/hint: silent output classes: raise phases\.nudge\.beta/);
  });

  it('a class that does not occur is not silent', () => {
    const found = evaluation([10, 0, 0, 0], [0.4, 0.6]);
    expect(recalls(found)).toEqual([1, null]);
    expect(silentClasses(found)).toEqual([]);
  });

  it('sees units at the ceiling of their refractory time, and silent ones', () => {
    const ceiling = ceilingOf(moons().populations[1]!);
    expect(ceiling).toBeCloseTo(5, 12);
    const line = judge(evaluation([9, 1, 0, 10], [4.9, 0]));
    expect(line).toMatch(/saturated units of y 50\.0 %, silent units of y 50\.0 %/);
    expect(line).toMatch(/hint: saturated units of y: lower/);
  });

  it('takes the size of a rate unit, whose state has a sign: one at -0.95 is saturated, and only one at 0 is silent', () => {
    const rate = { populations: moons().populations.map((p) => ({ ...p, kind: 'rate' as const })) };
    const line = healthLine(health(rate, evaluation([9, 1, 0, 10], [-0.3, -0.95, 0, 0.5]), 0, 0));
    expect(line).toMatch(/saturated units of y 25\.0 %, silent units of y 25\.0 %/);
  });

  it('sees examples that have not settled and updates that are rounded away', () => {
    const line = judge(evaluation([9, 1, 0, 10], [0.4, 0.6]), 0.2, 0.9);
    expect(line).toMatch(/examples not settled 20\.0 %/);
    expect(line).toMatch(/hint: examples not settled: lengthen phases\.predict\.duration/);
    expect(line).toMatch(/hint: updates rounded to nothing: raise learning\.rates/);
  });
});

describe('what the line is made of is measured', () => {
  const bench = (...set: string[]) => openBench({ model: readModel('xor', { set }).model, threads: 1 });

  it('examples that still move when the read-out ends', async () => {
    const share = async (duration: string, window: string): Promise<number | null> => {
      const { recipe, machine, data, model } = await bench(
        `phases.predict={ duration: ${duration}, window: ${window} }`,
      );
      await freshState(recipe, machine, model.seed);
      const found = await unsettledShare(recipe, machine, data.test, { seed: 1, classes: 2, examples: 100 });
      await machine.close();
      return found;
    };
    expect(await share('8 ms', '4 ms')).toBeGreaterThan(0.5);
    expect(await share('400 ms', '100 ms')).toBeLessThan(0.05);
  });

  it('updates that the weights are too coarse for, and the state is as before', async () => {
    const share = async (rate: number): Promise<number | null> => {
      const { recipe, machine, data, model } = await bench(`learning.rates={ x->h: ${rate}, h<->y: ${rate} }`);
      const state = await freshState(recipe, machine, model.seed);
      const found = await roundedShare(recipe, machine, data.train, { state, seed: 1, classes: 2 });
      for (const [name, values] of state.learned) expect(await machine.read(name)).toEqual(values);
      await machine.close();
      return found;
    };
    expect(await share(0.5)).toBeLessThan(0.02);
    // Weights of about a half, updates of a thousand millionth; only biases, which start at 0, take them.
    expect(await share(1e-9)).toBeGreaterThan(0.8);
  });

  it('but not where a batch is known already: there is another with a mistake in it', async () => {
    const { model } = readModel('xor', { set: ['populations.x.encode=poisson', 'learning.epochs=4'] });
    const { result } = await run({ model, threads: 1 });
    expect(result!.trainError).toBeGreaterThan(0.02);
    const lost = result!.health.find(({ name }) => name === 'updates rounded to nothing')!;
    expect(Number(lost.value.replace(' %', ''))).toBeLessThan(10);
  });
});
