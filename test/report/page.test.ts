import { describe, expect, it } from 'vitest';
import type { Column, Frame } from '../../src/frames/frame.ts';
import { bandsOf, spanOf, ticksOf } from '../../src/report/bands.ts';
import { exampleOf, weightMaps } from '../../src/report/example.ts';
import { duration, escapeJson } from '../../src/report/html.ts';
import type { ReportInput } from '../../src/report/input.ts';
import { reportPage } from '../../src/report/report.ts';
import { settlingPicture } from '../../src/report/svg.ts';

const ints = (...values: number[]): Column => ({ dtype: 'i32', shape: [values.length], data: Int32Array.from(values) });
const common = { run: 'tiny', example: 3 };
function phase(name: string, t0: number, t1: number, epoch: number): Frame[] {
  const place = { ...common, epoch, phase: name, t0, t1 };
  const values: Column = { dtype: 'f32', shape: [2, 2], data: Float32Array.of(0.1, 0.9, 0.2, 0.8) };
  return [
    { ...place, kind: 'spikes', columns: { 'h.spikes.time': ints(t0, t1 - 1), 'h.spikes.unit': ints(0, epoch) } },
    { ...place, kind: 'samples', columns: { 'y.trace.time': ints(t0, t1 - 1), 'y.trace.unit': ints(0, 1), 'y.trace': values } },
    { ...place, kind: 'energy', columns: { 'energy.time': ints(t0), energy: { dtype: 'f64', shape: [1], data: Float64Array.of(-1) } } },
  ]; // prettier-ignore
}
const frames = [0, 2].flatMap((epoch) => [...phase('free', 0, 10, epoch), ...phase('plus', 10, 30, epoch), ...phase('minus', 30, 50, epoch)]); // prettier-ignore
const populations = [{ name: 'x', units: 4 }, { name: 'h', units: 3 }, { name: 'y', units: 2 }]; // prettier-ignore
const example = exampleOf(frames, { populations, output: 'y', step: 0.001, target: 0 })!;

const full: ReportInput = {
  name: 'tiny-ep-1', model: 'tiny', source: 'A source', rule: 'ep', update: 'contrast', backend: 'wasm', seed: 1, threads: 2,
  epochs: 2, seconds: 75, trainExamplesPerSecond: 10855.6, trainError: 0.01, validationError: 0.03, testError: 0.024,
  testExamples: 10000, worstClassRecall: 0.96, spikesPerExample: 1387.3, testSpikesPerExample: 552.6, synapticEvents: 23661,
  history: [
    { epoch: 1, trainError: 0.2, validationError: null, testError: 0.1, spikesPerExample: 1400 },
    { epoch: 2, trainError: 0.01, validationError: 0.03, testError: 0.024, spikesPerExample: 1387 },
  ],
  example: { ...example, image: { width: 2, height: 2, values: [0, 1, 1, 0] } },
  confusion: { classes: 2, counts: [9, 1, 0, 0] },
  weights: weightMaps('x->h', Float32Array.from({ length: 12 }, (_, k) => k - 6), [4, 3])!,
  plasticity: { difference: [-0.001, 0.001], change: [-1, 1] },
  angles: { reference: 'BP', epoch: [0, 1], layers: [{ name: 'x->h', values: [89.5, 40] }] },
  health: [{ name: 'silent units of h', value: '40 %', hint: 'raise the bias' }, { name: 'silent classes', value: '0', hint: null }],
  modelText: 'settle: 1\nname: tiny # <b>',
  provenance: { dataSha256: 'f14b7d600445c974a45079a02c6e32e5', profileSha256: null, node: 'v20' },
  cite: { text: 'Cite this.', bibtex: '@software{settle}' },
}; // prettier-ignore

const sectionsOf = (page: string): string[] =>
  [...page.matchAll(/<section id="section-([a-z]+)"/g)].map((match) => match[1]!);
const dataOf = (page: string): unknown =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)![1]!);

