// AssemblyScript: the closed form of a membrane left alone and its first crossing: event/membrane.ts and event/crossing.ts,
// which say why nothing is missed. One course at a time, in the globals below.
import { newestPoint, newestValue, openBracket, otherPoint, take, trial } from './bracket';
import * as dd from './doubleDouble';
import { exp, expAndLess, expm1, lessOne, log, log1p } from './elementary';
import { Doubles, Whole } from './tables';

export const most: i32 = 16;
/** Of a bracket: it halves at the least every other one. */
const mostSteps: i32 = 2000;

/** Of the neuron whose course it is. */
export let unit: f64 = 1;
export let leaks: i32 = 1;
export let resistance: f64 = 1;
/** Of each synapse type. */
export let types: i32 = 0;
export const tau = changetype<Doubles>(memory.data(8 * most));
export const distance = changetype<Doubles>(memory.data(8 * most));
/** Distinct time constants, falling; of each type its place among them. */
let classes: i32 = 0;
const classTau = changetype<Doubles>(memory.data(8 * (most + 1)));
const classOf = changetype<Whole>(memory.data(4 * most));
/** 1 / classTau[i] - 1 / classTau[j]; class 0 is the constant. */
const difference = changetype<Doubles>(memory.data(8 * (most + 1) * (most + 1)));
let slowest: f64 = 0;

export let gap: f64 = 0;
export let pull: f64 = 0;
export const current = changetype<Doubles>(memory.data(8 * most));
export const rise = changetype<Doubles>(memory.data(8 * most));

/** Types with state, in any order; a type of its own index has no state where its time constant is 0. */
export function setTypes(count: i32, taus: usize): void {
  types = count;
  classes = 1;
  for (let k = 0; k < count; k++) tau[k] = load<f64>(taus + ((<usize>k) << 3));
  slowest = 0;
  for (;;) {
    let next: f64 = 0;
    for (let k = 0; k < count; k++)
      if (tau[k] > next && (classes == 1 || tau[k] < classTau[classes - 1])) next = tau[k];
    if (next == 0) break;
    if (classes == 1) slowest = next;
    for (let k = 0; k < count; k++) if (tau[k] == next) classOf[k] = classes;
    classTau[classes++] = next;
  }
  for (let i = 0; i < classes; i++)
    for (let j = 0; j < classes; j++) {
      const p = classTau[i];
      const q = classTau[j];
      difference[i * (most + 1) + j] = i == j ? 0 : i == 0 ? -1 / q : j == 0 ? 1 / p : (q - p) / (p * q);
    }
}

export function setCell(unitOf: f64, leaksOf: i32, resistanceOf: f64): void {
  if (unit == unitOf && leaks == leaksOf && resistance == resistanceOf && prepared == types) return;
  unit = unitOf;
  leaks = leaksOf;
  resistance = resistanceOf;
  prepared = types;
  for (let k = 0; k < types; k++)
    distance[k] = tau[k] == 0 ? 0 : leaks ? (tau[k] - unit) / (unit * tau[k]) : -1 / tau[k];
}
let prepared: i32 = -1;

export function setCourse(gapOf: f64, pullOf: f64): void {
  gap = gapOf;
  pull = pullOf;
}

export function phi(x: f64): f64 {
  return x == 0 ? 1 : expm1(x) / x;
}

export function chi(x: f64): f64 {
  if (abs(x) > 1) return (exp(x) * (x - 1) + 1) / (x * x);
  let sum: f64 = 0;
  let term: f64 = 1;
  for (let m = 0; m < 20; m++) {
    sum += term / <f64>(m + 2);
    term *= x / <f64>(m + 1);
  }
  return sum;
}

/** V - level after s; `size`: with every term's magnitude instead. */
function gapAfter(s: f64, size: bool = false): f64 {
  const x = s / unit;
  let decay: f64 = 1;
  let spread = x;
  if (leaks) {
    decay = expAndLess(-x);
    spread = -lessOne;
  }
  let sum = size ? abs(gap) * decay + abs(pull) * spread : gap * decay + pull * spread;
  for (let k = 0; k < types; k++) {
    let i = current[k];
    let r = rise[k];
    if (i == 0 && r == 0) continue;
    if (size) {
      i = abs(i);
      r = abs(r);
    }
    const y = distance[k] * s;
    if (y > 1) {
      const outside = resistance * x * exp(-s / tau[k]);
      sum += outside * i * phi(-y);
      if (r != 0) sum += outside * s * r * ((y - 1 + exp(-y)) / (y * y));
    } else {
      const outside = resistance * x * decay;
      sum += outside * i * phi(y);
      if (r != 0) sum += outside * s * r * chi(y);
    }
  }
  return sum;
}

