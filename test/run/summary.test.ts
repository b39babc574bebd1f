// From cells to rows and differences: spreads, curves over seeds, and paired tests counted by hand.
import { describe, expect, it } from 'vitest';
import { mcNemar } from '../../src/math/statistics.ts';
import type { CellResult } from '../../src/run/collect.node.ts';
import { type RowInput, summary } from '../../src/run/summary.ts';

interface Made {
  readonly answers: readonly number[];
  readonly seed?: number;
  readonly data?: string;
  readonly result?: Partial<CellResult['result']>;
  readonly alignment?: CellResult['alignment'];
  readonly epochs?: CellResult['epochs'];
}
const labels = Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1);
function cell({ answers, seed = 1, data = 'd', result = {}, alignment = [], epochs }: Made): CellResult {
  const testError = answers.filter((answer, k) => answer !== labels[k]).length / labels.length;
  return {
    cell: { name: `m-r-${seed}`, row: 'm-r', seed, epochs: 2 }, version: '0.1.0', data: 'moons', dataSha256: data,
    result: { testError, trainError: 0.1, seconds: 10, trainExamplesPerSecond: 100, macs: null, inputMacs: 50, spikesPerExample: null, peakMemory: 1e8, demands: null, checkpointSha256: 'a', ...result } as CellResult['result'],
    epochs: epochs ?? [{ epoch: 1, examples: 100, trainError: 0.2, testError: 0.4 }, { epoch: 2, examples: 200, trainError: 0.1, testError }],
    alignment, answers: [Uint8Array.from(answers), labels],
  };
} // prettier-ignore
const row = (rule: string, cells: readonly CellResult[], more: Partial<RowInput> = {}): RowInput => ({ key: rule, model: 'm', rule, source: '', settings: [], trials: [], failures: [], cells, ...more }); // prettier-ignore
const summed = (rows: readonly RowInput[], baseline: string | null = null) =>
  summary({ name: 'test', seeds: [1, 2], trials: null, baseline, rows });

const perfect = [...labels];
/** Wrong at these places. */
const wrong = (...places: number[]): number[] => perfect.map((label, k) => (places.includes(k) ? 1 - label : label));

describe('a difference', () => {
  it('counts the images that only one of two networks answers right, seed by seed and summed', () => {
    const { differences, best } = summed([
      row('good', [cell({ answers: wrong(0) }), cell({ answers: wrong(7), seed: 2 })]),
      row('bad', [cell({ answers: wrong(1, 2, 3) }), cell({ answers: wrong(7, 1), seed: 2 })]),
    ]);
    expect(best).toBe('good');
    const [bad] = differences;
    expect(bad!.seeds).toMatchObject([
      { seed: 1, onlyThis: 1, onlyOther: 3 },
      { seed: 2, onlyThis: 0, onlyOther: 1 },
    ]);
    expect(bad!.pooled).toEqual({ onlyThis: 1, onlyOther: 4, ...mcNemar({ first: 1, second: 4 }) });
    expect(bad!.error!.mean).toBeCloseTo((2 / 8 + 1 / 8) / 2, 12);
  });

  it('is corrected over the rows of its kind', () => {
    const { differences } = summed([
      row('a', [cell({ answers: perfect })]),
      row('b', [cell({ answers: wrong(0, 1, 2, 3, 4, 5) })]),
      row('c', [cell({ answers: wrong(0, 1, 2) })]),
    ]);
    const [b, c] = differences.map(({ pooled }) => pooled!.mid);
    expect(differences.map(({ adjusted }) => adjusted)).toEqual([2 * b!, Math.max(2 * b!, c!)]);
  });

  it('takes seeds that both have, and says why there is no test', () => {
    const a = row('a', [cell({ answers: perfect, seed: 1 })]);
    expect(summed([a, row('b', [cell({ answers: perfect, seed: 2 })])]).differences[0]!.reason).toBe('no seed in common'); // prettier-ignore
    expect(summed([a, row('b', [cell({ answers: perfect, data: 'e' })])]).differences[0]).toMatchObject({ reason: 'other test images', pooled: null, adjusted: null }); // prettier-ignore
  });

  it('may be to a model where one rule has several', () => {
    const of = (model: string, answers: number[]) => row('ep', [cell({ answers })], { key: model, model });
    const { baseline, differences } = summed([of('small', wrong(0)), of('large', perfect)], 'small');
    expect(baseline).toBe('small');
    expect(differences.map(({ label, against, kind }) => `${label} ${against} ${kind}`)).toEqual(['small large best', 'large small baseline']); // prettier-ignore
  });

  it('to the baseline stands beside that to the best', () => {
    const rows = [row('bp', [cell({ answers: wrong(0) })]), row('ep', [cell({ answers: perfect })]), row('fa', [cell({ answers: wrong(1, 2) })])]; // prettier-ignore
    const { differences, baseline } = summed(rows, 'bp');
    expect(baseline).toBe('bp');
    expect(differences.map(({ label, against, kind }) => `${label} ${against} ${kind}`)).toEqual([
      'bp ep best', 'fa ep best', 'ep bp baseline', 'fa bp baseline',
    ]); // prettier-ignore
  });
});

