// Statistics of passing spikes against their definitions, computed from all spikes at once.
import { describe, expect, it } from 'vitest';
import { uniform24 } from '../../src/math/random.ts';
import { trainStatistics } from '../../src/math/spikeTrains.ts';

const options = { groups: [{ name: 'a', units: 12 }, { name: 'b', units: 5 }], from: 0.2, until: 3.2, window: 0.25, bin: 0.01, sample: 6, courseBins: 10 }; // prettier-ignore

/** Poisson-like spikes on a fine grid; unit 3 stays silent, and units 0 and 2 fire together half of the time. */
function spikes(): { time: Float64Array; unit: Uint32Array } {
  const list: [number, number][] = [];
  for (let step = 0; step < 3500; step++)
    for (let unit = 0; unit < 17; unit++) {
      if (unit === 3) continue;
      const shared = unit === 2 && uniform24(9, 0, step, 0, 0) < 0.5;
      if (uniform24(8, shared ? 0 : unit, step, 0, 0) < 0.02) list.push([step * 1e-3 + 4e-4, unit]);
    }
  return { time: Float64Array.from(list, ([t]) => t), unit: Uint32Array.from(list, ([, u]) => u) };
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: readonly number[], less: number): number =>
  values.reduce((sum, value) => sum + (value - average(values)) ** 2, 0) / (values.length - less);

/** Counts of spikes of some units in consecutive parts of [from, until). */
function counts({ time, unit }: ReturnType<typeof spikes>, units: readonly number[], part: number): number[] {
  const result = Array.from({ length: Math.round((options.until - options.from) / part) }, () => 0);
  time.forEach((t, k) => {
    if (t >= options.from && t < options.until && units.includes(unit[k]!)) result[Math.floor((t - options.from) / part)]!++;
  });
  return result;
} // prettier-ignore

describe('statistics of spike trains', () => {
  const all = spikes();
  const statistics = trainStatistics(options);
  statistics.add(all.time, all.unit);
  const [a, b] = statistics.figures(3.2);

  it('gives the rate over the counted time', () => {
    const expected = counts(all, [12, 13, 14, 15, 16], 3)[0]! / 5 / 3;
    expect(b!.rate).toBeCloseTo(expected, 12);
    expect(average(b!.course)).toBeCloseTo(expected, 12);
  });

  it('gives the mean coefficient of variation of intervals, of units with at least five', () => {
    const cvs: number[] = [];
    for (let unit = 0; unit < 12; unit++) {
      const times = [...all.time].filter((t, k) => all.unit[k] === unit && t >= 0.2 && t < 3.2);
      const gaps = times.slice(1).map((t, k) => t - times[k]!);
      if (gaps.length >= 5) cvs.push(Math.sqrt(variance(gaps, 0)) / average(gaps));
    }
    expect(a!.cvUnits).toBe(11);
    expect(a!.cv).toBeCloseTo(average(cvs), 10);
  });

  it('gives the Fano factor of single units and of the population', () => {
    const single = [12, 13, 14, 15, 16].map((unit) => counts(all, [unit], 0.25)).map((c) => variance(c, 1) / average(c));
    expect(b!.fano).toBeCloseTo(average(single), 10);
    const population = counts(all, [12, 13, 14, 15, 16], 0.01);
    expect(b!.populationFano).toBeCloseTo(variance(population, 1) / average(population), 10);
  }); // prettier-ignore

  it("gives the mean of Pearson's correlation over pairs of the sample", () => {
    const sample = [0, 2, 4, 6, 8, 10].map((unit) => counts(all, [unit], 0.01));
    const found: number[] = [];
    for (const [i, x] of sample.entries())
      for (const y of sample.slice(0, i)) {
        const covariance = average(x.map((value, k) => value * y[k]!)) - average(x) * average(y);
        found.push(covariance / Math.sqrt(variance(x, 0) * variance(y, 0)));
      }
    expect(a!.correlationPairs).toBe(15);
    expect(a!.correlation).toBeCloseTo(average(found), 10);
    expect(Math.max(...found)).toBeGreaterThan(0.3);
  });

  it('gives the same bits however the spikes are cut, saved and resumed', () => {
    const cut = trainStatistics(options);
    cut.add(all.time.subarray(0, 333), all.unit.subarray(0, 333));
    const resumed = trainStatistics(options);
    resumed.restore(cut.state());
    resumed.add(all.time.subarray(333), all.unit.subarray(333));
    expect(resumed.figures(3.2)).toEqual([a, b]);
  });
});
