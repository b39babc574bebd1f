// AssemblyScript: when a neuron has to be looked at again: a time before which nothing can happen by itself, or the event that
// comes next. Looks change no state.
import {
  CAP,
  CROSSING,
  FLOOR,
  LEAVE,
  LOOK,
  TEST,
  at8,
  bounded,
  groupOf,
  high,
  jumps,
  key,
  leaks,
  low,
  mode,
  pull,
  record,
  small,
  strict,
  times,
  unit,
  waits,
} from './cells';
import { bound, setBound } from './heap';
import { firstPositiveDrive, firstRise, largestDrive, setCourse, turn } from './membrane';
import { gapNow, prepare, setCurrents } from './moment';
import { file } from './wheel';

export let looks: f64 = 0;
export let solves: f64 = 0;

export function setKey(n: i32, t: f64, what: u8): void {
  store<f64>(at8(key, n), t);
  store<u8>(waits + <usize>n, what);
  // Queued too early does no harm: it is mended when it comes up.
  if (what == LOOK) {
    if (t < Infinity) file(n, t);
  } else if (t < bound(n)) setBound(n, t);
}

/** The level above V that matters: the cap, if it is below threshold. */
export function upper(g: i32): f64 {
  return min(high[g], 0);
}

/** The course from a level (as a gap), V being `gap` now; currents are in place. */
export function seeFrom(n: i32, level: f64, gap: f64): void {
  setCourse(gap - level, load<f64>(at8(pull, n)) - (leaks[groupOf(n)] ? level : 0));
}

/** The next crossing, or what else happens by itself, from the last event on: the same whenever it is asked for. */
export function solve(n: i32): void {
  solves++;
  const p = record(n);
  const g = groupOf(n);
  const last = load<f64>(p + 16);
  prepare(last);
  setCurrents(n);
  const h = gapNow(n);
  seeFrom(n, upper(g), h);
  let s = firstRise(last);
  let what = high[g] < 0 ? CAP : CROSSING;
  if (low[g] > -Infinity) {
    seeFrom(n, low[g], h);
    turn();
    const down = firstRise(last);
    if (down < s) {
      s = down;
      what = FLOOR;
    }
  }
  store<f64>(p + 8, -1);
  setKey(n, max(last + s, last), s < Infinity ? what : LOOK);
}

/** For a neuron held at floor or cap: when the drive turns inwards. */
export function lookHeld(n: i32, t: f64): void {
  const p = record(n);
  const g = groupOf(n);
  const atFloor = load<u8>(mode + <usize>n) == 1;
  const level = atFloor ? low[g] : high[g];
  prepare(t);
  setCurrents(n);
  seeFrom(n, level, level);
  if (!atFloor) turn();
  const P = largestDrive() * (1 + 1e-9);
  if (P <= 0) {
    // Any jump may free it.
    store<f64>(p + 8, jumps ? -1 : -P * (1 - 2e-9));
    setKey(n, Infinity, LOOK);
    return;
  }
  solves++;
  const last = load<f64>(p + 16);
  prepare(last);
  setCurrents(n);
  seeFrom(n, level, level);
  if (!atFloor) turn();
  const s = firstPositiveDrive();
  store<f64>(p + 8, -1);
  setKey(n, last + s, s < Infinity ? LEAVE : LOOK);
}

/**
 * A time before which V stays below threshold as long as the arrivals until then bring less than a budget of drive. With a
 * gap h, drives up to P from what is there and W from what comes, e^(s/tau) V - threshold grows to at most
 * h + (P + W)(e^(s/tau) - 1) and, for jumps, D e^(s/tau) more. `test`: one that is above threshold just now may fire.
 */
export function look(n: i32, t: f64, test: bool = true): void {
  looks++;
  if (bounded && load<u8>(mode + <usize>n) != 0) return lookHeld(n, t);
  const p = record(n);
  const g = groupOf(n);
  prepare(t);
  const h = gapNow(n);
  const level = upper(g);
  if (h >= level) {
    // At the start, or left over by a reset: a test at once. Otherwise rounding at a crossing that comes.
    if (test && load<f64>(p + 16) == t && level == 0 && (strict[g] ? h > 0 : true)) {
      store<f64>(p + 8, -1);
      setKey(n, t, TEST);
    } else solve(n);
    return;
  }
  setCurrents(n);
  seeFrom(n, level, h);
  const P = max(0, largestDrive() * (1 + 1e-9));
  let W = level - h;
  if (P == 0 && !jumps && low[g] == -Infinity) {
    const rest = -largestDrive() * (1 - 1e-9);
    if (rest >= 0.25 * W) {
      store<f64>(p + 8, rest * (1 - 1e-9));
      setKey(n, Infinity, LOOK);
      return;
    }
  }
  let down: f64 = 0;
  if (low[g] > -Infinity) {
    if (h <= low[g]) return solve(n);
    seeFrom(n, low[g], h);
    turn();
    down = max(0, largestDrive() * (1 + 1e-9));
    W = min(W, h - low[g]);
  }
  if (!leaks[g]) W = max(min(W, max(P, down)), 1e-3 * W);
  let x = (level - h) / (P + W);
  if (low[g] > -Infinity) x = min(x, (h - low[g]) / (down + W));
  if (jumps && x > 1) x = 1;
  const s = (leaks[g] ? unit[g] * ((2 * x) / (2 + x)) : unit[g] * x) * (1 - 1e-9);
  if (!(s >= small[g])) return solve(n);
  W *= 1 - 1e-9;
  store<f64>(p + 8, jumps ? (W * x) / (1 + x) : W);
  if (jumps) store<f64>(at8(times, n), x / (1 + x));
  setKey(n, t + s, LOOK);
}