describe('a row', () => {
  it('has mean, deviation and each seed, and the curves of all seeds in bands', () => {
    const { rows } = summed([row('a', [cell({ answers: wrong(0) }), cell({ answers: wrong(0, 1, 2), seed: 2 })])]);
    expect(rows[0]!.testError).toMatchObject({ count: 2, mean: 0.25, least: 0.125, most: 0.375 });
    expect(rows[0]!.testError!.deviation).toBeCloseTo(Math.SQRT2 / 8, 12);
    expect(rows[0]!.curves).toEqual({
      epoch: [1, 2],
      test: { mean: [0.4, 0.25], least: [0.4, 0.125], most: [0.4, 0.375] },
      train: { mean: [0.2, 0.1], least: [0.2, 0.1], most: [0.2, 0.1] },
    });
  });

  it('costs what the rule counts, or else input multiply-adds and synaptic events', () => {
    const spiking = [{ epoch: 1, examples: 300, trainError: 0, testError: 0, spikesPerExample: 7, synapticEvents: 30 }];
    const { rows, notes } = summed([
      row('dense', [cell({ answers: perfect, result: { macs: 1000 } })]),
      row('spikes', [cell({ answers: perfect, result: { spikesPerExample: 7 }, epochs: spiking })]),
      row('unknown', [cell({ answers: perfect })]),
    ]);
    expect(rows.map(({ macs }) => macs?.mean)).toEqual([1000, 80, undefined]);
    expect(rows.map(({ trainingMacs }) => trainingMacs?.mean)).toEqual([200_000, 24_000, undefined]);
    expect(rows[1]).toMatchObject({ spikes: { mean: 7 }, synapticEvents: { mean: 30 } });
    expect(notes.join()).toMatch(/additions[\s\S]*dense/);
  });

  it('has the angles of the last epoch, undefined ones left out of the mean', () => {
    const line = (epoch: number, angle: number | null) => ({ epoch, reference: 'BP', layers: { 'x->y': { angle } } });
    const { rows } = summed([
      row('fa', [
        cell({ answers: perfect, alignment: [line(0, null), line(2, 40)] }),
        cell({ answers: perfect, seed: 2, alignment: [line(0, 80), line(2, 60)] }),
      ]),
      row('zero', [cell({ answers: perfect, alignment: [line(0, null), line(2, null)] })]),
    ]);
    expect(rows[0]).toMatchObject({ reference: 'BP', layers: [{ layer: 'x->y', angle: { mean: 50, count: 2 } }] });
    expect(rows[0]!.angles).toMatchObject({ epoch: [0, 2], layers: [{ band: { mean: [80, 50], least: [80, 40] } }] });
    expect(rows[1]!.layers).toEqual([{ layer: 'x->y', angle: null }]);
  });

  it('of several reasons names each seed, of one names it once', () => {
    const failure = (seed: number, message: string) => ({ seed, status: 'refused' as const, message });
    const { rows, best, differences } = summed([
      row('a', [], { failures: [failure(1, 'no'), failure(2, 'no')] }),
      row('b', [], { failures: [failure(1, 'no'), failure(2, 'never')] }),
    ]);
    expect(rows.map(({ reason }) => reason)).toEqual(['no', 'seed 1: no; seed 2: never']);
    expect([best, differences]).toEqual([null, []]);
  });
});
