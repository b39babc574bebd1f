// AssemblyScript: the queues. Self-events: an indexed 4-ary heap of lower bounds, one place a neuron. Ends of refractoriness:
// rings. Spikes under way: a 4-ary heap of (time, neuron, segment) that grows.

import { groupOf, groups, keyAt, mostGroups } from './cells';
import { room64 } from './room';
import { Whole } from './tables';

let neurons: i32 = 0;
let key: usize = 0;
let heap: usize = 0;
let place: usize = 0;

export function openSelf(count: i32): void {
  neurons = count;
  key = room64((<usize>count) << 3);
  heap = room64((<usize>count) << 2);
  place = room64((<usize>count) << 2);
  clearSelf();
}

/** Nothing is to come, and nothing under way. */
export function clearSelf(): void {
  pending = 0;
  for (let n = 0; n < neurons; n++) {
    store<f64>(key + ((<usize>n) << 3), Infinity);
    store<i32>(heap + ((<usize>n) << 2), n);
    store<i32>(place + ((<usize>n) << 2), n);
  }
}

export function bound(n: i32): f64 {
  return load<f64>(key + ((<usize>n) << 3));
}

export function soonest(): i32 {
  return load<i32>(heap);
}

function before(a: i32, ka: f64, b: i32): bool {
  const kb = load<f64>(key + ((<usize>b) << 3));
  return ka < kb || (ka == kb && a < b);
}

function put(n: i32, at: i32): void {
  store<i32>(heap + ((<usize>at) << 2), n);
  store<i32>(place + ((<usize>n) << 2), at);
}

export function setBound(n: i32, time: f64): void {
  const old = bound(n);
  store<f64>(key + ((<usize>n) << 3), time);
  let at = load<i32>(place + ((<usize>n) << 2));
  if (time < old) {
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const other = load<i32>(heap + ((<usize>parent) << 2));
      if (!before(n, time, other)) break;
      put(other, at);
      at = parent;
    }
  } else {
    for (;;) {
      let child = 4 * at + 1;
      if (child >= neurons) break;
      let least = load<i32>(heap + ((<usize>child) << 2));
      let leastAt = child;
      const end = min(child + 4, neurons);
      for (child++; child < end; child++) {
        const other = load<i32>(heap + ((<usize>child) << 2));
        if (before(other, bound(other), least)) {
          least = other;
          leastAt = child;
        }
      }
      if (!before(least, bound(least), n)) break;
      put(least, at);
      at = leastAt;
    }
  }
  put(n, at);
}

/** Entries of 16 bytes: time, neuron, segment. */
let entries: usize = 0;
let room: i32 = 0;
export let pending: i32 = 0;

export function nextDelivery(): f64 {
  return pending == 0 ? Infinity : load<f64>(entries);
}

export function deliveryAt(k: i32): usize {
  return entries + ((<usize>k) << 4);
}

export function pushDelivery(time: f64, neuron: i32, segment: i32): void {
  if (pending == room) {
    const larger = room == 0 ? 4096 : 2 * room;
    const moved = room64((<usize>larger) << 4);
    if (pending > 0) memory.copy(moved, entries, (<usize>pending) << 4);
    entries = moved;
    room = larger;
  }
  let at = pending++;
  while (at > 0) {
    const parent = entries + ((<usize>((at - 1) >> 2)) << 4);
    if (!earlier(time, neuron, segment, parent)) break;
    memory.copy(entries + ((<usize>at) << 4), parent, 16);
    at = (at - 1) >> 2;
  }
  write(at, time, neuron, segment);
}

function write(at: i32, time: f64, neuron: i32, segment: i32): void {
  const place = entries + ((<usize>at) << 4);
  store<f64>(place, time);
  store<i32>(place + 8, neuron);
  store<i32>(place + 12, segment);
}

function earlier(time: f64, neuron: i32, segment: i32, other: usize): bool {
  const theirs = load<f64>(other);
  if (time != theirs) return time < theirs;
  const n = load<i32>(other + 8);
  return neuron != n ? neuron < n : segment < load<i32>(other + 12);
}

