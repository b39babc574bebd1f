// Optimisers as operations of an update slot: SGD with momentum, RMSprop in its two forms, Adam. Plain SGD adds outer
// products straight into the weights, so that nothing is stored and untouched rows are not read; the others are one map.
import { SettleError } from '../errors.ts';
import { call, name as named, num } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Learning, OptimiserSpec } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Assignment, Operation, OuterTerm } from '../program/program.ts';

/** A buffer that learns, the parameter that holds its rate, and whether weight decay applies to it (biases have a decay of their own). */
export interface Learned {
  readonly buffer: string;
  readonly rate: string;
  readonly decays: boolean;
  /** Default: the model's. */
  readonly decay?: number;
  /** Default: that of the model. */
  readonly optimiser?: OptimiserSpec;
  /** Kept inside after each update. */
  readonly bounds?: readonly [number, number] | null;
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
  /** Buffers the optimiser keeps from batch to batch; all start at 0. */
  readonly state: readonly string[];
  /** Adds the update of every learned buffer; once for each optimiser, because some count their steps. */
  addUpdate(slot: string, directions: Directions): void;
  /** The scale that applies a direction at once (plain SGD only), or null if the buffer is frozen. */
  direct(buffer: string, scale: Tree): Tree | null;
}

const add = (a: Tree, b: Tree): Tree => call('add', a, b);
const sub = (a: Tree, b: Tree): Tree => call('sub', a, b);
const mul = (a: Tree, b: Tree): Tree => call('mul', a, b);
const square = (a: Tree): Tree => mul(a, a);
/** beta old + (1 - beta) now. */
const moment = (beta: number, old: string, now: Tree): Tree => add(mul(num(beta), named(old)), mul(num(1 - beta), now));

/** A step on one buffer: what is added to it (the rate included) and what its state becomes. */
interface Step {
  readonly change: Tree;
  readonly state: readonly Assignment[];
}

/** Whether an update is its gradient times a rate and nothing else, so that it can be made at any moment and in parts. */
export function isPlain({ optimiser: { kind }, momentum, weightDecay, biasDecay }: Learning): boolean {
  return kind === 'sgd' && momentum === 0 && weightDecay === 0 && !biasDecay;
}
/** What is refused where it is not. */
export const notPlain = 'momentum, weight decay, bias decay or another optimiser than sgd';

/** State by suffix, and the step along direction d (minus the gradient). */
interface Method {
  readonly state: readonly string[];
  step(spec: OptimiserSpec, of: (suffix: string) => string, d: Tree, rate: Tree): Step;
}

const methods: Readonly<Record<Exclude<OptimiserSpec['kind'], 'sgd'>, Method>> = {
  /** Torch7: m <- b m + (1 - b) d^2; w <- w + rate d / (sqrt m + epsilon). */
  rmsprop: {
    state: ['square'],
    step({ beta2, epsilon }, of, d, rate) {
      const m = moment(beta2, of('square'), square(d));
      const change = call('div', mul(rate, d), add(call('sqrt', m), num(epsilon)));
      return { change, state: [{ into: of('square'), value: m }] };
    },
  },
  /** Graves 2013: mean and square by beta2; u <- beta1 u + rate d / sqrt(square - mean^2 + epsilon); w <- w + u. */
  'rmsprop-graves': {
    state: ['mean', 'square', 'velocity'],
    step({ beta1, beta2, epsilon }, of, d, rate) {
      const m = moment(beta2, of('mean'), d);
      const v = moment(beta2, of('square'), square(d));
      const scaled = call('div', mul(rate, d), call('sqrt', add(sub(v, square(m)), num(epsilon))));
      const change = add(mul(num(beta1), named(of('velocity'))), scaled);
      return { change, state: [{ into: of('mean'), value: m }, { into: of('square'), value: v }, { into: of('velocity'), value: change }] }; // prettier-ignore
    },
  },
  /** Kingma and Ba 2015, corrected as in PyTorch: w <- w + rate (m / c1) / (sqrt(v / c2) + epsilon), c = 1 - beta^t. */
  adam: {
    state: ['mean', 'square'],
    step({ beta1, beta2, epsilon }, of, d, rate) {
      const m = moment(beta1, of('mean'), d);
      const v = moment(beta2, of('square'), square(d));
      const root = call('sqrt', mul(named(of('unbias2')), v));
      const change = call('div', mul(mul(rate, named(of('unbias1'))), m), add(root, num(epsilon)));
      return { change, state: [{ into: of('mean'), value: m }, { into: of('square'), value: v }] }; // prettier-ignore
    },
  },
};

/** A tree kept inside bounds, either of which may be infinite. */
export function inside(value: Tree, bounds: readonly [number, number] | null | undefined): Tree {
  const [low, high] = bounds ?? [-Infinity, Infinity];
  const above = low === -Infinity ? value : call('max', value, num(low));
  return high === Infinity ? above : call('min', above, num(high));
}

