// Initial matrices: their spread, their singular values, and streams that do not meet.
import { expect, it } from 'vitest';
import { initialBias, initialMatrix, initialWeights } from '../../src/learn/initial.ts';
import { uniform24 } from '../../src/math/random.ts';
import type { Init } from '../../src/model/model.ts';

const [pre, post] = [40, 30];
const matrix = (scheme: Init['scheme'], gain = 1, kind: 'weights' | 'feedback' | 'decoders' = 'weights', index = 0) =>
  initialMatrix({ scheme, gain }, kind, index, pre, post, 7);
const variance = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value * value, 0) / values.length;

it.each([
  ['glorot', 2 / (pre + post)],
  ['glorot-normal', 2 / (pre + post)],
  ['uniform', 1 / (3 * pre)],
  ['normal', 1 / pre],
] as const)('%s has variance %f, times the square of the gain', (scheme, expected) => {
  expect(Math.abs(variance(matrix(scheme)) / expected - 1)).toBeLessThan(0.1);
  expect(Math.abs(variance(matrix(scheme, 3)) / (9 * expected) - 1)).toBeLessThan(0.1);
});

it('glorot uniform keeps its stream and its bits', () => {
  const weights = initialWeights({ init: { scheme: 'glorot', gain: 0.5 } }, 3, pre, post, 7);
  const at = 0.5 * Math.sqrt(6 / (pre + post)) * (2 * uniform24(7, 4096 + 3, 2, 5, 0) - 1);
  expect(weights[2 * post + 5]).toBe(at);
});

it.each([
  [40, 30],
  [30, 40],
  [17, 17],
])('orthogonal %i x %i: every singular value is the gain', (rows, columns) => {
  const q = initialMatrix({ scheme: 'orthogonal', gain: 2 }, 'weights', 0, rows, columns, 1);
  // The Gram matrix of the short side is 4 I.
  const short = Math.min(rows, columns);
  const at = (k: number, j: number): number => (rows <= columns ? q[k * columns + j]! : q[j * columns + k]!);
  for (let a = 0; a < short; a++)
    for (let b = 0; b < short; b++) {
      let sum = 0;
      for (let j = 0; j < Math.max(rows, columns); j++) sum += at(a, j) * at(b, j);
      expect(sum).toBeCloseTo(a === b ? 4 : 0, 12);
    }
});

it('kinds and numbers of matrices have streams of their own, and a seed gives the same bits again', () => {
  const all = [matrix('normal'), matrix('normal', 1, 'feedback'), matrix('normal', 1, 'decoders'), matrix('normal', 1, 'feedback', 1)]; // prettier-ignore
  expect(new Set(all.map(([first]) => first)).size).toBe(4);
  expect(matrix('orthogonal')).toEqual(matrix('orthogonal'));
});

it('biases are uniform in init +/- spread', () => {
  const biases = initialBias({ units: 2000, bias: { init: 0.5, spread: 0.2, rate: 0 } }, 1, 7);
  expect(Math.min(...biases)).toBeGreaterThanOrEqual(0.3);
  expect(Math.max(...biases)).toBeLessThan(0.7);
  expect(Math.abs(variance(biases.map((value) => value - 0.5)) / (0.04 / 3) - 1)).toBeLessThan(0.1);
  expect(initialBias({ units: 3, bias: { init: 0.5, spread: 0, rate: 0 } }, 1, 7)).toEqual(
    new Float64Array(3).fill(0.5),
  );
});

it('weights of a projection with bounds begin inside: mirrored at the bound that they miss', () => {
  const init: Init = { scheme: 'glorot', gain: 1 };
  const free = initialWeights({ init }, 0, pre, post, 7);
  expect(initialWeights({ init, bounds: [0, Infinity] }, 0, pre, post, 7)).toEqual(free.map((w) => Math.abs(w)));
  const narrow = initialWeights({ init, bounds: [0, 0.05] }, 0, pre, post, 7);
  expect(Math.min(...narrow)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...narrow)).toBeLessThanOrEqual(0.05);
});
