// Comparison files: what they say, what flags lay over them, and refusals with a place.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explain, type SettleError } from '../../src/errors.ts';
import { comparisonJsonSchema, comparisonSpec, isComparison, loadComparison } from '../../src/model/comparison.ts';

const text = `settleCompare: 1
name: rules
models: [xor]
rules: [bp, ep]
pair: { ep: moons }
seeds: 2
epochs: 5
set: { data.train: 100, learning.rates: { x->h: 0.1 } }
baseline: bp
trials: 3
validation: 20
grid:
  bp: { learning.rateDecay: [1, 0.9, 0.8] }
  all: { learning.momentum: [0, 0.5, 0.9] }
`;
const file = () => loadComparison(text, 'rules.yaml');
function refusal(broken: string): string {
  try {
    loadComparison(broken, 'rules.yaml');
  } catch (error) {
    return explain(error as SettleError);
  }
  return 'loaded';
}

describe('a comparison file', () => {
  it('is known by its first key', () => {
    expect(isComparison(text)).toBe(true);
    expect(isComparison('settle: 1\nname: settleCompare')).toBe(false);
  });

  it('says models, rules, pairs, seeds and trials', () => {
    expect(comparisonSpec(file(), {}, 'other')).toEqual({
      name: 'rules', models: ['xor'], rules: ['bp', 'ep'], pairs: [{ rule: 'ep', model: 'moons' }], profiles: [], seeds: [1, 2], epochs: 5,
      set: ['data.train=100', 'learning.rates={"x->h":0.1}'], baseline: 'bp',
      trials: {
        count: 3, validation: 20, epochs: null,
        grid: { bp: { 'learning.rateDecay': [1, 0.9, 0.8] }, all: { 'learning.momentum': [0, 0.5, 0.9] } },
      },
    }); // prettier-ignore
  });

  it('gives way to flags, and adds to models and values', () => {
    const spec = comparisonSpec(file(), { seeds: [7], epochs: 1, rules: ['fa'], models: ['bars'], set: ['step=1 ms'], trials: 2 }, 'x'); // prettier-ignore
    expect(spec).toMatchObject({ seeds: [7], epochs: 1, rules: ['fa'], models: ['xor', 'bars'], trials: { count: 2 } });
    expect(spec.set.at(-1)).toBe('step=1 ms');
  });

  it('profiles are names, or labels with changes; a sweep is a profile a value', () => {
    const chips = loadComparison(
      'settleCompare: 1\nname: c\nmodels: [xor]\nprofiles: { ideal: {}, two: { profile: ideal, set: { weight.bits: 2 } } }\nsweeps: { stuck: { profile: ideal, path: variation.stuck, values: [0.1, 0.2] } }\n',
      'c.yaml',
    );
    expect(comparisonSpec(chips, {}, 'c').profiles).toEqual([
      { label: 'ideal', profile: 'ideal', set: [], sweep: null },
      { label: 'two', profile: 'ideal', set: ['weight.bits=2'], sweep: null },
      { label: 'stuck 0.1', profile: 'ideal', set: ['variation.stuck=0.1'], sweep: { name: 'stuck', path: 'variation.stuck', value: 0.1 } },
      { label: 'stuck 0.2', profile: 'ideal', set: ['variation.stuck=0.2'], sweep: { name: 'stuck', path: 'variation.stuck', value: 0.2 } },
    ]); // prettier-ignore
    expect(comparisonSpec(chips, { profiles: ['odin'] }, 'c').profiles).toEqual([{ label: 'odin', profile: 'odin', set: [], sweep: null }]); // prettier-ignore
  });

  it('left out means three seeds, own rules and no trials', () => {
    expect(comparisonSpec(null, { models: ['xor'] }, 'xor')).toEqual({
      name: 'xor', models: ['xor'], rules: [], pairs: [], profiles: [], seeds: [1, 2, 3], epochs: null, set: [], baseline: null, trials: null,
    }); // prettier-ignore
  });

  it.each([
    ['settleCompare: 1\nname: a\nmodles: [xor]', /rules\.yaml:3:1?.*modles: unknown key.*did you mean "models"/],
    [
      'settleCompare: 1\nname: a\nseeds: many',
      /seeds: wrong value: found "many", expected how many, or a list of seeds/,
    ],
    ['settleCompare: 2\nname: a', /settleCompare: wrong value: found 2, expected 1/],
    ['settleCompare: 1\nname: a\nepochs: 0', /epochs: .*found 0, expected/],
    ['settleCompare: 1\nname: a\ntrials: 4', /trials without a grid/],
    ['settleCompare: 1\nname: a\ngrid: { bp: { x: 3 } }', /grid\.bp\.x: wrong value: found 3, expected a list/],
    ['settleCompare: 1', /name: a required key is missing/],
  ])('is refused with a place: %j', (broken, expected) => {
    expect(refusal(broken)).toMatch(expected);
  });

  it('has a JSON Schema that is not stale (node scripts/schema.mjs)', () => {
    const written = JSON.parse(readFileSync(new URL('../../schema/comparison.schema.json', import.meta.url), 'utf8')) as object; // prettier-ignore
    expect(written).toEqual(JSON.parse(JSON.stringify(comparisonJsonSchema())));
  });
});
