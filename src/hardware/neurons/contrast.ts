// Equilibrium propagation in Loihi's integers: free and nudged phases on the chip's own neurons, weights moved by differences of
// products of spike counts. Phases are replayed from the reset state, which copies nothing; biases do not learn.
import { SettleError } from '../../errors.ts';
import { derivative } from '../../expr/derivative.ts';
import { evaluate } from '../../expr/evaluate.ts';
import { parseExpression } from '../../expr/parse.ts';
import type { Model, Population } from '../../model/model.ts';
import { type Block, integerMachine, type IntegerNetwork, type Stimulus } from './network.ts';
import { type Converted, type Learned } from './layout.ts';
import { amountOf, firstStep, intake } from '../gain.ts';
import { biasRegister } from './toLoihi.ts';

/** A nudged phase: the blocks that take part in it and the sign of beta. */
export interface NudgedPhase {
  readonly name: 'plus' | 'minus';
  readonly active: readonly number[];
}

export interface ContrastPlan {
  /** The network with two blocks more: what the nudge feeds back from the outputs to themselves, for each sign. */
  readonly network: IntegerNetwork;
  readonly free: readonly number[];
  readonly phases: readonly [plus: NudgedPhase, minus: NudgedPhase];
  /** Ticks of the free phase, of a nudged phase, and of the counting window at the end of the latter. */
  readonly ticks: { readonly free: number; readonly nudge: number; readonly window: number };
  /** For each block, the shift of its update, or null where it does not learn. */
  readonly shifts: readonly (number | null)[];
  /** Bias registers in the free phase, and with the outputs nudged towards a target. */
  biases(label: number, sign: 0 | 1 | -1): { mantissa: Int32Array; exponent: Int32Array };
  readonly notes: readonly string[];
}

/** (x + 2^(shift - 1)) >> shift: to the nearest, halves up. */
export const halfUp = (x: number, shift: number): number =>
  shift === 0 ? x : Math.floor((x + 2 ** (shift - 1)) / 2 ** shift);

/** Spike counts of every sender (inputs, then neurons), 8 bits that saturate. */
export type SpikeCounts = Uint8Array;

export function counted(into: SpikeCounts, network: IntegerNetwork, units: Int32Array, fired: Uint8Array): void {
  const add = (sender: number): void => void (into[sender] = Math.min(255, into[sender]! + 1)); // prettier-ignore
  for (const unit of units) add(unit);
  fired.forEach((spikes, n) => spikes > 0 && add(network.inputs.units + n));
}

/** Registers of a block after one example: w + halfUp(plus_i plus_j - minus_i minus_j), within -128 to 127. */
export function afterContrast(block: Block, network: IntegerNetwork, plus: SpikeCounts, minus: SpikeCounts, shift: number | null): Int16Array {
  if (shift === null) return block.registers;
  return block.registers.map((register, k) => {
    const [i, j] = [block.firstSender + Math.floor(k / block.neurons), network.inputs.units + block.firstNeuron + (k % block.neurons)];
    const change = halfUp(plus[i]! * plus[j]! - minus[i]! * minus[j]!, shift);
    return Math.min(127, Math.max(-128, register + change));
  });
} // prettier-ignore

