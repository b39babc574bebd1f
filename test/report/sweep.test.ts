// Tables and page of a sweep: what stands in them, in which order, and that nothing escapes its place.
import { describe, expect, it } from 'vitest';
import { spreadOf } from '../../src/math/statistics.ts';
import type { Sweep, SweepPoint, TestedPoint } from '../../src/report/sweep.ts';
import { sweepCharts } from '../../src/report/sweepCharts.ts';
import { sweepPage } from '../../src/report/sweepPage.ts';
import { shortPaths, sweepCsv, sweepText } from '../../src/report/sweepTables.ts';

const point = (values: unknown[], ...errors: number[]): SweepPoint => ({
  values, status: 'done', reason: null, seeds: errors.map((validationError, k) => ({ seed: k + 1, validationError })), validationError: spreadOf(errors),
  trainError: spreadOf([0.2]), spikes: spreadOf([120.4]), energy: null, seconds: spreadOf([1.234]),
}); // prettier-ignore
const lost: SweepPoint = { ...point([0.4, 'relax'], 0.01), status: 'failed', reason: '1 of 2 seeds: <b>killed</b> by SIGKILL\nat line 1' }; // prettier-ignore
const test = (...errors: number[]): TestedPoint => ({
  status: 'done', reason: null, epochs: 2, seconds: spreadOf([3]), testError: spreadOf(errors),
  seeds: errors.map((testError, k) => ({ seed: k + 3, testError, checkpointSha256: 'ab'.repeat(32), folder: `cells/x-${k}` })),
}); // prettier-ignore
const sweep: Sweep = {
  schema: 'settle-sweep/1', name: 'rates', model: 'moons', method: 'grid', versions: ['0.1.0 0123456789abcdef'], data: ['moons'], seeds: [1, 2], testSeeds: [3, 4], validation: 200,
  axes: [{ path: 'learning.rates.x->h', scale: 'log' }, { path: 'phases.restart', scale: 'linear' }],
  series: [{
    label: 'ep', rule: 'ep', profile: null, best: 1, own: point([], 0.2, 0.3), difference: spreadOf([-0.02, -0.04]),
    points: [point([0.1, 'copy'], 0.3, 0.2), point([0.2, 'copy'], 0.1, 0.12), lost, point([0.1, 'relax'], 0.1, 0.13)],
    tested: { best: test(0.08, 0.1), own: test(0.1, 0.14) },
  }],
  notes: ['A note.'],
}; // prettier-ignore

describe('the text of a sweep', () => {
  const text = sweepText(sweep);

  it("says the best beside the model's own settings, and by how much it is better", () => {
    expect(text).toMatch(/^best \(point 2\) +11\.00 ± 1\.41 +9\.00 ± 1\.41 +8\.00 {2}10\.00 +-3\.00$/m);
    expect(text).toMatch(/^the model's own +25\.00 ± 7\.07 +12\.00 ± 2\.83 +10\.00 {2}14\.00 +-$/m);
    expect(text).toMatch(/^learning\.rates\.x->h=0\.2 phases\.restart=copy$/m);
  });

  it('has the points from the best to the worst, and what is not whole at the end, however good its seeds', () => {
    const rows = text.split('Points, the best first\n')[1]!.split('\n').slice(2, 6);
    expect(rows.map((row) => row.trim().split(/ +/)[0])).toEqual(['2', '4', '1', '3']);
    expect(rows[0]).toMatch(/ best$/);
    expect(rows[3]).toMatch(/ failed /);
    expect(text).toMatch(/^point 3: 1 of 2 seeds: <b>killed<\/b> by SIGKILL$/m);
  });

  it('stops after twenty points, and says how many there are', () => {
    const points = Array.from({ length: 23 }, (_, k) => point([k + 1, 'copy'], 0.1, 0.2));
    expect(sweepText({ ...sweep, series: [{ ...sweep.series[0]!, points, best: 0 }] })).toMatch(
      /^and 3 more, in the table$/m,
    );
  });

  it('names paths by the least that tells them apart', () => {
    const axes = ['phases.free.duration', 'phases.nudge.duration', 'step'].map((path) => ({ path, scale: 'linear' as const })); // prettier-ignore
    expect(shortPaths({ axes })).toEqual(['free.duration', 'nudge.duration', 'step']);
  });
});

describe('the CSV of a sweep', () => {
  it('has a line a point in the order of the sweep, the test beside what was tested, and times last', () => {
    const [head, ...rows] = sweepCsv(sweep).trim().split('\r\n').map((line) => line.split(',')); // prettier-ignore
    const of = (row: number, column: string): string => rows[row]![head!.indexOf(column)]!;
    expect(head!.at(-1)).toBe('seconds');
    expect(rows.length >= 5).toBe(true);
    expect([of(0, 'point'), of(0, 'best'), of(0, 'learning.rates.x->h'), of(0, 'phases.restart')]).toEqual(['1', 'false', '0.1', 'copy']); // prettier-ignore
    expect([of(1, 'best'), of(1, 'validation_error_seed_2'), of(1, 'test_error_seed_4')]).toEqual([
      'true',
      '0.12',
      '0.1',
    ]);
    expect(of(0, 'test_error')).toBe('');
  });
});

describe('the page of a sweep', () => {
  const page = sweepPage(sweep);

  it('has a chart for each path, with a mark a point and one ring around the best', () => {
    const charts = sweepCharts(sweep);
    expect(charts.map(({ path }) => path)).toEqual(['learning.rates.x->h', 'phases.restart']);
    for (const { svg } of charts) {
      expect(svg.match(/<title>/g)).toHaveLength(3);
      expect(svg.match(/<circle/g)).toHaveLength(1);
      expect(page).toContain(svg);
    }
  });

  it('puts values of a logarithmic path at even distances, and names side by side', () => {
    const points = [1, 10, 100].map((value) => point([value, `v${value}`], 0.1));
    const [numbers, names] = sweepCharts({ ...sweep, series: [{ ...sweep.series[0]!, points, best: null }] });
    const places = (svg: string): number[] => [...svg.matchAll(/<path d="M([\d.]+) [^"]*a/g)].map(([, x]) => Number(x));
    for (const { svg } of [numbers!, names!]) {
      const [a, b, c] = places(svg);
      expect(Math.abs(c! - b! - (b! - a!))).toBeLessThan(0.3);
    }
  });

  it('says every point, links the tested runs, and lets no text out of its place', () => {
    for (const words of ['held out', '200 training examples', 'best (point 2)', 'cells/x-1/report.html', 'A note.']) expect(page).toContain(words); // prettier-ignore
    expect(page).toContain('&lt;b&gt;killed&lt;/b&gt;');
    expect(page).not.toContain('<b>killed');
    expect(page).toContain('x-&gt;h');
  });

  it('of which no point is whole has no chart and says so', () => {
    const none = sweepPage({ ...sweep, series: [{ ...sweep.series[0]!, points: [lost], best: null, tested: { best: null, own: null }, difference: null }] }); // prettier-ignore
    expect(none).toContain('none: no point is whole');
    expect(none).not.toContain('<svg class="sweep"');
  });
});
