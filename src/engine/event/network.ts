// What the event engine runs: neurons, synapse types, synapses in compressed rows, currents and input events. Plain data
// in any consistent units (volt, ampere, ohm, second; or mV, nA, MOhm, ms); it knows no model file and no behaviour.

/** A leaky integrate-and-fire neuron: tau V' = rest - V + R (bias + currents). Consecutive neurons share one. */
export interface NeuronGroup {
  readonly count: number;
  /** Infinity for the perfect integrator, V' = R (bias + currents): its `resistance` is 1 / capacity. */
  readonly membraneTimeConstant: number;
  readonly rest: number;
  readonly resistance: number;
  readonly threshold: number;
  /** Whether V has to exceed the threshold (>) rather than reach it (>=); tells them apart only where a jump lands on it. */
  readonly strict: boolean;
  readonly reset: number;
  /** `subtraction`: V loses threshold - reset, as often as it takes to be below threshold. */
  readonly resetBy: 'value' | 'subtraction';
  readonly refractory: {
    readonly duration: number;
    /** `clamp`: V stays where the reset put it; `integrate`: V moves, but fires at the end at the earliest. */
    readonly membrane: 'clamp' | 'integrate';
    /** Jumps of V: lost, or (clamped: summed, each decayed by the time left, and applied at the end). */
    readonly arrivals: 'lose' | 'keep';
  };
  /** V is held at these as long as the drive points outwards; -Infinity and Infinity for none. */
  readonly floor: number;
  readonly cap: number;
}

/**
 * delta: V jumps by the weight. exponential: I' = -I / tau. alpha: I' = -I / tau + x, x' = -x / tau. The weight is the
 * peak of the current, or (`charge`) its integral.
 */
export interface SynapseType {
  readonly kind: 'delta' | 'exponential' | 'alpha';
  readonly timeConstant: number;
  readonly amplitude: 'peak' | 'charge';
}

/**
 * Rows of presynaptic neurons: neuron n owns the segments [segmentOf[n], segmentOf[n + 1]), one for each of its (delay,
 * type), by delay; segment g owns the synapses [synapseOf[g], synapseOf[g + 1]).
 */
export interface Connections {
  readonly segmentOf: Uint32Array;
  readonly synapseOf: Uint32Array;
  readonly delay: Float64Array;
  readonly type: Uint8Array;
  readonly post: Uint32Array;
  readonly weight: Float32Array | Float64Array;
}

/** Arrivals from outside, by time. */
export interface InputEvents {
  readonly time: Float64Array;
  readonly neuron: Uint32Array;
  readonly type: Uint8Array;
  readonly weight: Float64Array;
}

export const noInputs: InputEvents = {
  time: new Float64Array(0),
  neuron: new Uint32Array(0),
  type: new Uint8Array(0),
  weight: new Float64Array(0),
};

/** From `time` on, the constant current of `neuron` is `value`; by time. */
export interface CurrentSteps {
  readonly time: Float64Array;
  readonly neuron: Uint32Array;
  readonly value: Float64Array;
}

export interface EventNetwork {
  readonly neurons: number;
  readonly groups: readonly NeuronGroup[];
  readonly types: readonly SynapseType[];
  readonly connections: Connections;
  /** Of each neuron: V at time 0, and its constant current. */
  readonly initial: Float64Array;
  readonly bias: Float64Array;
  readonly inputs: InputEvents;
  readonly steps: CurrentSteps;
}

/** One synapse of a list. */
export interface Synapse {
  readonly pre: number;
  readonly post: number;
  readonly type: number;
  readonly weight: number;
  readonly delay: number;
}

/** A list as compressed rows; synapses of one (pre, delay, type) keep their order. Not for 1e8 of them. */
export function compressed(neurons: number, list: readonly Synapse[]): Connections {
  const sorted = list
    .map((synapse, index) => ({ ...synapse, index }))
    .sort((a, b) => a.pre - b.pre || a.delay - b.delay || a.type - b.type || a.index - b.index);
  const segmentOf = new Uint32Array(neurons + 1);
  const heads: number[] = [];
  sorted.forEach(({ pre, delay, type }, k) => {
    const before = sorted[k - 1];
    if (before?.pre === pre && before.delay === delay && before.type === type) return;
    heads.push(k);
    segmentOf[pre + 1]!++;
  });
  for (let n = 0; n < neurons; n++) segmentOf[n + 1]! += segmentOf[n]!;
  return {
    segmentOf,
    synapseOf: Uint32Array.of(...heads, sorted.length),
    delay: Float64Array.from(heads, (k) => sorted[k]!.delay),
    type: Uint8Array.from(heads, (k) => sorted[k]!.type),
    post: Uint32Array.from(sorted, ({ post }) => post),
    weight: Float64Array.from(sorted, ({ weight }) => weight),
  };
}

/** Input events from a list in any order: by time, ties in the order of the list. */
export function inputEvents(
  list: readonly { time: number; neuron: number; type: number; weight: number }[],
): InputEvents {
  const sorted = list.toSorted((a, b) => a.time - b.time);
  return {
    time: Float64Array.from(sorted, ({ time }) => time),
    neuron: Uint32Array.from(sorted, ({ neuron }) => neuron),
    type: Uint8Array.from(sorted, ({ type }) => type),
    weight: Float64Array.from(sorted, ({ weight }) => weight),
  };
}

/** Current steps from a list in any order. */
export function currentSteps(list: readonly { time: number; neuron: number; value: number }[]): CurrentSteps {
  const sorted = list.toSorted((a, b) => a.time - b.time);
  return {
    time: Float64Array.from(sorted, ({ time }) => time),
    neuron: Uint32Array.from(sorted, ({ neuron }) => neuron),
    value: Float64Array.from(sorted, ({ value }) => value),
  };
}
