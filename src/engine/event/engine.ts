// The contract of event engines: a network run from event to event. Times are those of the network.
import type { Connections, InputEvents } from './network.ts';

/** Spikes by time; at one instant by generation (zero delays), then by neuron. */
export interface SpikeBlock {
  readonly time: Float64Array;
  readonly neuron: Uint32Array;
}

/**
 * Everything a run needs to go on with the same bits, as plain arrays. Predictions are not in it: they follow from the
 * rest, however often and whenever they are made.
 */
export interface EventState {
  readonly time: number;
  /** V - threshold when the neuron was last moved, at `moved`; currents and rises [neuron][type] at the same moment. */
  readonly gap: Float64Array;
  readonly moved: Float64Array;
  readonly current: Float64Array;
  readonly rise: Float64Array;
  readonly bias: Float64Array;
  /** End of refractoriness, or -Infinity; jumps kept for it; -1 held at the floor, 1 at the cap. */
  readonly refractoryUntil: Float64Array;
  readonly kept: Float64Array;
  readonly held: Int8Array;
  /** Spikes under way, by (time, neuron, segment). */
  readonly pending: { readonly time: Float64Array; readonly neuron: Uint32Array; readonly segment: Uint32Array };
  /** How many of the network's input events and current steps are done. */
  readonly inputs: number;
  readonly steps: number;
  /** What was fed and has not arrived yet. */
  readonly fed: InputEvents;
  readonly counts: EventCounts;
  /** Where all neurons are referred to, for engines that keep them at a common time (`moved` is then the last event). */
  readonly origin: number | null;
}

/** `arrivals`: weights delivered through synapses; `inputs`: those of the network and those fed. */
export interface EventCounts {
  readonly spikes: number;
  readonly arrivals: number;
  readonly inputs: number;
}

export interface EventEngine {
  /** What computes it. An engine leaves what it does not do to the reference, and says so here. */
  readonly backend: 'reference' | 'wasm';
  readonly time: number;
  readonly counts: EventCounts;
  /** Everything before `until`; the engine's time is `until` afterwards. Stops anywhere, with the same bits as without. */
  advance(until: number): SpikeBlock;
  /** V of a neuron at the engine's time; changes nothing. */
  potential(neuron: number): number;
  /** Current of a synapse type in a neuron at the engine's time; changes nothing. */
  current(neuron: number, type: number): number;
  /** A copy. */
  state(): EventState;
  /**
   * Spikes of sources, neurons driven from outside: they go down the neuron's row as if it had fired, delays added, but
   * touch no membrane and are not among those `advance` returns. At or after the engine's time, in any order.
   */
  send(spikes: SpikeBlock): void;
  /** Further arrivals from outside, by time, at or after the engine's time; at one instant they follow those there before. */
  feed(inputs: InputEvents): void;
  /** From the engine's time on, the constant currents of all neurons. */
  setBias(bias: Float64Array): void;
  /** Weights, which may be changed between two calls of `advance`. */
  readonly weights: Connections['weight'];
}

/** One that is run again and again, from other states: examples of a training set. */
export interface ReusableEventEngine extends EventEngine {
  /** Goes on from a state of this network and this backend. */
  load(state: EventState): void;
  /** Begins again at time 0, from these potentials, without currents. */
  restart(initial: Float64Array, bias: Float64Array): void;
  /** An arrival from outside at the engine's time, before anything else of that time. */
  inject(neuron: number, type: number, weight: number): void;
}
