// What the tests of search share: published or elsewhere measured figures, and small statistics.
import { ellipsoid, type RealFunction, rosenbrock, sphere } from '../../src/search/tasks/functions.ts';

/** Function, every number of the first mean (sigma 0.5), median evaluations to 1e-10 in 10 dimensions, measured elsewhere. */
export const cmaCounts: readonly (readonly [f: RealFunction, mean: number, evaluations: number])[] = [
  [sphere, 1, 1618],
  [rosenbrock, 0, 6286],
  [ellipsoid, 1, 6045],
];

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

export const seeds = (count: number): number[] => Array.from({ length: count }, (_, k) => k + 1);
