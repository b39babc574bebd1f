// The settle container: a stream of MessagePack arrays ['settle', kind, crc32 of kind and bin, bin]. First a header, last an end; without
// the end it is truncated. Reading never trusts a length before the bytes are there. It does no I/O.
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
  const columns = Object.fromEntries(
    Object.entries(frame.columns).map(([name, { dtype, shape, data }]) => [name, { dtype, shape, data: littleEndian(data) }]),
  );
  return record(kind, { run, epoch, example, phase, t0, t1, columns });
}

export function encodeEnd(): Uint8Array {
  return record('end', {});
}

function littleEndian(data: ColumnData): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 || data.BYTES_PER_ELEMENT === 1) return bytes;
  const turned = bytes.slice();
  for (let at = 0; at < turned.length; at += data.BYTES_PER_ELEMENT) turned.subarray(at, at + data.BYTES_PER_ELEMENT).reverse();
  return turned;
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
  if (!left(length.value)) return `the file ends inside a record: ${length.value} bytes expected, ${bytes.length - p} there`;
  const content = bytes.subarray(p, p + length.value);
  if (checksum(kind, content) !== number.value) return `the checksum of a "${kind}" record does not match`;
  try {
    return { kind, body: unpack(content), end: p + length.value };
  } catch (error) {
    return `a "${kind}" record is not MessagePack (${(error as Error).message})`;
  }
}

/** An unsigned number whose first byte says how many bytes follow; small ones may be that byte itself. */
function unsignedAt(view: DataView, at: number, sizes: Record<number, number>, fix: boolean): { value: number; end: number } | string {
  if (at >= view.byteLength) return 'the file ends inside a record';
  const first = view.getUint8(at);
  if (fix && first < 0x80) return { value: first, end: at + 1 };
  const size = sizes[first];
  if (!size) return 'a length or checksum of the record is damaged';
  if (at + 1 + size > view.byteLength) return 'the file ends inside a record';
  const value = size === 1 ? view.getUint8(at + 1) : size === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
  return { value, end: at + 1 + size };
}

interface Stored {
  readonly run: string;
  readonly epoch: number;
  readonly example: number;
  readonly phase: string;
  readonly t0: number;
  readonly t1: number;
  readonly columns: Record<string, { dtype: ColumnDtype; shape: number[]; data: Uint8Array }>;
}

function frameOf(kind: string, body: Stored): Frame | string {
  const columns: Record<string, Column> = {};
  for (const [name, { dtype, shape, data }] of Object.entries(body.columns)) {
    const View = views[dtype];
    if (!View) return `column ${name} has the unknown type ${String(dtype)}`;
    const count = shape.reduce((product, size) => product * size, 1);
    if (data.byteLength !== count * View.BYTES_PER_ELEMENT)
      return `column ${name}: ${data.byteLength} bytes, shape [${shape.join(', ')}] of ${dtype} needs ${count * View.BYTES_PER_ELEMENT}`;
    const own = Uint8Array.from(data);
    columns[name] = { dtype, shape, data: new View(own.buffer) };
  }
  const { run, epoch, example, phase, t0, t1 } = body;
  return { kind, run, epoch, example, phase, t0, t1, columns };
}

/**
 * Reads a container: all whole frames, and what is wrong with the rest.
 * @throws SettleError of kind `input` if it is no settle container, or of another or newer schema than `family`/1
 */
export function readContainer(bytes: Uint8Array, file: string, family: 'settle-trace' | 'settle-checkpoint'): Container {
  const first = readRecord(bytes, 0);
  if (typeof first === 'string' || first.kind !== 'header')
    throw new SettleError('not a settle container', {
      kind: 'input', file, found: typeof first === 'string' ? first : `a "${first.kind}" record first`, expected: `a header of ${family}/1`,
    }); // prettier-ignore
  const header = first.body as Header;
  const [name, version] = String(header.schema).split('/');
  if (name !== family || version !== '1')
    throw new SettleError(name === family ? 'written by a newer settle' : 'another kind of file', {
      kind: 'input', file, path: 'schema', found: String(header.schema), expected: `${family}/1`,
    }); // prettier-ignore
  const frames: Frame[] = [];
  let at = first.end;
  const stop = (problem: string): Container => ({ header, frames, complete: false, problem: `${problem} (byte ${at})`, wholeBytes: at });
  while (at < bytes.length) {
    const next = readRecord(bytes, at);
    if (typeof next === 'string') return stop(next);
    if (next.kind === 'end') {
      if (next.end < bytes.length) return { ...stop('bytes after the end'), wholeBytes: next.end };
      return { header, frames, complete: true, problem: null, wholeBytes: next.end };
    }
    const frame = frameOf(next.kind, next.body as Stored);
    if (typeof frame === 'string') return stop(frame);
    frames.push(frame);
    at = next.end;
  }
  return stop('the end record is missing: the file is truncated');
}
