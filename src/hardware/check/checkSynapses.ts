// Kinds, delays and signs of synapses against what the chip's are. Values of weights on the chip's grid: checkWeights.ts.
import { inUnits } from '../../expr/units.ts';
import { offered } from './checkNeurons.ts';
import { type ChipNetwork, type Strand, unitName } from './chipNetwork.ts';
import { type Finding, finding, namesShown, undecided, whole } from './finding.ts';
import type { Profile } from '../profile/profile.ts';

/** By projection: [pre, post] row-major, or in the order of its synapses. */
export type Weights = ReadonlyMap<string, ArrayLike<number>>;

export function checkSynapses(network: ChipNetwork, weights: Weights, profile: Profile): Finding[] {
  const units = new Map(network.populations.map((p) => [p.name, p]));
  const loops = recurrent(network);
  return [
    ...network.strands
      .filter(({ hosted, back }) => !hosted && !back)
      .flatMap((strand) => [...kinds(strand), ...delays(strand), ...pairs(strand)]),
    ...signs(network, weights, profile),
  ];

  function kinds({ projection, synapse, synapses, to }: Strand): Finding[] {
    if (units.get(to)!.neuron?.kind === 'rate') return [];
    if (synapse.kind === 'alpha' && (profile.kind === 'digital' || profile.kind === 'mixed-signal'))
      return [finding('synapse-kind', 'error', projection, `${projection}: currents of alpha shape, which the chip has not`, { count: synapses })];
    if (synapse.kind === 'delta') return [];
    const substitute = profile.substitutes.synapse === 'delta' ? 'a jump of the membrane' : null;
    return offered('synapse-kind', projection, `currents that decay with ${inUnits(synapse.timeConstant)}`, 'neuron.exponentialSynapse', profile.neuron.exponentialSynapse, substitute, [], synapses);
  } // prettier-ignore

  function delays({ projection, from, to, delays: seconds, sparse, synapses }: Strand): Finding[] {
    if (units.get(to)!.neuron?.kind === 'rate') return [];
    const { minimum, maximum, step } = profile.delay;
    const found: Finding[] = [];
    const each = seconds.length === 1 ? 1 : synapses;
    const share = seconds.length === 1 ? synapses : 1;
    let [above, below, off, longest, shortest, worstOff] = [0, 0, 0, 0, Infinity, 0];
    const names: Record<'above' | 'below' | 'off', string[]> = { above: [], below: [], off: [] };
    const rows = sparse && seconds.length > 1 ? rowFinder(sparse.rows) : null;
    const synapse = (k: number): string => (rows && sparse ? `${unitName(from, rows(k))}->${unitName(to, sparse.targets[k]!)}` : projection);
    const note = (list: string[], k: number): void => void (list.length < namesShown && list.push(synapse(k)));
    for (let k = 0; k < each; k++) {
      const steps = seconds[k]! / network.step;
      longest = Math.max(longest, steps);
      shortest = Math.min(shortest, steps);
      if (maximum.value !== null && steps > maximum.value + 1e-9) { above += share; note(names.above, k); }
      if (minimum.value !== null && steps < minimum.value - 1e-9) { below += share; note(names.below, k); }
      const grid = steps / (step.value ?? 1);
      if (step.value !== null && Math.abs(grid - Math.round(grid)) > 1e-6) { off += share; worstOff = Math.max(worstOff, steps); note(names.off, k); }
    }
    const words = `${projection}: a delay of ${Number(longest.toPrecision(6))} steps`;
    const short = `${projection}: a delay of ${Number(shortest.toPrecision(6))} steps`;
    if (maximum.value === null && longest > 0) found.push(undecided('delay-maximum', projection, 'delay.maximum', words, maximum.source));
    if (above > 0) found.push(finding('delay-maximum', 'error', projection, `${words}, at most ${maximum.value}`, { count: above, worst: longest, limit: maximum.value, source: maximum.source, names: names.above }));
    if (minimum.value === null) found.push(undecided('delay-minimum', projection, 'delay.minimum', short, minimum.source));
    if (step.value === null && longest > 0) found.push(undecided('delay-grid', projection, 'delay.step', words, step.source));
    if (off > 0) found.push(finding('delay-grid', 'warning', projection, `${projection}: ${whole(off)} delays between the chip's steps of ${step.value}`, { count: off, worst: worstOff, limit: step.value, source: step.source, names: names.off }));
    if (below > 0) {
      const loop = shortest === 0 && loops(from, to);
      const clocked = network.engine === 'clocked' ? '; the clocked engine is too, exact spike times are not' : '; exact spike times act at once';
      found.push(finding(loop ? 'zero-delay-recurrence' : 'delay-minimum', 'warning', projection,
        loop ? `${projection}: no delay in a loop, on the chip a spike is ${minimum.value} ${minimum.value === 1 ? 'step' : 'steps'} late${clocked}` : `${short}, at least ${minimum.value}`,
        { count: below, worst: shortest, limit: minimum.value, source: minimum.source, names: names.below }));
    }
    return found;
  } // prettier-ignore

  function pairs({ projection, symmetric, synapses }: Strand): Finding[] {
    if (!symmetric || profile.kind === 'ideal') return [];
    return [finding('symmetric-weights', 'warning', projection, `${projection}: one weight both ways is two synapses on the chip, which have to be written alike (${whole(synapses)} pairs)`, { count: synapses })];
  } // prettier-ignore
}

