// A simple placement of neurons onto cores: populations in the order of the file, core after core, a new one where the next
// neuron would break a limit of the core. It optimises nothing: what fits here fits, what does not may fit otherwise.
import { type ChipNetwork, unitName } from './chipNetwork.ts';
import type { Profile } from '../profile/profile.ts';

export interface CorePart {
  readonly population: string;
  /** Units [begin, end). */
  readonly begin: number;
  readonly end: number;
}

export interface Core {
  readonly parts: readonly CorePart[];
  readonly neurons: number;
  /** Synapses into its neurons. */
  readonly synapses: number;
  /** Senders that reach it. */
  readonly inputAxons: number;
  /** Cores that its neurons reach, summed over them. */
  readonly outputAxons: number;
  /** Different sets of neuron parameters in it. */
  readonly parameterSets: number;
}

export interface Placement {
  readonly cores: readonly Core[];
  /** Neurons that no core had room for: how many, and the first of them. */
  readonly unplaced: number;
  readonly firstUnplaced: readonly string[];
  /** Limits of a core that opened another one, in words. */
  readonly filled: readonly string[];
  /** By population: the core of each unit; -1 for none. */
  readonly coreOf: ReadonlyMap<string, Int32Array>;
}

interface Incoming {
  readonly from: string;
  /** Senders of each unit as rows; null: all. */
  readonly senders: { readonly rows: Uint32Array; readonly from: Uint32Array } | null;
}

const limitOf = (value: number | null): number => value ?? Infinity;

export function placed(network: ChipNetwork, { capacity, weight }: Profile): Placement {
  const bits = weight.bits.value;
  const perCore = {
    neurons: limitOf(capacity.neuronsPerCore.value),
    synapses: Math.min(
      limitOf(capacity.synapsesPerCore.value),
      bits === null || bits === Infinity ? Infinity : Math.floor(limitOf(capacity.synapseBitsPerCore.value) / bits),
    ),
    axons: limitOf(capacity.inputAxonsPerCore.value),
    sets: limitOf(capacity.parameterSetsPerCore.value),
  };
  const most = limitOf(capacity.cores.value);
  const units = new Map(network.populations.map((p) => [p.name, p.units]));
  const neurons = network.populations.filter(({ neuron }) => neuron !== null);
  const sets = parameterSets(network);
  const incoming = incomingOf(network, units);
  /** The core that a sender was last counted in. */
  const counted = new Map([...units].map(([name, size]) => [name, new Int32Array(size).fill(-1)]));
  const coreOf = new Map(neurons.map(({ name, units: size }) => [name, new Int32Array(size).fill(-1)]));
  const cores: (Omit<Core, 'outputAxons'> & { parts: CorePart[] })[] = [];
  let [unplaced, first] = [0, [] as string[]];
  const filled = new Set<string>();
  let open = { neurons: 0, synapses: 0, axons: 0, sets: new Set<number>(), parts: [] as { population: string; begin: number; end: number }[] };
  let dense = new Set<string>();

  for (const { name, units: size } of neurons)
    for (let unit = 0; unit < size; unit++) {
      const strands = incoming.get(name) ?? [];
      let [needs, sendersOfUnit] = [0, 0];
      for (const { from, senders } of strands) {
        const n = senders ? senders.rows[unit + 1]! - senders.rows[unit]! : units.get(from)!;
        needs += n;
        sendersOfUnit += n;
      }
      const newSet = open.sets.has(sets.get(name)!) ? 0 : 1;
      // A limit that this neuron breaks by itself is no reason for another core.
      const why = open.neurons === 0 ? null
        : open.neurons + 1 > perCore.neurons ? 'neurons'
        : needs <= perCore.synapses && open.synapses + needs > perCore.synapses ? 'synapse memory'
        : open.sets.size + newSet > perCore.sets ? 'parameter sets'
        : sendersOfUnit <= perCore.axons && open.axons + newAxons(strands, unit, false) > perCore.axons ? 'senders' : null;
      if (why !== null) {
        filled.add(why);
        close();
      }
      if (cores.length >= most) {
        unplaced++;
        if (first.length < 5) first.push(unitName(name, unit));
        continue;
      }
      open.neurons++;
      open.synapses += needs;
      open.sets.add(sets.get(name)!);
      open.axons += newAxons(strands, unit, true);
      coreOf.get(name)![unit] = cores.length;
      const last = open.parts.at(-1);
      if (last?.population === name && last.end === unit) last.end++;
      else open.parts.push({ population: name, begin: unit, end: unit + 1 });
    }
  if (open.neurons > 0) close();
  const axons = outputAxons(network, coreOf, cores.length);
  return { cores: cores.map((core, k) => ({ ...core, outputAxons: axons[k]! })), unplaced, firstUnplaced: first, filled: [...filled], coreOf };

  function close(): void {
    cores.push({ parts: open.parts, neurons: open.neurons, synapses: open.synapses, inputAxons: open.axons, parameterSets: open.sets.size });
    open = { neurons: 0, synapses: 0, axons: 0, sets: new Set(), parts: [] };
    dense = new Set();
  }
  /** Senders of the unit that do not reach the open core yet; `take` counts them in. */
  function newAxons(strands: readonly Incoming[], unit: number, take: boolean): number {
    const core = cores.length;
    let fresh = 0;
    for (const { from, senders } of strands) {
      if (dense.has(from)) continue;
      const marks = counted.get(from)!;
      const [begin, end] = senders ? [senders.rows[unit]!, senders.rows[unit + 1]!] : [0, marks.length];
      for (let k = begin; k < end; k++) {
        const sender = senders ? senders.from[k]! : k;
        if (marks[sender] === core) continue;
        fresh++;
        if (take) marks[sender] = core;
      }
      if (take && !senders) dense.add(from);
    }
    return fresh;
  }
} // prettier-ignore

