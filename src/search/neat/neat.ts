// NEAT: topologies and weights evolve together from minimal networks (Stanley and Miikkulainen, Evolutionary Computation 10:99,
// 2002). Children are bred in one pass in their order, so that innovation numbers never depend on threads.
import { type Draws, draws } from '../draws.ts';
import { type Algorithm, ranked, type Scored, type State } from '../search.ts';
import { type Genome, minimal, type NodeFunction, type Shape } from './genome.ts';
import { type Counters, type Innovations, innovations } from './innovation.ts';
import { type Peopled, quotas, rescue, type Species, speciate } from './species.ts';
import {
  addLink,
  addNode,
  type Compatibility,
  cross,
  distance,
  enableLink,
  mutateWeights,
  toggleLink,
} from './vary.ts';

export interface NeatSettings {
  readonly population: number;
  readonly compatibility: Compatibility;
  /** Distance below which two genomes are of one species. */
  readonly threshold: number;
  /** Species wished for: the threshold moves by 0.3 a generation towards so many; null: it stays. */
  readonly speciesTarget: number | null;
  readonly addNode: number;
  readonly addLink: number;
  readonly mutateWeights: number;
  readonly power: number;
  readonly cap: number;
  /** Share of new links that close a cycle; 0: feed-forward. */
  readonly recurrent: number;
  readonly toggle: number;
  readonly enable: number;
  /** Share of a species that may have children. */
  readonly survival: number;
  readonly mutateOnly: number;
  readonly mateOnly: number;
  readonly averaged: number;
  readonly interspecies: number;
  readonly stagnation: number;
  /** What hidden nodes may do. */
  readonly functions: readonly NodeFunction[];
}

/** The paper's settings for exclusive or and double poles with velocities; N = 1 in the distance, as in the authors' program. */
export const neatDefaults: NeatSettings = {
  population: 150,
  compatibility: { excess: 1, disjoint: 1, weight: 0.4, normalised: false },
  threshold: 3,
  speciesTarget: null,
  addNode: 0.03,
  addLink: 0.05,
  mutateWeights: 0.9,
  power: 2.5,
  cap: 8,
  recurrent: 0,
  toggle: 0,
  enable: 0,
  survival: 0.2,
  mutateOnly: 0.25,
  mateOnly: 0.2,
  averaged: 0.4,
  interspecies: 0.001,
  stagnation: 15,
  functions: ['sigmoid'],
};

/**
 * The authors' settings for double poles without velocities, but for two: 150 genomes in place of 1,000, and a threshold that is
 * moved towards ten species. Left at 4 it parts half of all genomes from all others.
 */
export const neatWithoutVelocities: NeatSettings = {
  ...neatDefaults,
  compatibility: { excess: 1, disjoint: 1, weight: 3, normalised: false },
  threshold: 4,
  speciesTarget: 10,
  addNode: 0.01,
  addLink: 0.3,
  mutateWeights: 0.8,
  power: 1.8,
  recurrent: 0.05,
  toggle: 0.1,
  enable: 0.05,
  survival: 0.4,
};

export interface NeatState extends State {
  readonly asked: readonly Genome[];
  readonly species: readonly Species[];
  readonly nextSpecies: number;
  readonly counters: Counters;
  readonly threshold: number;
  /** The best fitness ever, and its generation: where it stands still for too long, the best two species start over. */
  readonly record: number;
  readonly recordAt: number;
}

/** A champion is copied into the next generation where its species is granted more children than this. */
const championFrom = 5;
/** Generations beyond a species' stagnation after which the whole population stands still. */
const patience = 5;

