// NIR files as models that settle simulates, and models as NIR files: the file, its conventions, the spikes that go in, and
// the overrides of the command line. What the formats mean is in trace/.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { wiringOf } from '../engine/network/wiring.ts';
import { reasonOf, SettleError } from '../errors.ts';
import { quantity } from '../expr/units.ts';
import type { Frame } from '../frames/frame.ts';
import type { NetworkModel } from '../model/network.ts';
import { loadNetwork } from '../model/networkLoad.ts';
import { networkText } from '../model/networkText.ts';
import { readHdf5, writeHdf5 } from '../trace/hdf5.node.ts';
import { modelNir } from '../trace/modelNir.ts';
import { readNir } from '../trace/nir.ts';
import { type NirData, nirDataTree, readNirData, signalOf } from '../trace/nirData.ts';
import type { NirGraph } from '../trace/nirGraph.ts';
import { type NirModel, nirModel, type NirSignal } from '../trace/nirModel.ts';
import { nirTree } from '../trace/nirWrite.ts';

export interface OpenNirOptions {
  /** `s` or `ms`; what the file's metadata say (`time_unit`), or seconds. */
  readonly timeUnit?: string | undefined;
  /** Text such as "0.1 ms": a spike is the value 1 held for so long. Without it, a Dirac pulse of integral 1. */
  readonly pulse?: string | undefined;
  /** Spikes for the Inputs: a file of NIRData, or csv with the columns unit, time (s) and, for several Inputs, node. */
  readonly spikes?: string | undefined;
  /** Which sample of the NIRData. */
  readonly sample?: number | undefined;
  /** Overrides of the model, as of `--set`. */
  readonly set?: readonly string[] | undefined;
}

export interface OpenedNir extends NirModel {
  readonly file: string;
  /** The model as a model file. */
  readonly text: string;
}