describe('the page of a run', () => {
  const page = reportPage(full);

  it('has a section for each thing that it was given', () => {
    expect(sectionsOf(page)).toEqual([
      'curve', 'spikes', 'raster', 'energy', 'outputs', 'confusion', 'angles', 'weights', 'plasticity', 'health', 'model', 'provenance', 'cite',
    ]); // prettier-ignore
  });
  it('states the key figures', () => {
    for (const said of ['2.40 %', '240 of 10,000 wrong', '1.00 %', '3.00 %', '96.0 %', '1,387', '23,661', '10,856', '75 s'])
      expect(page).toContain(said); // prettier-ignore
  });
  it('states target and prediction, and marks a wrong one', () => {
    expect(page).toContain('<span>target<b class="">0</b></span>');
    expect(page).toContain('<span>prediction<b class="warn">1</b></span>');
  });
  it('names what each axis measures, and what has no unit', () => {
    for (const axis of ['wrong answers', 'spikes an example', 'energy', 'activity', 'mean weight change'])
      expect(page).toMatch(new RegExp(`\\by:\\s*["']${axis}["']`));
    expect(page).toContain('rate times activityTime, a pure number. Blue: the target');
    expect(page).toContain('of the moment; a pure number.');
  });
  it('gives the recall of each class, none for a class that does not occur', () => {
    expect(page).toContain('<td class="recall">90.0 %</td>');
    expect(page).toContain('<td class="recall">–</td>');
  });
  it('loads nothing from anywhere', () => {
    const loads = [...page.matchAll(/(?:src|href|action)\s*=\s*"([^"]*)"|url\(([^)]*)\)|@import/g)].map(
      (match) => match[0],
    );
    expect(loads.filter((load) => load !== 'href="data:,"')).toEqual([]);
    expect(page).not.toMatch(/\bfetch\(|XMLHttpRequest|import\(/);
  });
  it('holds the data of its figures', () => {
    const data = dataOf(page) as {
      history: { lines: { name: string; values: unknown[] }[] };
      weights: { values: number[] }[];
    };
    expect(data.history.lines.map(({ name }) => name)).toEqual(['training', 'validation', 'test']);
    expect(data.history.lines[1]!.values).toEqual([null, 0.03]);
    expect(data.weights[0]!.values).toEqual([-127, -63, 0, 64]);
  });
  it('draws errors on a logarithmic scale where they fall far, and never where one is zero', () => {
    const scaleOf = (...errors: number[]): boolean => {
      const history = errors.map((testError, k) => ({ epoch: k + 1, testError }));
      return (dataOf(reportPage({ name: 'a', history })) as { history: { logarithmic: boolean } }).history.logarithmic;
    };
    expect([scaleOf(0.27, 0.02), scaleOf(0.03, 0.02), scaleOf(0.27, 0)]).toEqual([true, false, false]);
    expect(page).toContain('The scale is logarithmic.');
  });
  it('is good with a name alone', () => {
    const bare = reportPage({ name: 'new' });
    expect(sectionsOf(bare)).toEqual([]);
    expect(bare).toContain('not been trained');
    expect(dataOf(bare)).toEqual({});
    expect(bare).not.toMatch(/undefined<|>null<|NaN/);
  });
  it('is good with null, absent and not finite figures', () => {
    const odd = reportPage({
      name: 'odd',
      testError: Number.NaN,
      spikesPerExample: null,
      history: [{ epoch: 1 }],
      health: [],
    });
    expect(sectionsOf(odd)).toEqual([]);
    expect(odd).not.toContain('NaN %');
  });
  it('lets no text out of its place', () => {
    const evil = '</script><script>alert(1)</script>\u2028"<!--';
    const band = { name: evil, units: 1, time: [0], unit: [0] };
    const evilPage = reportPage({
      ...full, name: evil, model: evil, source: evil, modelText: evil, provenance: { [evil]: evil, nested: { evil } },
      cite: { text: evil, bibtex: evil }, health: [{ name: evil, value: evil, hint: evil }],
      example: { ...example, populations: [band], target: evil, set: evil }, confusion: { classes: 1, counts: [1], labels: [evil] },
      plasticity: { difference: [0], change: [0], caption: evil },
      weights: { ...full.weights!, projection: evil },
    }); // prettier-ignore
    expect(evilPage).not.toContain('<script>alert');
    expect(evilPage.match(/<\/script>/g)).toHaveLength(2);
    const data = dataOf(evilPage) as { example: { populations: { name: string }[] } };
    expect(data.example.populations[0]!.name).toBe(evil);
  });
});

describe('what a page is made of', () => {
  it('is JSON that neither ends a script nor a line', () => {
    const said = escapeJson(['</script>', '\u2028\u2029', '<!--', '&']);
    expect(said).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(said)).toEqual(['</script>', '\u2028\u2029', '<!--', '&']);
  });
  it('takes the last epoch, the phases in order, and only recorded populations', () => {
    expect(example.phases.map(({ name }) => name)).toEqual(['free', 'plus', 'minus']);
    expect(example.populations).toEqual([
      { name: 'h', units: 3, time: [0, 9, 10, 29, 30, 49], unit: [0, 2, 0, 2, 0, 2] },
    ]);
    expect(example.energy).toEqual({ time: [0, 10, 30], values: [-1, -1, -1] });
    expect(example.prediction).toBe(1);
    expect(exampleOf([], { populations })).toBeNull();
  });
  it('shows what was recorded twice once, and keeps to one selection of units', () => {
    const again = exampleOf([...frames, ...frames], { populations, output: 'y', step: 0.001, target: 0 });
    expect(again).toEqual(example);
    const other: Frame = {
      ...common, kind: 'samples', epoch: 2, phase: 'free', t0: 0, t1: 10,
      columns: { 'y.trace.time': ints(0), 'y.trace.unit': ints(1), 'y.trace': { dtype: 'f32', shape: [1, 1], data: Float32Array.of(5) } },
    }; // prettier-ignore
    expect(exampleOf([...frames, other], { populations, output: 'y', step: 0.001, target: 0 })).toEqual(example);
  });
  it('maps weights only over a square input', () => {
    expect(weightMaps('x->h', new Float32Array(6), [3, 2])).toBeNull();
    expect(full.weights!.maps.map(({ unit }) => unit)).toEqual([0, 1, 2]);
    expect(Array.from(full.weights!.maps[1]!.values)).toEqual([-5, -2, 1, 4]);
  });
  it('puts bands from the bottom up without overlap', () => {
    const bands = bandsOf([{ name: 'h', units: 300, time: [], unit: [] }, { name: 'y', units: 10, time: [], unit: [] }], 10, 200, 20); // prettier-ignore
    expect(bands[1]!.top).toBe(10);
    expect(bands[0]!.top).toBeCloseTo(bands[1]!.top + bands[1]!.height + 20);
    expect(bands[0]!.top + bands[0]!.height).toBeCloseTo(210);
  });
  it('spans phases, or else spikes, or else one step; ticks are round', () => {
    expect(spanOf(example)).toEqual([0, 50]);
    expect(spanOf({ phases: [], populations: example.populations })).toEqual([0, 50]);
    expect(spanOf({ phases: [], populations: [] })).toEqual([0, 1]);
    expect(ticksOf(0, 300, 6)).toEqual([0, 50, 100, 150, 200, 250, 300]);
    expect([duration(9.97), duration(200), duration(3599.6), duration(7500)]).toEqual([
      '10 s',
      '3:20 min',
      '1:00 h',
      '2:05 h',
    ]);
  });
  it('draws one dash a spike in the SVG, and escapes its names', () => {
    const svg = settlingPicture({ ...example, target: '<7>' });
    expect(svg.match(/M[\d.]+ [\d.]+v[\d.]+/g)!.length).toBeGreaterThanOrEqual(6);
    expect(svg).toContain('nudge −');
    expect(svg).toContain('target &lt;7&gt;');
    expect(svg).not.toMatch(/NaN|undefined|<7>/);
    expect(settlingPicture({ phases: [], populations: [] })).not.toMatch(/NaN|Infinity/);
  });
});