export function neat(shape: Shape, settings: Partial<NeatSettings> = {}): Algorithm<Genome, NeatState> {
  const all: NeatSettings = { ...neatDefaults, ...settings };
  const { population: size, compatibility } = all;
  return {
    name: 'neat',
    begin(seed) {
      const asked = Array.from({ length: size }, (_, k) => {
        const random = draws(seed, 'initial', 0, k);
        return minimal(shape, () => 2 * random.uniform() - 1);
      });
      const counters = { node: asked[0]!.nodes.length, innovation: asked[0]!.links.length };
      return {
        seed,
        generation: 0,
        asked,
        species: [],
        nextSpecies: 0,
        counters,
        threshold: all.threshold,
        record: -Infinity,
        recordAt: 0,
      };
    },
    ask: ({ asked }) => asked,
    tell(state, scores) {
      const { seed, generation } = state;
      const individuals = state.asked.map((genome, k): Scored<Genome> => ({ genome, ...scores[k]! }));
      const peopled = speciate(individuals, state.species, state.nextSpecies, generation, {
        ...all,
        threshold: state.threshold,
      });
      const top = Math.max(...individuals.map(({ fitness }) => fitness));
      const isRecord = top > state.record;
      const stuck = !isRecord && generation - state.recordAt >= all.stagnation + patience;
      const granted = stuck ? rescue(peopled, size) : quotas(peopled, size, generation, all);
      const numbers = innovations(state.counters);
      const asked = offspring(peopled, granted, (k) => draws(seed, 'mutate', generation + 1, k), numbers, all);
      return {
        seed,
        generation: generation + 1,
        asked,
        species: peopled.map(({ members: _, ...species }) => species),
        nextSpecies: Math.max(state.nextSpecies, ...peopled.map(({ id }) => id + 1)),
        counters: numbers.next(),
        threshold: moved(state.threshold, peopled.length, all.speciesTarget),
        record: Math.max(top, state.record),
        recordAt: isRecord || stuck ? generation : state.recordAt,
      };
    },
    diversity: ({ asked }) =>
      asked.slice(1).reduce((sum, genome, k) => sum + distance(genome, asked[k]!, compatibility), 0) /
      Math.max(1, asked.length - 1),
    species: ({ species }) => species.length,
  };
}

/** With fewer species than wished for they part sooner, with more later. */
const moved = (threshold: number, found: number, wished: number | null): number =>
  wished === null || found === wished ? threshold : Math.max(0.3, threshold + (found > wished ? 0.3 : -0.3));

type Parent = Scored<Genome>;

function offspring(species: readonly Peopled[], granted: readonly number[], randomOf: (child: number) => Draws, numbers: Innovations, settings: NeatSettings): Genome[] {
  const children: Genome[] = [];
  // The best species first: a partner from elsewhere is more often one of theirs.
  const champions = ranked(species.map(({ members }) => members[0]!));
  species.forEach(({ members }, k) => {
    const parents = members.slice(0, Math.floor(settings.survival * members.length) + 1);
    for (let child = 0; child < granted[k]!; child++) {
      if (child === 0 && granted[k]! > championFrom) children.push(members[0]!.genome);
      else children.push(bred(parents, champions, randomOf(children.length), numbers, settings));
    }
  });
  return children;
} // prettier-ignore

function bred(parents: readonly Parent[], champions: readonly Parent[], random: Draws, numbers: Innovations, settings: NeatSettings): Genome {
  const mother = random.one(parents);
  if (parents.length === 1 && champions.length === 1) return mutated(mother.genome, random, numbers, settings);
  if (random.chance(settings.mutateOnly)) return mutated(mother.genome, random, numbers, settings);
  const abroad = random.chance(settings.interspecies);
  const father = abroad ? champions[Math.floor(Math.min(1, Math.abs(random.normal()) / 4) * (champions.length - 1) + 0.5)]! : random.one(parents);
  const child = cross(...byFitness(mother, father), random.chance(settings.averaged), random);
  const alike = mother === father || distance(mother.genome, father.genome, settings.compatibility) === 0;
  return !alike && random.chance(settings.mateOnly) ? child : mutated(child, random, numbers, settings);
} // prettier-ignore

/** Of equally fit parents the smaller genome counts as fitter, as in the authors' program. */
function byFitness(a: Parent, b: Parent): [Genome, Genome] {
  const second = a.fitness < b.fitness || (a.fitness === b.fitness && a.genome.links.length > b.genome.links.length);
  return second ? [b.genome, a.genome] : [a.genome, b.genome];
}

/** A structural change, or changes of weights and switches. */
function mutated(genome: Genome, random: Draws, numbers: Innovations, settings: NeatSettings): Genome {
  if (random.chance(settings.addNode)) return addNode(genome, settings.functions, random, numbers);
  if (random.chance(settings.addLink)) return addLink(genome, settings.recurrent, random, numbers);
  let child = random.chance(settings.mutateWeights) ? mutateWeights(genome, settings, random) : genome;
  if (random.chance(settings.toggle)) child = toggleLink(child, random);
  if (random.chance(settings.enable)) child = enableLink(child);
  return child;
}
