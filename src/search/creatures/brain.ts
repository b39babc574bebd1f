// The neurons of a body: those of every part and the centre, wired by names of places; all step at once, 60 times a second.
import { exp, tanh } from '../../math/elementary.ts';
import type { Part } from './body.ts';
import { type Genotype, type InputGene, type NeuronGene, senses } from './genotype.ts';
import { sine } from '../../math/turns.ts';

/** Seconds of a step. */
export const brainStep = 1 / 60;
/** exp(-step / 0.1 s): spikes are filtered into what a unit shows. */
const traceKeep = exp(-brainStep / 0.1);

export interface Brain {
  readonly neurons: number;
  /** Spikes so far, of units that have any. */
  readonly spikes: number;
  /** `sensed` is [part, sense]; leaves what each joint is to follow, -1 to 1, in `targets` [part]. */
  step(sensed: Float64Array, targets: Float64Array): void;
}

interface Wire {
  /** Of a neuron, or of a sense. */
  readonly index: number;
  readonly sense: boolean;
  readonly weight: number;
}
interface Unit {
  readonly gene: NeuronGene;
  readonly wires: readonly Wire[];
  /** exp(-step pace) */
  readonly keep: number;
}

export function brainOf({ nodes, centre }: Genotype, parts: readonly Part[]): Brain {
  const own = parts.map(({ node }) => nodes[node]!.neurons);
  /** Where the neurons of each part begin: the centre's come first. */
  const begins: number[] = [];
  let count = centre.length;
  for (const neurons of own) {
    begins.push(count);
    count += neurons.length;
  }
  const child = parts.map((_, index) => parts.findIndex(({ parent }) => parent === index));

  /** The neuron or sense that an input names, seen from a part (-1: the centre); null where there is none. */
  function wire({ from, index, weight }: InputGene, part: number): Wire | null {
    if (from === 'sense') {
      const place = Math.max(0, part);
      return { index: place * senses + (index % senses), sense: true, weight };
    }
    const place = from === 'centre' || part < 0 ? -1 : from === 'own' ? part : from === 'parent' ? parts[part]!.parent : child[part]!; // prettier-ignore
    const [begin, size] = place < 0 ? [0, centre.length] : [begins[place]!, own[place]!.length];
    return size === 0 ? null : { index: begin + (index % size), sense: false, weight };
  }
  const unit = (gene: NeuronGene, part: number): Unit => ({
    gene,
    wires: gene.inputs.flatMap((input) => wire(input, part) ?? []),
    keep: exp(-brainStep * gene.pace),
  });
  const units = [...centre.map((gene) => unit(gene, -1)), ...own.flatMap((genes, part) => genes.map((gene) => unit(gene, part)))]; // prettier-ignore
  const effectors = parts.map(({ node }, part) => wire(nodes[node]!.effector, part));
  let values = new Float64Array(units.length);
  let next = new Float64Array(units.length);
  const membranes = new Float64Array(units.length);
  let time = 0;
  let spikes = 0;

  function valueOf({ gene, wires, keep }: Unit, index: number, sensed: Float64Array): number {
    let [sum, product] = [gene.bias, 1];
    for (const { index: from, sense, weight } of wires) {
      const value = weight * (sense ? sensed[from]! : values[from]!);
      sum += value;
      product *= value;
    }
    switch (gene.kind) {
      case 'rate':
        return keep * values[index]! + (1 - keep) * tanh(sum);
      case 'wave':
        return sine(2 * Math.PI * gene.pace * time + sum);
      case 'product':
        return wires.length === 0 ? 0 : Math.max(-1, Math.min(1, product));
      case 'greater':
        return sum > 0 ? 1 : -1;
      case 'lif': {
        const membrane = keep * membranes[index]! + (1 - keep) * 2 * sum;
        const fires = membrane >= 1;
        membranes[index] = fires ? 0 : Math.max(-1, membrane);
        if (fires) spikes += 1;
        return traceKeep * values[index]! + (fires ? 1 - traceKeep : 0) * 6;
      }
    }
  }
  return {
    neurons: units.length,
    get spikes() {
      return spikes;
    },
    step(sensed, targets) {
      units.forEach((each, index) => (next[index] = valueOf(each, index, sensed)));
      [values, next] = [next, values];
      time += brainStep;
      effectors.forEach((effector, part) => {
        const value = effector === null ? 0 : effector.weight * (effector.sense ? sensed[effector.index]! : values[effector.index]!); // prettier-ignore
        targets[part] = Math.max(-1, Math.min(1, value)) * (parts[part]!.mirrored ? -1 : 1);
      });
    },
  };
}
