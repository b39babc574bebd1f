// Points of a sweep: all of a grid, different ones by chance, and those that a search of vectors asks for.
import { describe, expect, it } from 'vitest';
import type { Axis } from '../../src/model/sweep.ts';
import { grid, random, searched, settingsOf, sizeOf, type VectorSearch } from '../../src/search/points.ts';
import type { Score, State } from '../../src/search/search.ts';

const list = (path: string, ...values: unknown[]): Axis => ({ path, kind: 'values', values, scale: 'linear' });
const range = (from: number, to: number, more: object = {}): Axis => ({ path: 'r', kind: 'range', from, to, scale: 'linear', whole: false, unit: null, ...more }); // prettier-ignore

describe('the points of a grid', () => {
  it('are all combinations once, the last path fastest, in one round', () => {
    const axes = [list('a', 1, 2), list('b', 'x', 'y', 'z')];
    const all = grid(axes);
    expect(all.ask()).toEqual([[1, 'x'], [1, 'y'], [1, 'z'], [2, 'x'], [2, 'y'], [2, 'z']]); // prettier-ignore
    all.tell([]);
    expect(all.ask()).toEqual([]);
    expect(sizeOf(axes)).toBe(6);
    expect(settingsOf(axes, [2, 'x'])).toEqual(['a=2', 'b="x"']);
  });
});

describe('random points', () => {
  const axes = [range(0, 1), range(1, 100, { scale: 'log' }), list('b', 'x', 'y')];
  const points = random(axes, { budget: 2000, seed: 5 }).ask() as [number, number, string][];

  it('are as many as the budget, the same for the same seed, others for another', () => {
    expect(points).toHaveLength(2000);
    expect(random(axes, { budget: 2000, seed: 5 }).ask()).toEqual(points);
    expect(random(axes, { budget: 2000, seed: 6 }).ask()).not.toEqual(points);
  });

  it('are uniform on a line, on the logarithm of a logarithmic range, and over a list', () => {
    // Four standard errors: sqrt(1/12/2000) and sqrt(1/4/2000).
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean(points.map(([a]) => a)) - 0.5)).toBeLessThan(0.026);
    expect(Math.abs(mean(points.map(([, b]) => Math.log10(b) / 2)) - 0.5)).toBeLessThan(0.026);
    expect(Math.abs(mean(points.map(([, , c]) => Number(c === 'x'))) - 0.5)).toBeLessThan(0.045);
    for (const [a, b] of points) expect([a >= 0 && a <= 1, b >= 1 && b <= 100]).toEqual([true, true]);
  });

  it('of lists are never the same twice; a space with fewer is taken whole', () => {
    const lists = [list('a', 1, 2, 3, 4), list('b', 1, 2, 3, 4)];
    const some = random(lists, { budget: 15, seed: 1 }).ask();
    expect(new Set(some.map((point) => JSON.stringify(point))).size).toBe(15);
    expect(random(lists, { budget: 100, seed: 1 }).ask()).toEqual(grid(lists).ask());
  });
});

describe('a search of vectors', () => {
  /** (1, 4) evolution: enough to see that what is told is heard. */
  interface Centred extends State {
    readonly centre: readonly number[];
    readonly heard: readonly Score[];
  }
  const offsets = [[0.1, 0], [-0.1, 0], [0, 0.1], [0, -0.1]] as const; // prettier-ignore
  const around = (centre: readonly number[]) => offsets.map((step) => centre.map((value, k) => value + step[k]!));
  const search: VectorSearch<Centred> = {
    begin: (seed) => ({ seed, generation: 0, centre: [0.5, 0.05], heard: [] }),
    ask: ({ centre }) => around(centre),
    tell: ({ seed, generation, centre }, scores) => {
      const best = scores.reduce((least, { fitness }, k) => (fitness > scores[least]!.fitness ? k : least), 0);
      return { seed, generation: generation + 1, centre: around(centre)[best]!, heard: scores };
    },
  };
  const axes = [range(0, 10), range(0, 10, { whole: true, unit: 'ms' })];

  it('asks within the ranges, hears the least error as the best, and stops with the budget', () => {
    const points = searched(axes, { search, budget: 13, seed: 1 });
    const first = points.ask();
    // 0.05 - 0.1 comes in again at the wall: 0.05, of ten.
    expect(first).toEqual([[6, '1 ms'], [4, '1 ms'], [5, '2 ms'], [5, '1 ms']]); // prettier-ignore
    const error = (point: readonly unknown[]): number => Math.abs((point[0] as number) - 8);
    points.tell(first.map(error));
    const second = points.ask();
    expect(second[0]).toEqual([7, '1 ms']);
    points.tell(second.map(error));
    expect(points.ask()[0]).toEqual([8, '1 ms']);
    points.tell([1, 1, 1, Infinity]);
    expect(points.ask()).toEqual([]);
  });

  it('gives each entry of a list an equal part of the way', () => {
    const points = searched([list('a', 'x', 'y'), range(0, 1)], { search, budget: 4, seed: 1 }).ask();
    expect(points.map(([entry]) => entry)).toEqual(['y', 'x', 'y', 'y']);
  });
});
