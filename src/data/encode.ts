// What `encode` of an input population means, as pure functions of one value x in [0, 1]: the law that engines are held
// to. It keeps no state and draws no numbers.
import { exp } from '../math/elementary.ts';

// current   The value itself, as a constant current; no spikes.
// poisson   In a step of dt seconds a spike with probability 1 - exp(-rate x dt), steps independent of each other: that
//           at least one event of a Poisson process of rate x falls into the step. At most one spike a step, so the mean
//           rate stays below rate x: 9 % below at 200 Hz, x = 1 and steps of 1 ms.
// regular   Spikes at equal intervals of 1 / (rate x), the first after (1 - phase) of one; phases are uniform in [0, 1).
//
// Spikes carry 1 / rate seconds of activity. Uniforms are numbers of math/random.ts, (seed, stream, example, unit, step).

/** Probability of a Poisson spike in one step: 1 - exp(-rate x dt); 0 where x is 0 or less. */
export function spikeProbability(x: number, rate: number, dt: number): number {
  return x > 0 ? 1 - exp(-rate * x * dt) : 0;
}

/** Whether a step has a Poisson spike, given its uniform number in [0, 1). */
export function poissonSpike(x: number, rate: number, dt: number, uniform: number): boolean {
  return uniform < spikeProbability(x, rate, dt);
}

/**
 * Whether step `step` (from 0) of an example has a regular spike: whether phase + rate x t passes a whole number in it,
 * t = (step + 1) dt included. Where rate x dt is above 1, every step has one.
 */
export function regularSpike(x: number, rate: number, dt: number, phase: number, step: number): boolean {
  if (!(x > 0)) return false;
  const advance = rate * x * dt;
  return Math.floor(phase + (step + 1) * advance) > Math.floor(phase + step * advance);
}
