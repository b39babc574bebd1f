// A feed-forward genome as a settle model: every hidden node a population of one unit, every link a weight of its projection. Rate
// units compute what the genome's network computes; leaky units take the same weights as currents. Text only; nothing runs here.
import { SettleError } from '../../errors.ts';
import { type Genome, isSensor, type NodeFunction, type NodeGene, reaches } from './genome.ts';
import { steepness } from './network.ts';

export interface GenomeModel {
  readonly name: string;
  readonly source: string;
  readonly units: 'rate' | 'lif';
  readonly data: { readonly set: string; readonly path?: string | undefined; readonly train?: number | undefined; readonly test?: number | undefined; readonly batch?: number | undefined }; // prettier-ignore
}

const activations: Readonly<Record<NodeFunction, string>> = {
  sigmoid: `sigmoid(${steepness} * u)`, tanh: 'tanh(u)', gaussian: 'exp(-u * u)', sine: 'sin(u)', absolute: 'abs(u)', linear: 'u',
}; // prettier-ignore

/** Bias that holds the rate unit `one` at 1, and that of a leaky one, which then fires steadily. */
const [fullBias, steadyBias] = [2, 3];

/**
 * The text of a model file. Nothing in it learns (all rates are 0), so a run of one epoch is its test; with rates above 0 it
 * learns on from here (rate units by bp).
 * @throws SettleError of kind `input` for a genome with cycles between nodes, which no feed-forward rule runs
 */
export function genomeModel(genome: Genome, { name, source, units, data }: GenomeModel): string {
  const { nodes } = genome;
  const links = genome.links.filter(({ enabled }) => enabled);
  if (links.some(({ from, to }) => reaches({ nodes, links }, to, from))) throw recurrent(name);
  const inputs = nodes.filter(({ kind }) => kind === 'input');
  const outputs = nodes.filter(({ kind }) => kind === 'output');
  const live = needed(genome);
  const hidden = nodes.filter(({ kind, id }) => kind === 'hidden' && live.has(id));
  const bias = nodes.find(({ kind }) => kind === 'bias')!;
  const isRate = units === 'rate';
  // Outputs of rate units are populations of their own, which a readout gathers; leaky ones are units of one population.
  const home = (node: NodeGene): string => (node.kind === 'input' ? 'x' : node.kind === 'bias' ? 'one' : node.kind === 'output' && !isRate ? 'y' : `${node.kind === 'output' ? 'o' : 'n'}${node.id}`); // prettier-ignore
  const groups = new Map<string, Float64Array>();
  const widthOf = (population: string): number => (population === 'x' ? inputs.length : population === 'y' ? outputs.length : 1); // prettier-ignore
  const placeIn = (node: NodeGene): number => (node.kind === 'input' ? inputs.indexOf(node) : node.kind === 'output' && !isRate ? outputs.indexOf(node) : 0); // prettier-ignore
  const matrix = (from: string, to: string): Float64Array => {
    const key = `${from}->${to}`;
    const found = groups.get(key) ?? new Float64Array(widthOf(from) * widthOf(to));
    groups.set(key, found);
    return found;
  };
  const byId = new Map(nodes.map((node) => [node.id, node]));
  if (isRate) matrix('x', 'one');
  for (const link of links) {
    const [from, to] = [byId.get(link.from)!, byId.get(link.to)!];
    if (!isSensor(from) && !live.has(from.id)) continue;
    if (!live.has(to.id)) continue;
    const [sender, receiver] = [home(from), home(to)];
    matrix(sender, receiver)[placeIn(from) * widthOf(receiver) + placeIn(to)]! += link.weight;
  }
  // A node that nothing enters shows its value at 0.
  for (const node of [...hidden, ...outputs])
    if (![...groups.keys()].some((key) => key.endsWith(`->${home(node)}`))) matrix('x', home(node));
  if (isRate) outputs.forEach((output, k) => (matrix(home(output), 'y')[k] = 1));
  const rate = (node: NodeGene): string => `{ units: 1, kind: rate, activation: '${activations[node.does]}' }`;
  const lif = (count: number, extra = ''): string =>
    `{ units: ${count}, kind: lif, refractory: { duration: 2 ms }, floor: -1, initial: 0${extra} }`;
  const isUsed = links.some((link) => link.from === bias.id && live.has(link.to)) || isRate;
  const projections = [...groups].map(([key, weights]) => `  ${key}: { init: { scheme: listed, values: [${Array.from(weights).join(', ')}] } }`); // prettier-ignore
  const rates = [...groups.keys()].map((key) => `${key}: 0`).join(', ');
  const set = Object.entries({ ...data, batch: data.batch ?? 50 }).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}: ${typeof value === 'string' ? JSON.stringify(value) : value}`).join(', '); // prettier-ignore
  return [
    'settle: 1',
    `name: ${name}`,
    `source: ${JSON.stringify(source)}`,
    `data: { ${set} }`,
    'populations:',
    `  x: { units: ${inputs.length}, kind: input }`,
    ...(isUsed ? [isRate ? `  one: { units: 1, kind: rate, activation: hardSigmoid, bias: { init: ${fullBias}, rate: 0 } }` : `  one: ${lif(1, `, bias: { init: ${steadyBias}, rate: 0 }`)}`] : []),
    ...hidden.map((node) => `  ${home(node)}: ${isRate ? rate(node) : lif(1)}`),
    ...(isRate ? outputs.map((node) => `  ${home(node)}: ${rate(node)}`) : []),
    `  y: ${isRate ? `{ units: ${outputs.length}, kind: readout }` : lif(outputs.length)}`,
    'projections:',
    ...projections,
    `cost: { on: y, text: 1/2 * (s - target)^2 }`,
    ...(isRate ? [] : ['phases: { free: { duration: 60 ms }, nudge: { duration: 20 ms, beta: 1 }, predict: { duration: 60 ms, window: 40 ms } }']),
    `learning: { rule: ${isRate ? 'bp' : 'ep'}, rates: { ${rates} }, epochs: 1 }`,
    '',
  ].join('\n'); // prettier-ignore
}

const recurrent = (name: string): SettleError =>
  new SettleError('a recurrent genome is no feed-forward model', { kind: 'input', path: name, found: 'links that close a cycle', expected: 'a feed-forward genome' }); // prettier-ignore

/** Nodes from which enabled links lead to an output. */
function needed({ nodes, links }: Genome): Set<number> {
  const live = new Set(nodes.filter(({ kind }) => kind === 'output').map(({ id }) => id));
  // A hidden node that nothing enters is constant: it stays, if something reads it.
  for (let before = -1; before !== live.size;) {
    before = live.size;
    for (const { from, to, enabled } of links) if (enabled && live.has(to)) live.add(from);
  }
  return live;
}
