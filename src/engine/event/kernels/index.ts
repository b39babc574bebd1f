// AssemblyScript: the event engine. All currents and membranes are kept as they would have been at a common origin of time
// (coefficients of e^(-r / tau), r = t - origin): an arrival adds numbers that are the same for every neuron it reaches, so
// it costs additions and no exponential. engine/event/reference.ts is the law; what this one does not do, it refuses.
import { arrive, countFrom, deliver, mark, marked, marks, openArrivals, prepareArrival, unmark } from './arrivals';
import {
  CAP,
  CROSSING,
  FLOOR,
  K,
  LEAVE,
  LOOK,
  REFRACTORY,
  at4,
  at8,
  bounded,
  coldAddress,
  delay,
  doneAt,
  groupOf,
  groups,
  held,
  high,
  inverse,
  kept,
  keyAt,
  kind,
  leaks,
  low,
  modeAt,
  neurons,
  openCells,
  pullAt,
  record,
  records,
  refractory,
  resetGap,
  resistance,
  segmentOf,
  slot,
  strict,
  subtracts,
  unit,
  waitsAt,
} from './cells';
import { exp } from './elementary';
import {
  bound,
  clearSelf,
  deliveryAt,
  nextDelivery,
  nextEnd,
  openSelf,
  pending,
  popDelivery,
  popEnd,
  pushDelivery,
  pushEnd,
  pushEnds,
  setBound,
  soonest,
  startEnds,
} from './heap';
import { cameFirst, look, openHorizons, ranOut, seeFrom } from './looks';
import { current, driveNow, most, tau } from './membrane';
import {
  decay,
  fade,
  gapNow,
  moveOrigin,
  ofCurrent,
  ofRise,
  origin,
  prepare,
  preparedAt,
  r,
  ready,
  setCurrents,
  setGap,
} from './moment';
import { room64 } from './room';
import {
  catchUp,
  chunkAfter,
  chunkCount,
  chunkNeuron,
  file,
  nextLook,
  openWheel,
  startWheel,
  takeList,
  waited,
} from './wheel';
export { arrivals } from './arrivals';
export { closeTypes, coldRecordBytes, recordBytes, setConnections, setGroup, setType, shortest, slotOf } from './cells';
export { looks, solves } from './looks';
export { origin } from './moment';

export function room(bytes: usize): usize {
  return room64(bytes);
}

let slice: f64 = 1;
let inputs: i32 = 0;
let inputTime: usize = 0;
let inputNeuron: usize = 0;
let inputType: usize = 0;
let inputWeight: usize = 0;
let fed: i32 = 0;
let fedTime: usize = 0;
let fedNeuron: usize = 0;
let fedType: usize = 0;
let fedWeight: usize = 0;
let steps: i32 = 0;
let stepTime: usize = 0;
let stepNeuron: usize = 0;
let stepPull: usize = 0;

export let inputsDone: i32 = 0;
export let fedDone: i32 = 0;
export let stepsDone: i32 = 0;
export let spikes: f64 = 0;
export let arrived: f64 = 0;
/** Spikes not fetched yet: times and neurons. */
export let written: i32 = 0;
let outTime: usize = 0;
let outNeuron: usize = 0;
const outRoom: i32 = 65536;
/** The neuron that does not stop firing. */
export let endless: i32 = -1;
const mostAtOnce: i32 = 1000;

let done: usize = 0;
let doneCount: i32 = 0;
let crossing: usize = 0;
let crossings: i32 = 0;
let firing: usize = 0;
let fireCount: i32 = 0;

