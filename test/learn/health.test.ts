// The health line: each thing that goes wrong is seen and comes with a hint; a healthy network gets none.
import { describe, expect, it } from 'vitest';
import { ceilingOf, health, healthLine, recalls, silentClasses } from '../../src/learn/health.ts';
import type { Evaluation } from '../../src/learn/trainer.ts';
import { moons } from '../run/model.ts';

const evaluation = (confusion: number[], activities: number[]): Evaluation => ({
  examples: 20, wrong: 1, confusion: Int32Array.from(confusion), classes: 2, spikes: { y: 3 }, synapticEvents: 0,
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
