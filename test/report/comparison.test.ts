// Tables and page of a comparison: what stands in them, that nothing escapes its place, and that rows can be told apart.
import { describe, expect, it } from 'vitest';
import { spreadOf } from '../../src/math/statistics.ts';
import type { Comparison, ComparisonRow } from '../../src/report/comparison.ts';
import { comparisonPage } from '../../src/report/comparisonPage.ts';
import { comparisonCsv, comparisonText, probability, short } from '../../src/report/comparisonTables.ts';
import { rowColour, rowDash, rowMark } from '../../src/report/swatch.ts';

const band = (...values: (number | null)[]) => ({ mean: values, least: values, most: values });
const demands = { symmetricWeights: true, secondCircuit: false, phases: 3, nonLocalSignals: false, activationDerivative: true, decoder: false }; // prettier-ignore
const done: ComparisonRow = {
  label: 'ep', model: 'moons', rule: 'ep', source: 'made', status: 'done', reason: null, settings: ['learning.rateDecay=0.9'],
  trials: [{ settings: ['learning.rateDecay=1'], validationError: 0.3 }, { settings: ['learning.rateDecay=0.9'], validationError: 0.2 }],
  seeds: [1, 2].map((seed) => ({ seed, testError: 0.02 + seed / 1000, trainError: 0.01, seconds: 5, examplesPerSecond: 1234, trainingMacs: 1e9 * seed, checkpointSha256: 'ab'.repeat(32), folder: `cells/moons-ep-${seed}` })),
  epochs: 2, testError: spreadOf([0.021, 0.022]), trainError: spreadOf([0.01]), seconds: spreadOf([5, 6]), examplesPerSecond: spreadOf([1234]),
  macs: spreadOf([12_345]), trainingMacs: spreadOf([1e9]), spikes: null, synapticEvents: null, peakMemory: spreadOf([123e6]), reference: 'BP',
  layers: [{ layer: 'x->h', angle: spreadOf([34.12]) }, { layer: 'h->y', angle: null }], weights: [{ layer: 'h->y', angle: spreadOf([12]) }], demands,
  curves: { epoch: [1, 2], test: band(0.1, 0.0215), train: band(0.2, 0.01) },
  angles: { epoch: [0, 1, 2], layers: [{ layer: 'x->h', band: band(90, 50, 34.12) }, { layer: 'h->y', band: band(null, null, null) }], weights: [{ layer: 'h->y', band: band(80, 40, 12) }] },
}; // prettier-ignore
const refused: ComparisonRow = {
  ...done, label: 'tp', rule: 'tp', status: 'refused', reason: 'x->h: no inverse', settings: [], trials: [], seeds: [], epochs: null, testError: null, trainError: null,
  seconds: null, examplesPerSecond: null, macs: null, trainingMacs: null, peakMemory: null, reference: null, layers: [], weights: [], demands: null, curves: null, angles: null,
}; // prettier-ignore
const other: ComparisonRow = { ...done, label: 'fa', rule: 'fa', testError: spreadOf([0.05, 0.06]) };
const comparison: Comparison = {
  schema: 'settle-comparison/1', name: 'moons-rules', versions: ['0.1.0 0123456789abcdef'], data: ['moons'], seeds: [1, 2],
  trials: { count: 2, validation: 50, seed: 3 }, best: 'ep', baseline: 'ep', rows: [done, other, refused],
  differences: (['best', 'baseline'] as const).map((kind) => ({
    label: 'fa', against: 'ep', kind, pooled: { onlyThis: 3, onlyOther: 40, exact: 1e-9, mid: 1e-9 }, adjusted: kind === 'best' ? 1e-9 : 0.0312,
    seeds: [{ seed: 1, onlyThis: 3, onlyOther: 40, exact: 1e-9, mid: 1e-9 }], error: spreadOf([0.03, 0.036]), reason: null,
  })),
  notes: ['A note.'],
}; // prettier-ignore

const dataOf = (page: string) =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)![1]!) as { comparison: { rows: { label: string; test: { mean: number[] }; layers: unknown[]; points: { macs: number }[] }[] } }; // prettier-ignore

describe('the text of a comparison', () => {
  const text = comparisonText(comparison);

  it('has a line for each row in each table', () => {
    for (const title of ['Results', 'Cost', 'Alignment', 'What the rule asks of hardware']) expect(text).toMatch(new RegExp(`^${title}\\. `, 'm')); // prettier-ignore
    expect(text.match(/^ep {2}/gm)).toHaveLength(4);
    expect(text).toMatch(/^ep +2\.15 +0\.07 +2\.10 {2}2\.20 +1\.00 +best +baseline +2 +of 2 trials$/m);
    expect(text).toMatch(/^fa +5\.50 +0\.71 .* < 0\.001 +0\.031 /m);
    expect(text).toMatch(/^tp +refused +- /m);
    expect(text).toMatch(/^ep +BP +x->h 34\.1 {2}h->y - +h->y 12\.0$/m);
    expect(text).toMatch(/^ep +yes +no +3 +no +yes +no$/m);
  });

  it('ends with settings, refusals and notes', () => {
    expect(text).toMatch(/ep: learning\.rateDecay=0\.9\n[\s\S]*tp: refused: x->h: no inverse\n[\s\S]*A note\.\n$/);
  });

  it("says that a model's own settings were taken, and has no alignment where no row has", () => {
    const plain = { ...comparison, trials: null, rows: [{ ...done, reference: null, layers: [], weights: [] }] };
    expect(comparisonText(plain)).toContain("the model's own");
    expect(comparisonText(plain)).not.toMatch(/^Alignment/m);
  });
});

