// A sweep in this process, with a rule of the tests: its table, the choice and the test, what is kept, refusals, failures of one
// job, and that neither the number of jobs nor a stop is seen in a result.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explain, type SettleError } from '../../src/errors.ts';
import { loadSweep } from '../../src/model/sweep.ts';
import { runCell } from '../../src/run/cell.node.ts';
import { jobPool } from '../../src/run/jobPool.node.ts';
import type { CellRunner } from '../../src/run/pool.node.ts';
import { sweep, type SweepOptions, type SweepOutcome } from '../../src/run/sweep.node.ts';
import { sweepPlan } from '../../src/run/sweepPlan.node.ts';

let work: string;
beforeEach(() => void (work = mkdtempSync(join(tmpdir(), 'settle-sweep-'))));
afterEach(() => rmSync(work, { recursive: true, force: true }));

const here: CellRunner = (task, hooks) => runCell(task, hooks);
const file = `settleSweep: 1
name: moons-rates
model: moons
rules: [ep]
set: { data.train: 80, data.test: 40 }
epochs: 1
space:
  learning.rates.x->h: [0.1, 0.4]
  phases.nudge.beta: [0.5, 0.1]
seeds: 1
testSeeds: 1
validation: 40
`;
interface Go extends Partial<Omit<SweepOptions, 'runner'>> {
  text?: string;
  run?: CellRunner;
  jobs?: number;
}
const go = (out: string, { text = file, run = here, jobs = 2, ...more }: Go = {}): Promise<SweepOutcome> =>
  sweep({ spec: loadSweep(text, 's.yaml'), out: join(work, out), runner: jobPool({ jobs, run }), ...more });
const message = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no error', (error: unknown) => explain(error as SettleError)); // prettier-ignore
/** Two seeds that choose, and two that are tested. */
const twice = file.replace('seeds: 1\ntestSeeds: 1', 'seeds: 2\ntestSeeds: 2');
const at = (...path: string[]): string => join(work, ...path);
const results = (out: string): string[] => readdirSync(at(out, 'jobs')).sort();
/** The table without its last column: the times. */
const table = (out: string): string => readFileSync(at(out, 'sweep.csv'), 'utf8').replace(/,[^,\r\n]*\r\n/g, '\r\n');

