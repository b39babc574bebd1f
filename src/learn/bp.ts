// Backpropagation: errors come down through the transposed weights. (Rumelhart, Hinton, Williams, Nature 323:533, 1986.)
import { carryDown, demandsOf, errorTransport } from './errorTransport.ts';
import { weightOf } from './forward.ts';
import type { Rule } from './rule.ts';

export function bp(): Rule {
  return errorTransport({
    name: 'bp',
    demands: demandsOf({ symmetricWeights: true }),
    circuit: (bench) => ({ transport: carryDown(bench, weightOf) }),
  });
}
