import { describe, expect, test } from 'vitest';
import { hash32, normal, shuffled, uniform24, wholeBelow } from '../../src/math/random.ts';

/** Pearson's statistic of counts that should be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

/** Which of the five words a series runs over; the others stay at some value. */
const words = ['seed', 'stream', 'example', 'unit', 'step'] as const;
const along = (word: number, k: number): [number, number, number, number, number] => {
  const place: [number, number, number, number, number] = [3, 1, 4, 1, 5];
  place[word] = k;
  return place;
};

describe('the generator', () => {
  // Computed by a second implementation, in Python's whole numbers.
  test('gives the same bits for ever, for words of either sign', () => {
    expect(hash32(0, 0, 0, 0, 0)).toBe(43984916);
    expect(hash32(1, 0, 0, 0, 0)).toBe(4092431327);
    expect(hash32(1, 2, 3, 4, 5)).toBe(1797610378);
    expect(hash32(-1, 4096, 59999, 783, 179)).toBe(3639242799);
    expect(hash32(2 ** 31, 64, 0, 299, 1)).toBe(1079865513);
    expect(hash32(2 ** 32 - 1, 4096, 59999, 783, 179)).toBe(hash32(-1, 4096, 59999, 783, 179));
    expect(uniform24(1, 2, 3, 4, 5)).toBe(7021915 / 2 ** 24);
  });

  test('gives uniforms that float32 holds exactly', () => {
    for (let k = 0; k < 1000; k++) {
      const u = uniform24(1, 0, 0, k, 0);
      expect(Math.fround(u)).toBe(u);
      expect(u * 2 ** 24).toBe(Math.floor(u * 2 ** 24));
    }
  });

  // Statistics below are of fixed numbers: they pass or fail for ever, at p = 0.001 of a fair generator.
  test.each(words)('fills 256 buckets evenly along %s, by its upper and by its lower bits', (word) => {
    const [upper, lower] = [zeros(256), zeros(256)];
    for (let k = 0; k < 65_536; k++) {
      const bits = hash32(...along(words.indexOf(word), k));
      upper[bits >>> 24]! += 1;
      lower[(bits >>> 8) & 255]! += 1;
    }
    expect(chiSquare(upper)).toBeLessThan(330.6);
    expect(chiSquare(lower)).toBeLessThan(330.6);
  });

  test.each(words)('has mean 1/2 and variance 1/12 along %s, and neighbours that do not know each other', (word) => {
    const count = 65_536;
    const series = Array.from({ length: count + 2 }, (_, k) => uniform24(...along(words.indexOf(word), k)) - 0.5);
    const mean = (of: (k: number) => number): number => {
      let sum = 0;
      for (let k = 0; k < count; k++) sum += of(k);
      return sum / count;
    };
    // Standard errors: 1 / sqrt(12 n) of the mean, 1 / sqrt(180 n) of the variance, 1 / sqrt n of a correlation.
    const bound = 3.3 / Math.sqrt(count);
    expect(Math.abs(mean((k) => series[k]!))).toBeLessThan(bound / Math.sqrt(12));
    expect(Math.abs(mean((k) => series[k]! ** 2) - 1 / 12)).toBeLessThan(bound / Math.sqrt(180));
    for (const lag of [1, 2]) expect(Math.abs(12 * mean((k) => series[k]! * series[k + lag]!))).toBeLessThan(bound);
  });

  test.each(words)('flips half of its bits when one bit of %s flips', (word) => {
    let flips = 0;
    for (let k = 0; k < 500; k++)
      for (let bit = 0; bit < 32; bit++) {
        const place = along(words.indexOf(word), k);
        const before = hash32(...place);
        place[words.indexOf(word)]! ^= 1 << bit;
        for (let changed = before ^ hash32(...place); changed !== 0; changed &= changed - 1) flips++;
      }
    expect(Math.abs(flips / (500 * 32 * 32) - 0.5)).toBeLessThan(3.3 * (0.5 / Math.sqrt(500 * 32 * 32)));
  });

  test('does not confuse its words: the same numbers in other places give other bits', () => {
    const seen = new Set<number>();
    for (let word = 0; word < 5; word++) for (let k = 10; k < 1010; k++) seen.add(hash32(...along(word, k)));
    // 5,000 draws of 2^32 meet in about 0.003 pairs.
    expect(seen.size).toBe(5000);
  });
});

describe('normal numbers', () => {
  const count = 40_000;
  const series = Array.from({ length: count }, (_, k) => normal(1, 4096, 0, k, 0));
  const moment = (power: number): number => series.reduce((sum, z) => sum + z ** power, 0) / count;

  test('have the first four moments of the normal distribution', () => {
    // The variances of z, z^2, z^3, z^4 are 1, 2, 15, 96.
    for (const [power, expected, variance] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ] as const)
      // prettier-ignore
      expect(Math.abs(moment(power) - expected), `moment ${power}`).toBeLessThan(3.3 * Math.sqrt(variance / count));
  });

  test('fall into ten intervals of equal probability equally often', () => {
    const deciles = [-1.281552, -0.841621, -0.524401, -0.253347, 0, 0.253347, 0.524401, 0.841621, 1.281552];
    const counts = zeros(10);
    for (const z of series) counts[deciles.filter((bound) => z >= bound).length]! += 1;
    expect(chiSquare(counts)).toBeLessThan(27.88);
  });

  test('come again from the same words, and do not know their neighbours', () => {
    expect(normal(1, 4096, 0, 7, 0)).toBe(series[7]);
    const lagged = series.slice(1).reduce((sum, z, k) => sum + z * series[k]!, 0) / (count - 1);
    expect(Math.abs(lagged)).toBeLessThan(3.3 / Math.sqrt(count));
  });
});

test('whole numbers below a limit come equally often, even where 2^32 is no multiple of it', () => {
  // Without rejection every third number below 3 * 2^30 would come twice as often as the others.
  const limit = 3 * 2 ** 30;
  const counts = [0, 0, 0];
  for (let k = 0; k < 30_000; k++) {
    const value = wholeBelow(limit, 1, 0, 0, k);
    expect(Number.isInteger(value) && value >= 0 && value < limit).toBe(true);
    counts[value % 3]! += 1;
  }
  expect(chiSquare(counts)).toBeLessThan(13.82);
});

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
  expect(counts.size).toBe(24);
  expect(chiSquare([...counts.values()])).toBeLessThan(49.7);
});
