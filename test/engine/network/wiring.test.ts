// Generators of connections against what their names promise, and numbers of distributions against their moments.
import { describe, expect, it } from 'vitest';
import { drawOf } from '../../../src/engine/network/draw.ts';
import { expectedSynapses, type Wiring, wiringOf } from '../../../src/engine/network/wiring.ts';
import type { Drawn } from '../../../src/model/network.ts';
import { loadNetwork } from '../../../src/model/networkLoad.ts';

const wired = (connect: string, more = '', seed = 1, [a, b] = [300, 200]): { wiring: Wiring; expected: number } => {
  const text = `{ settle: 1, name: t, seed: ${seed}, engine: event, simulation: {}, populations: { a: { units: ${a}, kind: lif }, b: { units: ${b}, kind: lif } }, projections: { ${more.includes('autapses') ? 'a->a' : 'a->b'}: { connect: ${connect}, weight: 1 ${more} } } }`; // prettier-ignore
  const model = loadNetwork(text.replace('simulation', '\nsimulation'), { file: 't.yaml' });
  return { wiring: wiringOf(model, { wide: true })[0]!, expected: expectedSynapses(model.projections[0]!, a, more.includes('autapses') ? a : b) }; // prettier-ignore
};
const rowsOf = ({ rows, targets }: Wiring): number[][] =>
  Array.from({ length: rows.length - 1 }, (_, unit) => [...targets.subarray(rows[unit], rows[unit + 1])]);

describe('generators of connections', () => {
  it('all-to-all joins every pair once', () => {
    const { wiring, expected } = wired('all-to-all');
    expect(wiring.targets).toHaveLength(expected);
    for (const row of rowsOf(wiring)) expect(row).toEqual(Array.from({ length: 200 }, (_, k) => k));
  });

  it('leave out autapses if asked, and only those', () => {
    for (const connect of ['all-to-all', '{ kind: fixed-probability, probability: 1 }']) {
      const rows = rowsOf(wired(connect, ', autapses: false').wiring);
      rows.forEach((row, unit) => expect([row.length, row.includes(unit)]).toEqual([299, false]));
    }
    const some = rowsOf(wired('{ kind: fixed-in-degree, degree: 40 }', ', autapses: false').wiring);
    expect(some.some((row, unit) => row.includes(unit))).toBe(false);
    const all = rowsOf(wired('{ kind: fixed-in-degree, degree: 40 }', ', autapses: true').wiring);
    expect(all.some((row, unit) => row.includes(unit))).toBe(true);
  });

  it('one-to-one joins equal numbers', () => {
    expect(rowsOf(wired('one-to-one', '', 1, [50, 50]).wiring)).toEqual(Array.from({ length: 50 }, (_, k) => [k]));
  });

  it('fixed probability makes every pair as likely: counts of rows and of columns are binomial', () => {
    const counts = Array.from({ length: 20 }, (_, seed) => wired('{ kind: fixed-probability, probability: 0.1 }', '', seed).wiring); // prettier-ignore
    const total = counts.reduce((sum, { targets }) => sum + targets.length, 0) / counts.length;
    expect(Math.abs(total - 6000)).toBeLessThan(3 * Math.sqrt((6000 * 0.9) / 20));
    const columns = new Float64Array(200);
    for (const { targets } of counts) for (const post of targets) columns[post]!++;
    // Chi squared of 200 columns with mean 600 and variance 540.
    const chi = columns.reduce((sum, count) => sum + (count - 600) ** 2 / 540, 0);
    expect(Math.abs(chi - 200)).toBeLessThan(4 * Math.sqrt(400));
    for (const row of rowsOf(counts[0]!)) expect(row).toEqual([...new Set(row)].sort((a, b) => a - b));
  });

  it('fixed in-degree gives every receiver its number, without multapses from different senders', () => {
    for (const multapses of [true, false]) {
      const rows = rowsOf(wired(`{ kind: fixed-in-degree, degree: 150, multapses: ${multapses} }`).wiring);
      const senders = Array.from({ length: 200 }, (): number[] => []);
      rows.forEach((row, unit) => row.forEach((post) => senders[post]!.push(unit)));
      for (const list of senders) expect(list).toHaveLength(150);
      const repeated = senders.some((list) => new Set(list).size < list.length);
      expect(repeated).toBe(multapses);
    }
  });

  it('distance joins near units more often, as the shape says', () => {
    const { wiring } = wired('{ kind: distance, probability: 0.9, scale: 0.1, periodic: false }', '', 3, [400, 400]);
    const place = (unit: number): [number, number] => [((unit % 20) + 0.5) / 20, (Math.floor(unit / 20) + 0.5) / 20];
    const [seen, all] = [new Float64Array(30), new Float64Array(30)];
    const rows = rowsOf(wiring).map((row) => new Set(row));
    for (let i = 0; i < 400; i++)
      for (let j = 0; j < 400; j++) {
        const [[x, y], [u, v]] = [place(i), place(j)];
        const d = Math.hypot(x - u, y - v);
        if (d > 0.2) continue;
        all[Math.floor(100 * d)]!++;
        if (rows[i]!.has(j)) seen[Math.floor(100 * d)]! += 1 / (0.9 * Math.exp(-(d * d) / (2 * 0.01)));
      }
    for (let bin = 0; bin < 30; bin++) if (all[bin]! > 1000) expect(Math.abs(seen[bin]! / all[bin]! - 1)).toBeLessThan(0.2);
    expect(rows.every((row, unit) => row.has(unit))).toBe(false);
  }); // prettier-ignore

  it('a list is taken as it is, with its weights and delays', () => {
    const { wiring } = wired('{ kind: list, pairs: [[2, 1], [0, 5], [2, 0]] }', ', delay: [3 ms, 1 ms, 2 ms]');
    expect([...wiring.targets]).toEqual([5, 1, 0]);
    expect([...wiring.delays]).toEqual([0.001, 0.003, 0.002]);
  });

  it('depend on the seed, and on nothing else', () => {
    const make = (seed: number) => wired('{ kind: fixed-probability, probability: 0.1 }', ', delay: { distribution: uniform, low: 1 ms, high: 3 ms }', seed).wiring; // prettier-ignore
    expect(make(1)).toEqual(make(1));
    expect(make(2).targets).not.toEqual(make(1).targets);
  });
});

