// +beta against -beta: the two nudges of a chip are not of one strength.
import { call, name, num, substitute } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Assignment, Operation } from '../../program/program.ts';
import type { Draft } from './draft.ts';
import type { Profile } from '../profile/profile.ts';

/** Beta is (1 + d / 2) beta in the slots of the first nudged phase and (1 - d / 2) beta in those of the second. */
export function withBeta(draft: Draft, { variation }: Profile): void {
  const difference = variation.nudge.value ?? 0;
  if (difference === 0) return;
  draft.rewrite((operation, slot) => {
    const side = slot.startsWith('plus') ? 1 : slot.startsWith('minus') ? -1 : 0;
    return side === 0 ? [operation] : [scaled(operation, 1 + (side * difference) / 2)];
  });
}

function scaled(operation: Operation, factor: number): Operation {
  const value = (tree: Tree): Tree => substitute(tree, { beta: call('mul', num(factor), name('beta')) });
  const assigned = (assign: readonly Assignment[]): Assignment[] => assign.map((one) => ({ ...one, value: value(one.value) })); // prettier-ignore
  return operation.op === 'map' ? { ...operation, assign: assigned(operation.assign) } : operation;
}