/** @throws SettleError of kind `input` for a chip, an input or a cost that this has no integers for */
export function contrastPlan(model: Model, learned: Learned, { network, blocks, scale }: Converted): ContrastPlan {
  const refuse = (path: string, found: string, expected: string): SettleError =>
    new SettleError('no learning in this hand-over', { kind: 'input', path, found, expected });
  if (network.registers.chip !== 'loihi-1') throw refuse('--learning', network.registers.chip, 'profile loihi-1');
  if (network.inputs.units === 0) throw refuse('populations', 'inputs as constant currents', 'encode: regular or poisson, whose weights are on the chip'); // prettier-ignore
  const output = model.populations.find(({ name }) => name === model.cost?.on);
  if (!model.cost || !output) throw refuse('cost', 'no cost', 'a cost on an output population');
  const force = forceOf(model.cost.text);
  const current = model.projections.find(({ to, from, symmetric }) => to === output.name || (symmetric && from === output.name))?.synapse; // prettier-ignore
  if (current && (current.kind === 'delta' || Math.abs(current.timeConstant - output.traceTimeConstant) > 1e-9))
    throw refuse(`populations.${output.name}`, 'a synaptic current of another time constant than the trace', 'one time constant, since the nudge is a synapse');
  const { beta, duration, window } = model.phases.nudge;
  const steps = (seconds: number): number => Math.round(seconds / model.step);
  const first = network.populations.find(({ name }) => name === output.name)!.first;
  const own = feedback(network, output, first, beta * force.slope, scale[first]!, model.step);
  const all = network.blocks.map((_, index) => index);
  const whole: IntegerNetwork = { ...network, blocks: [...network.blocks, ...own.blocks] };
  const windowSeconds = steps(window) * model.step;
  const amount = (name: string): number => amountOf(model.populations.find((p) => p.name === name)!);
  const shifts = blocks.map(({ name, step }) => {
    const [from, to] = name.split('->') as [string, string];
    const rate = model.learning.rates[`${from}->${to}`] ?? model.learning.rates[`${from}<->${to}`] ?? model.learning.rates[`${to}<->${from}`] ?? 0; // prettier-ignore
    if (rate === 0) return null;
    // A register moves by rate / (2 beta batch) x difference of activity products / step; activity = count x amount / window.
    const perProduct = (rate * amount(from) * amount(to)) / (2 * beta * model.data.batch * windowSeconds ** 2 * step);
    return Math.min(17, Math.max(0, Math.round(-Math.log2(perProduct))));
  });
  const take = intake(output, model.step);
  return {
    network: whole,
    free: all,
    phases: [{ name: 'plus', active: [...all, all.length] }, { name: 'minus', active: [...all, all.length + 1] }],
    ticks: { free: steps(model.phases.free.duration), nudge: steps(duration), window: steps(window) },
    shifts: [...shifts, null, null],
    biases(label, sign) {
      const { biasMantissa, biasExponent } = network.registers as Extract<IntegerNetwork['registers'], { chip: 'loihi-1' }>;
      const [mantissa, exponent] = [Int32Array.from(biasMantissa), Int32Array.from(biasExponent)];
      for (let k = 0; k < output.units && sign !== 0; k++) {
        const bias = learned.get(`${output.name}.bias`)?.[k] ?? output.bias.init;
        const held = biasRegister((bias - sign * beta * force.constant(k === label ? 1 : 0)) * take * scale[first + k]!);
        [mantissa[first + k], exponent[first + k]] = [held.mantissa, held.exponent];
      }
      return { mantissa, exponent };
    },
    notes: [`the nudge's part in s is a synapse of each output to itself: register ${own.register} of unit ${own.unit}, ${(100 * own.error).toFixed(2)} % off`],
  };
} // prettier-ignore

/** dC/ds = constant(target) + slope s. */
function forceOf(text: string): { slope: number; constant(target: number): number } {
  const tree = derivative(parseExpression(text, { names: ['s', 'target'], path: 'cost.text' }), 's');
  const at = (s: number, target: number): number => evaluate(tree, (name) => (name === 's' ? s : target));
  const slope = at(1, 0) - at(0, 0);
  for (const [s, target] of [[2, 0], [1, 1], [0.5, 1]] as const) // prettier-ignore
    if (Math.abs(at(s, target) - at(0, target) - slope * s) > 1e-9)
      throw new SettleError('no learning in this hand-over', { kind: 'input', path: 'cost.text', found: text, expected: 'a cost of second degree in s' }); // prettier-ignore
  return { slope, constant: (target) => at(0, target) };
}

