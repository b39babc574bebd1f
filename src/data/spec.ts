// What a model file says of its data, resolved.
export interface DataSpec {
  /** mnist, fashion-mnist, moons, xor, bars, or cifar10 | idx | csv | npy with `path`. */
  readonly set: string;
  readonly path: string | null;
  /** Examples used, from the start; null means all. */
  readonly train: number | null;
  readonly test: number | null;
  /** Examples taken from the end of the training set for validation (0: none). */
  readonly validation: number;
  readonly batch: number;
  /** Of the training examples in an epoch: shuffled from the seed (default), or as the file has them. */
  readonly order?: 'shuffled' | 'file';
  /** Pictures are averaged down to so many rows and columns; absent: as they come. */
  readonly pixels?: readonly [number, number];
  /** Each channel is brought to mean 0 and deviation 1: those of the training examples, or given ones. */
  readonly normalise?: true | { readonly mean: readonly number[]; readonly deviation: readonly number[] };
  /** What happens to training pictures, anew in each pass over the data. */
  readonly augment?: Augmentation;
}

export interface Augmentation {
  /** Pixels of padding on each side, of which a picture of the old size is cut out at random (0: none). */
  readonly crop: number;
  /** The padding repeats the pixel at the edge, or is zero. */
  readonly fill: 'edge' | 'zero';
  /** Every other picture, at random, is mirrored from left to right. */
  readonly flip: boolean;
}
