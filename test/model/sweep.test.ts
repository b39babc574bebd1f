// Sweep files: what they say, the values of a range, and refusals with a place.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explain, type SettleError } from '../../src/errors.ts';
import { loadSweep, sweepJsonSchema } from '../../src/model/sweep.ts';

const head = 'settleSweep: 1\nname: s\nmodel: xor\n';
const load = (text: string) => loadSweep(head + text, 's.yaml');
function refusal(text: string): string {
  try {
    load(text);
  } catch (error) {
    return explain(error as SettleError);
  }
  return 'loaded';
}

describe('a sweep file', () => {
  it('says a space, and leaves the rest to defaults: a grid, one seed, three fresh ones for the test', () => {
    const spec = load('space: { learning.rateDecay: [1, 0.9], data.batch: [5] }\nset: { data.train: 100 }');
    expect({ ...spec, at: null }).toEqual({
      name: 's', model: 'xor', rules: [], profiles: [], set: ['data.train=100'], method: 'grid', budget: null, seed: 1, seeds: [1], testSeeds: [2, 3, 4],
      axes: [
        { path: 'learning.rateDecay', kind: 'values', values: [1, 0.9], scale: 'linear' },
        { path: 'data.batch', kind: 'values', values: [5], scale: 'linear' },
      ],
      epochs: null, testEpochs: null, validation: null, own: true, slurm: { slice: null, options: [] }, at: null,
    }); // prettier-ignore
  });

  it('spreads a range evenly, or evenly in its logarithm, rounded where it has to be, with its unit', () => {
    const { axes } = load(`space:
  a: { from: 0, to: 1, count: 5 }
  b: { from: 0.001, to: 1, scale: log, count: 4 }
  c: { from: 1, to: 4, scale: log, count: 7, whole: true }
  d: { from: 40, to: 60, count: 3, unit: ms }
`);
    expect(axes.map((axis) => axis.kind === 'values' && axis.values)).toEqual([[0, 0.25, 0.5, 0.75, 1], [0.001, 0.01, 0.1, 1], [1, 2, 3, 4], ['40 ms', '50 ms', '60 ms']]); // prettier-ignore
  });

  it('takes fresh seeds for the test after those that choose, as many as asked for, none too', () => {
    expect(load('space: { a: [1] }\nseeds: [7, 3]\ntestSeeds: 2').testSeeds).toEqual([8, 9]);
    expect(load('space: { a: [1] }\ntestSeeds: 0').testSeeds).toEqual([]);
  });

  it.each([
    ['space: {}', /s\.yaml:4:\d+: space: an empty space/],
    ['space: { learning.rateDecay: [] }', /s\.yaml:4:\d+: space\.learning\.rateDecay.*a list with at least one value/],
    ['space: { a: { from: 2, to: 1, count: 3 } }', /s\.yaml:4:\d+: space\.a\.from: a range upside down: found from 2 to 1, expected from below to/],
    ['space: { a: { from: 1, to: 1, count: 3 } }', /upside down: found from 1 to 1/],
    ['space: { a: { from: 0, to: 1, scale: log, count: 3 } }', /a logarithmic range that reaches 0/],
    ['space: { a: { from: 0, to: 1 } }', /a range without a count in a grid/],
    ['space: { a: { from: 0, to: 1, cuont: 3 } }', /unknown key: found "cuont".*did you mean "count"/],
    ['space: { a: [1, 2, 1] }', /a value is there twice: found 1/],
    ['space: { a: [1] }\nmethod: random', /budget: a method that could go on for ever/],
    ['space: { a: [1] }\nmethod: annealing', /method: wrong value: found "annealing", expected grid or random or cma-es/],
    ['space: { a: [1] }\nseeds: [1, 2]\ntestSeeds: [2, 3]', /testSeeds: a seed that chooses and is tested: found 2/],
    ['space: { a: [1] }\nseeds: [4, 4]', /seeds: a seed is there twice/],
    ['space: { a: [1] }\nrulse: [ep]', /rulse: unknown key.*did you mean "rules"/],
    ...['--job-name=x', '--job-n=x', '-J', '-Jx', '--array=0-3', '-a0-3', '--output=x', '--out=x', '-o'].map((option): [string, RegExp] => [
      `space: { a: [1] }\nslurm: { options: [--mem=2G, ${option}, x] }`, new RegExp(`s\\.yaml:5:\\d+: slurm\\.options\\.1: an option of sbatch that the sweep sets itself: found ${option}, expected none of --job-name`),
    ]),
    ['spcae: { a: [1] }', /space: a required key is missing/],
  ])('%j is refused', (text, expected) => {
    expect(refusal(text)).toMatch(expected);
  }); // prettier-ignore

  it('takes other options of sbatch as they are', () => {
    const options = ['--partition=main', '--open-mode=append', '-pmain', '-A', 'group', '--account=a', '--nodes=1']; // prettier-ignore
    expect(load(`space: { a: [1] }\nslurm: { options: [${options.join(', ')}] }`).slurm.options).toEqual(options);
  });

  it('has a JSON Schema that is not stale', () => {
    const written = JSON.parse(readFileSync(new URL('../../schema/sweep.schema.json', import.meta.url), 'utf8')) as object; // prettier-ignore
    expect(written).toEqual(JSON.parse(JSON.stringify(sweepJsonSchema())));
  });
});
