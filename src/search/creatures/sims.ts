// Sims's own loop (1994): the best fifth lives, and gets children in proportion to its scores: two in five mutated copies, three in
// ten crossed, three in ten grafted. Each remembers whose child it is.
import { type Draws, draws } from '../draws.ts';
import { type Algorithm, ranked, type Scored, type State } from '../search.ts';
import { roulette, truncation } from '../select.ts';
import type { Controller, Genotype } from './genotype.ts';
import { crossed, grafted, mutated, randomGenotype } from './vary.ts';

export interface Individual {
  /** By which its children name it. */
  readonly id: number;
  /** None in the first generation. */
  readonly parents: readonly number[];
  readonly how: 'random' | 'mutation' | 'crossover' | 'graft';
  readonly genotype: Genotype;
}

export interface SimsState extends State {
  /** The best first. */
  readonly alive: readonly Scored<Individual>[];
  readonly asked: readonly Individual[];
  /** Of the next child. */
  readonly next: number;
}

export interface SimsOptions {
  readonly population: number;
  readonly controller: Controller;
}

const living = 0.2;
/** Random ones for each that lives in the first generation: most lie still. */
const firstTries = 4;

export function sims({ population, controller }: SimsOptions): Algorithm<Individual, SimsState> {
  const survivors = Math.max(2, Math.round(living * population));
  const parent = roulette<Individual>();
  const best = truncation<Individual>();

  function child(alive: readonly Scored<Individual>[], id: number, random: Draws): Individual {
    const [a, b] = parent(alive, 2, random) as [Scored<Individual>, Scored<Individual>];
    const way = random.uniform();
    if (way < 0.4) return { id, parents: [a.genome.id], how: 'mutation', genotype: mutated(a.genome.genotype, random, controller) };
    const [how, mix] = way < 0.7 ? (['crossover', crossed] as const) : (['graft', grafted] as const);
    const mixed = mix(a.genome.genotype, b.genome.genotype, random);
    // A mixed child changes less often.
    const genotype = random.chance(0.5) ? mutated(mixed, random, controller) : mixed;
    return { id, parents: [a.genome.id, b.genome.id], how, genotype };
  } // prettier-ignore
  return {
    name: 'sims',
    begin(seed) {
      const asked = Array.from({ length: firstTries * population }, (_, id): Individual => ({ id, parents: [], how: 'random', genotype: randomGenotype(draws(seed, 'initial', 0, id), controller) })); // prettier-ignore
      return { seed, generation: 0, alive: [], asked, next: asked.length };
    },
    ask: ({ asked }) => asked,
    tell({ seed, generation, alive: before, asked, next }, scores) {
      const now = asked.map((genome, k): Scored<Individual> => ({ genome, ...scores[k]! }));
      const alive = best(ranked([...before, ...now]), survivors, draws(seed, 'survivors', generation, 0));
      const count = population - alive.length;
      const children = Array.from({ length: count }, (_, k) => child(alive, next + k, draws(seed, 'mutate', generation + 1, k))); // prettier-ignore
      return { seed, generation: generation + 1, alive, asked: children, next: next + count };
    },
    // Shapes: how many different numbers of nodes and edges there are, as a share.
    diversity: ({ asked }) => new Set(asked.map(({ genotype }) => `${genotype.nodes.length} ${genotype.edges.length}`)).size / Math.max(1, asked.length), // prettier-ignore
  };
}