export function open(count: i32, groupCount: i32, types: i32, sliceLength: f64): void {
  slice = sliceLength;
  openCells(count, groupCount, types);
  openArrivals();
  done = room64((<usize>count) << 2);
  crossing = room64((<usize>count) << 4);
  firing = room64((<usize>count) << 4);
  outTime = room64((<usize>(4 * count + outRoom)) << 3);
  outNeuron = room64((<usize>(4 * count + outRoom)) << 2);
  openSelf(count);
}
/** After types and groups. `width`: how precise looks are, a power of two below half of every group's shortest. */
export function openLooks(widthOf: f64): void {
  width = widthOf;
  openWheel(widthOf);
  openHorizons();
}
let width: f64 = 1;
export function setInputs(count: i32, a: usize, b: usize, c: usize, d: usize): void {
  inputs = count;
  inputTime = a;
  inputNeuron = b;
  inputType = c;
  inputWeight = d;
}
/** Arrivals made while the run goes on, in place of those of the call before. */
export function setFed(count: i32, a: usize, b: usize, c: usize, d: usize): void {
  fed = count;
  fedDone = 0;
  fedTime = a;
  fedNeuron = b;
  fedType = c;
  fedWeight = d;
}
export function setSteps(count: i32, a: usize, b: usize, c: usize): void {
  steps = count;
  stepTime = a;
  stepNeuron = b;
  stepPull = c;
}
/** Addresses of arrays the host fills and reads. */
export function address(which: i32): usize {
  if (which == 0) return records;
  if (which == 1) return coldAddress();
  if (which == 5) return held;
  if (which == 6) return outTime;
  if (which == 7) return outNeuron;
  return kept;
}
export function delivery(k: i32): usize {
  return deliveryAt(k);
}
export function deliveries(): i32 {
  return pending;
}
export function addDelivery(time: f64, neuron: i32, segment: i32): void {
  pushDelivery(time, neuron, segment);
}
/** Spikes go down no row: whoever runs this part of a network sends them, by numbers of its own. */
export function setApart(): void {
  apart = true;
}
let apart = false;

export function sendRoom(): i32 {
  return outRoom;
}
/** Spikes of sources, from where the host fetches spikes: through their rows, as if they had fired. */
export function send(count: i32): void {
  for (let k = 0; k < count; k++) {
    const n = load<i32>(at4(outNeuron, k));
    const t = load<f64>(at8(outTime, k));
    for (let s = load<i32>(at4(segmentOf, n)), end = load<i32>(at4(segmentOf, n + 1)); s < end; s++)
      pushDelivery(t + load<f64>(at8(delay, s)), n, s);
  }
}
export function resume(
  originOf: f64,
  inputsOf: i32,
  stepsOf: i32,
  spikesOf: f64,
  arrivalsOf: f64,
  arrivedOf: f64,
): void {
  moveOrigin(originOf);
  inputsDone = inputsOf;
  stepsDone = stepsOf;
  spikes = spikesOf;
  countFrom(arrivalsOf);
  arrived = arrivedOf;
}

/**
 * Moves the origin of time to the start of the slice that t is in, slice after slice: so the numbers of a neuron do not depend
 * on when this is done, nor on what happens to others. Then every neuron is looked at anew.
 */
function rebase(t: f64): void {
  while (t >= origin + slice) {
    if (origin + slice == origin) break;
    // Where one slice changes nothing, neither do the others.
    if (!nextSlice()) moveOrigin(Math.floor(t / slice) * slice);
  }
  catchUp(t);
  for (let n = 0; n < neurons; n++)
    if (load<u8>(waitsAt(n)) != REFRACTORY) {
      store<f64>(record(n) + 16, origin);
      look(n, t, false);
    }
}

/** Whether any number changed. */
function nextSlice(): bool {
  let changed = false;
  const next = origin + slice;
  const d = next - origin;
  prepare(next);
  for (let n = 0; n < neurons; n++) {
    const p = record(n);
    const g = groupOf(n);
    ready(g);
    let c = load<f64>(p) * fade[g];
    if (!leaks[g]) c += load<f64>(pullAt(n)) * d;
    for (let k = 0; k < K; k++) {
      if (kind[k] == 0) continue;
      const at = p + <usize>slot[k];
      const i = load<f64>(at);
      const x = kind[k] == 2 ? load<f64>(at + 8) : 0;
      if (inverse[g * most + k] == 0) {
        c += resistance[g] * i * ofCurrent[g * most + k];
        if (kind[k] == 2) c += resistance[g] * x * ofRise[g * most + k];
      }
      const after = (i + x * d) * decay[k];
      if (after != i || x * decay[k] != x) changed = true;
      store<f64>(at, after);
      if (kind[k] == 2) store<f64>(at + 8, x * decay[k]);
    }
    if (c != load<f64>(p)) changed = true;
    store<f64>(p, c);
  }
  moveOrigin(next);
  return changed;
}

/** Looks and states at t need an origin that is near. */
export function approach(t: f64): void {
  if (t >= origin + slice && t < Infinity) rebase(t);
}

function output(n: i32, t: f64): void {
  store<f64>(at8(outTime, written), t);
  store<i32>(at4(outNeuron, written), n);
  written++;
  spikes++;
}

/** One arrival from outside. */
function input(n: i32, k: i32, w: f64, t: f64): void {
  prepareArrival(k);
  arrive(n, w, k, t, false);
  arrived++;
}

