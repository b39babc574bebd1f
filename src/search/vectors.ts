// Operators on vectors of numbers: recombination and mutation of evolution strategies, of evolutionary programming and of
// real-coded genetic algorithms, and a measure of diversity.
import { exp } from '../math/elementary.ts';
import type { Draws } from './draws.ts';
import type { Recombination } from './generational.ts';

/** A vector that carries its own step lengths. */
export interface Adaptive {
  readonly x: readonly number[];
  readonly sigma: readonly number[];
}

export interface Box {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export const box = (dimension: number, low: number, high: number): Box => ({
  low: Array<number>(dimension).fill(low),
  high: Array<number>(dimension).fill(high),
});

export const inBox = ({ low, high }: Box, random: Draws): number[] =>
  low.map((least, k) => least + (high[k]! - least) * random.uniform());

/** Step lengths below this are stuck. */
const leastSigma = 1e-300;

/**
 * Schwefel's self-adaptation: step lengths first, log-normally with one number common to all, then the vector with the new
 * ones. `sigma` of length 1 is one step length for all numbers.
 */
export function selfAdaptive(draw: (random: Draws) => number = (random) => random.normal()) {
  return ({ x, sigma }: Adaptive, random: Draws): Adaptive => {
    const n = x.length;
    const single = sigma.length === 1;
    const common = random.normal() / Math.sqrt(single ? n : 2 * n);
    const tau = 1 / Math.sqrt(2 * Math.sqrt(n));
    const steps = sigma.map((s) => Math.max(leastSigma, s * exp(common + (single ? 0 : tau * random.normal()))));
    return { sigma: steps, x: x.map((value, k) => value + steps[single ? 0 : k]! * draw(random)) };
  };
}

/** Standard Cauchy: the quotient of two normal numbers. */
export const cauchy = (random: Draws): number => random.normal() / random.normal();

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** `parents` of them make one child: step lengths are averaged, numbers averaged or each taken from a random parent. */
export const strategyRecombination = (
  parents: number,
  numbers: 'intermediate' | 'discrete',
): Recombination<Adaptive> => ({
  parents,
  children: 1,
  cross: (all, random) => [
    {
      x: all[0]!.x.map((_, k) =>
        numbers === 'intermediate' ? mean(all.map(({ x }) => x[k]!)) : random.one(all).x[k]!,
      ),
      sigma: all[0]!.sigma.map((_, k) => mean(all.map(({ sigma }) => sigma[k]!))),
    },
  ],
});

/** Simulated binary crossover inside a box (Deb and Agrawal): children lie around their parents as near as `eta` is large. */
export const simulatedBinary = (
  { low, high }: Box,
  eta: number,
  probability: number,
): Recombination<readonly number[]> => ({
  parents: 2,
  children: 2,
  cross([a, b], random) {
    const children = [[...a!], [...b!]];
    if (!random.chance(probability)) return children;
    for (let k = 0; k < a!.length; k++) {
      if (!random.chance(0.5) || Math.abs(a![k]! - b![k]!) < 1e-14) continue;
      const [x1, x2] = [Math.min(a![k]!, b![k]!), Math.max(a![k]!, b![k]!)];
      const u = random.uniform();
      const spread = (room: number): number => {
        const alpha = 2 - (1 + (2 * room) / (x2 - x1)) ** -(eta + 1);
        return (u <= 1 / alpha ? u * alpha : 1 / (2 - u * alpha)) ** (1 / (eta + 1));
      };
      const clamp = (value: number): number => Math.min(high[k]!, Math.max(low[k]!, value));
      const lower = clamp(0.5 * (x1 + x2 - spread(x1 - low[k]!) * (x2 - x1)));
      const upper = clamp(0.5 * (x1 + x2 + spread(high[k]! - x2) * (x2 - x1)));
      const swapped = random.chance(0.5);
      children[0]![k] = swapped ? upper : lower;
      children[1]![k] = swapped ? lower : upper;
    }
    return children;
  },
});

/** Polynomial mutation inside a box (Deb): each number with `probability`, as near as `eta` is large. */
export const polynomial = ({ low, high }: Box, eta: number, probability: number) => (genome: readonly number[], random: Draws): number[] =>
  genome.map((x, k) => {
    if (!random.chance(probability)) return x;
    const width = high[k]! - low[k]!;
    const [below, above] = [(x - low[k]!) / width, (high[k]! - x) / width];
    const u = random.uniform();
    const step =
      u < 0.5
        ? (2 * u + (1 - 2 * u) * (1 - below) ** (eta + 1)) ** (1 / (eta + 1)) - 1
        : 1 - (2 * (1 - u) + 2 * (u - 0.5) * (1 - above) ** (eta + 1)) ** (1 / (eta + 1));
    return Math.min(high[k]!, Math.max(low[k]!, x + step * width));
  }); // prettier-ignore

/** Root of the mean variance over the numbers of a vector. */
export function vectorDiversity(vectors: readonly (readonly number[])[]): number {
  if (vectors.length === 0) return 0;
  const n = vectors[0]!.length;
  let sum = 0;
  for (let k = 0; k < n; k++) {
    const middle = mean(vectors.map((vector) => vector[k]!));
    sum += mean(vectors.map((vector) => (vector[k]! - middle) ** 2));
  }
  return Math.sqrt(sum / n);
}
