// What a spike and a constant current do to a membrane in one step of the clocked engine, for a weight and a drive of 1: what makes
// weights, thresholds and biases numbers of one register. It rounds nothing.
import { filtered, meanOverStep } from '../math/propagators.ts';
import type { Population, Projection } from '../model/model.ts';

/** Seconds of activity that a spike of a population carries. */
export const amountOf = ({ kind, encode, activityTime }: Population): number =>
  kind === 'input' ? 1 / encode.rate : activityTime;

/** Potential that a second of activity adds at once. */
export const chargeOf = ({ membraneTimeConstant: tau, activityTime, resistance }: Population): number =>
  resistance / (tau === Infinity ? activityTime : tau);

/** How much of a constant drive the membrane has after one step. */
export const intake = ({ membraneTimeConstant: tau, activityTime, resistance }: Population, dt: number): number =>
  resistance * (tau === Infinity ? dt / activityTime : -Math.expm1(-dt / tau));

/** Potential after the first step that feels a spike: a delta synapse's jump, or what its decaying current has added by then. */
export function firstStep(from: Population, to: Population, synapse: Projection['synapse'], dt: number): number {
  const { membraneTimeConstant: tau, activityTime, resistance } = to;
  const perfect = tau === Infinity;
  if (synapse.kind === 'delta') return amountOf(from) * chargeOf(to) * (perfect ? 1 : Math.exp(-dt / tau));
  const source = synapse.timeConstant;
  const share = perfect ? (dt / activityTime) * meanOverStep(dt, source) : filtered(dt, tau, source);
  return (resistance * share * amountOf(from)) / source;
}
