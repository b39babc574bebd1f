// IDX files (the format of MNIST): a magic number that names type and dimensions, sizes, big-endian values.
import { SettleError } from '../errors.ts';

export interface Idx {
  readonly shape: readonly number[];
  /** Unsigned bytes are a view of the file's bytes; other types are copied into the host's byte order. */
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;
}

/** Types by the third byte of the magic number. */
const types: Readonly<Record<number, (view: DataView, count: number) => Idx['data']>> = {
  0x08: (view, count) => new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, count),
  0x09: (view, count) => Int8Array.from({ length: count }, (_, k) => view.getInt8(k)),
  0x0b: (view, count) => Int16Array.from({ length: count }, (_, k) => view.getInt16(2 * k)),
  0x0c: (view, count) => Int32Array.from({ length: count }, (_, k) => view.getInt32(4 * k)),
  0x0d: (view, count) => Float32Array.from({ length: count }, (_, k) => view.getFloat32(4 * k)),
  0x0e: (view, count) => Float64Array.from({ length: count }, (_, k) => view.getFloat64(8 * k)),
};
const sizes: Readonly<Record<number, number>> = { 0x08: 1, 0x09: 1, 0x0b: 2, 0x0c: 4, 0x0d: 4, 0x0e: 8 };

/**
 * Reads a file of so many dimensions, or of `least` or more.
 * @throws SettleError of kind `input` for a wrong magic number, other dimensions, missing or surplus bytes
 */
export function readIdx(bytes: Uint8Array, file: string, wanted: number | { least: number }): Idx {
  const refuse = (message: string, found: string, expected: string): never => {
    throw new SettleError(message, { kind: 'input', file, found, expected });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dimensions = typeof wanted === 'number' ? wanted : Math.min(8, Math.max(wanted.least, bytes[3] ?? 0));
  const header = 4 + 4 * dimensions;
  if (bytes.length < header) refuse('the IDX file is truncated', `${bytes.length} bytes`, `at least ${header}`);
  const magic = view.getUint32(0);
  const read = types[magic >>> 8];
  if (read === undefined || (magic & 255) !== dimensions)
    return refuse(
      'wrong magic number',
      hex(magic),
      `${hex(0x0800 + dimensions)} (unsigned bytes) or 09, 0b, 0c, 0d, 0e for 08, with ${dimensions} ${dimensions === 1 ? 'dimension' : 'dimensions'}${typeof wanted === 'number' ? '' : ' or more'}`,
    );
  const shape = Array.from({ length: dimensions }, (_, k) => view.getUint32(4 + 4 * k));
  const count = shape.reduce((product, length) => product * length, 1);
  const [found, expected] = [bytes.length - header, count * sizes[magic >>> 8]!];
  if (found !== expected)
    refuse(
      found < expected ? 'the IDX file is truncated' : 'the IDX file has surplus bytes',
      `${found} bytes of values`,
      `${expected} (${shape.join(' x ')})`,
    );
  return { shape, data: read(new DataView(bytes.buffer, bytes.byteOffset + header, found), count) };
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
