// How many Poisson spikes come in a step, from one uniform number: the number of cumulative probabilities it has passed.
import { SettleError } from '../../errors.ts';
import { formula } from '../../expr/formula.ts';
import type { Tree } from '../../expr/tree.ts';

/** More than this many a step, and the clocked engine asks for a shorter one. */
const mostMean = 30;

/** A tree over the uniform number (24 bits) in `uniform`; `mean` spikes a step. Tails below 2^-24 are cut. */
export function driveCounts(mean: number, uniform: string, population: string): Tree {
  if (mean > mostMean)
    throw new SettleError('too many spikes of the drive in one step', {
      kind: 'input', path: `populations.${population}.drive.rate`, found: `${mean} on average`, expected: `at most ${mostMean}; a shorter step, or engine: event`,
    }); // prettier-ignore
  let count: Tree = { kind: 'number', value: 0 };
  let [probability, cumulative] = [Math.exp(-mean), 0];
  for (let k = 0; cumulative + probability < 1 - 2 ** -24; k++) {
    cumulative += probability;
    count = formula('n + (u >= c)', { n: count, u: uniform, c: cumulative });
    probability *= mean / (k + 1);
  }
  return count;
}
