// One simulation of a network without learning, from model to figures: wiring, engine, statistics while it runs, checkpoints
// and trace. It prints nothing and reads no clock of its own.
import { existsSync, rmSync } from 'node:fs';
import { freemem } from 'node:os';
import { clockedSimulation } from '../engine/network/clockedSimulation.ts';
import type { EventState } from '../engine/event/engine.ts';
import type { EventNetwork } from '../engine/event/network.ts';
import { threadedEventEngine } from '../engine/event/threads.node.ts';
import { offsetsOf } from '../engine/network/eventNetwork.ts';
import { eventSimulation } from '../engine/network/eventSimulation.ts';
import type {
  Simulation,
  SimulationCounts,
  SimulationState,
  Spikes,
  StateArray,
} from '../engine/network/simulation.ts';
import { checkSynapses, wiringOf } from '../engine/network/wiring.ts';
import { SettleError } from '../errors.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../frames/checkpoint.ts';
import { type ContainerWriter, openContainer, readBytes, sha256, writeFileAtomic } from '../frames/files.node.ts';
import type { Column, Frame } from '../frames/frame.ts';
import { type TrainFigures, type TrainOptions, trainStatistics } from '../math/spikeTrains.ts';
import { isSource, type NetworkModel } from '../model/network.ts';
import { atLeast, guarded, openFolder, type RunFolder } from './folder.node.ts';
import { type NeuroBench, neuroBench } from './neuroBench.ts';
import { entryOf } from './tables.ts';
import { backends } from './tables.node.ts';
import { eventEngines } from './verify.node.ts';

export interface NetworkRunOptions {
  readonly model: NetworkModel;
  /** The model as text, for the folder. */
  readonly modelText: string;
  /** Where checkpoint, result and trace go; null to keep nothing. */
  readonly out: string | null;
  readonly resume: boolean;
  /** Record spikes: into this file, or (null) into the folder if there is one. */
  readonly trace: string | null;
  readonly threads: number;
  readonly signal?: { readonly aborted: boolean } | undefined;
  /** Milliseconds. */
  clock(): number;
  onStart?(simulation: Simulation, model: NetworkModel): void;
  onProgress?(progress: { readonly time: number; readonly spikes: number }): void;
}

export interface NetworkResult {
  readonly schema: 'settle-network/1';
  readonly model: string;
  readonly engine: 'clocked' | 'event';
  readonly backend: string;
  readonly precision: string;
  readonly threads: number;
  readonly seed: number;
  /** Simulated, and left out of the statistics at the start, seconds. */
  readonly duration: number;
  readonly discard: number;
  readonly neurons: number;
  readonly synapses: number;
  readonly bytesPerSynapse: number;
  readonly spikes: number;
  readonly sourceSpikes: number;
  readonly synapticEvents: number;
  readonly driveEvents: number;
  readonly updates: number;
  /** Wall-clock seconds of the run (all sessions) and of making the network. */
  readonly seconds: number;
  readonly buildSeconds: number;
  readonly populations: readonly TrainFigures[];
  readonly neurobench: NeuroBench;
}

export interface NetworkOutcome {
  readonly result: NetworkResult | null;
  /** Simulated seconds reached. */
  readonly time: number;
}

/** Simulated seconds between two looks at the outside world, and wall-clock seconds between two checkpoints. */
const lookEvery = 0.05;
const saveEvery = 0.5;

/** How statistics are taken: windows of 100 ms for single units, bins of 5 ms for populations. */
export const trainOptions = (model: NetworkModel): TrainOptions => ({
  groups: model.populations.map(({ name, units }) => ({ name, units })),
  from: model.discard, until: model.duration, window: 0.1, bin: 0.005, sample: 50, courseBins: 100,
}); // prettier-ignore

/** @throws SettleError of kind `input` for what the engine cannot run, `environment` for what cannot be written */
export async function simulateNetwork(options: NetworkRunOptions): Promise<NetworkOutcome> {
  const { model } = options;
  const begun = options.clock();
  checkSynapses(model, freemem());
  const folder = options.out === null ? null : openFolder(options.out, { resume: options.resume });
  const identity = { model: model.name, modelSha256: sha256(options.modelText), engine: model.engine, backend: model.backend, seed: String(model.seed) }; // prettier-ignore
  try {
    const earlier = folder && options.resume && existsSync(folder.file('checkpoint')) ? readState(folder, identity) : null;
    if (folder) writeFileAtomic(folder.file('model'), options.modelText);
    const wirings = wiringOf(model, { wide: model.weights === 'float64' });
    const simulation = await openSimulation(model, wirings, options.threads, earlier?.engine);
    const built = (options.clock() - begun) / 1000;
    try {
      options.onStart?.(simulation, model);
      return await advance(options, simulation, { folder, identity, earlier, built, zeroWeights: zeros(wirings) });
    } finally {
      await simulation.close();
    }
  } catch (error) {
    if (folder && !existsSync(folder.file('checkpoint'))) folder.discard();
    throw error;
  }
} // prettier-ignore

