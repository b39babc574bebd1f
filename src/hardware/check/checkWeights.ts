// Weights and thresholds on the chip's grid, chosen as in the hardware sheet, section 2e: one scale takes the largest weight to the
// largest mantissa; where projections have exponents each takes the smallest that holds it, and the threshold shares the scale.
// What it says is of the values given: training on the grid is constrain.ts's.
import { type ChipNetwork, type Strand, thresholdOf, unitName } from './chipNetwork.ts';
import { isSpiking } from './checkNeurons.ts';
import { rowFinder, type Weights } from './checkSynapses.ts';
import { type Finding, finding, namesShown, undecided, whole } from './finding.ts';
import type { Profile } from '../profile/profile.ts';
import { gridOf, onGrid, type WeightGrid } from '../pass/weights.ts';

/** How a projection's weights come out. */
export interface GridRow {
  readonly projection: string;
  /** Value of one mantissa in the model's units, its power of two over the common unit, and the largest mantissa in use. */
  readonly unit: number;
  readonly exponent: number;
  readonly largest: number;
  readonly weights: number;
  /** Of the rounding, in the model's units and as shares of the largest weight. */
  readonly maximumError: number;
  readonly rmsError: number;
  /** Weights that are not 0 and become 0, as a share of all. */
  readonly collapsed: number;
  readonly outside: number;
}

interface Placed {
  readonly strand: Strand;
  readonly values: ArrayLike<number>;
  readonly greatest: number;
  /** Potential that a spike adds at once (delta) or in its first step (exponential), for a weight of 1. */
  readonly gain: number;
}

/**
 * `gains`: by projection, potential that a spike adds for a weight of 1 (`gainsOf`): what makes weights of different projections,
 * and the threshold, numbers of one register.
 */
export function checkWeights(network: ChipNetwork, weights: Weights, gains: ReadonlyMap<string, number>, profile: Profile): { findings: Finding[]; grid: GridRow[] } {
  const { weight, devices } = profile;
  const placed = network.strands.filter(({ hosted, back }) => !hosted && !back).flatMap((strand): Placed[] => {
    const values = weights.get(strand.projection);
    return values ? [{ strand, values, greatest: largest(values), gain: gains.get(strand.projection) ?? 1 }] : [];
  });
  if (placed.length === 0) return { findings: thresholds(null), grid: [] };
  const grid = gridOf(profile);
  const outOfDevices = devices ? deviceRange(placed, devices) : [];
  if (!grid) {
    if (weight.bits.value === null)
      outOfDevices.push(undecided('weight-resolution', null, 'weight.bits', `${whole(placed.reduce((n, { values }) => n + values.length, 0))} weights`, weight.bits.source));
    return { findings: [...outOfDevices, ...thresholds(null)], grid: [] };
  }
  const { units, common } = scaled(placed, grid);
  const rows = placed.map((one, k) => rounded(one, grid, units[k]!));
  const findings = rows.flatMap((row, k) => told(row, placed[k]!));
  return { findings: [...outOfDevices, ...findings, ...thresholds(common)], grid: rows };

  /** A unit for each projection, and the unit of the register that the threshold shares. */
  function scaled(all: readonly Placed[], { greatest: top, least }: WeightGrid): { units: { unit: number; exponent: number }[]; common: number } {
    // The side with fewer mantissas decides, if it is in use at all.
    const needed = all.map(({ greatest, gain, values }) => (greatest * gain) / (least < 0 && !hasPositive(values) ? -least : top));
    const peak = Math.max(...needed);
    const [low, high] = [weight.exponentMinimum.value ?? 0, weight.exponentMaximum.value ?? weight.exponentMinimum.value ?? 0];
    if (!(peak > 0)) return { units: all.map(() => ({ unit: 1, exponent: 0 })), common: 1 };
    const downs = needed.map((one) => (one > 0 ? Math.min(high - low, Math.floor(Math.log2(peak / one) + 1e-9)) : 0));
    // As fine a threshold register as its width allows.
    const most = profile.threshold.maximum.value ?? Infinity;
    const spread = Math.max(...downs);
    const theta = Math.max(0, ...neuronsOf().map(({ neuron }) => thresholdOf(neuron!)));
    let top2 = high;
    while (top2 > low + spread && theta / (peak * 2 ** -top2) > most) top2--;
    const common_ = peak * 2 ** -top2;
    return { units: downs.map((down, k) => ({ unit: (peak * 2 ** -down) / all[k]!.gain, exponent: top2 - down })), common: common_ };
  }

  function neuronsOf() {
    return network.populations.filter(({ name, neuron }) => isSpiking(network, name) && Number.isFinite(neuron!.threshold));
  }

  function thresholds(common: number | null): Finding[] {
    const { minimum, maximum, bits } = profile.threshold;
    if (profile.threshold.bits.value === Infinity) return [];
    return neuronsOf().flatMap(({ name, neuron, units }): Finding[] => {
      const names = Array.from({ length: Math.min(namesShown, units) }, (_, k) => unitName(name, k));
      const [least, most] = [minimum.value ?? (bits.value === null ? null : 0), maximum.value ?? (bits.value === null ? null : 2 ** bits.value - 1)];
      const value = thresholdOf(neuron!);
      if (least === null || most === null) return [undecided('threshold-range', name, 'threshold.maximum', `${name}: a threshold ${Number(value.toPrecision(6))} above reset`, maximum.source)];
      if (common === null) return [];
      const register = Math.round(value / common);
      const source = maximum.source || bits.source;
      if (register > most || register < Math.max(1, least))
        return [finding('threshold-range', 'error', name, `${name}: at this scale of the weights the threshold is ${whole(register)}, the register holds ${whole(Math.max(1, least))} to ${whole(most)}`, { count: units, worst: register, limit: register > most ? most : Math.max(1, least), source, names })];
      const off = (register * common) / value - 1;
      return Math.abs(off) > 0.01 ? [finding('threshold-resolution', 'warning', name, `${name}: the threshold becomes ${whole(register)} steps, off by ${(100 * off).toFixed(1)} %`, { count: units, worst: register, source, names })] : [];
    });
  }

  function told(row: GridRow, { strand, values, greatest }: Placed): Finding[] {
    const { projection } = row;
    const found: Finding[] = [];
    const names = namesOf(strand, values, network);
    if (row.outside > 0)
      found.push(finding('weight-range', 'error', projection, `${projection}: ${whole(row.outside)} of ${whole(row.weights)} weights lie outside the mantissas ${grid!.least} to ${grid!.greatest}`, {
        count: row.outside, worst: greatest, limit: grid!.greatest * row.unit, source: weight.maximum.source || weight.bits.source, names: names((w) => { const m = w / row.unit; return m > grid!.greatest + grid!.step / 2 || m < grid!.least - grid!.step / 2; }),
      }));
    if (row.maximumError <= 1e-12 * greatest) return found;
    const zero = row.collapsed > 0 ? `, ${(100 * row.collapsed).toFixed(1)} % become 0` : '';
    found.push(finding('weight-resolution', 'warning', projection,
      `${projection}: rounding by up to ${row.maximumError.toPrecision(3)} (RMS ${row.rmsError.toPrecision(3)}, largest weight ${greatest.toPrecision(3)})${zero}`,
      { count: row.weights, worst: row.maximumError, limit: (row.unit * grid!.step) / 2, source: weight.bits.source, names: names((w) => w !== 0 && onGrid(w, grid!, row.unit) === 0) }));
    return found;
  }
} // prettier-ignore

