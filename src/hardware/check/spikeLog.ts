// Spikes of a short simulation, and what they put on a chip's wires: spikes of a neuron in a step, events through the interface,
// neurons that receive something in a step. It simulates nothing.
import { type ChipNetwork, type Strand, unitName } from './chipNetwork.ts';

/** In ascending order of example and step. Populations are numbered as in the network. */
export interface SpikeLog {
  readonly examples: number;
  /** Of one example. */
  readonly steps: number;
  /** Seconds. */
  readonly step: number;
  readonly example: ArrayLike<number>;
  readonly at: ArrayLike<number>;
  readonly population: ArrayLike<number>;
  readonly unit: ArrayLike<number>;
}

export interface Traffic {
  readonly examples: number;
  /** Simulated seconds of an example. */
  readonly duration: number;
  /** Spikes an example by population. */
  readonly spikes: Readonly<Record<string, number>>;
  /** Most spikes of one unit in one step, by population, and units that fire more than once in a step. */
  readonly busiestUnit: Readonly<Record<string, { readonly spikes: number; readonly names: readonly string[] }>>;
  /** All spikes: mean a second, and in the busiest step. */
  readonly all: Load;
  /** Those that pass the interface of the chip: of input channels and of the population that is read out. */
  readonly interface: Load;
}

export interface Load {
  readonly eventsPerSecond: number;
  /** The busiest step: events in it, as a rate, when it begins, and who fired. */
  readonly peak: { readonly events: number; readonly eventsPerSecond: number; readonly begin: number; readonly window: number; readonly names: readonly string[] };
} // prettier-ignore

const shown = 5;

export function trafficOf(log: SpikeLog, network: ChipNetwork): Traffic {
  const { populations, output } = network;
  const duration = log.steps * log.step;
  const spikes = populations.map(() => 0);
  const busiest = populations.map(() => ({ spikes: 0, names: [] as string[] }));
  const inStep = populations.map(({ units }) => ({ last: new Int32Array(units).fill(-1), count: new Int32Array(units) }));
  for (let k = 0; k < log.at.length; k++) {
    const [p, unit, instant] = [log.population[k]!, log.unit[k]!, log.example[k]! * log.steps + log.at[k]!];
    spikes[p]! += 1;
    const { last, count } = inStep[p]!;
    count[unit] = last[unit] === instant ? count[unit]! + 1 : 1;
    last[unit] = instant;
    const most = busiest[p]!;
    const name = unitName(populations[p]!.name, unit);
    if (count[unit] > most.spikes) busiest[p] = { spikes: count[unit], names: [name] };
    else if (count[unit] === most.spikes && most.names.length < shown && !most.names.includes(name)) most.names.push(name);
  }
  const passes = populations.map(({ name, neuron }) => neuron === null || output === null || name === output);
  const named = <T>(values: readonly T[]): Record<string, T> => Object.fromEntries(values.map((value, k) => [populations[k]!.name, value]));
  return {
    examples: log.examples,
    duration,
    spikes: named(spikes.map((count) => count / log.examples)),
    busiestUnit: named(busiest),
    all: loadOf(log, network, populations.map(() => true)),
    interface: loadOf(log, network, passes),
  };
} // prettier-ignore

function loadOf(log: SpikeLog, { populations }: ChipNetwork, counts: readonly boolean[]): Load {
  let [total, most, first] = [0, 0, -1];
  for (let begin = 0, k = 0; k < log.at.length; k = begin) {
    let events = 0;
    for (; begin < log.at.length && log.at[begin] === log.at[k] && log.example[begin] === log.example[k]; begin++)
      if (counts[log.population[begin]!]) events++;
    total += events;
    if (events <= most) continue;
    [most, first] = [events, k];
  }
  const names: string[] = [];
  for (let k = first; first >= 0 && k < log.at.length && log.at[k] === log.at[first] && log.example[k] === log.example[first] && names.length < shown; k++)
    if (counts[log.population[k]!]) names.push(unitName(populations[log.population[k]!]!.name, log.unit[k]!));
  const seconds = log.examples * log.steps * log.step;
  return {
    eventsPerSecond: seconds > 0 ? total / seconds : 0,
    peak: {
      events: most, eventsPerSecond: most / log.step, begin: first < 0 ? 0 : log.at[first]! * log.step, window: log.step, names,
    },
  };
} // prettier-ignore

/** Synaptic events an example: a spike at each synapse that it reaches. Hosted strands have none. */
export function synapticEventsOf(log: SpikeLog, network: ChipNetwork): { readonly dense: number; readonly sparse: number } {
  let [dense, sparse] = [0, 0];
  const strands = network.populations.map(({ name }) => strandsFrom(network, name));
  const units = new Map(network.populations.map((p) => [p.name, p.units]));
  for (let k = 0; k < log.at.length; k++)
    for (const { sparse: rows, to } of strands[log.population[k]!]!)
      if (rows) sparse += rows.rows[log.unit[k]! + 1]! - rows.rows[log.unit[k]!]!;
      else dense += units.get(to)!;
  return { dense: dense / log.examples, sparse: sparse / log.examples };
} // prettier-ignore

const strandsFrom = ({ strands }: ChipNetwork, name: string): readonly Strand[] =>
  strands.filter(({ from, hosted }) => from === name && !hosted);

/** Steps of neurons in an example that a spike arrives in; the rest have no input from a synapse. */
export function activeUpdatesOf(log: SpikeLog, network: ChipNetwork): number {
  const number = new Map(network.populations.map(({ name }, k) => [name, k]));
  const strands = network.populations.map(({ name }) => strandsFrom(network, name));
  /** By population: for each step of the present example, all its units, or those that are marked. */
  const wholes = network.populations.map(() => new Set<number>());
  const marks = network.populations.map(() => new Map<number, Set<number>>());
  let active = 0;
  const close = (): void => {
    network.populations.forEach(({ units }, p) => {
      active += wholes[p]!.size * units;
      for (const [step, set] of marks[p]!) if (!wholes[p]!.has(step)) active += set.size;
      wholes[p]!.clear();
      marks[p]!.clear();
    });
  };
  for (let k = 0; k < log.at.length; k++) {
    if (k > 0 && log.example[k] !== log.example[k - 1]) close();
    const unit = log.unit[k]!;
    for (const { to, sparse, delays } of strands[log.population[k]!]!) {
      const p = number.get(to)!;
      const arrival = (synapse: number): number =>
        log.at[k]! + 1 + Math.round(delays[delays.length === 1 ? 0 : synapse]! / log.step);
      if (!sparse) {
        if (arrival(0) < log.steps) wholes[p]!.add(arrival(0));
        continue;
      }
      for (let s = sparse.rows[unit]!; s < sparse.rows[unit + 1]!; s++) {
        const step = arrival(s);
        if (step >= log.steps) continue;
        const set = marks[p]!.get(step) ?? new Set<number>();
        marks[p]!.set(step, set);
        set.add(sparse.targets[s]!);
      }
    }
  }
  close();
  return active / log.examples;
}
