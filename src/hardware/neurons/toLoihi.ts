// Loihi's registers from a learned network (hardware sheet, section 2e): weights of 8 bits with an exponent for each block.
import { SettleError } from '../../errors.ts';
import type { Population, Projection } from '../../model/model.ts';
import {
  type Converted,
  type ConvertOptions,
  commonGrid,
  largestOf,
  type Layout,
  networkOf,
  perNeuron,
  perNeuronReal,
  quantised,
  rounded,
} from './layout.ts';
import { intake, firstStep } from '../gain.ts';
import type { Registers } from './network.ts';
import { decayOf } from '../pass/substitute.ts';

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
export function toLoihi(layout: Layout, options: ConvertOptions): Converted {
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
  const factors = wires.map((wire) => firstStep(wire.from, wire.to, wire.projection.synapse, dt));
  /** What one register step of each wire is worth in the membrane if it alone decided: a grid kept, or the range filled. */
  const wishes = wires.map((wire, k) => ((commonGrid(wire, bits) ?? wire.largest / range[1]) || 1e-6) * factors[k]!);
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
