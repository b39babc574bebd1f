// Evolution strategies, evolutionary programming and genetic algorithms on the sphere and on OneMax, beside progress theory.
import { describe, expect, it } from 'vitest';
import type { Algorithm, State } from '../../src/search/search.ts';
import { evolve, reached, serial } from '../../src/search/evolve.ts';
import { evolutionaryProgramming } from '../../src/search/evolutionaryProgramming.ts';
import { evolutionStrategy } from '../../src/search/evolutionStrategy.ts';
import { binaryGeneticAlgorithm, realGeneticAlgorithm } from '../../src/search/geneticAlgorithm.ts';
import { oneMax, sphere } from '../../src/search/tasks/functions.ts';
import { box } from '../../src/search/vectors.ts';
import { mean } from './runs.ts';

type Vectors<S extends State> = Algorithm<readonly number[], S>;
const evaluate = serial((x: readonly number[]) => -sphere(x));

/** n times the fall of ln(distance) in a generation, over the second half of a run, a mean of 4 seeds. */
async function progress<S extends State>(algorithm: Vectors<S>, n: number, generations: number): Promise<number> {
  const rates: number[] = [];
  for (const seed of [1, 2, 3, 4]) {
    const { records } = await evolve({ algorithm, evaluate, seed, until: { generations } });
    const half = generations >> 1;
    rates.push((-n * 0.5 * Math.log(records.at(-1)!.best! / records[half]!.best!)) / (records.length - 1 - half));
  }
  return mean(rates);
}

describe('evolution strategies on the sphere', () => {
  // Largest normalised progress for large n: mu c^2 / 2, c the expected mean of the best mu of 10 normal numbers (order
  // statistics 1.5388, 1.0014, 0.6561): 1.539 for (1, 10), 1.065 for (3/3, 10).
  it.each([
    ['(1, 10)', 1, 1, 1.539 ** 2 / 2],
    ['(3/3, 10)', 3, 3, (3 * 1.065 ** 2) / 2],
  ] as const)(
    '%s: the distance falls log-linearly, between 0.4 and 1.1 times the theoretical rate, as 1/n',
    async (_, mu, rho, most) => {
      for (const n of [20, 40]) {
        const rate = await progress(evolutionStrategy({ box: box(n, 1, 1.001), mu, rho, lambda: 10, sigmas: 'one', sigma: 1 / n }), n, 20 * n); // prettier-ignore
        expect(rate / most).toBeGreaterThan(0.4);
        expect(rate / most).toBeLessThan(1.1);
      }
    },
  );

  it('(5+20) with surviving parents converges too', async () => {
    const until = { target: -1e-10, evaluations: 20_000 };
    const found = await evolve({ algorithm: evolutionStrategy({ box: box(10, -5, 5), mu: 5, lambda: 20, parentsSurvive: true, sigmas: 'one' }), evaluate, seed: 1, until }); // prettier-ignore
    expect(reached(found, until)).toBe(true);
  });

  it('one step length for each number, (15, 100), recombined discretely', async () => {
    const until = { target: -1e-10, evaluations: 60_000 };
    const found = await evolve({ algorithm: evolutionStrategy({ box: box(10, -5, 5), recombination: 'discrete' }), evaluate, seed: 1, until }); // prettier-ignore
    expect(reached(found, until)).toBe(true);
    expect(found.evaluations).toBeLessThan(40_000);
  });
});

describe('evolutionary programming on the sphere', () => {
  it.each(['normal', 'cauchy'] as const)('with %s steps the distance falls log-linearly, as 1/n', async (steps) => {
    const rates: number[] = [];
    for (const n of [5, 10]) rates.push(await progress(evolutionaryProgramming({ box: box(n, 0.9, 1.1), population: 30, sigma: 1 / n, steps }), n, 20 * n)); // prettier-ignore
    for (const rate of rates) expect(rate).toBeGreaterThan(0.05);
    // The normalised rate depends on n only weakly.
    expect(rates[0]! / rates[1]!).toBeGreaterThan(1 / 3);
    expect(rates[0]! / rates[1]!).toBeLessThan(3);
  });
});

describe('genetic algorithms', () => {
  it.each(['tournament', 'rank'] as const)('OneMax of 100 bits by %s selection: solved', async (selection) => {
    const until = { target: 100, generations: 400 };
    const found = await evolve({ algorithm: binaryGeneticAlgorithm({ length: 100, selection }), evaluate: serial(oneMax), seed: 1, until }); // prettier-ignore
    expect(reached(found, until)).toBe(true);
  });

  // Proportional selection loses its grip where all are nearly as fit.
  it.each(['roulette', 'stochastic-universal'] as const)(
    'OneMax of 100 bits by %s selection: past 75',
    async (selection) => {
      const { champion } = await evolve({ algorithm: binaryGeneticAlgorithm({ length: 100, selection }), evaluate: serial(oneMax), seed: 1, until: { target: 100, generations: 100 } }); // prettier-ignore
      expect(champion!.score.fitness).toBeGreaterThan(75);
    },
  );

  it('the real-coded one comes close to the sphere’s minimum inside its box', async () => {
    const { champion } = await evolve({ algorithm: realGeneticAlgorithm({ box: box(10, -5, 5) }), evaluate, seed: 1, until: { generations: 200 } }); // prettier-ignore
    expect(champion!.score.fitness).toBeGreaterThan(-1e-2);
  });
});
