// AssemblyScript: what the event engine knows of its neurons, groups of like ones, synapse types and connections: tables and
// their filling. It runs nothing.
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
export const rate = changetype<Doubles>(memory.data(8 * mostGroups * most));
export const inverse = changetype<Doubles>(memory.data(8 * mostGroups * most));

/** Records of neurons: coefficient of the membrane, budget, time of the last event, then I and x of the types. */
export let records: usize = 0;
export let stride: usize = 0;
export let group: usize = 0;
export let pull: usize = 0;
export let key: usize = 0;
export let waits: usize = 0;
/** V - threshold while refractory; jumps kept; 1 held at the floor, 2 at the cap. */
export let held: usize = 0;
export let kept: usize = 0;
export let mode: usize = 0;

export let segmentOf: usize = 0;
export let synapseOf: usize = 0;
export let delay: usize = 0;
export let typeOf: usize = 0;
export let post: usize = 0;
export let weight: usize = 0;
export let wide = false;

/** Share of a budget of drive that a jump takes, by neuron. */
export let times: usize = 0;

export function record(n: i32): usize {
  return records + <usize>n * stride;
}
export function at8(base: usize, n: i32): usize {
  return base + ((<usize>n) << 3);
}
export function at4(base: usize, n: i32): usize {
  return base + ((<usize>n) << 2);
}
export function groupOf(n: i32): i32 {
  return <i32>load<u8>(group + <usize>n);
}

export function openCells(count: i32, groupCount: i32, types: i32): void {
  neurons = count;
  groups = groupCount;
  K = types;
  group = room64(<usize>count);
  pull = room64((<usize>count) << 3);
  key = room64((<usize>count) << 3);
  waits = room64(<usize>count);
  held = room64((<usize>count) << 3);
  kept = room64((<usize>count) << 3);
  mode = room64(<usize>count);
  times = room64((<usize>count) << 3);
  memory.fill(kept, 0, (<usize>count) << 3);
  memory.fill(mode, 0, <usize>count);
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
  records = room64(<usize>neurons * stride);
  memory.fill(records, 0, <usize>neurons * stride);
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
  for (let k = 0; k < K; k++) {
    if (kind[k] == 0) continue;
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
export function slotOf(k: i32): usize {
  return <usize>slot[k];
}
