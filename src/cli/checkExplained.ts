// What `settle check --explain` adds: what is compared, by which formulas, and what each mode of differentiation costs.
import type { CheckResult } from '../run/checkResult.ts';
import { noteOf } from '../run/notes.ts';
import { thousands } from './progress.ts';

export function explanation(found: CheckResult): string {
  if (found.follows === 'the mean field') return spiking;
  const { formulas } = noteOf(found.rule);
  return [
    `\nThe rule ${found.rule}:\n`,
    ...formulas.map((formula) => `  ${formula}\n`),
    found.settling ? settling : pass,
    modes(found),
    '\n',
  ].join('');
}

const pass = `
What is compared, in float64: the gradient of the mean cost of the examples by reverse mode; finite differences of the cost that
the rule's Program computes, along the gradient and along a random direction in each buffer; forward mode along the same ones;
and the rule's update of these examples, at rate 1 and without momentum or decay. Cosine 1 and relative error 0 is descent itself.
`;
const settling = `
What is compared, in float64: the network settles until it is still; the gradient of its cost is the sum over steps of
backpropagation through time there. Finite differences settle again with numbers moved along the gradient and along a random
direction. The update is the rule's own, at its beta and its number of steps: those limit how close it comes, and the table of
errors shows what is left of it as beta goes to 0. RMSE over time: root of sum_t (a - b)^2 / max(sum_t a^2, sum_t b^2) of each
synapse, averaged over a layer. A unit within beta of a kink of its activation breaks the order in beta, not the limit.
`;

function modes({ differentiation: d }: CheckResult): string {
  if (!d)
    return '\nForward and reverse mode: not for this form of energy (states as features, energy -s * (input + b), dynamics: map).\n';
  const count = (passes: number, multiplyAdds: number): string => `${thousands(passes)} ${passes === 1 ? 'pass' : 'passes'}, ${thousands(multiplyAdds)} multiply-adds`; // prettier-ignore
  return (
    `\nForward and reverse mode (of ${d.of}, ${thousands(d.numbers)} learned numbers, ${thousands(d.value)} multiply-adds for the cost alone):\n` +
    `  reverse mode (vector-Jacobian product) has the whole gradient in ${count(d.reverse.passes, d.reverse.multiplyAdds)}\n` +
    `  forward mode (Jacobian-vector product) would take ${count(d.forward.passes, d.forward.multiplyAdds)}, one for each number\n` +
    `  they agree with the gradient above to ${d.error === 0 ? '0' : d.error.toExponential(1)}\n`
  );
}

const spiking = `
The exact gradient is that of the free cost in the noise-free mean field of the network (rates in place of spikes), by
implicit differentiation. Finite differences of the same cost test it on its eight largest entries; they may miss it by 2 %.
The update is what the rule does to the weights for one batch, at its own beta and windows, from the network's start:
cosine 1 and length 1 would be the exact gradient. A large beta and spike noise lower both; a network learns well below 1.
`;
