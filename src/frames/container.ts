// The settle container: a stream of MessagePack arrays ['settle', kind, crc32 of kind and bin, bin]. First a header, last
// an end; without the end it is truncated. Reading takes one record at a time and never trusts a length before the bytes are
// there, nor the shape of what a matching checksum covers. It does no I/O.
import { SettleError } from '../errors.ts';
import { type ByteCursor, byteCursor } from './bytes.ts';
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

/** The frame of one record that stands by itself. @throws SettleError of kind `input` for anything else */
export function decodeFrame(bytes: Uint8Array): Frame {
  const found = nextRecord(byteCursor([bytes]));
  const frame = typeof found === 'string' ? found : frameOf(found.kind, found.body);
  if (typeof frame === 'string') throw new SettleError('not a frame', { kind: 'input', found: frame });
  return frame;
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

type Found = { readonly kind: string; readonly body: unknown } | string;

/** The record that comes next, or what is wrong with it. */
function nextRecord(cursor: ByteCursor): Found {
  const cut = 'the file ends inside a record';
  const mark = cursor.take(prefix.length);
  if (mark.some((byte, k) => byte !== prefix[k])) return 'no record begins here';
  const [first] = mark.length < prefix.length ? [] : cursor.take(1);
  if (first === undefined) return cut;
  if ((first & 0xe0) !== 0xa0) return 'the kind of the record is not a short text';
  const name = cursor.take(first & 0x1f);
  if (name.length < (first & 0x1f)) return cut;
  const kind = new TextDecoder().decode(name);
  const sum = nextUnsigned(cursor, { 0xcc: 1, 0xcd: 2, 0xce: 4 }, true) ?? cut;
  if (typeof sum === 'string') return sum;
  const length = nextUnsigned(cursor, { 0xc4: 1, 0xc5: 2, 0xc6: 4 }, false) ?? cut;
  if (typeof length === 'string') return length;
  const content = cursor.take(length);
  if (content.length < length) return `${cut}: ${length} bytes expected, ${content.length} there`;
  if (checksum(kind, content) !== sum) return `the checksum of a "${kind}" record does not match`;
  try {
    return { kind, body: unpack(content) };
  } catch (error) {
    return `a "${kind}" record is not MessagePack (${(error as Error).message})`;
  }
}

/** An unsigned number whose first byte says how many bytes follow; small ones may be that byte itself. Null: cut off. */
function nextUnsigned(cursor: ByteCursor, sizes: Record<number, number>, fix: boolean): number | string | null {
  const [first] = cursor.take(1);
  if (first === undefined) return null;
  if (fix && first < 0x80) return first;
  const size = sizes[first];
  if (!size) return 'a length or checksum of the record is damaged';
  const digits = cursor.take(size);
  return digits.length < size ? null : digits.reduce((value, byte) => value * 256 + byte, 0);
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

/** A container that is read frame by frame. */
export interface ContainerReader {
  readonly header: Header;
  /** The next whole frame; null at the end, and where the rest is damaged. */
  next(): Frame | null;
  /** Of the whole file once `next` gave null; see Container. */
  readonly complete: boolean;
  readonly problem: string | null;
  readonly wholeBytes: number;
  /** Stops early. */
  close(): void;
}

/**
 * Reads a container from chunks of its bytes; memory holds one record. `after`: the chunks begin at that byte, behind whole records
 * of a container with this header, and go on from there.
 * @throws SettleError of kind `input` if it is no settle container, or of another or newer schema than `family`/1
 */
export function containerReader(
  chunks: Iterable<Uint8Array>,
  file: string,
  family: 'settle-trace' | 'settle-checkpoint',
  after?: { readonly header: Header; readonly bytes: number },
): ContainerReader {
  const cursor = byteCursor(chunks);
  const header = after?.header ?? headerOf(cursor, file, family);
  const first = after?.bytes ?? 0;
  let [complete, ended] = [false, false];
  let problem: string | null = null;
  let wholeBytes = first + cursor.at;
  const stop = (what: string | null): null => {
    [ended, complete] = [true, what === null];
    problem = what === null ? null : `${what} (byte ${wholeBytes})`;
    cursor.close();
    return null;
  };
  return {
    header,
    get complete() {
      return complete;
    },
    get problem() {
      return problem;
    },
    get wholeBytes() {
      return wholeBytes;
    },
    next() {
      if (ended) return null;
      const next = cursor.ended ? null : nextRecord(cursor);
      if (next === null) return stop('the end record is missing: the file is truncated');
      if (typeof next === 'string') return stop(next);
      if (next.kind === 'end') {
        const rest = !cursor.ended;
        if (rest) stop('bytes after the end');
        wholeBytes = first + cursor.at;
        return rest ? null : stop(null);
      }
      const frame = next.kind === 'header' ? 'a second header' : frameOf(next.kind, next.body);
      if (typeof frame === 'string') return stop(frame);
      wholeBytes = first + cursor.at;
      return frame;
    },
    close: () => void (ended || stop('not read to its end')),
  };
}

function headerOf(cursor: ByteCursor, file: string, family: string): Header {
  const first = nextRecord(cursor);
  if (typeof first === 'string' || first.kind !== 'header') {
    cursor.close();
    throw new SettleError('not a settle container', {
      kind: 'input', file, found: typeof first === 'string' ? first : `a "${first.kind}" record first`, expected: `a header of ${family}/1`,
    }); // prettier-ignore
  }
  const schema = isMap(first.body) ? String(first.body['schema']) : 'no schema';
  const [, name, version] = /^([\w-]+)\/(\d+)$/.exec(schema) ?? [];
  if (name === family && version === '1') return first.body as Header;
  cursor.close();
  throw new SettleError(name === family && Number(version) > 1 ? 'written by a newer settle' : 'another kind of file', {
    kind: 'input', file, path: 'schema', found: schema, expected: `${family}/1`,
  }); // prettier-ignore
}

/** Reads a whole container: all whole frames, and what is wrong with the rest. @throws as containerReader does */
export function readContainer(
  bytes: Uint8Array,
  file: string,
  family: 'settle-trace' | 'settle-checkpoint',
): Container {
  const reader = containerReader([bytes], file, family);
  const frames: Frame[] = [];
  for (let frame = reader.next(); frame; frame = reader.next()) frames.push(frame);
  const { header, complete, problem, wholeBytes } = reader;
  return { header, frames, complete, problem, wholeBytes };
}
