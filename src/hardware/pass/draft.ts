// A Program that is being changed for a chip: what each part of the pass may do to it.
import type { Buffer, Dtype, Operation } from '../../program/program.ts';

export interface WriteCounters {
  readonly pulses: string;
  readonly asked: string;
  readonly lost: string;
}

/** Buffers and slots of a Program that is being changed. */
export interface Draft {
  readonly buffers: Map<string, Buffer>;
  readonly slots: Map<string, Operation[]>;
  buffer(name: string, shape: readonly number[], options?: { batch?: boolean; dtype?: Dtype }): string;
  shapeOf(name: string): readonly number[];
  /** A stream of random numbers that nobody else has. */
  stream(): number;
  /** Puts others in the place of operations, in every slot of the rule's. */
  rewrite(change: (operation: Operation, slot: string) => readonly Operation[]): void;
}
