// What a model file says of its data, resolved.
export interface DataSpec {
  /** mnist, fashion-mnist, moons, xor, bars, or idx | csv | npy with `path`. */
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
}
