// How many events of each priced kind an example is, from its spikes and the network's shape. It prices none.
import { type ChipNetwork, type ChipPopulation, fanOf } from '../check/chipNetwork.ts';
import type { EventCounts } from './energy.ts';
import { coresReached, type Placement } from '../check/placement.ts';
import { activeUpdatesOf, type SpikeLog, synapticEventsOf } from '../check/spikeLog.ts';

export interface Counted {
  readonly network: ChipNetwork;
  /** Steps of the example. */
  readonly steps: number;
  /** Multiply-accumulates of a constant input that is worked out once for the example. */
  readonly multiplyAccumulates?: number | null;
  /** Numbers that learning writes; a weight both ways counts twice, as two synapses. */
  readonly weightUpdates?: number | null;
  readonly pulses?: number | null;
  /** Of a crossbar's converters: each side of each array once a step. */
  readonly converts?: boolean;
  /** Hops are counted on it; without one they are not counted. */
  readonly placement?: Placement;
}

/** From single spikes: tells updates with input from those without. */
export function countsOfLog(log: SpikeLog, what: Counted): EventCounts {
  const { network, placement } = what;
  const events = synapticEventsOf(log, network);
  const updates = neuronsOf(network) * what.steps;
  const active = activeUpdatesOf(log, network);
  let hops = 0;
  if (placement) {
    const each = network.populations.map((population) => hopsOf(network, placement, population));
    for (let k = 0; k < log.at.length; k++) hops += each[log.population[k]!]!(log.unit[k]!);
  }
  return {
    ...common(what),
    synapticEvents: events.dense,
    synapticEventsSparse: events.sparse,
    neuronUpdates: active,
    neuronUpdatesIdle: updates - active,
    spikes: log.at.length / log.examples,
    hops: placement ? hops / log.examples : null,
  };
}

/** From spikes an example by population, as a run keeps them: fan-outs and hops are means, and all updates count as with input. */
export function countsOfSpikes(spikes: Readonly<Record<string, number>>, what: Counted): EventCounts {
  const { network, placement } = what;
  const { out } = fanOf(network);
  let [total, dense, sparse, hops] = [0, 0, 0, 0];
  for (const population of network.populations) {
    const count = spikes[population.name] ?? 0;
    total += count;
    for (const { from, sparse: rows, to, hosted, synapses } of network.strands) {
      if (from !== population.name || hosted) continue;
      if (rows) sparse += (count * synapses) / population.units;
      else dense += count * network.populations.find(({ name }) => name === to)!.units;
    }
    if (!placement || (out.get(population.name)?.length ?? 0) === 0) continue;
    const each = hopsOf(network, placement, population);
    let sum = 0;
    for (let unit = 0; unit < population.units; unit++) sum += each(unit);
    hops += (count * sum) / population.units;
  }
  return {
    ...common(what),
    synapticEvents: dense,
    synapticEventsSparse: sparse,
    neuronUpdates: neuronsOf(network) * what.steps,
    neuronUpdatesIdle: 0,
    spikes: total,
    hops: placement ? hops : null,
  };
}

function common({ network, steps, multiplyAccumulates, weightUpdates, pulses, converts }: Counted) {
  const units = new Map(network.populations.map((p) => [p.name, p.units]));
  const ends = network.strands.filter(({ hosted }) => !hosted).reduce((sum, { from, to }) => sum + units.get(from)! + units.get(to)!, 0); // prettier-ignore
  const biased = network.populations.reduce((sum, { neuron, units: size }) => sum + (neuron?.bias ? size : 0), 0);
  return {
    multiplyAccumulates: multiplyAccumulates === undefined ? 0 : multiplyAccumulates,
    weightUpdates: weightUpdates === undefined ? 0 : weightUpdates,
    pulses: pulses === undefined ? 0 : pulses,
    conversions: converts ? ends * steps : 0,
    biases: biased * steps,
  };
}

const neuronsOf = ({ populations }: ChipNetwork): number =>
  populations.reduce((sum, { neuron, units }) => sum + (neuron ? units : 0), 0);

/** Cores that a spike of each unit passes, on cores in a row in the order of their numbers; inputs enter at core 0. */
function hopsOf(network: ChipNetwork, { coreOf }: Placement, { name }: ChipPopulation): (unit: number) => number {
  const reached = coresReached(network, coreOf, name);
  const own = coreOf.get(name);
  return (unit) => {
    const from = own ? own[unit]! : 0;
    return reached(unit).reduce((sum, core) => sum + (core < 0 || from < 0 ? 0 : Math.abs(core - from)), 0);
  };
}
