// Program -> Program under a profile: what weights are between two updates, what is read through converters, what states are
// held in. The rules never learn of it. Slots that it adds: `chip.load` (once weights are there) and `chip.write` (after every
// update); slots of the rule keep their names.
import { SettleError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import type { Program, Sequence } from '../../program/program.ts';
import type { Draft, WriteCounters } from './draft.ts';
import type { Profile } from '../profile/profile.ts';
import { converted } from './reading.ts';
import { fixedStates } from './states.ts';
import { withBeta } from './nudges.ts';
import { type Matrix, writes } from './writes.ts';

/** What the rule keeps: names of its weight matrices by the projection they belong to (null: feedback of its own). */
export interface WeightRoles {
  readonly matrices: readonly {
    readonly buffer: string;
    readonly projection: string | null;
    readonly learned: boolean;
  }[];
}

export interface Constrained {
  readonly program: Program;
  /** Buffers to be kept in checkpoints beside the rule's. */
  readonly learned: readonly string[];
  /** What never changes in a chip (devices, mismatch), from its seed. */
  initial(seed: number): ReadonlyMap<string, Float64Array>;
  /** Run once when weights have been put into the machine. */
  readonly load: Sequence;
  /** Run after every update; empty where writing changes nothing. */
  readonly write: Sequence;
  /** Counters of writes by matrix: buffers [1] of pulses or changed weights, of updates asked for, and of those rounded to 0. */
  readonly counters: Readonly<Record<string, WriteCounters>>;
}

const firstStream = 20000;

/** @throws SettleError of kind `input` for what a profile cannot do to a model */
export function constrain(program: Program, model: Model, profile: Profile, roles: WeightRoles): Constrained {
  const buffers = new Map(program.buffers);
  const slots = new Map([...program.slots].map(([slot, operations]) => [slot, [...operations]]));
  let streams = firstStream;
  const draft: Draft = {
    buffers,
    slots,
    buffer(name, shape, { batch = false, dtype = 'real' } = {}) {
      if (buffers.has(name)) throw new SettleError(`buffer "${name}" is there already`, { kind: 'defect' });
      buffers.set(name, { name, shape: [...shape], dtype, batch, history: 1 });
      return name;
    },
    shapeOf: (name) => buffers.get(name)!.shape,
    stream: () => streams++,
    rewrite(change) {
      for (const [slot, operations] of slots)
        slots.set(
          slot,
          operations.flatMap((operation) => change(operation, slot)),
        );
    },
  };
  const matrices = roles.matrices.map(({ buffer, projection, learned }): Matrix => {
    const own = model.projections.find(({ name }) => name === projection) ?? null;
    return { buffer, projection: own, learned, count: draft.shapeOf(buffer).reduce((a, b) => a * b, 1) };
  });
  refuse(model, profile);
  withBeta(draft, profile);
  const written = writes(draft, model, profile, matrices);
  converted(draft, model, profile, written.scales);
  const [load, write] = [[...written.load], [...written.write]];
  const steps = fixedStates(draft, model, profile, written.units, { load, write });
  if (load.length > 0) slots.set('chip.load', load);
  if (write.length > 0) slots.set('chip.write', write);
  return {
    program: { ...program, buffers, slots },
    learned: [...written.learned, ...steps],
    initial: written.initial,
    load: written.load.length > 0 ? [['chip.load', 1]] : [],
    write: written.write.length > 0 ? [['chip.write', 1]] : [],
    counters: written.counters,
  };
}

function refuse(model: Model, profile: Profile): void {
  const no = (path: string, found: string, expected: string): SettleError =>
    new SettleError(`the profile ${profile.name} cannot be applied`, { kind: 'input', path, found, expected });
  const states = Number.isFinite(profile.membrane.bits.value ?? Infinity);
  if (model.engine === 'event' && (states || profile.converters || profile.variation.weight.value))
    throw no('engine', 'event', 'clocked: fixed-point states, converters and mismatched copies are stepped');
  if (model.learning.update === 'continual' && (profile.devices || Number.isFinite(profile.weight.bits.value ?? Infinity)))
    throw no('learning.update', 'continual', 'contrast, end-point or events: a chip writes its weights after the example');
  const late = model.projections.find(({ delay }) => delay > 0);
  if (late && profile.converters)
    throw no(`projections.${late.name}.delay`, 'a delay behind converters', '0 ms');
} // prettier-ignore
