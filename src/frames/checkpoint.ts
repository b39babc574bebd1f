// A checkpoint: learned arrays and counters at a batch boundary, in a container whose bytes depend on nothing else (no
// clock, no path, keys in order).
import { SettleError } from '../errors.ts';
import { joined } from './bytes.ts';
import { encodeEnd, encodeFrame, encodeHeader, readContainer } from './container.ts';
import type { Column } from './frame.ts';

export interface Checkpoint {
  /** What was trained and on what: the resume refuses anything else. Texts by key. */
  readonly identity: Readonly<Record<string, string>>;
  readonly counters: Readonly<Record<string, number>>;
  /** Bytes of the other files of the run that belong to this moment. */
  readonly lengths: Readonly<Record<string, number>>;
  readonly learned: Readonly<Record<string, Column>>;
  /** States that training examples keep, if they do. */
  readonly kept?: Readonly<Record<string, Column>> | undefined;
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function encodeCheckpoint({ identity, counters, lengths, learned, kept }: Checkpoint): Uint8Array {
  const frame = { run: '', epoch: 0, example: 0, phase: '', t0: 0, t1: 0 };
  return joined([
    encodeHeader({ schema: 'settle-checkpoint/1', identity: sorted(identity), counters: sorted(counters), lengths: sorted(lengths) }),
    encodeFrame({ kind: 'learned', ...frame, columns: sorted(learned) }),
    ...(kept ? [encodeFrame({ kind: 'kept', ...frame, columns: sorted(kept) })] : []),
    encodeEnd(),
  ]); // prettier-ignore
}

/** @throws SettleError of kind `input` for a damaged, truncated or newer checkpoint */
export function decodeCheckpoint(bytes: Uint8Array, file: string): Checkpoint {
  const { header, frames, complete, problem } = readContainer(bytes, file, 'settle-checkpoint');
  const learned = frames.find(({ kind }) => kind === 'learned');
  if (!complete || !learned)
    throw new SettleError('the checkpoint is damaged', {
      kind: 'input', file, found: problem ?? 'no learned arrays', expected: 'a whole checkpoint',
      hint: 'delete it to start the run again',
    }); // prettier-ignore
  const { identity, counters, lengths } = header as unknown as Checkpoint;
  for (const [path, map, type] of [['identity', identity, 'string'], ['counters', counters, 'number'], ['lengths', lengths, 'number']] as const) {
    const whole = typeof map === 'object' && map !== null && Object.values(map).every((value) => typeof value === type);
    if (!whole)
      throw new SettleError('the checkpoint is damaged', { kind: 'input', file, path, expected: `a map of ${type}s` });
  } // prettier-ignore
  const kept = frames.find(({ kind }) => kind === 'kept')?.columns;
  return { identity, counters, lengths, learned: learned.columns, ...(kept && { kept }) };
}