const zeros = (wirings: readonly { readonly weights: ArrayLike<number> }[]): number =>
  wirings.reduce((sum, { weights }) => {
    let count = 0;
    for (let k = 0; k < weights.length; k++) if (weights[k] === 0) count++;
    return sum + count;
  }, 0);

export async function openSimulation(model: NetworkModel, wirings: ReturnType<typeof wiringOf>, threads: number, from: SimulationState | undefined): Promise<Simulation> {
  if (model.engine === 'event') {
    const alone = entryOf(eventEngines, 'backend', model.backend, 'backend');
    const engine = model.backend === 'wasm' && threads > 1 ? (network: EventNetwork, state?: EventState) => threadedEventEngine(network, threads, state) : alone;
    return eventSimulation(model, wirings, { engine, from });
  }
  const backend = entryOf(backends, 'backend', model.backend, 'backend')();
  return clockedSimulation(model, wirings, { backend, from });
} // prettier-ignore

interface Session {
  readonly folder: RunFolder | null;
  readonly identity: Readonly<Record<string, string>>;
  readonly earlier: Earlier | null;
  readonly built: number;
  readonly zeroWeights: number;
}

async function advance(options: NetworkRunOptions, simulation: Simulation, session: Session): Promise<NetworkOutcome> {
  const { model, clock } = options;
  const { folder, identity, earlier } = session;
  const statistics = trainStatistics(trainOptions(model));
  if (earlier) statistics.restore(earlier.statistics);
  const traceFile = options.trace ?? folder?.file('trace') ?? null;
  if (options.trace !== null && !earlier && existsSync(options.trace))
    throw new SettleError('the file is there already', { kind: 'input', path: '--trace', file: options.trace, expected: 'a new file' });
  if (traceFile !== null && earlier) atLeast(traceFile, earlier.traceLength);
  let trace: ContainerWriter | null = traceFile === null ? null : guarded(traceFile, () => openContainer(traceFile, header(model), earlier?.traceLength ?? 0));
  const offsets = offsetsOf(model);
  const began = clock();
  const spent = (): number => (earlier?.seconds ?? 0) + (clock() - began) / 1000;
  let saved = clock();

  async function save(): Promise<void> {
    if (!folder) return;
    const state = await simulation.state();
    const counters = { time: simulation.time };
    const bytes = encodeCheckpoint({ identity, counters, lengths: { trace: trace?.length ?? 0 }, learned: { ...columns('engine.', state), ...columns('statistics.', statistics.state()) } });
    writeFileAtomic(folder.file('checkpoint'), bytes);
    // Apart from the checkpoint, whose bytes know no clock.
    writeFileAtomic(folder.file('provenance'), `${JSON.stringify({ schema: 'settle-provenance/1', ...identity, spent: { seconds: spent() }, finished: simulation.time >= model.duration }, null, 2)}\n`);
    saved = clock();
  }
  try {
    for (let k = Math.floor(simulation.time / lookEvery + 1e-9) + 1; simulation.time < model.duration; k++) {
      const from = simulation.time;
      const until = Math.min(model.duration, Number((k * lookEvery).toPrecision(12)));
      const spikes = await simulation.advance(until);
      statistics.add(spikes.time, spikes.unit);
      if (trace) guarded(traceFile!, () => trace!.frame(frameOf(model, offsets, spikes, from, until)));
      options.onProgress?.({ time: until, spikes: simulation.counts.spikes });
      if (clock() - saved >= 1000 * saveEvery) await save();
      await new Promise((resolve) => setImmediate(resolve));
      if (options.signal?.aborted && until < model.duration) {
        await save();
        return { result: null, time: until };
      }
    }
    const seconds = spent();
    await save();
    if (trace) guarded(traceFile!, () => trace!.end());
    trace = null;
    const result = resultOf(model, simulation, statistics.figures(model.duration), seconds, session);
    if (folder) writeFileAtomic(folder.file('result'), `${JSON.stringify(result, null, 2)}\n`);
    return { result, time: model.duration };
  } finally {
    trace?.close();
    if (trace && !folder && options.trace !== null) rmSync(options.trace, { force: true });
  }
} // prettier-ignore

