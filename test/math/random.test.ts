import { expect, test } from 'vitest';
import { shuffled } from '../../src/math/random.ts';

test('a shuffle holds every number once', () => {
  const order = shuffled(1000, 1, 0);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, k) => k));
});

test('a shuffle is the same for the same seed and epoch, and another for another seed or epoch', () => {
  expect(shuffled(100, 1, 2)).toEqual(shuffled(100, 1, 2));
  expect(shuffled(100, 1, 2)).not.toEqual(shuffled(100, 1, 3));
  expect(shuffled(100, 1, 2)).not.toEqual(shuffled(100, 2, 2));
});

test('a shuffle of none or one has nothing to move', () => {
  expect([...shuffled(0, 1, 0)]).toEqual([]);
  expect([...shuffled(1, 1, 0)]).toEqual([0]);
});

test('all orders of four numbers come equally often (chi-square, 23 degrees of freedom, below 49.7 at p = 0.001)', () => {
  const counts = new Map<string, number>();
  const draws = 24_000;
  for (let epoch = 0; epoch < draws; epoch++) {
    const order = shuffled(4, 7, epoch).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  const expected = draws / 24;
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  expect(counts.size).toBe(24);
  expect(chiSquare).toBeLessThan(49.7);
});
