// Registers of ODIN and tinyODIN from a learned network (hardware sheet, section 2e): jumps of 4 bit weights behind a crossbar.
import { SettleError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import {
  type Converted,
  commonGrid,
  largestOf,
  type Layout,
  networkOf,
  perNeuron,
  quantised,
  rounded,
  type Wire,
} from './layout.ts';
import { amountOf, chargeOf } from '../gain.ts';
import type { Block, Registers } from './network.ts';

/** On a crossbar, senders share the addresses of neurons, inputs included. */
export function checkAddresses({ populations }: Model, most: number): void {
  const needed = populations.reduce((sum, { units }) => sum + units, 0);
  if (needed <= most) return;
  throw new SettleError('the network has more senders than the chip has addresses', {
    kind: 'input', path: 'populations', found: `${populations.map(({ name, units }) => `${units} (${name})`).join(' + ')} = ${needed}`, expected: `at most ${most}, inputs included`,
    hint: 'data.pixels makes pictures smaller',
  }); // prettier-ignore
}

/** Weight registers, greatest threshold, and name of the two chips. */
const chips = {
  odin: { range: [-7, 7], rail: 255, name: 'ODIN' },
  'tiny-odin': { range: [-8, 7], rail: 2047, name: 'tinyODIN' },
} as const;

/** Scales of the membrane that are tried, as multiples of the one that clips nothing. */
const multiples = [1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4];

/**
 * Every spike is a jump of its whole charge. Each receiving population has a scale of its own: exact where its
 * weights lie on a grid that fits the registers, else the one with the least mean square error, small weights against clipped ones.
 */
export function toCrossbar(layout: Layout, chip: 'odin' | 'tiny-odin'): Converted {
  const { range, rail, name } = chips[chip];
  const { model, neurons, wires, learned, notes } = layout;
  for (const p of neurons) {
    const bias = largestOf(learned.get(`${p.name}.bias`) ?? [p.bias.init]);
    if (bias > 1e-9)
      throw new SettleError(`${name} has no bias current`, {
        kind: 'input', path: `populations.${p.name}.bias`, found: `up to ${Number(bias.toPrecision(3))}`, expected: 'bias: { init: 0, rate: 0 } in training',
      }); // prettier-ignore
    if (p.membraneTimeConstant !== Infinity || p.refractory.duration > 0)
      throw new SettleError(`${name} has no such neuron`, {
        kind: 'input', path: `populations.${p.name}`, found: p.refractory.duration > 0 ? 'a refractory time' : 'an exponential leak', expected: 'the substitutes of its profile',
      }); // prettier-ignore
  }
  const scale = new Float64Array(layout.count);
  const made = neurons.flatMap((p) => {
    const into = wires.filter(({ to }) => to === p);
    const factors = into.map(({ from }) => amountOf(from) * chargeOf(p));
    const best = scaleOf(into, factors, rail / (p.threshold - p.rest), range);
    scale.fill(best, layout.first.get(p.name)!, layout.first.get(p.name)! + p.units);
    return into.map((wire, k) => quantised(wire, layout, 1 / (best * factors[k]!), 0, 1, range));
  });
  const registers: Registers = {
    chip,
    leak: perNeuron(layout, (p, k) => Math.min(127, rounded(scale[layout.first.get(p.name)! + k]! * p.leak * model.step))),
    threshold: perNeuron(layout, (p, k) => Math.max(1, rounded(scale[layout.first.get(p.name)! + k]! * (p.threshold - p.rest)))),
  }; // prettier-ignore
  for (const p of neurons) {
    const at = layout.first.get(p.name)!;
    const wanted = scale[at]! * p.leak * model.step;
    if (wanted > 0) notes.push(`${p.name}: leaks ${registers.leak[at]} a tick (wanted ${wanted.toFixed(2)}), threshold ${registers.threshold[at]}`); // prettier-ignore
  }
  if (chip === 'odin')
    checkSigns(
      layout,
      made.map(({ block }) => block),
    );
  return { network: networkOf(layout, made.map(({ block }) => block), registers), blocks: made.map(({ error }) => error), scale, notes: [...new Set(notes)] }; // prettier-ignore
}

function scaleOf(
  wires: readonly Wire[],
  factors: readonly number[],
  most: number,
  [low, high]: readonly [number, number],
): number {
  const jumps = Math.max(...wires.map(({ largest }, k) => largest * factors[k]!), 0);
  if (jumps === 0) return Math.min(most, 16);
  const grids = wires.map((wire, k) => {
    const grid = wire.largest === 0 ? Infinity : commonGrid(wire, 4);
    return grid === null ? null : grid * factors[k]!;
  });
  if (!grids.includes(null)) {
    const exact = 1 / Math.min(...(grids as number[]));
    const fits = wires.every(
      ({ weights }, k) =>
      Array.from(weights, (weight) => weight * factors[k]! * exact).every((x) => Math.abs(x - Math.round(x)) < 1e-9 && x < high + 0.5 && x > low - 0.5), // prettier-ignore
    );
    if (fits && exact <= most) return exact;
  }
  const error = (scale: number): number => {
    let sum = 0;
    wires.forEach(({ weights }, k) => {
      for (let n = 0; n < weights.length; n++) {
        const ideal = weights[n]! * factors[k]! * scale;
        const off = (Math.min(high, Math.max(low, rounded(ideal))) - ideal) / scale;
        sum += off * off;
      }
    });
    return sum;
  };
  const candidates = multiples.map((multiple) => Math.min(most, (7 * multiple) / jumps));
  return candidates.reduce((best, scale) => (error(scale) < error(best) ? scale : best));
}

/** On ODIN the sign is the sender's. @throws SettleError of kind `input` naming the first sender with both signs */
function checkSigns({ input, neurons, spiking }: Layout, blocks: readonly Block[]): void {
  const senders = [...(spiking ? [input] : []), ...neurons].flatMap(({ name, units }) => Array.from({ length: units }, (_, k) => `${name}[${k}]`)); // prettier-ignore
  senders.forEach((name, sender) => {
    const sent = blocks.flatMap(({ firstSender, senders: count, neurons: width, registers }) => {
      const row = sender - firstSender;
      return row < 0 || row >= count ? [] : [...registers.subarray(row * width, (row + 1) * width)];
    });
    if (sent.some((weight) => weight > 0) && sent.some((weight) => weight < 0))
      throw new SettleError('a sender has one sign on ODIN', {
        kind: 'input', path: name, found: 'weights of both signs', expected: 'training under profile odin',
      }); // prettier-ignore
  });
}
