// AssemblyScript: neurons to be looked at, filed by time in a ring of lists, each as wide as looks are precise. A neuron
// may be filed too early, which costs a look, but never too late. One that is filed anew for an earlier time stays where it
// was as well, and is passed over there.
import { filedAt, neurons } from './cells';
import { room64 } from './room';

const size: i32 = 4096;
const nowhere: u32 = 0xffff;

let inverseWidth: f64 = 1;
let width: f64 = 1;
/** Of each list its newest chunk of 64 bytes: the next one, how many neurons, up to 14 neurons. */
let head: usize = 0;
const chunkRoom: i32 = 14;
let free: usize = 0;
/** Everything up to this list has been taken out; the first list after it that holds something. */
let current: f64 = -1;
let first: f64 = Infinity;

export function openWheel(widthOf: f64): void {
  width = widthOf;
  inverseWidth = 1 / widthOf;
  head = room64((<usize>size) << 2);
  memory.fill(head, 0, (<usize>size) << 2);
}

/** Nothing is filed, and nothing will be before this time. */
export function startWheel(time: f64): void {
  for (let list = 0; list < size; list++)
    while (load<u32>(headOf(list)) != 0) store<u32>(headOf(list), <u32>chunkAfter(<usize>load<u32>(headOf(list))));
  for (let n = 0; n < neurons; n++) store<u16>(filedAt(n), nowhere);
  first = Infinity;
  current = Math.floor(time * inverseWidth) - 1;
}

/** Where nothing is filed, the ring goes on from here at once. */
export function catchUp(time: f64): void {
  if (first == Infinity) current = max(current, Math.floor(time * inverseWidth) - 1);
}

function headOf(list: i32): usize {
  return head + ((<usize>(list & (size - 1))) << 2);
}

function chunk(): usize {
  if (free == 0) {
    const many = 256;
    const block = room64(many << 6);
    for (let k = 0; k < many; k++) {
      store<u32>(block + ((<usize>k) << 6), <u32>free);
      free = block + ((<usize>k) << 6);
    }
  }
  const one = free;
  free = <usize>load<u32>(one);
  return one;
}

/** Start of the first list that holds something, or Infinity. */
export function nextLook(): f64 {
  return first * width;
}

/** Files n to be looked at before `time`, unless it already is. */
export function file(n: i32, time: f64): void {
  // How many lists ahead.
  const away = min(time * inverseWidth - current, <f64>(size - 1));
  const ahead = away > 1 ? <i32>away : 1;
  const now = <i32>(<i64>current);
  const old = <u32>load<u16>(filedAt(n));
  if (old != nowhere && ((<i32>old - now) & (size - 1)) <= ahead) return;
  const list = (now + ahead) & (size - 1);
  store<u16>(filedAt(n), list);
  const place = headOf(list);
  let top = <usize>load<u32>(place);
  if (top == 0 || load<i32>(top + 4) == chunkRoom) {
    const fresh = chunk();
    store<u32>(fresh, <u32>top);
    store<i32>(fresh + 4, 0);
    store<u32>(place, <u32>fresh);
    top = fresh;
  }
  const count = load<i32>(top + 4);
  store<i32>(top + 8 + ((<usize>count) << 2), n);
  store<i32>(top + 4, count + 1);
  first = min(first, current + <f64>ahead);
}

/** Takes the first list out: its first chunk, or 0. */
export function takeList(): usize {
  const now = <i32>(<i64>first);
  const place = headOf(now);
  const top = <usize>load<u32>(place);
  store<u32>(place, 0);
  current = first;
  first = Infinity;
  for (let ahead = 1; ahead < size; ahead++)
    if (load<u32>(headOf(now + ahead)) != 0) {
      first = current + <f64>ahead;
      break;
    }
  return top;
}

/** Whether n was waiting in the list just taken out; it is free to be filed again. */
export function waited(n: i32): bool {
  if (<u32>load<u16>(filedAt(n)) != <u32>((<i32>(<i64>current)) & (size - 1))) return false;
  store<u16>(filedAt(n), nowhere);
  return true;
}

export function chunkCount(at: usize): i32 {
  return load<i32>(at + 4);
}
export function chunkNeuron(at: usize, k: i32): i32 {
  return load<i32>(at + 8 + ((<usize>k) << 2));
}
/** The chunk after one that is done with. */
export function chunkAfter(at: usize): usize {
  const next = <usize>load<u32>(at);
  store<u32>(at, <u32>free);
  free = at;
  return next;
}
