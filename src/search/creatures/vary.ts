// How genotypes come about and change (Sims 1994): random graphs, mutation of what they say and of their shape, crossover of aligned
// lists of nodes, grafts of an edge onto another graph. Nothing here looks at a score.
import type { Draws } from '../draws.ts';
import { bounds, type Controller, controllers, type EdgeGene, type Genotype, type InputGene, most, type NeuronGene, type NodeGene, sources } from './genotype.ts'; // prettier-ignore

type Bounds = readonly [low: number, high: number];
const within = (value: number, [low, high]: Bounds): number => Math.min(high, Math.max(low, value));
const between = (draw: Draws, low: number, high: number): number => low + (high - low) * draw.uniform();
const any = (draw: Draws, [low, high]: Bounds): number => between(draw, low, high);

function input(draw: Draws): InputGene {
  return { from: draw.one(sources), index: draw.below(6), weight: any(draw, bounds.weight) / 2 };
}
function neuron(draw: Draws, controller: Controller): NeuronGene {
  const inputs = Array.from({ length: 1 + draw.below(2) }, () => input(draw));
  return { kind: draw.one(controllers[controller]), bias: any(draw, bounds.bias) / 2, pace: any(draw, bounds.pace), inputs }; // prettier-ignore
}
function node(draw: Draws, controller: Controller): NodeGene {
  const low = between(draw, bounds.limit[0], 0);
  return {
    width: between(draw, bounds.side[0], 0.15),
    length: any(draw, bounds.side),
    limits: [low, between(draw, 0, bounds.limit[1])],
    recursion: 1 + draw.below(2),
    neurons: Array.from({ length: 1 + draw.below(3) }, () => neuron(draw, controller)),
    effector: { from: 'own', index: draw.below(4), weight: draw.chance(0.5) ? 1 : -1 },
  };
}
function edge(draw: Draws, nodes: number, from: number): EdgeGene {
  return { from, to: draw.below(nodes), at: draw.uniform(), angle: any(draw, bounds.angle) / 2, scale: between(draw, 0.8, 1.2), mirror: draw.chance(0.4), terminal: draw.chance(0.2) }; // prettier-ignore
}

/** A graph of one to three nodes in which every node is reached. */
export function randomGenotype(draw: Draws, controller: Controller): Genotype {
  const nodes = Array.from({ length: 1 + draw.below(3) }, () => node(draw, controller));
  const tree = nodes.slice(1).map((_, k): EdgeGene => ({ ...edge(draw, nodes.length, draw.below(k + 1)), to: k + 1 }));
  const more = draw.chance(0.7) ? [edge(draw, nodes.length, draw.below(nodes.length))] : [];
  const centre = Array.from({ length: 1 + draw.below(2) }, () => neuron(draw, controller));
  return { nodes, edges: [...tree, ...more], centre };
}

/** Changes of one child's genes, on average: as many for a large graph as for a small one. */
const changes = 2.5;

export function mutated(genotype: Genotype, draw: Draws, controller: Controller): Genotype {
  const numbers = genotype.nodes.length * 5 + genotype.edges.length * 4 + neuronsOf(genotype).length * 3;
  const rate = Math.min(0.5, changes / numbers);
  const nudge = (value: number, range: Bounds): number => draw.chance(rate) ? within(value + draw.normal() * 0.15 * (range[1] - range[0]), range) : value; // prettier-ignore
  const flip = (value: boolean): boolean => (draw.chance(rate) ? !value : value);
  const changeInput = (gene: InputGene): InputGene =>
    draw.chance(rate / 2)
      ? input(draw)
      : { ...gene, weight: draw.chance(rate / 4) ? -gene.weight : nudge(gene.weight, bounds.weight) };
  const changeNeuron = (gene: NeuronGene): NeuronGene => {
    if (draw.chance(rate / 2)) return neuron(draw, controller);
    const kept = gene.inputs.filter(() => !draw.chance(rate / 3)).map(changeInput);
    const inputs = kept.length < most.inputs && draw.chance(rate / 2) ? [...kept, input(draw)] : kept;
    return { ...gene, bias: nudge(gene.bias, bounds.bias), pace: nudge(gene.pace, bounds.pace), inputs };
  };
  const changeNeurons = (genes: readonly NeuronGene[]): NeuronGene[] => {
    const kept = genes.filter(() => !draw.chance(rate / 4)).map(changeNeuron);
    return kept.length < most.neurons && draw.chance(rate) ? [...kept, neuron(draw, controller)] : kept;
  };
  const nodes = genotype.nodes.map((gene): NodeGene => {
    const [low, high] = [nudge(gene.limits[0], [bounds.limit[0], 0]), nudge(gene.limits[1], [0, bounds.limit[1]])];
    return {
      width: nudge(gene.width, bounds.side),
      length: nudge(gene.length, bounds.side),
      limits: [low, high],
      recursion: draw.chance(rate) ? 1 + draw.below(bounds.recursion[1]) : gene.recursion,
      neurons: changeNeurons(gene.neurons),
      effector: draw.chance(rate) ? { ...input(draw), weight: draw.chance(0.5) ? 1 : -1 } : gene.effector,
    };
  });
  if (nodes.length < most.nodes && draw.chance(0.06)) nodes.push(node(draw, controller));
  const edges = genotype.edges
    .filter(() => !draw.chance(rate / 2))
    .map((gene): EdgeGene => ({
      ...gene,
      to: draw.chance(rate / 2) ? draw.below(nodes.length) : gene.to,
      at: draw.chance(rate) ? draw.uniform() : gene.at,
      angle: nudge(gene.angle, bounds.angle),
      scale: nudge(gene.scale, bounds.scale),
      mirror: flip(gene.mirror),
      terminal: flip(gene.terminal),
    }));
  if (edges.length < most.edges && draw.chance(0.12)) edges.push(edge(draw, nodes.length, draw.below(nodes.length)));
  return reached({ nodes, edges, centre: changeNeurons(genotype.centre) });
}

