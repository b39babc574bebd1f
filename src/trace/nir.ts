// NIR graphs out of HDF5 data, read strictly: an unknown version, node type or field, a missing field, a wrong shape or an edge
// to nowhere is refused with its path in the file. Nested graphs are laid flat. It infers no shapes (nirShapes.ts).
import { SettleError } from '../errors.ts';
import type { HdfArray, HdfGroup } from './hdf5.ts';
import { type NirContent, type NirGraph, type NirNode, neuronParameters, type NirNeuronType, type NirParameter, type NirTensor, shapeText, sizeOf } from './nirGraph.ts'; // prettier-ignore

/** Fields a type needs, and those it may have; `type` and `metadata` go with all. */
const fields: Readonly<Record<string, readonly [needed: readonly string[], optional: readonly string[]]>> = {
  Input: [['shape'], []],
  Output: [['shape'], []],
  Linear: [['weight'], []],
  Affine: [['weight', 'bias'], []],
  Scale: [['scale'], []],
  Delay: [['delay'], []],
  Threshold: [['threshold'], []],
  Conv1d: [['weight', 'bias', 'stride', 'padding', 'dilation', 'groups'], ['input_shape']],
  Conv2d: [['weight', 'bias', 'stride', 'padding', 'dilation', 'groups'], ['input_shape']],
  SumPool2d: [['kernel_size', 'stride', 'padding'], []],
  AvgPool2d: [['kernel_size', 'stride', 'padding'], []],
  Flatten: [[], ['start_dim', 'end_dim', 'input_type']],
  NIRGraph: [['nodes', 'edges'], []],
  ...Object.fromEntries(
    Object.entries(neuronParameters).map(([type, names]) => [
      type,
      [names.filter((name) => name !== 'v_reset' && name !== 'w_in'), names.filter((name) => name === 'v_reset' || name === 'w_in')],
    ]),
  ), // prettier-ignore
};

interface Refusal {
  readonly found: string;
  readonly expected: string;
}
type Refuse = (path: string, what: string, sides: Refusal) => never;

/** @throws SettleError of kind `input` with the file and the path inside it */
export function readNir(root: HdfGroup, file: string): NirGraph {
  const refuse: Refuse = (path, what, sides) => {
    throw new SettleError(what, { kind: 'input', file, path, ...sides });
  };
  for (const name of root.members.keys())
    if (name !== 'version' && name !== 'node')
      refuse(name, 'unknown in a NIR file', { found: `"${name}"`, expected: 'version, node' });
  const version = textOf(root, 'version', '', refuse);
  if (!/^[01]\.\d/.test(version))
    refuse('version', 'a version of NIR that settle does not know', { found: version, expected: '0.x or 1.x' });
  const node = root.members.get('node');
  if (node?.kind !== 'group') return refuse('node', 'a graph is missing', { found: 'no such group', expected: 'node' });
  const type = textOf(node, 'type', 'node', refuse);
  const notes: string[] = [];
  if (type !== 'NIRGraph') refuse('node/type', 'not a graph', { found: type, expected: 'NIRGraph' });
  const { nodes, edges } = graphOf(node, 'node', '', refuse, notes);
  const seen = new Map<string, NirNode>();
  for (const each of nodes) {
    const other = seen.get(each.name);
    if (other) refuse(each.path, 'two nodes of one name once nested graphs are laid flat', { found: `${each.name}, also at ${other.path}`, expected: 'other names' }); // prettier-ignore
    seen.set(each.name, each);
  }
  return { version, nodes, edges, metadata: metadataOf(node), notes };
}

function textOf(group: HdfGroup, name: string, path: string, refuse: Refuse): string {
  const at = path === '' ? name : `${path}/${name}`;
  const found = group.members.get(name);
  if (!found) return refuse(at, 'a required field is missing', { found: 'nothing', expected: 'text' });
  if (found.kind === 'group' || found.type !== 'text' || found.texts.length !== 1)
    return refuse(at, 'not a text', { found: found.kind === 'group' ? 'a group' : `${found.type} ${shapeText(found.shape)}`, expected: 'one string' }); // prettier-ignore
  return found.texts[0]!;
}

