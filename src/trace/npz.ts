// NumPy's .npz: a ZIP archive of .npy files. Written without compression; archives that need 64-bit sizes are left.
import { type Npy, type NpyData, readNpy, writeNpy } from '../data/npy.ts';
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

export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: NpyData;
}

/**
 * The bytes that numpy.savez writes for arrays by name; without a shape they have one dimension.
 * @throws SettleError of kind `input` beyond 4 GiB
 */
export function npz(arrays: ReadonlyMap<string, NpyData | NpyArray>): Uint8Array {
  const [files, directory]: [Uint8Array[], Uint8Array[]] = [[], []];
  let at = 0;
  for (const [name, array] of arrays) {
    const { shape, data } = ArrayBuffer.isView(array) ? { shape: [array.length], data: array } : array;
    const file = new TextEncoder().encode(`${name}.npy`);
    const body = writeNpy(shape, data);
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

/** With the type in the file, as NumPy calls it: `f4`. */
export interface NamedArray extends Npy {
  readonly dtype: string;
}

/** Bytes that an array may take once it is decompressed. */
const largest = 2 ** 32;

/**
 * The arrays of an archive by name, without the ending .npy; other files in it are left out. `inflate` undoes the compression
 * of numpy.savez_compressed: raw deflate, to `size` bytes.
 * @throws SettleError of kind `input` with the name inside of what cannot be read
 */
export function readNpz(bytes: Uint8Array, file: string, inflate?: (data: Uint8Array, size: number) => Uint8Array): Map<string, NamedArray> {
  const refuse = (message: string, found: string, expected: string, path?: string): never => {
    throw new SettleError(message, { kind: 'input', file, path, found, expected });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && end > bytes.length - 66_000 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50) refuse('not a whole ZIP archive', 'no directory', 'a directory at the end');
  const [count, from] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
  const arrays = new Map<string, NamedArray>();
  for (let k = 0, at = from; k < count; k++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) refuse('a damaged directory', `${k} entries`, String(count));
    const [method, sum, packed, size] = [view.getUint16(at + 10, true), view.getUint32(at + 16, true), view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const [nameLength, place] = [view.getUint16(at + 28, true), view.getUint32(at + 42, true)];
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (!name.endsWith('.npy')) continue;
    if (place + 30 > from || view.getUint32(place, true) !== 0x04034b50) refuse('a damaged directory', 'no file at its place', 'a local header', name);
    const begin = place + 30 + view.getUint16(place + 26, true) + view.getUint16(place + 28, true);
    if (packed === 2 ** 32 - 1 || begin + packed > from || size >= largest) refuse('an array beyond the end of the archive', `${packed} bytes`, `at most ${Math.max(0, from - begin)}`, name);
    const stored = bytes.subarray(begin, begin + packed);
    if (method !== 0 && (method !== 8 || !inflate)) refuse('compressed in a way that settle does not read', `method ${method}`, inflate ? 'stored or deflated' : 'stored', name);
    let content = stored;
    try {
      if (method === 8) content = inflate!(stored, size);
    } catch (error) {
      refuse('cannot be decompressed', (error as Error).message, `${size} bytes`, name);
    }
    if (content.length !== size || crc32(content) !== sum) refuse('the checksum of an array does not match', `${content.length} bytes`, `${size} bytes`, name);
    const dtype = /'descr':\s*'[<|]([^']+)'/.exec(new TextDecoder('latin1').decode(content.subarray(0, 256)))?.[1] ?? '';
    arrays.set(name.slice(0, -4), { ...readNpy(content, `${file}: ${name}`), dtype });
  }
  return arrays;
} // prettier-ignore
