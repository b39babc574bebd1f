// Initial weights and biases from the seed: the same for every backend and engine.
import { hash32, normal, uniform24 } from '../math/random.ts';
import { orthonormalRows, transposed } from '../math/linear.ts';
import { biasesOf } from '../model/shapes.ts';
import type { Conv, Init, Population, Projection } from '../model/model.ts';

/** Streams of random numbers of each kind of matrix, apart from each other and from those of the dynamics. */
const streams = { weights: 4096, feedback: 5120, decoders: 6144, biases: 7168 } as const;

export type MatrixKind = Exclude<keyof typeof streams, 'biases'>;

/** Numbers of a kernel's square, which stand against one channel of what it reads; 1 of a whole matrix. */
export const tapsOf = (conv: Conv | undefined): number => (conv?.size ?? 1) ** 2;

/** Half the width of a uniform scheme, the deviation of a normal one, at gain 1. A kernel sends each number to as many places as it has taps. */
export function widthOf(scheme: Exclude<Init['scheme'], 'zero' | 'listed'>, pre: number, post: number, taps: number): number {
  const fans = pre + taps * post;
  return { glorot: Math.sqrt(6 / fans), 'glorot-normal': Math.sqrt(2 / fans), orthogonal: 1, uniform: 1 / Math.sqrt(pre), normal: 1 / Math.sqrt(pre) }[scheme];
} // prettier-ignore

/**
 * A matrix [pre, post], row-major, that depends on its kind, its number among its kind and the seed only. Glorot: uniform in
 * +/- gain sqrt(6 / (pre + post)); glorot-normal: variance gain^2 2 / (pre + post); uniform: +/- gain / sqrt(pre); normal:
 * variance gain^2 / pre; orthogonal: all singular values are gain (the orthonormal factor of a normal matrix). For
 * glorot a kernel's `taps` (numbers of its square) count with its columns.
 */
export function initialMatrix(
  { scheme, gain, values }: Init,
  kind: MatrixKind,
  index: number,
  pre: number,
  post: number,
  seed: number,
  taps = 1,
): Float64Array {
  const weights = new Float64Array(pre * post);
  if (scheme === 'zero') return weights;
  if (scheme === 'listed') return weights.map((_, k) => gain * values![k]!);
  const stream = streams[kind] + index;
  const isNormal = scheme === 'normal' || scheme === 'glorot-normal' || scheme === 'orthogonal';
  const width = widthOf(scheme, pre, post, taps);
  for (let i = 0; i < pre; i++)
    for (let j = 0; j < post; j++) {
      const value = isNormal ? normal(seed, stream, i, j, 0) : 2 * uniform24(seed, stream, i, j, 0) - 1;
      weights[i * post + j] = gain * width * value;
    }
  if (scheme !== 'orthogonal') return weights;
  const tall = pre > post;
  const rows = orthonormalRows(tall ? transposed(weights, pre, post) : weights, Math.max(pre, post));
  return (tall ? transposed(rows, post, pre) : rows).map((value) => gain * value);
}

/** Weights [pre, post] of the projection with this number; those outside its bounds are mirrored at the bound, or put on it. */
export function initialWeights(
  projection: Pick<Projection, 'init' | 'conv'> & Partial<Pick<Projection, 'bounds'>>,
  index: number,
  pre: number,
  post: number,
  seed: number,
): Float64Array {
  const weights = initialMatrix(projection.init, 'weights', index, pre, post, seed, tapsOf(projection.conv));
  if (!projection.bounds) return weights;
  const [low, high] = projection.bounds;
  const mirrored = (w: number): number => (w < low ? 2 * low - w : w > high ? 2 * high - w : w);
  return weights.map((w) => Math.min(Math.max(mirrored(w), low), high));
}

/** Biases of the population with this number: uniform in init +/- spread. */
export function initialBias(population: Pick<Population, 'units' | 'shape' | 'bias'>, index: number, seed: number): Float64Array {
  const { bias } = population;
  const values = new Float64Array(biasesOf(population)).fill(bias.init);
  if (bias.spread === 0) return values;
  return values.map((init, j) => init + bias.spread * (2 * uniform24(seed, streams.biases + index, 0, j, 0) - 1));
} // prettier-ignore

/** A fair coin for batch `batch`: +1 or -1 (the random-sign estimator). */
export function coin(seed: number, batch: number): 1 | -1 {
  return hash32(seed, 8191, batch, 0, 0) >>> 31 === 0 ? 1 : -1;
}
