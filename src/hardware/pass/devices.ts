// How memory devices take what learning asks of them: pulses on devices with steps, bounds and spreads of their own, or
// programming with drift. Laws as trees over one weight matrix; constants drawn once from the seed. It knows no network.
// Equations and constants: aihwkit's device models, as hardware profiles state them.
import { formula } from '../../expr/formula.ts';
import type { Tree } from '../../expr/tree.ts';
import { hash32, normal, uniform24 } from '../../math/random.ts';
import type { Devices } from '../profile/profile.ts';

/** Constants of each device of a matrix, in units of the range: steps up and down, bounds. A stuck device has steps of 0. */
export interface DeviceConstants {
  readonly up: Float64Array;
  readonly down: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

const streams = { up: 8192, difference: 8193, low: 8194, high: 8195, stuck: 8196, rest: 8197 } as const;
/** A stuck device rests within this share of the range (aihwkit's corrupt_devices_range). */
const stuckRange = 0.1;

/** Draws the constants of `count` devices of matrix number `matrix`. */
export function drawDevices(devices: Devices, count: number, seed: number, matrix: number): DeviceConstants {
  const of = (key: 'step' | 'stepSpread' | 'minimum' | 'maximum' | 'minimumSpread' | 'maximumSpread' | 'asymmetry' | 'asymmetrySpread' | 'stuck'): number => devices[key].value ?? 0; // prettier-ignore
  const own = hash32(seed, 8190, matrix, 0, 0);
  const drawn = (stream: number, k: number): number => normal(own, stream, 0, k, 0);
  const up = new Float64Array(count);
  const down = new Float64Array(count);
  const low = new Float64Array(count);
  const high = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const gain = 1 + of('stepSpread') * drawn(streams.up, k);
    const half = of('asymmetrySpread') * drawn(streams.difference, k);
    // As in aihwkit's code, a mean asymmetry lowers one direction only.
    up[k] = of('step') * Math.abs(gain + half + Math.min(of('asymmetry'), 0));
    down[k] = of('step') * Math.abs(gain - half - Math.max(of('asymmetry'), 0));
    low[k] = -Math.abs(of('minimum') * (1 + of('minimumSpread') * drawn(streams.low, k)));
    high[k] = Math.abs(of('maximum') * (1 + of('maximumSpread') * drawn(streams.high, k)));
    if (uniform24(own, streams.stuck, 0, k, 0) >= of('stuck')) continue;
    const value = stuckRange * (2 * uniform24(own, streams.rest, 0, k, 0) - 1);
    [up[k], down[k]] = [0, 0];
    low[k] = Math.max(low[k]!, Math.min(value, high[k]!));
    high[k] = low[k]!;
  }
  return { up, down, low, high };
}

/** Names of the buffers that a law reads. */
export interface DeviceNames {
  /** What the device holds, in units of the range. */
  readonly hidden: string;
  readonly up: string;
  readonly down: string;
  readonly low: string;
  readonly high: string;
}

/**
 * What a device holds after `pulses` (a whole number, negative for steps down) with a standard normal `noise`. The mean is the
 * exact result of that many single pulses: w <- w + D (1 - w / b) repeated n times is b + (w - b)(1 - D / b)^n; the noise of n
 * independent pulses is that of one times sqrt(n).
 */
export function pulsed(devices: Devices, at: DeviceNames, pulses: Tree, noise: Tree): Tree {
  const { hidden: w, up, down, low, high } = at;
  const spread = devices.cycleSpread.value ?? 0;
  const n = formula('abs(p)', { p: pulses });
  const bindings = { w, up, down, low, high, n, p: pulses, x: noise, spread };
  if (devices.model === 'constant-step')
    return formula('clip(w + (p >= 0 ? up : -down) * (n + spread * sqrt(n) * x), low, high)', bindings);
  const [lossUp, lossDown] = devices.model === 'soft-bounds' ? [1, 1] : [devices.slopeUp.value ?? 0, devices.slopeDown.value ?? 0];
  // Towards the bound b: a step D (1 - loss w / b), so k = loss D / |b| of the way is done a pulse.
  const k = formula('p >= 0 ? lossUp * up / max(high, 1e-6) : lossDown * down / max(-low, 1e-6)', { ...bindings, lossUp, lossDown });
  const target = formula('p >= 0 ? high / lossUp : low / lossDown', { ...bindings, lossUp: Math.max(lossUp, 1e-6), lossDown: Math.max(lossDown, 1e-6) });
  const share = formula('exp(n * log(max(1 - k, 1e-6)))', { n, k });
  const step = formula('(p >= 0 ? up : -down) * (1 - w / target)', { ...bindings, target });
  return formula('clip(target + (w - target) * share + step * spread * sqrt(n) * x, low, high)', { ...bindings, target, share, step });
} // prettier-ignore

/**
 * Phase change: what is read of a weight w (in units of the range) at a time after programming. Programming error, drift and
 * 1/f noise by conductance g = |w|, the polynomials of the source for g_max = 25 uS; `program` and `read` are standard normal
 * and new at each programming, `device` is each device's own.
 */
export function phaseChange(devices: Devices, w: Tree, { program, read, device }: Readonly<Record<'program' | 'read' | 'device', Tree>>): Tree {
  const start = devices.driftStart.value ?? 20;
  const time = devices.driftTime.value ?? 0;
  const x = formula('min(abs(w), 1)', { w });
  const written = formula('max(x + max(0.26348 + 1.965 * x - 1.1731 * x * x, 0) / 25 * e, 0)', { x, e: program });
  const ln = formula('log(max(x, 0.001))', { x });
  const mean = formula('clip(-0.0155 * ln + 0.0244, 0.049, 0.1)', { ln });
  const spread = formula('clip(-0.0125 * ln - 0.0059, 0.008, 0.045)', { ln });
  const drifted = time === 0 ? written : formula('g * exp(-abs(m + s * e) * l)', { g: written, m: mean, s: spread, e: device, l: Math.log((time + start) / start) });
  const pulse = 250e-9;
  // x^0.65 = exp(0.65 ln x); the source bounds Q by 0.2.
  const q = formula('min(0.2, 0.0088 / max(exp(0.65 * ln), 0.001))', { ln });
  const noise = Math.sqrt(Math.log((time + start + pulse) / (2 * pulse)));
  return formula('sign(w) * max(g * (1 + q * noise * e), 0)', { w, g: drifted, q, noise, e: read });
} // prettier-ignore

/** Two standard normal numbers from two uniform ones (Box and Muller): buffers in, trees out. */
export function normals(u: string, v: string): readonly [Tree, Tree] {
  const radius = formula('sqrt(-2 * log(max(u, 2 ^ -25)))', { u });
  return [
    formula('r * cos(turn * v)', { r: radius, turn: 2 * Math.PI, v }),
    formula('r * sin(turn * v)', { r: radius, turn: 2 * Math.PI, v }),
  ];
}
