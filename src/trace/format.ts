// The contract of an export format: frames in, chunks of a file out. It writes nothing itself.
//
// Frames of a trace, for a population P and a variable V (membrane, trace, slowTrace, current). Times are i32 steps since
// the example began where the header names a `step`, else f64 seconds.
//   spikes   `P.spikes.time` and `P.spikes.unit` (i32), one entry a spike, in order of time
//   samples  `P.V.time` [samples], `P.V.unit` [units] (i32), `P.V` [samples, units]
//   energy   `energy.time` and `energy` (f64)
import { SettleError } from '../errors.ts';
import { type Header, joined } from '../frames/container.ts';
import type { ColumnData, Frame } from '../frames/frame.ts';

export interface Format {
  readonly name: string;
  readonly extension: string;
  readonly description: string;
  /** One file's bytes, in chunks, from a trace's header and frames. */
  write(header: Header, frames: Iterable<Frame>): Iterable<Uint8Array>;
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
export function exportFrames(format: Format, header: Header, frames: Iterable<Frame>): Uint8Array {
  return joined([...format.write(header, frames)]);
}