/** Whether the heap has n too early, or no longer has to have it; then it is mended. */
function outdated(n: i32, t: f64): bool {
  const own = load<u8>(waitsAt(n)) > REFRACTORY ? load<f64>(keyAt(n)) : Infinity;
  if (own <= t) return false;
  setBound(n, own);
  return true;
}

/** Everything of one instant; false when a neuron does not stop firing. */
function instant(t: f64): bool {
  crossings = 0;
  unmark();
  doneCount = 0;
  let firings = 0;
  prepare(t);
  for (;;) {
    const n = soonest();
    if (bound(n) != t) break;
    if (outdated(n, t)) continue;
    const what = load<u8>(waitsAt(n));
    store<f64>(keyAt(n), Infinity);
    setBound(n, Infinity);
    store<u8>(waitsAt(n), LOOK);
    if (what == CROSSING) {
      const entry = crossing + ((<usize>crossings) << 4);
      crossings++;
      store<i32>(entry, n);
      store<f64>(entry + 8, gapNow(n));
      store<f64>(record(n) + 8, Infinity);
    } else {
      if (what == FLOOR || what == CAP) {
        store<f64>(at8(kept, n), 0);
        store<u8>(modeAt(n), what == FLOOR ? 1 : 2);
      } else if (what == LEAVE) {
        const g = groupOf(n);
        setGap(n, load<u8>(modeAt(n)) == 1 ? low[g] : high[g]);
        store<u8>(modeAt(n), 0);
      }
      // One that leaves is free, unless something arrives.
      if (what == LEAVE) finish(n);
      else mark(n);
    }
    store<f64>(record(n) + 16, t);
  }
  while (nextEnd == t) {
    const n = popEnd();
    store<f64>(keyAt(n), Infinity);
    store<u8>(waitsAt(n), LOOK);
    begin(n, load<f64>(at8(held, n)) + load<f64>(at8(kept, n)));
    mark(n);
    store<f64>(record(n) + 16, t);
  }
  for (; stepsDone < steps && load<f64>(at8(stepTime, stepsDone)) <= t; stepsDone++)
    changePull(load<i32>(at4(stepNeuron, stepsDone)), load<f64>(at8(stepPull, stepsDone)), t);
  for (; inputsDone < inputs && load<f64>(at8(inputTime, inputsDone)) <= t; inputsDone++)
    input(load<i32>(at4(inputNeuron, inputsDone)), <i32>load<u8>(inputType + <usize>inputsDone), load<f64>(at8(inputWeight, inputsDone)), t); // prettier-ignore
  for (; fedDone < fed && load<f64>(at8(fedTime, fedDone)) <= t; fedDone++)
    input(load<i32>(at4(fedNeuron, fedDone)), <i32>load<u8>(fedType + <usize>fedDone), load<f64>(at8(fedWeight, fedDone)), t); // prettier-ignore
  while (nextDelivery() == t) {
    const segment = load<i32>(deliveryAt(0) + 12);
    popDelivery();
    deliver(segment, t);
  }
  for (;;) {
    fireCount = 0;
    for (let c = 0; c < crossings; c++) {
      const entry = crossing + ((<usize>c) << 4);
      const n = load<i32>(entry);
      const before = load<f64>(entry + 8);
      const jump = gapNow(n) - before;
      const noise = 1e-12 * (abs(load<f64>(pullAt(n))) + abs(resetGap[groupOf(n)]));
      if (jump >= -noise) addFiring(n, jump > noise ? min(jump, high[groupOf(n)]) : 0);
      finish(n);
    }
    crossings = 0;
    for (let m = 0; m < marked; m++) {
      const n = load<i32>(at4(marks, m));
      if (load<u8>(waitsAt(n)) == REFRACTORY) continue;
      const h = bounded ? settle(n) : gapNow(n);
      if (strict[groupOf(n)] ? h > 0 : h >= 0) addFiring(n, h);
      finish(n);
    }
    unmark();
    if (fireCount == 0) break;
    firings += fireCount;
    if (firings > mostAtOnce && fireCount > 0 && tooOften()) return false;
    for (let f = 0; f < fireCount; f++) {
      const entry = firing + ((<usize>f) << 4);
      fire(load<i32>(entry), load<f64>(entry + 8), t);
    }
    for (let f = 0; f < fireCount && !apart; f++) {
      const n = load<i32>(firing + ((<usize>f) << 4));
      for (let s = load<i32>(at4(segmentOf, n)), end = load<i32>(at4(segmentOf, n + 1)); s < end; s++) {
        const when = t + load<f64>(at8(delay, s));
        if (when > t) pushDelivery(when, n, s);
        else deliver(s, t);
      }
    }
  }
  for (let d = 0; d < doneCount; d++) {
    const n = load<i32>(at4(done, d));
    store<u8>(doneAt(n), 0);
    if (load<u8>(waitsAt(n)) == REFRACTORY) continue;
    ranOut(groupOf(n));
    look(n, t);
  }
  return true;
}

