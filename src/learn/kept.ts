// States that training examples keep from epoch to epoch (persistent particles of Scellier & Bengio 2017): one float32 for every
// unit of every example, on this side of the machine. It runs no slot.
import type { Machine } from '../backends/backend.ts';
import { SettleError } from '../errors.ts';
import type { Recipe } from './rule.ts';

/** [examples, units] by the buffer they come from. */
export type KeptStates = ReadonlyMap<string, Float32Array>;

/** Bytes at most: checkpoints hold them too, and are written every 5,000 examples. */
export const keptLimit = 512 * 2 ** 20;

export interface Keeper {
  /** The arrays themselves: they change with the next batch. */
  readonly states: KeptStates;
  /** Puts what these examples kept where their free phases start. */
  write(examples: Int32Array): Promise<void>;
  /** Keeps where their free phases ended. */
  read(examples: Int32Array): Promise<void>;
}

/** @throws SettleError of kind `input` when the states of so many examples are too many to keep */
export function checkKept({ kept }: Pick<Recipe, 'kept'>, examples: number): void {
  const units = kept?.states.reduce((sum, state) => sum + state.units, 0) ?? 0;
  const bytes = 4 * units * examples;
  if (bytes <= keptLimit) return;
  throw new SettleError('the states of all training examples are too many to keep', {
    kind: 'input',
    path: 'phases.free.start',
    found: `${Math.ceil(bytes / 2 ** 20)} MiB (${examples} examples of ${units} units)`,
    expected: `at most ${keptLimit / 2 ** 20} MiB`,
    hint: 'phases.free.start: rest, or a smaller data.train',
  });
}

/** Null for a recipe that keeps nothing. Goes on from a copy of earlier states. */
export function keeper(
  { kept }: Pick<Recipe, 'kept'>,
  machine: Machine,
  examples: number,
  from: KeptStates | undefined,
): Keeper | null {
  if (!kept) return null;
  checkKept({ kept }, examples);
  const rows = kept.states.map((state) => {
    const all = new Float32Array(examples * state.units);
    const earlier = from?.get(state.from);
    if (earlier) all.set(earlier);
    return { ...state, all };
  });
  return {
    states: new Map(rows.map(({ from: name, all }) => [name, all])),
    async write(indices) {
      for (const { into, units, all } of rows) {
        const some = new Float32Array(indices.length * units);
        indices.forEach((example, k) => some.set(all.subarray(example * units, (example + 1) * units), k * units));
        await machine.write(into, some);
      }
    },
    async read(indices) {
      for (const { from: name, units, all } of rows) {
        const some = await machine.read(name);
        indices.forEach((example, k) => all.set(some.subarray(k * units, (k + 1) * units), example * units));
      }
    },
  };
}