describe('distributions', () => {
  const moments = (drawn: Drawn): { mean: number; deviation: number; least: number } => {
    const draw = drawOf(drawn, 5, 77);
    const values = Array.from({ length: 40_000 }, (_, k) => draw(k % 200, Math.floor(k / 200)));
    const mean = values.reduce((a, b) => a + b) / values.length;
    return { mean, deviation: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length), least: Math.min(...values) }; // prettier-ignore
  };
  const wide = { low: -Infinity, high: Infinity };
  it.each([
    ['normal', { kind: 'normal', mean: 2, deviation: 0.5, ...wide }, 2, 0.5],
    ['lognormal', { kind: 'lognormal', mean: 2, deviation: 0.5, ...wide }, 2, 0.5],
    ['exponential', { kind: 'exponential', scale: 3, ...wide }, 3, 3],
    ['uniform', { kind: 'uniform', low: -1, high: 2 }, 0.5, Math.sqrt(3) / 2],
  ] as const)('%s has its mean and deviation', (_, drawn, mean, deviation) => {
    const found = moments(drawn);
    expect(Math.abs(found.mean - mean)).toBeLessThan((4 * deviation) / 200);
    expect(found.deviation / deviation).toBeCloseTo(1, 1);
  });
  it('what falls outside the range is drawn again', () => {
    expect(moments({ kind: 'normal', mean: 0, deviation: 1, low: 0, high: 9 }).least).toBeGreaterThanOrEqual(0);
    expect(() => drawOf({ kind: 'normal', mean: 0, deviation: 1, low: 50, high: 51 }, 1, 1)(0, 0)).toThrow(/range/);
  });
});
