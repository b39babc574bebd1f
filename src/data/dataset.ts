// What a data set is once loaded: typed arrays. It knows no file and no network.

/** Examples of equal size with class labels. Inputs are bytes (divided by `scale` to give [0, 1]) or floats (`scale` 1). */
export interface Examples {
  readonly count: number;
  /** Shape of one example, for instance [28, 28]; channels of a picture come last: [32, 32, 3]. */
  readonly shape: readonly number[];
  readonly inputs: Uint8Array | Float32Array;
  readonly scale: number;
  readonly labels: Uint8Array;
  /** Machines read (value / scale - mean) / deviation of the value's channel; absent: value / scale. */
  readonly normal?: Normal;
}

/** Mean and deviation of each channel, of values in [0, 1]. */
export interface Normal {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export interface DataSet {
  readonly name: string;
  readonly classes: number;
  readonly train: Examples;
  readonly test: Examples;
  /** SHA-256 of the inputs and labels as loaded, hexadecimal; for provenance. */
  readonly sha256: string;
}
