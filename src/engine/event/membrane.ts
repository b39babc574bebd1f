// The closed form of a leaky integrate-and-fire membrane between events. Everything is measured from a level (threshold,
// floor or cap): the state is the gap V - level, so that nothing cancels near it. It finds no crossing; crossing.ts does.
import * as dd from '../../math/doubleDouble.ts';
import { exp, expm1 } from '../../math/elementary.ts';
import type { NeuronGroup, SynapseType } from './network.ts';

/** Constants of a neuron, made once. `rate` is 1 / tau, or 0 for a perfect integrator, whose `unit` is 1. */
export interface Cell {
  readonly unit: number;
  readonly leaks: boolean;
  readonly resistance: number;
  /** Of each synapse type: its time constant, and 1 / tau - 1 / tau_k as (tau_k - tau) / (tau tau_k). */
  readonly taus: readonly number[];
  readonly differences: readonly number[];
}

/**
 * A membrane left alone from a moment on: V - level, the drive's rest position less the level (for an integrator, the
 * drive itself), and of each synapse type the current I and its rise x (alpha types; I' = -I / tau + x).
 */
export interface Course {
  gap: number;
  pull: number;
  readonly current: Float64Array;
  readonly rise: Float64Array;
}

export function cell(group: NeuronGroup, types: readonly SynapseType[]): Cell {
  const tau = group.membraneTimeConstant;
  const leaks = tau !== Infinity;
  const taus = types.map(({ kind, timeConstant }) => (kind === 'delta' ? 1 : timeConstant));
  return {
    unit: leaks ? tau : 1,
    leaks,
    resistance: group.resistance,
    taus,
    differences: taus.map((other) => (leaks ? (other - tau) / (tau * other) : -1 / other)),
  };
}

/** (e^x - 1) / x. */
const phi = (x: number): number => (x === 0 ? 1 : expm1(x) / x);

/** The integral of r e^(x r) over [0, 1], that is (e^x (x - 1) + 1) / x^2; its series where that would cancel. */
function chi(x: number): number {
  if (Math.abs(x) > 1) return (exp(x) * (x - 1) + 1) / (x * x);
  let [sum, term] = [0, 1];
  for (let m = 0; m < 20; m++) {
    sum += term / (m + 2);
    term *= x / (m + 1);
  }
  return sum;
}

/** Response of V to a unit current of type k, divided by the resistance: (s / tau) e^(-s / tau) phi(d s). */
export function kernel({ unit, leaks, taus, differences }: Cell, k: number, s: number): number {
  const x = differences[k]! * s;
  // For x > 1 from the other end, where nothing overflows.
  if (x > 1) return (s / unit) * exp(-s / taus[k]!) * phi(-x);
  return (s / unit) * (leaks ? exp(-s / unit) : 1) * phi(x);
}

/** Response to a unit rise of type k: (s^2 / tau) e^(-s / tau) chi(d s). */
export function riseKernel({ unit, leaks, taus, differences }: Cell, k: number, s: number): number {
  const x = differences[k]! * s;
  if (x > 1) return (s / unit) * s * exp(-s / taus[k]!) * ((x - 1 + exp(-x)) / (x * x));
  return (s / unit) * s * (leaks ? exp(-s / unit) : 1) * chi(x);
}

/** V - level after s. */
export function gapAfter(cell: Cell, course: Course, s: number): number {
  const x = s / cell.unit;
  let sum = cell.leaks ? course.gap * exp(-x) - course.pull * expm1(-x) : course.gap + course.pull * x;
  for (let k = 0; k < cell.taus.length; k++) {
    const current = course.current[k]!;
    const rise = course.rise[k]!;
    if (current !== 0) sum += cell.resistance * current * kernel(cell, k, s);
    if (rise !== 0) sum += cell.resistance * rise * riseKernel(cell, k, s);
  }
  return sum;
}

/** The sum of |terms| of `gapAfter`: rounding errs by a few 1e-16 of it. */
export function sizeAfter(cell: Cell, course: Course, s: number): number {
  return gapAfter(
    { ...cell, resistance: Math.abs(cell.resistance) },
    {
      gap: Math.abs(course.gap),
      pull: Math.abs(course.pull),
      current: course.current.map(Math.abs),
      rise: course.rise.map(Math.abs),
    },
    s,
  );
}

/** `gapAfter` in double-double: its sign is right wherever the state itself decides it. */
export function exactGapAfter(cell: Cell, course: Course, s: number): number {
  const time: dd.DoubleDouble = [s, 0];
  const unit: dd.DoubleDouble = [cell.unit, 0];
  const scaled = dd.divide(time, unit);
  const decay: dd.DoubleDouble = cell.leaks ? dd.exp(dd.negate(scaled)) : [1, 0];
  const spread = cell.leaks ? dd.negate(dd.expm1(dd.negate(scaled))) : scaled;
  let sum = dd.add(dd.multiply([course.gap, 0], decay), dd.multiply([course.pull, 0], spread));
  for (let k = 0; k < cell.taus.length; k++) {
    const tau: dd.DoubleDouble = [cell.taus[k]!, 0];
    if (course.current[k] === 0 && course.rise[k] === 0) continue;
    const difference = cell.leaks
      ? dd.divide(dd.add(tau, dd.negate(unit)), dd.multiply(tau, unit))
      : dd.negate(dd.divide([1, 0], tau));
    const x = dd.multiply(difference, time);
    // Both kernels with e^(-s / tau_k) outside, and d replaced by -d inside: no overflow on either side.
    const far = x[0] > 1;
    const outside = dd.multiply(scaled, far ? dd.exp(dd.negate(dd.divide(time, tau))) : decay);
    const first: dd.DoubleDouble = x[0] === 0 ? [1, 0] : far ? dd.divide(dd.expm1(dd.negate(x)), dd.negate(x)) : dd.divide(dd.expm1(x), x); // prettier-ignore
    const weighted = dd.multiply([course.current[k]!, 0], first);
    const second = dd.multiply(dd.multiply([course.rise[k]!, 0], time), far ? exactFarChi(x) : exactChi(x));
    sum = dd.add(sum, dd.multiply([cell.resistance, 0], dd.multiply(outside, dd.add(weighted, second))));
  }
  return sum[0];
}

function exactChi(x: dd.DoubleDouble): dd.DoubleDouble {
  if (Math.abs(x[0]) > 1) return dd.divide(dd.add(dd.multiply(dd.exp(x), dd.add(x, [-1, 0])), [1, 0]), dd.multiply(x, x)); // prettier-ignore
  let sum: dd.DoubleDouble = [0, 0];
  let term: dd.DoubleDouble = [1, 0];
  for (let m = 0; m < 32; m++) {
    sum = dd.add(sum, dd.divide(term, [m + 2, 0]));
    term = dd.divide(dd.multiply(term, x), [m + 1, 0]);
  }
  return sum;
}

const exactFarChi = (x: dd.DoubleDouble): dd.DoubleDouble =>
  dd.divide(dd.add(dd.add(x, [-1, 0]), dd.exp(dd.negate(x))), dd.multiply(x, x));

/** Currents and rises after s, in place. */
export function decayCurrents(cell: Cell, course: Course, s: number): void {
  for (let k = 0; k < cell.taus.length; k++) {
    const current = course.current[k]!;
    const rise = course.rise[k]!;
    if (current === 0 && rise === 0) continue;
    const factor = exp(-s / cell.taus[k]!);
    course.current[k] = (current + rise * s) * factor;
    course.rise[k] = rise * factor;
  }
}
