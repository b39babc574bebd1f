// Batches in seeded order, and how examples become numbers for a network.
import { shuffled } from '../math/random.ts';
import type { Examples } from './dataset.ts';

/** The example numbers of an epoch's batches, in seeded order; the last batch may be smaller. */
export function* batches(count: number, batch: number, seed: number, epoch: number): Generator<Int32Array> {
  const order = shuffled(count, seed, epoch);
  for (let begin = 0; begin < count; begin += batch) yield order.subarray(begin, Math.min(count, begin + batch));
}

/** Inputs [examples, size] in [0, 1]. */
export function fillInputs(examples: Examples, indices: ArrayLike<number>, out: Float32Array | Float64Array): void {
  const size = examples.inputs.length / Math.max(1, examples.count);
  const factor = 1 / examples.scale;
  for (let k = 0; k < indices.length; k++) {
    const begin = indices[k]! * size;
    for (let i = 0; i < size; i++) out[k * size + i] = examples.inputs[begin + i]! * factor;
  }
}

/** One-hot targets [examples, classes]. */
export function fillTargets(examples: Examples, indices: ArrayLike<number>, classes: number, out: Float32Array | Float64Array): void {
  out.fill(0, 0, indices.length * classes);
  for (let k = 0; k < indices.length; k++) out[k * classes + examples.labels[indices[k]!]!] = 1;
}
