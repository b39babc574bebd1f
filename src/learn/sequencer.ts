// A sequence of slots under construction: operations that run once share a slot, repeated ones get their own.
import type { Builder } from '../program/builder.ts';
import type { Operation, Sequence } from '../program/program.ts';

export interface Sequencer {
  once(...operations: readonly Operation[]): void;
  repeat(times: number, ...operations: readonly Operation[]): void;
  readonly sequence: Sequence;
}

/** Slots are named `NAME`, `NAME.2`, `NAME.3`, ... */
export function sequencer(builder: Builder, name: string): Sequencer {
  const sequence: (readonly [string, number])[] = [];
  let open: string | null = null;
  const next = (times: number): string => {
    const slot = sequence.length === 0 ? name : `${name}.${sequence.length + 1}`;
    builder.add(slot);
    sequence.push([slot, times]);
    return slot;
  };
  return {
    sequence,
    once(...operations) {
      open ??= next(1);
      builder.add(open, ...operations);
    },
    repeat(times, ...operations) {
      open = null;
      builder.add(next(times), ...operations);
    },
  };
}
