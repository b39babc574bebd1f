// A Program: buffers and operations by slot, plain immutable data. It computes nothing and knows no model.
import type { Tree } from '../expr/tree.ts';
import type { Conv, Pool } from '../model/geometry.ts';

export type { Conv, Pool };

/** `real` is float64 in the reference backend and float32 in the others. */
export type Dtype = 'real' | 'i32' | 'u8';

/** A named array. With `batch`, one array of `shape` for each example; with `history` > 1, a ring of that many. Row-major, unit last; weights are [pre, post]. */
export interface Buffer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly batch: boolean;
  readonly history: number;
  /** Weights that slide over pictures: gather, gatherBack and outer do it at every place. */
  readonly conv?: Conv;
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

/** Where compressed rows are added: `factor` is a buffer of one number, 1 if absent. */
export interface RowTerm {
  readonly into: string;
  readonly factor?: string;
}

/**
 * A list names three buffers at once: `NAME.unit` (i32), `NAME.value` (real), `NAME.count` (i32 [2]: the length now,
 * and the running total of all lengths since the total was last filled with 0).
 *
 * A log names two, both i32: `NAME.unit`, the units of all its entries one after the other, and `NAME.place`, first the
 * clock's step of the first entry, then where each entry begins in `NAME.unit`, and where the last one ends. It must have
 * room for whatever is logged between two `trim`s.
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
  /** into[pre] = (or +=) sum over post of weight[pre, post] * from[post]. Of kernels, a patch's sums go to each of its places. */
  | {
      readonly op: 'gatherBack';
      readonly from: string;
      readonly weight: string;
      readonly into: string;
      readonly add: boolean;
    }
  /** into[pre, post] = (or +=) scale * sum over examples (and places) and terms of sign * pre (x) post. Zero pre entries are skipped. */
  | {
      readonly op: 'outer';
      readonly terms: readonly OuterTerm[];
      readonly scale: Tree;
      readonly into: string;
      readonly add: boolean;
    }
  /**
   * `pool`: into[window] = (or +=) what the window's numbers pool to. `notes` (null for averages) keeps what the others read: of
   * a maximum which one it was, the first of equals; of a softmax the derivative p (1 + x - pooled) by each number.
   * `poolAlong`: into[window] = (or +=) J from, J the derivative of the last `pool`.
   */
  | {
      readonly op: 'pool' | 'poolAlong';
      readonly pool: Pool;
      readonly from: string;
      readonly into: string;
      readonly notes: string | null;
      readonly add: boolean;
    }
  /** into = J' from: each number's share of what its window gets; 0 outside all windows. */
  | {
      readonly op: 'unpool';
      readonly pool: Pool;
      readonly from: string;
      readonly into: string;
      readonly notes: string | null;
    }
  /** Softmax: into = by times the derivative of J along `along`, at the numbers `from`. */
  | {
      readonly op: 'poolBend';
      readonly pool: Pool;
      readonly from: string;
      readonly along: string;
      readonly by: string;
      readonly into: string;
    }
  /** into[k] = from[k mod its length]: one number a channel to all places of a picture. Of buffers that all examples share. */
  | { readonly op: 'spread'; readonly from: string; readonly into: string }
  /** The non-zero entries of `from`, ascending by unit, into the list. */
  | { readonly op: 'compact'; readonly from: string; readonly list: string }
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
   * A map with what happens to units for which `when` holds after it: `change` gives them other values, and they are logged,
   * ascending, as the entry of the next step. `when` and `change` read the values after the assignments.
   */
  | {
      readonly op: 'fire';
      readonly units: number;
      readonly assign: readonly Assignment[];
      readonly when: Tree;
      readonly change: readonly Assignment[];
      readonly log: string;
    }
  /** into[unit] = value, at that unit, for each unit logged `back` steps ago. */
  | { readonly op: 'put'; readonly log: string; readonly back: number; readonly into: string; readonly value: Tree }
  /**
   * For each class c, in order, and each unit n logged `delays[c]` steps ago: into[targets[k]] += factor * weights[k] for
   * every term and k in [rows[n C + c], rows[n C + c + 1]), C the number of classes. One weight is every k's. `events` [1]
   * counts such k, modulo 2^32.
   */
  | {
      readonly op: 'deliverRows';
      readonly log: string;
      readonly delays: string;
      readonly rows: string;
      readonly targets: string;
      readonly weights: string;
      readonly terms: readonly RowTerm[];
      readonly events: string;
    }
  /** Forgets all entries of a log that are more than `steps` older than the present one. */
  | { readonly op: 'trim'; readonly log: string; readonly steps: number }
  /** Does operations on examples at the steps of the clock that are multiples of `steps`. */
  | { readonly op: 'every'; readonly steps: number; readonly operations: readonly Operation[] }
  /** into[unit, :] += scale * value * row[:] for each entry of the list (list side is pre), or into[:, unit] (post). `into` is a batch buffer. */
  | {
      readonly op: 'outerActive';
      readonly list: string;
      readonly row: string;
      readonly side: 'pre' | 'post';
      readonly scale: Tree;
      readonly into: string;
    }
  /**
   * Over the batch: into[unit] = scale * sum over examples (in order) of from[unit]; a shorter `into` takes the sum of all places
   * as well (`how: sum` only; `spread` the other way). Over units: into[0] of each example.
   */
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

/** The current -beta dC/ds of a cost whose slope is affine in s: dC/ds = force + slope s, trees of `target`; beta of parameters. */
export interface EventNudge {
  readonly beta: Tree;
  readonly force: Tree;
  readonly slope: Tree;
}

/**
 * What a slot does that goes from spike to spike, on engines beside the machine (engine/event/machine.ts); backends run nothing
 * for it. `begin`: the slot's own operations, then every example begins again; `save` and `restore`: the state of each
 * example; `advance`: so many seconds a run, which adds weight x (mean activity over them) to buffers by population.
 */
export type EventSlot =
  | { readonly does: 'begin' | 'save' | 'restore' }
  | {
      readonly does: 'advance';
      readonly seconds: number;
      readonly nudge: EventNudge | null;
      readonly average: Readonly<Record<string, { readonly into: string; readonly weight: Tree }>>;
      /** All units take part, each sending (1 - dropout) of what it sends in learning. */
      readonly thinned: boolean;
    };

export interface Program {
  readonly name: string;
  readonly buffers: ReadonlyMap<string, Buffer>;
  /** Scalars, in the order of the buffer `parameters`: beta, rates, 1 / examples. Never constants in code. */
  readonly parameters: readonly string[];
  readonly slots: ReadonlyMap<string, readonly Operation[]>;
  /** Slots that engines beside the machine run. */
  readonly events?: ReadonlyMap<string, EventSlot>;
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
