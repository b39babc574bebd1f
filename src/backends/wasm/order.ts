// What operations read and write, which of them touch one example at a time, and how far they move the clock: all that a
// plan must know to order them. It emits nothing.
import { namesOf } from '../../expr/tools.ts';
import type { Operation } from '../../program/program.ts';
import { formOf, type Layout, type Mirror } from './layout.ts';

/** An operation of a program, or the upkeep of a copy of weights. */
export type Internal = Operation | { readonly op: 'mirror'; readonly mirror: Mirror };

export type Run = { readonly operations: readonly Internal[]; readonly times: number };

/** Whether an operation touches one example at a time. */
export function isLocal({ places }: Layout, operation: Internal): boolean {
  const isBatch = (name: string): boolean => places.get(name)!.buffer.batch;
  switch (operation.op) {
    case 'map':
      return operation.assign.some(({ into }) => isBatch(into));
    case 'outer':
    case 'mirror':
    case 'spread':
      return false;
    case 'reduce':
      return operation.over === 'units' && isBatch(operation.from);
    case 'gather':
    case 'gatherBack':
    case 'random':
    case 'copy':
    case 'fill':
      return isBatch(operation.into);
    default:
      return true;
  }
}

/** Whether an operation is a product of a dense matrix with every example's array, best done for several at once. */
export function isDense(operation: Internal): operation is Extract<Operation, { op: 'gather' | 'gatherBack' }> {
  return operation.op === 'gatherBack' || (operation.op === 'gather' && operation.list === undefined);
}

export function isClock({ op }: Internal): boolean {
  return op === 'advance' || op === 'mark' || op === 'rewind';
}

function reads(operation: Internal): string[] {
  switch (operation.op) {
    case 'map':
      return operation.assign.flatMap(({ value }) => [...namesOf(value)]);
    case 'outer':
      return operation.terms.flatMap(({ pre, post }) => [pre, post]).concat(operation.into);
    case 'mirror':
      return [operation.mirror.weight];
    case 'reduce':
    case 'copy':
    case 'spread':
      return [operation.from];
    default:
      return [];
  }
}

function writes(operation: Internal): string[] {
  if (operation.op === 'map') return operation.assign.map(({ into }) => into);
  return 'into' in operation ? [operation.into] : [];
}

/** Whether a shared operation may run beside others at the same time. */
export function isIndependent(operation: Internal, others: readonly Internal[]): boolean {
  const written = new Set(others.flatMap(writes));
  const touched = new Set(others.flatMap((other) => [...writes(other), ...reads(other)]));
  return !reads(operation).some((name) => written.has(name)) && !writes(operation).some((name) => touched.has(name));
}

/** Inserts the upkeep of copies of weights: before the first operation that reads them, else at the end. */
export function withUpkeep({ mirrors }: Layout, operations: readonly Operation[]): Internal[] {
  const stale = new Set<Mirror>();
  const all: Internal[] = [];
  for (const operation of operations) {
    const form = formOf(operation);
    for (const mirror of stale)
      if (form === mirror.form && 'weight' in operation && operation.weight === mirror.weight) {
        all.push({ op: 'mirror', mirror });
        stale.delete(mirror);
      }
    all.push(operation);
    const written = writes(operation);
    for (const mirror of mirrors) if (written.includes(mirror.weight)) stale.add(mirror);
  }
  return [...all, ...[...stale].map((mirror) => ({ op: 'mirror', mirror }) as const)];
}

/** So many steps from where the clock stood, or from where it was marked, before a part began. */
export interface Move {
  readonly from: 'clock' | 'mark';
  readonly steps: number;
}

/** Where a part leaves the clock and its mark. */
export interface Moves {
  readonly clock: Move;
  readonly mark: Move;
}

export function movesOf(runs: readonly Run[]): Moves {
  let clock: Move = { from: 'clock', steps: 0 };
  let mark: Move = { from: 'mark', steps: 0 };
  for (const { operations, times } of runs) {
    const moving = operations.filter(isClock);
    for (let time = 0; time < times && moving.length > 0; time++)
      for (const operation of moving) {
        if (operation.op === 'advance') clock = { ...clock, steps: clock.steps + (operation.by ?? 1) };
        if (operation.op === 'mark') mark = clock;
        if (operation.op === 'rewind') clock = mark;
      }
  }
  return { clock, mark };
}
