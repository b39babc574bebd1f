// Selection: who becomes a parent and who survives. Each operator is a small function of scores; none knows a genome.
import type { Draws } from './draws.ts';
import type { Pool, SelectParents, SelectSurvivors } from './generational.ts';
import { ranked, type Scored } from './search.ts';

const times = <T>(count: number, make: (k: number) => T): T[] => Array.from({ length: count }, (_, k) => make(k));

/** Every individual in turn: evolutionary programming. */
export const everyone =
  <G>(): SelectParents<G> =>
  (population, size) =>
    times(size, (k) => population[k % population.length]!);

/** Each as likely as the others: no selection. */
export const uniformly =
  <G>(): SelectParents<G> =>
  (population, size, random) =>
    times(size, () => random.one(population));

/** The best of `rivals` drawn with repetition, each time. */
export const tournament =
  <G>(rivals: number): SelectParents<G> =>
  (population, size, random) =>
    times(size, () => ranked(times(rivals, () => random.one(population)))[0]!);

/** In proportion to fitness, each drawn alone. What is below 0 or failed counts as 0; if all do, each is as likely. */
export const roulette =
  <G>(): SelectParents<G> =>
  (population, size, random) => {
    const wheel = wheelOf(population.map(({ fitness }) => Math.max(0, fitness)));
    return times(size, () => population[wheel(random.uniform())]!);
  };

/** In proportion to fitness with one spin of equally spaced pointers: each count is its expectation, rounded up or down. Mates are neighbours, so copies are spread. */
export const stochasticUniversal =
  <G>(): SelectParents<G> =>
  (population, size, random) => {
    const wheel = wheelOf(population.map(({ fitness }) => Math.max(0, fitness)));
    const spin = random.uniform();
    const chosen = times(size, (k) => population[wheel((k + spin) / size)]!);
    return anyone<G>()(chosen, size, random);
  };

/** By rank alone: the best is `pressure` (1 to 2) times as likely as the average, the worst 2 - `pressure` times. */
export const linearRank =
  <G>(pressure: number): SelectParents<G> =>
  (population, size, random) => {
    const order = ranked(population);
    const last = Math.max(1, order.length - 1);
    const wheel = wheelOf(order.map((_, place) => 2 - pressure + (2 * (last - place) * (pressure - 1)) / last));
    return times(size, () => order[wheel(random.uniform())]!);
  };

/** A share of the whole in [0, 1) to the place that holds it. */
function wheelOf(weights: readonly number[]): (share: number) => number {
  const sum = weights.reduce((a, b) => a + b, 0);
  if (sum === 0) return (share) => Math.floor(share * weights.length);
  return (share) => {
    let left = share * sum;
    let last = 0;
    for (let k = 0; k < weights.length; k++) {
      if (weights[k]! === 0) continue;
      last = k;
      if (left < weights[k]!) return k;
      left -= weights[k]!;
    }
    return last;
  };
}

export type Among<G> = (candidates: readonly Scored<G>[], size: number, random: Draws) => Scored<G>[];

/** The best. */
export const truncation =
  <G>(): Among<G> =>
  (candidates, size) =>
    ranked(candidates).slice(0, size);

/** Any: no selection. */
export const anyone =
  <G>(): Among<G> =>
  (candidates, size, random) => {
    const left = [...candidates];
    return times(Math.min(size, left.length), () => left.splice(random.below(left.length), 1)[0]!);
  };

/** Those who win most against `rivals` drawn opponents each (a better or an equal fitness wins); equals by fitness. */
export const opponents =
  <G>(rivals: number): Among<G> =>
  (candidates, size, random) => {
    const wins = new Map(candidates.map((one) => [one, times(rivals, () => random.one(candidates)).filter(({ fitness }) => one.fitness >= fitness).length])); // prettier-ignore
    return ranked(candidates).sort((a, b) => wins.get(b)! - wins.get(a)!).slice(0, size); // prettier-ignore
  };

/** Parents die. */
export const comma =
  <G>(select: Among<G>): SelectSurvivors<G> =>
  ({ children }, size, random) =>
    select(children, size, random);

/** Parents live as long as they are good enough. */
export const plus =
  <G>(select: Among<G>): SelectSurvivors<G> =>
  ({ parents, children }, size, random) =>
    // Children first: of equals the younger one stays, so that a search drifts on plateaus.
    select([...children, ...parents], size, random);

/** Children replace parents, but for the best `elite` of them. */
export const elitist =
  <G>(elite: number): SelectSurvivors<G> =>
  ({ parents, children }: Pool<G>, size) => {
    const kept = ranked(parents).slice(0, elite);
    return [...kept, ...ranked(children).slice(0, Math.max(0, size - kept.length))];
  };