/** The membrane goes on from a gap; held, if that is at or beyond floor or cap, until the test says otherwise. */
function begin(n: i32, gap: f64): void {
  const g = groupOf(n);
  store<f64>(at8(kept, n), 0);
  if (bounded && (gap <= low[g] || gap >= high[g])) store<u8>(modeAt(n), gap <= low[g] ? 1 : 2);
  else setGap(n, gap);
}

/** Brings V back between floor and cap, says whether it is held there, and returns V - threshold. */
function settle(n: i32): f64 {
  const g = groupOf(n);
  const before = load<u8>(modeAt(n));
  const level = before == 1 ? low[g] : high[g];
  let h = before != 0 ? level + load<f64>(at8(kept, n)) : gapNow(n);
  if (before != 0) store<f64>(at8(kept, n), 0);
  let after: u8 = 0;
  let inside = true;
  if (h <= low[g] || h >= high[g]) {
    inside = false;
    const below = h <= low[g];
    h = below ? low[g] : high[g];
    setCurrents(n);
    seeFrom(n, h, h);
    const drive = driveNow();
    after = below ? (drive <= 0 ? 1 : 0) : drive >= 0 ? 2 : 0;
  }
  if (after == 0 && (before != 0 || !inside)) setGap(n, h);
  store<u8>(modeAt(n), after);
  return h;
}

/** Sees to it that n is looked at in the end; whatever arrives meanwhile marks it again. */
function finish(n: i32): void {
  store<f64>(record(n) + 8, -1);
  if (load<u8>(doneAt(n)) != 0) return;
  store<u8>(doneAt(n), 1);
  store<i32>(at4(done, doneCount++), n);
}

/** Into the list of this generation, by neuron. */
function addFiring(n: i32, gap: f64): void {
  let at = fireCount++;
  while (at > 0 && load<i32>(firing + ((<usize>(at - 1)) << 4)) > n) {
    memory.copy(firing + ((<usize>at) << 4), firing + ((<usize>(at - 1)) << 4), 16);
    at--;
  }
  store<i32>(firing + ((<usize>at) << 4), n);
  store<f64>(firing + ((<usize>at) << 4) + 8, gap);
}

/** Whether one of those firing has fired too often at this instant: it is among the last spikes written. */
function tooOften(): bool {
  const n = load<i32>(firing);
  const t = preparedAt;
  let count = 0;
  for (let k = written - 1; k >= 0 && load<f64>(at8(outTime, k)) == t; k--)
    if (load<i32>(at4(outNeuron, k)) == n) count++;
  if (count < mostAtOnce && written < outRoom + 3 * neurons) return false;
  endless = n;
  return true;
}

function fire(n: i32, gap: f64, t: f64): void {
  const g = groupOf(n);
  output(n, t);
  const after = max(low[g], min(high[g], subtracts[g] ? gap + resetGap[g] : resetGap[g]));
  store<u8>(modeAt(n), 0);
  const until = t + refractory[g];
  if (until > t) {
    store<f64>(at8(held, n), after);
    store<f64>(record(n) + 8, Infinity);
    store<f64>(record(n) + 16, t);
    store<f64>(keyAt(n), until);
    store<u8>(waitsAt(n), REFRACTORY);
    pushEnd(n, until);
  } else {
    begin(n, after);
    store<f64>(record(n) + 16, t);
    // Still at threshold: it fires again in the next generation. At floor or cap: it may be held.
    if (after >= 0 || load<u8>(modeAt(n)) != 0) mark(n);
  }
}

function changePull(n: i32, value: f64, t: f64): void {
  const g = groupOf(n);
  const p = record(n);
  const change = value - load<f64>(pullAt(n));
  store<f64>(pullAt(n), value);
  if (load<u8>(waitsAt(n)) == REFRACTORY) return;
  store<f64>(p, load<f64>(p) - change * (leaks[g] ? exp(r / unit[g]) : r));
  store<f64>(p + 16, t);
  if (load<f64>(p + 8) < Infinity) mark(n);
}