/** A number for each different set of what a chip stores once for many neurons; biases are each neuron's own. */
function parameterSets(network: ChipNetwork): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  return new Map(
    network.populations.flatMap(({ name, neuron }) => {
      if (!neuron) return [];
      const stored = { ...neuron, bias: null, drive: null };
      const currents = network.strands.filter(({ to, hosted }) => to === name && !hosted).map(({ synapse }) => synapse);
      const kinds = [...new Set(currents.map((one) => JSON.stringify(one)))].sort();
      const key = JSON.stringify([stored, kinds], (_key, value: unknown) => (typeof value === 'number' ? String(value) : value)); // prettier-ignore
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      return [[name, numbers.get(key)!] as const];
    }),
  );
}

function incomingOf(network: ChipNetwork, units: ReadonlyMap<string, number>): Map<string, Incoming[]> {
  const incoming = new Map<string, Incoming[]>();
  for (const { from, to, sparse, hosted } of network.strands) {
    if (hosted) continue;
    const list = incoming.get(to) ?? [];
    incoming.set(to, list);
    if (!sparse) {
      list.push({ from, senders: null });
      continue;
    }
    const rows = new Uint32Array(units.get(to)! + 1);
    for (let k = 0; k < sparse.targets.length; k++) rows[sparse.targets[k]! + 1]! += 1;
    for (let k = 1; k < rows.length; k++) rows[k]! += rows[k - 1]!;
    const [next, senders] = [rows.slice(), new Uint32Array(sparse.targets.length)];
    for (let pre = 0; pre < units.get(from)!; pre++)
      for (let k = sparse.rows[pre]!; k < sparse.rows[pre + 1]!; k++) senders[next[sparse.targets[k]!]!++] = pre;
    list.push({ from, senders: { rows, from: senders } });
  }
  return incoming;
}

/** Cores that each unit of a population reaches; null for a population that sends nowhere. */
export function coresReached(
  network: ChipNetwork,
  coreOf: ReadonlyMap<string, Int32Array>,
  population: string,
): (unit: number) => readonly number[] {
  const strands = network.strands.filter(({ from, hosted }) => from === population && !hosted);
  const all = [...new Set(strands.filter(({ sparse }) => !sparse).flatMap(({ to }) => [...new Set(coreOf.get(to) ?? [])]))];
  const lists = strands.flatMap(({ sparse, to }) => (sparse ? [{ ...sparse, cores: coreOf.get(to) }] : []));
  return (unit) => {
    if (lists.length === 0) return all;
    const reached = new Set(all);
    for (const { rows, targets, cores } of lists)
      for (let k = rows[unit]!; k < rows[unit + 1]!; k++) reached.add(cores?.[targets[k]!] ?? -1);
    return [...reached];
  };
} // prettier-ignore

function outputAxons(network: ChipNetwork, coreOf: ReadonlyMap<string, Int32Array>, cores: number): Float64Array {
  const sums = new Float64Array(cores);
  for (const [name, own] of coreOf) {
    const reached = coresReached(network, coreOf, name);
    for (let unit = 0; unit < own.length; unit++)
      if (own[unit]! >= 0) sums[own[unit]!]! += reached(unit).filter((core) => core >= 0).length;
  }
  return sums;
}
