// The control of every rule for hidden layers: they keep their random weights, and only what projects to the output learns.
import { demandsOf, errorTransport } from './errorTransport.ts';
import type { Rule } from './rule.ts';

export function shallow(): Rule {
  return errorTransport({
    name: 'shallow',
    demands: demandsOf({ secondCircuit: false, phases: 1, nonLocalSignals: false, activationDerivative: false }),
    circuit: ({ hidden }) => ({ transport: [], frozen: hidden }),
  });
}
