// AssemblyScript: what the event engine knows of its neurons, groups of like ones, synapse types and connections: tables and
// their filling. It runs nothing.
import { exp, log } from './elementary';
import { most, setTypes, tau } from './membrane';
import { room64 } from './room';
import { Doubles, Whole } from './tables';

export const mostGroups: i32 = 64;
/** What a neuron waits for: nothing but a look, the end of refractoriness, a crossing, or a test of V as it is. */
export const LOOK: u8 = 0;
export const REFRACTORY: u8 = 1;
export const CROSSING: u8 = 2;
export const TEST: u8 = 3;
/** Reaching the floor or the cap, and leaving them. */
export const FLOOR: u8 = 4;
export const CAP: u8 = 5;
export const LEAVE: u8 = 6;

export let neurons: i32 = 0;
export let K: i32 = 0;
export let groups: i32 = 0;
/** Kind of each type: 0 delta, 1 exponential, 2 alpha; what a weight adds; its places in a neuron's record. */
export const kind = changetype<Whole>(memory.data(4 * most));
export const scale = changetype<Doubles>(memory.data(8 * most));
export const slot = changetype<Whole>(memory.data(4 * most));
export let jumps = false;

/** Constants of groups; of group and type: 1/tau - 1/tau_k and its inverse / unit, or 0 where both are nearly equal. */
export const unit = changetype<Doubles>(memory.data(8 * mostGroups));
export const leaks = changetype<Whole>(memory.data(4 * mostGroups));
export const resistance = changetype<Doubles>(memory.data(8 * mostGroups));
export const resetGap = changetype<Doubles>(memory.data(8 * mostGroups));
export const strict = changetype<Whole>(memory.data(4 * mostGroups));
export const subtracts = changetype<Whole>(memory.data(4 * mostGroups));
export const refractory = changetype<Doubles>(memory.data(8 * mostGroups));
/** Gaps of floor and cap; whether jumps while refractory are kept. */
export const low = changetype<Doubles>(memory.data(8 * mostGroups));
export const high = changetype<Doubles>(memory.data(8 * mostGroups));
export const keeps = changetype<Whole>(memory.data(4 * mostGroups));
export let bounded = false;
export let stills = false;
export const small = changetype<Doubles>(memory.data(8 * mostGroups));
/** The most that V is ever raised by a weight of 1; the least of its shares in the drive that the weight adds at once. */
export const cost = changetype<Doubles>(memory.data(8 * mostGroups * most));
export const leastShare = changetype<Doubles>(memory.data(8 * mostGroups));
export const rate = changetype<Doubles>(memory.data(8 * mostGroups * most));
export const inverse = changetype<Doubles>(memory.data(8 * mostGroups * most));

/** Of neurons, what arrivals touch: coefficient of the membrane, budget, time of the last event, then I and x of the types. */
export let records: usize = 0;
export let stride: usize = 0;
/**
 * And what looks do as well: pull, key, what is waited for, 1 held at the floor or 2 at the cap, group, list of the wheel. In one
 * line of memory with the record where both fit into 64 bytes.
 */
let cold: usize = 0;
let coldStride: usize = 0;
const coldBytes: usize = 24;
/** V - threshold while refractory; jumps kept. */
export let held: usize = 0;
export let kept: usize = 0;

export let segmentOf: usize = 0;
export let synapseOf: usize = 0;
export let delay: usize = 0;
export let typeOf: usize = 0;
export let post: usize = 0;
export let weight: usize = 0;
export let wide = false;

export function record(n: i32): usize {
  return records + <usize>n * stride;
}
export function pullAt(n: i32): usize {
  return cold + <usize>n * coldStride;
}
export function keyAt(n: i32): usize {
  return pullAt(n) + 8;
}
export function waitsAt(n: i32): usize {
  return pullAt(n) + 16;
}
export function modeAt(n: i32): usize {
  return pullAt(n) + 17;
}
export function groupAt(n: i32): usize {
  return pullAt(n) + 18;
}
/** Whether n is to be looked at once the instant is over. */
export function doneAt(n: i32): usize {
  return pullAt(n) + 19;
}
/** Where its last search for a horizon ended. */
export function guessAt(n: i32): usize {
  return pullAt(n) + 22;
}
/** Two bytes. */
export function filedAt(n: i32): usize {
  return pullAt(n) + 20;
}
export function at8(base: usize, n: i32): usize {
  return base + ((<usize>n) << 3);
}
export function at4(base: usize, n: i32): usize {
  return base + ((<usize>n) << 2);
}
export function groupOf(n: i32): i32 {
  return <i32>load<u8>(groupAt(n));
}