function metadataOf(node: HdfGroup): ReadonlyMap<string, string | number> {
  const group = node.members.get('metadata');
  const found = new Map<string, string | number>();
  if (group?.kind === 'group')
    for (const [key, value] of group.members)
      if (value.kind === 'array' && sizeOf(value.shape) === 1)
        found.set(key, value.type === 'text' ? value.texts[0]! : value.numbers[0]!);
  return found;
}

interface Ports {
  readonly nodes: NirNode[];
  readonly edges: [string, string][];
  /** Nodes that edges to and from the graph as a whole go to; null where there is none or more than one. */
  readonly entry: string | null;
  readonly exit: string | null;
}

function graphOf(group: HdfGroup, path: string, prefix: string, refuse: Refuse, notes: string[]): Ports {
  checkFields(group, 'NIRGraph', path, refuse);
  const inside = group.members.get('nodes')!;
  if (inside.kind !== 'group') return refuse(`${path}/nodes`, 'not a group', { found: 'an array', expected: 'a group of nodes' }); // prettier-ignore
  const nodes: NirNode[] = [];
  const edges: [string, string][] = [];
  const [entries, exits] = [new Map<string, string | null>(), new Map<string, string | null>()];
  for (const [name, member] of inside.members) {
    const at = `${path}/nodes/${name}`;
    const full = prefix + name;
    if (member.kind !== 'group') return refuse(at, 'not a node', { found: 'an array', expected: 'a group with a type' }); // prettier-ignore
    const type = textOf(member, 'type', at, refuse);
    if (type === 'NIRGraph') {
      const inner = graphOf(member, at, `${full}.`, refuse, notes);
      nodes.push(...inner.nodes);
      edges.push(...inner.edges);
      entries.set(name, inner.entry);
      exits.set(name, inner.exit);
    } else {
      nodes.push({ ...contentOf(member, type, at, refuse, notes), name: full, path: at });
      entries.set(name, full);
      exits.set(name, full);
    }
  }
  const listed = edgesOf(group, path, refuse);
  listed.forEach(([from, to], k) => {
    const end = (name: string, ports: ReadonlyMap<string, string | null>, what: string): string => {
      const found = ports.get(name);
      if (found === undefined)
        refuse(`${path}/edges[${k}]`, 'an edge names a node that is not there', { found: `"${name}" (${from} -> ${to})`, expected: `one of ${[...ports.keys()].join(', ') || 'no nodes at all'}` }); // prettier-ignore
      return found ?? refuse(`${path}/edges[${k}]`, `an edge ${what} a graph without one ${what === 'into' ? 'Input' : 'Output'}`, { found: `${from} -> ${to}`, expected: 'one port' }); // prettier-ignore
    };
    edges.push([end(from, exits, 'out of'), end(to, entries, 'into')]);
  });
  const [starts, ends] = [new Set(listed.map(([from]) => from)), new Set(listed.map(([, to]) => to))];
  const port = (type: 'Input' | 'Output', ports: ReadonlyMap<string, string | null>, others: ReadonlySet<string>): string | null => {
    const own = nodes.filter((node) => node.type === type && node.path.split('/').length === path.split('/').length + 2);
    const open = own.length > 0 ? own.map(({ name }) => name) : [...ports].filter(([name]) => !others.has(name)).map(([, to]) => to);
    return open.length === 1 ? open[0]! : null;
  }; // prettier-ignore
  return { nodes, edges, entry: port('Input', entries, ends), exit: port('Output', exits, starts) };
}

