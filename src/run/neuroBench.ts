// The counters of NeuroBench (Yik et al. 2025; keys as its harness returns them) for a network that ran without learning. One
// sample is the whole run. What needs a time step is counted at the model's, whatever engine ran.
import type { SimulationCounts } from '../engine/network/simulation.ts';
import type { NetworkModel } from '../model/network.ts';

export interface NeuroBench {
  /** Bytes of parameters and states: synapses as stored, eight bytes a number of a neuron's state. */
  readonly footprint: number;
  readonly parameter_count: number;
  /** Share of all possible pairs without a weight (or with weight 0). */
  readonly connection_sparsity: number;
  /** Share of neurons and steps without a spike. */
  readonly activation_sparsity: number;
  readonly synaptic_operations: {
    /** Deliveries, counted as they happen; spikes are binary, so none is a multiply-accumulate. */
    readonly Effective_ACs: number;
    readonly Effective_MACs: 0;
    /** What a machine does that multiplies every weight in every step. */
    readonly Dense: number;
  };
  /** Resets: values that firing changed. */
  readonly membrane_updates: number;
  /** The step at which dense operations and activation were counted, seconds. */
  readonly step: number;
}

export interface Sizes {
  readonly neurons: number;
  readonly synapses: number;
  readonly synapseBytes: number;
  readonly zeroWeights: number;
}

export function neuroBench(model: NetworkModel, counts: SimulationCounts, { neurons, synapses, synapseBytes, zeroWeights }: Sizes): NeuroBench {
  const units = new Map(model.populations.map((population) => [population.name, population.units]));
  // Projections between the same populations share their pairs.
  const places = new Map(model.projections.map(({ from, to }) => [`${from} ${to}`, units.get(from)! * units.get(to)!]));
  const pairs = [...places.values()].reduce((sum, count) => sum + count, 0);
  const steps = Math.round(model.duration / model.step);
  const states = new Set(model.projections.map(({ synapse }) => `${synapse.kind} ${synapse.timeConstant}`)).size;
  return {
    footprint: synapseBytes + 8 * neurons * (2 + states),
    parameter_count: synapses + neurons,
    connection_sparsity: pairs > 0 ? Number((1 - (synapses - zeroWeights) / pairs).toFixed(4)) : 0,
    activation_sparsity: neurons > 0 ? 1 - counts.spikes / (neurons * steps) : 0,
    synaptic_operations: { Effective_ACs: counts.synapticEvents, Effective_MACs: 0, Dense: synapses * steps },
    membrane_updates: counts.spikes,
    step: model.step,
  };
} // prettier-ignore
