// What lies between the neurons of a NIR graph as sparse matrices: products of Linear, Affine, Scale, convolutions, pools,
// Flatten and Delay, from every sender to every receiver, and the constants that biases send. It knows no neuron.
import { SettleError } from '../errors.ts';
import { isNeurons, type NirConvolution, type NirGraph, type NirNode, type NirPool } from './nirGraph.ts';
import { type NirShapes, windowOf } from './nirShapes.ts';

/** Rows of senders, as compressed rows: unit n owns the entries [rows[n], rows[n + 1]), ascending by (column, delay). */
export interface NirMap {
  readonly rows: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float64Array;
  /** In the time of the file, one an entry. */
  readonly delays: Float64Array;
}

export interface NirInto {
  /** By the sender's name; zeros are left out. */
  readonly maps: ReadonlyMap<string, NirMap>;
  /** What biases add up to; null without any. */
  readonly constant: Float64Array | null;
}

/** Entries that are made before those of equal place are added. */
const most = 5e7;

/** What every node of neurons and every Output receives. @throws SettleError of kind `input` for what is not linear */
export function nirMaps(graph: NirGraph, shapes: ReadonlyMap<string, NirShapes>, file: string): ReadonlyMap<string, NirInto> {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const before = new Map<string, NirNode[]>(graph.nodes.map(({ name }) => [name, []]));
  for (const [from, to] of graph.edges) before.get(to)!.push(nodes.get(from)!);
  const units = (name: string, side: keyof NirShapes): number => shapes.get(name)![side].reduce((a, b) => a * b, 1);
  const done = new Map<string, NirInto>();
  const open = new Set<string>();

  function into(node: NirNode): NirInto {
    const known = done.get(node.name);
    if (known) return known;
    if (open.has(node.name))
      throw new SettleError('a cycle without a neuron in it', { kind: 'input', file, path: node.path, found: [...open, node.name].join(' -> '), expected: 'a neuron on every cycle' });
    open.add(node.name);
    const columns = units(node.name, 'input');
    const builders = new Map<string, Builder>();
    let constant: Float64Array | null = null;
    const builderOf = (sender: string): Builder => {
      const builder = builders.get(sender) ?? mapBuilder(columns, node, file);
      builders.set(sender, builder);
      return builder;
    };
    const parts: (readonly [sender: string, map: NirMap | null, column: Column])[] = [];
    for (const pre of before.get(node.name)!) {
      if (isNeurons(pre) || (pre.type === 'Input' && before.get(pre.name)!.length === 0)) {
        parts.push([pre.name, null, identity]);
        continue;
      }
      const inner = into(pre);
      const column = columnOf(pre, shapes.get(pre.name)!, file);
      for (const [sender, map] of inner.maps) parts.push([sender, map, column]);
      const own = constantOf(pre, inner.constant, columns, column);
      if (own) constant = constant ? constant.map((value, k) => value + own[k]!) : own;
    }
    // Row by row through all parts, so that entries of one place are added whatever edge they come by.
    for (const sender of new Set(parts.map(([name]) => name))) {
      const [builder, mine] = [builderOf(sender), parts.filter(([name]) => name === sender)];
      for (let unit = 0, end = units(sender, 'output'); unit < end; unit++) {
        for (const [, map, column] of mine) {
          if (!map) builder.add(unit, 1, 0);
          else
            for (let k = map.rows[unit]!; k < map.rows[unit + 1]!; k++)
              column(map.columns[k]!, (place, factor, delay) => builder.add(place, map.values[k]! * factor, map.delays[k]! + delay));
        }
        builder.endRow();
      }
    }
    open.delete(node.name);
    const found = { maps: new Map([...builders].map(([sender, builder]) => [sender, builder.map()])), constant };
    done.set(node.name, found);
    return found;
  }
  return new Map(graph.nodes.filter((node) => isNeurons(node) || node.type === 'Output').map((node) => [node.name, into(node)]));
} // prettier-ignore

interface Builder {
  add(column: number, value: number, delay: number): void;
  endRow(): void;
  map(): NirMap;
}

function mapBuilder(width: number, node: NirNode, file: string): Builder {
  const [rows, columns, values, delays]: [number[], number[], number[], number[]] = [[0], [], [], []];
  // Of the row under way: the last entry of each column, and the one of the same column before it.
  const last = new Int32Array(width).fill(-1);
  let [row, chain]: [[number, number, number][], number[]] = [[], []];
  return {
    add(column, value, delay) {
      let at = last[column]!;
      while (at >= 0 && row[at]![2] !== delay) at = chain[at]!;
      if (at >= 0) row[at]![1] += value;
      else {
        chain.push(last[column]!);
        last[column] = row.push([column, value, delay]) - 1;
      }
    },
    endRow() {
      for (const [column] of row) last[column] = -1;
      for (const [column, value, delay] of row.sort((a, b) => a[0] - b[0] || a[2] - b[2])) {
        if (value === 0) continue;
        columns.push(column);
        values.push(value);
        delays.push(delay);
      }
      if (columns.length > most)
        throw new SettleError('too many synapses', { kind: 'input', file, path: node.path, found: `more than ${most}`, expected: 'fewer' }); // prettier-ignore
      rows.push(columns.length);
      [row, chain] = [[], []];
    },
    map: () => ({
      rows: Uint32Array.from(rows),
      columns: Uint32Array.from(columns),
      values: Float64Array.from(values),
      delays: Float64Array.from(delays),
    }),
  };
}

