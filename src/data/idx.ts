// IDX files (the format of MNIST): a magic number, sizes, big-endian values. Only unsigned bytes are read.
import { SettleError } from '../errors.ts';

export interface Idx {
  readonly shape: readonly number[];
  /** A view of the file's bytes. */
  readonly data: Uint8Array;
}

/** @throws SettleError of kind `input` for a wrong magic number, another type, missing or surplus bytes */
export function readIdx(bytes: Uint8Array, file: string, dimensions: 1 | 3): Idx {
  const refuse = (message: string, found: string, expected: string): never => {
    throw new SettleError(message, { kind: 'input', file, found, expected });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = 4 + 4 * dimensions;
  if (bytes.length < header) refuse('the IDX file is truncated', `${bytes.length} bytes`, `at least ${header}`);
  const magic = view.getUint32(0);
  const expected = 0x0800 + dimensions;
  if (magic !== expected)
    refuse('wrong magic number', hex(magic), `${hex(expected)} (unsigned bytes, ${dimensions} dimensions)`);
  const shape = Array.from({ length: dimensions }, (_, k) => view.getUint32(4 + 4 * k));
  const size = shape.reduce((product, length) => product * length, 1);
  const found = bytes.length - header;
  if (found !== size)
    refuse(
      found < size ? 'the IDX file is truncated' : 'the IDX file has surplus bytes',
      `${found} values`,
      `${size} (${shape.join(' x ')})`,
    );
  return { shape, data: bytes.subarray(header) };
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
