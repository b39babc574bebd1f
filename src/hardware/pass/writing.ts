// What the ways of writing weights share: the two lists of operations they add to (when weights are put in, and after every
// update), buffers that checkpoints keep, constants drawn from the seed, and a few operations over a whole matrix.
import { num } from '../../expr/tools.ts';
import type { Projection } from '../../model/model.ts';
import type { Assignment, Operation } from '../../program/program.ts';
import type { Draft } from './draft.ts';

export interface Matrix {
  readonly buffer: string;
  readonly projection: Projection | null;
  readonly learned: boolean;
  readonly count: number;
  /** Among the matrices of the chip: what its random constants are drawn by. */
  readonly index: number;
  /** The copy that takes signals back, where it needs values of its own. */
  readonly back: string | null;
}

/** Arrays by buffer, from the chip's seed. */
export type Draw = (seed: number) => readonly (readonly [string, Float64Array])[];

export interface Writing {
  readonly draft: Draft;
  readonly load: Operation[];
  readonly write: Operation[];
  readonly learned: string[];
  readonly draws: Draw[];
  /** By matrix (and its copy): buffer [1] with the value of 1 on the array. */
  readonly scales: Map<string, string>;
  /** Declares a buffer that checkpoints keep. */
  kept(name: string, shape: readonly number[]): string;
}

export function writing(draft: Draft): Writing {
  const learned: string[] = [];
  return {
    draft, load: [], write: [], learned, draws: [], scales: new Map(),
    kept(text, shape) {
      const name = draft.buffer(text, shape);
      learned.push(name);
      return name;
    },
  }; // prettier-ignore
}

export const map = (count: number, ...assign: Assignment[]): Operation => ({ op: 'map', units: count, assign });

/** Sum of a buffer into another [1], times `scale`. */
export const sum = (from: string, into: string, scale = 1): Operation => ({ op: 'reduce', from, into, how: 'sum', over: 'units', scale: num(scale) }); // prettier-ignore

/** Uniform numbers in [0, 1), new each time. */
export const uniforms = (draft: Draft, ...into: string[]): Operation[] =>
  into.map((one) => ({ op: 'random', into: one, stream: draft.stream(), low: 0, high: 1 }));
