// CMA-ES over 20 seeds, beside counts measured elsewhere.
import { expect, it } from 'vitest';
import { cmaEs } from '../../src/search/cmaes.ts';
import { evolve, reached, serial } from '../../src/search/evolve.ts';
import { rastrigin } from '../../src/search/tasks/functions.ts';
import { cmaCounts, median, seeds } from './runs.ts';

it('sphere, Rosenbrock and ellipsoid in 10 dimensions: median evaluations within 20 %', async () => {
  for (const [f, mean, published] of cmaCounts) {
    const counts: number[] = [];
    for (const seed of seeds(20)) {
      const until = { target: -1e-10, evaluations: 20_000 };
      const found = await evolve({ algorithm: cmaEs({ mean: Array(10).fill(mean), sigma: 0.5 }), evaluate: serial((x: readonly number[]) => -f(x)), seed, until }); // prettier-ignore
      counts.push(reached(found, until) ? found.evaluations : Infinity);
    }
    console.log(`${f.name}: median ${median(counts)} (${Math.min(...counts)} to ${Math.max(...counts)}; ${counts.filter((each) => each === Infinity).length} never), measured elsewhere ${published}`); // prettier-ignore
    expect(Math.abs(median(counts) / published - 1)).toBeLessThan(0.2);
  }
});

it('Rastrigin in 10 dimensions with 300 candidates: at least 8 of 20 seeds', async () => {
  let found = 0;
  for (const seed of seeds(20)) {
    const until = { target: -1e-10, evaluations: 60_000 };
    const search = await evolve({ algorithm: cmaEs({ mean: Array(10).fill(2), sigma: 2, lambda: 300 }), evaluate: serial((x: readonly number[]) => -rastrigin(x)), seed, until }); // prettier-ignore
    if (reached(search, until)) found += 1;
  }
  console.log(`Rastrigin: ${found} of 20`);
  expect(found).toBeGreaterThanOrEqual(8);
});
