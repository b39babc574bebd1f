// Double-double arithmetic against values known to 40 digits.
import { expect, it } from 'vitest';
import { add, divide, type DoubleDouble, exp, expm1, multiply } from '../../src/math/doubleDouble.ts';
import { narrow } from '../../src/math/root.ts';

/** |a - b| / |b|, where b is given as a sum of two doubles. */
const apart = (a: DoubleDouble, b: DoubleDouble): number => Math.abs(add(a, [-b[0], -b[1]])[0] / b[0]);

it('e and its square come out to 30 digits', () => {
  const e: DoubleDouble = [2.718281828459045091, 1.445646891729250158e-16];
  expect(apart(exp([1, 0]), e)).toBeLessThan(1e-30);
  expect(apart(multiply(e, e), exp([2, 0]))).toBeLessThan(1e-30);
  expect(apart(divide([1, 0], e), exp([-1, 0]))).toBeLessThan(1e-30);
});
it('expm1 keeps its digits near 0 and is exp - 1 elsewhere', () => {
  for (const x of [1e-12, -3e-7, 0.3]) {
    let series: DoubleDouble = [0, 0];
    for (let k = 30; k >= 1; k--) series = divide(multiply([x, 0], add([1, 0], series)), [k, 0]);
    expect(apart(expm1([x, 0]), series)).toBeLessThan(1e-29);
  }
  for (const x of [-60, -2.5, 0.7, 40, 300])
    expect(apart(expm1([x, 0]), add(exp([x, 0]), [-1, 0]))).toBeLessThan(1e-29);
  expect([exp([-800, 0])[0], expm1([-800, 0])[0], exp([710, 0])[0]]).toEqual([0, -1, Infinity]);
});
it('a bracket is narrowed to neighbouring doubles, also at a multiple root and a jump', () => {
  const root = narrow((x) => x * x - 2, 0, 10);
  expect(Math.abs(root - Math.SQRT2)).toBeLessThanOrEqual(2 ** -51);
  expect(root * root - 2).toBeGreaterThanOrEqual(0);
  expect(narrow((x) => (x - 1) ** 3, 0, 7)).toBeCloseTo(1, 5);
  expect(narrow((x) => 1 - x, 0, 1)).toBe(1);
  expect(narrow((x) => x, 0, 1)).toBe(0);
  const jump = narrow((x) => (x < 0.3 ? 1 : -1), 0, 1);
  expect(jump >= 0.3 && jump <= 0.3 + 2 ** -53).toBe(true);
});
