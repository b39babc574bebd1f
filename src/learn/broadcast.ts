// What direct rules share: one signal of the output goes straight to every hidden layer, e_l = (B_l signal) * f'(a_l), by a matrix
// for each or by one for all (Launay et al., arXiv 1906.04554: the widest layer's, of which each layer uses its first rows).
import { call, name as named } from '../expr/tools.ts';
import type { Operation } from '../program/program.ts';
import { type Circuit, feedbackMatrix, matrixTo, timesSlope, type Workbench } from './errorTransport.ts';
import { weightOf } from './forward.ts';

export function broadcast(bench: Workbench, signal: string): Pick<Circuit, 'feedback' | 'transport' | 'pairs'> {
  const { hidden, output, builder, model } = bench;
  const carry = (weight: string, into: string): Operation => ({
    op: 'gatherBack',
    from: signal,
    weight,
    into,
    add: false,
  });
  const pairs = (buffer: (layer: (typeof hidden)[number]) => string) =>
    hidden.flatMap((layer) =>
      layer.outgoing
        .filter(({ to }) => to === output.name)
        .map((projection) => ({ layer: projection.name, a: weightOf(projection), b: buffer(layer) })),
    );
  if (!model.learning.feedback.shared) {
    const feedback = hidden.map((layer) => matrixTo(bench, layer));
    const transport = hidden.flatMap((layer, k) => [
      carry(feedback[k]!.buffer, layer.error),
      timesSlope(layer, layer.error),
    ]);
    return { feedback, transport, pairs: pairs((layer) => feedback[hidden.indexOf(layer)]!.buffer) };
  }
  // Layers of one width use the same rows, and what these carry is computed once.
  const widths = [...new Set(hidden.map(({ units }) => units))];
  const widest = Math.max(...widths);
  const bufferOf = (units: number): string => `feedback.${units}`;
  const carriedBy = (units: number): string => builder.buffer(`${bufferOf(units)}.e`, [units], { batch: true });
  const feedback = widths.map((units) => {
    const { initial } = feedbackMatrix(bench, bufferOf(widest), 0, [widest, output.units]);
    const buffer = builder.buffer(bufferOf(units), [units, output.units]);
    return { buffer, initial: (seed: number) => initial(seed).subarray(0, units * output.units) };
  });
  const transport = [
    ...widths.map((units) => carry(bufferOf(units), carriedBy(units))),
    ...hidden.map(({ units, error, slope }): Operation => (
      { op: 'map', units, assign: [{ into: error, value: call('mul', named(carriedBy(units)), slope) }] }
    )),
  ]; // prettier-ignore
  return { feedback, transport, pairs: pairs(({ units }) => bufferOf(units)) };
}