/** What a node sends on of one element of its input: places of its output, factors, delays. */
type Column = (element: number, emit: (place: number, factor: number, delay: number) => void) => void;

const identity: Column = (element, emit) => emit(element, 1, 0);

function columnOf(node: NirNode, shapes: NirShapes, file: string): Column {
  switch (node.type) {
    case 'Linear':
    case 'Affine': {
      const { shape, values } = node.weight;
      const [out, width] = [shape.at(-2)!, shape.at(-1)!];
      return (element, emit) => {
        const [block, k] = [Math.floor(element / width), element % width];
        for (let j = 0; j < out; j++) emit(block * out + j, values[(block * out + j) * width + k]!, 0);
      };
    }
    case 'Scale':
      return (element, emit) => emit(element, node.values.values[element]!, 0);
    case 'Delay':
      return (element, emit) => emit(element, 1, node.values.values[element]!);
    case 'Conv1d':
    case 'Conv2d':
    case 'SumPool2d':
    case 'AvgPool2d':
      return windowColumn(node, shapes);
    case 'Threshold':
      throw new SettleError('a Threshold by itself cannot be simulated', { kind: 'input', file, path: node.path, found: 'Threshold', expected: 'neurons with a threshold of their own (IF, LIF, CubaLIF)' }); // prettier-ignore
    default:
      // Flatten keeps the order of elements; ports of nested graphs change nothing.
      return identity;
  }
}

function windowColumn(node: NirNode & (NirConvolution | NirPool), { input, output }: NirShapes): Column {
  const pool = 'kernel' in node;
  const [plane, line] = pool || node.type === 'Conv2d' ? [input[1]!, input[2]!] : [1, input[1]!];
  const [outPlane, outLine] = output.length === 3 ? [output[1]!, output[2]!] : [1, output[1]!];
  const flat = (sizes: readonly number[], unused: number): readonly [number, number] =>
    sizes.length === 2 ? [sizes[0]!, sizes[1]!] : [unused, sizes[0]!];
  const window = windowOf(node);
  const [[height, width], [stepY, stepX], [gapY, gapX], [frontY, frontX]] = [
    flat(window.kernel, 1), flat(window.stride, 1), flat(window.dilation, 1), flat(window.front, 0),
  ]; // prettier-ignore
  const channels = pool ? input[0]! : node.weight.shape[0]!;
  const [inGroup, outGroup] = pool ? [1, 1] : [node.weight.shape[1]!, channels / node.groups];
  const share = node.type === 'AvgPool2d' ? 1 / (height * width) : 1;
  return (element, emit) => {
    const channel = Math.floor(element / (plane * line));
    const [y, x] = [Math.floor(element / line) % plane, element % line];
    const [group, within] = [Math.floor(channel / inGroup), channel % inGroup];
    for (let ky = 0; ky < height; ky++) {
      const py = (y + frontY - ky * gapY) / stepY;
      if (!Number.isInteger(py) || py < 0 || py >= outPlane) continue;
      for (let kx = 0; kx < width; kx++) {
        const px = (x + frontX - kx * gapX) / stepX;
        if (!Number.isInteger(px) || px < 0 || px >= outLine) continue;
        for (let out = group * outGroup; out < (group + 1) * outGroup; out++) {
          const factor = pool ? share : node.weight.values[((out * inGroup + within) * height + ky) * width + kx]!;
          emit((out * outPlane + py) * outLine + px, factor, 0);
        }
      }
    }
  };
}

/** What a node sends of constants: those it receives, mapped, and its own bias. A constant has always been there: delays change nothing. */
function constantOf(node: NirNode, received: Float64Array | null, size: number, column: Column): Float64Array | null {
  const bias = 'bias' in node ? node.bias.values : null;
  if (!received && !bias) return null;
  const sum = new Float64Array(size);
  received?.forEach((value, element) => column(element, (place, factor) => (sum[place]! += value * factor)));
  if (bias) {
    // One for each channel of a convolution.
    const each = size / bias.length;
    for (let k = 0; k < size; k++) sum[k]! += bias[Math.floor(k / each)]!;
  }
  return sum.some((value) => value !== 0) ? sum : null;
}
