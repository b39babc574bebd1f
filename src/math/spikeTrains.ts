// Statistics of spike trains while they pass by: rates, intervals, counts in windows, correlations of a sample. It keeps sums,
// never spikes, and can be saved and resumed with the same bits.

/** Consecutive units that are counted together. */
export interface TrainGroup {
  readonly name: string;
  readonly units: number;
}

export interface TrainOptions {
  readonly groups: readonly TrainGroup[];
  /** Counted is [from, until), seconds. */
  readonly from: number;
  readonly until: number;
  /** Windows of the Fano factor of single units, bins of the population count and of correlations, seconds. */
  readonly window: number;
  readonly bin: number;
  /** Units of a group whose pairs are correlated. */
  readonly sample: number;
  /** Bins of the course of the population rate over [from, until). */
  readonly courseBins: number;
}

export interface TrainFigures {
  readonly name: string;
  readonly units: number;
  readonly spikes: number;
  /** Spikes a second and unit. */
  readonly rate: number;
  /** Mean over units of sd / mean of their intervals (population sd), of units with at least five; null without one. */
  readonly cv: number | null;
  readonly cvUnits: number;
  /** Mean over units of variance / mean of their counts in windows, of units that fire; null without a whole window. */
  readonly fano: number | null;
  /** Variance / mean of the population's count in bins. */
  readonly populationFano: number | null;
  /** Mean of Pearson's correlation of binned counts over pairs of the sample; silent units left out. */
  readonly correlation: number | null;
  readonly correlationPairs: number;
  /** Spikes a second and unit in equal parts of [from, until). */
  readonly course: readonly number[];
}

export type TrainState = ReadonlyMap<string, Float64Array>;

export interface TrainStatistics {
  /** Spikes in order of time, units numbered through the groups. */
  add(time: Float64Array, unit: Uint32Array): void;
  /** Figures of [from, time): call it with the time reached. */
  figures(time: number): TrainFigures[];
  state(): TrainState;
  restore(state: TrainState): void;
}

/** Intervals that a unit needs for a CV: it is biased low for few. */
const leastIntervals = 5;

