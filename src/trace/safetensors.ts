// safetensors: the length of a JSON header (8 bytes, little-endian), the header, the numbers. Reading holds every place in the
// header to the bytes that are there: no overlap, no hole.
import { SettleError } from '../errors.ts';
import { joined } from '../frames/bytes.ts';
import type { ColumnData } from '../frames/frame.ts';

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: ColumnData;
}

const names = new Map<unknown, string>([
  [Float32Array, 'F32'], [Float64Array, 'F64'], [Int32Array, 'I32'], [Uint32Array, 'U32'], [Uint8Array, 'U8'],
]); // prettier-ignore

/** The widest numbers first, so that each begins at a multiple of its size; then by name. */
export function safetensors(tensors: ReadonlyMap<string, Tensor>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const order = [...tensors].sort(([a, { data: x }], [b, { data: y }]) => y.BYTES_PER_ELEMENT - x.BYTES_PER_ELEMENT || (a < b ? -1 : 1));
  let at = 0;
  const entries = order.map(([name, { shape, data }]) => {
    const begin = at;
    at += data.byteLength;
    return [name, { dtype: dtypeOf(data), shape, data_offsets: [begin, at] }] as const;
  });
  const words = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }));
  const head = new Uint8Array(8 + 8 * Math.ceil(words.length / 8)).fill(32);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(words, 8);
  return joined([head, ...order.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))]);
} // prettier-ignore

const dtypeOf = (data: ColumnData): string => names.get(data.constructor)!;

/** A tensor as it is stored: its type may be one that JavaScript has no numbers of. */
export interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const sizes: Readonly<Record<string, number>> = {
  BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, I16: 2, U16: 2, F16: 2, BF16: 2, I32: 4, U32: 4, F32: 4, F64: 8, I64: 8, U64: 8,
}; // prettier-ignore
const longestHeader = 100_000_000;

/** @throws SettleError of kind `input` with the tensor whose place, type or shape is wrong */
export function readSafetensors(bytes: Uint8Array, file: string): { readonly tensors: ReadonlyMap<string, StoredTensor>; readonly metadata: Readonly<Record<string, string>> } {
  const refuse = (message: string, found: string, expected: string, path?: string): never => {
    throw new SettleError(message, { kind: 'input', file, path, found, expected });
  };
  if (bytes.length < 8) refuse('not safetensors', `${bytes.length} bytes`, '8 and a header');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > Math.min(longestHeader, bytes.length - 8)) refuse('the header is longer than the file', `${length} bytes`, `at most ${Math.min(longestHeader, bytes.length - 8)}`);
  let head: unknown;
  try {
    head = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch (error) {
    refuse('the header is not JSON', (error as Error).message, 'an object');
  }
  if (typeof head !== 'object' || head === null || Array.isArray(head)) refuse('the header is not JSON', JSON.stringify(head).slice(0, 40), 'an object');
  const { __metadata__: metadata = {}, ...entries } = head as Record<string, unknown>;
  const data = bytes.subarray(8 + length);
  const tensors = new Map<string, StoredTensor>();
  const places: [number, number, string][] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets: place } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
    const natural = (values: unknown): values is number[] => Array.isArray(values) && values.every((value) => Number.isSafeInteger(value) && (value as number) >= 0);
    if (typeof dtype !== 'string' || !Object.hasOwn(sizes, dtype)) return refuse('an unknown type', String(dtype), Object.keys(sizes).join(', '), name);
    if (!natural(shape)) return refuse('a shape is missing', JSON.stringify(shape) ?? 'nothing', '[sizes]', name);
    if (!natural(place) || place.length !== 2) return refuse('a place is missing', JSON.stringify(place) ?? 'nothing', '[begin, end]', name);
    const [begin, end] = place as [number, number];
    const size = shape.reduce((product, each) => product * each, sizes[dtype]!);
    if (end > data.length || end - begin !== size) refuse('a tensor that its place cannot hold', `[${begin}, ${end}) of ${data.length} bytes`, `${size} bytes for ${dtype} [${shape.join(', ')}]`, name);
    places.push([begin, end, name]);
    tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  }
  let at = 0;
  for (const [begin, end, name] of places.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== at) refuse('tensors overlap or leave a hole', `begin ${begin}`, String(at), name);
    at = end;
  }
  if (at !== data.length) refuse('bytes that belong to no tensor', `${data.length - at}`, '0');
  return { tensors, metadata: metadata as Record<string, string> };
} // prettier-ignore
