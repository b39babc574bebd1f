// Xylo's registers from a learned network (hardware sheet, section 2e): int8 weights, int16 states, decays by shifts. One scale for
// each receiving population; the shifts of weight groups stay 0.
import { SettleError } from '../../errors.ts';
import type { Population } from '../../model/model.ts';
import { type Converted, type Layout, networkOf, perNeuron, quantised } from './layout.ts';
import { intake, firstStep } from '../gain.ts';
import type { Registers } from './network.ts';
import { decayOf } from '../pass/substitute.ts';

const [low, high] = [-32768, 32767];

export function toXylo(layout: Layout): Converted {
  const { model, neurons, wires, learned, profile, notes, first } = layout;
  const dt = model.step;
  const dash = (p: Population, timeConstant: number): number => {
    const found = decayOf(profile, timeConstant, dt);
    if (found) return found.code;
    throw new SettleError('Xylo has no perfect integrator', { kind: 'input', path: `populations.${p.name}.kind`, found: p.kind, expected: 'lif' }); // prettier-ignore
  };
  const synapse = new Map<string, number>();
  const scale = new Float64Array(layout.count);
  const made = neurons.flatMap((p) => {
    const into = wires.filter(({ to }) => to === p);
    const constants = [...new Set(into.map(({ projection }) => (projection.synapse.kind === 'delta' ? 0 : projection.synapse.timeConstant)))]; // prettier-ignore
    if (constants.length > 1 || constants[0] === 0)
      throw new SettleError('a Xylo neuron has one decaying current here', {
        kind: 'input', path: `populations.${p.name}`, found: `synapses of ${constants.map((tau) => `${tau} s`).join(' and ')}`, expected: 'one time constant above 0',
      }); // prettier-ignore
    const code = constants.length === 0 ? 0 : dash(p, constants[0]!);
    synapse.set(p.name, code);
    // A fresh event has decayed once when the membrane takes it.
    const kept = code === 0 ? 1 : 1 - 2 ** -code;
    const factors = into.map((wire) => firstStep(wire.from, wire.to, wire.projection.synapse, dt) / kept);
    const largest = Math.max(1e-9, ...into.map((wire, k) => wire.largest * factors[k]!));
    const own = Math.min(127 / largest, high / (p.threshold - p.rest));
    scale.fill(own, first.get(p.name)!, first.get(p.name)! + p.units);
    return into.map((wire, k) => quantised(wire, layout, 1 / (own * factors[k]!), 0, 1, [-128, 127]));
  });
  const at = (p: Population, k: number): number => scale[first.get(p.name)! + k]!;
  const registers: Registers = {
    chip: 'xylo',
    membraneDash: perNeuron(layout, (p) => dash(p, p.membraneTimeConstant)),
    synapseDash: perNeuron(layout, (p) => synapse.get(p.name)!),
    threshold: perNeuron(layout, (p, k) => Math.round(at(p, k) * (p.threshold - p.rest))),
    bias: perNeuron(layout, (p, k) => Math.min(high, Math.max(low, Math.round((learned.get(`${p.name}.bias`)?.[k] ?? p.bias.init) * intake(p, dt) * at(p, k))))),
    limit: perNeuron(layout, (p) => (p.name === model.cost?.on ? 1 : 31)),
  }; // prettier-ignore
  return { network: networkOf(layout, made.map(({ block }) => block), registers), blocks: made.map(({ error }) => error), scale, notes: [...new Set(notes)] }; // prettier-ignore
}
