// A Program: buffers and operations by slot, plain immutable data. It computes nothing and knows no model.
import type { Tree } from '../expr/tree.ts';

/** `real` is float64 in the reference backend and float32 in the others. */
export type Dtype = 'real' | 'i32' | 'u8';

/** A named array. With `batch`, one array of `shape` for each example; with `history` > 1, a ring of that many. Row-major, unit last; weights are [pre, post]. */
export interface Buffer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly batch: boolean;
  readonly history: number;
}

export interface Assignment {
  readonly into: string;
  /** Names in the tree are buffers of the map's width (or width 1: the same value for every unit) or parameters. */
  readonly value: Tree;
}

/** An outer product to be summed: `sign` * pre (x) post. */
export interface OuterTerm {
  readonly pre: string;
  readonly post: string;
  readonly sign: 1 | -1;
}

/**
 * A list names three buffers at once: `NAME.unit` (i32), `NAME.value` (real), `NAME.count` (i32 [2]: the length now,
 * and the running total of all lengths since the total was last filled with 0).
 */
export type Operation =
  /** Every right-hand side reads the values before the operation. Over the batch if any target is a batch buffer. */
  | { readonly op: 'map'; readonly units: number; readonly assign: readonly Assignment[] }
  /** into[post] = (or +=) sum over pre of from[pre] * weight[pre, post]; with `list`, over the list's entries only. */
  | {
      readonly op: 'gather';
      readonly from: string;
      readonly list?: string;
      readonly weight: string;
      readonly into: string;
      readonly add: boolean;
    }
  /** into[pre] = (or +=) sum over post of weight[pre, post] * from[post]. */
  | {
      readonly op: 'gatherBack';
      readonly from: string;
      readonly weight: string;
      readonly into: string;
      readonly add: boolean;
    }
  /** into[pre, post] = (or +=) scale * sum over examples and terms of sign * pre (x) post. Zero pre entries are skipped. */
  | {
      readonly op: 'outer';
      readonly terms: readonly OuterTerm[];
      readonly scale: Tree;
      readonly into: string;
      readonly add: boolean;
    }
  /** The non-zero entries of `from`, ascending by unit, into the list. `spent`: nobody reads `from` any more. */
  | { readonly op: 'compact'; readonly from: string; readonly list: string; readonly spent?: true }
  /** into[post] += value * weight[unit, post] for each entry of the list; `at` steps ahead in a ring. */
  | {
      readonly op: 'deliver';
      readonly list: string;
      readonly weight: string;
      readonly into: string;
      readonly at: number;
    }
  /** into[pre] += value * weight[pre, unit] for each entry of the list; `at` steps ahead in a ring. */
  | {
      readonly op: 'deliverBack';
      readonly list: string;
      readonly weight: string;
      readonly into: string;
      readonly at: number;
    }
  /**
   * into[targets[k]] += value * weights[k] for k in [rows[unit], rows[unit + 1]), for each entry of the list in order; `at`
   * steps ahead in a ring. `rows`, `targets` (i32) and `weights` are compressed rows that all examples share.
   */
  | {
      readonly op: 'deliverRows';
      readonly list: string;
      readonly rows: string;
      readonly targets: string;
      readonly weights: string;
      readonly into: string;
      readonly at: number;
    }
  /**
   * The list's units as one more entry of a log, and a log's next entry as a list (all values 1). A log L is two i32 buffers:
   * `L.unit`, and `L.end`: how many entries are done, then where each ends in `L.unit`. What does not fit is a defect.
   */
  | { readonly op: 'log'; readonly list: string; readonly log: string }
  | { readonly op: 'play'; readonly log: string; readonly list: string }
  /** into[unit, :] += scale * value * row[:] for each entry of the list (list side is pre), or into[:, unit] (post). `into` is a batch buffer. */
  | {
      readonly op: 'outerActive';
      readonly list: string;
      readonly row: string;
      readonly side: 'pre' | 'post';
      readonly scale: Tree;
      readonly into: string;
    }
  /** Over the batch: into[unit] = scale * sum over examples (in order) of from[unit]. Over units: into[0] of each example. */
  | {
      readonly op: 'reduce';
      readonly from: string;
      readonly into: string;
      readonly how: 'sum' | 'max' | 'argmax';
      readonly over: 'batch' | 'units';
      readonly scale?: Tree;
    }
  /**
   * Uniform 24-bit numbers in [low, high) from (seed, stream, example, unit, step): see math/random.ts. In a buffer that all
   * examples share, the first example of the batch counts, and units are numbered through its rows.
   */
  | {
      readonly op: 'random';
      readonly into: string;
      readonly stream: number;
      readonly low: number;
      readonly high: number;
    }
  | { readonly op: 'copy'; readonly from: string; readonly into: string }
  | { readonly op: 'fill'; readonly into: string; readonly value: number }
  /** Moves every ring `by` steps on (1 if absent; -1 walks back), and the random clock with it. */
  | { readonly op: 'advance'; readonly by?: number }
  /** Remembers the clock; `rewind` goes back to it, so that two phases from one copied state share rings and random numbers. */
  | { readonly op: 'mark' }
  | { readonly op: 'rewind' };

export interface Program {
  readonly name: string;
  readonly buffers: ReadonlyMap<string, Buffer>;
  /** Scalars, in the order of the buffer `parameters`: beta, rates, 1 / examples. Never constants in code. */
  readonly parameters: readonly string[];
  readonly slots: ReadonlyMap<string, readonly Operation[]>;
}

/** The slot stops before its number of times once no watched buffer has moved further than `tolerance` in `every` runs. */
export interface Until {
  readonly watch: readonly string[];
  readonly tolerance: number;
  readonly every: number;
}

/** A slot run so many times, or at most so many; a sequence of them is one call of a Machine. */
export type Sequence = readonly (readonly [slot: string, times: number, until?: Until])[];

/** Buffers every Program has: example numbers and the random clock (seed, step), which `random` reads. */
export const exampleBuffer = 'example';
export const clockBuffer = 'clock';
export const parameterBuffer = 'parameters';
