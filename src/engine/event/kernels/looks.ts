// AssemblyScript: when a neuron has to be looked at again: a time before which nothing can happen by itself, or the event that
// comes next. Looks change no state.
import {
  CAP,
  CROSSING,
  FLOOR,
  K,
  LEAVE,
  LOOK,
  TEST,
  bounded,
  groupOf,
  groups,
  guessAt,
  high,
  jumps,
  keyAt,
  kind,
  leaks,
  leastShare,
  low,
  modeAt,
  mostGroups,
  neurons,
  peakShare,
  pullAt,
  record,
  resetGap,
  resistance,
  slot,
  small,
  strict,
  unit,
  waitsAt,
} from './cells';
import { exp, expm1 } from './elementary';
import { bound, setBound } from './heap';
import { firstPositiveDrive, firstRise, largestDrive, most, phi, setCourse, tau, turn } from './membrane';
import { decay, fade, gapNow, ofCurrent, ofRise, prepare, r, ready, setCurrents } from './moment';
import { room64 } from './room';
import { Doubles, Whole } from './tables';
import { file } from './wheel';

export let looks: f64 = 0;
export let solves: f64 = 0;

export function setKey(n: i32, t: f64, what: u8): void {
  store<f64>(keyAt(n), t);
  store<u8>(waitsAt(n), what);
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
  setCourse(gap - level, load<f64>(pullAt(n)) - (leaks[groupOf(n)] ? level : 0));
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
  const atFloor = load<u8>(modeAt(n)) == 1;
  const level = atFloor ? low[g] : high[g];
  prepare(t);
  setCurrents(n);
  seeFrom(n, level, level);
  if (!atFloor) turn();
  const P = largestDrive() * (1 + 1e-9);
  if (P <= 0) {
    // Any jump may free it.
    store<f64>(p + 8, jumps ? -1 : -P * leastShare[groupOf(n)] * (1 - 2e-9));
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

/** Horizons of a group: s, e^(-s / tau), what a drive of 1 and a current of 1 of the slowest type have made of V by then. */
const horizons: i32 = 48;
let table: usize = 0;
/** Types with currents, the slowest first; the most that a current of 1 of the first makes of V. */
let stateful: i32 = 0;
const order = changetype<Whole>(memory.data(4 * most));
const slowestPeak = changetype<Doubles>(memory.data(8 * mostGroups));
/** How fast arrivals are expected to use up budgets: a guess that costs time, never correctness. */
const pace = changetype<Doubles>(memory.data(8 * mostGroups));
/** So small that neurons that are looked at together do not carry it away. */
let gain: f64 = 0;

function firstPace(g: i32): f64 {
  return abs(resetGap[g]) / (4 * (leaks[g] ? unit[g] : 1));
}

export function openHorizons(): void {
  gain = 1.0 / <f64>(16 + 4 * neurons);
  stateful = 0;
  for (let k = 0; k < K; k++) {
    if (kind[k] == 0) continue;
    let at = stateful++;
    for (; at > 0 && tau[order[at - 1]] < tau[k]; at--) order[at] = order[at - 1];
    order[at] = k;
  }
  table = room64((<usize>(groups * horizons)) << 5);
  const first: f64 = stateful > 0 ? tau[order[0]] : 0;
  for (let g = 0; g < groups; g++) {
    const u = unit[g];
    slowestPeak[g] = stateful > 0 ? peakShare(1, first, u, leaks[g]) * (1 + 1e-9) : 0;
    pace[g] = firstPace(g);
    let s = small[g];
    for (let m = 0; m < horizons; m++) {
      const at = horizonAt(g, m);
      store<f64>(at, s);
      store<f64>(at + 8, leaks[g] ? exp(-s / u) : 1);
      store<f64>(at + 16, leaks[g] ? -expm1(-s / u) : s);
      let y: f64 = 0;
      if (stateful > 0) {
        const d = leaks[g] ? (first - u) / (u * first) : -1 / first;
        y = d * s > 1 ? (s / u) * exp(-s / first) * phi(-d * s) : (s / u) * (leaks[g] ? exp(-s / u) : 1) * phi(d * s);
      }
      store<f64>(at + 24, y);
      s *= 1.189207115002721;
    }
  }
}

function horizonAt(g: i32, m: i32): usize {
  return table + ((<usize>(g * horizons + m)) << 5);
}

/** One side of a neuron: how far the level is, the drive there without currents, a bound of the currents' (below). */
let far: f64 = 0;
let drive: f64 = 0;
let extra: f64 = 0;
let steady = false;
/** How much room there is for ever; negative: not for ever. */
let always: f64 = 0;

function setSide(g: i32, farOf: f64, driveOf: f64, extraOf: f64): void {
  far = farOf;
  drive = driveOf;
  extra = extraOf;
  steady = extra > 0 && drive < 0;
  always = -1;
  if (leaks[g] ? drive < 0 : drive <= 0) {
    const rest = min(far, leaks[g] ? -drive : far) - max(0, extra) * slowestPeak[g];
    if (rest >= 0.25 * far) always = rest;
  }
}

/** How far V stays from the level until a horizon, without arrivals. */
function roomUntil(at: usize): f64 {
  if (always >= 0) return always;
  const end = far * load<f64>(at + 8) - drive * load<f64>(at + 16) - extra * load<f64>(at + (steady ? 16 : 24));
  return min(far, end);
}

/**
 * A time before which V stays below threshold as long as arrivals until then raise it by less than a budget: each raises it by
 * the peak of its own response at most. Without them: with c_1, c_2, ... by falling time constant, the currents' sum of
 * c_k e^(-s / tau_k) is e^(-s / tau_1) times a mean of c_1, c_1 + c_2, ..., so at most C e^(-s / tau_1) with C the largest of
 * these; under it e^(s / tau) (V - threshold + room) falls before it rises, if at all, and so is below 0 until s if it is
 * at s (where C > 0 and the constant drive is below 0, under C for ever). `test`: one above threshold just now may fire.
 */
export function look(n: i32, t: f64, test: bool = true): void {
  looks++;
  if (bounded && load<u8>(modeAt(n)) != 0) return lookHeld(n, t);
  const p = record(n);
  const g = groupOf(n);
  prepare(t);
  ready(g);
  const R = resistance[g];
  const rests = load<f64>(pullAt(n));
  // V and the partial sums in one go.
  let mean: f64 = 0;
  let sum: f64 = 0;
  let top: f64 = -Infinity;
  let least: f64 = Infinity;
  let peaksUp: f64 = 0;
  let peaksDown: f64 = 0;
  for (let j = 0; j < stateful; j++) {
    const k = order[j];
    const at = p + <usize>slot[k];
    let i = load<f64>(at);
    mean += i * ofCurrent[g * most + k];
    if (kind[k] == 2) {
      const x = load<f64>(at + 8);
      mean += x * ofRise[g * most + k];
      i += x * r;
      const peak = x * decay[k] * tau[k] * 0.36787944117144244;
      peaksUp += max(peak, 0);
      peaksDown += max(-peak, 0);
    }
    sum += i * decay[k];
    top = max(top, sum);
    least = min(least, sum);
  }
  if (stateful == 0) top = least = 0;
  const level = upper(g);
  let h = (leaks[g] ? rests : rests * r) + R * mean + load<f64>(p) * fade[g];
  // Near the level every bit counts, those of the order of a sum too.
  if (h > level - 1e-6 * (abs(rests) + abs(level))) h = gapNow(n);
  if (h >= level) {
    // At the start, or left over by a reset: a test at once. Otherwise rounding at a crossing that comes.
    if (test && load<f64>(p + 16) == t && level == 0 && (strict[g] ? h > 0 : true)) {
      store<f64>(p + 8, -1);
      setKey(n, t, TEST);
    } else solve(n);
    return;
  }
  const away = level - h;
  const force = rests - (leaks[g] ? level : 0) + R * peaksUp;
  const more = R * top;
  if (low[g] > -Infinity || force <= 0) {
    setSide(g, away, force, more);
    if (low[g] > -Infinity) return lookBoth(n, t, h, R * least, R * peaksDown);
    if (always >= 0) return settleFor(n, Infinity, always, t);
  }
  const column: usize = more > 0 && force < 0 ? 16 : 24;
  const speed = pace[g];
  const base = horizonAt(g, 0);
  const was = (<usize>load<u8>(guessAt(n))) << 5;
  let at = base + was;
  let found = away * load<f64>(at + 8) - force * load<f64>(at + 16) - more * load<f64>(at + column);
  if (found >= speed * load<f64>(at)) {
    for (const end = base + ((horizons - 1) << 5); at < end; at += 32) {
      const next = away * load<f64>(at + 40) - force * load<f64>(at + 48) - more * load<f64>(at + 32 + column);
      if (!(next >= speed * load<f64>(at + 32))) break;
      found = next;
    }
  } else {
    while (at > base && !(found >= speed * load<f64>(at))) {
      at -= 32;
      found = away * load<f64>(at + 8) - force * load<f64>(at + 16) - more * load<f64>(at + column);
    }
  }
  if (at != base + was) store<u8>(guessAt(n), <u32>((at - base) >> 5));
  found = min(found, away);
  // Within rounding of the level, or nearly.
  if (!(found > 1e-9 * (away + abs(rests) + abs(more))) || !(load<f64>(at) < Infinity)) return solve(n);
  settleFor(n, load<f64>(at) * (1 - 1e-9), found, t);
}

function settleFor(n: i32, s: f64, room: f64, t: f64): void {
  store<f64>(record(n) + 8, room * (1 - 1e-9));
  setKey(n, t + s, LOOK);
}

/** With a floor too: arrivals of either sign use up one budget. */
function lookBoth(n: i32, t: f64, h: f64, least: f64, peaks: f64): void {
  const g = groupOf(n);
  if (h <= low[g]) return solve(n);
  const upFar = far;
  const upDrive = drive;
  const upExtra = extra;
  const forEver = always;
  const downFar = h - low[g];
  const downDrive = (leaks[g] ? low[g] : 0) - load<f64>(pullAt(n)) + peaks;
  setSide(g, downFar, downDrive, -least);
  if (forEver >= 0 && always >= 0) return settleFor(n, Infinity, min(forEver, always), t);
  const scale = upFar + downFar + abs(upDrive) + abs(upExtra) + abs(downDrive) + abs(least);
  for (let m = <i32>load<u8>(guessAt(n)) + 1; m >= 0; m--) {
    const at = horizonAt(g, min(m, horizons - 1));
    setSide(g, upFar, upDrive, upExtra);
    const above = roomUntil(at);
    setSide(g, downFar, downDrive, -least);
    const found = min(above, roomUntil(at));
    if (m > 0 && !(found >= pace[g] * load<f64>(at))) continue;
    if (!(found > 1e-9 * scale) || !(load<f64>(at) < Infinity)) break;
    store<u8>(guessAt(n), <u32>min(m, horizons - 1));
    return settleFor(n, load<f64>(at) * (1 - 1e-9), found, t);
  }
  store<u8>(guessAt(n), 0);
  solve(n);
}

/** A budget ran out, or a horizon came first: the next ones are made for the other. */
export function ranOut(g: i32): void {
  if (pace[g] < 1000 * firstPace(g)) pace[g] *= 1 + gain;
}
export function cameFirst(g: i32): void {
  if (pace[g] > 0.001 * firstPace(g)) pace[g] *= 1 - gain;
}