/** From t on, the neuron's drive is another; between two calls of advance. */
export function setPull(n: i32, value: f64, t: f64): void {
  approach(t);
  prepare(t);
  unmark();
  const waiting = load<u8>(waitsAt(n));
  changePull(n, value, t);
  if (waiting == REFRACTORY || (waiting == CROSSING && load<f64>(keyAt(n)) == t)) return;
  if (bounded) settle(n);
  look(n, t);
}

/** An arrival from outside at t; between two calls of advance. */
export function inject(n: i32, k: i32, w: f64, t: f64): void {
  approach(t);
  prepare(t);
  unmark();
  const waiting = load<u8>(waitsAt(n));
  prepareArrival(k);
  arrive(n, w, k, t, false);
  arrived++;
  if (waiting == REFRACTORY || (waiting == CROSSING && load<f64>(keyAt(n)) == t)) return;
  if (bounded) settle(n);
  look(n, t);
}

/** Forgets everything that is to come, so that another state can be put in. */
export function clear(): void {
  clearSelf();
  written = 0;
}

/** Before anything else of a run that starts or goes on: every neuron that is not refractory is looked at. */
export function start(fresh: i32): void {
  let earliest: f64 = Infinity;
  for (let n = 0; n < neurons; n++) earliest = min(earliest, load<f64>(record(n) + 16));
  startWheel(earliest);
  startEnds();
  let resting = 0;
  for (let n = 0; n < neurons; n++) {
    store<u8>(doneAt(n), 0);
    if (load<u8>(waitsAt(n)) == REFRACTORY) store<i32>(at4(done, resting++), n);
    else if (fresh && bounded) {
      prepare(0);
      settle(n);
      look(n, 0);
    } else look(n, load<f64>(record(n) + 16));
  }
  pushEnds(done, resting);
}

let ahead: i64 = 0;

/** All neurons whose looks are due, at one time, so that they share its factors. */
function lookAround(): void {
  const t = nextLook();
  for (let chunk = takeList(); chunk != 0; chunk = chunkAfter(chunk))
    for (let i = 0, count = chunkCount(chunk); i < count; i++) {
      const n = chunkNeuron(chunk, i);
      // What comes in two turns is fetched meanwhile.
      if (i + 2 < count) ahead = load<i64>(pullAt(chunkNeuron(chunk, i + 2)));
      if (!waited(n) || load<u8>(waitsAt(n)) != LOOK) continue;
      const due = load<f64>(keyAt(n));
      if (due < t + width) {
        cameFirst(groupOf(n));
        look(n, t);
      } else if (due < Infinity) file(n, due);
    }
}

/** Nothing happens before this time, unless something is sent. */
export function nextEvent(): f64 {
  let t = min(min(bound(soonest()), nextEnd), min(nextDelivery(), nextLook()));
  if (inputsDone < inputs) t = min(t, load<f64>(at8(inputTime, inputsDone)));
  if (fedDone < fed) t = min(t, load<f64>(at8(fedTime, fedDone)));
  if (stepsDone < steps) t = min(t, load<f64>(at8(stepTime, stepsDone)));
  return t;
}

/** 0: everything before `until` is done; 1: there is more, but spikes are to be fetched; 2: see `endless`. */
export function advance(until: f64): i32 {
  while (true) {
    if (written >= outRoom) return 1;
    const n = soonest();
    const own = bound(n);
    let t = min(min(own, nextEnd), nextDelivery());
    if (inputsDone < inputs) t = min(t, load<f64>(at8(inputTime, inputsDone)));
    if (fedDone < fed) t = min(t, load<f64>(at8(fedTime, fedDone)));
    if (stepsDone < steps) t = min(t, load<f64>(at8(stepTime, stepsDone)));
    if (!(min(t, nextLook()) < until)) return 0;
    if (nextLook() <= t) {
      lookAround();
      continue;
    }
    if (own == t) {
      if (outdated(n, t)) continue;
    }
    if (t >= origin + slice) {
      rebase(t);
      continue;
    }
    if (!instant(t)) return 2;
  }
}

/** V - threshold of a neuron at t; changes nothing. */
export function gapAt(n: i32, t: f64): f64 {
  const g = groupOf(n);
  if (load<u8>(waitsAt(n)) == REFRACTORY) return load<f64>(at8(held, n));
  const at = load<u8>(modeAt(n));
  if (at != 0) return at == 1 ? low[g] : high[g];
  approach(t);
  prepare(t);
  return max(low[g], min(high[g], gapNow(n)));
}

export function currentAt(n: i32, k: i32, t: f64): f64 {
  if (kind[k] == 0) return 0;
  approach(t);
  prepare(t);
  setCurrents(n);
  return current[k];
}
