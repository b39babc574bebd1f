// The contract of a simulated network without learning, whatever steps it: event engine or clocked. It imports no
// implementation. Times are seconds; units are numbered through the populations in the order of the file.
export interface Spikes {
  /** Ascending; at one instant (or in one step) by unit. */
  readonly time: Float64Array;
  readonly unit: Uint32Array;
}

export type StateArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;

/** Everything a run needs to go on with the same bits: plain arrays by name, in no unit but the engine's own. */
export type SimulationState = ReadonlyMap<string, StateArray>;

export interface SimulationCounts {
  /** Of neurons; those of sources stand apart. */
  readonly spikes: number;
  readonly sourceSpikes: number;
  /** Weights delivered through synapses, those of sources' spikes included. */
  readonly synapticEvents: number;
  /** Spikes of the `drive` of populations, which no synapse carries. */
  readonly driveEvents: number;
  /** Times a neuron's state was computed anew: steps times neurons (clocked), events of neurons (event engine). */
  readonly updates: number;
}

export interface Simulation {
  readonly engine: 'clocked' | 'event';
  /** What computes it; an engine that leaves a model to another backend says so here. */
  readonly backend: string;
  readonly precision: 'float32' | 'float64';
  readonly threads: number;
  readonly time: number;
  readonly counts: SimulationCounts;
  readonly synapses: number;
  /** Bytes that hold the synapses. */
  readonly synapseBytes: number;
  /** Runs to `until` (a whole number of steps under the clocked engine) and resolves to what fired in [time, until). */
  advance(until: number): Promise<Spikes>;
  /** A copy. */
  state(): Promise<SimulationState>;
  /** The potential of a unit at the simulation's time, in the model's units; changes nothing. */
  potential(unit: number): Promise<number>;
  close(): Promise<void>;
}
