// NIR files as other tools write them, and files that are wrong in one place each.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as h5wasm from 'h5wasm/node';
import { afterAll, describe, expect, it } from 'vitest';
import { explain, SettleError } from '../../src/errors.ts';
import { type HdfGroup, hdfGroup, hdfNumbers, hdfText } from '../../src/trace/hdf5.ts';
import { readHdf5, writeHdf5 } from '../../src/trace/hdf5.node.ts';
import { readNir } from '../../src/trace/nir.ts';
import type { NirGraph } from '../../src/trace/nirGraph.ts';
import { nirShapes } from '../../src/trace/nirShapes.ts';
import { array, braille, brailleBias, brailleNoBias, brailleSubgraph, cnnSinabs, type Fields, file, float64, graph, input, lifNorse, lifRockpool, node, scalar, twoLifNeurons, whole } from './nirFixtures.ts'; // prettier-ignore

const folder = mkdtempSync(join(tmpdir(), 'settle-nir-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Through a file on disk. */
async function through(root: HdfGroup): Promise<NirGraph> {
  const path = join(folder, 'a.nir');
  await writeHdf5(path, root);
  return readNir(await readHdf5(path), 'a.nir');
}
const shapesOf = (found: NirGraph): Record<string, string> =>
  Object.fromEntries([...nirShapes(found, 'a.nir')].map(([name, { output }]) => [name, output.join('x')]));

/** The refusal of a file, as a person reads it. */
function refusal(root: HdfGroup): string {
  try {
    nirShapes(readNir(root, 'a.nir'), 'a.nir');
  } catch (error) {
    if (error instanceof SettleError && error.place.kind === 'input') return explain(error);
    throw error;
  }
  throw new Error('was read');
}

describe('the files of the paper', () => {
  it('lif_norse: float32 parameters as stored, no v_reset', async () => {
    const found = await through(lifNorse());
    expect(found.version).toBe('0.1.1');
    const lif = found.nodes.find(({ name }) => name === '1')!;
    expect(lif).toMatchObject({ type: 'LIF', shape: [1], parameters: { tau: Float64Array.of(Math.fround(0.0025)), r: Float64Array.of(1), v_threshold: Float64Array.of(Math.fround(0.1)), v_reset: Float64Array.of(0) } }); // prettier-ignore
    expect(found.notes).toEqual(['1: no v_reset in the file, taken as 0']);
    expect(shapesOf(found)).toEqual({ input: '1', 0: '1', 1: '1', output: '1' });
  });

  it('lif_rockpool is refused for the shape of its Output', () => {
    expect(refusal(lifRockpool())).toBe(
      'a.nir: node/nodes/output: the shape of output is not that of 1_LIFNeuronTorch before it: found [1, 1, 1], expected [1]',
    );
  });

  it('two_lif_neurons: v_leak above the threshold is legal', async () => {
    const found = await through(twoLifNeurons());
    expect(found.nodes.find(({ name }) => name === 'lif1')).toMatchObject({ parameters: { v_leak: Float64Array.of(1.2), v_threshold: Float64Array.of(1) } }); // prettier-ignore
    expect(found.edges).toEqual([['in', 'linear1'], ['linear1', 'lif1'], ['lif1', 'linear2'], ['linear2', 'lif2'], ['lif2', 'out']]); // prettier-ignore
  });

  it('cnn_sinabs: shapes go through SumPool2d and Flatten', async () => {
    const shapes = shapesOf(await through(cnnSinabs()));
    expect(shapes).toMatchObject({ 0: '16x16x16', 2: '16x16x16', 4: '16x8x8', 5: '8x8x8', 7: '8x4x4', 8: '128', 9: '256', output: '10' }); // prettier-ignore
  });

  it('braille: a cycle between neurons and their recurrent weights, with names that have dots', async () => {
    for (const which of [brailleBias, brailleNoBias]) {
      const found = await through(braille(which));
      expect(found.edges).toContainEqual(['lif1.lif', 'lif1.w_rec']);
      expect(shapesOf(found)['lif1.w_rec']).toBe(String(which.hidden));
      expect(found.nodes.find(({ name }) => name === 'lif2')).toMatchObject({ type: 'CubaLIF', parameters: { w_in: new Float64Array(7).fill(which.wIn[1]), v_reset: new Float64Array(7) } }); // prettier-ignore
    }
  });

  it('the two subgraph files are refused for edges to `lif`, which is not there', () => {
    for (const which of [brailleBias, brailleNoBias])
      expect(refusal(brailleSubgraph(which))).toBe(
        'a.nir: node/nodes/lif1/edges[0]: an edge names a node that is not there: found "lif" (input -> lif), expected one of input, lif1, lin, output',
      );
  });

  it('the same graphs with the name mended are laid flat', async () => {
    const found = await through(brailleSubgraph(brailleBias, 'lif'));
    expect(found.nodes.map(({ name }) => name).sort()).toEqual(
      ['fc1', 'fc2', 'input', 'lif1.input', 'lif1.lif', 'lif1.lin', 'lif1.output', 'lif2', 'output'],
    ); // prettier-ignore
    for (const edge of [['fc1', 'lif1.input'], ['lif1.output', 'fc2'], ['lif1.lin', 'lif1.lif']]) expect(found.edges).toContainEqual(edge); // prettier-ignore
    expect(shapesOf(found)['lif1.output']).toBe('38');
  });
});

describe('what other writers do', () => {
  const lif = { r: float64(1, 2), tau: float64(0.01, 2), v_leak: float64(0, 2), v_threshold: float64(1, 2) };

  it('bytes of fixed length, arrays in chunks and compressed, metadata', async () => {
    const path = join(folder, 'bytes.nir');
    const library = await h5wasm.ready;
    expect(library).toBeDefined();
    const out = new h5wasm.File(path, 'w');
    out.create_dataset({ name: 'version', data: '1.0.7', dtype: 'S5' });
    const root = out.create_group('node');
    root.create_dataset({ name: 'type', data: 'NIRGraph', dtype: 'S8' });
    root.create_dataset({ name: 'edges', data: ['in', 'w', 'w', 'n', 'n', 'out'], shape: [3, 2], dtype: 'S3' });
    root.create_group('metadata').create_dataset({ name: 'time_unit', data: 'ms' });
    const nodes = root.create_group('nodes');
    const add = (
      name: string,
      type: string,
      fields: Record<string, readonly [Float32Array | Int32Array, number[]]>,
    ) => {
      const at = nodes.create_group(name);
      at.create_dataset({ name: 'type', data: type });
      for (const [key, [data, shape]] of Object.entries(fields))
        at.create_dataset({ name: key, data, shape, chunks: shape.map((length) => Math.ceil(length / 2)), compression: 'gzip' }); // prettier-ignore
      at.create_group('metadata');
    };
    add('in', 'Input', { shape: [Int32Array.of(40), [1]] });
    add('w', 'Linear', { weight: [Float32Array.from({ length: 1200 }, (_, k) => k / 8), [30, 40]] });
    const ones = [new Float32Array(30).fill(1), [30]] as const;
    add('n', 'LIF', { tau: [ones[0], [30]], r: [ones[0], [30]], v_leak: [ones[0], [30]], v_threshold: [ones[0], [30]], v_reset: [ones[0], [30]] }); // prettier-ignore
    add('out', 'Output', { shape: [Int32Array.of(30), [1]] });
    out.close();
    const found = readNir(await readHdf5(path), path);
    expect(found.edges).toEqual([['in', 'w'], ['w', 'n'], ['n', 'out']]); // prettier-ignore
    expect(found.nodes.find(({ name }) => name === 'w')).toMatchObject({ type: 'Linear', weight: { shape: [30, 40] } });
    const weight = found.nodes.find(({ name }) => name === 'w') as { readonly weight: { readonly values: Float64Array } } | undefined; // prettier-ignore
    expect(weight!.weight.values[1199]).toBe(1199 / 8);
    expect(found.metadata.get('time_unit')).toBe('ms');
  });

  it('duplicate edges are kept, and w_in may be one number', () => {
    const cuba = { r: lif.r, tau_mem: lif.tau, tau_syn: lif.tau, v_leak: lif.v_leak, v_threshold: lif.v_threshold };
    const found = readNir(
      file(graph({ a: input(2), b: node('CubaLIF', { ...cuba, w_in: array([3], []) }) }, [['a', 'b'], ['a', 'b']])),
      'a.nir',
    ); // prettier-ignore
    expect(found.edges).toEqual([['a', 'b'], ['a', 'b']]); // prettier-ignore
    expect(found.nodes[1]).toMatchObject({ parameters: { w_in: Float64Array.of(3, 3) } });
  });

  it('shapes of convolutions without input_shape: stride, padding, dilation, groups, same', () => {
    const conv = (fields: Fields): HdfGroup =>
      node('Conv2d', { bias: float64(0, 4), stride: scalar(1), dilation: scalar(1), groups: scalar(1), padding: scalar(0), ...fields }); // prettier-ignore
    const out = (fields: Fields, ...shape: number[]): string =>
      shapesOf(readNir(file(graph({ a: input(...shape), b: conv(fields) }, [['a', 'b']])), 'a.nir'))['b']!;
    expect(out({ weight: float64(0, 4, 2, 3, 5) }, 2, 20, 31)).toBe('4x18x27');
    expect(out({ weight: float64(0, 4, 2, 3, 5), stride: whole(2, 3), padding: whole(1, 2) }, 2, 20, 31)).toBe(
      '4x10x11',
    );
    expect(out({ weight: float64(0, 4, 2, 3, 3), dilation: whole(2, 4) }, 2, 20, 31)).toBe('4x16x23');
    expect(out({ weight: float64(0, 4, 1, 3, 3), groups: scalar(2), padding: hdfText('same') }, 2, 20, 31)).toBe('4x20x31'); // prettier-ignore
    const pool = node('AvgPool2d', { kernel_size: whole(3), stride: whole(2), padding: whole(1) });
    expect(shapesOf(readNir(file(graph({ a: input(3, 9, 8), b: pool }, [['a', 'b']])), 'a.nir'))['b']).toBe('3x5x4');
    const flat = node('Flatten', { start_dim: scalar(1), end_dim: scalar(-1) });
    expect(shapesOf(readNir(file(graph({ a: input(3, 9, 8), b: flat }, [['a', 'b']])), 'a.nir'))['b']).toBe('3x72');
    const conv1d = node('Conv1d', { weight: float64(0, 4, 2, 5), bias: float64(0, 4), stride: scalar(2), padding: scalar(1), dilation: scalar(1), groups: scalar(1) }); // prettier-ignore
    expect(shapesOf(readNir(file(graph({ a: input(2, 30), b: conv1d }, [['a', 'b']])), 'a.nir'))['b']).toBe('4x14');
  });

  const one = (type: string, fields: Fields, edges: readonly (readonly [string, string])[] = [['a', 'n']]): HdfGroup =>
    file(graph({ a: input(2), n: node(type, fields) }, edges));
  const wrong: readonly (readonly [what: string, root: () => HdfGroup, says: string])[] = [
    ['a newer version', () => file(graph({}, []), '2.0.0'), 'version: a version of NIR that settle does not know: found 2.0.0'],
    ['no version', () => hdfGroup({ node: graph({}, []) }), 'version: a required field is missing'],
    ['no graph', () => hdfGroup({ version: hdfText('1.0') }), 'node: a graph is missing'],
    ['an unknown type', () => one('Izhikevich', {}), 'node/nodes/n/type: an unknown type of node: found "Izhikevich"'],
    ['an unknown field', () => one('LIF', { ...lif, v_peak: lif.r }), 'node/nodes/n/v_peak: a node of type LIF has no such field'],
    ['a missing field', () => one('LIF', { r: lif.r }), 'node/nodes/n/tau: a required field is missing: found nothing, expected tau of LIF'],
    ['parameters of two shapes', () => one('LIF', { ...lif, v_leak: float64(0, 1) }), 'node/nodes/n/v_leak: wrong shape: found [1], expected [2]'],
    ['weights of one dimension', () => one('Linear', { weight: float64(0, 2) }), 'node/nodes/n/weight: wrong number of dimensions: found [2], expected 2 dimensions or more'],
    ['a kernel of three dimensions', () => one('Conv2d', { weight: float64(0, 1, 2, 3), bias: float64(0, 1), stride: scalar(1), padding: scalar(0), dilation: scalar(1), groups: scalar(1) }), 'node/nodes/n/weight: wrong number of dimensions'],
    ['a time constant of 0', () => one('LIF', { ...lif, tau: float64([0.01, 0], 2) }), 'node/nodes/n/tau[1]: a time constant must be above 0: found 0'],
    ['a value that is no number', () => one('LIF', { ...lif, r: float64([NaN, 0], 2) }), 'node/nodes/n/r[0]: not a finite number: found NaN'],
    ['a negative delay', () => one('Delay', { delay: float64([0, -1], 2) }), 'node/nodes/n/delay[1]: a delay may not be negative'],
    ['an edge from nowhere', () => one('LIF', lif, [['b', 'n']]), 'node/edges[0]: an edge names a node that is not there: found "b" (b -> n), expected one of a, n'],
    ['shapes that differ along an edge', () => one('Scale', { scale: float64(0, 3) }), 'node/nodes/n: the shape of n is not that of a before it: found [3], expected [2]'],
    ['a shape that nothing determines', () => one('SumPool2d', { kernel_size: whole(2), stride: whole(2), padding: whole(0) }, []), 'node/nodes/n: the shape of a SumPool2d cannot be inferred'],
    ['edges that are numbers', () => file(node('NIRGraph', { nodes: hdfGroup({}), edges: hdfNumbers([1, 2], [1, 2]) })), 'node/edges: not a list of edges'],
    ['a nested name that is taken', () => file(graph({ 'x.y': input(1), x: graph({ y: input(1) }, []) }, [])), 'node/nodes/x/nodes/y: two nodes of one name'],
    ['a window larger than its image', () => file(graph({ a: input(1, 2, 2), n: node('SumPool2d', { kernel_size: whole(3), stride: whole(1), padding: whole(0) }) }, [['a', 'n']])), 'node/nodes/n: the window is larger'],
  ]; // prettier-ignore
  it.each(wrong)('%s is refused', (_, root, says) => {
    expect(refusal(root())).toContain(says);
  });

  it('a file that is not HDF5, a cut one and a missing one are refused by name', async () => {
    const path = join(folder, 'b.nir');
    writeFileSync(path, 'not a graph');
    await expect(readHdf5(path)).rejects.toThrow(/not an HDF5 file/);
    await writeHdf5(path, lifNorse());
    const { readFileSync } = await import('node:fs');
    writeFileSync(path, readFileSync(path).subarray(0, 3000));
    await expect(readHdf5(path)).rejects.toThrow(/truncated/);
    await expect(readHdf5(join(folder, 'c.nir'))).rejects.toThrow(/no such file/);
  });
});