export function popDelivery(): void {
  pending--;
  if (pending == 0) return;
  const last = entries + ((<usize>pending) << 4);
  const time = load<f64>(last);
  const neuron = load<i32>(last + 8);
  const segment = load<i32>(last + 12);
  let at = 0;
  for (;;) {
    const child = 4 * at + 1;
    if (child >= pending) break;
    let least = child;
    const end = min(child + 4, pending);
    for (let other = child + 1; other < end; other++) {
      const place = entries + ((<usize>other) << 4);
      if (earlier(load<f64>(place), load<i32>(place + 8), load<i32>(place + 12), entries + ((<usize>least) << 4)))
        least = other;
    }
    const place = entries + ((<usize>least) << 4);
    if (earlier(time, neuron, segment, place)) break;
    memory.copy(entries + ((<usize>at) << 4), place, 16);
    at = least;
  }
  write(at, time, neuron, segment);
}

/** Ends of refractoriness: a ring for each group, since all of one take equally long. */
let rings: usize = 0;
const startOf = changetype<Whole>(memory.data(4 * mostGroups));
const roomOf = changetype<Whole>(memory.data(4 * mostGroups));
const headOf = changetype<Whole>(memory.data(4 * mostGroups));
const countOf = changetype<Whole>(memory.data(4 * mostGroups));
export let nextEnd: f64 = Infinity;

export function startEnds(): void {
  if (rings == 0) rings = room64((<usize>neurons) << 2);
  for (let g = 0; g < groups; g++) roomOf[g] = headOf[g] = countOf[g] = 0;
  for (let n = 0; n < neurons; n++) roomOf[groupOf(n)] = roomOf[groupOf(n)] + 1;
  let at = 0;
  for (let g = 0; g < groups; g++) {
    startOf[g] = at;
    at += roomOf[g];
  }
  nextEnd = Infinity;
}

function ringAt(g: i32, k: i32): usize {
  return rings + ((<usize>(startOf[g] + (k < roomOf[g] ? k : k - roomOf[g]))) << 2);
}

/** Times come in order. */
export function pushEnd(n: i32, time: f64): void {
  const g = groupOf(n);
  store<i32>(ringAt(g, headOf[g] + countOf[g]), n);
  countOf[g] = countOf[g] + 1;
  nextEnd = min(nextEnd, time);
}

/** A list of neurons in any order, which is sorted (Shell) by their ends. */
export function pushEnds(list: usize, count: i32): void {
  for (let gap = count / 2; gap > 0; gap /= 2)
    for (let k = gap; k < count; k++) {
      const n = load<i32>(list + ((<usize>k) << 2));
      const end = load<f64>(keyAt(n));
      let at = k;
      for (; at >= gap; at -= gap) {
        const other = load<i32>(list + ((<usize>(at - gap)) << 2));
        if (load<f64>(keyAt(other)) <= end) break;
        store<i32>(list + ((<usize>at) << 2), other);
      }
      store<i32>(list + ((<usize>at) << 2), n);
    }
  for (let k = 0; k < count; k++) {
    const n = load<i32>(list + ((<usize>k) << 2));
    pushEnd(n, load<f64>(keyAt(n)));
  }
}

/** A neuron whose refractoriness ends at `nextEnd`. */
export function popEnd(): i32 {
  let found = -1;
  let soonestOther: f64 = Infinity;
  for (let g = 0; g < groups; g++) {
    if (countOf[g] == 0) continue;
    let n = load<i32>(ringAt(g, headOf[g]));
    if (found < 0 && load<f64>(keyAt(n)) == nextEnd) {
      found = n;
      headOf[g] = headOf[g] + 1 < roomOf[g] ? headOf[g] + 1 : 0;
      countOf[g] = countOf[g] - 1;
      if (countOf[g] == 0) continue;
      n = load<i32>(ringAt(g, headOf[g]));
    }
    soonestOther = min(soonestOther, load<f64>(keyAt(n)));
  }
  nextEnd = soonestOther;
  return found;
}
