// A learned network of real numbers -> a chip's integer network, with the errors made on the way (hardware sheet, section 2e).
// It trains nothing and presents nothing; what the chip has no register for is refused by name.
import { SettleError } from '../../errors.ts';
import { filtered, meanOverStep } from '../../math/propagators.ts';
import type { Model, Population, Projection } from '../../model/model.ts';
import type { Block, IntegerNetwork, Registers } from './network.ts';
import type { Profile } from '../profile/profile.ts';
import { decayOf } from '../pass/substitute.ts';

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

/** The chip whose integer arithmetic a profile has. @throws SettleError for one whose arithmetic is not here */
export function chipOf(profile: Profile): Registers['chip'] {
  if (profile.decay.kind.value === 'multiplier' && profile.decay.bits.value === 12) return 'loihi-1';
  if (profile.decay.kind.value === 'linear' && profile.membrane.signed.value === true) return 'tiny-odin';
  throw new SettleError('no integer network for this profile', {
    kind: 'input', path: '--profile', found: profile.name, expected: 'loihi-1 or tiny-odin, or a profile with their decay',
  }); // prettier-ignore
}

/**
 * `model` with the profile's substitutes (substitute.ts); weights and biases by buffer, `x->h.weight`.
 * @throws SettleError of kind `input` for a model or weights that the chip cannot hold
 */
export function toInteger(model: Model, learned: Learned, profile: Profile, options: ConvertOptions = {}): Converted {
  const chip = chipOf(profile);
  if (chip === 'tiny-odin') checkAddresses(model, profile.capacity.addresses.value ?? Infinity);
  const layout = layoutOf(model, learned, profile);
  return chip === 'loihi-1' ? toLoihi(layout, options) : toTinyOdin(layout);
}

/** On a crossbar, senders share the addresses of neurons, inputs included. */
function checkAddresses({ populations }: Model, most: number): void {
  const needed = populations.reduce((sum, { units }) => sum + units, 0);
  if (needed <= most) return;
  throw new SettleError('the network has more senders than the chip has addresses', {
    kind: 'input', path: 'populations', found: `${populations.map(({ name, units }) => `${units} (${name})`).join(' + ')} = ${needed}`, expected: `at most ${most}, inputs included`,
    hint: 'data.pixels makes pictures smaller',
  }); // prettier-ignore
}

/** A direction of a projection: each spike of its sender moves its receiver's membrane by weight x factor. */
interface Wire {
  readonly name: string;
  readonly projection: Projection;
  readonly from: Population;
  readonly to: Population;
  /** Whether the matrix is read across. */
  readonly transposed: boolean;
  readonly weights: ArrayLike<number>;
  readonly largest: number;
}

interface Layout {
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

function layoutOf(model: Model, learned: Learned, profile: Profile): Layout {
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
    // A chip whose synapses share one scale has copies of its own going back (writes.ts).
    const back = learned.get(`${projection.name}.weight:back`) ?? weights;
    return [
      forward,
      { ...whole, name: `${to.name}->${from.name}`, from: to, to: from, transposed: true, weights: back, largest: largestOf(back) },
    ];
  });
  const notes: string[] = [];
  for (const { name, reset, rest, floor, initial } of neurons) {
    if (reset.mode === 'by')
      throw refuse(`populations.${name}.reset`, `by ${reset.value}`, 'a membrane set back after a spike');
    if (reset.value !== rest) throw refuse(`populations.${name}.reset`, `to ${reset.value}`, `to ${rest}, the rest`);
    if (Number.isFinite(floor)) notes.push(`${name}: no floor on the chip (the model has ${floor})`);
    if (initial.high > initial.low) notes.push(`${name}: the membrane starts at 0 and not at random`);
  }
  return { model, learned, profile, input, spiking, neurons, first, count, wires: wires.sort((a, b) => (first.get(a.to.name)! - first.get(b.to.name)!)), notes };
} // prettier-ignore

