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

/**
 * V(dt) for V' = (-V + I) / tau with I = t e^(-t / source), V(0) = 0: an alpha current of unit rise in a low-pass filter
 * (`tau` Infinity: its integral, dt seconds long at V' = I). By its series where the rates are near.
 */
export function alphaFiltered(dt: number, tau: number, source: number): number {
  const perfect = tau === Infinity;
  const delta = (1 / (perfect ? Infinity : tau) - 1 / source) * dt;
  // The integral over [0, 1] of x e^(delta x), times dt^2 e^(-dt / tau).
  let integral: number;
  if (Math.abs(delta) < 0.5) {
    integral = 0;
    for (let m = 0, term = 1; m < 20; term *= delta / ++m) integral += term / (m + 2);
  } else integral = (Math.exp(delta) * (delta - 1) + 1) / (delta * delta);
  return perfect ? dt * dt * integral : ((dt * dt) / tau) * Math.exp(-dt / tau) * integral;
}
