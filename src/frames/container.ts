// The settle container: a stream of MessagePack arrays ['settle', kind, crc32 of kind and bin, bin]. First a header, last
// an end; without the end it is truncated. Reading never trusts a length before the bytes are there, nor the shape of
// what a matching checksum covers. It does no I/O.
import { SettleError } from '../errors.ts';
import { crc32 } from './crc32.ts';
import type { Column, ColumnData, ColumnDtype, Frame } from './frame.ts';
import { pack, unpack } from './messagepack.ts';

export interface Header {
  /** `settle-trace/1` or `settle-checkpoint/1`. */
  readonly schema: string;
  readonly [key: string]: unknown;
}

export interface Container {
  readonly header: Header;
  readonly frames: readonly Frame[];
  /** False if the end is missing or a record is damaged; `problem` then says where and what. */
  readonly complete: boolean;
  readonly problem: string | null;
  /** Bytes up to the last whole record. */
  readonly wholeBytes: number;
}

const mark = 'settle';
/** The text of a kind has one byte of length in a record. */
const longestKind = 31;
const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
/** Every record begins: array of 4, text of 6 bytes, "settle". */
const prefix = Uint8Array.of(0x94, 0xa6, ...new TextEncoder().encode(mark));

const views: Readonly<Record<ColumnDtype, { new (buffer: ArrayBuffer): ColumnData; BYTES_PER_ELEMENT: number }>> = {
  f32: Float32Array, f64: Float64Array, i32: Int32Array, u32: Uint32Array, u8: Uint8Array,
}; // prettier-ignore

function checksum(kind: string, bytes: Uint8Array): number {
  return crc32(bytes, crc32(new TextEncoder().encode(kind)));
}
function record(kind: string, body: object): Uint8Array {
  const bytes = pack(body);
  return pack([mark, kind, checksum(kind, bytes), bytes]);
}

export function encodeHeader(header: Header): Uint8Array {
  return record('header', header);
}

/** One frame as a record; typed arrays go in as little-endian bytes beside their type and shape. */
export function encodeFrame(frame: Frame): Uint8Array {
  const { kind, run, epoch, example, phase, t0, t1 } = frame;
  if (kind === 'header' || kind === 'end' || new TextEncoder().encode(kind).length > longestKind)
    throw new SettleError('a frame cannot be of this kind', {
      kind: 'defect', found: `"${kind}"`, expected: `at most ${longestKind} bytes, neither header nor end`,
    }); // prettier-ignore
  const columns = Object.fromEntries(
    Object.entries(frame.columns).map(([name, { dtype, shape, data }]) => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return [name, { dtype, shape, data: hostIsLittle ? bytes : turned(bytes, data.BYTES_PER_ELEMENT) }];
    }),
  );
  return record(kind, { run, epoch, example, phase, t0, t1, columns });
}

export function encodeEnd(): Uint8Array {
  return record('end', {});
}

/** A copy with the bytes of every element in the opposite order. */
function turned(bytes: Uint8Array, size: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let at = 0; at < copy.length; at += size) copy.subarray(at, at + size).reverse();
  return copy;
}

/** The record that begins at `at`, or what is wrong with it. */
function readRecord(bytes: Uint8Array, at: number): { kind: string; body: unknown; end: number } | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let p = at;
  const left = (count: number): boolean => p + count <= bytes.length;
  for (const byte of prefix) {
    if (!left(1)) return 'the file ends inside a record';
    if (bytes[p++] !== byte) return 'no record begins here';
  }
  if (!left(1)) return 'the file ends inside a record';
  const kindLength = bytes[p]! & 0x1f;
  if ((bytes[p]! & 0xe0) !== 0xa0) return 'the kind of the record is not a short text';
  p++;
  if (!left(kindLength + 1)) return 'the file ends inside a record';
  const kind = new TextDecoder().decode(bytes.subarray(p, p + kindLength));
  p += kindLength;
  const number = unsignedAt(view, p, { 0xcc: 1, 0xcd: 2, 0xce: 4 }, true);
  if (typeof number === 'string') return number;
  p = number.end;
  const length = unsignedAt(view, p, { 0xc4: 1, 0xc5: 2, 0xc6: 4 }, false);
  if (typeof length === 'string') return length;
  p = length.end;
  if (!left(length.value))
    return `the file ends inside a record: ${length.value} bytes expected, ${bytes.length - p} there`;
  const content = bytes.subarray(p, p + length.value);
  if (checksum(kind, content) !== number.value) return `the checksum of a "${kind}" record does not match`;
  try {
    return { kind, body: unpack(content), end: p + length.value };
  } catch (error) {
    return `a "${kind}" record is not MessagePack (${(error as Error).message})`;
  }
}

