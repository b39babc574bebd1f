// Evolution strategies (Rechenberg, Schwefel): (mu/rho, lambda) and (mu/rho + lambda) with self-adapted step lengths; the best
// survive. One step length for all numbers or one for each.
import { generational } from './generational.ts';
import { comma, plus, truncation, uniformly } from './select.ts';
import { type Adaptive, type Box, inBox, selfAdaptive, strategyRecombination, vectorDiversity } from './vectors.ts';

export interface EvolutionStrategyOptions {
  readonly box: Box;
  readonly mu?: number;
  readonly lambda?: number;
  /** Parents of one child (default mu). */
  readonly rho?: number;
  /** Whether parents survive. Self-adaptation wants them not to: a lucky one with a useless step length would stay. */
  readonly parentsSurvive?: boolean;
  readonly sigma?: number;
  readonly sigmas?: 'one' | 'each';
  readonly recombination?: 'intermediate' | 'discrete';
}

export function evolutionStrategy(options: EvolutionStrategyOptions) {
  const { box, mu = 15, lambda = 100, rho = mu, parentsSurvive = false, sigma = 1, sigmas = 'each', recombination = 'intermediate' } = options; // prettier-ignore
  return generational<Adaptive, readonly number[]>({
    name: 'evolution-strategy',
    population: mu,
    offspring: lambda,
    initialise: (random) => ({ x: inBox(box, random), sigma: sigmas === 'one' ? [sigma] : box.low.map(() => sigma) }),
    selectParents: uniformly(),
    recombine: strategyRecombination(rho, recombination),
    mutate: selfAdaptive(),
    selectSurvivors: parentsSurvive ? plus(truncation()) : comma(truncation()),
    express: ({ x }) => x,
    diversity: vectorDiversity,
  });
}
