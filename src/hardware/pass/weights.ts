// Weights on a chip's grid: mantissa x unit, where the unit is a power of two in the model's own units, so that thresholds,
// exponents and copies of a weight are exact. It knows no Program and no training.
import { formula } from '../../expr/formula.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Profile } from '../profile/profile.ts';

/** Mantissas from least to greatest, a multiple of `step` each; binary: -1 and 1 alone. */
export interface WeightGrid {
  readonly least: number;
  readonly greatest: number;
  readonly step: number;
  readonly binary: boolean;
}

/**
 * The grid of a profile's weights; null where they are real numbers or not public. Fewer bits than the stated range needs
 * widen the step, as where a Loihi truncates its mantissas.
 */
export function gridOf({ weight }: Profile): WeightGrid | null {
  const bits = weight.bits.value;
  if (bits === null || !Number.isFinite(bits)) return null;
  if (bits === 1) return { least: -1, greatest: 1, step: 1, binary: true };
  const least = weight.minimum.value;
  const greatest = weight.maximum.value;
  if (least === null || greatest === null)
    return { least: -(2 ** (bits - 1)), greatest: 2 ** (bits - 1) - 1, step: 1, binary: false };
  let step = weight.step.value ?? 1;
  while (Math.floor(greatest / step) - Math.ceil(least / step) + 1 > 2 ** bits) step *= 2;
  return { least: Math.ceil(least / step) * step, greatest: Math.floor(greatest / step) * step, step, binary: false };
}

/** Exponents of two that a unit may have. */
const [smallest, largest] = [-24, 8];

/**
 * The value of one mantissa: the power of two nearest (by its logarithm) to what fits weights of this mean magnitude.
 * Steps start at 2 mean|w| / sqrt(Q), Q the largest mantissa in steps (Esser et al. 2020, learned step size quantisation, their
 * initial step); with one bit the values are +/- mean|w| (Rastegari et al. 2016).
 */
export function unitOf(mean: number, grid: WeightGrid): number {
  const wanted = factorOf(grid) * mean;
  let unit = 2 ** smallest;
  for (let k = smallest + 1; k <= largest; k++) if (wanted >= 2 ** (k - 0.5)) unit = 2 ** k;
  return unit;
}

/** `unitOf` as a tree of the mean magnitude. */
export function unitTree(mean: Tree, grid: WeightGrid): Tree {
  const wanted = formula('factor * mean', { factor: factorOf(grid), mean });
  return powerTree(wanted);
}

/** The power of two nearest to a positive number, by its logarithm. */
export function powerTree(wanted: Tree): Tree {
  let unit = formula('u', { u: 2 ** smallest });
  for (let k = smallest + 1; k <= largest; k++) unit = formula('w >= edge ? power : u', { w: wanted, edge: 2 ** (k - 0.5), power: 2 ** k, u: unit });
  return unit;
} // prettier-ignore

function factorOf({ greatest, step, binary }: WeightGrid): number {
  return binary ? 1 : 2 / (Math.sqrt(Math.max(1, greatest / step)) * step);
}

/** The nearest value on the grid (half up), saturated at its ends. */
export function onGrid(weight: number, grid: WeightGrid, unit: number): number {
  if (grid.binary) return weight >= 0 ? unit : -unit;
  const mantissa = Math.floor(weight / (unit * grid.step) + 0.5) * grid.step;
  return Math.min(Math.max(mantissa, grid.least), grid.greatest) * unit;
}

/** `onGrid` as a tree. */
export function gridTree(weight: Tree, { least, greatest, step, binary }: WeightGrid, unit: Tree): Tree {
  if (binary) return formula('w >= 0 ? unit : -unit', { w: weight, unit });
  return formula('clip(floor(w / (unit * step) + 0.5) * step, least, greatest) * unit', { w: weight, unit, step, least, greatest }); // prettier-ignore
}
