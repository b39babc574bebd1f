// AssemblyScript: neurons to be looked at, filed by time in a ring of lists, each as wide as looks are precise. A neuron
// may be filed too early, which costs a look, but never too late.
import { room64 } from './room';

const size: i64 = 4096;
const none: i64 = i64.MAX_VALUE;

let inverseWidth: f64 = 1;
let width: f64 = 1;
let head: usize = 0;
let next: usize = 0;
let before: usize = 0;
let filedIn: usize = 0;
let filed: i32 = 0;
/** Everything up to this list has been taken out; the first list after it that holds something. */
let current: i64 = -1;
let first: i64 = none;

export function openWheel(neurons: i32, widthOf: f64): void {
  width = widthOf;
  inverseWidth = 1 / widthOf;
  head = room64((<usize>size) << 2);
  next = room64((<usize>neurons) << 2);
  before = room64((<usize>neurons) << 2);
  filedIn = room64((<usize>neurons) << 3);
  filed = neurons;
  clearWheel();
}

/** Nothing is filed. */
export function clearWheel(): void {
  first = none;
  memory.fill(head, 0xff, (<usize>size) << 2);
  for (let n = 0; n < filed; n++) store<i64>(filedIn + ((<usize>n) << 3), none);
}

/** Nothing is filed before this time. */
export function startWheel(time: f64): void {
  current = <i64>Math.floor(time * inverseWidth) - 1;
}

function headOf(list: i64): usize {
  return head + ((<usize>(list & (size - 1))) << 2);
}

/** Start of the first list that holds something, or Infinity. */
export function nextLook(): f64 {
  return first == none ? Infinity : <f64>first * width;
}

/** Files n to be looked at before `time`, unless it already is. */
export function file(n: i32, time: f64): void {
  let list =
    time * inverseWidth < <f64>(current + size - 1) ? <i64>Math.floor(time * inverseWidth) : current + size - 1;
  if (list <= current) list = current + 1;
  const place = filedIn + ((<usize>n) << 3);
  const old = load<i64>(place);
  if (old <= list) return;
  if (old != none) unlink(n, old);
  store<i64>(place, list);
  const top = headOf(list);
  const other = load<i32>(top);
  store<i32>(next + ((<usize>n) << 2), other);
  store<i32>(before + ((<usize>n) << 2), -1);
  if (other >= 0) store<i32>(before + ((<usize>other) << 2), n);
  store<i32>(top, n);
  if (list < first) first = list;
}

function unlink(n: i32, list: i64): void {
  const after = load<i32>(next + ((<usize>n) << 2));
  const prior = load<i32>(before + ((<usize>n) << 2));
  if (prior >= 0) store<i32>(next + ((<usize>prior) << 2), after);
  else store<i32>(headOf(list), after);
  if (after >= 0) store<i32>(before + ((<usize>after) << 2), prior);
}

/** Takes the first list out: its first neuron, to go on with `following`. */
export function takeList(): i32 {
  const top = headOf(first);
  const n = load<i32>(top);
  store<i32>(top, -1);
  current = first;
  first = none;
  for (let list = current + 1; list < current + size; list++)
    if (load<i32>(headOf(list)) >= 0) {
      first = list;
      break;
    }
  return n;
}

/** The neuron after n in a list taken out; n is free to be filed again. */
export function following(n: i32): i32 {
  store<i64>(filedIn + ((<usize>n) << 3), none);
  return load<i32>(next + ((<usize>n) << 2));
}
