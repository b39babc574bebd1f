// The contract of an export format: frames in, chunks of a file out. It writes nothing itself.
//
// Frames of a trace: kind `spikes` has columns `P.spikes.time` (i32 steps since the example began) and `P.spikes.unit`;
// kind `samples` has `P.V.time`, `P.V.unit` and `P.V` [samples, units]; kind `energy` has `energy.time` and `energy`.
import type { Header } from '../frames/container.ts';
import type { Frame } from '../frames/frame.ts';

export interface Format {
  readonly name: string;
  readonly extension: string;
  readonly description: string;
  /** One file's bytes, in chunks, from a trace's header and frames. */
  write(header: Header, frames: Iterable<Frame>): Iterable<Uint8Array>;
}

/** Seconds a step of the trace takes (its header says so). */
export function stepOf(header: Header): number {
  return typeof header['step'] === 'number' ? header['step'] : 1;
}

/** `P.V.time` -> P and V. */
export function ownerOf(column: string): { population: string; variable: string } {
  const [population = '', variable = ''] = column.split('.');
  return { population, variable };
}
