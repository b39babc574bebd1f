// Statistics against values from published tables and from exact fractions.
import { describe, expect, it } from 'vitest';
import { holm, incompleteBeta, logGamma, mcNemar, spreadOf, studentBelow, studentQuantile } from '../../src/math/statistics.ts'; // prettier-ignore

describe("McNemar's test", () => {
  it('gives the exact and mid-p values of the published example (1 against 7: 0.070 and 0.039)', () => {
    const { exact, mid } = mcNemar({ first: 1, second: 7 });
    expect(exact).toBeCloseTo(18 / 256, 12);
    expect(mid).toBeCloseTo(10 / 256, 12);
  });

  it('does not depend on which side is first', () => {
    expect(mcNemar({ first: 3, second: 11 })).toEqual(mcNemar({ first: 11, second: 3 }));
  });

  it('is 1 without discordant pairs and where both sides are equal', () => {
    expect(mcNemar({ first: 0, second: 0 })).toEqual({ exact: 1, mid: 1 });
    const { exact, mid } = mcNemar({ first: 5, second: 5 });
    expect(exact).toBe(1);
    expect(mid).toBeCloseTo(1, 12);
  });

  it('of one pair is certain of nothing: 1 exact, one half mid', () => {
    const { exact, mid } = mcNemar({ first: 1, second: 0 });
    expect(exact).toBeCloseTo(1, 12);
    expect(mid).toBeCloseTo(0.5, 12);
  });

  it('agrees with integer arithmetic for forty pairs', () => {
    let term = 1n;
    let tail = 0n;
    for (let k = 0n; k <= 12n; k++) {
      tail += term;
      term = (term * (40n - k)) / (k + 1n);
    }
    expect(mcNemar({ first: 12, second: 28 }).exact).toBeCloseTo((2 * Number(tail)) / 2 ** 40, 12);
  });

  it('comes near the chi-square test for many pairs', () => {
    // (1050 - 950)^2 / 2000 = 5: p = 0.02535
    expect(mcNemar({ first: 1050, second: 950 }).mid).toBeCloseTo(0.02535, 3);
  });
});

describe("Student's t", () => {
  it.each([[1, 12.7062047], [2, 4.30265273], [4, 2.77644511], [9, 2.26215716], [30, 2.04227246], [1000, 1.96233908]])('has the 97.5 %% quantile of the tables for %i degrees of freedom', (freedom, expected) => {
    expect(studentQuantile(0.975, freedom)).toBeCloseTo(expected, 6);
    expect(studentBelow(expected, freedom)).toBeCloseTo(0.975, 8);
  }); // prettier-ignore

  it('is symmetric', () => {
    expect(studentQuantile(0.025, 5)).toBeCloseTo(-studentQuantile(0.975, 5), 10);
  });
});

describe('the functions below it', () => {
  it('ln Gamma at whole and half numbers', () => {
    expect(logGamma(1)).toBeCloseTo(0, 13);
    expect(logGamma(11)).toBeCloseTo(Math.log(3628800), 11);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12);
  });

  it('the incomplete beta is a polynomial where its parameters are whole', () => {
    // I_x(2, 3) = 6 x^2 - 8 x^3 + 3 x^4
    for (const x of [0, 0.1, 0.4, 0.77, 1])
      expect(incompleteBeta(x, 2, 3)).toBeCloseTo(6 * x ** 2 - 8 * x ** 3 + 3 * x ** 4, 12);
  });
});

describe('the spread of values', () => {
  it('is mean, deviation of the sample, standard error and Student interval', () => {
    const spread = spreadOf([2, 4, 4, 4, 5, 5, 7, 9]);
    expect(spread).toMatchObject({ count: 8, mean: 5, least: 2, most: 9 });
    expect(spread.deviation).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(spread.error).toBeCloseTo(Math.sqrt(32 / 7 / 8), 12);
    expect(spread.halfWidth95).toBeCloseTo(2.36462425 * Math.sqrt(32 / 7 / 8), 6);
  });

  it('of one value has no deviation, and of none is refused', () => {
    expect(spreadOf([3])).toMatchObject({ mean: 3, deviation: null, error: null, halfWidth95: null });
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});

describe("Holm's correction", () => {
  it('multiplies the smallest by their number, keeps the order, and stays at most 1', () => {
    const [a, b, c, d] = holm([0.01, 0.04, 0.03, 0.005]);
    expect([a, b, c, d].map((p) => Number(p!.toFixed(12)))).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.6, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});