/** Whether a path is that of an HDF5 file, which is how NIR graphs come. */
export function isNirFile(path: string): boolean {
  if (/\.(nir|h5|hdf5)$/.test(path)) return true;
  try {
    const descriptor = openSync(path, 'r');
    try {
      const head = Buffer.alloc(4);
      return readSync(descriptor, head, 0, 4, 0) === 4 && head.toString('latin1') === '\x89HDF';
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}

export const readNirFile = async (file: string): Promise<NirGraph> => readNir(await readHdf5(file), file);

/** @throws SettleError of kind `input`: the file, its node, an option or the spikes */
export async function openNir(file: string, options: OpenNirOptions = {}): Promise<OpenedNir> {
  const graph = await readNirFile(file);
  const timeUnit = options.timeUnit ?? graph.metadata.get('time_unit') ?? 's';
  if (timeUnit !== 's' && timeUnit !== 'ms')
    throw new SettleError('not a unit of time', { kind: 'input', path: options.timeUnit === undefined ? 'node/metadata/time_unit' : '--time-unit', file, found: String(timeUnit), expected: 's or ms' }); // prettier-ignore
  const pulse = options.pulse === undefined ? null : quantity(options.pulse, 'time', { path: '--pulse' });
  if (pulse !== null && !(pulse > 0))
    throw new SettleError('a pulse takes time', { kind: 'input', path: '--pulse', found: options.pulse!, expected: 'above 0 ms' }); // prettier-ignore
  const given = options.spikes === undefined ? null : await signals(options.spikes, graph, timeUnit === 'ms' ? 1e-3 : 1, options.sample ?? 0); // prettier-ignore
  const name = basename(file).replace(/\.[^.]*$/, '').replace(/[^\w.-]/g, '-').replace(/^(?![A-Za-z0-9])/, 'nir'); // prettier-ignore
  const opened = nirModel(graph, { file, name, timeUnit, pulse, inputs: given?.inputs ?? new Map(), duration: given?.duration || 1 }); // prettier-ignore
  const model = overridden(opened.model, file, options.set ?? []);
  return { ...opened, model, file, text: networkText(model) };
}

/** Overrides are read as those of any model file; connections, which may be millions, are not written out for it. */
function overridden(model: NetworkModel, file: string, set: readonly string[]): NetworkModel {
  if (set.length === 0) return model;
  const changed = loadNetwork(networkText({ ...model, projections: [] }), { file, set });
  if (changed.projections.length > 0)
    throw new SettleError('connections of a NIR graph cannot be set', { kind: 'input', file, path: 'projections', hint: 'settle export FILE --format model writes a model file to change' }); // prettier-ignore
  const populations = set.some((text) => /^populations\b/.test(text)) ? changed.populations : model.populations;
  return { ...changed, populations, projections: model.projections };
}

interface Given {
  readonly inputs: ReadonlyMap<string, NirSignal>;
  /** Seconds; 0 if the file does not say. */
  readonly duration: number;
}

async function signals(path: string, graph: NirGraph, second: number, sample: number): Promise<Given> {
  const ports = graph.nodes.filter(({ name, type }) => type === 'Input' && !graph.edges.some(([, to]) => to === name)).map(({ name }) => name); // prettier-ignore
  if (!isNirFile(path)) return csvSignals(path, ports);
  const data = readNirData(await readHdf5(path), path);
  const inputs = new Map<string, NirSignal>();
  let duration = 0;
  for (const [node, observables] of data) {
    if (!graph.nodes.some(({ name }) => name === node))
      throw new SettleError('data of a node that the graph does not have', { kind: 'input', file: path, path: `nodes/${node}`, found: `"${node}"`, expected: `one of ${graph.nodes.map(({ name }) => name).join(', ')}` }); // prettier-ignore
    if (!ports.includes(node)) continue;
    const found = observables.get('spikes') ?? (observables.size === 1 ? [...observables.values()][0]! : undefined);
    if (!found)
      throw new SettleError('which of these are the spikes?', { kind: 'input', file: path, path: `nodes/${node}/observables`, found: [...observables.keys()].join(', ') || 'nothing', expected: 'spikes' }); // prettier-ignore
    inputs.set(node, signalOf(found, { sample, second }));
    duration = Math.max(duration, second * (found.kind === 'grid' ? found.shape[1] * found.step : found.duration));
  }
  return { inputs, duration };
}

function csvSignals(path: string, ports: readonly string[]): Given {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new SettleError(`cannot read: ${reasonOf(error)}`, { kind: 'input', file: path, path: '--spikes' });
  }
  const [head = '', ...lines] = text.trim().split(/\r?\n/);
  const columns = head.split(',').map((name) => name.trim());
  const [unit, time, node] = ['unit', 'time', 'node'].map((name) => columns.indexOf(name)) as [number, number, number];
  if (unit < 0 || time < 0 || (node < 0 && ports.length !== 1))
    throw new SettleError('columns are missing', { kind: 'input', file: path, line: 1, found: head, expected: ports.length === 1 ? 'unit, time' : `unit, time, node (Inputs: ${ports.join(', ') || 'none'})` }); // prettier-ignore
  const inputs = new Map<string, [number, number, number][]>();
  lines.forEach((line, k) => {
    const cells = line.split(',').map((cell) => cell.trim());
    const [u, t] = [Number(cells[unit]), Number(cells[time])];
    if (cells[unit] === '' || cells[time] === '' || !Number.isInteger(u) || u < 0 || !(t >= 0 && t < Infinity))
      throw new SettleError('not a spike', { kind: 'input', file: path, line: k + 2, found: line, expected: 'a unit from 0 and a time in seconds from 0' }); // prettier-ignore
    const port = node < 0 ? ports[0]! : (cells[node] ?? '');
    const list = inputs.get(port);
    if (list) list.push([u, t, 1]);
    else inputs.set(port, [[u, t, 1]]);
  });
  return { inputs, duration: 0 };
}

/** A model as a NIR file; what of it is not in the file comes back as sentences. @throws SettleError of kind `input` */
export async function writeNir(model: NetworkModel, file: string, out: string): Promise<readonly string[]> {
  const { graph, notes } = modelNir(model, wiringOf(model, { wide: true }), file);
  await writeHdf5(out, nirTree(graph));
  return notes;
}

/** What a trace says of its populations: name -> units. */
type Sizes = Readonly<Record<string, number>>;

/** Spikes of a simulation's trace as NIRData: a node for each population, or for each node of the NIR graph that was run. */
export async function writeNirSpikes(frames: readonly Frame[], sizes: Sizes, out: string, nir?: Pick<NirModel, 'nodes'>): Promise<void> {
  await writeHdf5(out, nirDataTree(spikesOf(frames, sizes, nir)));
} // prettier-ignore

export function spikesOf(frames: readonly Frame[], sizes: Sizes, nir?: Pick<NirModel, 'nodes'>): NirData {
  const trains = new Map(Object.keys(sizes).map((name) => [name, { time: [] as number[], unit: [] as number[] }]));
  for (const { kind, columns } of frames)
    for (const [name, { time, unit }] of kind === 'spikes' ? trains : []) {
      for (const value of columns[`${name}.spikes.time`]?.data ?? []) time.push(value);
      for (const value of columns[`${name}.spikes.unit`]?.data ?? []) unit.push(value);
    }
  const duration = frames.reduce((latest, { t1 }) => Math.max(latest, t1), 0);
  const whole = (name: string) => [{ population: name, units: Uint32Array.from({ length: sizes[name]! }, (_, k) => k) }];
  const parts = nir?.nodes ?? new Map(Object.keys(sizes).map((name) => [name, whole(name)]));
  return new Map([...parts].map(([node, own]) => {
    const events = own.flatMap(({ population, units }) => {
      const train = trains.get(population);
      if (!train) throw new SettleError('the trace is of another model', { kind: 'input', path: population, found: Object.keys(sizes).join(', '), expected: population });
      return train.time.map((at, k) => [at, units[train.unit[k]!]!] as const);
    });
    events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const sample = { time: Float64Array.from(events, ([at]) => at), unit: Uint32Array.from(events, ([, each]) => each), value: null };
    const units = own.reduce((sum, part) => sum + part.units.length, 0);
    return [node, new Map([['spikes', { kind: 'events' as const, units, duration, samples: [sample] }]])];
  }));
} // prettier-ignore
