// Counts of a placed network against what the chip holds: neurons, channels, fans, synapses and memory of cores.
import { type ChipNetwork, fanOf, unitName } from './chipNetwork.ts';
import { type Finding, finding, held, type Limit, namesShown, undecided, whole } from './finding.ts';
import type { Placement } from './placement.ts';
import type { CapacityKey, Profile } from '../profile/profile.ts';

interface Units {
  readonly name: string;
  readonly units: number;
}

export function checkCapacity(network: ChipNetwork, placement: Placement, profile: Profile): Finding[] {
  const { capacity, weight } = profile;
  const { cores } = placement;
  const limit = (key: CapacityKey): Limit => ({ path: `capacity.${key}`, known: capacity[key] });
  const neurons = network.populations.filter(({ neuron }) => neuron !== null);
  // A constant current that the host works out takes no channel.
  const hosted = new Set(network.strands.filter((strand) => strand.hosted).map(({ from }) => from));
  const inputs = network.populations.filter(({ neuron, name }) => neuron === null && !hosted.has(name));
  const driven = neurons.filter(({ neuron }) => neuron!.drive);
  const output = network.populations.filter(({ name }) => name === network.output);
  const synapses = network.strands.reduce((total, { hosted: away, synapses: n }) => total + (away ? 0 : n), 0);
  const fans = fanOf(network);
  const cells = sum(neurons);
  const ofCores = (key: 'synapses' | 'inputAxons' | 'outputAxons' | 'parameterSets'): number[] => cores.map((core) => core[key]); // prettier-ignore
  return [
    ...cellsAndCores(),
    ...chip('addresses', 'addresses', 'inputs and neurons that share addresses', [...inputs, ...neurons]),
    ...chip('inputs', 'inputs', 'input channels', [...inputs, ...driven]),
    ...chip('outputs', 'outputs', 'output neurons', output),
    ...byUnit('fan-in', 'fanIn', 'synapses into a neuron', fans.into),
    ...byUnit('fan-out', 'fanOut', 'synapses from a sender', fans.out),
    ...held({ id: 'synapses', of: null, what: 'synapses', name: () => '', values: [synapses] }, limit('synapses')).map((one) => ({ ...one, names: [], count: Math.max(0, synapses - (capacity.synapses.value ?? synapses)) })),
    ...byCore('synapses-per-core', 'synapsesPerCore', 'synapses in a core', ofCores('synapses'), synapses),
    ...bits(),
    ...byCore('input-axons-per-core', 'inputAxonsPerCore', 'senders that reach a core', ofCores('inputAxons')),
    ...byCore('output-axons-per-core', 'outputAxonsPerCore', 'cores reached by the neurons of a core, in all', ofCores('outputAxons')),
    ...byCore('parameter-sets-per-core', 'parameterSetsPerCore', 'different sets of neuron parameters in a core', ofCores('parameterSets')),
  ]; // prettier-ignore

  /** One number of the chip: units of populations; the names are of the first that are too many. */
  function chip(id: string, key: CapacityKey, what: string, populations: readonly Units[]): Finding[] {
    const value = sum(populations);
    const most = capacity[key].value;
    return held({ id, of: null, what, name: () => '', values: [value] }, limit(key)).map((one) =>
      most === null ? one : { ...one, count: value - most, names: beyond(populations, most) },
    );
  }

  function byUnit(id: string, key: CapacityKey, what: string, counts: ReadonlyMap<string, Uint32Array>): Finding[] {
    const known = capacity[key];
    if (known.value !== null)
      return [...counts].flatMap(([of, values]) => held({ id, of, what, values, name: (k) => unitName(of, k) }, limit(key)));
    // One line for what is not public, with the worst of all populations.
    const worst = [...counts].map(([of, values]) => [of, greatest(values)] as const).reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    return worst[1] === 0 ? [] : [undecided(id, null, `capacity.${key}`, `up to ${whole(worst[1])} ${what} (${worst[0]})`, known.source)];
  } // prettier-ignore

  /** `total`: what all cores together have to hold, for a network that they have no room for. */
  function byCore(id: string, key: CapacityKey, what: string, values: readonly number[], total = 0): Finding[] {
    const found = held({ id, of: null, what, name: (k) => `core ${k}`, values }, limit(key));
    const [each, count] = [capacity[key].value, capacity.cores.value];
    if (found.length > 0 || each === null || count === null || total <= each * count) return found;
    return [finding(id, 'error', null, `${whole(total)} ${what.replace(' in a core', '')}, at most ${whole(each * count)} (${many(count, 'core')} of ${whole(each)})`, {
      count: total - each * count, worst: total, limit: each * count, path: `capacity.${key}`, source: capacity[key].source,
    })];
  } // prettier-ignore

  function bits(): Finding[] {
    const each = weight.bits.value;
    const known = capacity.synapseBitsPerCore;
    if (synapses === 0 || known.value === Infinity) return [];
    if (known.value === null || each === null) {
      const path = known.value === null ? 'capacity.synapseBitsPerCore' : 'weight.bits';
      return [undecided('synapse-bits-per-core', null, path, `memory for ${whole(greatest(ofCores('synapses')))} synapses in a core`, known.source)];
    }
    const values = ofCores('synapses').map((count) => count * each);
    return byCore('synapse-bits-per-core', 'synapseBitsPerCore', `bits of synapse memory in a core (${each} a synapse)`, values, synapses * each);
  } // prettier-ignore

  function cellsAndCores(): Finding[] {
    const [perCore, count] = [capacity.neuronsPerCore, capacity.cores];
    const found: Finding[] = [];
    if (perCore.value === null) found.push(undecided('neurons', null, 'capacity.neuronsPerCore', `${whole(cells)} neurons`, perCore.source));
    if (count.value === null) found.push(undecided('cores', null, 'capacity.cores', `${many(cores.length, 'core')} in use`, count.source));
    if (perCore.value === null || count.value === null) return found;
    const room = perCore.value * count.value;
    if (cells > room) {
      const sentence = `${whole(cells)} neurons, at most ${whole(room)} (${many(count.value, 'core')} of ${whole(perCore.value)})`;
      return [finding('neurons', 'error', null, sentence, { count: cells - room, worst: cells, limit: room, path: 'capacity.neuronsPerCore', source: perCore.source, names: beyond(neurons, room) })];
    }
    if (placement.unplaced === 0) return found;
    const sentence = `${many(placement.unplaced, 'neuron')} without a core: ${many(count.value, 'core')}, filled by ${placement.filled.join(', ')}, hold ${whole(cells - placement.unplaced)}`;
    return [finding('cores', 'error', null, sentence, { count: placement.unplaced, worst: placement.unplaced, limit: count.value, path: 'capacity.cores', source: count.source, names: placement.firstUnplaced })];
  } // prettier-ignore
}

const sum = (of: readonly Units[]): number => of.reduce((total, { units }) => total + units, 0);

const many = (count: number, what: string): string => `${whole(count)} ${what}${count === 1 ? '' : 's'}`;

/** Names of the first units after so many, in order. */
function beyond(populations: readonly Units[], room: number): string[] {
  const names: string[] = [];
  let passed = 0;
  for (const { name, units } of populations) {
    for (let unit = Math.max(0, room - passed); unit < units && names.length < namesShown; unit++) names.push(unitName(name, unit));
    passed += units;
  }
  return names;
} // prettier-ignore

function greatest(values: ArrayLike<number>): number {
  let most = 0;
  for (let k = 0; k < values.length; k++) if (values[k]! > most) most = values[k]!;
  return most;
}
