// Evolutionary programming (Fogel; Yao, Liu and Lin 1999): every parent has one child, nothing is recombined, survivors win
// most of a few drawn comparisons. Steps are normal, or Cauchy in the fast variant.
import { copied, generational } from './generational.ts';
import { everyone, opponents, plus } from './select.ts';
import { type Adaptive, type Box, cauchy, inBox, selfAdaptive, vectorDiversity } from './vectors.ts';

export interface EvolutionaryProgrammingOptions {
  /** Where the first generation is drawn. */
  readonly box: Box;
  readonly population?: number;
  readonly opponents?: number;
  readonly sigma?: number;
  readonly steps?: 'normal' | 'cauchy';
}

export function evolutionaryProgramming(options: EvolutionaryProgrammingOptions) {
  const { box, population = 100, opponents: rivals = 10, sigma = 3, steps = 'normal' } = options;
  return generational<Adaptive, readonly number[]>({
    name: 'evolutionary-programming',
    population,
    offspring: population,
    initialise: (random) => ({ x: inBox(box, random), sigma: box.low.map(() => sigma) }),
    selectParents: everyone(),
    recombine: copied(),
    mutate: steps === 'cauchy' ? selfAdaptive(cauchy) : selfAdaptive(),
    selectSurvivors: plus(opponents(rivals)),
    express: ({ x }) => x,
    diversity: vectorDiversity,
  });
}
