// The eight files of the NIR paper's repository as data: structure, types and shapes as stored there; small parameters as
// stored, large weight matrices drawn anew. Old files: no v_reset, no w_in.
import { uniform24 } from '../../src/math/random.ts';
import { type HdfArray, type HdfGroup, hdfGroup, hdfNumbers, hdfText } from '../../src/trace/hdf5.ts';

export type Fields = Readonly<Record<string, HdfArray | HdfGroup>>;

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** An array of one value, or of these; float64 unless stated. */
export function array(values: number | readonly number[], shape: readonly number[], type: 'float32' | 'float64' | 'int64' = 'float64'): HdfArray {
  const all = typeof values === 'number' ? Array.from({ length: size(shape) }, () => values) : values;
  return hdfNumbers(type === 'float32' ? all.map(Math.fround) : all, shape, type);
} // prettier-ignore

export const float32 = (values: number | readonly number[], ...shape: number[]): HdfArray => array(values, shape, 'float32'); // prettier-ignore
export const float64 = (values: number | readonly number[], ...shape: number[]): HdfArray => array(values, shape);
export const whole = (...values: number[]): HdfArray => array(values, [values.length], 'int64');
export const scalar = (value: number): HdfArray => array([value], [], 'int64');

/** Weights from -scale to scale / 4, float32: more inhibition than excitation, or rates would grow without bounds. */
export function drawn(stream: number, scale: number, ...shape: number[]): HdfArray {
  return float32(Array.from({ length: size(shape) }, (_, k) => scale * (1.25 * uniform24(1, stream, k, 0, 0) - 1)), ...shape); // prettier-ignore
}

export const node = (type: string, fields: Fields): HdfGroup => hdfGroup({ type: hdfText(type), ...fields });

export function graph(nodes: Readonly<Record<string, HdfGroup>>, edges: readonly (readonly [string, string])[], rest: Fields = {}): HdfGroup {
  return node('NIRGraph', { nodes: hdfGroup(nodes), edges: hdfText(edges.flat(), [edges.length, 2]), ...rest });
} // prettier-ignore

export const file = (root: HdfGroup, version = '0.2.0'): HdfGroup =>
  hdfGroup({ version: hdfText(version), node: root });

export const input = (...shape: number[]): HdfGroup => node('Input', { shape: whole(...shape) });
export const output = (...shape: number[]): HdfGroup => node('Output', { shape: whole(...shape) });

const lif32 = { r: float32(1, 1), tau: float32(0.0025, 1), v_leak: float32(0, 1), v_threshold: float32(0.1, 1) };

/** 01_lif/lif_norse.nir (0.1.1). */
export const lifNorse = (): HdfGroup =>
  file(
    graph(
      {
        input: input(1),
        0: node('Affine', { weight: float32(1, 1, 1), bias: float32(0, 1) }),
        1: node('LIF', lif32),
        output: output(1),
      },
      [['input', '0'], ['0', '1'], ['1', 'output']],
    ),
    '0.1.1',
  ); // prettier-ignore

/** 01_lif/lif_rockpool.nir: its Output has three dimensions. */
export const lifRockpool = (): HdfGroup =>
  file(
    graph(
      {
        input: input(1),
        '0_LinearTorch': node('Linear', { weight: float32(0.03999999910593033, 1, 1) }),
        '1_LIFNeuronTorch': node('LIF', { ...lif32, r: float32(24.019737243652344, 1) }),
        output: output(1, 1, 1),
      },
      [['0_LinearTorch', '1_LIFNeuronTorch'], ['1_LIFNeuronTorch', 'output'], ['input', '0_LinearTorch']],
    ),
  ); // prettier-ignore

/** 01_lif/debug_spike_representation/two_lif_neurons.nir. */
export function twoLifNeurons(): HdfGroup {
  const lif = (leak: number, threshold: number): HdfGroup =>
    node('LIF', { r: float64(1, 1), tau: float64(0.01, 1), v_leak: float64(leak, 1), v_threshold: float64(threshold, 1) }); // prettier-ignore
  const linear = (): HdfGroup => node('Linear', { weight: float64(1, 1, 1) });
  return file(
    graph({ in: input(1), linear1: linear(), lif1: lif(1.2, 1), linear2: linear(), lif2: lif(0, 20), out: output(1) }, [
      ['in', 'linear1'],
      ['linear1', 'lif1'],
      ['lif1', 'linear2'],
      ['linear2', 'lif2'],
      ['lif2', 'out'],
    ]),
  );
}

