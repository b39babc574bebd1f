// Random numbers of one individual's making: a counter of its own, so that nothing depends on who is made when.
import { normal, uniform24 } from '../../math/random.ts';

export interface Draw {
  /** In [0, 1). */
  uniform(): number;
  between(low: number, high: number): number;
  /** Whole, from 0 below `count`. */
  below(count: number): number;
  normal(): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
}

const stream = 40960;

/** The same numbers for the same seed, generation and individual. */
export function drawOf(seed: number, generation: number, individual: number): Draw {
  let step = 0;
  const uniform = (): number => uniform24(seed, stream, generation, individual, step++);
  const below = (count: number): number => Math.min(count - 1, Math.floor(uniform() * count));
  return {
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    below,
    normal: () => normal(seed, stream + 1, generation, individual, step++),
    chance: (probability) => uniform() < probability,
    pick: (from) => from[below(from.length)]!,
  };
}
