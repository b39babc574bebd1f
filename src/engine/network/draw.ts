// Numbers of a distribution, each a pure function of where it stands: (seed, stream, row, index).
import { SettleError } from '../../errors.ts';
import { exp, log, log1p } from '../../math/elementary.ts';
import { normal, uniform24 } from '../../math/random.ts';
import type { Drawn } from '../../model/network.ts';

/** The number of a distribution at (row, index). */
export type Draw = (row: number, index: number) => number;

/** Draws outside [low, high] are drawn again; a distribution that keeps missing it is refused. */
const tries = 1000;

/** `list` distributions take value `index`. @throws SettleError of kind `input` when `low` and `high` leave nothing to draw */
export function drawOf(drawn: Drawn, seed: number, stream: number): Draw {
  switch (drawn.kind) {
    case 'constant':
      return () => drawn.value;
    case 'list':
      return (_, index) => drawn.values[index]!;
    case 'uniform':
      return (row, index) => drawn.low + (drawn.high - drawn.low) * uniform24(seed, stream, row, index, 0);
    default: {
      const shape = shapeOf(drawn);
      const { low, high } = drawn;
      return (row, index) => {
        for (let step = 0; step < tries; step++) {
          const value = shape(seed, stream, row, index, step);
          if (value >= low && value <= high) return value;
        }
        throw new SettleError(`a ${drawn.kind} distribution does not reach its range`, {
          kind: 'input',
          found: `no value in ${tries} draws`,
          expected: `low and high around its mean (${low} to ${high} given)`,
        });
      };
    }
  }
}

type Sample = (seed: number, stream: number, row: number, index: number, step: number) => number;

function shapeOf(drawn: Exclude<Drawn, { kind: 'constant' | 'list' | 'uniform' }>): Sample {
  if (drawn.kind === 'exponential') return (...at) => -drawn.scale * log1p(-uniform24(...at));
  const { mean, deviation } = drawn;
  if (drawn.kind === 'normal') return (...at) => mean + deviation * normal(...at);
  // Mean and deviation are those of the lognormal itself.
  const variance = log(1 + (deviation / mean) ** 2);
  const [place, width] = [log(mean) - variance / 2, Math.sqrt(variance)];
  return (...at) => exp(place + width * normal(...at));
}
