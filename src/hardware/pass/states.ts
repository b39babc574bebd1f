// Fixed-point states of spiking populations: membranes and synaptic currents on the grid of their registers, with what the chip
// does at the rails. The grid follows the weights: one step of the register is what one mantissa adds.
import { formula } from '../../expr/formula.ts';
import { name as named } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Model, Population } from '../../model/model.ts';
import type { Operation } from '../../program/program.ts';
import { amountOf, firstStep } from '../gain.ts';
import type { Draft } from './draft.ts';
import type { Profile, StateFormat } from '../profile/profile.ts';

/**
 * Wraps every assignment of a membrane `P.v` and of its arrivals. `units`: by population, the units of the weights into it; the
 * steps are updated whenever weights are written, by operations added to `chip.load` and `chip.write`; their names are returned.
 */
export function fixedStates(
  draft: Draft,
  model: Model,
  profile: Profile,
  units: ReadonlyMap<string, readonly string[]>,
  slots: { readonly load: Operation[]; readonly write: Operation[] },
): string[] {
  const kept: string[] = [];
  if (model.kind !== 'spiking') return kept;
  const formats: [StateFormat, (name: string) => RegExp, (of: Gain) => number][] = [
    [profile.membrane, (name) => new RegExp(`^${escaped(name)}\\.v$`), ({ gain }) => gain],
    [profile.current, (name) => new RegExp(`^${escaped(name)}\\.arrivals\\d*$`), ({ amount }) => amount],
  ];
  for (const population of model.populations) {
    const reaching = units.get(population.name);
    const gain = gainInto(model, population);
    if (!reaching || reaching.length === 0 || !gain) continue;
    formats.forEach(([format, buffers, factorOf], k) => {
      const { bits } = format;
      if (bits.value === null || !Number.isFinite(bits.value)) return;
      const step = draft.buffer(`${population.name}.${k === 0 ? 'v' : 'arrivals'}.step`, [1]);
      kept.push(step);
      const least = reaching.map(named).reduce((a, b) => formula('min(a, b)', { a, b }));
      const factor = factorOf(gain) * 2 ** -(profile.threshold.shift.value ?? 0);
      for (const operations of [slots.load, slots.write])
        operations.push({ op: 'map', units: 1, assign: [{ into: step, value: formula('u * f', { u: least, f: factor }) }] });
      const pattern = buffers(population.name);
      draft.rewrite((operation) => {
        if (operation.op !== 'map') return [operation];
        if (!operation.assign.some(({ into }) => pattern.test(into))) return [operation];
        const assign = operation.assign.map(({ into, value }) => (pattern.test(into) ? { into, value: register(value, format, named(step)) } : { into, value }));
        return [{ ...operation, assign }];
      });
    });
  }
  return kept;
} // prettier-ignore

/** A number as a register of the format holds it, one step of which is worth `step`. */
export function register(x: Tree, { bits, signed, overflow, rounding }: StateFormat, step: Tree): Tree {
  const width = bits.value!;
  const [low, high] = signed.value === false ? [0, 2 ** width - 1] : [-(2 ** (width - 1)), 2 ** (width - 1) - 1];
  const scaled = formula('x / step', { x, step });
  const whole =
    rounding.value === 'toward-zero'
      ? formula('sign(x) * floor(abs(x))', { x: scaled })
      : formula('floor(x + half)', { x: scaled, half: rounding.value === 'floor' ? 0 : 0.5 });
  if (overflow.value === 'wrap')
    return formula('(n - span * floor((n - low) / span)) * step', { n: whole, span: high - low + 1, low, step });
  return formula('clip(n, low, high) * step', { n: whole, low, high, step });
}

interface Gain {
  /** What a spike leaves in the arrivals for a weight of 1, and what it adds to the membrane in its first step. */
  readonly amount: number;
  readonly gain: number;
}

/** The least gain of the spikes that reach a population; null where none do. */
function gainInto(model: Model, population: Population): Gain | null {
  const gains: Gain[] = [];
  for (const { from, to, symmetric, synapse } of model.projections) {
    if (to !== population.name && !(symmetric && from === population.name)) continue;
    const sender = model.populations.find(({ name }) => name === (to === population.name ? from : to))!;
    if (sender.kind === 'input' && sender.encode.kind === 'current') continue;
    gains.push({ amount: amountOf(sender), gain: firstStep(sender, population, synapse, model.step) });
  }
  return gains.length === 0 ? null : gains.reduce((a, b) => (b.gain < a.gain ? b : a));
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