/** An unsigned number whose first byte says how many bytes follow; small ones may be that byte itself. */
function unsignedAt(
  view: DataView,
  at: number,
  sizes: Record<number, number>,
  fix: boolean,
): { value: number; end: number } | string {
  if (at >= view.byteLength) return 'the file ends inside a record';
  const first = view.getUint8(at);
  if (fix && first < 0x80) return { value: first, end: at + 1 };
  const size = sizes[first];
  if (!size) return 'a length or checksum of the record is damaged';
  if (at + 1 + size > view.byteLength) return 'the file ends inside a record';
  const value = size === 1 ? view.getUint8(at + 1) : size === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
  return { value, end: at + 1 + size };
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/** The frame that a record's content is, or what is wrong with it. */
function frameOf(kind: string, body: unknown): Frame | string {
  if (!isMap(body) || !isMap(body['columns'])) return `a "${kind}" record is not a map with columns`;
  for (const key of ['run', 'phase'])
    if (typeof body[key] !== 'string') return `a "${kind}" record: ${key} is not a text`;
  for (const key of ['epoch', 'example', 't0', 't1'])
    if (typeof body[key] !== 'number') return `a "${kind}" record: ${key} is not a number`;
  const columns: Record<string, Column> = {};
  for (const [name, stored] of Object.entries(body['columns'])) {
    const column = columnOf(stored);
    if (typeof column === 'string') return `column ${name} ${column}`;
    columns[name] = column;
  }
  const { run, epoch, example, phase, t0, t1 } = body as unknown as Frame;
  return { kind, run, epoch, example, phase, t0, t1, columns };
}

function columnOf(stored: unknown): Column | string {
  if (!isMap(stored)) return 'is not a map';
  const { dtype, shape, data } = stored;
  if (typeof dtype !== 'string' || !Object.hasOwn(views, dtype)) return `has the unknown type ${String(dtype)}`;
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return 'has no shape';
  if (!(data instanceof Uint8Array)) return 'has no bytes';
  const View = views[dtype as ColumnDtype];
  const needed = shape.reduce<number>((product, size) => product * (size as number), View.BYTES_PER_ELEMENT);
  if (data.byteLength !== needed)
    return `has ${data.byteLength} bytes, shape [${shape.join(', ')}] of ${dtype} needs ${needed}`;
  // A copy: frames own their arrays, and a view must begin at a multiple of its element.
  const own = hostIsLittle ? new Uint8Array(data) : turned(data, View.BYTES_PER_ELEMENT);
  return { dtype: dtype as ColumnDtype, shape: shape as number[], data: new View(own.buffer as ArrayBuffer) };
}

/**
 * Reads a container: all whole frames, and what is wrong with the rest.
 * @throws SettleError of kind `input` if it is no settle container, or of another or newer schema than `family`/1
 */
export function readContainer(
  bytes: Uint8Array,
  file: string,
  family: 'settle-trace' | 'settle-checkpoint',
): Container {
  const first = readRecord(bytes, 0);
  if (typeof first === 'string' || first.kind !== 'header')
    throw new SettleError('not a settle container', {
      kind: 'input', file, found: typeof first === 'string' ? first : `a "${first.kind}" record first`, expected: `a header of ${family}/1`,
    }); // prettier-ignore
  const schema = isMap(first.body) ? String(first.body['schema']) : 'no schema';
  const [, name, version] = /^([\w-]+)\/(\d+)$/.exec(schema) ?? [];
  if (name !== family || version !== '1')
    throw new SettleError(name === family && Number(version) > 1 ? 'written by a newer settle' : 'another kind of file', {
      kind: 'input', file, path: 'schema', found: schema, expected: `${family}/1`,
    }); // prettier-ignore
  const header = first.body as Header;
  const frames: Frame[] = [];
  let at = first.end;
  const stop = (problem: string): Container => ({
    header,
    frames,
    complete: false,
    problem: `${problem} (byte ${at})`,
    wholeBytes: at,
  });
  while (at < bytes.length) {
    const next = readRecord(bytes, at);
    if (typeof next === 'string') return stop(next);
    if (next.kind === 'end') {
      if (next.end < bytes.length) return { ...stop('bytes after the end'), wholeBytes: next.end };
      return { header, frames, complete: true, problem: null, wholeBytes: next.end };
    }
    const frame = next.kind === 'header' ? 'a second header' : frameOf(next.kind, next.body);
    if (typeof frame === 'string') return stop(frame);
    frames.push(frame);
    at = next.end;
  }
  return stop('the end record is missing: the file is truncated');
}

/** Chunks end to end. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
