// AssemblyScript: the factors of one moment, shared by all that happens in it, and V and currents of a neuron there. States are
// coefficients at a common origin of time; nothing here changes an event's order.
import { K, groupOf, inverse, kind, leaks, mostGroups, pullAt, rate, record, resistance, slot, unit } from './cells';
import { exp } from './elementary';
import { chi, current, most, phi, rise, setCell, tau } from './membrane';
import { Doubles, Whole } from './tables';

/** Where the coefficients of all states are at home. */
export let origin: f64 = 0;
export function moveOrigin(to: f64): void {
  origin = to;
}

/** e^(-r / tau_k); of groups e^(-r / tau), and what a coefficient of I and of x makes of V (over the resistance). */
export let preparedAt: f64 = -Infinity;
export let preparedOrigin: f64 = 0;
export let r: f64 = 0;
export let stamp: i32 = 0;
export const decay = changetype<Doubles>(memory.data(8 * most));
export const stampOf = changetype<Whole>(memory.data(4 * mostGroups));
export const fade = changetype<Doubles>(memory.data(8 * mostGroups));
export const ofCurrent = changetype<Doubles>(memory.data(8 * mostGroups * most));
export const ofRise = changetype<Doubles>(memory.data(8 * mostGroups * most));

export function prepare(t: f64): void {
  if (t != preparedAt || origin != preparedOrigin) prepareAnew(t);
}

function prepareAnew(t: f64): void {
  preparedAt = t;
  preparedOrigin = origin;
  r = t - origin;
  stamp++;
  for (let k = 0; k < K; k++) if (kind[k] != 0) decay[k] = exp(-r / tau[k]);
}

export function ready(g: i32): void {
  if (stampOf[g] != stamp) readyAnew(g);
}

function readyAnew(g: i32): void {
  stampOf[g] = stamp;
  const a: f64 = leaks[g] ? exp(-r / unit[g]) : 1;
  fade[g] = a;
  for (let k = 0; k < K; k++) {
    if (kind[k] == 0) continue;
    const at = g * most + k;
    const d = rate[at];
    const i = inverse[at];
    if (i == 0) {
      const x = d * r;
      ofCurrent[at] = (r / unit[g]) * a * phi(x);
      if (kind[k] == 2) ofRise[at] = (r / unit[g]) * r * a * chi(x);
    } else {
      ofCurrent[at] = decay[k] * i;
      if (kind[k] == 2) ofRise[at] = decay[k] * i * (r - 1 / d);
    }
  }
}

/** V - threshold at the prepared time, and (`resting`) without the membrane's own coefficient. */
export function gapNow(n: i32, resting: bool = false): f64 {
  const g = groupOf(n);
  ready(g);
  const p = record(n);
  let h = load<f64>(pullAt(n));
  if (!leaks[g]) h *= r;
  let sum: f64 = 0;
  for (let k = 0; k < K; k++) {
    const kd = kind[k];
    if (kd == 0) continue;
    const at = g * most + k;
    sum += load<f64>(p + <usize>slot[k]) * ofCurrent[at];
    if (kd == 2) sum += load<f64>(p + <usize>slot[k] + 8) * ofRise[at];
  }
  h += resistance[g] * sum;
  return resting ? h : h + load<f64>(p) * fade[g];
}

export function setGap(n: i32, gap: f64): void {
  const g = groupOf(n);
  const rest = gapNow(n, true);
  store<f64>(record(n), (gap - rest) * (leaks[g] ? exp(r / unit[g]) : 1));
}

/** Currents and rises at the prepared time into the course of membrane.ts. */
export function setCurrents(n: i32): void {
  const g = groupOf(n);
  const p = record(n);
  setCell(unit[g], leaks[g], resistance[g]);
  for (let k = 0; k < K; k++) {
    current[k] = 0;
    rise[k] = 0;
    if (kind[k] == 0) continue;
    const i = load<f64>(p + <usize>slot[k]);
    if (kind[k] == 1) current[k] = i * decay[k];
    else {
      const x = load<f64>(p + <usize>slot[k] + 8);
      current[k] = (i + x * r) * decay[k];
      rise[k] = x * decay[k];
    }
  }
}
