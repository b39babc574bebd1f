// Neurons as equations, resolved: trees over variables, subexpressions and parameters. Pure data; it integrates
// nothing.
import { derivative } from '../expr/derivative.ts';
import { namesOf, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Dimensions } from '../expr/units.ts';
import type { Drawn } from './drawn.ts';

export interface EquationVariable {
  readonly name: string;
  readonly dimensions: Dimensions;
  /** Its change a second. */
  readonly slope: Tree;
  /** Held during the refractory time, and deaf to spikes. */
  readonly held: boolean;
  readonly initial: Drawn;
}

export interface Subexpression {
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly value: Tree;
}

/** A parameter, or a quantity that stands in a text: `name` is what it says there, such as "80.5 pA". */
export interface EquationParameter {
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly value: Drawn;
}

export const methods = ['euler', 'exponential-euler', 'rk2', 'rk4'] as const;
export type Method = (typeof methods)[number];

export interface Equations {
  readonly variables: readonly EquationVariable[];
  /** Each reads those before it only. */
  readonly subexpressions: readonly Subexpression[];
  readonly parameters: readonly EquationParameter[];
  /** Of the values at the end of a step; null for units that never fire. */
  readonly threshold: Tree | null;
  /** One after the other. */
  readonly reset: readonly { readonly into: string; readonly value: Tree }[];
  readonly method: Method;
}

/** A tree without subexpressions. */
export const inlined = (tree: Tree, subexpressions: readonly Subexpression[]): Tree =>
  subexpressions.reduceRight((whole, { name, value }) => substitute(whole, { [name]: value }), tree);

/** Slope of a tree in a name, if the tree is linear in it; null otherwise. Other names count as constants. */
export function linearSlope(tree: Tree, name: string): Tree | null {
  const slope = derivative(tree, name);
  return namesOf(slope).has(name) ? null : slope;
}