function edgesOf(group: HdfGroup, path: string, refuse: Refuse): [string, string][] {
  const found = group.members.get('edges')!;
  const at = `${path}/edges`;
  if (found.kind === 'array' && sizeOf(found.shape) === 0) return [];
  if (found.kind === 'group' || found.type !== 'text' || found.shape.length !== 2 || found.shape[1] !== 2)
    return refuse(at, 'not a list of edges', { found: found.kind === 'group' ? 'a group' : `${found.type} ${shapeText(found.shape)}`, expected: 'strings [edges, 2]' }); // prettier-ignore
  return Array.from({ length: found.shape[0]! }, (_, k) => [found.texts[2 * k]!, found.texts[2 * k + 1]!]);
}

function checkFields(group: HdfGroup, type: string, path: string, refuse: Refuse): void {
  const known = fields[type];
  if (!known) return refuse(`${path}/type`, 'an unknown type of node', { found: `"${type}"`, expected: `one of ${Object.keys(fields).join(', ')}` }); // prettier-ignore
  const [needed, optional] = known;
  for (const name of group.members.keys())
    if (name !== 'type' && name !== 'metadata' && !needed.includes(name) && !optional.includes(name))
      refuse(`${path}/${name}`, `a node of type ${type} has no such field`, { found: `"${name}"`, expected: `one of ${[...needed, ...optional].join(', ')}` }); // prettier-ignore
  for (const name of needed)
    if (!group.members.has(name))
      refuse(`${path}/${name}`, 'a required field is missing', { found: 'nothing', expected: `${name} of ${type}` });
}

