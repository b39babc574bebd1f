// What an HDF5 file holds, as plain data: groups, arrays, attributes. It reads no file; hdf5.node.ts does.

/** Numbers are all float64 here; `type` says what they are in the file. */
export interface HdfArray {
  readonly kind: 'array';
  readonly type: 'float64' | 'float32' | 'int64' | 'bool' | 'text';
  /** Empty for a scalar. */
  readonly shape: readonly number[];
  /** Row-major; [] of text. */
  readonly numbers: Float64Array;
  readonly texts: readonly string[];
}

export interface HdfGroup {
  readonly kind: 'group';
  readonly attributes: ReadonlyMap<string, HdfArray>;
  readonly members: ReadonlyMap<string, HdfGroup | HdfArray>;
}

/** Arrays of a group by name; `attributes` may be left out. */
export const hdfGroup = (
  members: Readonly<Record<string, HdfGroup | HdfArray>> | ReadonlyMap<string, HdfGroup | HdfArray>,
  attributes: Readonly<Record<string, HdfArray>> = {},
): HdfGroup => ({
  kind: 'group',
  members: members instanceof Map ? members : new Map(Object.entries(members)),
  attributes: new Map(Object.entries(attributes)),
});

/** One text, or with a shape an array of them. */
export const hdfText = (texts: string | readonly string[], shape: readonly number[] = []): HdfArray => ({
  kind: 'array',
  type: 'text',
  shape,
  numbers: new Float64Array(0),
  texts: typeof texts === 'string' ? [texts] : texts,
});

/** One number, or with a shape an array of them. */
export const hdfNumbers = (
  numbers: number | ArrayLike<number>,
  shape: readonly number[] = [],
  type: 'float64' | 'float32' | 'int64' = 'float64',
): HdfArray => ({
  kind: 'array',
  type,
  shape,
  numbers: typeof numbers === 'number' ? Float64Array.of(numbers) : Float64Array.from(numbers),
  texts: [],
});
