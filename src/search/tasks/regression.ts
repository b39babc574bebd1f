// Symbolic regression: an expression that passes through given points. The quartic x^4 + x^3 + x^2 + x on 20 points from -1 to 0.9
// is Koza's first example; a hit is an error below 0.01 at every point.
import type { Tree } from '../../expr/tree.ts';
import { evaluateCases, type Language } from '../trees.ts';

export interface RegressionTask {
  readonly name: string;
  readonly language: Language;
  evaluate(tree: Tree): { readonly fitness: number; readonly solved: boolean };
}

const hit = 0.01;

/** Fitness: minus the mean absolute error. */
export function regression(name: string, language: Language, inputs: Readonly<Record<string, Float64Array>>, targets: Float64Array): RegressionTask {
  return {
    name,
    language,
    evaluate(tree) {
      const values = evaluateCases(tree, inputs, targets.length);
      let [sum, worst] = [0, 0];
      for (let k = 0; k < targets.length; k++) {
        const error = Math.abs(values[k]! - targets[k]!);
        sum += error;
        if (!(error <= worst)) worst = error;
      }
      return { fitness: -sum / targets.length, solved: worst < hit };
    },
  };
} // prettier-ignore

const points = Float64Array.from({ length: 20 }, (_, k) => (k - 10) / 10);

export const quartic: RegressionTask = regression(
  'quartic',
  { functions: ['add', 'sub', 'mul', 'div', 'neg', 'cos', 'sin'], names: ['x'], constants: 0 },
  { x: points },
  points.map((x) => x ** 4 + x ** 3 + x ** 2 + x),
);
