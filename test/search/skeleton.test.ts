// The skeleton's claim: mean fitness rises only where there is variation, heredity and selection. And: parents that survive or
// not, the same bits however many candidates are scored at a time.
import { describe, expect, it } from 'vitest';
import { type Bits, flips, randomBits, twoPoint } from '../../src/search/bits.ts';
import { evolve, parallel, reached, serial } from '../../src/search/evolve.ts';
import { copied, generational, type Operators } from '../../src/search/generational.ts';
import { binaryGeneticAlgorithm } from '../../src/search/geneticAlgorithm.ts';
import { anyone, comma, plus, tournament, truncation, uniformly } from '../../src/search/select.ts';
import { decodeSearch, encodeSearch } from '../../src/search/state.ts';
import { oneMax } from '../../src/search/tasks/functions.ts';
import { vectorDiversity } from '../../src/search/vectors.ts';
import { mean } from './runs.ts';

const length = 60;
const whole: Operators<Bits, Bits> = {
  name: 'test',
  population: 60,
  offspring: 60,
  initialise: (random) => randomBits(length, random),
  selectParents: tournament(3),
  recombine: twoPoint(0.5),
  mutate: flips(1 / length),
  selectSurvivors: comma(truncation()),
  express: (bits) => bits,
  diversity: vectorDiversity,
};
const clone = Array.from({ length }, (_, k) => k % 2);

async function means(operators: Operators<Bits, Bits>): Promise<number[]> {
  const { records } = await evolve({ algorithm: generational(operators), evaluate: serial(oneMax), seed: 5, until: { generations: 40 } }); // prettier-ignore
  return records.map((record) => record.mean!);
}
const rise = (values: readonly number[]): number => mean(values.slice(-10)) - mean(values.slice(0, 1));

describe('the skeleton', () => {
  it('with variation, heredity and selection mean fitness rises', async () => {
    expect(rise(await means(whole))).toBeGreaterThan(20);
  });

  it('without variation it does not: clones stay what they are', async () => {
    const values = await means({ ...whole, initialise: () => clone, mutate: (bits) => bits });
    expect(new Set(values)).toEqual(new Set([length / 2]));
  });

  it('without new variation it rises no further than the best of the first generation', async () => {
    const { records } = await evolve({ algorithm: generational({ ...whole, recombine: copied<Bits>(), mutate: (bits: Bits) => bits }), evaluate: serial(oneMax), seed: 5, until: { generations: 40 } }); // prettier-ignore
    const first = records[0]!.best!;
    for (const { best, mean: average } of records) {
      expect(best).toBeLessThanOrEqual(first);
      expect(average).toBeLessThanOrEqual(first);
    }
    expect(records.at(-1)!.diversity).toBe(0);
  });

  it('without heredity it does not: children are drawn anew whoever their parents are', async () => {
    const forgetful = { parents: 1, children: 1, cross: (_: readonly Bits[], random: Parameters<typeof whole.initialise>[0]) => [randomBits(length, random)] }; // prettier-ignore
    expect(Math.abs(rise(await means({ ...whole, recombine: forgetful })))).toBeLessThan(1.5);
  });

  it('without selection it does not: parents and survivors are any', async () => {
    const blind = { ...whole, selectParents: uniformly<Bits>(), selectSurvivors: comma(anyone<Bits>()) };
    // Drift alone: about one standard error of the mean of one bit string.
    expect(Math.abs(rise(await means(blind)))).toBeLessThan(3);
  });

  it('where parents survive the best never gets worse, where they die it may', async () => {
    const best = async (operators: Operators<Bits, Bits>): Promise<number[]> =>
      (await evolve({ algorithm: generational({ ...operators, mutate: flips(0.2) }), evaluate: serial(oneMax), seed: 2, until: { generations: 60 } })).state.population.map(({ fitness }) => fitness); // prettier-ignore
    expect(Math.max(...(await best({ ...whole, selectSurvivors: plus(truncation()) })))).toBeGreaterThan(
      Math.max(...(await best(whole))),
    );
  });

  it('gives the same bits one at a time, four at a time in any order, and after a stop', async () => {
    const algorithm = binaryGeneticAlgorithm({ length, population: 30 });
    const options = { algorithm, seed: 7, until: { generations: 20 } };
    const one = await evolve({ ...options, evaluate: serial(oneMax) });
    const late = (bits: Bits): Promise<number> => new Promise((resolve) => setTimeout(() => resolve(oneMax(bits)), (oneMax(bits) * 7) % 3)); // prettier-ignore
    const four = await evolve({ ...options, evaluate: parallel(late, 4) });
    expect(encodeSearch(four)).toBe(encodeSearch(one));
    const half = await evolve({ ...options, evaluate: serial(oneMax), until: { generations: 9 } });
    const rest = await evolve({ ...options, evaluate: serial(oneMax), from: decodeSearch(encodeSearch(half)) as typeof half }); // prettier-ignore
    expect(encodeSearch(rest)).toBe(encodeSearch(one));
  });

  it('ended by its target it goes on for a better one, with the bits of a search that had that from the start', async () => {
    const algorithm = binaryGeneticAlgorithm({ length, population: 30 });
    const options = { algorithm, seed: 7, evaluate: serial(oneMax) };
    const near = { target: 40, generations: 100 };
    const far = { target: 55, generations: 100 };
    const first = await evolve({ ...options, until: near });
    expect([reached(first, near), reached(first, far), first.solved]).toEqual([true, false, false]);
    const from = decodeSearch(encodeSearch(first)) as typeof first;
    const second = await evolve({ ...options, until: far, from });
    expect(reached(second, far)).toBe(true);
    expect(second.state.generation).toBeGreaterThan(first.state.generation);
    expect(encodeSearch(second)).toBe(encodeSearch(await evolve({ ...options, until: far })));
    const solves = serial((bits: Bits) => ({ fitness: oneMax(bits), solved: oneMax(bits) >= 40 }));
    expect((await evolve({ ...options, evaluate: solves, until: far })).solved).toBe(true);
  });

  it('an algorithm that asks for nothing is refused: it would go on for ever', async () => {
    const algorithm = { ...binaryGeneticAlgorithm({ length, population: 30 }), ask: () => [] };
    await expect(evolve({ algorithm, evaluate: serial(oneMax), seed: 1, until: { evaluations: 10 } })).rejects.toThrow(/asks for no candidate/); // prettier-ignore
  });

  it('a state keeps the numbers that JSON lacks', () => {
    const value = { a: [-Infinity, Infinity, -0, 0, 0.1 + 0.2, 5e-324], b: null };
    const back = decodeSearch(encodeSearch(value)) as typeof value;
    value.a.forEach((each, k) => expect(Object.is(back.a[k], each)).toBe(true));
  });
});