describe('the CSV of a comparison', () => {
  it('has plain numbers, one line a row, and the sentence of a refusal', () => {
    const [head, ep, , tp] = comparisonCsv(comparison).split('\r\n').map((line) => line.split(',')); // prettier-ignore
    const of = (line: string[], column: string): string => line[head!.indexOf(column)]!;
    expect(of(ep!, 'test_error_seed_2')).toBe('0.022');
    expect(of(ep!, 'angle_x->h')).toBe('34.12');
    expect(of(ep!, 'peak_memory_bytes')).toBe('123000000');
    expect(of(ep!, 'phases')).toBe('3');
    expect(of(tp!, 'reason')).toBe('x->h: no inverse');
  });
});

describe('the page of a comparison', () => {
  const page = comparisonPage(comparison);

  it('holds the data of its figures, for the rows that ran', () => {
    const { rows } = dataOf(page).comparison;
    expect(rows.map(({ label }) => label)).toEqual(['ep', 'fa']);
    expect(rows[0]!.test.mean).toEqual([0.1, 0.0215]);
    expect(rows[0]!.layers).toHaveLength(2);
    expect(rows[0]!.points.map(({ macs }) => macs)).toEqual([1e9, 2e9]);
  });

  it('has a place for each figure and a section for each table', () => {
    const sections = [...page.matchAll(/<section id="section-([a-z-]+)"/g)].map((match) => match[1]);
    expect(sections).toEqual(['results', 'test', 'train', 'error-cost', 'layers', 'weights', 'angles', 'cost', 'demands', 'tests', 'trials', 'runs']); // prettier-ignore
    for (const id of ['compare-test', 'compare-train', 'compare-cost', 'compare-layers-0', 'compare-layers-1', 'compare-weights-0']) expect(page).toContain(`id="${id}"`); // prettier-ignore
  });

  it('states p-values, the difference with its interval, the chosen trial, and leads to the runs', () => {
    expect(page).toMatch(/<td>fa<\/td><td>ep \(baseline\)<\/td><td>\+3\.30 ± 3\.81<\/td><td>3<\/td><td>40<\/td><td>&lt; 0\.001<\/td><td>&lt; 0\.001<\/td><td>0\.031<\/td><td>1: &lt; 0\.001<\/td>/); // prettier-ignore
    expect(page).toMatch(/rateDecay=0\.9<\/code><\/td><td>20\.00 %<\/td><td><span class="ok">chosen/);
    expect(page).toContain('href="cells/moons-ep-1/report.html"');
  });

  it('loads nothing from anywhere', () => {
    const loads = [...page.matchAll(/(?:src|action)\s*=\s*"([^"]*)"|url\(([^)]*)\)|@import/g)].map((match) => match[0]);
    expect(loads).toEqual([]);
  });

  it('lets no text out of its place', () => {
    const evil = '</script><script>alert(1)</script>"<!--';
    const evilPage = comparisonPage({ ...comparison, name: evil, notes: [evil], rows: [{ ...done, label: evil, model: evil, layers: [{ layer: evil, angle: null }] }, { ...refused, label: evil, reason: evil }], differences: [{ ...comparison.differences[0]!, label: evil, against: evil, pooled: null, reason: evil }] }); // prettier-ignore
    expect(evilPage).not.toContain('<script>alert');
    expect(evilPage.match(/<\/script>/g)).toHaveLength(2);
  });

  it('without a row that ran is a page still', () => {
    const none = comparisonPage({ ...comparison, rows: [refused], differences: [], best: null, baseline: null });
    expect(none).toContain('no inverse');
    expect(none).not.toMatch(/NaN|undefined<|id="compare-test"/);
  });
});

describe('rows in figures', () => {
  it('differ in colour or dash up to 24, and neighbours in both and in their mark', () => {
    const looks = Array.from({ length: 24 }, (_, k) => `${rowColour(k)} ${rowDash(k).join()}`);
    expect(new Set(looks).size).toBe(24);
    for (let k = 1; k < 24; k++) {
      expect(rowColour(k)).not.toBe(rowColour(k - 1));
      expect(rowDash(k)).not.toEqual(rowDash(k - 1));
      expect(rowMark(k, 0, 0, 8)).not.toBe(rowMark(k - 1, 0, 0, 8));
    }
  });

  it('numbers are short and p-values honest about small ones', () => {
    expect([short(12_345), short(0.01234), short(1.5e12), short(null), short(999.6)]).toEqual(['12,300', '0.0123', '1.50e+12', '-', '1,000']); // prettier-ignore
    expect([probability(0.00012), probability(0.0456), probability(1), probability(null)]).toEqual(['< 0.001', '0.046', '1.000', '-']); // prettier-ignore
  });
});
