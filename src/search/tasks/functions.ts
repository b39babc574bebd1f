// The usual real functions with minimum 0, as fitness -f. Definitions as in the CMA-ES literature; Rosenbrock's minimum is at
// (1, ..., 1), the others' at 0.
import { exp } from '../../math/elementary.ts';
import { sine } from '../../math/turns.ts';

export type RealFunction = (x: readonly number[]) => number;

const sum = (x: readonly number[], term: (value: number, k: number) => number): number =>
  x.reduce((total, value, k) => total + term(value, k), 0);

/** 1 - cos, without the loss of digits where that is nearly 0. */
const dip = (turn: number): number => 2 * sine(turn / 2) ** 2;

export const sphere: RealFunction = (x) => sum(x, (value) => value * value);

export const ellipsoid: RealFunction = (x) =>
  sum(x, (value, k) => 10 ** ((6 * k) / Math.max(1, x.length - 1)) * value * value);

export const rosenbrock: RealFunction = (x) =>
  sum(x.slice(0, -1), (value, k) => 100 * (x[k + 1]! - value * value) ** 2 + (1 - value) ** 2);

export const rastrigin: RealFunction = (x) => sum(x, (value) => value * value + 10 * dip(2 * Math.PI * value));

export const ackley: RealFunction = (x) =>
  20 + Math.E - 20 * exp(-0.2 * Math.sqrt(sum(x, (v) => v * v) / x.length)) - exp(1 - sum(x, (v) => dip(2 * Math.PI * v)) / x.length); // prettier-ignore

export const griewank: RealFunction = (x) =>
  1 + sum(x, (v) => v * v) / 4000 - x.reduce((product, v, k) => product * (1 - dip(v / Math.sqrt(k + 1))), 1);

/** By name, with the box in which first generations are usually drawn. */
export const realFunctions: Readonly<Record<string, { readonly f: RealFunction; readonly low: number; readonly high: number }>> = {
  sphere: { f: sphere, low: -5, high: 5 },
  ellipsoid: { f: ellipsoid, low: -5, high: 5 },
  rosenbrock: { f: rosenbrock, low: -5, high: 5 },
  rastrigin: { f: rastrigin, low: -5.12, high: 5.12 },
  ackley: { f: ackley, low: -32, high: 32 },
  griewank: { f: griewank, low: -600, high: 600 },
}; // prettier-ignore

/** Two objectives, both minimised, on [0, 1]^n; the front is f2 = 1 - sqrt(f1) (Zitzler, Deb and Thiele 2000). */
export function zdt1(x: readonly number[]): [number, number] {
  const g = 1 + (9 * sum(x.slice(1), (value) => value)) / (x.length - 1);
  return [x[0]!, g * (1 - Math.sqrt(x[0]! / g))];
}

export const oneMax = (bits: readonly number[]): number => bits.reduce((a, b) => a + b, 0);
