// Which buffers a slot reads or writes, and which programs this backend does not do: said before the first step.
import { SettleError } from '../../errors.ts';
import { namesOf } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import { elements } from '../../program/builder.ts';
import { type Operation, parameterBuffer, type Program } from '../../program/program.ts';
import { iteration, lengthOf, marked, mostElements, tick, transposed, uniforms } from './layout.ts';

/** Names of all views that a run of these operations may read or move. */
export function touchedBy(operations: readonly Operation[], draws: number, rings: boolean): string[] {
  const names = new Set<string>();
  const add = (...some: (string | undefined)[]): void => some.forEach((name) => name !== undefined && names.add(name));
  const lists = (list: string | undefined): void => {
    if (list) add(`${list}.unit`, `${list}.value`, `${list}.count`);
  };
  const tree = (value: Tree | undefined): void => {
    if (value) add(...namesOf(value));
  };
  for (const operation of operations) {
    if ('list' in operation) lists(operation.list);
    if ('from' in operation) add(operation.from);
    if ('into' in operation) add(operation.into, transposed(operation.into));
    if ('weight' in operation) add(operation.weight, transposed(operation.weight));
    if ('scale' in operation) tree(operation.scale);
    if (operation.op === 'outerActive') add(operation.row);
    if ('notes' in operation && operation.notes) add(operation.notes, transposed(operation.notes));
    if (operation.op === 'poolBend') add(operation.along, operation.by);
    if (operation.op === 'outer') for (const { pre, post } of operation.terms) add(pre, post);
    if (operation.op === 'map')
      for (const { into, value } of operation.assign) {
        add(into, transposed(into));
        tree(value);
      }
  }
  add(parameterBuffer);
  if (rings) add(tick, marked);
  for (let index = 0; index < draws; index++) add(uniforms(index), iteration);
  return [...names];
}

const done: ReadonlySet<Operation['op']> = new Set([
  'map', 'gather', 'gatherBack', 'outer', 'compact', 'deliver', 'deliverBack', 'outerActive', 'reduce', 'random', 'copy', 'fill',
  'advance', 'mark', 'rewind', 'pool', 'unpool', 'poolAlong', 'poolBend', 'spread',
]); // prettier-ignore

/** @throws SettleError naming the first operation that is not done, or the first array too long for an index */
export function checkProgram(program: Program, batch: number, backend: string): void {
  const refused = (what: string, found: string): SettleError =>
    new SettleError(`the ${backend} backend does not do ${what}`, {
      kind: 'input', path: 'backend', found, expected: 'backend: wasm for this model',
    }); // prettier-ignore
  const info = (name: string) => program.buffers.get(name)!;
  for (const buffer of program.buffers.values()) {
    const length = lengthOf(buffer, batch);
    if (length > mostElements)
      throw refused(`arrays of more than ${mostElements} numbers, where float32 indices are no longer exact`, `${buffer.name} with ${length}`); // prettier-ignore
  }
  for (const [slot, operations] of program.slots)
    for (const operation of operations) {
      const found = `${operation.op} in slot ${slot}`;
      if (!done.has(operation.op)) throw refused(`the operation ${operation.op}`, found);
      if (operation.op === 'map')
        for (const { into, value } of operation.assign)
          for (const name of [into, ...namesOf(value)])
            if (program.buffers.has(name) && info(name).dtype !== 'real') throw refused('maps of whole numbers', `${name} of ${info(name).dtype}`); // prettier-ignore
      if ('weight' in operation && (info(operation.weight).batch || info(operation.weight).history > 1))
        throw refused(`${operation.op} through weights of each example or in a ring`, operation.weight);
      // A list is found with its values beside its units: two rows of one array.
      if (operation.op === 'compact' && 2 * elements(info(operation.from)) * batch > mostElements)
        throw refused(`lists of more than ${mostElements / 2} units over the batch`, `${operation.list} with ${elements(info(operation.from)) * batch}`); // prettier-ignore
    }
}
