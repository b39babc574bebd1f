// settle compare, reproduce and cite as processes: kill and Ctrl-C in the middle, one result whatever the jobs, exit codes.
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/report/comparison.ts';
import { command, start } from './process.ts';

let work: string;
const at = (...path: string[]): string => join(work, ...path);
const words = ['compare', 'xor', 'moons', '--seeds', '2', '--set', 'data.train=400', '--set', 'data.test=100', '--epochs', '2']; // prettier-ignore
const facts = (out: string): unknown => {
  const { rows } = JSON.parse(readFileSync(at(out, 'comparison.json'), 'utf8')) as Comparison;
  return rows.map(({ label, testError, trainError, curves, seeds }) => ({ label, testError, trainError, curves, hashes: seeds.map(({ checkpointSha256 }) => checkpointSha256) })); // prettier-ignore
};

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'settle-cli-compare-'));
  const { code, out, err } = await start([...words, '--jobs', '2', '--out', 'whole'], work).ended;
  expect(code, err).toBe(0);
  expect(out).toMatch(/^Results\. [\s\S]*^xor +[\d.]+ [\s\S]*^Cost\. [\s\S]*^page: {2}whole\/comparison\.html$/m);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('settle compare', () => {
  it('killed, goes on with --resume, makes nothing finished again, and ends alike', async () => {
    const running = start([...words, '--jobs', '2', '--out', 'killed'], work);
    await running.said(/done after/);
    running.child.kill('SIGKILL');
    expect((await running.ended).signal).toBe('SIGKILL');
    expect(existsSync(at('killed/comparison.json'))).toBe(false);
    const finished = readdirSync(at('killed/cells')).filter((name) => existsSync(at('killed/cells', name, 'report.html')) && /"finished": true/.test(readFileSync(at('killed/cells', name, 'provenance.json'), 'utf8'))); // prettier-ignore
    expect(finished.length).toBeGreaterThan(0);
    const times = finished.map((name) => statSync(at('killed/cells', name, 'provenance.json')).mtimeMs);
    const refused = await start([...words, '--out', 'killed'], work).ended;
    expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(/holds a comparison already \(--resume goes on/)]); // prettier-ignore
    const rest = await start([...words, '--jobs', '2', '--out', 'killed', '--resume', '--json'], work).ended;
    expect(rest.code, rest.err).toBe(0);
    expect(JSON.parse(rest.out)).toMatchObject({ schema: 'settle-comparison/1', seeds: [1, 2] });
    for (const name of finished) expect(rest.err).toContain(`${name}: done before`);
    expect(finished.map((name) => statSync(at('killed/cells', name, 'provenance.json')).mtimeMs)).toEqual(times);
    expect(facts('killed')).toEqual(facts('whole'));
  });

  it('stopped by Ctrl-C exits with 130 and says the command that goes on; one job finds what two found', async () => {
    const running = start([...words, '--jobs', '1', '--out', 'stopped'], work);
    await running.said(/done after/);
    running.child.kill('SIGINT');
    const { code, out, err } = await running.ended;
    expect([code, out]).toEqual([130, '']);
    expect(err).toMatch(/interrupted with [1-3] of 4 runs done/);
    const going = /to go on: settle (.*)/.exec(err)![1]!;
    expect(going).toMatch(/--out stopped --resume$/);
    expect((await start(going.split(' '), work).ended).code).toBe(0);
    expect(facts('stopped')).toEqual(facts('whole'));
  });

  it('takes a comparison file, with trials, in the terminal and on the page', async () => {
    writeFileSync(at('rates.yaml'), `settleCompare: 1
name: rates
models: [xor]
seeds: [5]
epochs: 1
set: { data.train: 200, data.test: 50 }
trials: 2
validation: 40
grid: { ep: { learning.rates.x->h: [0.5, 0.0001], learning.rateDecay: [1] } }
`); // prettier-ignore
    const { code, out, err } = await start(['compare', 'rates.yaml', '--jobs', '2'], work).ended;
    expect(code, err).toBe(0);
    expect(out).toMatch(/of 2 trials[\s\S]*Settings chosen\nxor|ep: learning\.rates\.x->h=/);
    expect(out).toMatch(/Each rule had 2 validation trials \(seed 6, 40 training examples held out\)/);
    expect(readFileSync(at('runs/compare-rates/comparison.html'), 'utf8')).toMatch(/section-trials[\s\S]*chosen/);
    expect(readdirSync(at('runs/compare-rates/cells')).sort()).toEqual(['xor-ep-5', 'xor-ep-trial-1', 'xor-ep-trial-2']); // prettier-ignore
  });

  it.each([
    [['compare'], /MODEL: nothing to compare/],
    [['compare', 'xor', '--rules', 'bq'], /rules: unknown rule: found "bq"/],
    [['compare', 'xor', '--pair', 'ep'], /--pair: found "ep", expected rule=model/],
    [['compare', 'xor', '--seeds', '0'], /--seeds: found "0", expected a whole number/],
    [['compare', 'xor', '--grid', 'learning.rateDecay=1'], /--grid: found .* expected path=\[values\]/],
    [['compare', 'xor', '--trials', '2'], /rule without a grid/],
    [['compare', 'xor', '--set', 'cost=null'], /cost/],
  ])('%j is refused with exit 2 and one line', async (args, expected) => {
    const { code, out, err } = await command(...args, ...(args.length > 1 ? ['--out', at('never')] : []));
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(expected);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(existsSync(at('never'))).toBe(false);
  });

  it('where every cell is refused exits with 2 and leaves nothing', async () => {
    const text = readFileSync(new URL('../../models/xor.yaml', import.meta.url), 'utf8').replaceAll('h<->y', 'h->y');
    writeFileSync(at('one-way.yaml'), text);
    const { code, err } = await start(['compare', 'one-way.yaml', '--seeds', '2', '--out', 'none'], work).ended;
    expect(code).toBe(2);
    expect(err).toMatch(/settle: projections\.h->y: the rule ep cannot train this model/);
    expect(existsSync(at('none'))).toBe(false);
  });
});