/** Its sign is right wherever the state itself decides it. */
function exactGapAfter(s: f64): f64 {
  const x = dd.divide(s, 0, unit, 0);
  const xl = dd.low;
  let decay: f64 = 1;
  let decayLow: f64 = 0;
  let spread = x;
  let spreadLow = xl;
  if (leaks) {
    decay = dd.exp(-x, -xl);
    decayLow = dd.low;
    spread = -dd.expm1(-x, -xl);
    spreadLow = -dd.low;
  }
  const first = dd.multiply(gap, 0, decay, decayLow);
  const firstLow = dd.low;
  const second = dd.multiply(pull, 0, spread, spreadLow);
  let sum = dd.add(first, firstLow, second, dd.low);
  let sumLow = dd.low;
  for (let k = 0; k < types; k++) {
    if (current[k] == 0 && rise[k] == 0) continue;
    let d = leaks ? dd.twoSum(tau[k], -unit) : -1;
    let dl = leaks ? dd.low : 0;
    const product = leaks ? dd.multiply(tau[k], 0, unit, 0) : tau[k];
    d = dd.divide(d, dl, product, leaks ? dd.low : 0);
    const y = dd.multiply(d, dd.low, s, 0);
    const yl = dd.low;
    const far = y > 1;
    let outside = decay;
    let outsideLow = decayLow;
    if (far) {
      const z = dd.divide(s, 0, tau[k], 0);
      outside = dd.exp(-z, -dd.low);
      outsideLow = dd.low;
    }
    outside = dd.multiply(outside, outsideLow, x, xl);
    outsideLow = dd.low;
    const sign: f64 = far ? -1 : 1;
    let inner: f64 = 1;
    let innerLow: f64 = 0;
    if (y != 0) {
      inner = dd.expm1(sign * y, sign * yl);
      inner = dd.divide(inner, dd.low, sign * y, sign * yl);
      innerLow = dd.low;
    }
    inner = dd.multiply(inner, innerLow, current[k], 0);
    innerLow = dd.low;
    if (rise[k] != 0) {
      let c = exactChi(y, yl, far);
      c = dd.multiply(c, dd.low, s, 0);
      c = dd.multiply(c, dd.low, rise[k], 0);
      inner = dd.add(inner, innerLow, c, dd.low);
      innerLow = dd.low;
    }
    let term = dd.multiply(outside, outsideLow, inner, innerLow);
    term = dd.multiply(term, dd.low, resistance, 0);
    sum = dd.add(sum, sumLow, term, dd.low);
    sumLow = dd.low;
  }
  return sum;
}

function exactChi(x: f64, xl: f64, far: bool): f64 {
  if (abs(x) > 1) {
    let e = far ? dd.exp(-x, -xl) : dd.exp(x, xl);
    let el = dd.low;
    const less = dd.add(x, xl, -1, 0);
    const lessLow = dd.low;
    if (!far) {
      e = dd.multiply(e, el, less, lessLow);
      e = dd.add(e, dd.low, 1, 0);
    } else e = dd.add(e, el, less, lessLow);
    el = dd.low;
    const square = dd.multiply(x, xl, x, xl);
    return dd.divide(e, el, square, dd.low);
  }
  let sum: f64 = 0;
  let sumLow: f64 = 0;
  let term: f64 = 1;
  let termLow: f64 = 0;
  for (let m = 0; m < 32; m++) {
    const part = dd.divide(term, termLow, <f64>(m + 2), 0);
    sum = dd.add(sum, sumLow, part, dd.low);
    sumLow = dd.low;
    term = dd.multiply(term, termLow, x, xl);
    term = dd.divide(term, dd.low, <f64>(m + 1), 0);
    termLow = dd.low;
  }
  dd.add(sum, sumLow, 0, 0);
  return sum;
}

/** The terms of J and of what is left of it after each derivative. */
const width: i32 = most + 1;
const deepest: i32 = 2 * width + 2;
const a = changetype<Doubles>(memory.data(8 * width * deepest));
const b = changetype<Doubles>(memory.data(8 * width * deepest));
const first = changetype<Whole>(memory.data(4 * deepest));
const cut = changetype<Doubles>(memory.data(8 * 2048));
const found = changetype<Doubles>(memory.data(8 * 1024));
let cuts: i32 = 0;

