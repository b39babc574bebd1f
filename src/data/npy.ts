// NumPy's .npy files, versions 1 to 3: little-endian numbers in C order. Objects and Fortran order are refused.
import { SettleError } from '../errors.ts';

export interface Npy {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array | Float64Array | Int32Array;
}

const types: Readonly<Record<string, { size: number; read: (view: DataView, at: number) => number }>> = {
  '<f4': { size: 4, read: (view, at) => view.getFloat32(at, true) },
  '<f8': { size: 8, read: (view, at) => view.getFloat64(at, true) },
  '|u1': { size: 1, read: (view, at) => view.getUint8(at) },
  '|b1': { size: 1, read: (view, at) => view.getUint8(at) },
  '<i4': { size: 4, read: (view, at) => view.getInt32(at, true) },
  '<i8': { size: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
};

/** @throws SettleError of kind `input` for anything but whole little-endian arrays in C order */
export function readNpy(bytes: Uint8Array, file: string): Npy {
  const refuse = (message: string, found: string, expected: string): never => {
    throw new SettleError(message, { kind: 'input', file, found, expected });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCharCode(...bytes.subarray(1, 6));
  if (bytes.length < 12 || bytes[0] !== 0x93 || magic !== 'NUMPY') refuse('not a .npy file', `"${magic}"`, 'the mark \\x93NUMPY');
  const version = bytes[6]!;
  if (version < 1 || version > 3) refuse('unknown .npy version', String(version), '1, 2 or 3');
  const wide = version > 1;
  const begin = wide ? 12 : 10;
  const end = begin + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) refuse('the .npy file is truncated', `${bytes.length} bytes`, `a header of ${end}`);
  const header = new TextDecoder().decode(bytes.subarray(begin, end));
  const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? '';
  const type = types[descr] ?? refuse('unsupported number type', descr || header.trim(), Object.keys(types).join(', '));
  if (/'fortran_order':\s*True/.test(header)) refuse('unsupported order', 'fortran_order True', 'C order (numpy.ascontiguousarray)');
  const list = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  const shape = (list ?? '').split(',').map((text) => text.trim()).filter((text) => text !== '').map(Number); // prettier-ignore
  if (list === undefined || shape.some((length) => !Number.isSafeInteger(length) || length < 0)) refuse('bad shape', header.trim(), "'shape': (n, ...)");
  const count = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - end !== count * type.size)
    refuse('the .npy file does not hold its array', `${bytes.length - end} bytes`, `${count * type.size} (shape ${shape.join(' x ')} of ${descr})`);
  if (type.size === 1) return { shape, data: bytes.subarray(end) };
  const data = descr === '<f4' ? new Float32Array(count) : descr === '<i4' ? new Int32Array(count) : new Float64Array(count);
  for (let k = 0; k < count; k++) data[k] = type.read(view, end + k * type.size);
  return { shape, data };
}