function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let k = 0; k < values.length; k++) largest = Math.max(largest, Math.abs(values[k]!));
  return largest;
}

/** Seconds of activity that a spike of a population carries. */
const amountOf = ({ kind, encode, activityTime }: Population): number =>
  kind === 'input' ? 1 / encode.rate : activityTime;
const chargeOf = ({ membraneTimeConstant: tau, activityTime, resistance }: Population): number =>
  resistance / (tau === Infinity ? activityTime : tau);

/** Rounded half away from zero. */
const rounded = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5) + 0;

/** The largest power of two that all weights are multiples of within the register, or null. */
function gridOf({ weights, largest }: Wire, bits: number): number | null {
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
function quantised(wire: Wire, layout: Layout, step: number, exponent: number, unit: number, range: readonly [number, number]): { block: Block; error: BlockError } {
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

function networkOf(layout: Layout, blocks: readonly Block[], registers: Registers): IntegerNetwork {
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

/** Fills each population's part of an array. */
function perNeuron({ neurons, first, count }: Layout, value: (p: Population, k: number) => number): Int32Array {
  const values = new Int32Array(count);
  for (const p of neurons) for (let k = 0; k < p.units; k++) values[first.get(p.name)! + k] = value(p, k);
  return values;
}

/** How much of a constant drive the membrane has after one step. */
export const intake = ({ membraneTimeConstant: tau, activityTime, resistance }: Population, dt: number): number =>
  resistance * (tau === Infinity ? dt / activityTime : -Math.expm1(-dt / tau));

/** Membrane after the first step that feels a spike, for a weight of 1. */
function loihiFactor({ from, to, projection: { synapse } }: Wire, dt: number): number {
  const { membraneTimeConstant: tau, activityTime, resistance } = to;
  if (synapse.kind === 'delta') return amountOf(from) * chargeOf(to) * (tau === Infinity ? 1 : Math.exp(-dt / tau));
  const share = tau === Infinity ? (dt / activityTime) * meanOverStep(dt, synapse.timeConstant) : filtered(dt, tau, synapse.timeConstant); // prettier-ignore
  return (resistance * share * amountOf(from)) / synapse.timeConstant;
}

/** Mantissa of 13 bits and exponent 0 to 7 nearest to a bias; what is too large is clipped. */
export function biasRegister(bias: number): { mantissa: number; exponent: number; clipped: boolean } {
  let exponent = 0;
  while (exponent < 7 && Math.abs(bias) > 4095 * 2 ** exponent) exponent++;
  const mantissa = rounded(bias / 2 ** exponent);
  const held = Math.min(4095, Math.max(-4096, mantissa));
  return { mantissa: held, exponent, clipped: held !== mantissa };
}

/**
 * Loihi: one scale for all potentials and currents. A step of the register is worth 2 x 2^6 x 2^exponent in the membrane; the
 * steps of different projections differ by powers of two, so that both copies of a matrix used both ways have the same
 * registers. The scale is as large as thresholds and biases allow, and no larger than the smallest projection needs.
 */
function toLoihi(layout: Layout, options: ConvertOptions): Converted {
  const { model, neurons, wires, learned, profile, notes } = layout;
  const dt = model.step;
  const bits = Math.min(8, profile.weight.bits.value ?? 8);
  const range = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] as const;
  for (const { name } of neurons) {
    const into = wires.filter(({ to }) => to.name === name).map(({ projection: { synapse } }) => (synapse.kind === 'delta' ? 0 : synapse.timeConstant)); // prettier-ignore
    if (new Set(into).size > 1)
      throw new SettleError('a Loihi neuron has one synaptic current', {
        kind: 'input', path: `populations.${name}`, found: `synapses of ${[...new Set(into)].map((tau) => `${tau} s`).join(' and ')}`, expected: 'one time constant',
      }); // prettier-ignore
  }
  const factors = wires.map((wire) => loihiFactor(wire, dt));
  /** What one register step of each wire is worth in the membrane if it alone decided: a grid kept, or the range filled. */
  const wishes = wires.map((wire, k) => ((gridOf(wire, bits) ?? wire.largest / range[1]) || 1e-6) * factors[k]!);
  const biases = perNeuronReal(layout, (p, k) => (learned.get(`${p.name}.bias`)?.[k] ?? p.bias.init) * intake(p, dt));
  const threshold = Math.max(...neurons.map((p) => p.threshold - p.rest));
  const drive = Math.max(options.largestDrive ?? 0, 0) * Math.max(...neurons.map((p) => intake(p, dt)));
  // Membrane units for a potential of 1, S: thresholds reach 131071 x 64, biases 4095 x 2^7, and a step is at least 128.
  const most = Math.min((131071 * 64) / threshold, (4095 * 128) / Math.max(drive, largestOf(biases), 1e-9));
  const finest = wishes.length === 0 ? 128 / most : Math.min(...wishes);
  const step = finest * 2 ** Math.max(0, Math.ceil(Math.log2(128 / (finest * most)) - 1e-9));
  const scale = 128 / step;
  const made = wires.map((wire, k) => {
    const exponent = Math.max(0, Math.ceil(Math.log2(wishes[k]! / step) - 1e-9));
    if (exponent > 7)
      throw new SettleError('weights differ too much in size', {
        kind: 'input', path: `projections.${wire.projection.name}`, found: `2^${exponent} between projections`, expected: 'at most 2^7, the exponent of a synapse group',
      }); // prettier-ignore
    return quantised(wire, layout, (step * 2 ** exponent) / factors[k]!, exponent, 2 * 2 ** exponent, range);
  });
  const codeOf = (timeConstant: number): number => decayOf(profile, timeConstant, dt)!.code;
  const held = [...biases].map((bias) => biasRegister(bias * scale));
  const incoming = (p: Population): Projection['synapse'] => wires.find(({ to }) => to === p)?.projection.synapse ?? { kind: 'delta', timeConstant: 0 }; // prettier-ignore
  const registers: Registers = {
    chip: 'loihi-1',
    currentDecay: perNeuron(layout, (p) => incoming(p).kind === 'delta' ? 4096 : codeOf(incoming(p).timeConstant)),
    membraneDecay: perNeuron(layout, (p) => (p.membraneTimeConstant === Infinity ? 0 : codeOf(p.membraneTimeConstant))),
    threshold: perNeuron(layout, (p) => Math.min(131071, Math.round((scale * (p.threshold - p.rest)) / 64))),
    refractory: perNeuron(layout, (p) => deadSteps(p, dt, notes) + 1),
    biasMantissa: Int32Array.from(held, ({ mantissa }) => mantissa),
    biasExponent: Int32Array.from(held, ({ exponent }) => exponent),
  }; // prettier-ignore
  return { network: networkOf(layout, made.map(({ block }) => block), registers), blocks: made.map(({ error }) => error), scale: new Float64Array(layout.count).fill(scale), notes: [...new Set(notes)] }; // prettier-ignore
}

function perNeuronReal({ neurons, first, count }: Layout, value: (p: Population, k: number) => number): Float64Array {
  const values = new Float64Array(count);
  for (const p of neurons) for (let k = 0; k < p.units; k++) values[first.get(p.name)! + k] = value(p, k);
  return values;
}

function deadSteps({ name, refractory }: Population, dt: number, notes: string[]): number {
  const steps = Math.round(refractory.duration / dt);
  if (refractory.duration > 0 && refractory.membrane === 'integrate')
    notes.push(`${name}: the membrane is held during the refractory time, where the model lets it run on`);
  if (steps > 62)
    throw new SettleError('the refractory time is too long', {
      kind: 'input', path: `populations.${name}.refractory.duration`, found: `${steps} steps`, expected: 'at most 62',
    }); // prettier-ignore
  return steps;
}

/** Scales of tinyODIN's membrane that are tried, as multiples of the one that clips nothing. */
const multiples = [1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4];

/**
 * tinyODIN: every spike is a jump of its whole charge. Each receiving population has a scale of its own: exact where its
 * weights lie on a grid that fits -8 to 7, else the one with the least mean square error, small weights against clipped ones.
 */
function toTinyOdin(layout: Layout): Converted {
  const { model, neurons, wires, learned, notes } = layout;
  for (const p of neurons) {
    const bias = largestOf(learned.get(`${p.name}.bias`) ?? [p.bias.init]);
    if (bias > 1e-9)
      throw new SettleError('tinyODIN has no bias current', {
        kind: 'input', path: `populations.${p.name}.bias`, found: `up to ${Number(bias.toPrecision(3))}`, expected: 'bias: { init: 0, rate: 0 } in training',
      }); // prettier-ignore
    if (p.membraneTimeConstant !== Infinity || p.refractory.duration > 0)
      throw new SettleError('tinyODIN has no such neuron', {
        kind: 'input', path: `populations.${p.name}`, found: p.refractory.duration > 0 ? 'a refractory time' : 'an exponential leak', expected: 'the substitutes of its profile',
      }); // prettier-ignore
  }
  const scale = new Float64Array(layout.count);
  const made = neurons.flatMap((p) => {
    const into = wires.filter(({ to }) => to === p);
    const factors = into.map(({ from }) => amountOf(from) * chargeOf(p));
    const best = scaleOf(into, factors, 2047 / (p.threshold - p.rest));
    scale.fill(best, layout.first.get(p.name)!, layout.first.get(p.name)! + p.units);
    return into.map((wire, k) => quantised(wire, layout, 1 / (best * factors[k]!), 0, 1, [-8, 7]));
  });
  const registers: Registers = {
    chip: 'tiny-odin',
    leak: perNeuron(layout, (p, k) => Math.min(127, rounded(scale[layout.first.get(p.name)! + k]! * p.leak * model.step))),
    threshold: perNeuron(layout, (p, k) => Math.max(1, rounded(scale[layout.first.get(p.name)! + k]! * (p.threshold - p.rest)))),
  }; // prettier-ignore
  for (const p of neurons) {
    const at = layout.first.get(p.name)!;
    const wanted = scale[at]! * p.leak * model.step;
    if (wanted > 0) notes.push(`${p.name}: leaks ${registers.leak[at]} a tick (wanted ${wanted.toFixed(2)}), threshold ${registers.threshold[at]}`); // prettier-ignore
  }
  return { network: networkOf(layout, made.map(({ block }) => block), registers), blocks: made.map(({ error }) => error), scale, notes: [...new Set(notes)] }; // prettier-ignore
}

function scaleOf(wires: readonly Wire[], factors: readonly number[], most: number): number {
  const jumps = Math.max(...wires.map(({ largest }, k) => largest * factors[k]!), 0);
  if (jumps === 0) return Math.min(most, 16);
  const grids = wires.map((wire, k) => {
    const grid = wire.largest === 0 ? Infinity : gridOf(wire, 4);
    return grid === null ? null : grid * factors[k]!;
  });
  if (!grids.includes(null)) {
    const exact = 1 / Math.min(...(grids as number[]));
    const fits = wires.every(
      ({ weights }, k) =>
      Array.from(weights, (weight) => weight * factors[k]! * exact).every((x) => Math.abs(x - Math.round(x)) < 1e-9 && x < 7.5 && x > -8.5), // prettier-ignore
    );
    if (fits && exact <= most) return exact;
  }
  const error = (scale: number): number => {
    let sum = 0;
    wires.forEach(({ weights }, k) => {
      for (let n = 0; n < weights.length; n++) {
        const ideal = weights[n]! * factors[k]! * scale;
        const off = (Math.min(7, Math.max(-8, rounded(ideal))) - ideal) / scale;
        sum += off * off;
      }
    });
    return sum;
  };
  const candidates = multiples.map((multiple) => Math.min(most, (7 * multiple) / jumps));
  return candidates.reduce((best, scale) => (error(scale) < error(best) ? scale : best));
}
