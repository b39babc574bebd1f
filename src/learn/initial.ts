// Initial weights from the seed: the same for every backend and engine.
import { hash32, normal, uniform24 } from '../math/random.ts';
import type { Population, Projection } from '../model/model.ts';

/** Streams of random numbers for weights lie apart from those of the dynamics. */
const weightStream = 4096;

/** Weights [pre, post], row-major. Glorot: uniform in +/- gain sqrt(6 / (pre + post)); uniform: +/- gain / sqrt(pre). */
export function initialWeights(
  projection: Projection,
  index: number,
  pre: number,
  post: number,
  seed: number,
): Float64Array {
  const { scheme, gain } = projection.init;
  const weights = new Float64Array(pre * post);
  if (scheme === 'zero') return weights;
  const stream = weightStream + index;
  const width = scheme === 'glorot' ? Math.sqrt(6 / (pre + post)) : 1 / Math.sqrt(pre);
  for (let i = 0; i < pre; i++)
    for (let j = 0; j < post; j++) {
      const value = scheme === 'normal' ? normal(seed, stream, i, j, 0) : 2 * uniform24(seed, stream, i, j, 0) - 1;
      weights[i * post + j] = gain * width * value;
    }
  return weights;
}

/** Streams of random biases. */
const biasStream = 6144;

/** Biases [units]: uniform in init +/- spread. */
export function initialBias({ units, bias: { init, spread } }: Population, index: number, seed: number): Float64Array {
  const values = new Float64Array(units).fill(init);
  if (spread === 0) return values;
  return values.map((value, j) => value + spread * (2 * uniform24(seed, biasStream + index, 0, j, 0) - 1));
}

/** A fair coin for batch `batch`: +1 or -1 (the random-sign estimator). */
export function coin(seed: number, batch: number): 1 | -1 {
  return hash32(seed, 8191, batch, 0, 0) >>> 31 === 0 ? 1 : -1;
}
