// Exact propagators of a linear membrane over one step: numbers only, no Program.

/** (e^x - 1) / x without cancellation near 0. */
export function expm1Over(x: number): number {
  return x === 0 ? 1 : Math.expm1(x) / x;
}

/**
 * V(dt) for V' = -V / tau + (1 / tau) e^(-t / source), V(0) = 0: how much of a decaying drive of unit size arrives in a
 * low-pass filter of time constant `tau` after `dt`. Both time constants in seconds; equal ones are the limit t e^(-t).
 */
export function filtered(dt: number, tau: number, source: number): number {
  return (dt / tau) * Math.exp(-dt / tau) * expm1Over(dt / tau - dt / source);
}

/** The integral of e^(-t / tau) over [0, dt), divided by dt: a decaying trace's mean over a step, from its value at the start. */
export function meanOverStep(dt: number, tau: number): number {
  return expm1Over(-dt / tau);
}
