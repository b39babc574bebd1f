// The state of a run as arrays: at the start, and copied. It runs nothing.
import type { EventState } from './engine.ts';
import { type EventNetwork, noInputs } from './network.ts';

/** Neurons at their initial potentials, without currents, at time 0. */
export function initialState({ neurons, groups, types, initial, bias }: EventNetwork): EventState {
  const gap = new Float64Array(neurons);
  let n = 0;
  for (const { count, threshold } of groups) for (const end = n + count; n < end; n++) gap[n] = initial[n]! - threshold;
  return {
    time: 0,
    origin: null,
    gap,
    moved: new Float64Array(neurons),
    current: new Float64Array(neurons * types.length),
    rise: new Float64Array(neurons * types.length),
    bias: bias.slice(),
    refractoryUntil: new Float64Array(neurons).fill(-Infinity),
    kept: new Float64Array(neurons),
    held: new Int8Array(neurons),
    pending: { time: new Float64Array(0), neuron: new Uint32Array(0), segment: new Uint32Array(0) },
    inputs: 0,
    steps: 0,
    fed: noInputs,
    counts: { spikes: 0, arrivals: 0, inputs: 0 },
  };
}

type Neurons = Pick<EventState, 'gap' | 'moved' | 'current' | 'rise' | 'bias' | 'refractoryUntil' | 'kept' | 'held'>;

/** The arrays of the neurons, copied. */
export function copied(state: Neurons): Neurons {
  const { gap, moved, current, rise, bias, refractoryUntil, kept, held } = state;
  return {
    gap: gap.slice(),
    moved: moved.slice(),
    current: current.slice(),
    rise: rise.slice(),
    bias: bias.slice(),
    refractoryUntil: refractoryUntil.slice(),
    kept: kept.slice(),
    held: held.slice(),
  };
}
