// Operations of a settling network in complex states, written as operations on two real buffers each: `NAME` holds the real
// part, `NAME.im` the imaginary one. Weights, biases and what clamped inputs send stay real. Holomorphic EP runs on it
// (Laborieux and Zenke, NeurIPS 2022).
import { complexify } from '../expr/complex.ts';
import { SettleError } from '../errors.ts';
import { num, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Builder } from '../program/builder.ts';
import type { Assignment, Operation } from '../program/program.ts';

export const imaginary = (buffer: string): string => `${buffer}.im`;

/** The name that stands for the complex nudge in trees that are to be made complex. */
export const complexNudge = 'complex nudge';

/**
 * The operations in complex states; `complex` names the buffers that have an imaginary part (see `complexBuffers`), and
 * `nudge` gives the parts of the complex beta.
 */
export function complexOperations(
  builder: Builder,
  operations: readonly Operation[],
  complex: ReadonlySet<string>,
  nudge: { readonly re: Tree; readonly im: Tree } | null,
): Operation[] {
  for (const name of complex) builder.buffer(imaginary(name), builder.shapeOf(name), { batch: true });
  const variables = Object.fromEntries([
    ...[...complex].map((name) => [name, { re: name, im: imaginary(name) }] as const),
    [complexNudge, { re: `${complexNudge} re`, im: `${complexNudge} im` }],
  ]);
  const parts = (tree: Tree): { re: Tree; im: Tree } => {
    const { re, im } = complexify(tree, variables);
    const bound = { [`${complexNudge} re`]: nudge?.re ?? num(0), [`${complexNudge} im`]: nudge?.im ?? num(0) };
    return { re: substitute(re, bound), im: substitute(im, bound) };
  };
  return operations.flatMap((operation): Operation[] => {
    switch (operation.op) {
      case 'map': {
        const assign = operation.assign.flatMap(({ into, value }): Assignment[] => {
          const { re, im } = parts(value);
          return [{ into, value: re }, { into: imaginary(into), value: im }]; // prettier-ignore
        });
        return [{ ...operation, assign }];
      }
      case 'gather':
      case 'gatherBack':
        if (!complex.has(operation.from)) return [operation, { op: 'fill', into: imaginary(operation.into), value: 0 }];
        return [operation, { ...operation, from: imaginary(operation.from), into: imaginary(operation.into) }];
      case 'reduce':
        // A largest value only shifts exponents: the real part alone does.
        if (operation.how !== 'sum') return [operation, { op: 'fill', into: imaginary(operation.into), value: 0 }];
        return [operation, { ...operation, from: imaginary(operation.from), into: imaginary(operation.into) }];
      case 'copy':
        return [operation, { ...operation, from: imaginary(operation.from), into: imaginary(operation.into) }];
      default:
        throw new SettleError(`no complex form of ${operation.op}`, { kind: 'defect' });
    }
  });
}

/** Buffers that get an imaginary part: all that the operations write. */
export function complexBuffers(operations: readonly Operation[]): Set<string> {
  const found = new Set<string>();
  for (const operation of operations) {
    if (operation.op === 'map') for (const { into } of operation.assign) found.add(into);
    else if ('into' in operation) found.add(operation.into);
  }
  return found;
}
