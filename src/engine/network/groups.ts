// Populations of neurons that step as one, and what a kind of neuron tells the clocked engine about its step. It knows no
// equation and no backend.
import { isSource, type NetworkModel, type NetworkPopulation, type Synapse } from '../../model/network.ts';
import type { Values } from '../../backends/backend.ts';
import type { Operation, RowTerm } from '../../program/program.ts';

/** Populations with the same constants and the same types of synapses, one after the other. */
export interface Group {
  readonly name: string;
  /** The first of them, for its constants. */
  readonly population: NetworkPopulation;
  readonly units: number;
  readonly members: readonly { readonly index: number; readonly first: number; readonly units: number }[];
  /** Types of synapses that arrive, those of the drive among them. */
  readonly synapses: readonly Synapse[];
  /** Whether units have biases of their own, or biases that change. */
  readonly biased: boolean;
}

/** Where a spike's weight goes: `weight` times it, by the factors of the terms. */
export interface Arrivals {
  readonly weight: number;
  readonly terms: readonly RowTerm[];
}

/** One step of a group, which begins at time t: `before`, delivery of what arrives at t, `after`. */
export interface PopulationStep {
  /** Buffers of the state, of the group's width or of one number. */
  readonly state: readonly string[];
  /** What they hold at time 0, where that is not 0. */
  readonly initial: ReadonlyMap<string, ArrayLike<number>>;
  readonly before: readonly Operation[];
  /** Its last operation fires the units that reach their threshold in the step. */
  readonly after: readonly Operation[];
  /** Fires those that are there at time 0. */
  readonly first: Operation;
  /** Steps from one spike of a unit to its next at least, and how far back `before` looks into the log. */
  readonly apart: number;
  readonly back: number;
  arrivals(synapse: Synapse): Arrivals;
  potential(read: (buffer: string) => Promise<Values>, unit: number): Promise<number>;
}

export const sameSynapse = (a: Synapse, b: Synapse): boolean =>
  a.kind === b.kind && a.timeConstant === b.timeConstant && a.target === b.target;

const order = (a: Synapse, b: Synapse): number =>
  a.kind.localeCompare(b.kind) || a.timeConstant - b.timeConstant || (a.target ?? '').localeCompare(b.target ?? '');

export function groupsOf(model: NetworkModel): Group[] {
  const groups = new Map<string, { population: NetworkPopulation; members: { index: number; first: number; units: number }[]; synapses: Synapse[]; biased: boolean }>();
  model.populations.forEach((population, index) => {
    if (isSource(population)) return;
    const { units, name, bias, current, ...constants } = population;
    const synapses: Synapse[] = [];
    const arriving = model.projections.filter(({ to }) => to === name).map(({ synapse }) => synapse);
    for (const synapse of [...(population.drive ? [population.drive.synapse] : []), ...arriving])
      if (!synapses.some((known) => sameSynapse(known, synapse))) synapses.push(synapse);
    synapses.sort(order);
    const biased = bias.kind !== 'constant' || current.length > 0;
    const key = JSON.stringify([{ ...constants, initial: null }, synapses, biased ? 'each' : bias], (_, value: unknown) => (typeof value === 'number' ? String(value) : value));
    const group = groups.get(key) ?? { population, members: [], synapses, biased };
    groups.set(key, group);
    const last = group.members.at(-1);
    group.members.push({ index, first: last ? last.first + last.units : 0, units });
  });
  return [...groups.values()].map(({ members, ...group }) => ({
    ...group, members, name: group.population.name, units: members.at(-1)!.first + members.at(-1)!.units,
  }));
} // prettier-ignore

/** Values of all units of the model as those of the group. */
export function ofGroup({ members, units }: Group, offsets: readonly number[], values: Float64Array): Float64Array {
  const own = new Float64Array(units);
  for (const { index, first, units: count } of members)
    own.set(values.subarray(offsets[index], offsets[index]! + count), first);
  return own;
}
