// Operators one by one, against counts and moments that theory gives.
import { describe, expect, it } from 'vitest';
import { bitByBit, flips, onePoint, twoPoint } from '../../src/search/bits.ts';
import { draws } from '../../src/search/draws.ts';
import { evolve, serial } from '../../src/search/evolve.ts';
import { copied, generational } from '../../src/search/generational.ts';
import { type Score, type Scored, scoreOf } from '../../src/search/search.ts';
import { everyone, linearRank, opponents, plus, roulette, stochasticUniversal, tournament, truncation } from '../../src/search/select.ts'; // prettier-ignore
import { oneMax } from '../../src/search/tasks/functions.ts';
import { box, polynomial, simulatedBinary, vectorDiversity } from '../../src/search/vectors.ts';
import { mean } from './runs.ts';

const of = (fitness: number, k: number): Scored<number> => ({ ...scoreOf(fitness), genome: k });
const people = [3, 1, 0, 6, 2].map(of);
const counts = (chosen: readonly Scored<number>[]): number[] =>
  people.map(({ genome }) => chosen.filter((one) => one.genome === genome).length);

describe('selection', () => {
  it('stochastic universal sampling does not set copies side by side: neighbours mate', () => {
    const alike = Array.from({ length: 10 }, () => ({ genome: 0, fitness: 1, objectives: [1], solved: false, failure: null })).map((one, genome) => ({ ...one, genome })); // prettier-ignore
    let twins = 0;
    for (let seed = 0; seed < 200; seed++) {
      const found = stochasticUniversal<number>()(alike, 100, draws(seed, 'parents', 0, 0));
      for (let k = 0; k < 100; k += 2) if (found[k]!.genome === found[k + 1]!.genome) twins += 1;
    }
    // Ten copies of each: 9 of the 99 others are one's twins. Four standard errors of 10,000 pairs.
    expect(Math.abs(twins / 10_000 - 9 / 99)).toBeLessThan(0.0115);
  });

  it('stochastic universal sampling gives each the floor or the ceiling of its share', () => {
    for (let seed = 0; seed < 50; seed++) {
      const found = counts(stochasticUniversal<number>()(people, 17, draws(seed, 'parents', 0, 0)));
      found.forEach((count, k) => {
        const share = (17 * people[k]!.fitness) / 12;
        expect([Math.floor(share), Math.ceil(share)]).toContain(count);
      });
      expect(found.reduce((a, b) => a + b, 0)).toBe(17);
    }
  });

  it('the roulette and linear ranks give their shares on average', () => {
    const spun = counts(roulette<number>()(people, 60_000, draws(1, 'parents', 0, 0)));
    spun.forEach((count, k) => expect(count / 60_000).toBeCloseTo(people[k]!.fitness / 12, 2));
    // i = 0 worst: (2 - s) / mu + 2 i (s - 1) / (mu (mu - 1)).
    const rank = [3, 1, 0, 4, 2];
    const byRank = counts(linearRank<number>(1.6)(people, 60_000, draws(1, 'parents', 0, 0)));
    byRank.forEach((count, k) => expect(count / 60_000).toBeCloseTo(0.4 / 5 + (2 * rank[k]! * 0.6) / 20, 2));
  });

  it('of a tournament of k the best wins with probability 1 - (1 - 1/mu)^k', () => {
    const found = counts(tournament<number>(3)(people, 60_000, draws(1, 'parents', 0, 0)));
    expect(found[3]! / 60_000).toBeCloseTo(1 - 0.8 ** 3, 2);
  });

  it('the roulette stands fitness below 0, failures and a generation in which all fail', () => {
    const failed: Score = scoreOf(NaN);
    const bad = [{ ...failed, genome: 0 }, of(-2, 1), of(1, 2)];
    expect(new Set(roulette<number>()(bad, 200, draws(1, 'parents', 0, 0)).map(({ genome }) => genome))).toEqual(new Set([2])); // prettier-ignore
    const none = [
      { ...failed, genome: 0 },
      { ...failed, genome: 1 },
    ];
    expect(new Set(roulette<number>()(none, 200, draws(1, 'parents', 0, 0)).map(({ genome }) => genome))).toEqual(new Set([0, 1])); // prettier-ignore
  });

  it('with a thousand times as many opponents as there are, most wins are the best', () => {
    const crowd = Array.from({ length: 20 }, (_, k) => of(k, k));
    const kept = opponents<number>(20_000)(crowd, 5, draws(1, 'survivors', 0, 0)).map(({ genome }) => genome);
    expect(kept.sort((a, b) => a - b)).toEqual([15, 16, 17, 18, 19]);
  });
});