describe('a sweep', () => {
  it('leaves a table, a page, the best as a model, one file a job, and folders of the tested runs alone', async () => {
    const { sweep: found, cells, done, failed, interrupted } = await go('a', { text: twice });
    expect([cells, done, failed, interrupted]).toEqual([14, 14, [], false]);
    expect(readdirSync(at('a')).sort()).toEqual(['best.yaml', 'cells', 'jobs', 'sweep.csv', 'sweep.html', 'sweep.json']); // prettier-ignore
    expect(results('a')).toHaveLength(14);
    expect(readdirSync(at('a/cells'))).toHaveLength(4);
    expect(JSON.parse(readFileSync(at('a/sweep.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(found)));
    expect(found).toMatchObject({ schema: 'settle-sweep/1', name: 'moons-rates', model: 'moons', method: 'grid', data: ['moons'], seeds: [1, 2], testSeeds: [3, 4], validation: 40 }); // prettier-ignore
    const [series, ...more] = found!.series;
    expect([series!.label, more]).toEqual(['ep', []]);
    expect(series!.points.map(({ values }) => values)).toEqual([[0.1, 0.5], [0.1, 0.1], [0.4, 0.5], [0.4, 0.1]]); // prettier-ignore
    for (const { status, seeds, validationError } of series!.points) {
      expect([status, seeds.map(({ seed }) => seed)]).toEqual(['done', [1, 2]]);
      expect(validationError!.mean).toBeCloseTo((seeds[0]!.validationError + seeds[1]!.validationError) / 2, 12);
    }
  });

  it('chooses by validation, tests with fresh seeds on all training examples, beside the settings of the model', async () => {
    const { sweep: found } = await go('a', { text: twice });
    const { points, best, tested, own, difference } = found!.series[0]!;
    const errors = points.map(({ validationError }) => validationError!.mean);
    expect(new Set(errors).size).toBeGreaterThan(1);
    expect(errors[best!]).toBe(Math.min(...errors));
    expect(errors.indexOf(errors[best!]!)).toBe(best);
    expect(own!.values).toEqual([]);
    for (const what of ['best', 'own'] as const) {
      expect(tested[what]!.seeds.map(({ seed }) => seed)).toEqual([3, 4]);
      for (const { folder } of tested[what]!.seeds) expect(readFileSync(at('a', folder, 'model.yaml'), 'utf8')).toMatch(/validation: 0\n/); // prettier-ignore
    }
    expect(difference!.mean).toBeCloseTo(tested.best!.testError!.mean - tested.own!.testError!.mean, 12);
    const [rate, beta] = points[best!]!.values;
    const model = readFileSync(at('a/best.yaml'), 'utf8');
    expect(model).toMatch(new RegExp(`beta: ${String(beta)}\\n[\\s\\S]*x->h: ${String(rate)}\\n`));
    expect(model).toMatch(/validation: 0\n[\s\S]*seed: 1\n/);
  });

  it('is the same whatever the number of jobs', async () => {
    await go('one', { jobs: 1 });
    await go('three', { jobs: 3 });
    expect(table('three')).toBe(table('one'));
    expect(results('three')).toEqual(results('one'));
  });

  it('has a series for each rule on each chip, each with a best of its own', async () => {
    const text = file.replace('rules: [ep]', 'rules: [ep]\nprofiles: { ideal: {}, coarse: { profile: ideal, set: { weight.bits: 2 } } }'); // prettier-ignore
    const { sweep: found, cells } = await go('a', { text });
    expect(cells).toBe(14);
    expect(found!.series.map(({ label, profile }) => [label, profile])).toEqual([['ideal', 'ideal'], ['coarse', 'coarse']]); // prettier-ignore
    expect(readdirSync(at('a')).filter((name) => name.startsWith('best'))).toEqual(['best-moons-ep-coarse.yaml', 'best-moons-ep-ideal.yaml']); // prettier-ignore
  });

  it('draws as many points as it may where it is told to', async () => {
    const text = file.replace(/space:[\s\S]*seeds: 1\n/, 'space: { learning.rates.x->h: { from: 0.01, to: 1, scale: log } }\nmethod: random\nbudget: 3\n'); // prettier-ignore
    const { sweep: found } = await go('a', { text });
    const values = found!.series[0]!.points.map((point) => point.values[0] as number);
    expect(values).toHaveLength(3);
    for (const value of values) expect(value >= 0.01 && value <= 1).toBe(true);
    expect(new Set(values).size).toBe(3);
  });

  it('without test seeds tests nothing, without own settings judges the points alone', async () => {
    const { sweep: found, cells } = await go('a', {
      text: `${file.replace('testSeeds: 1', 'testSeeds: 0')}own: false\n`,
    });
    expect(cells).toBe(4);
    expect(found!.series[0]).toMatchObject({ own: null, tested: { best: null, own: null }, difference: null });
    expect(readdirSync(at('a/cells'))).toEqual([]);
  });
});

describe('what is refused before anything runs', () => {
  const space = (text: string): string => file.replace(/space:[\s\S]*seeds: 1\n/, `space: { ${text} }\n`);
  it.each<[string, string, RegExp]>([
    ['a key that does not exist', space('learning.rateDecai: [1]'), /^s\.yaml:7:\d+: space\.learning\.rateDecai: unknown key: found "rateDecai", expected one of .*did you mean "rateDecay"/],
    ['a population that does not exist', space('populations.g.units: [1]'), /space\.populations\.g\.units: no such path in the model: found "g" among populations, expected one of x, h, y/],
    ['a projection that does not exist', space('learning.rates.x->j: [1]'), /found "x->j" among learning\.rates, expected one of x->h, h<->y \(did you mean "x->h"\?\)/],
    ['a value of another kind', space('learning.rateDecay: [1, often]'), /space\.learning\.rateDecay: wrong value: found "often", expected a finite number/],
    ['a value that the model cannot have', space('populations.h.units: [4, 0]'), /space\.populations\.h\.units: impossible number of units: found 0/],
    ['the end of a range', space('populations.h.units: { from: 0, to: 4, count: 2, whole: true }'), /impossible number of units/],
    ['a path with a key of its own', space('seed: [1, 2]'), /space\.seed: a path that the sweep sets itself: found seed, expected seeds: beside space:/],
    ['epochs in two places', space('learning.epochs: [1, 2]'), /space\.learning\.epochs: a path that the sweep sets itself/],
    ['two names of one path', space('learning.rates.x->h: [1, 2], learning.rates.x-h: [1, 2]'), /space: two points are one model/],
    ['an unknown rule', file.replace('[ep]', '[pe]'), /^s\.yaml:4:\d+: rules: unknown rule: found "pe", expected ep or bp or /],
    ['an unknown profile', file.replace('rules: [ep]', 'profiles: [loihi9]'), /^s\.yaml:4:\d+: profiles: no such profile/],
    ['an unknown model', file.replace('model: moons', 'model: moon'), /^s\.yaml:3:\d+: model: no such model.*did you mean "moons"/],
    ['nothing held out', file.replace('validation: 40\n', ''), /validation: points need examples to be judged on/],
    ['more held out than there is', file.replace('validation: 40\n', 'validation: 80\n'), /no point can be run; the first refusal: data\.validation/],
    ['a budget below the grid', `${file}budget: 3\n`, /budget: less than the grid: found 3 of 4 points, expected all of them, or method: random/],
    ['a budget below one generation', `${file}method: cma-es\nbudget: 3\n`, /budget: less than one generation: found 3, expected \d+ or more/],
  ])('%s', async (_, text, expected) => {
    expect(await message(go('a', { text }))).toMatch(expected);
    expect(existsSync(at('a'))).toBe(false);
  }); // prettier-ignore

  it('a folder of something else, and a sweep that is there already', async () => {
    writeFileSync(at('thesis.txt'), 'mine');
    expect(await message(go('.'))).toMatch(/other contents.*thesis\.txt.*a new folder or a sweep/);
    await go('a', { text: `${file.replace('testSeeds: 1', 'testSeeds: 0')}own: false\n` });
    expect(await message(go('a'))).toMatch(/holds a sweep already \(--resume goes on/);
  });
});

describe('a point that fails', () => {
  const withRate = (rate: number, otherwise: CellRunner): CellRunner => (task, hooks) =>
    new RegExp(`x->h: ${rate}\\n`).test(task.resolvedYaml) && /validation: 40/.test(task.resolvedYaml) ? otherwise(task, hooks) : here(task, hooks); // prettier-ignore

  it('is recorded as that of its job, is never the best, and the sweep goes on', async () => {
    const run = withRate(0.4, () => Promise.resolve({ status: 'failed', kind: 'defect', message: "the cell's process was killed by SIGKILL: it said nothing" })); // prettier-ignore
    const { sweep: found, failed, done } = await go('a', { run });
    expect([failed.length, done]).toEqual([2, 7]);
    const { points, best } = found!.series[0]!;
    expect(points.map(({ status }) => status)).toEqual(['done', 'done', 'failed', 'failed']);
    expect(points[2]!.reason).toMatch(/killed by SIGKILL/);
    expect(best).toBeLessThan(2);
    expect(readFileSync(at('a/sweep.csv'), 'utf8')).toMatch(
      /ep,3,false,0\.4,0\.5,failed,the cell's process was killed/,
    );
    expect(results('a').filter((name) => name.endsWith('.failed.json'))).toHaveLength(2);
    const again = await go('a', { resume: true });
    expect(again.failed).toEqual([]);
    await go('b');
    expect(table('a')).toBe(table('b'));
    expect(results('a')).toEqual(results('b'));
  });

  it('by an exception of the runner, or with an error that is no number, is a failure too', async () => {
    const throwing = await go('a', { run: withRate(0.4, () => Promise.reject(new Error('lost'))) });
    expect(throwing.sweep!.series[0]!.points[2]!.reason).toMatch(/Error: lost/);
    const nan: CellRunner = async (task, hooks) => {
      const outcome = await here(task, hooks);
      const told = join(task.folder, 'provenance.json');
      writeFileSync(told, readFileSync(told, 'utf8').replace(/"validationError": [\d.]+/, '"validationError": null'));
      return outcome;
    };
    const { sweep: found, failed } = await go('b', { run: withRate(0.4, nan) });
    expect(failed).toEqual(['check', 'check']);
    expect(found!.series[0]!.points[3]).toMatchObject({ status: 'failed', reason: expect.stringMatching(/no error to judge by: found null, expected a finite number/) as string }); // prettier-ignore
  });

  it('because it diverges is refused in one sentence, and no failure of ours', async () => {
    const text = file.replace('learning.rates.x->h: [0.1, 0.4]', 'learning.rates.x->h: [0.1, 1.0e+60]');
    const { sweep: found, failed } = await go('a', { text });
    expect(failed).toEqual([]);
    expect(found!.series[0]!.points.map(({ status }) => status)).toEqual(['done', 'done', 'refused', 'refused']);
    expect(found!.series[0]!.points[2]!.reason).toMatch(/training has diverged/);
    expect(readdirSync(at('a')).includes('work')).toBe(false);
  });

  it('of which one seed is lost has no mean to be chosen by', async () => {
    const run: CellRunner = (task, hooks) => /seed: 2\n/.test(task.resolvedYaml) && /x->h: 0\.1\n/.test(task.resolvedYaml) ? Promise.resolve({ status: 'refused', kind: 'input', message: 'no' }) : here(task, hooks); // prettier-ignore
    const { points, best } = (await go('a', { run, text: twice })).sweep!.series[0]!;
    expect(points[0]).toMatchObject({ status: 'refused', reason: '1 of 2 seeds: no' });
    expect(best).toBeGreaterThan(1);
  });

  it('where all are refused is an error, and leaves nothing', async () => {
    const run: CellRunner = () =>
      Promise.resolve({ status: 'refused', kind: 'input', message: 'the rule cannot do this' });
    expect(await message(go('new/a', { run }))).toMatch(
      /no point can be run; the first refusal: the rule cannot do this/,
    );
    expect(existsSync(at('new'))).toBe(false);
  });
});

describe('a sweep that was stopped', () => {
  it('goes on with what is missing, runs nothing again, and ends alike', async () => {
    const signal = { aborted: false };
    const part = await go('part', { signal, jobs: 1, onCell: () => void (signal.aborted = true) });
    expect(part).toMatchObject({ interrupted: true, sweep: null, done: 1, cells: 7 });
    const [first] = results('part');
    const before = statSync(at('part/jobs', first!)).mtimeMs;
    const said: string[] = [];
    await go('part', { resume: true, onCell: ({ name }, status) => void said.push(`${name} ${status}`) });
    expect(said[0]).toBe(`${first!.replace('.json', '')} kept`);
    expect(said.filter((line) => line.endsWith(' done'))).toHaveLength(6);
    expect(statSync(at('part/jobs', first!)).mtimeMs).toBe(before);
    await go('whole');
    expect(table('part')).toBe(table('whole'));
  });

  it('in the middle of a job goes on with its checkpoint, in a folder of its own', async () => {
    let looks = 0;
    const signal = {
      get aborted() {
        return ++looks > 40;
      },
    };
    expect((await go('part', { signal, jobs: 1 })).interrupted).toBe(true);
    expect(readdirSync(at('part/work')).length).toBeGreaterThan(0);
    await go('part', { resume: true });
    await go('whole');
    expect(table('part')).toBe(table('whole'));
    expect(readdirSync(at('part')).includes('work')).toBe(false);
  });

  it('takes more values and seeds, and runs only those', async () => {
    await go('a');
    const before = results('a');
    const said: string[] = [];
    const text = file.replace('[0.1, 0.4]', '[0.1, 0.2, 0.4]');
    const { sweep: found } = await go('a', { text, resume: true, onCell: (_, status) => void said.push(status) });
    expect(found!.series[0]!.points).toHaveLength(6);
    expect(said.filter((status) => status === 'kept').length).toBeGreaterThanOrEqual(5);
    for (const name of before) expect(results('a')).toContain(name);
  });

  it('by two at once is the same table, and every job has one result', async () => {
    await Promise.all([go('a', { resume: true }), go('a', { resume: true, jobs: 3 })]);
    await go('b');
    expect(results('a')).toEqual(results('b'));
    expect(table('a')).toBe(table('b'));
  });

  it('a result that was tampered with is refused by name', async () => {
    await go('a');
    const name = results('a')[0]!;
    writeFileSync(at('a/jobs', name), '{"half":');
    expect(await message(go('a', { resume: true }))).toMatch(/not a result of a job: found no JSON/);
    writeFileSync(at('a/jobs', name), '{"identity":"other"}');
    expect(await message(go('a', { resume: true }))).toMatch(/the result is of another job/);
  });
});

describe('the example of docs/sweep.md', () => {
  it('loads, and is six points of two seeds', () => {
    const text = readFileSync(new URL('../../docs/sweep.md', import.meta.url), 'utf8');
    const plan = sweepPlan(loadSweep(/```yaml\n([\s\S]*?)```/.exec(text)![1]!, 'docs/sweep.md'));
    const points = plan.proposer().ask();
    expect([points.length, plan.rows.length, plan.judging(plan.rows[0]!, points[0]!).length]).toEqual([6, 1, 2]);
  });
});
