// Directions beside an exact gradient, and both modes of differentiation beside each other: the arithmetic of the checks.
import { relativeDistance } from '../learn/gradientDescent.ts';
import type { Way } from '../learn/differences.ts';
import type { CostTape } from '../learn/tapes.ts';
import { type Cost, evaluate, jvp } from '../math/autodiff.ts';
import { cosine, dot, norm } from '../math/linear.ts';
import type { Differentiation, GradientCheck } from './checkResult.ts';

/** Relative errors that a check may show in float64. */
export const limits = {
  /** Finite differences against the gradient. */
  difference: 1e-6,
  /** Forward mode, reverse mode and the network's own way against each other. */
  passes: 1e-9,
  /** A rule that follows the gradient. */
  rule: 1e-9,
  /** EP at the smallest beta, symmetric and one-sided. */
  symmetric: 1e-4,
  oneSided: 1e-2,
  /** A state that moves no further in a step is settled. */
  still: 1e-10,
} as const;

/** A gradient this short is none. */
const nothing = 1e-13;
export const isFlat = (gradient: Float64Array): boolean => norm(gradient) <= nothing;

/** A direction of descent beside the gradient. */
export function comparison(own: Float64Array, gradient: Float64Array) {
  const descent = gradient.map((value) => -value);
  const size = norm(descent);
  const relativeError = relativeDistance(own, descent);
  return {
    cosine: cosine(own, descent),
    normRatio: size <= nothing ? 0 : norm(own) / size,
    relativeError: Number.isFinite(relativeError) ? relativeError : null,
  } satisfies Partial<GradientCheck>;
}

/** The worst |J way - gradient . way| over its scale: forward mode in one buffer against the gradient. */
export function forwardMode(f: CostTape, values: Float64Array[], name: string, gradient: Float64Array, ways: readonly Way[]): number {
  const at = f.names.indexOf(name);
  return Math.max(...ways.map(({ way, scale }) => {
    const { tangent } = jvp(f.tape, values, values.map((numbers, k) => (k === at ? way : numbers.map(() => 0))));
    const miss = Math.abs(tangent[0]! - dot(gradient, way));
    return scale > 0 ? miss / scale : miss;
  }));
} // prettier-ignore

/** One pass in reverse against as many forward passes as there are numbers. */
export function passesOf(f: CostTape, values: Float64Array[], reverse: Cost): Omit<Differentiation, 'of' | 'error'> {
  const numbers = values.reduce((sum, { length }) => sum + length, 0);
  const along = jvp(f.tape, values, values).cost;
  return {
    numbers,
    value: evaluate(f.tape, values).cost.multiplyAdds,
    reverse,
    forward: { passes: numbers, multiplyAdds: numbers * along.multiplyAdds },
  };
}
