// Our own exp, log, tanh and logistic function against the host's.
import { expect, it } from 'vitest';
import { exp, expm1, log, log1p, sigmoid, tanh } from '../../src/math/elementary.ts';
import { uniform24 } from '../../src/math/random.ts';

const eps = 2 ** -52;

/** Largest |ours - host's| in units of the host's last place, over many arguments from `at`. */
function worst(ours: (x: number) => number, host: (x: number) => number, at: (u: number) => number): number {
  let largest = 0;
  for (let k = 0; k < 20_000; k++) {
    const x = at(uniform24(3, 5, k, 0, 0));
    const expected = host(x);
    if (expected === 0 || !Number.isFinite(expected)) continue;
    largest = Math.max(largest, Math.abs(ours(x) - expected) / (Math.abs(expected) * eps));
  }
  return largest;
}

it('exp is within 2 units in the last place from -700 to 700', () => {
  expect(worst(exp, Math.exp, (u) => 1400 * u - 700)).toBeLessThan(2);
  expect(worst(exp, Math.exp, (u) => u - 0.5)).toBeLessThan(2);
});
it('log is within 2 units in the last place over the whole range, near 1 included', () => {
  expect(worst(log, Math.log, (u) => 10 ** (600 * u - 300))).toBeLessThan(2);
  expect(worst(log, Math.log, (u) => 0.5 + u)).toBeLessThan(2);
});
it('expm1 and log1p are within 2 and 3 units in the last place, near 0 and far from it', () => {
  const magnitudes = (u: number): number => (u < 0.5 ? -1 : 1) * 10 ** (40 * Math.abs(u - 0.5) - 18);
  expect(worst(expm1, Math.expm1, magnitudes)).toBeLessThan(2);
  expect(worst(expm1, Math.expm1, (u) => 4 * u - 2)).toBeLessThan(2);
  expect(worst(expm1, Math.expm1, (u) => 1400 * u - 700)).toBeLessThan(2);
  expect(worst(log1p, Math.log1p, (u) => 2 * u - 1)).toBeLessThan(3);
  expect(worst(log1p, Math.log1p, (u) => Math.abs(magnitudes(u)))).toBeLessThan(3);
  expect(worst(log1p, Math.log1p, (u) => 10 ** (300 * u))).toBeLessThan(3);
});
it('tanh and the logistic function are within 4 units in the last place', () => {
  expect(worst(tanh, Math.tanh, (u) => 40 * u - 20)).toBeLessThan(4);
  expect(worst(tanh, Math.tanh, (u) => 1e-3 * (u - 0.5))).toBeLessThan(4);
  expect(worst(sigmoid, (x) => 1 / (1 + Math.exp(-x)), (u) => 60 * u - 20)).toBeLessThan(4); // prettier-ignore
});
it('special values are as they should be', () => {
  expect([exp(0), exp(-Infinity), exp(Infinity), exp(710), exp(-746)]).toEqual([1, 0, Infinity, Infinity, 0]);
  expect([log(1), log(0), log(Infinity), log(-1)]).toEqual([0, -Infinity, Infinity, NaN]);
  expect([exp(NaN), log(NaN), tanh(NaN), sigmoid(NaN)]).toEqual([NaN, NaN, NaN, NaN]);
  expect([expm1(-Infinity), expm1(Infinity), log1p(-1), log1p(-2), log1p(Infinity)]).toEqual([-1, Infinity, -Infinity, NaN, Infinity]); // prettier-ignore
  expect([Object.is(expm1(-0), -0), Object.is(log1p(-0), -0), expm1(NaN), log1p(NaN)]).toEqual([true, true, NaN, NaN]);
  expect([tanh(50), tanh(-50), sigmoid(800), sigmoid(-800)]).toEqual([1, -1, 1, 0]);
  expect(Object.is(tanh(-0), -0)).toBe(true);
  expect(log(5e-324)).toBeCloseTo(-744.4400719213812, 10);
});
