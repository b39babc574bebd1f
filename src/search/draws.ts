// Random numbers for one individual at one stage of one generation: a sequence of its own, a pure function of its place, so
// that no order of work and no number of threads changes what it draws.
import { hashPlace, hashStep, normal } from '../math/random.ts';

/** Streams of their own: math/random.ts lists all. */
const stages = {
  initial: 36864,
  parents: 36865,
  recombine: 36866,
  mutate: 36867,
  survivors: 36868,
  task: 36869,
} as const;

export interface Draws {
  /** On (0, 1), 52 bits. */
  uniform(): number;
  /** Mean 0, variance 1. */
  normal(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  chance(probability: number): boolean;
  one<T>(among: readonly T[]): T;
}

export function draws(seed: number, stage: keyof typeof stages, generation: number, individual: number): Draws {
  const stream = stages[stage];
  const place = hashPlace(seed, stream, generation, individual);
  let step = 0;
  const uniform = (): number => {
    const high = hashStep(place, step++) >>> 6;
    const low = hashStep(place, step++) >>> 6;
    return (high * 67108864 + low + 0.5) / 4503599627370496;
  };
  const below = (limit: number): number => Math.floor(uniform() * limit);
  return {
    uniform,
    below,
    normal: () => normal(seed, stream, generation, individual, step++),
    chance: (probability) => uniform() < probability,
    one: (among) => among[below(among.length)]!,
  };
}
