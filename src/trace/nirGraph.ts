// A graph of NIR, the Neuromorphic Intermediate Representation (Pedersen et al. 2024, doi 10.1038/s41467-024-52259-9), as typed
// data: nodes with their arrays, edges, nested graphs already laid flat. It knows no file and simulates nothing.

export interface NirTensor {
  readonly shape: readonly number[];
  /** Row-major; float32 and integers of the file as they are stored, in float64. */
  readonly values: Float64Array;
}

/** What nodes of neurons may say, one value a neuron, in the units of the file. */
export const neuronParameters = {
  I: ['r'],
  LI: ['tau', 'r', 'v_leak'],
  IF: ['r', 'v_threshold', 'v_reset'],
  LIF: ['tau', 'r', 'v_leak', 'v_threshold', 'v_reset'],
  CubaLI: ['tau_syn', 'tau_mem', 'r', 'v_leak', 'w_in'],
  CubaLIF: ['tau_syn', 'tau_mem', 'r', 'v_leak', 'v_threshold', 'v_reset', 'w_in'],
} as const;

export type NirNeuronType = keyof typeof neuronParameters;
export type NirParameter = (typeof neuronParameters)[NirNeuronType][number];

export interface NirNeurons {
  readonly type: NirNeuronType;
  readonly shape: readonly number[];
  /** Those of the type, `v_reset` and `w_in` with their defaults 0 and 1 where the file has none. */
  readonly parameters: Readonly<Partial<Record<NirParameter, Float64Array>>>;
}

export interface NirConvolution {
  readonly type: 'Conv1d' | 'Conv2d';
  /** [channels out, channels in / groups, ...kernel]. */
  readonly weight: NirTensor;
  readonly bias: NirTensor;
  /** One number a dimension of space. */
  readonly stride: readonly number[];
  readonly padding: readonly number[] | 'same';
  readonly dilation: readonly number[];
  readonly groups: number;
  /** Without channels. */
  readonly inputShape: readonly number[] | null;
}

export interface NirPool {
  readonly type: 'SumPool2d' | 'AvgPool2d';
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}

export interface NirFlatten {
  readonly type: 'Flatten';
  /** Dimensions of a shape without an axis of batches; -1 is the last. */
  readonly startDim: number;
  readonly endDim: number;
  readonly inputShape: readonly number[] | null;
}

export type NirContent =
  | { readonly type: 'Input' | 'Output'; readonly shape: readonly number[] }
  /** The last two axes of the weights are out, in. */
  | { readonly type: 'Linear'; readonly weight: NirTensor }
  | { readonly type: 'Affine'; readonly weight: NirTensor; readonly bias: NirTensor }
  | { readonly type: 'Scale' | 'Delay' | 'Threshold'; readonly values: NirTensor }
  | NirConvolution
  | NirPool
  | NirFlatten
  | NirNeurons;

export type NirNode = NirContent & {
  /** `outer.inner` of a nested graph. */
  readonly name: string;
  /** Where it stands in the file. */
  readonly path: string;
};

export interface NirGraph {
  readonly version: string;
  readonly nodes: readonly NirNode[];
  /** Duplicates are kept: a node receives the sum of its edges. */
  readonly edges: readonly (readonly [from: string, to: string])[];
  /** Of the outermost graph: texts and numbers. */
  readonly metadata: ReadonlyMap<string, string | number>;
  /** What the file left out and was taken as its default. */
  readonly notes: readonly string[];
}

export const isNeurons = (node: NirNode): node is NirNode & NirNeurons => node.type in neuronParameters;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
