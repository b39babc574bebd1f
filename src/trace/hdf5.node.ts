// HDF5 files from and to disk, through h5wasm: the library is loaded when the first file is opened, not before. Compressed by
// gzip and shuffle or not at all; links out of the file, compound values and other filters are refused by name.
import { closeSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import type * as H5wasm from 'h5wasm/node';
import type { Attribute, Dataset, Group, GuessableDataTypes, Metadata } from 'h5wasm/node';
import { codeOf, reasonOf, SettleError } from '../errors.ts';
import type { HdfArray, HdfGroup } from './hdf5.ts';

type Library = typeof H5wasm;

let opened: Promise<Library> | undefined;

async function library(): Promise<Library> {
  opened ??= import('h5wasm/node').then(async (library) => {
    const module = await library.ready;
    // Otherwise a failed read prints to stderr and returns an array of nothing.
    module.activate_throwing_error_handler();
    return library;
  });
  return opened;
}

/** @throws SettleError of kind `input`: no such file, not HDF5, or with the path inside of what cannot be read */
export async function readHdf5(path: string): Promise<HdfGroup> {
  checkSignature(path);
  const { File } = await library();
  let file: InstanceType<Library['File']>;
  try {
    file = new File(path, 'r');
  } catch (error) {
    throw new SettleError(`cannot read: ${innermost(error)}`, { kind: 'input', file: path, expected: 'a whole HDF5 file' }); // prettier-ignore
  }
  try {
    return groupOf(file, path, '');
  } finally {
    file.close();
  }
}

/** Written beside its place, then renamed. Arrays of a thousand numbers and more are compressed. @throws SettleError */
export async function writeHdf5(path: string, root: HdfGroup): Promise<void> {
  await created(path, (file) => fill(file, root));
}

/** An array of one dimension that grows while its file is written. */
export interface HdfColumn {
  readonly group: string;
  readonly name: string;
  /** Uint64 numbers are given as pairs of words, the low one first. */
  readonly type: 'float64' | 'uint64';
  readonly attributes?: Readonly<Record<string, string>>;
  /** Numbers of a chunk in the file; a file takes whole chunks. */
  readonly chunk?: number;
}

/** Numbers of a chunk at most. */
export const hdfChunk = 2 ** 16;

/** Columns that grow block by block, in files of any length; blocks of `hdfChunk` numbers cost least. @throws SettleError */
export async function writeHdf5Columns(path: string, columns: readonly HdfColumn[], blocks: Iterable<readonly [column: number, data: Float64Array | Uint32Array]>): Promise<void> {
  await created(path, (file) => {
    const places = columns.map(({ group, name, type, attributes = {}, chunk = hdfChunk }) => {
      group.split('/').reduce((at: Group, part) => (at.get(part) as Group | null) ?? at.create_group(part), file);
      const parent = file.get(group) as Group;
      const data = type === 'float64' ? new Float64Array(0) : (new BigUint64Array(0) as unknown as GuessableDataTypes);
      parent.create_dataset({ name, data, shape: [0], maxshape: [null], chunks: [chunk] });
      const dataset = parent.get(name) as Dataset;
      for (const [key, value] of Object.entries(attributes)) dataset.create_attribute(key, value);
      return { dataset, length: 0 };
    });
    for (const [column, data] of blocks) {
      const place = places[column]!;
      const values = data instanceof Float64Array ? data : new BigUint64Array(data.buffer, data.byteOffset, data.length / 2);
      const end = place.length + values.length;
      if (values.length === 0) continue;
      place.dataset.resize([end]);
      place.dataset.write_slice([[place.length, end]], values);
      place.length = end;
    }
  });
} // prettier-ignore

/** Makes a file beside its place and renames it when it is whole. */
async function created(path: string, make: (file: InstanceType<Library['File']>) => void): Promise<void> {
  const { File } = await library();
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    closeSync(openSync(temporary, 'w'));
    const file = new File(temporary, 'w');
    try {
      make(file);
    } finally {
      file.close();
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    if (error instanceof SettleError) throw error;
    const reason = codeOf(error) === undefined ? innermost(error) : reasonOf(error);
    throw new SettleError(`cannot write: ${reason}`, { kind: 'environment', file: path });
  }
}

/** A file that stays open while parts of its arrays are read. */
export interface HdfFile {
  /** Names of what is in a group; null where there is no such group. */
  names(group: string): readonly string[] | null;
  /** Length of an array of one dimension of numbers. @throws SettleError of kind `input` for anything else */
  length(path: string): number;
  /** Elements [from, to) of it as float64. */
  numbers(path: string, from: number, to: number): Float64Array;
  /** A text; null where there is no such attribute or it is no text. */
  attribute(path: string, name: string): string | null;
  close(): void;
}

/** @throws SettleError of kind `input`: no such file, not HDF5 */
export async function openHdf5(path: string): Promise<HdfFile> {
  checkSignature(path);
  const { File } = await library();
  const file = reading(path, undefined, () => new File(path, 'r'));
  const dataset = (at: string): Dataset => {
    const found = reading<unknown>(path, at, () => file.get(at)) as { readonly type?: string } | null;
    if (found?.type === 'Dataset') return found as unknown as Dataset;
    throw new SettleError('an array is missing', { kind: 'input', file: path, path: at, found: found?.type ?? 'nothing', expected: 'Dataset' }); // prettier-ignore
  };
  return {
    names(group) {
      const found = reading<unknown>(path, group, () => file.get(group)) as { readonly type?: string } | null;
      return found?.type === 'Group' ? (found as unknown as Group).keys() : null;
    },
    length(at) {
      const { metadata, shape } = reading(path, at, () => dataset(at));
      if (shape?.length === 1 && (metadata.type === integer || metadata.type === float)) return shape[0]!;
      throw new SettleError('not numbers in one dimension', { kind: 'input', file: path, path: at, found: `shape [${shape?.join(', ') ?? ''}], HDF5 type ${metadata.type}`, expected: '[n] of integers or floats' }); // prettier-ignore
    },
    numbers: (at, from, to) => {
      const values = reading<unknown>(path, at, () => dataset(at).slice([[from, to]]));
      if (values instanceof Float64Array) return values;
      if (!(values instanceof BigUint64Array)) return Float64Array.from(values as ArrayLike<number>, Number);
      // Word by word: no BigInt is made.
      const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
      return Float64Array.from({ length: values.length }, (_, k) => words[2 * k]! + words[2 * k + 1]! * 2 ** 32);
    },
    attribute(at, name) {
      const value = reading<unknown>(path, at, () => dataset(at).attrs[name]?.value);
      return typeof value === 'string' ? value : null;
    },
    close: () => void file.close(),
  };
}

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** The signature stands at 0, or at 512, 1024, ... behind a user block. */
function checkSignature(path: string): void {
  let found = false;
  try {
    const descriptor = openSync(path, 'r');
    try {
      const head = Buffer.alloc(8);
      for (let at = 0; !found && readSync(descriptor, head, 0, 8, at) === 8; at = at === 0 ? 512 : 2 * at)
        found = signature.every((byte, k) => head[k] === byte);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new SettleError(`cannot read: ${reasonOf(error)}`, { kind: 'input', file: path });
  }
  if (!found) throw new SettleError('not an HDF5 file', { kind: 'input', file: path, found: 'other bytes', expected: 'the signature of HDF5' }); // prettier-ignore
}

/** The last sentence of the library's stack of errors says most. */
function innermost(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const lines = [...text.matchAll(/#\d+: .*\): (.*)/g)];
  return lines.at(-1)?.[1] ?? text.split('\n')[0]!;
}

/** Nobody nests deeper; hard links could make rings. */
const deepest = 64;

function groupOf(group: Group, file: string, path: string): HdfGroup {
  if (path.split('/').length > deepest)
    throw new SettleError('groups within groups', { kind: 'input', file, path, found: `more than ${deepest} levels`, expected: 'fewer' }); // prettier-ignore
  const members = new Map<string, HdfGroup | HdfArray>();
  for (const name of group.keys()) {
    const at = path === '' ? name : `${path}/${name}`;
    const member = reading<unknown>(file, at, () => group.get(name)) as { readonly type?: string } | null;
    if (member?.type === 'Group') members.set(name, groupOf(member as unknown as Group, file, at));
    else if (member?.type === 'Dataset') {
      const dataset = member as unknown as Dataset;
      const foreign = reading(file, at, () => dataset.filters).find(({ id }) => id < 1 || id > 3);
      if (foreign)
        throw new SettleError('compressed in a way that settle does not read', { kind: 'input', file, path: at, found: foreign.name || `filter ${foreign.id}`, expected: 'gzip, or no compression' }); // prettier-ignore
      members.set(name, arrayOf(dataset, file, at));
    } else
      throw new SettleError('neither a group nor an array of this file', { kind: 'input', file, path: at, found: member?.type ?? 'nothing', expected: 'Group or Dataset' }); // prettier-ignore
  }
  const attributes = new Map(
    Object.entries(group.attrs).map(([name, attribute]) => [name, arrayOf(attribute, file, `${path}@${name}`)]),
  );
  return { kind: 'group', members, attributes };
}

function reading<T>(file: string, path: string | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SettleError) throw error;
    throw new SettleError(`cannot read: ${innermost(error)}`, { kind: 'input', file, path, expected: 'a whole HDF5 file' }); // prettier-ignore
  }
}

/** Classes of HDF5 types. */
const [integer, float, string, enumeration] = [0, 1, 3, 8];
const largest = 2 ** 28;

function arrayOf(from: Dataset | Attribute, file: string, path: string): HdfArray {
  const metadata = reading<Metadata>(file, path, () => from.metadata);
  const { type, size } = metadata;
  const shape = from.shape;
  const truth =
    type === enumeration &&
    Object.keys(metadata.enum_type?.members ?? {})
      .sort()
      .join() === 'FALSE,TRUE';
  if (!shape || (type !== integer && type !== float && type !== string && !truth))
    throw new SettleError('not an array of numbers or of text', { kind: 'input', file, path, found: shape ? `HDF5 type ${type}` : 'an empty dataspace', expected: 'integers, floats, booleans or strings' }); // prettier-ignore
  const count = shape.reduce((product, length) => product * length, 1);
  if (count > largest)
    throw new SettleError('the array is too large', { kind: 'input', file, path, found: `${count} values`, expected: `at most ${largest}` }); // prettier-ignore
  const value = reading<unknown>(file, path, () => from.value);
  const values = (Array.isArray(value) || ArrayBuffer.isView(value) ? value : [value]) as ArrayLike<unknown>;
  if (values.length !== count)
    throw new SettleError('cannot read', { kind: 'input', file, path, found: `${values.length} values`, expected: String(count) }); // prettier-ignore
  if (type === string)
    return { kind: 'array', type: 'text', shape, numbers: new Float64Array(0), texts: Array.from(values, String) };
  const kind = truth ? 'bool' : type === integer ? 'int64' : size === 4 ? 'float32' : 'float64';
  return { kind: 'array', type: kind, shape, numbers: Float64Array.from(values, Number), texts: [] };
}

/** The numbers in the type of the file. */
function stored({ type, numbers, texts, shape }: HdfArray): GuessableDataTypes {
  if (type === 'text') return shape.length === 0 ? texts[0]! : [...texts];
  if (type === 'float64') return numbers;
  if (type === 'float32') return Float32Array.from(numbers);
  if (type === 'int64') return BigInt64Array.from(numbers, BigInt) as unknown as GuessableDataTypes;
  return Int8Array.from(numbers);
}

function fill(group: Group, { members, attributes }: HdfGroup): void {
  for (const [name, value] of attributes) group.create_attribute(name, stored(value), [...value.shape]);
  for (const [name, member] of members) {
    if (member.kind === 'group') fill(group.create_group(name), member);
    else if (member.type === 'text' && member.shape.length === 0) group.create_dataset({ name, data: stored(member) });
    else {
      const shape = [...member.shape];
      const packed = member.numbers.length >= 1000 ? ({ compression: 'gzip', chunks: chunksOf(shape) } as const) : {};
      group.create_dataset({ name, data: stored(member), shape, ...packed });
    }
  }
}

/** Whole rows, up to about a million numbers a chunk. */
function chunksOf(shape: readonly number[]): number[] {
  let room = 2 ** 20;
  return shape.toReversed().map((length) => {
    const here = Math.max(1, Math.min(length, room));
    room = Math.floor(room / here);
    return here;
  }).toReversed(); // prettier-ignore
}
