// NumPy's .npy files, versions 1 to 3: little-endian numbers in C order. Objects and Fortran order are refused.
// The package npyjs (1.2.0) takes files with surplus bytes, leaves Fortran order to its caller and brings a fetch.
import { SettleError } from '../errors.ts';

export interface Npy {
  readonly shape: readonly number[];
  /** Bytes are bytes; truth values are 0 and 1 as floats. */
  readonly data:
    Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;
}

const types = {
  '|u1': Uint8Array,
  '|b1': Uint8Array,
  '|i1': Int8Array,
  '<i2': Int16Array,
  '<u2': Uint16Array,
  '<i4': Int32Array,
  '<u4': Uint32Array,
  '<i8': BigInt64Array,
  '<u8': BigUint64Array,
  '<f4': Float32Array,
  '<f8': Float64Array,
};
const isType = (descr: string): descr is keyof typeof types => Object.hasOwn(types, descr);

/** @throws SettleError of kind `input` for anything but whole little-endian arrays in C order */
export function readNpy(bytes: Uint8Array, file: string): Npy {
  const refuse = (message: string, found: string, expected: string): never => {
    throw new SettleError(message, { kind: 'input', file, found, expected });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCharCode(...bytes.subarray(1, 6));
  if (bytes.length < 12 || bytes[0] !== 0x93 || magic !== 'NUMPY')
    refuse('not a .npy file', JSON.stringify(magic), 'the mark \\x93NUMPY');
  const version = bytes[6]!;
  if (version < 1 || version > 3) refuse('unknown .npy version', String(version), '1, 2 or 3');
  const wide = version > 1;
  const begin = wide ? 12 : 10;
  const end = begin + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) refuse('the .npy file is truncated', `${bytes.length} bytes`, `a header of ${end}`);
  const header = new TextDecoder().decode(bytes.subarray(begin, end));
  const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? '';
  if (!isType(descr)) return refuse('unsupported number type', descr || header.trim(), Object.keys(types).join(', '));
  if (/'fortran_order':\s*True/.test(header))
    refuse('unsupported order', 'fortran_order True', 'C order (numpy.ascontiguousarray)');
  const list = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  const shape = (list ?? '').split(',').map((text) => text.trim()).filter((text) => text !== '').map(Number); // prettier-ignore
  if (list === undefined || shape.some((length) => !Number.isSafeInteger(length) || length < 0))
    refuse('bad shape', header.trim(), "'shape': (n, ...)");
  const count = shape.reduce((product, length) => product * length, 1);
  const Type = types[descr];
  const size = count * Type.BYTES_PER_ELEMENT;
  if (bytes.length - end !== size)
    refuse(
      'the .npy file does not hold its array',
      `${bytes.length - end} bytes`,
      `${size} (shape ${shape.join(' x ')} of ${descr})`,
    );
  const body = bytes.subarray(end);
  if (Type === Uint8Array) return { shape, data: descr === '|b1' ? Float32Array.from(body) : body };
  // A view where the numbers are aligned, as NumPy writes them; a copy elsewhere (slice() of a Buffer is none).
  const aligned = body.byteOffset % Type.BYTES_PER_ELEMENT === 0 ? body : new Uint8Array(body);
  const data = new Type(aligned.buffer as ArrayBuffer, aligned.byteOffset, count);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    return { shape, data: Float64Array.from(data as BigInt64Array, Number) };
  return { shape, data };
}

export type NpyData = Uint8Array | Float32Array | Float64Array | Int32Array | Uint32Array;

const descrOf = (data: NpyData): string =>
  data instanceof Uint8Array ? '|u1' : `<${data instanceof Int32Array ? 'i' : data instanceof Uint32Array ? 'u' : 'f'}${data.BYTES_PER_ELEMENT}`; // prettier-ignore

/**
 * The bytes that numpy.save writes for an array: version 1, the numbers on a multiple of 64.
 * @throws RangeError if the shape has another size than the data
 */
export function writeNpy(shape: readonly number[], data: NpyData): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1);
  if (count !== data.length)
    throw new RangeError(`shape ${shape.join(' x ')} holds ${count} numbers, the data ${data.length}`);
  const descr = descrOf(data);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const end = 64 * Math.ceil((10 + header.length + 1) / 64);
  const bytes = new Uint8Array(end + data.byteLength);
  bytes.set(new TextEncoder().encode(`${header.padEnd(end - 11)}\n`), 10);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (end - 10) & 255, (end - 10) >> 8]);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), end);
  return bytes;
}
