// What every conversion of a learned network to a chip's integers works from: populations in a row, matrices by direction, and a
// matrix rounded to registers. It knows no chip.
import { SettleError } from '../../errors.ts';
import type { Model, Population, Projection } from '../../model/model.ts';
import type { Block, IntegerNetwork, Registers } from './network.ts';
import { backOf } from '../pass/draft.ts';
import type { Profile } from '../profile/profile.ts';

export type Learned = ReadonlyMap<string, ArrayLike<number>>;

/** How far a block is from what was learned, in the weights' own unit. */
export interface BlockError {
  readonly name: string;
  readonly weights: number;
  /** A step of the weight register, as a learned weight; and the power of two that its events are shifted by. */
  readonly step: number;
  readonly exponent: number;
  readonly maximumError: number;
  readonly rmsError: number;
  /** Weights that were not 0 and are now, and weights outside the range of the register. */
  readonly toZero: number;
  readonly clipped: number;
}

export interface Converted {
  readonly network: IntegerNetwork;
  readonly blocks: readonly BlockError[];
  /** Units of the membrane for a potential of 1, by neuron. */
  readonly scale: Float64Array;
  /** What is other than in the model, in sentences. */
  readonly notes: readonly string[];
}

export interface ConvertOptions {
  /** Largest constant drive of any neuron, bias and constant inputs together: Loihi's bias registers have to hold it. */
  readonly largestDrive?: number;
}

/** A direction of a projection: each spike of its sender moves its receiver's membrane by weight x factor. */
export interface Wire {
  readonly name: string;
  readonly projection: Projection;
  readonly from: Population;
  readonly to: Population;
  /** Whether the matrix is read across. */
  readonly transposed: boolean;
  readonly weights: ArrayLike<number>;
  readonly largest: number;
}

export interface Layout {
  readonly model: Model;
  readonly learned: Learned;
  readonly profile: Profile;
  readonly input: Population;
  /** Whether inputs are spikes on the chip. */
  readonly spiking: boolean;
  readonly neurons: readonly Population[];
  readonly first: ReadonlyMap<string, number>;
  readonly count: number;
  readonly wires: readonly Wire[];
  readonly notes: string[];
}

export function layoutOf(model: Model, learned: Learned, profile: Profile): Layout {
  const inputs = model.populations.filter(({ kind }) => kind === 'input');
  const neurons = model.populations.filter(({ kind }) => kind === 'lif' || kind === 'integrate-and-fire');
  const refuse = (path: string, found: string, expected: string): SettleError =>
    new SettleError(`the chip of profile ${profile.name} cannot hold the network`, { kind: 'input', path, found, expected }); // prettier-ignore
  if (model.kind !== 'spiking' || neurons.length + inputs.length !== model.populations.length)
    throw refuse('populations', 'rate units', 'spiking populations');
  if (inputs.length !== 1) throw refuse('populations', `${inputs.length} input populations`, 'one');
  const [input] = inputs as [Population];
  const first = new Map<string, number>();
  let count = 0;
  for (const { name, units } of neurons) {
    first.set(name, count);
    count += units;
  }
  const spiking = input.encode.kind !== 'current' || profile.neuron.inputCurrent.value !== true;
  for (const { name, delay } of model.projections)
    if (delay > 0) throw refuse(`projections.${name}.delay`, `${delay} s`, '0 ms');
  const populationOf = new Map(model.populations.map((population) => [population.name, population]));
  const wires = model.projections.flatMap((projection): Wire[] => {
    const [from, to] = [populationOf.get(projection.from)!, populationOf.get(projection.to)!];
    if (from === input && !spiking) return [];
    const weights = learned.get(`${projection.name}.weight`);
    if (weights?.length !== from.units * to.units)
      throw refuse(`projections.${projection.name}`, `${weights?.length ?? 0} weights`, String(from.units * to.units));
    const whole = { projection, weights, largest: largestOf(weights) };
    const forward = { ...whole, name: `${from.name}->${to.name}`, from, to, transposed: false };
    if (!projection.symmetric) return [forward];
    // A chip whose synapses share one scale has copies of its own going back (pass/writes.ts).
    const back = learned.get(backOf(`${projection.name}.weight`)) ?? weights;
    return [
      forward,
      { ...whole, name: `${to.name}->${from.name}`, from: to, to: from, transposed: true, weights: back, largest: largestOf(back) },
    ];
  });
  const notes: string[] = [];
  for (const { name, reset, rest, threshold, floor, initial } of neurons) {
    const by = profile.reset.to.value === false;
    if ((reset.mode === 'by') !== by)
      throw refuse(`populations.${name}.reset`, `${reset.mode} ${reset.value}`, by ? 'a spike that takes the threshold off' : 'a membrane set back after a spike'); // prettier-ignore
    if (reset.value !== (by ? threshold - rest : rest)) throw refuse(`populations.${name}.reset`, `${reset.mode} ${reset.value}`, by ? `by ${threshold - rest}` : `to ${rest}, the rest`);
    if (Number.isFinite(floor) && profile.neuron.floor.value !== true) notes.push(`${name}: no floor on the chip (the model has ${floor})`);
    if (initial.high > initial.low) notes.push(`${name}: the membrane starts at 0 and not at random`);
  }
  return { model, learned, profile, input, spiking, neurons, first, count, wires: wires.sort((a, b) => (first.get(a.to.name)! - first.get(b.to.name)!)), notes };
} // prettier-ignore

