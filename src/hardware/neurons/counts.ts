// The contract of integer neurons: a population's registers, its counts of what happens at their edges, and two ways of being
// driven, by steps or by events. It holds no arithmetic of any chip.

/** How often each neuron met an edge of its arithmetic, since these counts were made or cleared. */
export interface Counts {
  /** The membrane (Xylo: also the synaptic current) was clipped. */
  readonly saturations: Int32Array;
  /** The current wrapped around. */
  readonly wraps: Int32Array;
  /** The membrane met its threshold exactly. */
  readonly ties: Int32Array;
  /** A negative state decayed. */
  readonly negativeLeaks: Int32Array;
  /** Two or more events arrived in one step. */
  readonly simultaneous: Int32Array;
}

export const countKeys = ['saturations', 'wraps', 'ties', 'negativeLeaks', 'simultaneous'] as const;

export function counts(units: number): Counts {
  const array = (): Int32Array => new Int32Array(units);
  return { saturations: array(), wraps: array(), ties: array(), negativeLeaks: array(), simultaneous: array() };
}

interface Neurons {
  readonly units: number;
  readonly v: Int32Array;
  readonly counts: Counts;
  /** Back to the registers after a reset; counts stay. */
  clear(): void;
}

/** Neurons that take what has arrived once a step. */
export interface SteppedNeurons extends Neurons {
  readonly drive: 'steps';
  /** Steps between an input event and the step it acts in; a spike of the population itself always takes one. */
  readonly inputLatency: 0 | 1;
  /** One event of weight `weight` reaches neuron `n`. */
  receive(n: number, weight: number): void;
  /** One row of weights reaches neurons `first` and on: `receive` for each. */
  receiveRow(first: number, weights: Int32Array, begin: number, end: number): void;
  /** One step; the spikes of each neuron in it are left in `fired`. Returns how many neurons spiked. */
  step(): number;
  readonly fired: Uint8Array;
}

/** Neurons that take every event when it comes. */
export interface EventNeurons extends Neurons {
  readonly drive: 'events';
  /** A synaptic event; true if the neuron spikes. */
  synapse(n: number, weight: number): boolean;
  /** The time reference reaches a neuron; true if it spikes. */
  leak(n: number): boolean;
}

export type IntegerNeurons = SteppedNeurons | EventNeurons;
