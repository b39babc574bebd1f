// settle's own expression tree: plain data. It knows no mathjs type and evaluates nothing.

/**
 * The closed list of functions. Comparisons and logic give 1 or 0; `if` has three arguments (condition, then, else);
 * atan2(y, x) is the angle of the point (x, y), from -pi to pi.
 */
export const functionArity = {
  add: 2, sub: 2, mul: 2, div: 2, neg: 1, pow: 2,
  min: 2, max: 2, clip: 3, abs: 1, sign: 1, floor: 1, sqrt: 1,
  exp: 1, log: 1, sin: 1, cos: 1, atan2: 2, tanh: 1, sigmoid: 1, hardSigmoid: 1, relu: 1,
  lt: 2, le: 2, gt: 2, ge: 2, eq: 2, ne: 2, and: 2, or: 2, not: 1, if: 3,
  logsumexp: 1,
} as const; // prettier-ignore

export type FunctionName = keyof typeof functionArity;

export type Tree =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'call'; readonly call: FunctionName; readonly args: readonly Tree[] };