describe('settle reproduce', () => {
  const cell = (): string => at('whole/cells/xor-ep-1');

  it('says equal of a run made again, with any number of threads', async () => {
    const { code, out } = await command('reproduce', cell(), '--threads', '3');
    expect(code).toBe(0);
    expect(out).toMatch(/^equal: checkpoint SHA-256 [0-9a-f]{64}\n$/);
  });

  it('says what differs, with exit 1, after the model was changed', async () => {
    const model = join(cell(), 'model.yaml');
    copyFileSync(model, at('kept.yaml'));
    writeFileSync(model, readFileSync(model, 'utf8').replace('gain: 0.7', 'gain: 0.8'));
    const { code, out } = await command('reproduce', cell());
    expect(code).toBe(1);
    expect(out).toMatch(/^not equal: checkpoint SHA-256 expected [0-9a-f]{64}, found [0-9a-f]{64}\n/);
    expect(out).toMatch(/^model\.yaml: expected [0-9a-f]{64}, found [0-9a-f]{64}$/m);
    expect(out).toMatch(/^h<->y\.weight\[0\]: expected -?\d.*, found -?\d/m);
    const json = await command('reproduce', cell(), '--json');
    expect(JSON.parse(json.out)).toMatchObject({ schema: 'settle-reproduction/1', equal: false });
    copyFileSync(at('kept.yaml'), model);
    expect((await command('reproduce', cell())).code).toBe(0);
  });

  it('of what is no finished run is refused', async () => {
    const { code, err } = await command('reproduce', at('whole'));
    expect(code).toBe(2);
    expect(err).toMatch(/not a finished run.*provenance\.json says finished/);
  });
});

describe('settle cite', () => {
  it('prints BibTeX for settle, the model and the papers of the rule, and says where there is none', async () => {
    const { code, out } = await command('cite', at('whole/cells/xor-ep-1'));
    expect(code).toBe(0);
    expect(out.match(/^@\w+\{[\w-]+,$/gm)).toEqual(['@software{settle,', '@misc{settle-model-xor,', '@article{scellier2017,', '@article{laborieux2021,']); // prettier-ignore
    expect(out).toMatch(/Rule: ep \(scellier2017, laborieux2021\)\nData: xor, SHA-256 [0-9a-f]{64}/);
    expect(out.split('{').length).toBe(out.split('}').length);
  });
});
