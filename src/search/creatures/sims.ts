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

/** One of the living, or of those they come from. Generations are counted from 1, as in the records of every search. */
export interface Ancestor extends Pick<Individual, 'id' | 'parents' | 'how'> {
  readonly generation: number;
  readonly score: number;
}

export interface SimsState extends State {
  /** The best first. */
  readonly alive: readonly Scored<Individual>[];
  readonly asked: readonly Individual[];
  /** Of the next child. */
  readonly next: number;
  /** The living and all they come from, by number. */
  readonly family: readonly Ancestor[];
  /** Those that were better than any before them. */
  readonly records: readonly { readonly generation: number; readonly score: number; readonly individual: Individual }[];
}

export interface SimsOptions {
  readonly population: number;
  readonly controller: Controller;
}

const living = 0.2;
/** Random ones for each that lives in the first generation: most lie still. */
const firstTries = 4;

export function sims({ population, controller }: SimsOptions): Algorithm<Individual, SimsState> {
  // One child at least.
  const survivors = Math.min(population - 1, Math.max(2, Math.round(living * population)));
  const parent = roulette<Individual>();
  const kept = truncation<Individual>();

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
      return { seed, generation: 0, alive: [], asked, next: asked.length, family: [], records: [] };
    },
    ask: ({ asked }) => asked,
    tell({ seed, generation, alive: before, asked, next, family, records }, scores) {
      const now = asked.map((genome, k): Scored<Individual> => ({ genome, ...scores[k]! }));
      const alive = kept(ranked([...before, ...now]), survivors, draws(seed, 'survivors', generation, 0));
      const count = population - alive.length;
      const children = Array.from({ length: count }, (_, k) => child(alive, next + k, draws(seed, 'mutate', generation + 1, k))); // prettier-ignore
      const born = now.map(({ genome: { id, parents, how }, fitness }): Ancestor => ({ id, parents, how, generation: generation + 1, score: Math.max(0, fitness) })); // prettier-ignore
      const [first] = alive;
      const better = first && first.failure === null && first.fitness > (records.at(-1)?.score ?? 0);
      return {
        seed,
        generation: generation + 1,
        alive,
        asked: children,
        next: next + count,
        family: comingFrom(
          [...family, ...born],
          alive.map(({ genome }) => genome.id),
        ),
        records: better
          ? [...records, { generation: generation + 1, score: first.fitness, individual: first.genome }]
          : records,
      };
    },
    // Shapes: how many different numbers of nodes and edges there are, as a share.
    diversity: ({ asked }) => new Set(asked.map(({ genotype }) => `${genotype.nodes.length} ${genotype.edges.length}`)).size / Math.max(1, asked.length), // prettier-ignore
  };
}

/** Of all that were born, those with these numbers and all that they come from. */
export function comingFrom(born: readonly Ancestor[], ids: readonly number[]): Ancestor[] {
  const known = new Map(born.map((each) => [each.id, each]));
  const needed = new Set(ids);
  for (const id of needed) for (const parent of known.get(id)?.parents ?? []) needed.add(parent);
  return born.filter(({ id }) => needed.has(id));
}
