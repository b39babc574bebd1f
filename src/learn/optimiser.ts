// Stochastic gradient descent with momentum and weight decay, as operations of an update slot. Without either, outer
// products go straight into the weights: nothing is stored and untouched rows are not read.
import { call, name as named, num } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Learning } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation, OuterTerm } from '../program/program.ts';

/** A buffer that learns, the parameter that holds its rate, and whether weight decay applies to it (biases: no). */
export interface Learned {
  readonly buffer: string;
  readonly rate: string;
  readonly decays: boolean;
}

/** Where the direction of descent (minus the gradient) of each buffer comes from, to be scaled by `scale`. */
export interface Directions {
  readonly prepare: readonly Operation[];
  readonly terms: ReadonlyMap<
    string,
    { readonly outer?: readonly OuterTerm[]; readonly reduce?: string; readonly scale: Tree }
  >;
}

export interface Optimiser {
  /** Buffers the optimiser keeps from batch to batch. */
  readonly state: readonly string[];
  addUpdate(slot: string, directions: Directions): void;
  /** The scale that applies a direction at once (plain SGD only), or null if the buffer is frozen. */
  direct(buffer: string, scale: Tree): Tree | null;
}

/** v <- momentum v + direction - decay w; w <- w + rate v. */
export function sgd(builder: Builder, learned: readonly Learned[], learning: Learning): Optimiser {
  const { momentum, weightDecay } = learning;
  const rates = new Map(learned.map(({ buffer, rate }) => [buffer, rate]));
  const velocity = (buffer: string): string => `${buffer}:velocity`;
  const state =
    momentum === 0 ? [] : learned.map(({ buffer }) => builder.buffer(velocity(buffer), builder.shapeOf(buffer)));

  function direct(buffer: string, scale: Tree): Tree | null {
    const rate = rates.get(buffer);
    return rate === undefined ? null : call('mul', named(rate), scale);
  }
  return {
    state,
    direct,
    addUpdate(slot, { prepare, terms }) {
      builder.add(slot, ...prepare);
      const last: Operation[] = [];
      for (const { buffer, rate, decays } of learned) {
        const { outer, reduce, scale } = terms.get(buffer)!;
        const decay = decays ? weightDecay : 0;
        if (outer && momentum === 0 && decay === 0) {
          builder.add(slot, { op: 'outer', terms: outer, scale: direct(buffer, scale)!, into: buffer, add: true });
          continue;
        }
        const shape = builder.shapeOf(buffer);
        const units = shape.reduce((a, b) => a * b, 1);
        const direction = builder.buffer(`${buffer}:direction`, shape);
        if (outer) builder.add(slot, { op: 'outer', terms: outer, scale, into: direction, add: false });
        else builder.add(slot, { op: 'reduce', from: reduce!, into: direction, how: 'sum', over: 'batch', scale });
        let change: Tree = named(direction);
        if (decay > 0) change = call('sub', change, call('mul', num(decay), named(buffer)));
        if (momentum > 0) change = call('add', call('mul', num(momentum), named(velocity(buffer))), change);
        const assign = [{ into: buffer, value: call('add', named(buffer), call('mul', named(rate), change)) }];
        if (momentum > 0) assign.push({ into: velocity(buffer), value: change });
        last.push({ op: 'map', units, assign });
      }
      builder.add(slot, ...last);
    },
  };
}
