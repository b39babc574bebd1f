// Weight mirror: between updates every hidden layer sends white noise xi, and feedback becomes an average that forgets of
// xi (x) W xi, whose mean is W (uniform noise of variance 1). (Akrout et al., NeurIPS 2019, arXiv 1904.05391.)
import { call, name as named, num } from '../expr/tools.ts';
import type { Operation } from '../program/program.ts';
import { carryDown, demandsOf, errorTransport, feedbackOf, matricesBeside, pairsOf } from './errorTransport.ts';
import { weightOf } from './forward.ts';
import { refuseKernels } from './layers.ts';
import type { Rule } from './rule.ts';

/** Streams of the noise, one a layer. */
const noiseStream = 28672;

export function weightMirror(): Rule {
  return errorTransport({
    name: 'weight-mirror',
    demands: demandsOf({ phases: 3 }),
    circuit(bench) {
      const { builder, model, hidden } = bench;
      refuseKernels('weight-mirror', model, 'noise of one layer tells nothing of a kernel');
      const { rate, decay } = model.learning.feedback;
      const feedback = matricesBeside(bench);
      for (const parameter of ['mirrorRate', 'mirrorDecay']) builder.parameter(parameter);
      const batch = { batch: true };
      const noise = hidden.map(({ name, units }, k): Operation => {
        const into = builder.buffer(`${name}.noise`, [units], batch);
        return { op: 'random', into, stream: noiseStream + k, low: -Math.sqrt(3), high: Math.sqrt(3) };
      });
      const keep = call('sub', num(1), named('mirrorDecay'));
      const mirror = feedback.flatMap(({ projection, buffer }): Operation[] => {
        const [pre, post] = builder.shapeOf(buffer) as [number, number];
        const [from, into] = [`${projection.from}.noise`, builder.buffer(`${projection.name}.mirrored`, [post], batch)];
        return [
          { op: 'gather', from, weight: weightOf(projection), into, add: false },
          { op: 'map', units: pre * post, assign: [{ into: buffer, value: call('mul', keep, named(buffer)) }] },
          { op: 'outer', terms: [{ pre: from, post: into, sign: 1 }], scale: call('mul', named('mirrorRate'), named('perExample')), into: buffer, add: true },
        ]; // prettier-ignore
      });
      return {
        feedback,
        transport: carryDown(bench, feedbackOf),
        afterUpdate: [...noise, ...mirror],
        pairs: pairsOf(feedback),
        // Without a decay of its own the old feedback fades as fast as the new comes in: nothing grows without bounds.
        parameters: { mirrorRate: rate, mirrorDecay: decay > 0 ? decay : rate },
      };
    },
  });
}