export function openCells(count: i32, groupCount: i32, types: i32): void {
  neurons = count;
  groups = groupCount;
  K = types;
  held = room64((<usize>count) << 3);
  kept = room64((<usize>count) << 3);
  memory.fill(kept, 0, (<usize>count) << 3);
}
export function setType(k: i32, kindOf: i32, tauOf: f64, scaleOf: f64): void {
  kind[k] = kindOf;
  scale[k] = scaleOf;
  tau[k] = kindOf == 0 ? 0 : tauOf;
  if (kindOf == 0) jumps = true;
}
export function shortest(): f64 {
  let least: f64 = Infinity;
  for (let g = 0; g < groups; g++) least = min(least, small[g]);
  return least;
}
export function closeTypes(): void {
  const taus = room64((<usize>most) << 3);
  stride = 24;
  for (let k = 0; k < K; k++) {
    store<f64>(at8(taus, k), tau[k]);
    slot[k] = <i32>stride;
    stride += kind[k] == 0 ? 0 : kind[k] == 1 ? 8 : 16;
  }
  setTypes(K, taus);
  const used = stride;
  const together = used > 32 && used + coldBytes <= 64;
  stride = used <= 32 ? 32 : (used + 63) & ~(<usize>63);
  records = room64(<usize>neurons * stride);
  memory.fill(records, 0, <usize>neurons * stride);
  cold = together ? records + used : room64((<usize>neurons) << 5);
  coldStride = together ? stride : 32;
  for (let n = 0; n < neurons; n++) memory.fill(pullAt(n), 0, coldBytes);
}
/** The most that V reaches for a current whose own peak is 1, without exceeding it by more than a few per cent. */
export function peakShare(kindOf: i32, tauOf: f64, unitOf: f64, leaksOf: i32): f64 {
  // Charge of a current of peak 1: the most there is where nothing leaks.
  const charge = kindOf == 1 ? tauOf : tauOf * 2.7182818284590455;
  if (!leaksOf) return charge;
  const ratio = tauOf / unitOf;
  if (kindOf == 1) return abs(ratio - 1) < 1e-3 ? 0.36788 * (1 + 1e-3) : exp(-log(ratio) / (ratio - 1));
  return min(1, charge / unitOf);
}

export function setGroup(
  g: i32,
  unitOf: f64,
  leaksOf: i32,
  resistanceOf: f64,
  resetOf: f64,
  strictOf: i32,
  subtractsOf: i32,
  refractoryOf: f64,
  near: f64,
  lowOf: f64,
  highOf: f64,
  keepsOf: i32,
): void {
  unit[g] = unitOf;
  leaks[g] = leaksOf;
  resistance[g] = resistanceOf;
  resetGap[g] = resetOf;
  strict[g] = strictOf;
  subtracts[g] = subtractsOf;
  refractory[g] = refractoryOf;
  low[g] = lowOf;
  high[g] = highOf;
  keeps[g] = keepsOf;
  if (lowOf > -Infinity || highOf < Infinity) bounded = true;
  if (bounded || keepsOf) stills = true;
  small[g] = leaksOf ? 0.015 * unitOf : Infinity;
  leastShare[g] = 1;
  for (let k = 0; k < K; k++) {
    const drive = resistanceOf * (kind[k] == 2 ? scale[k] * tau[k] * 0.36787944117144239 : scale[k]);
    cost[g * most + k] = kind[k] == 0 ? 1 : drive * peakShare(kind[k], tau[k], unitOf, leaksOf) * (1 + 1e-9);
    if (kind[k] == 0) continue;
    leastShare[g] = min(leastShare[g], cost[g * most + k] / drive);
    const d = leaksOf ? (tau[k] - unitOf) / (unitOf * tau[k]) : -1 / tau[k];
    rate[g * most + k] = d;
    inverse[g * most + k] = leaksOf && abs(tau[k] - unitOf) < near * unitOf ? 0 : 1 / (d * unitOf);
    if (!leaksOf) small[g] = min(small[g], 0.05 * tau[k]);
  }
}
export function setConnections(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, wideWeights: bool): void {
  segmentOf = a;
  synapseOf = b;
  delay = c;
  typeOf = d;
  post = e;
  weight = f;
  wide = wideWeights;
}
export function recordBytes(): usize {
  return stride;
}
export function coldAddress(): usize {
  return cold;
}
export function coldRecordBytes(): usize {
  return coldStride;
}
export function slotOf(k: i32): usize {
  return <usize>slot[k];
}
