// A comparison in this process, with rules of the tests: rows and pairs, trials that are equal for all, angles, refusals,
// and that neither the number of jobs nor an interruption is seen in a result.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explain, type SettleError } from '../../src/errors.ts';
import { type ComparisonFlags, comparisonSpec, loadComparison } from '../../src/model/comparison.ts';
import type { Comparison } from '../../src/report/comparison.ts';
import { runCell } from '../../src/run/cell.node.ts';
import { compare, type CompareOptions, type CompareOutcome } from '../../src/run/compare.node.ts';
import type { CellRunner } from '../../src/run/pool.node.ts';
import { planOf } from '../../src/run/plan.node.ts';
import { delta } from '../learn/delta.ts';
import { probed } from '../learn/probed.ts';

let work: string;
beforeEach(() => void (work = mkdtempSync(join(tmpdir(), 'settle-compare-'))));
afterEach(() => rmSync(work, { recursive: true, force: true }));

const rules = { delta, probed, ep: null };
/** Cells in this process, each with the rule its model names. */
const here: CellRunner = (task, hooks) => {
  const rule = /^ {2}rule: (\w+)$/m.exec(task.resolvedYaml)![1]!;
  return runCell(task, { ...hooks, ...(rule === 'delta' ? { rule: delta() } : rule === 'probed' ? { rule: probed() } : {}) }); // prettier-ignore
};
const small = ['data.train=200', 'data.test=100', 'backend=reference'];
const flags = (more: ComparisonFlags = {}) =>
  comparisonSpec(null, { models: ['moons'], rules: ['delta', 'probed'], seeds: [1, 2], epochs: 2, set: small, ...more }, 'test'); // prettier-ignore
const go = (out: string, more: ComparisonFlags = {}, options: Partial<CompareOptions> = {}): Promise<CompareOutcome> =>
  compare({ spec: flags(more), out: join(work, out), rules, run: here, ...options });
async function message(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => explain(error as SettleError),
  );
}
/** What does not depend on the clock. */
const facts = ({ rows, differences }: Comparison) => ({
  rows: rows.map(({ label, testError, trainError, layers, curves, angles, seeds }) => ({
    label, testError, trainError, layers, curves, angles, checkpoints: seeds.map(({ checkpointSha256 }) => checkpointSha256),
  })),
  differences,
}); // prettier-ignore
const json = (out: string): Comparison => JSON.parse(readFileSync(join(work, out, 'comparison.json'), 'utf8')) as Comparison; // prettier-ignore

