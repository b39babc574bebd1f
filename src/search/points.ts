// The points of a sweep: which settings are tried, all at once or in the light of what earlier ones were worth. It runs
// nothing, and knows no meaning of a path.
import { uniform52, wholeBelow } from '../math/random.ts';
import { type Axis, valueOf } from '../model/sweep.ts';
import { type Algorithm, scoreOf, type State } from './search.ts';

/** A value for each axis, in their order. */
export type Point = readonly unknown[];

/** Points in rounds: none are left when a round is empty. */
export interface Proposer {
  ask(): readonly Point[];
  /** What the points of the last round were worth, the least the best; Infinity for one that has no worth. */
  tell(errors: readonly number[]): void;
}

/** As overrides of the model. */
export const settingsOf = (axes: readonly Axis[], point: Point): string[] =>
  axes.map(({ path }, k) => `${path}=${JSON.stringify(point[k])}`);

/** How many points a space has; Infinity where a range is open. */
export const sizeOf = (axes: readonly Axis[]): number =>
  axes.reduce((size, axis) => size * (axis.kind === 'values' ? axis.values.length : Infinity), 1);

/** A point of a finite space by its number; the last axis changes fastest. */
function pointAt(axes: readonly Axis[], index: number): Point {
  let rest = index;
  const point: unknown[] = [];
  for (const axis of [...axes].reverse()) {
    const { values } = axis as Extract<Axis, { kind: 'values' }>;
    point.unshift(values[rest % values.length]);
    rest = Math.floor(rest / values.length);
  }
  return point;
}

const once = (points: readonly Point[]): Proposer => {
  let left = points;
  return { ask: () => left, tell: () => void (left = []) };
};

/** Every point of a finite space. */
export const grid = (axes: readonly Axis[]): Proposer => once(Array.from({ length: sizeOf(axes) }, (_, index) => pointAt(axes, index))); // prettier-ignore

/** Stream of random points: apart from those of weights, shuffles and clocks. */
const pointStream = 16389;
/** So many draws a point that is wanted, where most have been drawn before. */
const patience = 100;

/** `budget` different points, each value as likely as the others; fewer where the space has fewer. */
export function random(axes: readonly Axis[], { budget, seed }: { budget: number; seed: number }): Proposer {
  const size = sizeOf(axes);
  if (size <= budget) return grid(axes);
  const points = new Map<string, Point>();
  for (let draw = 0; points.size < budget && draw < patience * budget; draw++) {
    const point = axes.map((axis, k) =>
      axis.kind === 'values'
        ? axis.values[wholeBelow(axis.values.length, seed, pointStream, draw, k)]
        : valueOf(axis, uniform52(seed, pointStream, draw, k)),
    );
    points.set(JSON.stringify(point), point);
  }
  return once([...points.values()]);
}

/** A search of vectors near the unit cube. */
export type VectorSearch<S extends State> = Pick<Algorithm<readonly number[], S>, 'begin' | 'ask' | 'tell'>;

/** A number folded back into [0, 1] as between mirrors: what leaves the cube comes in again at the same wall. */
export function folded(value: number): number {
  const rest = Math.abs(value) % 2;
  return rest > 1 ? 2 - rest : rest;
}

/** The value at a share of the way along an axis; entries of a list have equal parts of it. */
const at = (axis: Axis, share: number): unknown =>
  axis.kind === 'range' ? valueOf(axis, share) : axis.values[Math.min(axis.values.length - 1, Math.floor(share * axis.values.length))]; // prettier-ignore

/** Points that a search of vectors asks for, one coordinate an axis, until the budget is spent. */
export function searched<S extends State>(
  axes: readonly Axis[],
  { search, budget, seed }: { search: VectorSearch<S>; budget: number; seed: number },
): Proposer {
  let state = search.begin(seed);
  let left = budget;
  return {
    ask() {
      const asked = search.ask(state);
      // A generation that the budget cuts short could not be told.
      if (asked.length > left) return [];
      left -= asked.length;
      return asked.map((vector) => axes.map((axis, k) => at(axis, folded(vector[k]!))));
    },
    tell(errors) {
      const scores = errors.map((error) => scoreOf(-error));
      if (scores.length > 0) state = search.tell(state, scores);
    },
  };
}