const neuronsOf = ({ nodes, centre }: Genotype): NeuronGene[] => [...centre, ...nodes.flatMap(({ neurons }) => neurons)]; // prettier-ignore

/** Nodes side by side from both parents, with the edges that leave them; the source changes at one or two places. */
export function crossed(a: Genotype, b: Genotype, draw: Draws): Genotype {
  const length = draw.chance(0.5) ? a.nodes.length : b.nodes.length;
  const switches = new Set(Array.from({ length: 1 + draw.below(2) }, () => draw.below(Math.max(1, length))));
  let [own, other] = draw.chance(0.5) ? [a, b] : [b, a];
  const nodes: NodeGene[] = [];
  const edges: EdgeGene[] = [];
  for (let k = 0; k < length; k++) {
    if (switches.has(k)) [own, other] = [other, own];
    const from = own.nodes[k] ? own : other;
    nodes.push(from.nodes[k]!);
    edges.push(...from.edges.filter((each) => each.from === k));
  }
  const inside = edges.filter(({ to }) => to < nodes.length).slice(0, most.edges);
  return reached({ nodes, edges: inside, centre: (draw.chance(0.5) ? a : b).centre });
}

/** An edge of the first leads to a node of the second, with all that hangs on it there. */
export function grafted(a: Genotype, b: Genotype, draw: Draws): Genotype {
  const begin = draw.below(b.nodes.length);
  const moved = reachedFrom(b, begin);
  const room = most.nodes - a.nodes.length;
  const taken = moved.slice(0, Math.max(0, room));
  if (taken.length === 0) return crossed(a, b, draw);
  const place = new Map(taken.map((from, k) => [from, a.nodes.length + k]));
  const nodes = [...a.nodes, ...taken.map((from) => b.nodes[from]!)];
  const brought = b.edges.filter(({ from, to }) => place.has(from) && place.has(to)).map((each) => ({ ...each, from: place.get(each.from)!, to: place.get(each.to)! })); // prettier-ignore
  const chosen = draw.below(a.edges.length + 1);
  const own = a.edges.map((each, k) => (k === chosen ? { ...each, to: a.nodes.length } : each));
  const bridge = chosen === a.edges.length ? [{ ...edge(draw, nodes.length, draw.below(a.nodes.length)), to: a.nodes.length }] : []; // prettier-ignore
  return reached({ nodes, edges: [...bridge, ...own, ...brought].slice(0, most.edges), centre: a.centre });
}

/** Nodes that can be reached from one, it first. */
function reachedFrom({ edges }: Genotype, begin: number): number[] {
  const found = [begin];
  for (const node_ of found)
    for (const { from, to } of edges) if (from === node_ && !found.includes(to)) found.push(to);
  return found;
}

/** Without what cannot be reached from the root. */
function reached(genotype: Genotype): Genotype {
  const kept = reachedFrom(genotype, 0).filter((each) => each < genotype.nodes.length).sort((x, y) => x - y); // prettier-ignore
  const place = new Map(kept.map((each, k) => [each, k]));
  const edges = genotype.edges.filter(({ from, to }) => place.has(from) && place.has(to)).map((each) => ({ ...each, from: place.get(each.from)!, to: place.get(each.to)! })); // prettier-ignore
  return { nodes: kept.map((each) => genotype.nodes[each]!), edges, centre: genotype.centre };
}
