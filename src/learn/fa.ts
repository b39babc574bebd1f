// Feedback alignment: errors come down through fixed random matrices instead of the transposed weights.
// (Lillicrap, Cownden, Tweed, Akerman, Nat. Commun. 7:13276, 2016.)
import { carryDown, demandsOf, errorTransport, feedbackOf, matricesBeside, pairsOf } from './errorTransport.ts';
import type { Rule } from './rule.ts';

export function fa(): Rule {
  return errorTransport({
    name: 'fa',
    demands: demandsOf(),
    circuit(bench) {
      const feedback = matricesBeside(bench);
      return { feedback, transport: carryDown(bench, feedbackOf), pairs: pairsOf(feedback) };
    },
  });
}
