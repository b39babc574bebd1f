// A resolved model: what a model file says after defaults, in SI units. Pure data, no behaviour.
import type { DataSpec } from '../data/spec.ts';

export type { DataSpec };

export interface Model {
  readonly settle: 1;
  readonly name: string;
  readonly source: string;
  readonly data: DataSpec;
  readonly populations: readonly Population[];
  readonly projections: readonly Projection[];
  readonly cost: Cost | null;
  readonly phases: Phases;
  readonly learning: Learning;
  readonly record: readonly RecordSpec[];
  readonly engine: 'clocked' | 'event';
  /** Clocked engine: seconds a step. */
  readonly step: number;
  readonly spikeTimes: 'grid' | 'interpolated';
  readonly backend: string;
  readonly seed: number;
}

export interface Population {
  readonly name: string;
  readonly units: number;
  readonly kind: 'input' | 'lif' | 'integrate-and-fire' | 'rate';
  /** How an input population presents a value in [0, 1]: a constant current, or spikes at `rate` Hz times the value. */
  readonly encode: { readonly kind: 'current' | 'poisson' | 'regular'; readonly rate: number };
  /** Seconds; Infinity for integrate-and-fire, whose equation is dV/dt = I / activityTime. */
  readonly membraneTimeConstant: number;
  /** All potentials in one unit: volts, or dimensionless. */
  readonly rest: number;
  readonly resistance: number;
  readonly threshold: number;
  readonly reset: { readonly mode: 'to' | 'by'; readonly value: number };
  readonly refractory: {
    readonly duration: number;
    readonly membrane: 'clamp' | 'integrate';
    readonly arrivals: 'keep' | 'lose';
  };
  readonly floor: number;
  readonly cap: number;
  readonly bias: { readonly init: number; readonly rate: number };
  /** Initial potential: uniform in [low, high). */
  readonly initial: { readonly low: number; readonly high: number };
  /** Seconds: decay of the activity trace s~ (docs/method.md), and of the slow trace q that follows it. */
  readonly traceTimeConstant: number;
  readonly slowTraceTimeConstant: number;
  /** Activity s = rate * activityTime: the membrane time constant for lif, the refractory time for integrate-and-fire. */
  readonly activityTime: number;
  /** Rate populations only (a later engine): energy text F(s, input, b) and activation. */
  readonly energy: string | null;
  readonly activation: string | null;
}

export interface Projection {
  /** `x->h` or `h<->y`. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly symmetric: boolean;
  readonly kind: 'dense';
  readonly init: { readonly scheme: 'glorot' | 'uniform' | 'normal' | 'zero'; readonly gain: number };
  readonly synapse: { readonly kind: 'exponential' | 'delta'; readonly timeConstant: number };
  /** Seconds, a whole number of steps for the clocked engine. */
  readonly delay: number;
}

export interface Cost {
  readonly on: string;
  /** Elementwise in `s` (the activity) and `target`. */
  readonly text: string;
}

/** Durations in seconds. `window` is the last part of a phase, over which traces are averaged. */
export interface Phases {
  readonly free: { readonly duration: number; readonly window: number };
  readonly nudge: {
    readonly duration: number;
    readonly window: number;
    readonly beta: number;
    readonly estimator: 'one-sided' | 'random-sign' | 'symmetric';
  };
  /** Read-out at test time: a free phase of its own length, averaged over its last `window`. */
  readonly predict: { readonly duration: number; readonly window: number };
  /** How the second nudged phase starts. `relax` runs free for `relaxDuration` between them. */
  readonly restart: 'copy' | 'relax' | 'reset';
  readonly relaxDuration: number;
}

export interface Learning {
  readonly rule: string;
  /** `single-trace` is the naive event rule of docs/method.md, kept as a control that fails. */
  readonly update: 'contrast' | 'end-point' | 'continual' | 'events' | 'single-trace';
  /** By projection name; a rate of 0 freezes it. */
  readonly rates: Readonly<Record<string, number>>;
  /** Every rate is multiplied by this after each epoch, and by 1 / warmup steps during the first `warmup` examples. */
  readonly rateDecay: number;
  readonly warmup: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly epochs: number;
}

export interface RecordSpec {
  readonly population: string;
  readonly variable: 'spikes' | 'membrane' | 'trace' | 'slowTrace' | 'current';
  /** Unit numbers; null means all. */
  readonly units: readonly number[] | null;
  /** Seconds between samples (spikes ignore it). */
  readonly interval: number;
  /** Example numbers of the test set. */
  readonly examples: readonly number[];
  readonly phases: readonly ('free' | 'plus' | 'minus')[];
}
