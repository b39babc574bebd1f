// A network cut by neurons: neuron n is number floor(n / parts) of part n mod parts. Every part has the rows of all neurons,
// with those of their synapses that end in it; segments keep their numbers, so that order does not depend on the cut.
import type { EventState } from './engine.ts';
import type { Connections, EventNetwork, InputEvents } from './network.ts';
import { merged } from './queues.ts';

export interface Share {
  readonly part: number;
  readonly parts: number;
}

/** How many of the neurons below `end` are of the part. */
const below = (end: number, { part, parts }: Share): number => Math.max(0, Math.ceil((end - part) / parts));

function picked<T extends Float64Array | Int8Array>(values: T, { part, parts }: Share, width = 1): T {
  const length = below(values.length / width, { part, parts });
  const own = new (values.constructor as new (length: number) => T)(length * width);
  for (let n = 0; n < length; n++)
    for (let k = 0; k < width; k++) own[n * width + k] = values[(n * parts + part) * width + k]!;
  return own;
}

/** Of lists whose entries are of neurons, those of the part, by their numbers in it. */
function listed<T extends { readonly neuron: Uint32Array }>(list: T, { part, parts }: Share): T {
  const keep = (_: unknown, k: number): boolean => list.neuron[k]! % parts === part;
  const own = Object.entries(list).map(([key, column]) => [key, (column as Uint32Array).filter(keep)] as const);
  return {
    ...(Object.fromEntries(own) as unknown as T),
    neuron: list.neuron.filter(keep).map((n) => Math.floor(n / parts)),
  };
}

/** The weights of the part's synapses, in their order in it. */
export function fillWeights({ post, weight }: Connections, { part, parts }: Share, into: Connections['weight']): void {
  for (let j = 0, own = 0; j < post.length; j++) if (post[j]! % parts === part) into[own++] = weight[j]!;
}

export function partOfNetwork(network: EventNetwork, share: Share): EventNetwork {
  const { groups, connections, initial, bias, inputs, steps } = network;
  const { synapseOf, post, weight } = connections;
  const { part, parts } = share;
  const synapses = new Uint32Array(synapseOf.length);
  for (let segment = 0, count = 0; segment + 1 < synapseOf.length; segment++) {
    for (let j = synapseOf[segment]!; j < synapseOf[segment + 1]!; j++) if (post[j]! % parts === part) count++;
    synapses[segment + 1] = count;
  }
  const own = new Uint32Array(synapses.at(-1)!);
  for (let j = 0, k = 0; j < post.length; j++) if (post[j]! % parts === part) own[k++] = (post[j]! - part) / parts;
  const weights = new (weight.constructor as Float64ArrayConstructor)(own.length);
  fillWeights(connections, share, weights);
  let end = 0;
  return {
    ...network,
    neurons: below(network.neurons, share),
    // Kinds of neurons that no longer have any stay: what follows from all of them is the same in every part.
    groups: groups.map((group) => {
      const before = below(end, share);
      end += group.count;
      return { ...group, count: below(end, share) - before };
    }),
    connections: { ...connections, synapseOf: synapses, post: own, weight: weights },
    initial: picked(initial, share),
    bias: picked(bias, share),
    inputs: listed(inputs, share),
    steps: listed(steps, share),
  };
}

export function partOfInputs(inputs: InputEvents, share: Share): InputEvents {
  return listed(inputs, share);
}

export function partOfBias(bias: Float64Array, share: Share): Float64Array {
  return picked(bias, share);
}

/** Spikes under way are in every part's state; what was counted until now, in the first's. */
export function partOfState(state: EventState, { types, inputs, steps }: EventNetwork, share: Share): EventState {
  const { part, parts } = share;
  const count = (neuron: Uint32Array, done: number): number =>
    neuron.subarray(0, done).reduce((sum, n) => (n % parts === part ? sum + 1 : sum), 0);
  return {
    ...state,
    gap: picked(state.gap, share),
    moved: picked(state.moved, share),
    current: picked(state.current, share, types.length),
    rise: picked(state.rise, share, types.length),
    bias: picked(state.bias, share),
    refractoryUntil: picked(state.refractoryUntil, share),
    kept: picked(state.kept, share),
    held: picked(state.held, share),
    inputs: count(inputs.neuron, state.inputs),
    steps: count(steps.neuron, state.steps),
    fed: listed(state.fed, share),
    counts: part === 0 ? state.counts : { spikes: 0, arrivals: 0, inputs: 0 },
  };
}

/** The states of all parts as that of the network. */
export function wholeState(states: readonly EventState[], neurons: number, types: number): EventState {
  const parts = states.length;
  function woven<T extends Float64Array | Int8Array>(of: (state: EventState) => T, width = 1): T {
    const all = new (of(states[0]!).constructor as new (length: number) => T)(neurons * width);
    states.forEach((state, part) => {
      const own = of(state);
      for (let i = 0; i < own.length; i++) all[(Math.floor(i / width) * parts + part) * width + (i % width)] = own[i]!;
    });
    return all;
  }
  const sum = (of: (state: EventState) => number): number => states.reduce((total, state) => total + of(state), 0);
  const numbered = (fed: InputEvents, part: number): InputEvents => ({ ...fed, neuron: fed.neuron.map((n) => n * parts + part) }); // prettier-ignore
  return {
    ...states[0]!,
    gap: woven(({ gap }) => gap),
    moved: woven(({ moved }) => moved),
    current: woven(({ current }) => current, types),
    rise: woven(({ rise }) => rise, types),
    bias: woven(({ bias }) => bias),
    refractoryUntil: woven(({ refractoryUntil }) => refractoryUntil),
    kept: woven(({ kept }) => kept),
    held: woven(({ held }) => held),
    inputs: sum(({ inputs }) => inputs),
    steps: sum(({ steps }) => steps),
    fed: states.map(({ fed }, part) => numbered(fed, part)).reduce(merged),
    counts: {
      spikes: sum(({ counts }) => counts.spikes),
      arrivals: sum(({ counts }) => counts.arrivals),
      inputs: sum(({ counts }) => counts.inputs),
    },
  };
}
