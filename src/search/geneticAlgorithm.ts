// Genetic algorithms (Holland, Goldberg, Deb): binary with tournaments, two-point crossover and rare flips, real-coded with
// simulated binary crossover and polynomial mutation; a generation replaces the last but for its best.
import { type Bits, bitByBit, flips, onePoint, randomBits, sometimes, twoPoint } from './bits.ts';
import { generational, type SelectParents } from './generational.ts';
import { elitist, linearRank, roulette, stochasticUniversal, tournament } from './select.ts';
import { type Box, inBox, polynomial, simulatedBinary, vectorDiversity } from './vectors.ts';

export type ParentSelection = 'tournament' | 'roulette' | 'stochastic-universal' | 'rank';

export interface GeneticAlgorithmOptions {
  readonly population?: number;
  readonly selection?: ParentSelection;
  readonly rivals?: number;
  readonly crossover?: number;
  readonly elite?: number;
}

export interface BinaryOptions extends GeneticAlgorithmOptions {
  readonly length: number;
  readonly points?: 'one-point' | 'two-point' | 'uniform';
  /** Share of the children that mutate, and probability of each of their bits to flip. */
  readonly mutated?: number;
  readonly flip?: number;
}

export interface RealOptions extends GeneticAlgorithmOptions {
  readonly box: Box;
  readonly etaCrossover?: number;
  readonly etaMutation?: number;
}

const selected = <G>(kind: ParentSelection, rivals: number): SelectParents<G> =>
  ({
    tournament: () => tournament<G>(rivals),
    roulette: () => roulette<G>(),
    'stochastic-universal': () => stochasticUniversal<G>(),
    rank: () => linearRank<G>(1.7),
  })[kind]();

export function binaryGeneticAlgorithm(options: BinaryOptions) {
  const { length, population = 300, selection = 'tournament', rivals = 3, crossover = 0.5, mutated = 0.2, flip = 0.05, elite = 1 } = options; // prettier-ignore
  const points = { 'one-point': onePoint, 'two-point': twoPoint, uniform: bitByBit }[options.points ?? 'two-point'];
  return generational<Bits, Bits>({
    name: 'genetic-algorithm',
    population,
    offspring: population,
    initialise: (random) => randomBits(length, random),
    selectParents: selected(selection, rivals),
    recombine: points(crossover),
    mutate: sometimes(mutated, flips(flip)),
    selectSurvivors: elitist(elite),
    express: (bits) => bits,
    diversity: vectorDiversity,
  });
}

export function realGeneticAlgorithm(options: RealOptions) {
  const { box, population = 100, selection = 'tournament', rivals = 2, crossover = 0.9, elite = 1, etaCrossover = 20, etaMutation = 20 } = options; // prettier-ignore
  return generational<readonly number[], readonly number[]>({
    name: 'genetic-algorithm',
    population,
    offspring: population,
    initialise: (random) => inBox(box, random),
    selectParents: selected(selection, rivals),
    recombine: simulatedBinary(box, etaCrossover, crossover),
    mutate: polynomial(box, etaMutation, 1 / box.low.length),
    selectSurvivors: elitist(elite),
    express: (x) => x,
    diversity: vectorDiversity,
  });
}
