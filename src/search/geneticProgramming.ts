// Genetic programming (Koza 1992): expressions as trees, tournaments, subtrees that change places, a cap on height and, of equally
// good trees, the smaller one first.
import { print } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import { generational, type SelectParents } from './generational.ts';
import type { Scored } from './search.ts';
import { elitist } from './select.ts';
import { capped, halfAndHalf, hoistMutation, type Language, pointMutation, shrinkMutation, subtreeMutation, subtreeSwap, type TreeMutation, treeSize } from './trees.ts'; // prettier-ignore

export interface GeneticProgrammingOptions {
  readonly language: Language;
  readonly population?: number;
  readonly rivals?: number;
  readonly crossover?: number;
  readonly mutation?: number;
  readonly mutations?: readonly TreeMutationName[];
  /** Depths of the first generation. */
  readonly depths?: readonly [number, number];
  readonly height?: number;
}

export type TreeMutationName = 'subtree' | 'point' | 'hoist' | 'shrink';

/** Lexicographic parsimony: fitness, then size. */
const parsimonious =
  (rivals: number): SelectParents<Tree> =>
  (population, size, random) =>
    Array.from({ length: size }, () => {
      let best: Scored<Tree> = random.one(population);
      for (let k = 1; k < rivals; k++) {
        const other = random.one(population);
        const smaller = other.fitness === best.fitness && treeSize(other.genome) < treeSize(best.genome);
        if (other.fitness > best.fitness || smaller) best = other;
      }
      return best;
    });

export function geneticProgramming(options: GeneticProgrammingOptions) {
  const { language, population = 1000, rivals = 5, crossover = 0.9, mutation = 0.3, depths = [1, 4], height = 17 } = options; // prettier-ignore
  const all: Readonly<Record<TreeMutationName, TreeMutation>> = {
    subtree: subtreeMutation(language, 2), point: pointMutation(language), hoist: hoistMutation, shrink: shrinkMutation,
  }; // prettier-ignore
  const mutations = (options.mutations ?? ['subtree', 'point', 'hoist', 'shrink']).map((each) => all[each]);
  const swap = subtreeSwap(crossover, height);
  return generational<Tree, Tree>({
    name: 'genetic-programming',
    population,
    offspring: population,
    initialise: (random, individual) => halfAndHalf(language, depths[0], depths[1], individual, random),
    selectParents: parsimonious(rivals),
    recombine: swap,
    mutate(tree, random) {
      if (!random.chance(mutation)) return tree;
      return capped(random.one(mutations)(tree, random), tree, height);
    },
    selectSurvivors: elitist(1),
    express: (tree) => tree,
    /** Share of expressions that no earlier one repeats. */
    diversity: (trees) => (new Set(trees.map(print)).size - 1) / Math.max(1, trees.length - 1),
  });
}
