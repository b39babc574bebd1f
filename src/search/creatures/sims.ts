// Sims's own loop (1994): the best fifth lives, and gets children in proportion to its scores: two in five mutated copies, three in
// ten crossed, three in ten grafted. Who is evaluated where, and how many at once, is the caller's business.
import type { Draw } from './draw.ts';
import { drawOf } from './draw.ts';
import type { Controller, Genotype } from './genotype.ts';
import { crossed, grafted, mutated, randomGenotype } from './vary.ts';

export interface Individual {
  /** By which its children name it. */
  readonly id: number;
  /** Its parents; none in the first generation. */
  readonly parents: readonly number[];
  readonly how: 'random' | 'mutation' | 'crossover' | 'graft';
  readonly genotype: Genotype;
}
export interface Scored extends Individual {
  readonly score: number;
}

export interface SimsOptions {
  readonly seed: number;
  readonly population: number;
  readonly controller: Controller;
}

/** Share of a generation that lives on and has children. */
const living = 0.2;
/** Tries for a first creature that scores anything: most random ones lie still. */
export const firstTries = 4;

/** The generation before anything is known: more than live on. */
export function firstGeneration({ seed, population, controller }: SimsOptions): Individual[] {
  return Array.from({ length: population * firstTries }, (_, id) => ({ id, parents: [], how: 'random', genotype: randomGenotype(drawOf(seed, 0, id), controller) })); // prettier-ignore
}

/** The best fifth: higher scores first, older ones before equals; what is no number never counts. */
export function survivors(scored: readonly Scored[], population: number): Scored[] {
  const worth = ({ score }: Scored): number => (Number.isFinite(score) ? score : 0);
  return [...scored].sort((a, b) => worth(b) - worth(a) || a.id - b.id).slice(0, Math.max(2, Math.round(living * population)));
} // prettier-ignore

/** Children of the living, as many as make the generation full. */
export function children({ seed, population, controller }: SimsOptions, alive: readonly Scored[], generation: number, firstId: number): Individual[] {
  const total = alive.reduce((sum, { score }) => sum + Math.max(0, score), 0);
  const parent = (draw: Draw): Scored => {
    if (total === 0) return draw.pick(alive);
    let at = draw.uniform() * total;
    for (const each of alive) if ((at -= Math.max(0, each.score)) < 0) return each;
    return alive.at(-1)!;
  };
  return Array.from({ length: population - alive.length }, (_, k): Individual => {
    const draw = drawOf(seed, generation, k);
    const [a, b, way] = [parent(draw), parent(draw), draw.uniform()];
    if (way < 0.4) return { id: firstId + k, parents: [a.id], how: 'mutation', genotype: mutated(a.genotype, draw, controller) };
    const [how, mixed] = way < 0.7 ? (['crossover', crossed(a.genotype, b.genotype, draw)] as const) : (['graft', grafted(a.genotype, b.genotype, draw)] as const);
    // A mixed child changes less often.
    return { id: firstId + k, parents: [a.id, b.id], how, genotype: draw.chance(0.5) ? mutated(mixed, draw, controller) : mixed };
  });
} // prettier-ignore
