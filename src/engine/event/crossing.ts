// The first time at which a membrane left alone reaches a level from below: a closed form without currents, otherwise a
// root bracketed so that none can be missed.
//
// Why none is missed. d/ds [e^(s/tau) gap(s)] = e^(s/tau) J(s) / tau with J = pull + R (sum of currents), so between
// consecutive zeros of J the function e^(s/tau) gap is monotone and has at most one zero. J is a sum of exponentials times
// polynomials; multiplied by e^(rate s) of its slowest term and differentiated it loses one term, and its zeros lie one
// each between those of the derivative (Rolle): after as many derivatives as there are terms nothing is left. The points
// of every level are kept as ends of intervals. A sign misjudged by rounding at one level means a pair of zeros within
// rounding of such an end, between which e^(s/tau) gap changes by less than its own rounding; and the gap is looked at
// there. Signs of the gap within 16 rounding units of its terms are taken again in double-double; >= 0 there is a crossing.
import { exp, log1p } from '../../math/elementary.ts';
import { narrow } from '../../math/root.ts';
import { type Cell, type Course, exactGapAfter, gapAfter, sizeAfter } from './membrane.ts';

/** Terms (a + b s) e^(-s / tau) by falling, distinct time constants, the first of which may be Infinity. */
interface Sum {
  readonly taus: readonly number[];
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/** J of a course: pull, then the currents, those of equal time constants together. */
function drive({ taus, resistance }: Cell, { pull, current, rise }: Course): Sum {
  const distinct = [...new Set(taus)].sort((a, b) => b - a);
  const total = (values: Float64Array, tau: number): number =>
    taus.reduce((sum, other, k) => (other === tau ? sum + resistance * values[k]! : sum), 0);
  return {
    taus: [Infinity, ...distinct],
    a: [pull, ...distinct.map((tau) => total(current, tau))],
    b: [0, ...distinct.map((tau) => total(rise, tau))],
  };
}

/** 1 / tau[i] - 1 / tau[j] without cancellation. */
function difference(taus: readonly number[], i: number, j: number): number {
  const [p, q] = [taus[i]!, taus[j]!];
  if (p === q) return 0;
  return p === Infinity ? -1 / q : q === Infinity ? 1 / p : (q - p) / (p * q);
}

/** The slowest term that is not 0, or -1. */
const slowest = ({ a, b }: Sum): number => a.findIndex((value, i) => value !== 0 || b[i] !== 0);

/** The sum times e^(s / tau) of its slowest term. */
function valueOf(sum: Sum, s: number, first = slowest(sum)): number {
  let value = 0;
  for (let i = first; i < sum.a.length && i >= 0; i++) {
    if (sum.a[i] === 0 && sum.b[i] === 0) continue;
    value += (sum.a[i]! + sum.b[i]! * s) * (i === first ? 1 : exp(difference(sum.taus, first, i) * s));
  }
  return value;
}

/** Where every current has decayed below the smallest number: what lies beyond is of no consequence. */
const horizon = ({ taus, unit }: Cell): number => 1500 * Math.max(unit, ...taus);

/** Times that cut (0, end) into pieces on which the sum keeps its sign: its zeros, and those of its derivatives. */
function cuts(sum: Sum, end: number): number[] {
  const signs = new Set([...sum.a, ...sum.b].map(Math.sign));
  if (!signs.has(1) || !signs.has(-1)) return [];
  const first = slowest(sum);
  const a = sum.a.map((value, i) => difference(sum.taus, first, i) * value + sum.b[i]!);
  const b = sum.b.map((value, i) => difference(sum.taus, first, i) * value);
  const inner = cuts({ taus: sum.taus, a, b }, end);
  const f = (s: number): number => valueOf(sum, s, first);
  const found: number[] = [];
  let left = 0;
  for (const right of [...inner, end]) {
    if (f(left) < 0 !== f(right) < 0) found.push(narrow(f, left, right));
    left = right;
  }
  return [...inner, ...found].sort((a, b) => a - b);
}

const undecided = (cell: Cell, course: Course, s: number, value: number): boolean =>
  Math.abs(value) < 2 ** -49 * sizeAfter(cell, course, s);

/**
 * Seconds until V - level reaches 0 from below, or Infinity. A course that starts on the level (gap 0) is taken to leave
 * it downwards first. `clock`: the time at which it starts; nothing is resolved below its last places.
 */
export function firstRise(cell: Cell, course: Course, clock: number): number {
  const { unit, leaks } = cell;
  const least = 2 ** -50 * Math.max(Math.abs(clock), 2 ** -30 * unit);
  const idle = course.current.every((value) => value === 0) && course.rise.every((value) => value === 0);
  if (idle) {
    if (!(course.pull > 0)) return Infinity;
    const ratio = -course.gap / course.pull;
    return Math.max(0, unit * (leaks ? log1p(ratio) : ratio));
  }
  const plain = (s: number): number => gapAfter(cell, course, s);
  const sure = (s: number): number => {
    const value = plain(s);
    return undecided(cell, course, s, value) ? exactGapAfter(cell, course, s) : value;
  };
  const root = (left: number, right: number): number =>
    narrow(undecided(cell, course, right, plain(right)) ? sure : plain, left, right, 2 ** -54 * Math.abs(clock));
  const sum = drive(cell, course);
  const end = horizon(cell);
  let left = course.gap < 0 ? 0 : least;
  for (const right of cuts(sum, end)) {
    if (right <= least) continue;
    if (sure(right) >= 0) return root(left, right);
    left = right;
  }
  if (!(valueOf(sum, end) > 0) || !endsAbove(cell, course)) return Infinity;
  let right = Math.max(2 * left, unit);
  // Where the level is only met below the smallest numbers, it is not met.
  while (plain(right) < 0 && right < 1e6 * unit * (leaks ? 1 : 2 ** 900)) right *= 2;
  return plain(right) < 0 ? Infinity : root(left, right);
}

/** Whether e^(s/tau) gap, which rises in the end, ends above 0. */
function endsAbove(cell: Cell, course: Course): boolean {
  if (course.pull > 0) return true;
  let limit = course.gap;
  for (let k = 0; k < cell.taus.length; k++) {
    const [current, rise, d] = [course.current[k]!, course.rise[k]!, cell.differences[k]!];
    if (current === 0 && rise === 0) continue;
    // A current that is not faster than the membrane carries it as far as it likes.
    if (d >= 0) return true;
    limit += (cell.resistance / cell.unit) * (rise / d - current) * (1 / d);
  }
  return limit > 0;
}

/** Seconds until J, the drive at the level, becomes positive; 0 if it is, Infinity if it does not. */
export function firstPositiveDrive(cell: Cell, course: Course): number {
  const sum = drive(cell, course);
  const end = horizon(cell);
  let left = 0;
  for (const right of cuts(sum, end)) {
    if (valueOf(sum, (left + right) / 2) > 0) return left;
    left = right;
  }
  return valueOf(sum, end) > 0 ? left : Infinity;
}

/** The drive at the level now. */
export function driveNow(cell: Cell, { pull, current }: Course): number {
  let sum = pull;
  for (let k = 0; k < current.length; k++) sum += cell.resistance * current[k]!;
  return sum;
}

/** A time before which the level is not reached, from the largest drive there can be; cheap. Infinity for never. */
export function lowerBound(cell: Cell, { gap, pull, current, rise }: Course): number {
  let largest = pull;
  for (let k = 0; k < current.length; k++)
    largest += Math.max(0, cell.resistance * current[k]!) + Math.max(0, cell.resistance * rise[k]!) * (cell.taus[k]! / Math.E); // prettier-ignore
  if (!(largest > 0)) return Infinity;
  const ratio = (-gap / largest) * (1 - 1e-12);
  return cell.unit * (cell.leaks ? log1p(ratio) : ratio);
}
