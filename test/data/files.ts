// Small data files for tests, made byte by byte, and the place that an error names.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SettleError } from '../../src/errors.ts';
import type { ErrorPlace } from '../../src/errors.ts';

export function idx(shape: readonly number[], values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + shape.length);
  shape.forEach((side, k) => view.setUint32(4 + 4 * k, side));
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
}

const arrays: Readonly<Record<string, (values: readonly number[]) => ArrayBufferView>> = {
  '|u1': (values) => Uint8Array.from(values),
  '|b1': (values) => Uint8Array.from(values),
  '|i1': (values) => Int8Array.from(values),
  '<i2': (values) => Int16Array.from(values),
  '<u2': (values) => Uint16Array.from(values),
  '<u4': (values) => Uint32Array.from(values),
  '<u8': (values) => BigUint64Array.from(values, BigInt),
  '<i4': (values) => Int32Array.from(values),
  '<i8': (values) => BigInt64Array.from(values, BigInt),
  '<f4': (values) => Float32Array.from(values),
  '<f8': (values) => Float64Array.from(values),
};

export function npy(descr: string, shape: readonly number[], values: readonly number[], version = 1): Uint8Array {
  const begin = version === 1 ? 10 : 12;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const end = Math.ceil((begin + text.length + 1) / 64) * 64;
  const { buffer, byteLength } = arrays[descr]!(values);
  const bytes = new Uint8Array(end + byteLength);
  bytes.set([0x93, ...Buffer.from('NUMPY'), version, 0]);
  bytes.set(Buffer.from(`${text.padEnd(end - begin - 1)}\n`), begin);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, end - begin, true);
  else view.setUint32(8, end - begin, true);
  bytes.set(new Uint8Array(buffer as ArrayBuffer), end);
  return bytes;
}

/** The place of the error that a call throws. */
export function placeOf(call: () => unknown): ErrorPlace {
  try {
    call();
  } catch (error) {
    if (error instanceof SettleError) return error.place;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** CIFAR-10's six files with so many records each: record k of all has class k % 10, and the byte that `value` says of it. */
export function cifar(
  folder: string,
  records: number,
  value: (record: number, channel: number, row: number, column: number) => number,
): void {
  const files = [...[1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`), 'test_batch.bin'];
  files.forEach((name, file) => {
    const bytes = new Uint8Array(records * 3073);
    for (let k = 0; k < records; k++) {
      const record = file * records + k;
      bytes[k * 3073] = record % 10;
      for (let at = 0; at < 3072; at++) bytes[k * 3073 + 1 + at] = value(record, at >> 10, (at >> 5) & 31, at & 31);
    }
    writeFileSync(join(folder, name), bytes);
  });
}
