// The contract of a backend: a Program and a batch size in, a Machine out. It imports no implementation.
import type { Program, Sequence } from '../program/program.ts';

export type Values = Float64Array | Float32Array | Int32Array | Uint8Array;

/** A Program with its memory. Every call is per phase or per batch, never per step. */
export interface Machine {
  readonly program: Program;
  /** Examples there is room for. */
  readonly batch: number;
  readonly backend: string;
  /** What the program runs on, where that is not the processor as a matter of course. */
  readonly device?: string;
  readonly threads: number;
  /** How many of the batch's examples take part from now on (1 .. batch). */
  use(examples: number): void;
  run(slot: string, times?: number): Promise<void>;
  /** Runs the slots of a sequence in order; a backend may take each example through the whole sequence at once. */
  perform(sequence: Sequence): Promise<void>;
  /** Runs until max |change of buffer| between two looks, `every` runs apart, is at most `tolerance`; resolves to the runs made. */
  runUntil(slot: string, maxTimes: number, buffer: string, tolerance: number, every: number): Promise<number>;
  /**
   * A copy, without padding: [examples in use, ...shape] for batch buffers, shape otherwise (rings: the present index). With
   * a range, numbers [begin, end) of the first example's array, which must be one row.
   */
  read(buffer: string, range?: readonly [begin: number, end: number]): Promise<Values>;
  write(buffer: string, values: ArrayLike<number>): Promise<void>;
  setParameter(name: string, value: number): void;
  close(): Promise<void>;
}

export interface MachineOptions {
  batch: number;
  /** Worker threads, the caller's own included. The bits of a result do not depend on it. */
  threads: number;
}

export interface Backend {
  readonly name: string;
  /** @throws SettleError of kind `input` naming the first operation this backend cannot do, or `environment`. */
  open(program: Program, options: MachineOptions): Promise<Machine>;
}
