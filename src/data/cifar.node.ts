// CIFAR-10 in its binary layout: data_batch_1..5.bin and test_batch.bin, records of a class and 32 x 32 bytes of red, green and
// blue, one plane after the other. It has none of its own and fetches none; sizes are checked before anything is read.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf, SettleError } from '../errors.ts';
import type { Examples } from './dataset.ts';

const side = 32;
const channels = 3;
const plane = side * side;
const recordBytes = 1 + channels * plane;
export const cifarShape = [side, side, channels] as const;

const trainFiles = [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`);
const testFiles = ['test_batch.bin'];
/** Records read at a time. */
const together = 256;

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw new SettleError(`cannot read the data file: ${reasonOf(error)}`, {
      kind: 'input', file, expected: `${[...trainFiles, ...testFiles].join(', ')} in one folder`,
    }); // prettier-ignore
  }
}

/** Records of each file. All six hold equally many, as published; one that holds fewer is cut off. */
function recordsOf(folder: string): number {
  const files = [...trainFiles, ...testFiles].map((name) => join(folder, name));
  const sizes = files.map(sizeOf);
  const records = Math.ceil(Math.max(...sizes) / recordBytes);
  const short = sizes.findIndex((size) => size !== records * recordBytes);
  if (short >= 0)
    throw new SettleError('the batch is truncated', {
      kind: 'input', file: files[short]!, found: `${sizes[short]} bytes`,
      expected: `${records * recordBytes} (${records} records of ${recordBytes} bytes, in all six files alike)`,
    }); // prettier-ignore
  if (records === 0)
    throw new SettleError('no examples', { kind: 'input', file: files[0]!, found: '0 bytes', expected: `records of ${recordBytes} bytes` }); // prettier-ignore
  return records;
}

/** The first `count` examples of these files. Bytes are in memory that other threads can see. */
function examplesOf(folder: string, names: readonly string[], records: number, limit: number | null): Examples {
  const count = Math.min(limit ?? Infinity, names.length * records);
  const size = channels * plane;
  const inputs = new Uint8Array(new SharedArrayBuffer(count * size));
  const labels = new Uint8Array(count);
  const block = new Uint8Array(together * recordBytes);
  for (let first = 0; first < count; first += records) {
    const file = join(folder, names[first / records]!);
    const handle = openSync(file, 'r');
    try {
      const here = Math.min(records, count - first);
      for (let at = 0; at < here; at += together) {
        const bytes = Math.min(together, here - at) * recordBytes;
        const found = readSync(handle, block, 0, bytes, at * recordBytes);
        if (found !== bytes)
          throw new SettleError('the batch became shorter', { kind: 'input', file, found: `${at * recordBytes + found} bytes`, expected: String(here * recordBytes) }); // prettier-ignore
        for (let k = 0; k * recordBytes < bytes; k++) {
          const example = first + at + k;
          labels[example] = classOf(block[k * recordBytes]!, file, at + k);
          interleave(block, k * recordBytes + 1, inputs, example * size);
        }
      }
    } finally {
      closeSync(handle);
    }
  }
  return { count, shape: cifarShape, inputs, scale: 255, labels };
}

function classOf(label: number, file: string, record: number): number {
  if (label < 10) return label;
  throw new SettleError('a label is not a class', { kind: 'input', file, found: `${label} in record ${record}`, expected: '0 to 9' }); // prettier-ignore
}

/** Planes of channels to rows, columns, channels. */
function interleave(from: Uint8Array, at: number, into: Uint8Array, to: number): void {
  for (let channel = 0; channel < channels; channel++)
    for (let pixel = 0; pixel < plane; pixel++)
      into[to + pixel * channels + channel] = from[at + channel * plane + pixel]!;
}

/**
 * Both sets of a folder, at most so many examples of each; channels come last.
 * @throws SettleError of kind `input` naming the file that is missing or cut off, with both sizes
 */
export function cifarFolder(
  folder: string,
  limits: { readonly train: number | null; readonly test: number | null },
): { train: Examples; test: Examples } {
  const records = recordsOf(folder);
  return {
    train: examplesOf(folder, trainFiles, records, limits.train),
    test: examplesOf(folder, testFiles, records, limits.test),
  };
}
