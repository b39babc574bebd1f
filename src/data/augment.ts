// Training pictures moved and mirrored at random: a crop of the padded picture, then a flip from left to right. A pure function
// of (seed, pass over the data, example), so the bits are the same in whatever order and thread pictures are made.
import { SettleError } from '../errors.ts';
import { hash32, uniform24, wholeBelow } from '../math/random.ts';
import type { Examples } from './dataset.ts';
import { writer } from './normal.ts';
import type { Augmentation } from './spec.ts';

/** Stream of these numbers: math/random.ts lists all. */
const stream = 20480;

/** @throws SettleError of kind `input` for examples that are no pictures, or a padding beyond their size */
export function checkAugmentation({ crop }: Augmentation, shape: readonly number[], set: string): void {
  if (shape.length !== 2 && shape.length !== 3)
    throw new SettleError('only pictures are cropped and flipped', {
      kind: 'input', path: 'data.augment', found: `examples [${shape.join(', ')}] of ${set}`, expected: 'pictures: examples [rows, columns] or [rows, columns, channels]',
    }); // prettier-ignore
  const least = Math.min(shape[0]!, shape[1]!);
  if (crop > least)
    throw new SettleError('the padding is wider than the picture', {
      kind: 'input', path: 'data.augment.crop', found: `${crop} pixels`, expected: `at most ${least}, the smaller side of [${shape.join(', ')}]`,
    }); // prettier-ignore
}

/** Where an example's crop begins in its padded picture, and whether it is mirrored. */
export function drawn({ crop, flip }: Augmentation, seed: number, pass: number, example: number) {
  const own = hash32(seed, stream, pass, 0, 0);
  return {
    row: crop === 0 ? 0 : wholeBelow(2 * crop + 1, own, stream, example, 0),
    column: crop === 0 ? 0 : wholeBelow(2 * crop + 1, own, stream, example, 1),
    mirrored: flip && uniform24(own, stream, example, 2, 0) < 0.5,
  };
}

/** Writes the inputs of the examples at `indices` in a pass over the data, one after the other, into `out`. */
export type Augmented = (indices: ArrayLike<number>, pass: number, out: Float32Array) => void;

export function augmented(examples: Examples, augmentation: Augmentation, seed: number): Augmented {
  const [rows, columns, channels = 1] = examples.shape as [number, number, number?];
  const { inputs } = examples;
  const { crop, fill } = augmentation;
  const size = rows * columns * channels;
  const picture = inputs instanceof Uint8Array ? new Uint8Array(size) : new Float32Array(size);
  const write = writer(examples);
  const within = (place: number, length: number): number => Math.min(length - 1, Math.max(0, place));
  return (indices, pass, out) => {
    for (let k = 0; k < indices.length; k++) {
      const { row, column, mirrored } = drawn(augmentation, seed, pass, indices[k]!);
      const begin = indices[k]! * size;
      for (let r = 0, to = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) {
          const [i, j] = [r + row - crop, (mirrored ? columns - 1 - c : c) + column - crop];
          const outside = fill === 'zero' && (i < 0 || i >= rows || j < 0 || j >= columns);
          const from = begin + (within(i, rows) * columns + within(j, columns)) * channels;
          for (let channel = 0; channel < channels; channel++) picture[to++] = outside ? 0 : inputs[from + channel]!;
        }
      write(picture, 0, out, k * size);
    }
  };
}
