// Kolen and Pollack's rule: feedback matrices move by the same products as the weights, and both decay by the same share, so
// that their difference shrinks by (1 - decay) a batch. (As in Akrout et al., NeurIPS 2019, arXiv 1904.05391.)
import { call, name as named, num } from '../expr/tools.ts';
import type { Operation } from '../program/program.ts';
import { carryDown, demandsOf, errorTransport, feedbackOf, matricesBeside, pairsOf } from './errorTransport.ts';
import { weightOf } from './forward.ts';
import type { Rule } from './rule.ts';

export function kolenPollack(): Rule {
  return errorTransport({
    name: 'kolen-pollack',
    demands: demandsOf(),
    circuit(bench) {
      const { builder, model } = bench;
      const { decay } = model.learning.feedback;
      const feedback = matricesBeside(bench);
      const learns = feedback.filter(({ projection }) => model.learning.rates[projection.name]! > 0);
      builder.parameter('feedbackDecay');
      const keep = call('sub', num(1), named('feedbackDecay'));
      const decayed = (into: string): Operation => {
        const units = builder.shapeOf(into).reduce((a, b) => a * b, 1);
        return { op: 'map', units, assign: [{ into, value: call('mul', keep, named(into)) }] };
      };
      const both = learns.flatMap(({ projection, buffer }) => [weightOf(projection), buffer]);
      return {
        feedback,
        transport: carryDown(bench, feedbackOf),
        follows: learns,
        beforeUpdate: decay > 0 ? both.map(decayed) : [],
        pairs: pairsOf(feedback),
        parameters: { feedbackDecay: decay },
      };
    },
  });
}