/** 02_cnn/cnn_sinabs.nir: pools and a Flatten whose shapes have to be inferred; edges in the order of the file. */
export function cnnSinabs(): HdfGroup {
  const conv = (stream: number, out: number, into: number, kernel: number, stride: number, side: number): HdfGroup =>
    node('Conv2d', {
      weight: drawn(stream, 0.25, out, into, kernel, kernel), bias: float32(0, out), stride: whole(stride, stride), padding: whole(1, 1),
      dilation: whole(1, 1), groups: scalar(1), input_shape: whole(side, side),
    }); // prettier-ignore
  const fire = (...shape: number[]): HdfGroup => node('IF', { r: float32(1, ...shape), v_threshold: float32(1, ...shape) });
  const pool = (): HdfGroup => node('SumPool2d', { kernel_size: whole(2, 2), stride: whole(2, 2), padding: whole(0, 0) });
  const dense = (stream: number, out: number, into: number): HdfGroup =>
    node('Affine', { weight: drawn(stream, 0.1, out, into), bias: float32(0, out) });
  const edges = '8 9, 11 12, 5 6, 0 1, 9 10, 12 output, 4 5, 3 4, 2 3, input 0, 6 7, 1 2, 7 8, 10 11';
  return file(
    graph(
      {
        input: input(2, 34, 34),
        0: conv(1, 16, 2, 5, 2, 34),
        1: fire(16, 16, 16),
        2: conv(2, 16, 16, 3, 1, 16),
        3: fire(16, 16, 16),
        4: pool(),
        5: conv(3, 8, 16, 3, 1, 8),
        6: fire(8, 8, 8),
        7: pool(),
        8: node('Flatten', { start_dim: scalar(0), end_dim: scalar(-1), input_type: whole(8, 4, 4) }),
        9: dense(4, 256, 128),
        10: fire(256),
        11: dense(5, 10, 256),
        12: fire(10),
        output: output(10),
      },
      edges.split(', ').map((pair) => pair.split(' ') as [string, string]),
    ),
  );
} // prettier-ignore

interface Braille {
  readonly hidden: number;
  readonly bias: boolean;
  readonly r: readonly [number, number];
  readonly tauMem: readonly [number, number];
  readonly tauSyn: readonly [number, number];
  readonly wIn: readonly [number, number];
}

/** Parameters of 03_rnn/braille_noDelay_bias_zero.nir and ..._noBias_subtract.nir, as stored. */
export const brailleBias: Braille = {
  hidden: 38, bias: true, r: [9.999997615814776, 2.2222222810910086], tauMem: [0.0009999997615814777, 0.0002222222281091009],
  tauSyn: [0.0002222222281091009, 0.0002], wIn: [2.2222222810910086, 2],
}; // prettier-ignore
export const brailleNoBias: Braille = {
  hidden: 40, bias: false, r: [6.666667726304964, 3.3333332008785725], tauMem: [0.0006666667726304965, 0.00033333332008785726],
  tauSyn: [0.0004, 0.00018181817787737896], wIn: [4, 1.8181817787737895],
}; // prettier-ignore

function brailleNodes({ hidden, bias, r, tauMem, tauSyn, wIn }: Braille): Readonly<Record<'fc1' | 'rec' | 'fc2' | 'lif1' | 'lif2', HdfGroup>> {
  const linear = (stream: number, scale: number, out: number, into: number): HdfGroup =>
    node(bias ? 'Affine' : 'Linear', { weight: drawn(stream, scale, out, into), ...(bias && { bias: drawn(stream + 1, 0.3, out) }) });
  const lif = (k: 0 | 1, units: number): HdfGroup =>
    node('CubaLIF', {
      r: float64(r[k], units), tau_mem: float64(tauMem[k], units), tau_syn: float64(tauSyn[k], units), v_leak: float64(0, units),
      v_threshold: float64(1, units), w_in: float64(wIn[k], units),
    });
  return { fc1: linear(10, 1, hidden, 12), rec: linear(12, 0.5, hidden, hidden), fc2: linear(14, 0.5, 7, hidden), lif1: lif(0, hidden), lif2: lif(1, 7) };
} // prettier-ignore

/** The recurrent networks of 03_rnn: a cycle through lif1.w_rec. */
export function braille(which: Braille): HdfGroup {
  const { fc1, rec, fc2, lif1, lif2 } = brailleNodes(which);
  return file(
    graph({ input: input(12), fc1, 'lif1.lif': lif1, 'lif1.w_rec': rec, fc2, lif2, output: output(7) }, [
      ['lif1.w_rec', 'lif1.lif'],
      ['lif1.lif', 'lif1.w_rec'],
      ['lif2', 'output'],
      ['fc2', 'lif2'],
      ['input', 'fc1'],
      ['fc1', 'lif1.lif'],
      ['lif1.lif', 'fc2'],
    ]),
  );
}

/** 03_rnn/extras/..._subgraph.nir: the inner edges name `lif`, the inner node is `lif1` (or, mended, `lif`). */
export function brailleSubgraph(which: Braille, inner = 'lif1'): HdfGroup {
  const { fc1, rec, fc2, lif1, lif2 } = brailleNodes(which);
  const units = which.hidden;
  const nested = graph({ input: input(units), [inner]: lif1, lin: rec, output: output(units) }, [
    ['input', 'lif'],
    ['lif', 'lin'],
    ['lin', 'lif'],
    ['lif', 'output'],
  ]);
  return file(
    graph({ input: input(12), fc1, lif1: nested, fc2, lif2, output: output(7) }, [
      ['input', 'fc1'],
      ['fc1', 'lif1'],
      ['lif1', 'fc2'],
      ['fc2', 'lif2'],
      ['lif2', 'output'],
    ]),
  );
}
