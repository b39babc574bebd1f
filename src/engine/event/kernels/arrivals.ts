// AssemblyScript: what a spike or an input does to the neurons it reaches: numbers added to their coefficients, and a budget
// used up. Who has none left is marked, to be tested and looked at. It fires nothing.
import {
  REFRACTORY,
  at4,
  at8,
  bounded,
  cost,
  groupOf,
  groups,
  inverse,
  keeps,
  kept,
  keyAt,
  kind,
  leaks,
  modeAt,
  mostGroups,
  neurons,
  post,
  rate,
  record,
  resistance,
  scale,
  slot,
  stills,
  synapseOf,
  typeOf,
  unit,
  waitsAt,
  weight,
  wide,
} from './cells';
import { exp } from './elementary';
import { chi, most, phi, tau } from './membrane';
import { r } from './moment';
import { room64 } from './room';
import { Doubles } from './tables';

export let arrivals: f64 = 0;
export function countFrom(count: f64): void {
  arrivals = count;
}

/** Neurons to be tested before the instant ends. */
export let marks: usize = 0;
export let marked: i32 = 0;
export function unmark(): void {
  marked = 0;
}

export function openArrivals(): void {
  marks = room64((<usize>(neurons + 1)) << 2);
}

/** Of the type being delivered, of each group: what a weight adds to the membrane's coefficient. */
const toMembrane = changetype<Doubles>(memory.data(8 * mostGroups));
let toCurrent: f64 = 0;
let toRise: f64 = 0;

export function prepareArrival(k: i32): void {
  const b: f64 = kind[k] == 0 ? 1 : exp(r / tau[k]) * scale[k];
  toCurrent = kind[k] == 1 ? b : -b * r;
  toRise = b;
  for (let g = 0; g < groups; g++) {
    const a: f64 = leaks[g] ? exp(r / unit[g]) : 1;
    const at = g * most + k;
    const i = inverse[at];
    const d = rate[at];
    if (kind[k] == 0) toMembrane[g] = a;
    else if (i == 0) {
      const y = kind[k] == 1 ? phi(d * r) : r * (chi(d * r) - phi(d * r));
      toMembrane[g] = -resistance[g] * b * (r / unit[g]) * y;
    } else toMembrane[g] = (kind[k] == 1 ? -1 : 1 / d) * resistance[g] * scale[k] * a * i;
  }
}

export function mark(n: i32): void {
  store<f64>(record(n) + 8, Infinity);
  store<i32>(at4(marks, marked++), n);
}

/** A jump that does not reach the membrane now: it is refractory, or held at floor or cap. */
function keptApart(n: i32, g: i32, w: f64, t: f64): bool {
  const place = at8(kept, n);
  if (load<u8>(waitsAt(n)) == REFRACTORY) {
    const left = load<f64>(keyAt(n)) - t;
    if (keeps[g]) store<f64>(place, load<f64>(place) + w * (leaks[g] ? exp(-left / unit[g]) : 1));
    return true;
  }
  if (load<u8>(modeAt(n)) == 0) return false;
  store<f64>(place, load<f64>(place) + w);
  return true;
}

/** One weight into one neuron, by the factors prepared. */
export function arrive(n: i32, w: f64, k: i32, t: f64, single: bool): void {
  const p = record(n);
  const g = single ? 0 : groupOf(n);
  store<f64>(p + 16, t);
  const kd = kind[k];
  if (kd == 0 && stills && keptApart(n, g, w, t)) w = 0;
  else store<f64>(p, load<f64>(p) + w * toMembrane[g]);
  if (kd != 0) {
    const at = p + <usize>slot[k];
    store<f64>(at, load<f64>(at) + w * toCurrent);
    if (kd == 2) store<f64>(at + 8, load<f64>(at + 8) + w * toRise);
  }
  const left = load<f64>(p + 8) - (bounded ? abs(w) : max(w, 0)) * cost[g * most + k];
  store<f64>(p + 8, left);
  if (left < 0) mark(n);
}

/** A segment whose type is exponential, into neurons of one group: additions only. */
function deliverPlain<T>(from: i32, end: i32, k: i32, t: f64): void {
  const c = toMembrane[0];
  const i = toCurrent;
  const price = cost[k];
  const s = <usize>slot[k];
  const both = bounded;
  const list = marks;
  let many = marked;
  let to = at4(post, from);
  const stop = at4(post, end);
  let w: usize = weight + <usize>from * sizeof<T>();
  for (; to < stop; to += 4, w += sizeof<T>()) {
    const n = load<i32>(to);
    const value = <f64>load<T>(w);
    const p = record(n);
    store<f64>(p, load<f64>(p) + value * c);
    store<f64>(p + 16, t);
    store<f64>(p + s, load<f64>(p + s) + value * i);
    const left = load<f64>(p + 8) - (both ? abs(value) : max(value, 0)) * price;
    // As mark(), without a branch that would be guessed wrong now and then.
    store<i32>(at4(list, many), n);
    many += <i32>(left < 0);
    store<f64>(p + 8, left < 0 ? Infinity : left);
  }
  marked = many;
}

export function deliver(segment: i32, t: f64): void {
  const from = load<i32>(at4(synapseOf, segment));
  const end = load<i32>(at4(synapseOf, segment + 1));
  const k = <i32>load<u8>(typeOf + <usize>segment);
  prepareArrival(k);
  arrivals += <f64>(end - from);
  if (groups == 1 && kind[k] == 1) {
    if (wide) deliverPlain<f64>(from, end, k, t);
    else deliverPlain<f32>(from, end, k, t);
    return;
  }
  const single = groups == 1;
  for (let j = from; j < end; j++) {
    const w = wide ? load<f64>(at8(weight, j)) : <f64>load<f32>(at4(weight, j));
    arrive(load<i32>(at4(post, j)), w, k, t, single);
  }
}
