// Shuffled batches of example numbers, and the floats a machine reads for them. It knows no machine.
import { shuffled } from '../math/random.ts';
import type { Examples } from './dataset.ts';
import { writer } from './normal.ts';

/** What a machine reads: float32, or float64 in the reference backend. */
type Reals = Float32Array | Float64Array;

/**
 * The batches of one epoch (from 0): every example once, in an order that only count, seed and epoch decide.
 * The last batch may be smaller. Each is a view of one array, valid as long as its reader likes.
 */
export function* batches(
  count: number,
  batch: number,
  seed: number,
  epoch: number,
  kind: 'shuffled' | 'file' = 'shuffled',
): Generator<Int32Array> {
  if (!Number.isInteger(batch) || batch < 1)
    throw new RangeError(`batches of ${batch} examples: found ${batch}, expected a whole number from 1`);
  const order = kind === 'file' ? Int32Array.from({ length: count }, (_, k) => k) : shuffled(count, seed, epoch);
  for (let begin = 0; begin < count; begin += batch) yield order.subarray(begin, Math.min(begin + batch, count));
}

/** Numbers of one example's inputs. */
const sizeOf = (examples: Examples): number => examples.shape.reduce((product, side) => product * side, 1);

/** Writes the inputs of the examples at `indices`, in [0, 1] or normalised, one after the other into `out`. */
export function fillInputs(examples: Examples, indices: ArrayLike<number>, out: Reals): void {
  const size = sizeOf(examples);
  checkLength('inputs', out.length, indices.length, size);
  const write = writer(examples);
  for (let row = 0; row < indices.length; row++)
    write(examples.inputs, example(examples, indices[row]!) * size, out, row * size);
}

/** Writes one-hot targets of the examples at `indices`: 1 at the label, 0 elsewhere. */
export function fillTargets(examples: Examples, indices: ArrayLike<number>, classes: number, out: Reals): void {
  checkLength('targets', out.length, indices.length, classes);
  out.fill(0);
  for (let row = 0; row < indices.length; row++) {
    const label = examples.labels[example(examples, indices[row]!)]!;
    if (label >= classes)
      throw new RangeError(`example ${indices[row]!} has label ${label}, the targets have ${classes} classes`);
    out[row * classes + label] = 1;
  }
}

function checkLength(what: string, found: number, rows: number, width: number): void {
  if (found !== rows * width)
    throw new RangeError(`${what}: ${rows} examples of ${width} need ${rows * width} numbers, the array has ${found}`);
}

function example(examples: Examples, index: number): number {
  if (!(index >= 0 && index < examples.count)) throw new RangeError(`example ${index} of a set of ${examples.count}`);
  return index;
}