describe('crossover and mutation', () => {
  const [a, b] = [Array<number>(12).fill(0), Array<number>(12).fill(1)];
  it('of bit strings keeps every place between the two children, and cuts once, twice or anywhere', () => {
    const cuts = (bits: readonly number[]): number => bits.slice(1).filter((bit, k) => bit !== bits[k]).length;
    for (const [recombination, most] of [[onePoint(1), 1], [twoPoint(1), 2], [bitByBit(1), 11]] as const)
      for (let k = 0; k < 100; k++) {
        const [one, other] = recombination.cross([a, b], draws(3, 'recombine', 0, k));
        expect(one!.map((bit, place) => bit + other![place]!)).toEqual(b);
        expect(cuts(one!)).toBeLessThanOrEqual(most);
      } // prettier-ignore
  });

  it('simulated binary crossover keeps the mean of the parents away from bounds, and stays inside the box', () => {
    const wide = simulatedBinary(box(1, -1e9, 1e9), 20, 1);
    const tight = simulatedBinary(box(1, -1, 1), 2, 1);
    const spreads: number[] = [];
    for (let k = 0; k < 4000; k++) {
      const [one, other] = wide.cross([[1], [3]], draws(4, 'recombine', 0, k));
      expect(one![0]! + other![0]!).toBeCloseTo(4, 6);
      spreads.push(Math.abs(one![0]! - other![0]!) / 2);
      for (const [x] of tight.cross([[-0.9], [0.95]], draws(5, 'recombine', 0, k))) expect(Math.abs(x!)).toBeLessThanOrEqual(1); // prettier-ignore
    }
    // Half of the pairs are not crossed (spread 1); of the others the median of the spread factor is 1.
    const crossed = spreads.filter((spread) => spread !== 1);
    expect(crossed.length / 4000).toBeCloseTo(0.5, 1);
    expect(crossed.filter((spread) => spread < 1).length / crossed.length).toBeCloseTo(0.5, 1);
  });

  it('polynomial mutation stays inside the box and falls as far below as above in its middle', () => {
    const mutate = polynomial(box(1, 0, 1), 20, 1);
    const values = Array.from({ length: 4000 }, (_, k) => mutate([0.5], draws(6, 'mutate', 0, k))[0]!);
    expect(mean(values)).toBeCloseTo(0.5, 2);
    for (let k = 0; k < 500; k++) {
      const [x] = mutate([k % 2 === 0 ? 0.001 : 1], draws(7, 'mutate', 0, k));
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(1);
    }
  });
});

describe('the (1+1) algorithm on OneMax', () => {
  it('takes e n ln n - 1.8925 n + (e/2) ln n evaluations on average (n = 50, 200 runs, within 5 %)', async () => {
    const n = 50;
    const algorithm = generational({
      name: '1+1', population: 1, offspring: 1, selectParents: everyone(), recombine: copied(), mutate: flips(1 / n), selectSurvivors: plus(truncation()),
      initialise: (random) => Array.from({ length: n }, () => random.below(2)), express: (bits: readonly number[]) => bits, diversity: vectorDiversity,
    }); // prettier-ignore
    const counts: number[] = [];
    for (let seed = 0; seed < 200; seed++) counts.push((await evolve({ algorithm, evaluate: serial(oneMax), seed, until: { target: n } })).evaluations); // prettier-ignore
    const expected = Math.E * n * Math.log(n) - 1.8925 * n + (Math.E / 2) * Math.log(n);
    expect(Math.abs(mean(counts) / expected - 1)).toBeLessThan(0.05);
  });
});
