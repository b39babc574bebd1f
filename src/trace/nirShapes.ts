// Shapes of what goes along the edges of a NIR graph: given by the nodes that know theirs, inferred through convolutions, pools
// and Flatten, and held against each other edge by edge. Shapes have no axis of batches.
import { SettleError } from '../errors.ts';
import { isNeurons, type NirConvolution, type NirFlatten, type NirGraph, type NirNode, type NirPool, shapeText, sizeOf } from './nirGraph.ts'; // prettier-ignore

export interface NirShapes {
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/** @throws SettleError of kind `input`: two shapes on one edge, or a shape that nothing determines */
export function nirShapes(graph: NirGraph, file: string): ReadonlyMap<string, NirShapes> {
  const refuse = (path: string, what: string, found: string, expected: string): never => {
    throw new SettleError(what, { kind: 'input', file, path, found, expected });
  };
  const known = new Map<string, NirShapes>();
  const settle = (node: NirNode, input: readonly number[] | null): void => {
    if (input) known.set(node.name, { input, output: outputOf(node, input, refuse) });
  };
  for (const node of graph.nodes) settle(node, inputOf(node));
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  // Each pass settles at least one node, or is the last.
  for (let before = -1; before !== known.size;) {
    before = known.size;
    for (const [from, to] of graph.edges)
      if (known.has(from) && !known.has(to)) settle(byName.get(to)!, known.get(from)!.output);
  }
  for (const { name, path, type } of graph.nodes)
    if (!known.has(name))
      refuse(path, `the shape of a ${type} cannot be inferred`, 'no node of known shape before it', 'an Input in front');
  for (const [from, to] of graph.edges) {
    const [sent, taken] = [known.get(from)!.output, known.get(to)!.input];
    if (shapeText(sent) !== shapeText(taken))
      refuse(byName.get(to)!.path, `the shape of ${to} is not that of ${from} before it`, shapeText(taken), shapeText(sent));
  }
  return known;
} // prettier-ignore

/** The shape that a node takes by itself; null where its predecessor decides. */
function inputOf(node: NirNode): readonly number[] | null {
  if (isNeurons(node)) return node.shape;
  switch (node.type) {
    case 'Input':
    case 'Output':
      return node.shape;
    case 'Linear':
    case 'Affine':
      return [...node.weight.shape.slice(0, -2), node.weight.shape.at(-1)!];
    case 'Scale':
    case 'Delay':
    case 'Threshold':
      return node.values.shape;
    case 'Conv1d':
    case 'Conv2d':
      return node.inputShape && [node.weight.shape[1]! * node.groups, ...node.inputShape];
    case 'Flatten':
      return node.inputShape;
    default:
      return null;
  }
}

type Refuse = (path: string, what: string, found: string, expected: string) => never;

function outputOf(node: NirNode, input: readonly number[], refuse: Refuse): readonly number[] {
  switch (node.type) {
    case 'Linear':
    case 'Affine':
      return node.weight.shape.slice(0, -1);
    case 'Conv1d':
    case 'Conv2d': {
      const [channels, rank] = [node.weight.shape[1]! * node.groups, node.weight.shape.length - 1];
      if (input.length !== rank || input[0] !== channels)
        refuse(node.path, `a ${node.type} of ${channels} channels`, shapeText(input), `[${channels}, ...] of ${rank} dimensions`);
      return [node.weight.shape[0]!, ...placesOf(windowOf(node), input.slice(1), node, refuse)];
    }
    case 'SumPool2d':
    case 'AvgPool2d':
      if (input.length !== 3) refuse(node.path, `a ${node.type}`, shapeText(input), 'channels, height, width');
      return [input[0]!, ...placesOf(windowOf(node), input.slice(1), node, refuse)];
    case 'Flatten':
      return flattened(node, input, refuse);
    default:
      return input;
  }
} // prettier-ignore

function flattened(node: NirNode & NirFlatten, input: readonly number[], refuse: Refuse): readonly number[] {
  const from = (dim: number): number => (dim < 0 ? dim + input.length : dim);
  const [start, end] = [from(node.startDim), from(node.endDim)];
  if (start < 0 || end >= input.length || start > end)
    refuse(node.path, 'no such dimensions to flatten', `${node.startDim} to ${node.endDim}`, `of ${shapeText(input)}`);
  return [...input.slice(0, start), sizeOf(input.slice(start, end + 1)), ...input.slice(end + 1)];
}

/** A window that slides over space: how far apart its places and its taps are, and what is padded in front. */
export interface NirWindow {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly front: readonly number[];
  /** Front and back together. */
  readonly padding: readonly number[];
}

/** Padding "same" puts the odd one out at the back. */
export function windowOf(node: NirConvolution | NirPool): NirWindow {
  if ('kernel' in node)
    return { kernel: node.kernel, stride: node.stride, dilation: [1, 1], front: node.padding, padding: node.padding.map((each) => 2 * each) }; // prettier-ignore
  const kernel = node.weight.shape.slice(2);
  const padding = kernel.map((size, k) =>
    node.padding === 'same' ? node.dilation[k]! * (size - 1) : 2 * node.padding[k]!,
  );
  return {
    kernel, stride: node.stride, dilation: node.dilation, padding,
    front: padding.map((each) => Math.floor(each / 2)),
  }; // prettier-ignore
}

/** Places of the window along each dimension of space. */
function placesOf({ kernel, stride, dilation, padding }: NirWindow, space: readonly number[], node: NirNode, refuse: Refuse): number[] {
  return space.map((length, k) => {
    const places = Math.floor((length + padding[k]! - dilation[k]! * (kernel[k]! - 1) - 1) / stride[k]!) + 1;
    if (places < 1) refuse(node.path, 'the window is larger than what it slides over', `${kernel[k]} on ${length}`, 'a smaller kernel');
    return places;
  });
} // prettier-ignore
