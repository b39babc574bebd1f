// Models that run without learning, resolved: populations of neurons and sources, generators of connections. Pure data in SI
// units (potentials in volts, or all dimensionless); it draws no number and makes no connection.

import type { Drawn } from './drawn.ts';
import type { Equations } from './equations.ts';

export type { Drawn } from './drawn.ts';

export interface Synapse {
  readonly kind: 'delta' | 'exponential' | 'alpha';
  /** Seconds; 0 for delta. */
  readonly timeConstant: number;
  /** Into equations: the variable that the weight is added to, in its unit; the kind is delta then. */
  readonly target?: string;
}

export type Connect =
  | { readonly kind: 'all-to-all' | 'one-to-one' }
  | { readonly kind: 'fixed-probability'; readonly probability: number }
  | { readonly kind: 'fixed-in-degree'; readonly degree: number; readonly multapses: boolean }
  | {
      readonly kind: 'distance';
      readonly probability: number;
      readonly scale: number;
      readonly shape: 'gaussian' | 'exponential';
      readonly periodic: boolean;
    }
  /** Pair k: unit pre[k] of the sender, unit post[k] of the receiver. */
  | { readonly kind: 'list'; readonly pre: Uint32Array; readonly post: Uint32Array };

export interface NetworkPopulation {
  readonly name: string;
  readonly units: number;
  readonly kind: 'lif' | 'integrate-and-fire' | 'equations' | 'poisson' | 'regular' | 'spikes';
  /** equations: what they are; potentials below mean nothing then. */
  readonly equations?: Equations;
  /** Spikes a second: poisson, regular. */
  readonly rate: number;
  /** spikes: [unit, seconds] in order of time; or a file to read them from. */
  readonly spikes: readonly (readonly [number, number])[];
  readonly file: string | null;
  /** Seconds; Infinity for integrate-and-fire, whose equation is dV/dt = drive (potential a second). */
  readonly membraneTimeConstant: number;
  readonly rest: number;
  /** Infinity for units that never fire. */
  readonly threshold: number;
  /** Whether the potential has to exceed the threshold (>) rather than reach it (>=): only jumps that land on it tell. */
  readonly strict: boolean;
  readonly reset: { readonly mode: 'to' | 'by'; readonly value: number };
  readonly refractory: { readonly duration: number; readonly arrivals: 'keep' | 'lose' };
  readonly floor: number;
  readonly cap: number;
  /** R I: where a leaky membrane would rest above `rest`. */
  readonly bias: Drawn;
  /** [unit, seconds, value] in order of time: from then on `value` is added to the unit's bias. */
  readonly current: readonly (readonly [number, number, number])[];
  readonly initial: Drawn;
  readonly drive: { readonly rate: number; readonly weight: number; readonly synapse: Synapse } | null;
}

export interface NetworkProjection {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly connect: Connect;
  readonly autapses: boolean;
  /** Jump of the potential (delta), or jump (exponential) or peak (alpha) of R I as a potential. */
  readonly weight: Drawn;
  /** Seconds. */
  readonly delay: Drawn;
  readonly synapse: Synapse;
}

export interface NetworkModel {
  readonly settle: 1;
  readonly kind: 'network';
  readonly name: string;
  readonly source: string;
  readonly populations: readonly NetworkPopulation[];
  readonly projections: readonly NetworkProjection[];
  /** Seconds. */
  readonly duration: number;
  readonly discard: number;
  /** How weights are stored. */
  readonly weights: 'float32' | 'float64';
  readonly engine: 'clocked' | 'event';
  readonly step: number;
  readonly backend: string;
  readonly seed: number;
  /** What potentials are given in. */
  readonly volts: boolean;
}

export const isSource = ({ kind }: Pick<NetworkPopulation, 'kind'>): boolean =>
  kind === 'poisson' || kind === 'regular' || kind === 'spikes';

/** Whether a text says `simulation:` at its outermost level. */
export const isNetwork = (text: string): boolean => /^simulation\s*:/m.test(text);
