// A comparison on several chips: losses against the first profile of the same rule over common seeds, and the picture of a sweep.
import { describe, expect, it } from 'vitest';
import { spreadOf } from '../../src/math/statistics.ts';
import type { ComparisonRow } from '../../src/report/comparison.ts';
import { hasProfiles, profileTable, sweepPicture } from '../../src/report/profiles.ts';

type Sweep = NonNullable<ComparisonRow['profile']>['sweep'];
function row(rule: string, label: string, errors: number[], sweep: Sweep = null): ComparisonRow {
  const seeds = errors.map((testError, k) => ({ seed: k + 1, testError, trainError: 0, seconds: 1, examplesPerSecond: 1, trainingMacs: null, checkpointSha256: null, folder: '' })); // prettier-ignore
  return {
    label: `${rule}, ${label}`, model: 'm', rule, profile: { label, sweep }, source: '', status: 'done', reason: null, settings: [], trials: [], seeds, epochs: 1,
    testError: spreadOf(errors), trainError: null, seconds: null, examplesPerSecond: null, macs: null, trainingMacs: null, spikes: null, synapticEvents: null,
    peakMemory: null, reference: null, layers: [], weights: [], demands: null, curves: null, angles: null,
  }; // prettier-ignore
}

describe('the table of profiles', () => {
  const rows = [
    row('ep', 'ideal', [0.02, 0.04]),
    row('ep', 'loihi-1', [0.03, 0.06]),
    row('bp', 'ideal', [0.01]),
    { ...row('bp', 'loihi-1', [1]), seeds: [], status: 'refused' as const, testError: null },
  ];
  it('has a profile a line and a rule a column, with the loss seed by seed', () => {
    expect(hasProfiles(rows)).toBe(true);
    const { columns, rows: lines } = profileTable(rows);
    expect(columns).toEqual(['profile', 'ep %', 'bp %']);
    expect(lines.map((line) => Object.values(line))).toEqual([
      ['ideal', '3.00 ± 1.41', '1.00'],
      ['loihi-1', '4.50 ± 2.12 (+1.50)', 'refused'],
    ]);
  });
});

describe('the picture of a sweep', () => {
  const at = (value: number): Sweep => ({ name: 'mismatch', path: 'variation.weight', value });
  const rows = [row('ep', 'mismatch 0.5', [0.4, 0.5], at(0.5)), row('ep', 'mismatch 0', [0.1], at(0)), row('bp', 'mismatch 0', [0.2], at(0))]; // prettier-ignore
  const picture = sweepPicture(rows);
  it('names the value and draws a line a rule, its points in order', () => {
    expect(picture).toContain('mismatch (variation.weight)');
    expect(picture.match(/<circle/g)).toHaveLength(3);
    const line = /<path d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)" fill="none"/.exec(picture)!.slice(1).map(Number);
    // From left to right, and a larger error is higher up.
    expect(line[2]).toBeGreaterThan(line[0]!);
    expect(line[3]).toBeLessThan(line[1]!);
  });
  it('is empty without one', () => expect(sweepPicture([row('ep', 'ideal', [0.1])])).toBe(''));
});