function contentOf(group: HdfGroup, type: string, path: string, refuse: Refuse, notes: string[]): NirContent {
  checkFields(group, type, path, refuse);
  const array = (name: string): HdfArray => {
    const found = group.members.get(name)!;
    if (found.kind === 'group') return refuse(`${path}/${name}`, 'not an array', { found: 'a group', expected: 'numbers' }); // prettier-ignore
    return found;
  };
  const tensor = (name: string): NirTensor => {
    const { type: kind, shape, numbers } = array(name);
    if (kind === 'text') return refuse(`${path}/${name}`, 'not numbers', { found: 'text', expected: 'numbers' });
    const wrong = numbers.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) refuse(`${path}/${name}[${wrong}]`, 'not a finite number', { found: String(numbers[wrong]), expected: 'a finite number' }); // prettier-ignore
    return { shape, values: numbers };
  };
  const ranked = (name: string, least: number, most: number): NirTensor => {
    const found = tensor(name);
    const rank = found.shape.length;
    if (rank < least || rank > most)
      refuse(`${path}/${name}`, 'wrong number of dimensions', { found: shapeText(found.shape), expected: least === most ? `${least} dimensions` : `${least} dimensions or more` }); // prettier-ignore
    return found;
  };
  const shaped = (name: string, shape: readonly number[]): NirTensor => {
    const found = tensor(name);
    if (shapeText(found.shape) !== shapeText(shape))
      refuse(`${path}/${name}`, 'wrong shape', { found: shapeText(found.shape), expected: shapeText(shape) });
    return found;
  };
  /** Whole numbers, `count` of them (one in the file stands for all), from `least`. */
  const whole = (name: string, least: number, count?: number): number[] => {
    const { shape, values } = tensor(name);
    const short = count !== undefined && values.length !== count && values.length !== 1;
    if (shape.length > 1 || short || values.some((value) => !Number.isInteger(value) || value < least))
      refuse(`${path}/${name}`, 'wrong value', { found: `${shapeText(shape)} ${values.slice(0, 8).join(', ')}`, expected: `${count === undefined ? 'whole numbers' : `${count === 1 ? 'one whole number' : `one or ${count} whole numbers`}`} from ${least}` }); // prettier-ignore
    return count === undefined || values.length === count
      ? [...values]
      : Array.from({ length: count }, () => values[0]!);
  };
  switch (type) {
    case 'Input':
    case 'Output':
      return { type, shape: whole('shape', 1) };
    case 'Linear':
      return { type, weight: ranked('weight', 2, Infinity) };
    case 'Affine': {
      const weight = ranked('weight', 2, Infinity);
      return { type, weight, bias: shaped('bias', weight.shape.slice(0, -1)) };
    }
    case 'Scale':
      return { type, values: tensor('scale') };
    case 'Threshold':
      return { type, values: tensor('threshold') };
    case 'Delay': {
      const values = tensor('delay');
      const wrong = values.values.findIndex((value) => value < 0);
      if (wrong >= 0) refuse(`${path}/delay[${wrong}]`, 'a delay may not be negative', { found: String(values.values[wrong]), expected: '0 or more' }); // prettier-ignore
      return { type, values };
    }
    case 'Conv1d':
    case 'Conv2d': {
      const space = type === 'Conv1d' ? 1 : 2;
      const weight = ranked('weight', 2 + space, 2 + space);
      const padding = array('padding');
      const named = padding.type === 'text' ? padding.texts[0]! : null;
      if (named !== null && named !== 'same' && named !== 'valid')
        refuse(`${path}/padding`, 'wrong value', { found: `"${named}"`, expected: 'same, valid or whole numbers' });
      const [groups] = whole('groups', 1, 1);
      const stride = whole('stride', 1, space);
      if (weight.shape[0]! % groups! !== 0) refuse(`${path}/groups`, 'channels do not divide into groups', { found: `${weight.shape[0]} channels, ${groups} groups`, expected: 'a divisor' }); // prettier-ignore
      if (named === 'same' && stride.some((step) => step !== 1)) refuse(`${path}/stride`, 'padding "same" goes with stride 1', { found: stride.join(', '), expected: '1' }); // prettier-ignore
      return {
        type, weight, bias: shaped('bias', [weight.shape[0]!]), stride, dilation: whole('dilation', 1, space), groups: groups!,
        padding: named === 'same' ? named : named === 'valid' ? Array.from({ length: space }, () => 0) : whole('padding', 0, space),
        inputShape: group.members.has('input_shape') ? whole('input_shape', 1, space) : null,
      }; // prettier-ignore
    }
    case 'SumPool2d':
    case 'AvgPool2d':
      return {
        type,
        kernel: whole('kernel_size', 1, 2),
        stride: whole('stride', 1, 2),
        padding: whole('padding', 0, 2),
      };
    case 'Flatten': {
      const dim = (name: string, fallback: number): number => (group.members.has(name) ? whole(name, -32, 1)[0]! : fallback); // prettier-ignore
      return {
        type,
        startDim: dim('start_dim', 1),
        endDim: dim('end_dim', -1),
        inputShape: group.members.has('input_type') ? whole('input_type', 1) : null,
      };
    }
    default:
      return neuronsOf(type as NirNeuronType);
  }

  function neuronsOf(type: NirNeuronType): NirContent {
    const { shape } = tensor('r');
    const parameters: Partial<Record<NirParameter, Float64Array>> = {};
    const filled = (value: number): Float64Array => new Float64Array(sizeOf(shape)).fill(value);
    for (const name of neuronParameters[type]) {
      if (!group.members.has(name)) {
        parameters[name] = filled(name === 'w_in' ? 1 : 0);
        notes.push(`${path.slice(path.lastIndexOf('/') + 1)}: no ${name} in the file, taken as ${name === 'w_in' ? 1 : 0}`);
      } else if (name === 'w_in' && array(name).shape.length === 0) parameters[name] = filled(tensor(name).values[0]!);
      else parameters[name] = shaped(name, shape).values;
    } // prettier-ignore
    for (const name of ['tau', 'tau_mem', 'tau_syn'] as const) {
      const wrong = parameters[name]?.findIndex((value) => !(value > 0)) ?? -1;
      if (wrong >= 0) refuse(`${path}/${name}[${wrong}]`, 'a time constant must be above 0', { found: String(parameters[name]![wrong]), expected: 'above 0' }); // prettier-ignore
    }
    return { type, shape, parameters };
  }
}