describe('a comparison', () => {
  it('leaves tables, a page and a folder for each run', async () => {
    const { comparison, cells, interrupted } = await go('a');
    expect([cells, interrupted]).toEqual([4, false]);
    expect(readdirSync(join(work, 'a')).sort()).toEqual(['cells', 'comparison.csv', 'comparison.html', 'comparison.json']); // prettier-ignore
    expect(readdirSync(join(work, 'a/cells')).sort()).toEqual(['moons-delta-1', 'moons-delta-2', 'moons-probed-1', 'moons-probed-2']); // prettier-ignore
    expect(json('a')).toEqual(JSON.parse(JSON.stringify(comparison)));
    expect(comparison).toMatchObject({ schema: 'settle-comparison/1', name: 'test', data: ['moons'], seeds: [1, 2], trials: null }); // prettier-ignore
    expect(comparison!.rows.map(({ label, status, epochs }) => [label, status, epochs])).toEqual([['delta', 'done', 2], ['probed', 'done', 2]]); // prettier-ignore
    expect(comparison!.rows[0]!.testError!.mean).toBeLessThan(0.3);
  });

  it('runs every row on every profile, and tells what each costs', async () => {
    const file = loadComparison(
      'settleCompare: 1\nname: chips\nmodels: [xor]\nseeds: 1\nepochs: 1\nset: { data.train: 100, data.test: 50 }\nprofiles: { ideal: {}, coarse: { profile: ideal, set: { weight.bits: 2 } } }\nsweeps: { stuck: { profile: ideal, path: variation.stuck, values: [0, 0.2] } }\n',
      'chips.yaml',
    );
    const { comparison } = await compare({
      spec: comparisonSpec(file, {}, 'chips'),
      out: join(work, 'chips'),
      run: here,
    });
    expect(comparison!.rows.map(({ label, profile }) => [label, profile!.sweep?.value])).toEqual([['ideal', undefined], ['coarse', undefined], ['stuck 0', 0], ['stuck 0.2', 0.2]]); // prettier-ignore
    // A sweep at 0 changes nothing; two bits do.
    const [ideal, coarse, none] = comparison!.rows.map(({ seeds }) => seeds[0]!.checkpointSha256);
    expect(coarse).not.toBe(ideal);
    expect(comparison!.rows[2]!.testError).toEqual(comparison!.rows[0]!.testError);
    expect(none).not.toBe(ideal); // It names the profile that it ran on.
    expect(readFileSync(join(work, 'chips/cells/xor-ep-coarse-1/profile.yaml'), 'utf8')).toContain('bits: 2');
    expect(readFileSync(join(work, 'chips/comparison.html'), 'utf8')).toContain('variation.stuck');
  });

  it('finds that a rule and the same rule with a probe learn the same: no discordant image, p 1', async () => {
    const { comparison } = await go('a', { baseline: 'delta' });
    const [difference] = comparison!.differences;
    expect(comparison!.differences.map(({ kind }) => kind)).toEqual(['best', 'baseline']);
    expect(difference).toMatchObject({ label: 'probed', against: 'delta', adjusted: 1, pooled: { onlyThis: 0, onlyOther: 0, exact: 1, mid: 1 } }); // prettier-ignore
    expect(difference!.error).toMatchObject({ mean: 0, count: 2 });
  });

  it('tells angles by epoch and what they are to, and leaves a rule without a probe without them', async () => {
    const { comparison } = await go('a');
    const [plain, aligned] = comparison!.rows;
    expect(plain).toMatchObject({ reference: null, layers: [], angles: null });
    expect(aligned).toMatchObject({ reference: 'BP', angles: { epoch: [0, 1, 2] }, demands: { secondCircuit: true, phases: 2 } }); // prettier-ignore
    expect(aligned!.layers[0]).toMatchObject({ layer: 'x->y', angle: { count: 2 } });
    expect(aligned!.weights[0]!.angle!.mean).toBeGreaterThan(0);
    expect(aligned!.macs!.mean).toBe(8);
    expect(aligned!.trainingMacs!.mean).toBe(8 * 400);
  });

  it('is the same whatever the number of jobs', async () => {
    const one = await go('one', {}, { jobs: 1 });
    const three = await go('three', {}, { jobs: 3 });
    expect(facts(three.comparison!)).toEqual(facts(one.comparison!));
  });

  it('pairs a rule with a model of its own, and names rows by what tells them apart', async () => {
    const { comparison } = await go('a', { rules: ['delta'], models: ['moons', 'bars'], pairs: [{ rule: 'probed', model: 'moons' }], seeds: [1], set: [...small, 'data.batch=10'] }); // prettier-ignore
    expect(comparison!.rows.map(({ label }) => label)).toEqual(['delta moons', 'delta bars', 'probed moons']);
    expect(comparison!.notes.join()).toMatch(/different data/);
    const against = comparison!.differences.find(({ label }) => label === 'delta bars' || label === 'probed moons');
    expect(comparison!.differences.some(({ reason, pooled }) => reason === 'other test images' && pooled === null)).toBe(true); // prettier-ignore
    expect(against).toBeDefined();
  });
});