function resultOf(model: NetworkModel, simulation: Simulation, populations: TrainFigures[], seconds: number, { built, zeroWeights }: Session): NetworkResult {
  const { engine, backend, precision, threads, synapses, synapseBytes } = simulation;
  const counts: SimulationCounts = simulation.counts;
  const neurons = model.populations.reduce((sum, population) => sum + (isSource(population) ? 0 : population.units), 0);
  return {
    schema: 'settle-network/1', model: model.name, engine, backend, precision, threads, seed: model.seed,
    duration: model.duration, discard: model.discard, neurons, synapses,
    bytesPerSynapse: synapses > 0 ? synapseBytes / synapses : 0,
    ...counts, seconds, buildSeconds: built, populations,
    neurobench: neuroBench(model, counts, { neurons, synapses, synapseBytes, zeroWeights }),
  };
} // prettier-ignore

interface Earlier {
  readonly engine: SimulationState;
  readonly statistics: ReadonlyMap<string, Float64Array>;
  readonly traceLength: number;
  readonly seconds: number;
}

/** @throws SettleError of kind `input` for a checkpoint that is damaged or of another run */
function readState(folder: RunFolder, identity: Readonly<Record<string, string>>): Earlier {
  const file = folder.file('checkpoint');
  const found = decodeCheckpoint(readBytes(file), file);
  for (const key of Object.keys(identity))
    if (found.identity[key] !== identity[key])
      throw new SettleError('the checkpoint is of another run', {
        kind: 'input', file, path: key, found: found.identity[key] ?? 'nothing', expected: identity[key]!,
        hint: 'give the same model and flags as at the start, or another --out',
      });
  const part = (prefix: string): Map<string, StateArray> =>
    new Map(Object.entries(found.learned).flatMap(([name, { data }]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), data]] : [])));
  const provenance = existsSync(folder.file('provenance')) ? (JSON.parse(new TextDecoder().decode(readBytes(folder.file('provenance')))) as { spent?: { seconds?: number } }) : {};
  return {
    engine: part('engine.'),
    statistics: part('statistics.') as Map<string, Float64Array>,
    traceLength: found.lengths['trace'] ?? 0,
    seconds: provenance.spent?.seconds ?? 0,
  };
} // prettier-ignore

function columns(prefix: string, state: ReadonlyMap<string, StateArray>): Record<string, Column> {
  const dtypes = { Float64Array: 'f64', Float32Array: 'f32', Int32Array: 'i32', Uint32Array: 'u32', Uint8Array: 'u8' } as const;
  return Object.fromEntries([...state].map(([name, data]) => [`${prefix}${name}`, { dtype: dtypes[data.constructor.name as keyof typeof dtypes], shape: [data.length], data }]));
} // prettier-ignore

const header = (model: NetworkModel) => ({
  schema: 'settle-trace/1',
  run: `${model.name}-${model.engine}-${model.seed}`,
  model: model.name,
  seed: model.seed,
  units: { time: 's' },
  populations: Object.fromEntries(model.populations.map(({ name, units }) => [name, units])),
});

/** Spikes of [from, until) by population; times in seconds. */
function frameOf(model: NetworkModel, offsets: readonly number[], { time, unit }: Spikes, from: number, until: number): Frame {
  const columns: Record<string, Column> = {};
  model.populations.forEach(({ name }, p) => {
    const mine: number[] = [];
    for (let k = 0; k < unit.length; k++) if (unit[k]! >= offsets[p]! && unit[k]! < offsets[p + 1]!) mine.push(k);
    columns[`${name}.spikes.time`] = { dtype: 'f64', shape: [mine.length], data: Float64Array.from(mine, (k) => time[k]!) };
    columns[`${name}.spikes.unit`] = { dtype: 'i32', shape: [mine.length], data: Int32Array.from(mine, (k) => unit[k]! - offsets[p]!) };
  });
  return { kind: 'spikes', run: `${model.name}-${model.engine}-${model.seed}`, epoch: 0, example: 0, phase: 'run', t0: from, t1: until, columns };
} // prettier-ignore
