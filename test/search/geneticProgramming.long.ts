// Genetic programming on Koza's quartic over 50 seeds.
import { expect, it } from 'vitest';
import type { Tree } from '../../src/expr/tree.ts';
import { evolve, serial } from '../../src/search/evolve.ts';
import { geneticProgramming } from '../../src/search/geneticProgramming.ts';
import { quartic } from '../../src/search/tasks/regression.ts';
import { shown } from '../../src/search/trees.ts';
import { mean, seeds } from './runs.ts';

it('finds x^4 + x^3 + x^2 + x with at least 80 % of 50 seeds', async () => {
  const counts: number[] = [];
  let shortest = '';
  for (const seed of seeds(50)) {
    const { solved, evaluations, champion } = await evolve({ algorithm: geneticProgramming({ language: quartic.language }), evaluate: serial((tree: Tree) => quartic.evaluate(tree)), seed, until: { generations: 50 } }); // prettier-ignore
    if (!solved) continue;
    counts.push(evaluations);
    const text = shown(champion!.candidate);
    if (shortest === '' || text.length < shortest.length) shortest = text;
  }
  console.log(`quartic: ${counts.length} of 50, mean ${Math.round(mean(counts))} evaluations, shortest ${shortest}`);
  expect(counts.length).toBeGreaterThanOrEqual(40);
});