function setDrive(): void {
  for (let i = 0; i < classes; i++) a[i] = b[i] = 0;
  a[0] = pull;
  for (let k = 0; k < types; k++) {
    if (tau[k] == 0) continue;
    a[classOf[k]] += resistance * current[k];
    b[classOf[k]] += resistance * rise[k];
  }
}

function slowestTerm(level: i32): i32 {
  for (let i = 0; i < classes; i++) if (a[level * width + i] != 0 || b[level * width + i] != 0) return i;
  return -1;
}

/** Times e^(s / tau) of its slowest term. */
function valueOf(level: i32, s: f64): f64 {
  const row = level * width;
  const start = first[level];
  let value: f64 = 0;
  for (let i = start; i >= 0 && i < classes; i++) {
    const p = a[row + i];
    const q = b[row + i];
    if (p == 0 && q == 0) continue;
    value += (p + q * s) * (i == start ? 1 : exp(difference[start * width + i] * s));
  }
  return value;
}

function mixed(level: i32): bool {
  let up = false;
  let down = false;
  for (let i = level * width, end = i + classes; i < end; i++) {
    if (a[i] > 0 || b[i] > 0) up = true;
    if (a[i] < 0 || b[i] < 0) down = true;
  }
  return up && down;
}

/** A zero between low and high; a cut need not be exact: the gap is stationary there. */
function zero(level: i32, lower: f64, upper: f64, fLower: f64, fUpper: f64): f64 {
  openBracket(lower, upper, fLower, fUpper);
  for (let step = 0; step < mostSteps; step++) {
    const x = trial(1e-12, 0);
    if (isNaN(x)) break;
    const f = valueOf(level, x);
    if (f == 0) return x;
    take(x, f, f > 0 == newestValue() > 0);
  }
  return newestPoint();
}

/** Fills `cut` with times in (0, end) between which J keeps its sign. */
function findCuts(end: f64): void {
  cuts = 0;
  let depth = 0;
  first[0] = slowestTerm(0);
  while (mixed(depth)) {
    const row = depth * width;
    const next = row + width;
    const start = first[depth];
    for (let i = 0; i < classes; i++) {
      const d = difference[start * width + i];
      a[next + i] = d * a[row + i] + b[row + i];
      b[next + i] = d * b[row + i];
    }
    depth++;
    first[depth] = slowestTerm(depth);
  }
  for (let level = depth - 1; level >= 0; level--) {
    let more = 0;
    let left: f64 = 0;
    let before = valueOf(level, 0);
    for (let i = 0; i <= cuts; i++) {
      const right = i < cuts ? cut[i] : end;
      const after = valueOf(level, right);
      if (before < 0 != after < 0) {
        // Two terms without a factor s have their zero in closed form.
        const s = twoTermZero(level);
        found[more++] = s > left && s < right ? s : before == 0 ? left : zero(level, left, right, before, after);
      }
      left = right;
      before = after;
    }
    for (let i = 0; i < more; i++) {
      let at = cuts++;
      while (at > 0 && cut[at - 1] > found[i]) {
        cut[at] = cut[at - 1];
        at--;
      }
      cut[at] = found[i];
    }
  }
}

function twoTermZero(level: i32): f64 {
  const row = level * width;
  let i = -1;
  let j = -1;
  for (let k = first[level]; k < classes; k++) {
    if (b[row + k] != 0) return -1;
    if (a[row + k] == 0) continue;
    if (i < 0) i = k;
    else if (j < 0) j = k;
    else return -1;
  }
  if (j < 0) return -1;
  const ratio = -a[row + j] / a[row + i];
  if (!(ratio > 1e-300 && ratio < 1e300)) return -1;
  return -log(ratio) / difference[i * width + j];
}

/** The sign of the gap, in double-double where rounding leaves it open. */
function sure(s: f64): f64 {
  const value = gapAfter(s);
  return undecided(s, value) ? exactGapAfter(s) : value;
}

/** Whether a gap is within rounding of its terms: they are only added up where they may be that large. */
function undecided(s: f64, value: f64): bool {
  if (abs(value) >= 2.0 ** -48 * largest) return false;
  return abs(value) < 2.0 ** -49 * gapAfter(s, true);
}
/** No less than the sum of the terms' magnitudes, whenever. */
let largest: f64 = 0;
function setMost(): void {
  largest = leaks ? abs(gap) + abs(pull) : Infinity;
  for (let k = 0; k < types; k++) {
    if (rise[k] != 0) largest = Infinity;
    largest += resistance * abs(current[k]);
  }
}

