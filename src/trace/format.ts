// The contract of an export format: frames in, chunks of a file out. It writes nothing itself.
//
// Frames of a trace, for a population P and a variable V (membrane, trace, slowTrace, current). Times are i32 steps since
// the example began where the header names a `step`, else f64 seconds.
//   spikes   `P.spikes.time` and `P.spikes.unit` (i32), one entry a spike, in order of time
//   samples  `P.V.time` [samples], `P.V.unit` [units] (i32), `P.V` [samples, units]
//   energy   `energy.time` and `energy` (f64)
import { SettleError } from '../errors.ts';
import { joined } from '../frames/bytes.ts';
import type { Header } from '../frames/container.ts';
import type { ColumnData, Frame } from '../frames/frame.ts';

export interface WriteOptions {
  /** Seconds of a tick, where the format has ticks and leaves the choice. */
  readonly tick?: number | undefined;
}

export interface Format {
  readonly name: string;
  readonly extension: string;
  readonly description: string;
  /** Times are rounded to a tick: `free` where `WriteOptions.tick` may say which. */
  readonly tick?: 'free' | 'fixed';
  /**
   * One file's bytes from a trace's header and frames, which it may go through more than once. A chunk is valid until the
   * next is asked for; memory holds one phase of one example, whatever the length of the trace.
   * @throws SettleError, from the first chunk to the last: whoever writes the file puts it in place only when it is whole
   */
  write(header: Header, frames: Iterable<Frame>, options?: WriteOptions): Iterable<Uint8Array>;
  /** Texts of files that belong beside it, by name. */
  beside?(header: Header, frames: Iterable<Frame>): ReadonlyMap<string, string>;
}

/** Seconds a step of the trace takes (its header says so); null where times are seconds. */
export function stepOf(header: Header): number | null {
  return typeof header['step'] === 'number' ? header['step'] : null;
}

/** `P.V.time` -> P and V. */
export function ownerOf(column: string): { population: string; variable: string } {
  const [population = '', variable = ''] = column.split('.');
  return { population, variable };
}

/** The values of a column that a frame of this kind has to have. @throws SettleError of kind `input` if it has none */
export function valuesOf(frame: Frame, column: string): ColumnData {
  const found = frame.columns[column];
  if (!found)
    throw new SettleError(`a frame of kind "${frame.kind}" lacks a column`, {
      kind: 'input', found: Object.keys(frame.columns).join(', ') || 'no columns', expected: column,
    }); // prettier-ignore
  return found.data;
}

/** A whole file in a format. */
export function exportFrames(
  format: Format,
  header: Header,
  frames: Iterable<Frame>,
  options?: WriteOptions,
): Uint8Array {
  return joined(Array.from(format.write(header, frames, options), (chunk) => chunk.slice()));
}
