// Direct feedback alignment: the output's error reaches every hidden layer at once through fixed random matrices.
// (Nøkland, NeurIPS 2016, arXiv 1609.01596.) `learning.feedback.shared: true` uses one matrix for all layers.
import { broadcast } from './broadcast.ts';
import { demandsOf, errorTransport } from './errorTransport.ts';
import type { Rule } from './rule.ts';

export function dfa(): Rule {
  return errorTransport({
    name: 'dfa',
    demands: demandsOf(),
    circuit: (bench) => broadcast(bench, bench.output.error),
  });
}
