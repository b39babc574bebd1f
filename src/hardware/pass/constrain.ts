// Program -> Program under a profile: what weights are between two updates, what is read through converters, what states are
// held in. The rules never learn of it. Slots that it adds: `chip.load` (once weights are there) and `chip.write` (after every
// update); slots of the rule keep their names.
import { SettleError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import type { Program, Sequence } from '../../program/program.ts';
import { refuseKernels } from '../kernels.ts';
import { draftOf, type WriteCounters } from './draft.ts';
import type { Profile } from '../profile/profile.ts';
import { converted } from './reading.ts';
import { fixedStates } from './states.ts';
import { sharesScale } from './substitute.ts';
import { withBeta } from './nudges.ts';
import { type WeightRole, writes } from './writes.ts';

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

/** @throws SettleError of kind `input` for what a profile cannot do to a model */
export function constrain(program: Program, model: Model, profile: Profile, roles: readonly WeightRole[]): Constrained {
  refuse(model, profile);
  const draft = draftOf(program);
  withBeta(draft, profile);
  const { load, write, learned, draws, scales, units, counters } = writes(draft, model, profile, roles);
  converted(draft, model, profile, scales);
  const steps = fixedStates(draft, model, profile, units, { load, write });
  if (load.length > 0) draft.slots.set('chip.load', load);
  if (write.length > 0) draft.slots.set('chip.write', write);
  return {
    program: { ...program, buffers: draft.buffers, slots: draft.slots },
    learned: [...learned, ...steps],
    initial: (seed) => new Map(draws.flatMap((draw) => draw(seed))),
    load: load.length > 0 ? [['chip.load', 1]] : [],
    write: write.length > 0 ? [['chip.write', 1]] : [],
    counters,
  };
}

function refuse(model: Model, profile: Profile): void {
  const no = (path: string, found: string, expected: string): SettleError =>
    new SettleError(`the profile ${profile.name} cannot be applied`, { kind: 'input', path, found, expected });
  const states = Number.isFinite(profile.membrane.bits.value ?? Infinity);
  const { variation, weight } = profile;
  const copies = variation.weight.value || variation.copies.value || weight.signs.value === 'source' || sharesScale(profile); // prettier-ignore
  if (model.engine === 'event' && (states || profile.converters || copies))
    throw no('engine', 'event', 'clocked: fixed-point states, converters and copies of weights with values of their own are stepped');
  if (model.learning.update === 'continual' && (profile.devices || Number.isFinite(profile.weight.bits.value ?? Infinity)))
    throw no('learning.update', 'continual', 'contrast, end-point or events: a chip writes its weights after the example');
  refuseKernels(model, profile.name);
  const late = model.projections.find(({ delay }) => delay > 0);
  if (late && profile.converters)
    throw no(`projections.${late.name}.delay`, 'a delay behind converters', '0 ms');
} // prettier-ignore
