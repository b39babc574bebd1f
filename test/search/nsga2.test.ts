// NSGA-II: fronts equal those of brute force, crowding by hand, and the front of ZDT1.
import { describe, expect, it } from 'vitest';
import { draws } from '../../src/search/draws.ts';
import { evolve, serial } from '../../src/search/evolve.ts';
import { crowding, dominates, frontOf, fronts, hypervolume2, nsga2 } from '../../src/search/nsga2.ts';
import { zdt1 } from '../../src/search/tasks/functions.ts';
import { box } from '../../src/search/vectors.ts';

/** Peels what nobody left dominates. */
function peeled(points: readonly (readonly number[])[]): number[][] {
  const found: number[][] = [];
  for (let left = [...points.keys()]; left.length > 0;) {
    const front = left.filter((k) => !left.some((other) => points[other]!.every((value, m) => value >= points[k]![m]!) && points[other]!.some((value, m) => value > points[k]![m]!))); // prettier-ignore
    found.push(front);
    left = left.filter((k) => !front.includes(k));
  }
  return found;
}

describe('fronts', () => {
  it.each([2, 3])('of 100 random points with %i objectives equal those of brute force, ties included', (count) => {
    for (let seed = 1; seed <= 10; seed++) {
      const points = Array.from({ length: 100 }, (_, k) => {
        const random = draws(seed, 'task', 0, k);
        return Array.from({ length: count }, () => random.below(12));
      });
      expect(fronts(points)).toEqual(peeled(points));
    }
  });

  it('nothing dominates itself or its equal', () => {
    expect(dominates([1, 2], [1, 2])).toBe(false);
    expect(dominates([1, 3], [1, 2])).toBe(true);
    expect(dominates([0, 3], [1, 2])).toBe(false);
  });

  it('ends are at infinity, between them neighbours count; a constant objective counts nothing', () => {
    expect(crowding([[0, 10], [4, 5], [10, 0], [5, 4]])).toEqual([Infinity, 0.5 + 0.6, Infinity, 0.6 + 0.5].map((each) => Number.isFinite(each) ? expect.closeTo(each, 12) : each)); // prettier-ignore
    expect(crowding([[1, 1], [1, 1], [1, 1]])[1]).toBe(0); // prettier-ignore
  });

  it('hypervolume of a staircase by hand', () => {
    expect(hypervolume2([[1, 3], [2, 2], [3, 1], [0.5, 0.5]], [0, 0])).toBe(6); // prettier-ignore
  });
});

describe('NSGA-II', () => {
  it('comes to the front of ZDT1 (30 numbers) and spreads along it', async () => {
    const evaluate = serial((x: readonly number[]) => zdt1(x).map((f) => -f));
    const { state } = await evolve({ algorithm: nsga2({ box: box(30, 0, 1) }), evaluate, seed: 1, until: { generations: 251 } }); // prettier-ignore
    const points = frontOf(state).map(({ objectives }) => objectives);
    expect(points.length).toBeGreaterThan(90);
    for (const [a, b] of points as [number, number][]) expect(-b - (1 - Math.sqrt(-a))).toBeLessThan(0.02);
    // The whole front has 1.1 * 1.1 - 1/3 over the reference (1.1, 1.1).
    const volume = hypervolume2(points, [-1.1, -1.1]);
    expect(volume / (1.21 - 1 / 3)).toBeGreaterThan(0.98);
    expect(volume).toBeLessThan(1.21 - 1 / 3);
  });

  it('failures stand behind every front', async () => {
    let count = 0;
    const evaluate = serial((x: readonly number[]) => (count++ % 4 === 0 ? [NaN, 0] : zdt1(x).map((f) => -f)));
    const { state } = await evolve({ algorithm: nsga2({ box: box(4, 0, 1), population: 20 }), evaluate, seed: 1, until: { generations: 20 } }); // prettier-ignore
    expect(state.population.every(({ failure }) => failure === null)).toBe(true);
  });
});
