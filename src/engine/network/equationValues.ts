// Numbers of a population of equations: what its variables begin with and its drawn parameters are, unit by unit.
import type { Drawn } from '../../model/drawn.ts';
import type { NetworkModel } from '../../model/network.ts';
import { drawOf } from './draw.ts';
import { equationStream } from './streams.ts';

/** By name, SI units; parameters that are one number for all are left out. */
export function equationValues(model: NetworkModel, index: number): { readonly initial: Map<string, Float64Array>; readonly parameters: Map<string, Float64Array> } {
  const { equations, units } = model.populations[index]!;
  const drawn = (value: Drawn, what: 'initial' | 'parameter', k: number): Float64Array => {
    const draw = drawOf(value, model.seed, equationStream(index, what, k));
    return Float64Array.from({ length: units }, (_, unit) => draw(unit, unit));
  };
  return {
    initial: new Map(equations!.variables.map(({ name, initial }, k) => [name, drawn(initial, 'initial', k)])),
    parameters: new Map(equations!.parameters.flatMap(({ name, value }, k) => (value.kind === 'constant' ? [] : [[name, drawn(value, 'parameter', k)] as const]))),
  };
} // prettier-ignore
