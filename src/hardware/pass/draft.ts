// A Program that is being changed for a chip: what each part of the pass may do to it. Buffers of the pass have names that no
// rule's have, so that both can be told apart wherever they are kept together.
import { SettleError } from '../../errors.ts';
import type { Buffer, Dtype, Operation, Program } from '../../program/program.ts';

const mark = 'chip:';

/** Whether a buffer is of the pass, not of the rule or the network. */
export const isChips = (buffer: string): boolean => buffer.startsWith(mark);
/** The copy of weights that takes signals back, where it has values of its own. */
export const backOf = (weight: string): string => `${mark}${weight}:back`;

export interface WriteCounters {
  readonly pulses: string;
  readonly asked: string;
  readonly lost: string;
}

/** Buffers and slots of a Program that is being changed. */
export interface Draft {
  readonly buffers: Map<string, Buffer>;
  readonly slots: Map<string, Operation[]>;
  /** Declares a buffer of the pass and returns its name. */
  buffer(name: string, shape: readonly number[], options?: { batch?: boolean; dtype?: Dtype }): string;
  shapeOf(name: string): readonly number[];
  /** A stream of random numbers that nobody else has. */
  stream(): number;
  /** Puts others in the place of operations, in every slot of the rule's. */
  rewrite(change: (operation: Operation, slot: string) => readonly Operation[]): void;
}

const firstStream = 20000;

export function draftOf(program: Program): Draft {
  const buffers = new Map(program.buffers);
  const slots = new Map([...program.slots].map(([slot, operations]) => [slot, [...operations]]));
  let streams = firstStream;
  return {
    buffers,
    slots,
    buffer(text, shape, { batch = false, dtype = 'real' } = {}) {
      const name = `${mark}${text}`;
      if (buffers.has(name)) throw new SettleError(`buffer "${name}" is there already`, { kind: 'defect' });
      buffers.set(name, { name, shape: [...shape], dtype, batch, history: 1 });
      return name;
    },
    shapeOf: (name) => buffers.get(name)!.shape,
    stream: () => streams++,
    rewrite(change) {
      for (const [slot, operations] of slots) slots.set(slot, operations.flatMap((each) => change(each, slot))); // prettier-ignore
    },
  };
}