export function trainStatistics({ groups, from, until, window, bin, sample, courseBins }: TrainOptions): TrainStatistics {
  const offsets = [0];
  for (const { units } of groups) offsets.push(offsets.at(-1)! + units);
  const units = offsets.at(-1)!;
  const groupOf = new Uint32Array(units);
  groups.forEach((_, g) => groupOf.fill(g, offsets[g], offsets[g + 1]));
  // The sample of a group: units spread evenly over it.
  const sampled = groups.map(({ units: size }, g) => {
    const count = Math.min(sample, size);
    return Uint32Array.from({ length: count }, (_, k) => offsets[g]! + Math.floor((k * size) / count));
  });
  const place = new Int32Array(units).fill(-1);
  for (const list of sampled) list.forEach((unit, k) => (place[unit] = k));
  const pairsFrom = [0];
  for (const list of sampled) pairsFrom.push(pairsFrom.at(-1)! + list.length ** 2);

  // Sums of units: spikes, last spike, number, mean and sum of squares of intervals (Welford), count in the open window, and
  // sum and sum of squares of closed ones.
  const [spikes, last, intervals, mean, squares] = Array.from({ length: 5 }, () => new Float64Array(units)) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  const [open, counted, countedSquares] = Array.from({ length: 3 }, () => new Float64Array(units)) as [Float64Array, Float64Array, Float64Array];
  last.fill(-1);
  // Which window and bin are open, of each unit and of each group.
  const openWindow = new Float64Array(units);
  const openBin = new Float64Array(groups.length);
  const [inBin, binned, binnedSquares] = Array.from({ length: 3 }, () => new Float64Array(groups.length)) as [Float64Array, Float64Array, Float64Array];
  const course = new Float64Array(groups.length * courseBins);
  const inSample = new Float64Array(groups.length * sample);
  const sampleSums = new Float64Array(groups.length * sample);
  const products = new Float64Array(pairsFrom.at(-1)!);
  const all = { spikes, last, intervals, mean, squares, open, counted, countedSquares, openWindow, openBin, inBin, binned, binnedSquares, course, inSample, sampleSums, products };

  function closeWindow(unit: number): void {
    counted[unit]! += open[unit]!;
    countedSquares[unit]! += open[unit]! ** 2;
    open[unit] = 0;
  }
  function closeBin(g: number): void {
    binned[g]! += inBin[g]!;
    binnedSquares[g]! += inBin[g]! ** 2;
    inBin[g] = 0;
    const list = sampled[g]!;
    const at = g * sample;
    for (let i = 0; i < list.length; i++) {
      const count = inSample[at + i]!;
      if (count === 0) continue;
      sampleSums[at + i]! += count;
      for (let j = 0; j <= i; j++) products[pairsFrom[g]! + i * list.length + j]! += count * inSample[at + j]!;
    }
    inSample.fill(0, at, at + list.length);
  }

  return {
    add(times, numbers) {
      for (let k = 0; k < times.length; k++) {
        const [time, unit] = [times[k]!, numbers[k]!];
        if (time < from || time > until) continue;
        const g = groupOf[unit]!;
        spikes[unit]!++;
        if (last[unit]! >= 0) {
          const interval = time - last[unit]!;
          const n = ++intervals[unit]!;
          const off = interval - mean[unit]!;
          mean[unit]! += off / n;
          squares[unit]! += off * (interval - mean[unit]!);
        }
        last[unit] = time;
        const w = Math.floor((time - from) / window);
        if (w !== openWindow[unit]) {
          closeWindow(unit);
          openWindow[unit] = w;
        }
        open[unit]!++;
        const b = Math.floor((time - from) / bin);
        if (b !== openBin[g]) {
          closeBin(g);
          openBin[g] = b;
        }
        inBin[g]!++;
        if (place[unit]! >= 0) inSample[g * sample + place[unit]!]!++;
        course[g * courseBins + Math.min(courseBins - 1, Math.floor(((time - from) / (until - from)) * courseBins))]!++;
      }
    },
    figures(time) {
      const span = Math.max(0, Math.min(time, until) - from);
      // Whole windows and bins only; what is open counts if its end has been reached.
      const windows = Math.floor(span / window + 1e-9);
      const bins = Math.floor(span / bin + 1e-9);
      return groups.map(({ name, units: size }, g): TrainFigures => {
        let [total, cvSum, cvUnits, fanoSum, fanoUnits] = [0, 0, 0, 0, 0];
        for (let unit = offsets[g]!; unit < offsets[g + 1]!; unit++) {
          total += spikes[unit]!;
          if (intervals[unit]! >= leastIntervals) {
            cvSum += Math.sqrt(squares[unit]! / intervals[unit]!) / mean[unit]!;
            cvUnits++;
          }
          const within = openWindow[unit]! < windows ? open[unit]! : 0;
          const [sum, square] = [counted[unit]! + within, countedSquares[unit]! + within ** 2];
          if (sum === 0 || windows < 2) continue;
          fanoSum += (square - sum ** 2 / windows) / (windows - 1) / (sum / windows);
          fanoUnits++;
        }
        const inside = openBin[g]! < bins ? inBin[g]! : 0;
        const [sum, square] = [binned[g]! + inside, binnedSquares[g]! + inside ** 2];
        const part = (until - from) / courseBins;
        return {
          name, units: size, spikes: total, rate: span > 0 ? total / size / span : 0,
          cv: cvUnits > 0 ? cvSum / cvUnits : null, cvUnits,
          fano: fanoUnits > 0 ? fanoSum / fanoUnits : null,
          populationFano: bins > 1 && sum > 0 ? (square - sum ** 2 / bins) / (bins - 1) / (sum / bins) : null,
          ...correlations(g, bins),
          course: Array.from(course.subarray(g * courseBins, (g + 1) * courseBins), (count) => count / size / part),
        };
      });
    },
    state: () => new Map(Object.entries(all).map(([name, values]) => [name, values.slice()])),
    restore(state) {
      for (const [name, values] of Object.entries(all)) values.set(state.get(name)!);
    },
  };

  /** Pearson's coefficient of every pair; the open bin counts if its end has been reached. */
  function correlations(g: number, bins: number): Pick<TrainFigures, 'correlation' | 'correlationPairs'> {
    const list = sampled[g]!;
    const open = (i: number): number => (openBin[g]! < bins ? inSample[g * sample + i]! : 0);
    const sum = (i: number): number => sampleSums[g * sample + i]! + open(i);
    const product = (i: number, j: number): number => products[pairsFrom[g]! + i * list.length + j]! + open(i) * open(j);
    const variance = (i: number): number => product(i, i) - sum(i) ** 2 / bins;
    let [total, pairs] = [0, 0];
    for (let i = 0; i < list.length; i++)
      for (let j = 0; j < i; j++) {
        const spread = variance(i) * variance(j);
        if (!(spread > 0)) continue;
        total += (product(i, j) - (sum(i) * sum(j)) / bins) / Math.sqrt(spread);
        pairs++;
      }
    return { correlation: pairs > 0 && bins > 1 ? total / pairs : null, correlationPairs: pairs };
  }
} // prettier-ignore
