// The skeleton that most evolutionary algorithms share: initialise, evaluate, select parents, recombine, mutate, evaluate,
// select survivors. An algorithm is this with its operators named; the operators are in files of their own.
import { type Draws, draws } from './draws.ts';
import type { Algorithm, Scored, State } from './search.ts';

/** Everyone who may survive. */
export interface Pool<G> {
  readonly parents: readonly Scored<G>[];
  readonly children: readonly Scored<G>[];
}

export type SelectParents<G> = (population: readonly Scored<G>[], size: number, random: Draws) => Scored<G>[];
export type SelectSurvivors<G> = (pool: Pool<G>, size: number, random: Draws) => Scored<G>[];

/** So many parents make so many children. */
export interface Recombination<G> {
  readonly parents: number;
  readonly children: number;
  cross(parents: readonly G[], random: Draws): readonly G[];
}

export interface Operators<G, X> {
  readonly name: string;
  /** Individuals that live, and children of a generation. */
  readonly population: number;
  readonly offspring: number;
  initialise(random: Draws, individual: number): G;
  readonly selectParents: SelectParents<G>;
  readonly recombine: Recombination<G>;
  mutate(genome: G, random: Draws): G;
  /** Says whether parents survive: `plus` and `elitist` let them, `comma` does not. */
  readonly selectSurvivors: SelectSurvivors<G>;
  /** What of a genome is evaluated. */
  express(genome: G): X;
  diversity(candidates: readonly X[]): number;
}

export interface Generational<G> extends State {
  readonly population: readonly Scored<G>[];
  readonly asked: readonly G[];
}

export function generational<G, X>(operators: Operators<G, X>): Algorithm<X, Generational<G>> {
  const { population: size, recombine } = operators;
  function breed(population: readonly Scored<G>[], seed: number, generation: number): G[] {
    const families = Math.ceil(operators.offspring / recombine.children);
    const pool = operators.selectParents(
      population,
      families * recombine.parents,
      draws(seed, 'parents', generation, 0),
    );
    const children = Array.from({ length: families }, (_, k) => {
      const parents = pool.slice(k * recombine.parents, (k + 1) * recombine.parents).map(({ genome }) => genome);
      return recombine.cross(parents, draws(seed, 'recombine', generation, k));
    }).flat();
    return children
      .slice(0, operators.offspring)
      .map((child, k) => operators.mutate(child, draws(seed, 'mutate', generation, k)));
  }
  return {
    name: operators.name,
    begin: (seed) => ({
      seed,
      generation: 0,
      population: [],
      asked: Array.from({ length: size }, (_, k) => operators.initialise(draws(seed, 'initial', 0, k), k)),
    }),
    ask: ({ asked }) => asked.map((genome) => operators.express(genome)),
    tell({ seed, generation, population: parents, asked }, scores) {
      const children = asked.map((genome, k): Scored<G> => ({ genome, ...scores[k]! }));
      const random = draws(seed, 'survivors', generation, 0);
      const population = generation === 0 ? children : operators.selectSurvivors({ parents, children }, size, random);
      return { seed, generation: generation + 1, population, asked: breed(population, seed, generation + 1) };
    },
    diversity: ({ asked }) => operators.diversity(asked.map((genome) => operators.express(genome))),
  };
}

/** One parent, one child: nothing is recombined. */
export const copied = <G>(): Recombination<G> => ({ parents: 1, children: 1, cross: (parents) => parents });
