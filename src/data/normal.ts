// Inputs with mean 0 and deviation 1 in each channel: given numbers, or those of the training examples. It changes no data:
// batches are normalised as they are filled.
import { SettleError } from '../errors.ts';
import type { DataSet, Examples, Normal } from './dataset.ts';
import type { DataSpec } from './spec.ts';

/** Channels of examples: the last of three dimensions, the columns of a table; a picture of two dimensions has one. */
const channelsOf = (shape: readonly number[]): number => (shape.length === 2 ? 1 : (shape.at(-1) ?? 1));

/** Both sets by the numbers of the examples that are trained on, or by given ones. */
export function normalised<Sets extends Pick<DataSet, 'train' | 'test'>>({ normalise, validation }: DataSpec, sets: Sets): Sets {
  if (!normalise) return sets;
  const { train, test } = sets;
  const normal = normalise === true ? normalOf(train, Math.max(0, train.count - validation)) : normalise;
  checkNormal(normal, train.shape);
  return { ...sets, train: { ...train, normal }, test: { ...test, normal } };
} // prettier-ignore

/** Mean and deviation of each channel over the first `count` examples; a channel that never changes keeps its size. */
function normalOf(examples: Examples, count: number): Normal {
  const { inputs, scale, shape } = examples;
  const channels = channelsOf(shape);
  const numbers = (inputs.length / Math.max(1, examples.count)) * count;
  const each = Math.max(1, numbers / channels);
  const mean = new Float64Array(channels);
  for (let k = 0; k < numbers; k++) mean[k % channels]! += inputs[k]! / scale;
  for (let c = 0; c < channels; c++) mean[c]! /= each;
  const squares = new Float64Array(channels);
  for (let k = 0; k < numbers; k++) squares[k % channels]! += (inputs[k]! / scale - mean[k % channels]!) ** 2;
  return { mean: [...mean], deviation: [...squares].map((sum) => Math.sqrt(sum / each) || 1) };
}

/** @throws SettleError of kind `input` if given numbers are not one for each channel */
function checkNormal({ mean, deviation }: Normal, shape: readonly number[]): void {
  const channels = channelsOf(shape);
  for (const [key, values] of Object.entries({ mean, deviation }))
    if (values.length !== channels)
      throw new SettleError('the normalisation does not fit the channels', {
        kind: 'input', path: `data.normalise.${key}`, found: `${values.length} numbers`, expected: `${channels}, one for each channel of [${shape.join(', ')}]`,
      }); // prettier-ignore
}

/** Puts one example's numbers, from `at` of `from`, into `out` as a machine reads them. */
export function writer(examples: Examples): (from: Examples['inputs'], at: number, out: Float32Array | Float64Array, to: number) => void {
  const { scale, normal } = examples;
  const size = examples.shape.reduce((product, length) => product * length, 1);
  if (!normal)
    return (from, at, out, to) => {
      if (scale === 1) out.set(from.subarray(at, at + size), to);
      else for (let k = 0; k < size; k++) out[to + k] = from[at + k]! / scale;
    };
  const { mean, deviation } = normal;
  const channels = mean.length;
  const value = (x: number, c: number): number => (x / scale - mean[c]!) / deviation[c]!;
  if (!(examples.inputs instanceof Uint8Array))
    return (from, at, out, to) => {
      for (let k = 0; k < size; k++) out[to + k] = value(from[at + k]!, k % channels);
    };
  // A byte has few values: each is worked out once.
  const table = Float64Array.from({ length: 256 * channels }, (_, k) => value(k % 256, Math.floor(k / 256)));
  return (from, at, out, to) => {
    for (let k = 0, c = 0; k < size; k++) {
      out[to + k] = table[256 * c + from[at + k]!]!;
      if (++c === channels) c = 0;
    }
  };
} // prettier-ignore
