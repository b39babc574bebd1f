// A resolved model: what a model file says after defaults, in SI units. Pure data, no behaviour.
import type { DataSpec } from '../data/spec.ts';
import type { Conv, Picture, Pool } from './geometry.ts';

export type { Conv, DataSpec, Picture, Pool };

export interface Model {
  readonly settle: 1;
  readonly name: string;
  /** A rate model counts steps instead of seconds: its `step` is 1 and its durations are whole numbers. */
  readonly kind: 'spiking' | 'rate';
  readonly source: string;
  readonly data: DataSpec;
  readonly populations: readonly Population[];
  readonly projections: readonly Projection[];
  readonly cost: Cost | null;
  /** Rate models; spiking ones do not read it. */
  readonly dynamics: Dynamics;
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
  /** Of units that make up a picture. */
  readonly shape?: Picture;
  /** A readout is computed from what projects to it and is no part of what settles. */
  readonly kind: 'input' | 'lif' | 'integrate-and-fire' | 'rate' | 'readout';
  /** How an input population presents a value in [0, 1]: a constant current, or spikes at `rate` Hz times the value. */
  readonly encode: { readonly kind: 'current' | 'poisson' | 'regular'; readonly rate: number };
  /** Seconds; Infinity for integrate-and-fire, whose equation is dV/dt = I / activityTime. */
  readonly membraneTimeConstant: number;
  /** Integrate-and-fire: potential a second that it loses, towards rest. */
  readonly leak: number;
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
  /** `shared`: one number a channel of a picture. */
  readonly bias: { readonly init: number; readonly spread: number; readonly rate: number; readonly shared?: boolean };
  /** Initial potential: uniform in [low, high). */
  readonly initial: { readonly low: number; readonly high: number };
  /** Seconds: decay of the activity trace s~ (docs/method.md), and of the slow trace q that follows it. */
  readonly traceTimeConstant: number;
  readonly slowTraceTimeConstant: number;
  /** Activity s = rate * activityTime: the membrane time constant for lif, the refractory time for integrate-and-fire. */
  readonly activityTime: number;
  /** Rate populations: energy F(s, input, b) of each unit, and the activation as text in `u`. Null for spiking ones. */
  readonly energy: string | null;
  readonly activation: string | null;
  /** Rate populations: bounds of the states, or null. */
  readonly range: readonly [number, number] | null;
  /** Share of units left out of a training example; the rest are scaled by 1 / (1 - dropout). */
  readonly dropout: number;
}

export interface Projection {
  /** `x->h` or `h<->y`. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly symmetric: boolean;
  readonly kind: 'dense' | 'conv';
  /** Of kind conv; the pool takes what the kernel leaves. */
  readonly conv?: Conv;
  readonly pool?: Pool;
  readonly init: Init;
  /** Rate models: name of what the receiver's energy reads -> text in `s` of the sender's units. */
  readonly features: Readonly<Record<string, string>>;
  /** Rate models: weights are kept inside, or null. */
  readonly bounds: readonly [number, number] | null;
  readonly synapse: { readonly kind: 'exponential' | 'delta'; readonly timeConstant: number };
  /** Seconds, a whole number of steps for the clocked engine. */
  readonly delay: number;
}

/** Initial values of a matrix (learn/initial.ts). */
export interface Init {
  readonly scheme: 'glorot' | 'glorot-normal' | 'uniform' | 'normal' | 'orthogonal' | 'zero' | 'listed';
  readonly gain: number;
  /** listed, projections only: every weight, [pre, post], row-major. */
  readonly values?: readonly number[];
}

export interface Cost {
  readonly on: string;
  readonly kind: 'text' | 'cross-entropy' | 'binary-cross-entropy';
  /** Elementwise in `s` (the activity) and `target`; empty for the other kinds. */
  readonly text: string;
}

export interface Dynamics {
  readonly kind: 'map' | 'flow';
  readonly step: number;
  readonly order: 'synchronous' | 'layers';
  readonly nudge: 'inside' | 'outside';
}

export interface OptimiserSpec {
  readonly kind: 'sgd' | 'rmsprop' | 'rmsprop-graves' | 'adam';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Rules with feedback matrices of their own. */
export interface Feedback {
  readonly init: Init;
  readonly shared: boolean;
  readonly decay: number;
  readonly rate: number;
}

/** Target propagation: top target, decoders and their schedule. `top` and `decoders` null: as the rule has it. */
export interface Targets {
  readonly step: number;
  readonly top: 'gradient' | 'label' | null;
  readonly inverse: 'trained' | 'exact';
  readonly loss: 'corrupted' | 'clean' | 'difference';
  /** Of losses over units. */
  readonly reduction: 'sum' | 'mean';
  readonly noise: number;
  readonly rate: number;
  readonly optimiser: OptimiserSpec;
  readonly schedule: 'parallel' | 'batches' | 'alternating';
  readonly decoderSteps: number;
  readonly decoders: 'activation' | 'linear' | null;
  readonly decay: number;
  readonly auxiliary: number;
}

/** Durations in seconds. `window` is the last part of a phase, over which traces are averaged. */
export interface Phases {
  /**
   * `tolerance`: rate models stop settling when no state moves further in a step; 0 takes all steps. `start`: training examples
   * of a rate model start at rest, or where each of them settled in the epoch before.
   */
  readonly free: {
    readonly duration: number;
    readonly window: number;
    readonly tolerance: number;
    readonly start: 'rest' | 'kept';
  };
  readonly nudge: {
    readonly duration: number;
    readonly window: number;
    readonly beta: number;
    readonly estimator: 'one-sided' | 'random-sign' | 'symmetric' | 'holomorphic';
    /** Holomorphic: points on the circle of radius beta. */
    readonly points: number;
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
  /** Rates fall along half a cosine over so many epochs, down to `least` (or stay, where they are less); absent: they do not. */
  readonly annealing?: { readonly epochs: number; readonly least: number };
  readonly optimiser: OptimiserSpec;
  readonly feedback: Feedback;
  readonly targets: Targets;
  readonly vectorField: 'same' | 'different';
  readonly momentum: number;
  readonly weightDecay: number;
  /** Of biases; absent: none. */
  readonly biasDecay?: number;
  readonly epochs: number;
}

export interface RecordSpec {
  /** Null with `energy`, which is of the whole network. */
  readonly population: string | null;
  readonly variable: 'spikes' | 'membrane' | 'trace' | 'slowTrace' | 'current' | 'energy';
  /** Unit numbers; null means all. */
  readonly units: readonly number[] | null;
  /** Seconds between samples (spikes ignore it). */
  readonly interval: number;
  /** Example numbers of the test set. */
  readonly examples: readonly number[];
  readonly phases: readonly ('free' | 'plus' | 'minus')[];
}
