// NIRData: padding of every writer comes off, exact times survive a file, what is wrong is refused by name.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type HdfArray, type HdfGroup, hdfGroup, hdfNumbers, hdfText } from '../../src/trace/hdf5.ts';
import { readHdf5, writeHdf5 } from '../../src/trace/hdf5.node.ts';
import { type NirData, nirDataTree, type NirEvents, readNirData, signalOf } from '../../src/trace/nirData.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-nirdata-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const typed = (type: string, members: Readonly<Record<string, HdfGroup | HdfArray>>, rest: Readonly<Record<string, HdfArray>> = {}): HdfGroup =>
  hdfGroup(members, { __type__: hdfText(type), ...rest }); // prettier-ignore
const dataOf = (observables: Readonly<Record<string, HdfGroup>>): HdfGroup =>
  typed('NIRGraphData', { nodes: hdfGroup({ lif: typed('NIRNodeData', { observables: hdfGroup(observables) }) }) });
const events = (idx: readonly number[], time: readonly number[], more: Readonly<Record<string, HdfArray>> = {}): HdfGroup =>
  typed(more['value'] ? 'ValuedEventData' : 'EventData', { idx: hdfNumbers(idx, [1, idx.length], 'int64'), time: hdfNumbers(time, [1, time.length]), ...more }, { n_neurons: hdfNumbers(3, [], 'int64'), t_max: hdfNumbers(0.1) }); // prettier-ignore
const read = (observable: HdfGroup) =>
  readNirData(dataOf({ spikes: observable }), 'a.h5')
    .get('lif')!
    .get('spikes')!;

describe('events', () => {
  it('come without padding and in order: idx -1 with Infinity, with twice t_max, or Infinity alone', () => {
    const found = read(events([2, -1, 0, -1, 1, 1], [0.03, Infinity, 0.01, 0.2, Infinity, 0.1])) as NirEvents;
    expect([...found.samples[0]!.time]).toEqual([0.01, 0.03, 0.1]);
    expect([...found.samples[0]!.unit]).toEqual([0, 2, 1]);
    expect(signalOf(found, { sample: 0, second: 1e-3 })).toEqual([[0, 1e-5, 1], [2, 3e-5, 1], [1, 1e-4, 1]]); // prettier-ignore
  });

  it('may have values', () => {
    const found = read(events([2, -1], [0.03, Infinity], { value: hdfNumbers([0.5, 0], [1, 2]) })) as NirEvents;
    expect(signalOf(found, { sample: 0, second: 1 })).toEqual([[2, 0.03, 0.5]]);
  });

  it('of a neuron that is not there, after t_max, or in arrays of two shapes are refused', () => {
    expect(() => read(events([3], [0.01]))).toThrow(expect.objectContaining({ place: expect.objectContaining({ path: 'nodes/lif/observables/spikes/idx[0, 0]', found: '3' }) })); // prettier-ignore
    expect(() => read(events([0], [0.2]))).toThrow(/outside the recording/);
    expect(() => read(events([0], [NaN]))).toThrow(/outside the recording/);
    expect(() => read(events([0, 1], [0.01]))).toThrow(/wrong shape/);
    expect(() => readNirData(hdfGroup({}), 'a.h5')).toThrow(/not a file of NIRData/);
    expect(() => read(typed('SparseData', {}))).toThrow(/unknown type of data/);
  });
});

describe('a grid of time', () => {
  const grid = typed('TimeGriddedData', { data: { ...hdfNumbers([0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0], [2, 3, 2]), type: 'bool' } }, { dt: hdfNumbers(0.001) }); // prettier-ignore

  it('is events at the start of steps, or a shift later', () => {
    const found = read(grid);
    expect(found).toMatchObject({ kind: 'grid', binary: true, step: 0.001 });
    expect(signalOf(found, { sample: 0, second: 1 })).toEqual([[0, 0.001, 1], [1, 0.002, 1]]); // prettier-ignore
    expect(signalOf(found, { sample: 1, second: 1, shift: 0.5 })).toEqual([[0, 0.0005, 1]]);
    expect(() => signalOf(found, { sample: 2, second: 1 })).toThrow(/no such sample/);
  });
});

describe('nested data', () => {
  it('is laid flat', () => {
    const inner = typed('NIRGraphData', { nodes: hdfGroup({ lif: typed('NIRNodeData', { observables: hdfGroup({ s: events([0], [0]) }) }) }) }); // prettier-ignore
    expect([...readNirData(typed('NIRGraphData', { nodes: hdfGroup({ outer: inner }) }), 'a.h5').keys()]).toEqual(['outer.lif']); // prettier-ignore
  });
});

describe('writing', () => {
  it('keeps every bit of the times, samples of different lengths and none at all', async () => {
    const sample = (time: readonly number[], unit: readonly number[]) => ({ time: Float64Array.from(time), unit: Uint32Array.from(unit), value: null }); // prettier-ignore
    const data: NirData = new Map([
      ['lif1.lif', new Map([['spikes', { kind: 'events', units: 4, duration: 0.1, samples: [sample([0.1 / 3, 0.04608438593766117], [3, 0]), sample([], [])] }]])],
      ['quiet', new Map([['spikes', { kind: 'events', units: 1, duration: 0.1, samples: [sample([], [])] }]])],
    ]); // prettier-ignore
    const path = join(folder, 'out.h5');
    await writeHdf5(path, nirDataTree(data));
    expect(readNirData(await readHdf5(path), path)).toEqual(data);
  });
});