describe('validation trials', () => {
  const trials = { trials: 2, validation: 50, grid: { delta: { 'learning.rateDecay': [1, 0.5] }, probed: { 'learning.rateDecay': [1, 0.9, 0.8] } } }; // prettier-ignore

  it('are as many for every rule, on a split and a seed of their own; results use all training examples', async () => {
    const { comparison, cells } = await go('a', trials);
    expect(cells).toBe(2 * (2 + 2));
    expect(comparison!.trials).toEqual({ count: 2, validation: 50, seed: 3 });
    for (const { trials: tried, settings } of comparison!.rows) {
      expect(tried).toHaveLength(2);
      const least = Math.min(...tried.map(({ validationError }) => validationError!));
      expect(tried.find(({ validationError }) => validationError === least)!.settings).toEqual(settings);
    }
    const yaml = (cell: string): string => readFileSync(join(work, 'a/cells', cell, 'model.yaml'), 'utf8');
    expect(yaml('moons-delta-trial-2')).toMatch(/validation: 50[\s\S]*rateDecay: 0.5[\s\S]*seed: 3/);
    expect(yaml('moons-delta-1')).toMatch(/validation: 0[\s\S]*seed: 1/);
    expect(comparison!.notes[0]).toMatch(/Each rule had 2 validation trials/);
  });

  it('that cannot be as many are refused, and so is a rule without a grid', async () => {
    expect(await message(go('a', { ...trials, trials: 3 }))).toMatch(/grid\.delta: the grid of delta is too small.*found 2 points, expected at least 3/); // prettier-ignore
    expect(await message(go('a', { ...trials, grid: { delta: trials.grid.delta } }))).toMatch(/rule without a grid.*nothing for probed/); // prettier-ignore
    expect(await message(go('a', { ...trials, validation: 0 }))).toMatch(/validation: trials need examples/);
    expect(existsSync(join(work, 'a'))).toBe(false);
  });

  it('of a larger grid are the same points at every call', () => {
    const spec = flags({ trials: 2, validation: 50, grid: { all: { 'learning.rateDecay': [1, 0.9, 0.8, 0.7, 0.6] } } });
    const points = planOf(spec, rules).rows.map((row) => row.trials);
    expect(points[0]).toHaveLength(2);
    expect(points[1]).toEqual(points[0]);
    expect(planOf(spec, rules).rows[0]!.trials).toEqual(points[0]);
  });
});

describe('the example of docs/compare.md', () => {
  it('loads, and gives its rule four trials', () => {
    const text = readFileSync(new URL('../../docs/compare.md', import.meta.url), 'utf8');
    const file = loadComparison(/```yaml\n([\s\S]*?)```/.exec(text)![1]!, 'docs/compare.md');
    const [row, ...more] = planOf(comparisonSpec(file, {}, 'x')).rows;
    expect([row!.key, row!.trials.length, more]).toEqual(['moons-ep', 4, []]);
  });
});