export function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let k = 0; k < values.length; k++) largest = Math.max(largest, Math.abs(values[k]!));
  return largest;
}

/** Rounded half away from zero. */
export const rounded = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5) + 0;

/** The largest power of two that all weights are multiples of within the register, or null. */
export function commonGrid({ weights, largest }: Wire, bits: number): number | null {
  if (largest === 0) return null;
  const low = 2 ** Math.ceil(Math.log2(largest / 2 ** (bits - 1)) - 1e-9);
  for (let grid = low; grid <= largest; grid *= 2) {
    let fits = true;
    for (let k = 0; fits && k < weights.length; k++) fits = Number.isInteger(weights[k]! / grid);
    if (!fits) return grid > low ? grid / 2 : null;
  }
  return null;
}

/** Registers of a wire at a step, and how far they are off. */
export function quantised(wire: Wire, layout: Layout, step: number, exponent: number, unit: number, range: readonly [number, number]): { block: Block; error: BlockError } {
  const { from, to, weights, transposed, name } = wire;
  const registers = new Int16Array(weights.length);
  let [maximumError, squares, toZero, clipped] = [0, 0, 0, 0];
  for (let i = 0; i < from.units; i++)
    for (let j = 0; j < to.units; j++) {
      const weight = weights[transposed ? j * from.units + i : i * to.units + j]!;
      const ideal = rounded(weight / step);
      const register = Math.min(range[1], Math.max(range[0], ideal));
      registers[i * to.units + j] = register;
      const error = Math.abs(register * step - weight);
      maximumError = Math.max(maximumError, error);
      squares += error * error;
      if (register !== ideal) clipped++;
      if (register === 0 && weight !== 0) toZero++;
    }
  const inputs = layout.spiking ? layout.input.units : 0;
  const firstSender = from === layout.input ? 0 : inputs + layout.first.get(from.name)!;
  return {
    block: { name, firstSender, senders: from.units, firstNeuron: layout.first.get(to.name)!, neurons: to.units, registers, unit },
    error: { name, weights: weights.length, step, exponent, maximumError, rmsError: Math.sqrt(squares / weights.length), toZero, clipped },
  };
} // prettier-ignore

export function networkOf(layout: Layout, blocks: readonly Block[], registers: Registers): IntegerNetwork {
  const { model, input, spiking, neurons, first, count } = layout;
  return {
    step: model.step,
    inputs: { name: input.name, units: spiking ? input.units : 0 },
    populations: neurons.map(({ name, units }) => ({ name, units, first: first.get(name)! })),
    neurons: count,
    blocks,
    registers,
  };
}

type PerNeuron<T> = (layout: Layout, value: (p: Population, k: number) => number) => T;
/** Fills each population's part of an array of this kind. */
const perNeuronOf =
  <T extends Int32Array | Float64Array>(Numbers: new (length: number) => T): PerNeuron<T> =>
  ({ neurons, first, count }, value) => {
    const values = new Numbers(count);
    for (const p of neurons) for (let k = 0; k < p.units; k++) values[first.get(p.name)! + k] = value(p, k);
    return values;
  };
export const perNeuron = perNeuronOf(Int32Array);
export const perNeuronReal = perNeuronOf(Float64Array);
