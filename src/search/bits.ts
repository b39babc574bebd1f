// Operators on strings of bits: flips, and crossover at one point, at two, or bit by bit.
import type { Draws } from './draws.ts';
import type { Recombination } from './generational.ts';

export type Bits = readonly number[];

export const randomBits = (length: number, random: Draws): number[] =>
  Array.from({ length }, () => (random.chance(0.5) ? 1 : 0));

/** Flips each bit with the probability. */
export const flips =
  (probability: number) =>
  (genome: Bits, random: Draws): number[] =>
    genome.map((bit) => (random.chance(probability) ? 1 - bit : bit));

/** Mutates a share of the children only. */
export const sometimes =
  <G>(probability: number, mutate: (genome: G, random: Draws) => G) =>
  (genome: G, random: Draws): G =>
    random.chance(probability) ? mutate(genome, random) : genome;

const pair = (probability: number, cross: (a: Bits, b: Bits, random: Draws) => Bits[]): Recombination<Bits> => ({
  parents: 2,
  children: 2,
  cross: ([a, b], random) => (random.chance(probability) ? cross(a!, b!, random) : [a!, b!]),
});

const exchanged = (a: Bits, b: Bits, from: number, to: number): Bits[] => [
  a.map((bit, k) => (k >= from && k < to ? b[k]! : bit)),
  b.map((bit, k) => (k >= from && k < to ? a[k]! : bit)),
];

export const onePoint = (probability: number): Recombination<Bits> =>
  pair(probability, (a, b, random) => exchanged(a, b, 1 + random.below(a.length - 1), a.length));

export const twoPoint = (probability: number): Recombination<Bits> =>
  pair(probability, (a, b, random) => {
    const [one, other] = [random.below(a.length + 1), random.below(a.length + 1)];
    return exchanged(a, b, Math.min(one, other), Math.max(one, other));
  });

export const bitByBit = (probability: number): Recombination<Bits> =>
  pair(probability, (a, b, random) => {
    const swapped = a.map(() => random.chance(0.5));
    return [a.map((bit, k) => (swapped[k] ? b[k]! : bit)), b.map((bit, k) => (swapped[k] ? a[k]! : bit))];
  });
