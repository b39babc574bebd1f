// EP's own direction beside the gradient that backpropagation through time of its free phase gives, for the alignment of
// comparisons. It changes no weight.
import { adjoint } from '../engine/adjoint.ts';
import type { SettlingNetwork } from '../engine/settling.ts';
import { call, name as named } from '../expr/tools.ts';
import type { Builder } from '../program/builder.ts';
import type { Sequence } from '../program/program.ts';
import type { Directions } from './optimiser.ts';
import type { Probe } from './rule.ts';

/** `free` leaves the settled state, `nudged` what the directions are made of; `steps` back in time. */
export function epProbe(
  builder: Builder,
  network: SettlingNetwork,
  { directions, free, nudged, steps }: { directions: Directions; free: Sequence; nudged: Sequence; steps: number },
): Probe {
  const back = adjoint(builder, network);
  builder.add('adjoint.begin', ...back.begin);
  builder.add('adjoint.step', ...back.step);
  const { operations, terms } = back.gradient('sum');
  builder.add('adjoint.end', ...operations);
  builder.add('own', ...directions.prepare);
  const layers = network.strands.map(({ projection }) => projection).filter(({ name }, k, all) => all.findIndex((p) => p.name === name) === k);
  const found = layers.flatMap((projection) => {
    const weight = network.weightOf(projection);
    const [own, exact] = [directions.terms.get(weight), terms.get(weight)];
    if (!own?.outer || !exact?.outer) return [];
    const buffers = ['own', 'reference'].map((what) => builder.like(`${weight}:${what}`, weight));
    const [ownBuffer, reference] = buffers as [string, string];
    builder.add('own', { op: 'outer', terms: own.outer, scale: own.scale, into: ownBuffer, add: false });
    // Descent, like the rule's own direction.
    builder.add('adjoint.end', { op: 'outer', terms: exact.outer, scale: call('neg', named('perExample')), into: reference, add: false });
    return [{ layer: projection.name, own: ownBuffer, reference }];
  });
  const weights = layers.flatMap((projection) => {
    const other = layers.find(({ from, to }) => from === projection.to && to === projection.from);
    if (!other || layers.indexOf(other) < layers.indexOf(projection)) return [];
    return [{ layer: projection.name, a: network.weightOf(projection), b: network.weightOf(other), transposed: true }];
  });
  return {
    reference: 'BPTT',
    sequence: [...free, ['adjoint.begin', 1], ['adjoint.step', steps], ['adjoint.end', 1], ...nudged, ['own', 1]],
    layers: found,
    ...(weights.length > 0 ? { weights } : {}),
  };
} // prettier-ignore
