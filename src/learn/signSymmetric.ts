// Sign symmetry: feedback shares only the signs of the weights. `sign-symmetric` is uSF, c sign(W) with c = sqrt(2 / (pre + post))
// (the constant of Jiménez Sanfiz and Akrout, arXiv 2108.13446); `frsf` has fixed random magnitudes drawn once.
import { call, name as named, num } from '../expr/tools.ts';
import type { Operation } from '../program/program.ts';
import { carryDown, type Circuit, demandsOf, errorTransport, feedbackMatrix, feedbackOf, matricesBeside, pairsOf, type Workbench } from './errorTransport.ts'; // prettier-ignore
import { weightOf } from './forward.ts';
import type { Rule } from './rule.ts';

export function signSymmetric(): Rule {
  return rule('sign-symmetric', (bench) => signs(bench, false));
}

export function frsf(): Rule {
  return rule('frsf', (bench) => signs(bench, true));
}

/** Hardware must know the weights' signs on the way back, though not their values. */
const rule = (name: string, circuit: (bench: Workbench) => Circuit): Rule =>
  errorTransport({ name, demands: demandsOf({ symmetricWeights: true }), circuit });

function signs(bench: Workbench, random: boolean): Circuit {
  const matrices = matricesBeside(bench);
  const magnitudes = matrices.map(({ projection, initial }, k) => {
    const [pre, post] = bench.builder.shapeOf(weightOf(projection)) as [number, number];
    if (!random) return { projection, magnitude: num(Math.sqrt(2 / (pre + post))), kept: [] };
    const { buffer } = feedbackMatrix(bench, `${projection.name}.magnitude`, k, [pre, post]);
    return { projection, magnitude: named(buffer), kept: [{ buffer, initial: (seed: number) => initial(seed).map(Math.abs) }] };
  }); // prettier-ignore
  const follow = magnitudes.map(({ projection, magnitude }): Operation => {
    const units = bench.builder.shapeOf(weightOf(projection)).reduce((a, b) => a * b, 1);
    const value = call('mul', magnitude, call('sign', named(weightOf(projection))));
    return { op: 'map', units, assign: [{ into: feedbackOf(projection), value }] };
  });
  return {
    feedback: magnitudes.flatMap(({ kept }) => kept),
    transport: [...follow, ...carryDown(bench, feedbackOf)],
    pairs: pairsOf(matrices),
  };
}
