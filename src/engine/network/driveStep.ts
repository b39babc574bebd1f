// The Poisson drive of a group: how many spikes come to each unit in a step, from one uniform number: as many as there are
// cumulative probabilities that it has passed.
import { SettleError } from '../../errors.ts';
import { formula } from '../../expr/formula.ts';
import { num } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Builder } from '../../program/builder.ts';
import type { Operation } from '../../program/program.ts';
import type { Arrivals, Group } from './groups.ts';

/** More than this many a step, and the clocked engine asks for a shorter one. */
const mostMean = 30;

/** A tree over the uniform number (24 bits) in `uniform`; `mean` spikes a step. Tails below 2^-24 are cut. */
function driveCounts(mean: number, uniform: string, population: string): Tree {
  if (mean > mostMean)
    throw new SettleError('too many spikes of the drive in one step', {
      kind: 'input', path: `populations.${population}.drive.rate`, found: `${mean} on average`, expected: `at most ${mostMean}; a shorter step, or engine: event`,
    }); // prettier-ignore
  let count: Tree = num(0);
  let [probability, cumulative] = [Math.exp(-mean), 0];
  for (let k = 0; cumulative + probability < 1 - 2 ** -24; k++) {
    cumulative += probability;
    count = formula('n + (u >= c)', { n: count, u: uniform, c: cumulative });
    probability *= mean / (k + 1);
  }
  return count;
}

/** The buffer in which the spikes of a group's drive are counted, unit by unit. */
export const drivenBuffer = ({ name }: Group): string => `${name}.driven`;

/** Operations that draw the spikes of [t, t + dt) and let them act from t on. */
export function driveStep(builder: Builder, group: Group, { weight, terms }: Arrivals, dt: number, stream: number): Operation[] {
  const { units, name, population } = group;
  const uniform = builder.buffer(`${name}.uniform`, [units], { batch: true });
  const driven = builder.buffer(drivenBuffer(group), [units], { batch: true });
  const n = driveCounts(population.drive!.rate * dt, uniform, name);
  const assign = terms.map(({ into, factor }) => ({
    into, value: formula('a + w * factor * n', { a: into, w: weight * population.drive!.weight, factor: factor ?? 1, n }),
  }));
  return [
    { op: 'random', into: uniform, stream, low: 0, high: 1 },
    { op: 'map', units, assign: [...assign, { into: driven, value: formula('d + n', { d: driven, n }) }] },
  ];
} // prettier-ignore