/** -beta slope s as synapses of the outputs to themselves, whose current decays as s does; and with the other sign. */
function feedback(network: IntegerNetwork, output: Population, first: number, strength: number, scale: number, dt: number) {
  const { name, units } = output;
  const own = { kind: 'exponential', timeConstant: output.traceTimeConstant } as const;
  const wanted = (strength * firstStep(output, output, own, dt) * scale) / 64;
  let exponent = 0;
  while (Math.abs(wanted) / (2 * 2 ** exponent) > 127.5 && exponent < 7) exponent++;
  const unit = 2 * 2 ** exponent;
  const register = Math.min(127, Math.round(wanted / unit));
  const block = (sign: 1 | -1): Block => ({
    name: `${name}->${name} (nudge ${sign > 0 ? 'plus' : 'minus'})`,
    firstSender: network.inputs.units + first, senders: units, firstNeuron: first, neurons: units,
    registers: Int16Array.from({ length: units * units }, (_, k) => (k % (units + 1) === 0 ? -sign * register : 0)),
    unit,
  });
  return { blocks: [block(1), block(-1)], register, unit, error: Math.abs(register * unit - wanted) / Math.max(1e-9, Math.abs(wanted)) };
} // prettier-ignore

/** The stimulus of ticks from `begin` up to `end`. */
export function cut({ offsets, units }: Stimulus, begin: number, end: number): Stimulus {
  const part = offsets.slice(begin, end + 1);
  const start = part[0]!;
  return { offsets: part.map((value) => value - start), units: units.subarray(start, part.at(-1)) };
}

/** What plays an example's phases: the integer machine alone, or a recorder of vectors around it. */
export interface Player {
  clear(example: number): void;
  biases(set: { readonly mantissa: Int32Array; readonly exponent: Int32Array }): void;
  active(blocks: readonly number[]): void;
  /** Opens the counting window of a phase, or closes it (0). */
  window(phase: 0 | 1 | 2): void;
  run(stimulus: Stimulus, seen?: (units: Int32Array, fired: Uint8Array) => void): void;
}

/** The player without records. */
export function player(network: IntegerNetwork): Player {
  const machine = integerMachine(network);
  let bias: Int32Array | undefined;
  let active: readonly number[] = [];
  return {
    clear: () => machine.neurons.clear(),
    biases({ mantissa, exponent }) {
      bias = mantissa.map((value, n) => value * 2 ** exponent[n]!);
    },
    active(blocks) {
      active = blocks;
    },
    window() {},
    run(stimulus, seen) {
      const part = (tick: number): Int32Array => stimulus.units.subarray(stimulus.offsets[tick], stimulus.offsets[tick + 1]); // prettier-ignore
      machine.present({
        stimulus, keep: true, active, ...(bias && { bias }),
        onTick: (tick, fired) => seen?.(part(tick), fired),
      }); // prettier-ignore
    },
  };
}

/** One example: free and nudged with +beta, then the same from the start with -beta. The stimulus lasts free + nudge ticks. */
export function contrastExample(plan: ContrastPlan, by: Player, stimulus: Stimulus, label: number, example = 0): { plus: SpikeCounts; minus: SpikeCounts } {
  const { network, ticks } = plan;
  const fresh = (): SpikeCounts => new Uint8Array(network.inputs.units + network.neurons);
  const found = { plus: fresh(), minus: fresh() };
  const [nudged, window] = [ticks.free, ticks.free + ticks.nudge - ticks.window];
  for (const [index, phase] of plan.phases.entries()) {
    by.clear(example);
    by.biases(plan.biases(label, 0));
    by.active(plan.free);
    by.run(cut(stimulus, 0, nudged));
    by.biases(plan.biases(label, index === 0 ? 1 : -1));
    by.active(phase.active);
    by.run(cut(stimulus, nudged, window));
    by.window(index === 0 ? 1 : 2);
    by.run(cut(stimulus, window, ticks.free + ticks.nudge), (units, fired) => counted(found[phase.name], network, units, fired));
    by.window(0);
  }
  return found;
} // prettier-ignore

/** The network after that example. */
export function learnt(plan: ContrastPlan, network: IntegerNetwork, counts: { plus: SpikeCounts; minus: SpikeCounts }): IntegerNetwork {
  const blocks = network.blocks.map((block, k) => ({ ...block, registers: afterContrast(block, network, counts.plus, counts.minus, plan.shifts[k] ?? null) }));
  return { ...network, blocks };
} // prettier-ignore
