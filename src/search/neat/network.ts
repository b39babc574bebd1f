// A genome as a network that runs: feed-forward in topological order, or recurrent, where every node reads what the others
// showed a step ago. The paper's sigmoid is 1 / (1 + exp(-4.924273 x)), in its authors' digits.
import { exp, sigmoid, tanh } from '../../math/elementary.ts';
import { sine } from '../../math/turns.ts';
import { type Genome, isSensor, type LinkGene, type NodeFunction } from './genome.ts';

/** Something that answers inputs with outputs; a recurrent one remembers until it is flushed. */
export interface Network {
  /** The outputs stay the network's own: they change with the next call. */
  act(inputs: ArrayLike<number>): Float64Array;
  flush(): void;
}

export const steepness = 4.924273;

export const nodeFunctions: Readonly<Record<NodeFunction, (x: number) => number>> = {
  sigmoid: (x) => sigmoid(steepness * x),
  tanh,
  gaussian: (x) => exp(-x * x),
  sine,
  absolute: (x) => Math.abs(x),
  linear: (x) => x,
};

/** Nodes that compute, arguments first; `order` alone for a genome with cycles. */
function ordered({ nodes, links }: Genome): number[] {
  const place = new Map(nodes.map(({ id }, k) => [id, k]));
  const into = nodes.map(() => 0);
  const out = nodes.map((): number[] => []);
  for (const { from, to } of links) {
    into[place.get(to)!]! += 1;
    out[place.get(from)!]!.push(place.get(to)!);
  }
  const ready = [...nodes.keys()].filter((k) => into[k] === 0);
  const order: number[] = [];
  for (let at = ready.shift(); at !== undefined; at = ready.shift()) {
    order.push(at);
    for (const next of out[at]!) if (--into[next]! === 0) ready.push(next);
  }
  return order.length === nodes.length ? order : [...nodes.keys()];
}

export interface NetworkOptions {
  readonly recurrent?: boolean | undefined;
  /** What the bias node shows (default 1). */
  readonly bias?: number | undefined;
}

export function networkOf(genome: Genome, { recurrent = false, bias = 1 }: NetworkOptions = {}): Network {
  const { nodes } = genome;
  const place = new Map(nodes.map(({ id }, k) => [id, k]));
  const entering = nodes.map((): LinkGene[] => []);
  for (const link of genome.links) if (link.enabled) entering[place.get(link.to)!]!.push(link);
  const computed = ordered(genome).filter((k) => !isSensor(nodes[k]!));
  // Links of each computed node, one after the other.
  const starts = new Int32Array(computed.length + 1);
  const from: number[] = [];
  const weights: number[] = [];
  computed.forEach((k, at) => {
    for (const link of entering[k]!) {
      from.push(place.get(link.from)!);
      weights.push(link.weight);
    }
    starts[at + 1] = from.length;
  });
  const [sources, gains] = [Int32Array.from(from), Float64Array.from(weights)];
  const does = computed.map((k) => nodeFunctions[nodes[k]!.does]);
  const inputs = nodes.filter(({ kind }) => kind === 'input').map(({ id }) => place.get(id)!);
  const biases = nodes.filter(({ kind }) => kind === 'bias').map(({ id }) => place.get(id)!);
  const outputs = nodes.filter(({ kind }) => kind === 'output').map(({ id }) => place.get(id)!);
  const values = new Float64Array(nodes.length);
  const before = recurrent ? new Float64Array(nodes.length) : values;
  const answer = new Float64Array(outputs.length);
  return {
    act(given) {
      for (let k = 0; k < inputs.length; k++) values[inputs[k]!] = given[k]!;
      for (const k of biases) values[k] = bias;
      if (recurrent) before.set(values);
      for (let at = 0; at < computed.length; at++) {
        let sum = 0;
        for (let link = starts[at]!; link < starts[at + 1]!; link++) sum += gains[link]! * before[sources[link]!]!;
        values[computed[at]!] = does[at]!(sum);
      }
      for (let k = 0; k < outputs.length; k++) answer[k] = values[outputs[k]!]!;
      return answer;
    },
    flush: () => void values.fill(0),
  };
}
