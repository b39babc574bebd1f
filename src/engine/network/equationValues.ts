// Numbers of a population of equations: what its variables begin with and its drawn parameters are, unit by unit.
import type { Drawn } from '../../model/drawn.ts';
import type { NetworkModel } from '../../model/network.ts';
import { drawOf } from './draw.ts';
import { equationStream } from './streams.ts';

export interface EquationValues {
  /** By variable, SI units. */
  readonly initial: ReadonlyMap<string, Float64Array>;
  /** By parameter; those that are one number for all are left out. */
  readonly parameters: ReadonlyMap<string, Float64Array>;
}

/** The values of some populations with the same equations, one after the other. */
export function equationValues(model: NetworkModel, indices: readonly number[]): EquationValues {
  const { variables, parameters } = model.populations[indices[0]!]!.equations!;
  const drawn = (valueIn: (index: number) => Drawn, what: 'initial' | 'parameter', k: number): Float64Array =>
    Float64Array.from(indices.flatMap((index) => {
      const draw = drawOf(valueIn(index), model.seed, equationStream(index, what, k));
      return Array.from({ length: model.populations[index]!.units }, (_, unit) => draw(unit, unit));
    }));
  const of = (index: number) => model.populations[index]!.equations!;
  return {
    initial: new Map(variables.map(({ name }, k) => [name, drawn((index) => of(index).variables[k]!.initial, 'initial', k)])),
    parameters: new Map(parameters.flatMap(({ name, value }, k) => (value.kind === 'constant' ? [] : [[name, drawn((index) => of(index).parameters[k]!.value, 'parameter', k)] as const]))),
  };
} // prettier-ignore