function rounded({ strand, values, greatest }: Placed, grid: WeightGrid, { unit, exponent }: { unit: number; exponent: number }): GridRow {
  let [maximumError, squares, collapsed, outside] = [0, 0, 0, 0];
  for (let k = 0; k < values.length; k++) {
    const w = values[k]!;
    const mantissa = w / unit;
    if (!grid.binary && (mantissa > grid.greatest + grid.step / 2 || mantissa < grid.least - grid.step / 2)) outside++;
    const given = onGrid(w, grid, unit);
    const error = Math.abs(given - w);
    maximumError = Math.max(maximumError, error);
    squares += error * error;
    if (given === 0 && w !== 0) collapsed++;
  }
  const count = Math.max(1, values.length);
  return {
    projection: strand.projection, unit, exponent, largest: greatest / unit, weights: values.length, maximumError, rmsError: Math.sqrt(squares / count),
    collapsed: collapsed / count, outside,
  };
} // prettier-ignore

/** Weights that go onto devices: what scale takes the largest to the bound, and the step of a pulse there. */
function deviceRange(placed: readonly Placed[], devices: NonNullable<Profile['devices']>): Finding[] {
  const [low, high, step] = [devices.minimum.value!, devices.maximum.value!, devices.step.value!];
  const bound = Math.min(high, low < 0 ? -low : high);
  return placed.flatMap(({ strand, values, greatest }): Finding[] => {
    if (!(greatest > 0)) return [];
    const scale = greatest / bound;
    const negative = low >= 0 ? count(values, (w) => w < 0) : 0;
    const words = `${strand.projection}: a pulse moves a weight by ${(step * scale).toPrecision(3)} in the middle of its range of ${(low * scale).toPrecision(3)} to ${(high * scale).toPrecision(3)}`;
    const found = [finding('weight-resolution', 'warning', strand.projection, words, { count: values.length, worst: step * scale, limit: step, source: devices.step.source })];
    if (negative > 0) found.push(finding('weight-range', 'warning', strand.projection, `${strand.projection}: ${whole(negative)} negative weights on devices that hold ${low} to ${high}: a pair of devices for each weight`, { count: negative, worst: -greatest, limit: low, source: devices.minimum.source }));
    return found;
  });
} // prettier-ignore

function count(values: ArrayLike<number>, is: (value: number) => boolean): number {
  let n = 0;
  for (let k = 0; k < values.length; k++) if (is(values[k]!)) n++;
  return n;
}
const largest = (values: ArrayLike<number>): number => {
  let most = 0;
  for (let k = 0; k < values.length; k++) most = Math.max(most, Math.abs(values[k]!));
  return most;
};
const hasPositive = (values: ArrayLike<number>): boolean => count(values, (w) => w > 0) > 0;

/** Finds the first synapses of a strand whose weight is such, by name. */
function namesOf({ from, to, sparse }: Strand, values: ArrayLike<number>, { populations }: ChipNetwork): (is: (weight: number) => boolean) => string[] {
  const width = populations.find(({ name }) => name === to)!.units;
  const row = sparse ? rowFinder(sparse.rows) : (k: number) => Math.floor(k / width);
  return (is) => {
    const names: string[] = [];
    for (let k = 0; k < values.length && names.length < namesShown; k++)
      if (is(values[k]!)) names.push(`${unitName(from, row(k))}->${unitName(to, sparse ? sparse.targets[k]! : k % width)}`);
    return names;
  };
} // prettier-ignore
