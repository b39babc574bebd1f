// NumPy's .npz: a ZIP archive of .npy files, stored without compression. It reads none, and leaves what needs 64-bit sizes.
import { type NpyData, writeNpy } from '../data/npy.ts';
import { SettleError } from '../errors.ts';
import { joined } from '../frames/bytes.ts';
import { crc32 } from '../frames/crc32.ts';

/** Numbers of so many bytes each, little-endian. */
function bytesOf(...fields: readonly (readonly [value: number, bytes: 2 | 4])[]): Uint8Array {
  return Uint8Array.from(
    fields.flatMap(([value, bytes]) => Array.from({ length: bytes }, (_, k) => (value >>> (8 * k)) & 255)),
  );
}

/** 1 January 1980, the earliest that a ZIP knows: the same arrays are the same bytes. */
const date = 0x21;

/** The bytes that numpy.savez writes for one-dimensional arrays by name. @throws SettleError of kind `input` beyond 4 GiB */
export function npz(arrays: ReadonlyMap<string, NpyData>): Uint8Array {
  const [files, directory]: [Uint8Array[], Uint8Array[]] = [[], []];
  let at = 0;
  for (const [name, data] of arrays) {
    const file = new TextEncoder().encode(`${name}.npy`);
    const body = writeNpy([data.length], data);
    // Version 2.0; names in UTF-8; stored.
    const common = bytesOf([20, 2], [0x800, 2], [0, 2], [0, 2], [date, 2], [crc32(body), 4], [body.length, 4], [body.length, 4], [file.length, 2], [0, 2]); // prettier-ignore
    files.push(bytesOf([0x04034b50, 4]), common, file, body);
    directory.push(bytesOf([0x02014b50, 4], [20, 2]), common, bytesOf([0, 2], [0, 2], [0, 2], [0, 4], [at, 4]), file);
    at += 4 + common.length + file.length + body.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  if (at + size >= 2 ** 32 || arrays.size >= 65535)
    throw new SettleError('the arrays do not fit into one .npz', { kind: 'input', found: `${at} bytes in ${arrays.size} arrays`, expected: 'less than 4 GiB' }); // prettier-ignore
  return joined([...files, ...directory, bytesOf([0x06054b50, 4], [0, 2], [0, 2], [arrays.size, 2], [arrays.size, 2], [size, 4], [at, 4], [0, 2])]); // prettier-ignore
}
