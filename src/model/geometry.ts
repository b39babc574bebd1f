// Shapes of pictures, of the kernels that slide over them and of the windows that pool them. Data only; what a kernel makes of
// them is worked out and refused in shapes.ts.

/** Rows, columns and channels; units of a population are ordered by row, then column, then channel. */
export type Picture = readonly [rows: number, columns: number, channels: number];

/** Numbers of a picture. */
export const unitsOf = ([rows, columns, channels]: Picture): number => rows * columns * channels;

/**
 * The same kernel at every place of a picture with `padding` zeros around it. Its weights are [size * size * channels in,
 * channels out]: a patch's numbers by row, column and channel, against the channels of one place of `into`.
 */
export interface Conv {
  readonly from: Picture;
  readonly into: Picture;
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
}

/** Windows of size x size that do not overlap, in each channel: the largest number, the mean, or sum p x with p the softmax of x. */
export interface Pool {
  readonly kind: 'max' | 'average' | 'softmax';
  readonly from: Picture;
  readonly into: Picture;
  readonly size: number;
  readonly stride: number;
}
