// How an integer network is shown examples and read: stimuli and bias registers of each, spikes counted in the window of the
// model's read-out, the output that spiked most. It trains nothing.
import { fillInputs } from '../../data/batches.ts';
import type { Examples } from '../../data/dataset.ts';
import type { Model } from '../../model/model.ts';
import type { Counts } from './counts.ts';
import { type IntegerNetwork, integerMachine, type Presentation } from './network.ts';
import { silence, stimulusOf } from './stimulus.ts';
import { type Converted, type Learned } from './layout.ts';
import { intake } from '../gain.ts';
import { biasRegister } from './toLoihi.ts';

/** What a chip receives for one example. */
export interface Shown extends Pick<Presentation, 'stimulus'> {
  /** Constant currents in place of input spikes: for every neuron, mantissa and exponent of its bias register. */
  readonly biases: { readonly mantissa: Int32Array; readonly exponent: Int32Array } | null;
  /** Biases that the registers could not hold. */
  readonly clipped: number;
}

export interface Presenter {
  /** Values of an example in [0, 1], and its number in its set. */
  show(values: ArrayLike<number>, example: number, ticks?: number): Shown;
  readonly ticks: number;
  readonly countFrom: number;
  /** Output neurons: first and how many. */
  readonly output: { readonly first: number; readonly units: number };
}

/** Largest constant drive of any neuron by the first examples, with a quarter to spare: what sets the scale of biases. */
export function largestDrive(model: Model, learned: Learned, examples: Examples, count = 200): number {
  if (!constantInput(model)) return 0;
  const size = examples.inputs.length / examples.count;
  let largest = 0;
  for (let k = 0; k < Math.min(count, examples.count); k++)
    for (const drive of drivesOf(model, learned, valuesOf(examples, k, size))) largest = Math.max(largest, Math.abs(drive));
  return 1.25 * largest;
} // prettier-ignore

/** An example's values, as machines read them. */
export function valuesOf(examples: Examples, k: number, size = examples.inputs.length / examples.count): Float64Array {
  const values = new Float64Array(size);
  fillInputs(examples, [k], values);
  return values;
}

const constantInput = (model: Model): boolean =>
  model.populations.find(({ kind }) => kind === 'input')?.encode.kind === 'current';

/** Bias and constant inputs of every neuron, in the model's unit of current. */
function drivesOf(model: Model, learned: Learned, values: ArrayLike<number>): Float64Array {
  const neurons = model.populations.filter(({ kind }) => kind !== 'input');
  const parts = neurons.map(({ name, units, bias }) => Float64Array.from({ length: units }, (_, k) => learned.get(`${name}.bias`)?.[k] ?? bias.init)); // prettier-ignore
  const input = model.populations.find(({ kind }) => kind === 'input')!;
  for (const { name, from, to } of model.projections) {
    if (from !== input.name) continue;
    const part = parts[neurons.findIndex((p) => p.name === to)]!;
    const weights = learned.get(`${name}.weight`)!;
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      if (x !== 0) for (let j = 0; j < part.length; j++) part[j]! += x * weights[i * part.length + j]!;
    }
  }
  return Float64Array.from(parts.flatMap((part) => [...part]));
}

/** `clock`: seed of the random clock of settle's read-outs, so that the chip sees the spikes that the float network sees. */
export function presenter(model: Model, learned: Learned, { network, scale }: Converted, clock: number, substitute: 'regular' | 'poisson' = 'regular'): Presenter {
  const input = model.populations.find(({ kind }) => kind === 'input')!;
  const byBias = network.inputs.units === 0;
  const encode = byBias || input.encode.kind !== 'current' ? input.encode : { kind: substitute, rate: input.encode.rate };
  const { duration, window } = model.phases.predict;
  const [length, counted] = [Math.round(duration / model.step), Math.round(window / model.step)];
  const output = network.populations.find(({ name }) => name === model.cost?.on) ?? network.populations.at(-1)!;
  const takes = model.populations.filter(({ kind }) => kind !== 'input').flatMap((p) => Array.from({ length: p.units }, () => intake(p, model.step)));
  return {
    ticks: length,
    countFrom: length - counted,
    output,
    show(values, example, ticks = length) {
      if (!byBias) return { stimulus: stimulusOf(values, { encode, step: model.step, ticks, clock, example }), biases: null, clipped: 0 };
      const drives = drivesOf(model, learned, values);
      const held = Array.from(drives, (drive, n) => biasRegister(drive * takes[n]! * scale[n]!));
      return {
        stimulus: silence(ticks),
        biases: { mantissa: Int32Array.from(held, ({ mantissa }) => mantissa), exponent: Int32Array.from(held, ({ exponent }) => exponent) },
        clipped: held.filter(({ clipped }) => clipped).length,
      };
    },
  };
} // prettier-ignore

/** What bias registers add at every step. */
export const biasesIn = ({ biases }: Pick<Shown, 'biases'>): Int32Array | undefined =>
  biases?.mantissa.map((mantissa, n) => mantissa * 2 ** biases.exponent[n]!);

export interface IntegerReading {
  readonly examples: number;
  readonly wrong: number;
  readonly predicted: Uint8Array;
  /** Spikes an example by population, inputs included where they spike. */
  readonly spikes: Readonly<Record<string, number>>;
  readonly counts: Counts;
  /** Spikes lost by a full queue. */
  readonly lost: number;
  readonly clippedBiases: number;
}

/** Reads a set out: the output that spiked most in the window, the first of equals. */
export function readOut(network: IntegerNetwork, shown: Presenter, examples: Examples, count = examples.count): IntegerReading {
  const machine = integerMachine(network);
  const predicted = new Uint8Array(count);
  const size = examples.inputs.length / examples.count;
  const spikes: Record<string, number> = Object.fromEntries([...(network.inputs.units > 0 ? [network.inputs] : []), ...network.populations].map(({ name }) => [name, 0]));
  let [wrong, clippedBiases] = [0, 0];
  for (let k = 0; k < count; k++) {
    const example = shown.show(valuesOf(examples, k, size), k);
    const bias = biasesIn(example);
    const sums = machine.present({ stimulus: example.stimulus, countFrom: shown.countFrom, ...(bias && { bias }), onTick: (_, fired) => {
      for (const { name, first, units } of network.populations) {
        let sum = 0;
        for (let n = first; n < first + units; n++) sum += fired[n]!;
        spikes[name]! += sum;
      }
    } });
    if (network.inputs.units > 0) spikes[network.inputs.name]! += example.stimulus.units.length;
    clippedBiases += example.clipped;
    predicted[k] = mostOf(sums, shown.output);
    if (predicted[k] !== examples.labels[k]) wrong++;
  }
  for (const name of Object.keys(spikes)) spikes[name]! /= count;
  return { examples: count, wrong, predicted, spikes, counts: machine.counts, lost: machine.lost, clippedBiases };
} // prettier-ignore

/** Which of the outputs spiked most; the first of equals. */
export function mostOf(sums: ArrayLike<number>, { first, units }: Presenter['output']): number {
  let best = 0;
  for (let k = 1; k < units; k++) if (sums[first + k]! > sums[first + best]!) best = k;
  return best;
}
