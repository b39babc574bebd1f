// Species: who belongs to which, how fitness is shared in them, and how many children each is granted. It breeds nobody.
import { ranked, type Scored } from '../search.ts';
import type { Genome } from './genome.ts';
import { type Compatibility, distance } from './vary.ts';

export interface Species {
  readonly id: number;
  /** Its best of the last generation; who is near it belongs to it. */
  readonly representative: Genome;
  readonly born: number;
  readonly best: number;
  /** Generation of its last record. */
  readonly improved: number;
}

/** A species with its members, the best first. */
export interface Peopled extends Species {
  readonly members: readonly Scored<Genome>[];
}

export interface SpeciesOptions {
  readonly compatibility: Compatibility;
  readonly threshold: number;
  /** Generations without a record after which a species counts a hundredth. */
  readonly stagnation: number;
}

/** Each individual joins the first species near enough, or founds one; empty species die. */
export function speciate(individuals: readonly Scored<Genome>[], before: readonly Species[], nextId: number, generation: number, options: SpeciesOptions): Peopled[] {
  const places = new Map<number, Scored<Genome>[]>(before.map(({ id }) => [id, []]));
  const all = [...before];
  for (const individual of individuals) {
    let home = all.find(({ representative }) => distance(individual.genome, representative, options.compatibility) < options.threshold);
    if (!home) {
      home = { id: nextId++, representative: individual.genome, born: generation, best: -Infinity, improved: generation };
      all.push(home);
      places.set(home.id, []);
    }
    places.get(home.id)!.push(individual);
  }
  return all.flatMap((species) => {
    const members = ranked(places.get(species.id)!);
    if (members.length === 0) return [];
    const [{ genome, fitness }] = members as [Scored<Genome>];
    const isRecord = fitness > species.best;
    return [{ ...species, members, representative: genome, best: isRecord ? fitness : species.best, improved: isRecord ? generation : species.improved }];
  });
} // prettier-ignore

/** Fitness below this, and that of failures, counts as this: shares have to be positive. */
const least = 1e-4;
const penalty = 0.01;
/** Every so many generations the worst species of some age is penalised (in the authors' program, not in the paper). */
const [pruneEvery, pruneAge] = [30, 20];

/**
 * Children of each species, `size` in all: in proportion to the sum of its members' shared fitness f / |S|, that is to its mean
 * fitness, whole parts first and a running carry of the rest. Stagnant species count a hundredth; the one that holds the
 * champion never does.
 */
export function quotas(
  species: readonly Peopled[],
  size: number,
  generation: number,
  options: SpeciesOptions,
): number[] {
  const best = species.reduce((at, one, k) => (one.members[0]!.fitness > species[at]!.members[0]!.fitness ? k : at), 0);
  const old = species.map((one, k) => ({ one, k })).filter(({ one, k }) => k !== best && generation - one.born >= pruneAge); // prettier-ignore
  const pruned = generation % pruneEvery === 0 && old.length > 0 ? old.reduce((a, b) => (b.one.members[0]!.fitness < a.one.members[0]!.fitness ? b : a)).k : -1; // prettier-ignore
  const means = species.map(({ members, improved }, k) => {
    const mean = members.reduce((sum, { fitness }) => sum + Math.max(least, fitness), 0) / members.length;
    const isStagnant = k !== best && generation - improved >= options.stagnation;
    return mean * (isStagnant ? penalty : 1) * (k === pruned ? penalty : 1);
  });
  const sum = means.reduce((a, b) => a + b, 0);
  let carry = 0;
  const granted = means.map((mean) => {
    const exact = (size * mean) / sum + carry;
    const whole = Math.floor(exact + 1e-9);
    carry = exact - whole;
    return whole;
  });
  // What rounding left goes to the largest quota.
  const missing = size - granted.reduce((a, b) => a + b, 0);
  granted[granted.indexOf(Math.max(...granted))]! += missing;
  return granted;
}

/** Of a population that has stood still: half each to the two species with the best members. */
export function rescue(species: readonly Peopled[], size: number): number[] {
  const order = species.map((one, k) => ({ fitness: one.members[0]!.fitness, k }));
  const [first, second] = ranked(order);
  return species.map((_, k) => (k === first!.k ? size - (second ? size >> 1 : 0) : k === second?.k ? size >> 1 : 0));
}
