// Counts the multiply-accumulates of a Program's dense products. Elementwise work, lists and reductions do not count.
import type { Builder } from './builder.ts';
import type { Sequence } from './program.ts';

/** Multiply-accumulates of one example through a sequence. */
export function macsOf(builder: Builder, sequence: Sequence): number {
  const product = (weight: string): number =>
    builder.shapeOf(weight).reduce((a, b) => a * b, 1) * builder.placesOf(weight);
  const ofSlot = (slot: string): number =>
    builder.operations(slot).reduce((sum, operation) => {
      if (operation.op === 'gather' || operation.op === 'gatherBack') return sum + product(operation.weight);
      if (operation.op === 'outer') return sum + operation.terms.length * product(operation.into);
      return sum;
    }, 0);
  return sequence.reduce((sum, [slot, times]) => sum + times * ofSlot(slot), 0);
}
