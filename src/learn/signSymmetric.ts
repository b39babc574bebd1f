// Sign symmetry: feedback shares only the signs of the weights. `sign-symmetric` is uSF, c sign(W) with c = sqrt(2 / (pre + post))
// (the constant of Jiménez Sanfiz and Akrout, arXiv 2108.13446; of a kernel, post times its taps); `frsf` has fixed random magnitudes drawn once, `brsf` draws
// them anew for every batch.
import { call, name as named, num } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Projection } from '../model/model.ts';
import type { Operation } from '../program/program.ts';
import { carryDown, type Circuit, demandsOf, errorTransport, feedbackMatrix, type FeedbackMatrix, feedbackOf, matricesBeside, pairsOf, type Workbench } from './errorTransport.ts'; // prettier-ignore
import { weightOf } from './forward.ts';
import { tapsOf, widthOf } from './initial.ts';
import { cannot } from './layers.ts';
import type { Rule } from './rule.ts';

export function signSymmetric(): Rule {
  return rule('sign-symmetric', (bench) =>
    signs(bench, ({ conv }, [pre, post]) => ({ value: num(widthOf('glorot-normal', pre, post, tapsOf(conv))) })),
  );
}

export function frsf(): Rule {
  return rule('frsf', (bench) =>
    signs(bench, (projection, shape, k) => {
      const { buffer, initial } = feedbackMatrix(bench, magnitudeOf(projection), k, shape, projection.conv);
      return { value: named(buffer), kept: { buffer, initial: (seed) => initial(seed).map(Math.abs) } };
    }),
  );
}

/** Streams of the magnitudes, one a projection. */
const magnitudeStream = 30720;

/** Nothing is kept: a batch's magnitudes come from its first example's number and the clock. */
export function brsf(): Rule {
  return rule('brsf', (bench) => {
    const { scheme, gain } = bench.model.learning.feedback.init;
    if (scheme !== 'glorot' && scheme !== 'uniform')
      throw cannot('brsf', 'it draws uniform magnitudes', 'learning.feedback.init', scheme, 'glorot or uniform');
    return signs(bench, (projection, [pre, post], k) => {
      const into = bench.builder.buffer(magnitudeOf(projection), [pre, post]);
      const high = gain * widthOf(scheme, pre, post, tapsOf(projection.conv));
      return { value: named(into), drawn: { op: 'random', into, stream: magnitudeStream + k, low: 0, high } };
    });
  });
}

/** Hardware must know the weights' signs on the way back, though not their values. */
const rule = (name: string, circuit: (bench: Workbench) => Circuit): Rule =>
  errorTransport({ name, demands: demandsOf({ symmetricWeights: true }), circuit });

const magnitudeOf = ({ name }: Projection): string => `${name}.magnitude`;

/** What the signs are multiplied by: a number or a matrix, which is kept or drawn before each use. */
interface Magnitude {
  readonly value: Tree;
  readonly kept?: FeedbackMatrix;
  readonly drawn?: Operation;
}

function signs(
  bench: Workbench,
  magnitude: (projection: Projection, shape: readonly [number, number], index: number) => Magnitude,
): Circuit {
  const matrices = matricesBeside(bench);
  const magnitudes = matrices.map(({ projection }, k) => {
    const shape = bench.builder.shapeOf(weightOf(projection)) as [number, number];
    return { projection, units: shape[0] * shape[1], ...magnitude(projection, shape, k) };
  });
  const follow = magnitudes.flatMap(({ projection, units, value, drawn }): Operation[] => {
    const signed = call('mul', value, call('sign', named(weightOf(projection))));
    return [...(drawn ? [drawn] : []), { op: 'map', units, assign: [{ into: feedbackOf(projection), value: signed }] }];
  });
  return {
    feedback: magnitudes.flatMap(({ kept }) => (kept ? [kept] : [])),
    transport: [...follow, ...carryDown(bench, feedbackOf)],
    pairs: pairsOf(matrices),
  };
}