describe('what cannot be compared', () => {
  const broken = (): string => {
    const path = join(work, 'one-way.yaml');
    const text = readFileSync(new URL('../../models/moons.yaml', import.meta.url), 'utf8');
    writeFileSync(path, text.replace('name: moons', 'name: one-way').replaceAll('h<->y', 'h->y'));
    return path;
  };

  it('is a row with its sentence, beside rows that ran', async () => {
    const { comparison, failed } = await go('a', { rules: ['ep'], models: [broken()], pairs: [{ rule: 'delta', model: 'moons' }], set: small.slice(0, 2) }); // prettier-ignore
    expect(failed).toEqual([]);
    const [refused, ran] = comparison!.rows;
    expect(refused).toMatchObject({ rule: 'ep', status: 'refused', testError: null, seeds: [] });
    expect(refused!.reason).toMatch(/projections\.h->y: the rule ep cannot train this model.*expected h<->y/);
    expect(ran!.status).toBe('done');
    expect(readFileSync(join(work, 'a/comparison.csv'), 'utf8')).toMatch(/ep,one-way,ep,refused,"?projections/);
    expect(existsSync(join(work, 'a/cells/one-way-ep-1'))).toBe(false);
  });

  it('altogether is an error, and leaves nothing', async () => {
    expect(await message(go('new/a', { rules: ['ep'], models: [broken()] }))).toMatch(/cannot train this model/);
    expect(existsSync(join(work, 'new'))).toBe(false);
  });

  it.each<[ComparisonFlags, RegExp]>([
    [{ rules: ['bpp'] }, /rules: unknown rule: found "bpp", expected delta or probed or ep/],
    [{ models: ['moon'] }, /moon: no such model.*did you mean "moons"/],
    [{ models: [] }, /MODEL: nothing to compare/],
    [{ models: ['moons', 'moons'] }, /two rows of one rule.*moons-delta/],
    [{ seeds: [1, 1] }, /seeds: a seed is there twice/],
    [
      { baseline: 'bp' },
      /baseline: the baseline is not among the rules and models: found bp, expected delta or moons or probed/,
    ],
    [{ set: ['data.train=many'] }, /data\.train: wrong value/],
  ])('is refused before anything is written: %j', async (more, expected) => {
    expect(await message(go('a', more))).toMatch(expected);
    expect(existsSync(join(work, 'a'))).toBe(false);
  });

  it('a cell that fails is shown, the others are kept, and going on tries it again', async () => {
    const failing: CellRunner = async (task, hooks) =>
      task.folder.endsWith('probed-2') ? { status: 'failed', kind: 'defect', message: 'out of memory' } : here(task, hooks); // prettier-ignore
    const { comparison, failed } = await go('a', {}, { run: failing });
    expect(failed).toEqual(['defect']);
    expect(comparison!.rows[1]).toMatchObject({ status: 'done', reason: '1 of 2 seeds: out of memory' });
    expect(comparison!.differences[0]!.seeds.map(({ seed }) => seed)).toEqual([1]);
    const again = await go('a', {}, { resume: true });
    expect(again.comparison!.rows[1]).toMatchObject({ status: 'done', reason: null });
  });
});

describe('a comparison that was stopped', () => {
  it('goes on where it stood, makes nothing finished again, and ends alike', async () => {
    const whole = await go('whole');
    const signal = { aborted: false };
    const part = await go('part', {}, { signal, onCell: () => void (signal.aborted = true) });
    expect(part).toMatchObject({ interrupted: true, comparison: null, done: 1, cells: 4 });
    expect(existsSync(join(work, 'part/comparison.json'))).toBe(false);
    const file = join(work, 'part/cells/moons-delta-1/provenance.json');
    const before = statSync(file).mtimeMs;
    const said: string[] = [];
    const rest = await go('part', {}, { resume: true, onCell: ({ name }, status) => void said.push(`${name} ${status}`) }); // prettier-ignore
    expect(statSync(file).mtimeMs).toBe(before);
    expect(said[0]).toBe('moons-delta-1 kept');
    expect(said.filter((line) => line.endsWith('done'))).toHaveLength(3);
    expect(facts(rest.comparison!)).toEqual(facts(whole.comparison!));
  });

  it('in the middle of a cell goes on with its checkpoint', async () => {
    const whole = await go('whole');
    let looks = 0;
    const signal = {
      get aborted() {
        return ++looks > 60;
      },
    };
    expect((await go('part', {}, { signal })).interrupted).toBe(true);
    const rest = await go('part', {}, { resume: true });
    expect(facts(rest.comparison!)).toEqual(facts(whole.comparison!));
  });

  it('takes more seeds, rules and epochs, and refuses other settings', async () => {
    await go('a', { seeds: [1], epochs: 1 });
    const more = await go('a', { seeds: [1, 2], epochs: 2 }, { resume: true });
    const fresh = await go('b');
    expect(facts(more.comparison!)).toEqual(facts(fresh.comparison!));
    expect(await message(go('a', { set: [...small, 'step=2 ms'] }))).toMatch(/holds a comparison already/);
    expect(await message(go('a', { set: [...small, 'data.batch=20'] }, { resume: true }))).toMatch(/cell is of another comparison/); // prettier-ignore
  });

  it('a folder of something else is refused, and left alone', async () => {
    writeFileSync(join(work, 'thesis.txt'), 'mine');
    expect(await message(go('.'))).toMatch(/other contents.*thesis\.txt/);
    expect(readdirSync(work)).toEqual(['thesis.txt']);
  });
});
