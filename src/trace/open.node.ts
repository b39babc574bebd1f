// Opens the spikes of a file, whatever its format; which one its first bytes say.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { reasonOf, SettleError } from '../errors.ts';
import { chunksOf, openTrace } from '../frames/files.node.ts';
import { readAer } from './aer.ts';
import { readAedat } from './aedatRead.ts';
import { readCsv } from './csv.ts';
import { type FileKind, fileKind, headBytes } from './kind.ts';
import { readSonata } from './sonata.node.ts';
import type { Spikes } from './spikes.ts';
import { traceSpikes } from './traceSpikes.ts';
import { readVcd } from './vcdRead.ts';

/** @throws SettleError of kind `input` for a file that cannot be read */
export function kindOf(path: string): { readonly kind: FileKind | null; readonly size: number } {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const head = new Uint8Array(headBytes);
      const length = readSync(descriptor, head, 0, headBytes, 0);
      const { size } = fstatSync(descriptor);
      return { kind: fileKind(head.subarray(0, length), size), size };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new SettleError(`cannot read: ${reasonOf(error)}`, { kind: 'input', file: path });
  }
}

/** `begins`: where examples begin, for csv; see readCsv. @throws SettleError of kind `input` for what holds no spikes */
export async function openSpikes(path: string, begins?: ReadonlyMap<string, number>): Promise<Spikes> {
  const { kind } = kindOf(path);
  if (kind === 'container') return traceSpikes(openTrace(path));
  if (kind === 'vcd') return readVcd(chunksOf(path), path);
  if (kind === 'aer') return readAer(chunksOf(path), path);
  if (kind === 'aedat') return readAedat(chunksOf(path), path);
  if (kind === 'csv') return readCsv(chunksOf(path), path, begins);
  if (kind === 'hdf5') return readSonata(path);
  throw new SettleError('no file of spikes', {
    kind: 'input', file: path, found: kind ?? 'other bytes', expected: 'a settle trace, VCD, address events, AEDAT 4, csv or SONATA',
  }); // prettier-ignore
}
