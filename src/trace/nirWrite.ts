// A NIR graph as HDF5 data, with the fields that current readers of the format expect.
import { type HdfArray, type HdfGroup, hdfGroup, hdfNumbers, hdfText } from './hdf5.ts';
import { isNeurons, type NirGraph, type NirNode, type NirTensor } from './nirGraph.ts';

export function nirTree({ version, nodes, edges, metadata }: NirGraph): HdfGroup {
  const about = hdfGroup(new Map([...metadata].map(([key, value]) => [key, typeof value === 'string' ? hdfText(value) : hdfNumbers(value)]))); // prettier-ignore
  return hdfGroup({
    version: hdfText(version),
    node: hdfGroup({
      type: hdfText('NIRGraph'),
      nodes: hdfGroup(new Map(nodes.map((node) => [node.name, hdfGroup({ type: hdfText(node.type), ...fieldsOf(node) })]))),
      edges: hdfText(edges.flat(), [edges.length, 2]),
      ...(metadata.size > 0 && { metadata: about }),
    }),
  }); // prettier-ignore
}

const reals = ({ shape, values }: NirTensor): HdfArray => hdfNumbers(values, shape);
const wholes = (values: readonly number[]): HdfArray => hdfNumbers(values, [values.length], 'int64');
const whole = (value: number): HdfArray => hdfNumbers(value, [], 'int64');

function fieldsOf(node: NirNode): Record<string, HdfArray> {
  if (isNeurons(node))
    return Object.fromEntries(Object.entries(node.parameters).map(([name, values]) => [name, hdfNumbers(values, node.shape)])); // prettier-ignore
  switch (node.type) {
    case 'Input':
    case 'Output':
      return { shape: wholes(node.shape) };
    case 'Linear':
      return { weight: reals(node.weight) };
    case 'Affine':
      return { weight: reals(node.weight), bias: reals(node.bias) };
    case 'Scale':
    case 'Delay':
    case 'Threshold':
      return { [node.type.toLowerCase()]: reals(node.values) };
    case 'Flatten':
      return { start_dim: whole(node.startDim), end_dim: whole(node.endDim), ...(node.inputShape && { input_type: wholes(node.inputShape) }) }; // prettier-ignore
    case 'SumPool2d':
    case 'AvgPool2d':
      return { kernel_size: wholes(node.kernel), stride: wholes(node.stride), padding: wholes(node.padding) };
    default: {
      const { weight, bias, stride, padding, dilation, groups, inputShape } = node;
      const each = (values: readonly number[]): HdfArray => (node.type === 'Conv1d' ? whole(values[0]!) : wholes(values)); // prettier-ignore
      return {
        weight: reals(weight), bias: reals(bias), stride: each(stride), dilation: each(dilation), groups: whole(groups),
        padding: padding === 'same' ? hdfText(padding) : each(padding), ...(inputShape && { input_shape: each(inputShape) }),
      }; // prettier-ignore
    }
  }
}