/** The map that puts a buffer back inside its bounds, if it has any. */
export function clipped(builder: Builder, buffer: string, bounds: readonly [number, number] | null | undefined): Operation[] {
  const value = inside(named(buffer), bounds);
  return value.kind === 'name' ? [] : [{ op: 'map', units: width(builder, buffer), assign: [{ into: buffer, value }] }];
} // prettier-ignore

const width = (builder: Builder, buffer: string): number => builder.shapeOf(buffer).reduce((a, b) => a * b, 1);

/** SGD: v <- momentum v + direction - decay w; w <- w + rate v. The others take direction - decay w as minus the gradient. */
export function optimiser(builder: Builder, learned: readonly Learned[], learning: Learning): Optimiser {
  const { momentum, weightDecay, biasDecay = 0 } = learning;
  const specOf = (one: Learned): OptimiserSpec => one.optimiser ?? learning.optimiser;
  const state: string[] = [];
  const keep = (buffer: string, suffix: string): void => {
    state.push(builder.like(`${buffer}:${suffix}`, buffer));
  };
  /** Adam's corrections 1 - beta^t: the moments of a constant 1, one pair for all buffers of equal betas. */
  const corrections = new Map<string, { of: string; spec: OptimiserSpec }>();
  const correctionKey = ({ beta1, beta2 }: OptimiserSpec): string => `${beta1} ${beta2}`;
  for (const one of learned) {
    const spec = specOf(one);
    if (spec.kind === 'sgd') {
      if (momentum !== 0) keep(one.buffer, 'velocity');
      continue;
    }
    for (const suffix of methods[spec.kind].state) keep(one.buffer, suffix);
    if (spec.kind !== 'adam' || corrections.has(correctionKey(spec))) continue;
    corrections.set(correctionKey(spec), { of: one.buffer, spec });
    for (const suffix of ['correction1', 'correction2']) state.push(builder.buffer(`${one.buffer}:${suffix}`, [1]));
    for (const suffix of ['unbias1', 'unbias2']) builder.buffer(`${one.buffer}:${suffix}`, [1]);
  }
  let updated = false;

  function countSteps(): Operation[] {
    return [...corrections.values()].map(({ of, spec }): Operation => ({
      op: 'map', units: 1,
      assign: [[1, spec.beta1] as const, [2, spec.beta2] as const].flatMap(([k, beta]) => {
        const value = moment(beta, `${of}:correction${k}`, num(1));
        return [{ into: `${of}:correction${k}`, value }, { into: `${of}:unbias${k}`, value: call('div', num(1), value) }];
      }),
    })); // prettier-ignore
  }
  function stepOf(one: Learned, direction: Tree): Step {
    const spec = specOf(one);
    if (spec.kind === 'sgd') {
      if (momentum === 0) return { change: mul(named(one.rate), direction), state: [] };
      const velocity = `${one.buffer}:velocity`;
      const v = add(mul(num(momentum), named(velocity)), direction);
      return { change: mul(named(one.rate), v), state: [{ into: velocity, value: v }] };
    }
    const shared = corrections.get(correctionKey(spec))?.of;
    const of = (suffix: string): string => `${suffix.startsWith('unbias') ? shared : one.buffer}:${suffix}`;
    return methods[spec.kind].step(spec, of, direction, named(one.rate));
  }
  function direct(buffer: string, scale: Tree): Tree | null {
    const one = learned.find((other) => other.buffer === buffer);
    return one ? mul(named(one.rate), scale) : null;
  }
  return {
    state,
    direct,
    addUpdate(slot, { prepare, terms }) {
      if (updated) throw new SettleError('an optimiser updates once', { kind: 'defect' });
      updated = true;
      builder.add(slot, ...prepare);
      const last: Operation[] = countSteps();
      for (const one of learned) {
        const { buffer, decays, bounds } = one;
        const { outer, reduce, scale } = terms.get(buffer)!;
        const decay = one.decay ?? (decays ? weightDecay : biasDecay);
        if (outer && momentum === 0 && decay === 0 && specOf(one).kind === 'sgd') {
          builder.add(slot, { op: 'outer', terms: outer, scale: direct(buffer, scale)!, into: buffer, add: true });
          last.push(...clipped(builder, buffer, bounds));
          continue;
        }
        const direction = builder.like(`${buffer}:direction`, buffer);
        if (outer) builder.add(slot, { op: 'outer', terms: outer, scale, into: direction, add: false });
        else builder.add(slot, { op: 'reduce', from: reduce!, into: direction, how: 'sum', over: 'batch', scale });
        const descent = decay > 0 ? sub(named(direction), mul(num(decay), named(buffer))) : named(direction);
        const step = stepOf(one, descent);
        const value = inside(add(named(buffer), step.change), bounds);
        last.push({ op: 'map', units: width(builder, buffer), assign: [{ into: buffer, value }, ...step.state] });
      }
      builder.add(slot, ...last);
    },
  };
}