function signs(network: ChipNetwork, weights: Weights, { weight }: Profile): Finding[] {
  const carrier = weight.signs.value;
  const mixed: string[] = [];
  let count = 0;
  const scan = (of: string | null, values: readonly [positive: number, negative: number], name: string): void => {
    if (values[0] === 0 || values[1] === 0) return;
    count++;
    if (mixed.length < namesShown) mixed.push(name);
  };
  const onChip = network.strands.filter(({ hosted }) => !hosted);
  if (onChip.length === 0 || carrier === 'synapse') return [];
  if (carrier === null) return [undecided('signs', null, 'weight.signs', 'weights of both signs', weight.signs.source)];
  if (carrier === 'group') {
    for (const { projection, back } of onChip) if (!back) scan(projection, signsOf(weights.get(projection) ?? []), projection);
  } else
    for (const { name, units } of network.populations) {
      const sums = Array.from({ length: units }, () => [0, 0] as [number, number]);
      for (const strand of onChip) if (strand.from === name) bySender(strand, weights.get(strand.projection) ?? [], sums);
      sums.forEach((both, unit) => scan(name, both, unitName(name, unit)));
    }
  if (count === 0) return [];
  const what = { source: 'senders of both signs, where the sign is the sender\'s', row: 'senders of both signs, which take two rows each: the fan-in limit has to count them', group: 'projections of both signs, where the sign is the group\'s' }[carrier];
  return [finding('signs', carrier === 'row' ? 'warning' : 'error', null, `${whole(count)} ${what}`, { count, limit: carrier, source: weight.signs.source, names: mixed })];
} // prettier-ignore

function signsOf(values: ArrayLike<number>): [number, number] {
  const both: [number, number] = [0, 0];
  for (let k = 0; k < values.length; k++) if (values[k] !== 0) both[values[k]! > 0 ? 0 : 1]++;
  return both;
}

/** Adds positive and negative weights to each sender of the strand. */
function bySender({ sparse, back }: Strand, values: ArrayLike<number>, sums: [number, number][]): void {
  const senders = sums.length;
  const width = back ? senders : values.length / senders;
  const rowOf = sparse ? rowFinder(sparse.rows) : (k: number) => (back ? k % width : Math.floor(k / width));
  for (let k = 0; k < values.length; k++) if (values[k] !== 0) sums[rowOf(k)]![values[k]! > 0 ? 0 : 1]++;
}

/** The row of a synapse; asked in any order. */
export function rowFinder(rows: ArrayLike<number>): (k: number) => number {
  return (k) => {
    let [low, high] = [0, rows.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (rows[middle]! <= k) low = middle;
      else high = middle;
    }
    return low;
  };
}

/** Whether a spike of `from` through `to` can come back to `from`. */
function recurrent({ strands }: ChipNetwork): (from: string, to: string) => boolean {
  const after = new Map<string, Set<string>>();
  for (const { from, to, hosted } of strands) if (!hosted) after.set(from, (after.get(from) ?? new Set()).add(to));
  return (from, to) => {
    const seen = new Set<string>([to]);
    for (const name of seen) {
      if (name === from) return true;
      for (const next of after.get(name) ?? []) seen.add(next);
    }
    return false;
  };
}