/** As narrow() of math/root.ts, for the gap rising through 0. */
function root(lower: f64, upper: f64, plain: f64, resolution: f64): f64 {
  const exact = undecided(upper, plain);
  const above = exact ? exactGapAfter(upper) : plain;
  const below = exact ? sure(lower) : gapAfter(lower);
  if (below >= 0 || above < 0) return lower;
  openBracket(lower, upper, below, above);
  for (let step = 0; step < mostSteps; step++) {
    const x = trial(2.0 ** -53, resolution / 2);
    if (isNaN(x)) break;
    const f = exact ? sure(x) : gapAfter(x);
    take(x, f, f >= 0 == newestValue() >= 0);
  }
  return newestValue() >= 0 ? newestPoint() : otherPoint();
}

/** Time until V - level reaches 0 from below, or Infinity. */
export function firstRise(clock: f64): f64 {
  const least = 2.0 ** -50 * max(abs(clock), 2.0 ** -30 * unit);
  let idle = true;
  for (let k = 0; k < types; k++) if (current[k] != 0 || rise[k] != 0) idle = false;
  if (idle) {
    if (!(pull > 0)) return Infinity;
    const ratio = -gap / pull;
    return max(0, unit * (leaks ? log1p(ratio) : ratio));
  }
  const resolution = 2.0 ** -54 * abs(clock);
  setDrive();
  setMost();
  const end = 1500 * max(unit, slowest);
  findCuts(end);
  let left = gap < 0 ? 0 : least;
  for (let i = 0; i < cuts; i++) {
    const right = cut[i];
    if (right <= least) continue;
    const value = gapAfter(right);
    if ((undecided(right, value) ? exactGapAfter(right) : value) >= 0) return root(left, right, value, resolution);
    left = right;
  }
  if (!(valueOf(0, end) > 0) || !endsAbove()) return Infinity;
  let right = max(2 * left, unit);
  const limit = leaks ? 1e6 * unit : 1e270;
  let value = gapAfter(right);
  while (value < 0 && right < limit) {
    right *= 2;
    value = gapAfter(right);
  }
  return value < 0 ? Infinity : root(left, right, value, resolution);
}

/** Time until the drive at the level becomes positive; Infinity if it does not. */
export function firstPositiveDrive(): f64 {
  setDrive();
  const end = 1500 * max(unit, slowest);
  findCuts(end);
  let left: f64 = 0;
  for (let i = 0; i < cuts; i++) {
    if (valueOf(0, (left + cut[i]) / 2) > 0) return left;
    left = cut[i];
  }
  return valueOf(0, end) > 0 ? left : Infinity;
}

/** The course seen from below its level. */
export function turn(): void {
  gap = -gap;
  pull = -pull;
  for (let k = 0; k < types; k++) {
    current[k] = -current[k];
    rise[k] = -rise[k];
  }
}

/** The drive at the level now. */
export function driveNow(): f64 {
  let sum = pull;
  for (let k = 0; k < types; k++) sum += resistance * current[k];
  return sum;
}

function endsAbove(): bool {
  if (pull > 0) return true;
  let limit = gap;
  for (let k = 0; k < types; k++) {
    if (current[k] == 0 && rise[k] == 0) continue;
    const d = distance[k];
    if (d >= 0) return true;
    limit += (resistance / unit) * (rise[k] / d - current[k]) * (1 / d);
  }
  return limit > 0;
}

/**
 * An upper bound of the drive from now on: with c_1, c_2, ... by falling time constant, the sum of c_k e^(-s / tau_k) is a
 * mean of 0 and the partial sums c_1 + ... + c_k, since e^(-s / tau_k) falls with k; a rise adds at most its peak.
 */
export function largestDrive(): f64 {
  let best: f64 = 0;
  let sum: f64 = 0;
  let peaks: f64 = 0;
  for (let c = 1; c < classes; c++) {
    for (let k = 0; k < types; k++) {
      if (classOf[k] != c || tau[k] == 0) continue;
      sum += resistance * current[k];
      if (rise[k] > 0) peaks += resistance * rise[k] * tau[k] * 0.36787944117144244;
    }
    best = max(best, sum);
  }
  return pull + best + peaks;
}
