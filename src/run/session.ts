// A network at hand, for a page or a program of one's own: opened from text, shown examples, trained in pieces, saved as bytes.
// It opens no file, reads no clock and shows nothing; one thing at a time is asked of it.
import type { Backend } from '../backends/backend.ts';
import type { DataSet, Examples } from '../data/dataset.ts';
import { normalised } from '../data/normal.ts';
import { preparerHere } from '../data/prepare.ts';
import { limited } from '../data/split.ts';
import { SettleError } from '../errors.ts';
import { encodeEnd, encodeFrame, encodeHeader } from '../frames/container.ts';
import { joined } from '../frames/bytes.ts';
import type { Frame } from '../frames/frame.ts';
import { recordExamples } from '../learn/record.ts';
import {
  type EpochResult,
  evaluate,
  freshState,
  restore,
  train,
  type TrainProgress,
  type TrainState,
} from '../learn/trainer.ts';
import { loadModel } from '../model/load.ts';
import { type Bench, benchOf, inputsOf } from './bench.ts';
import {
  aboutOf,
  energySamples,
  firstPicks,
  imageOf,
  type LiveAbout,
  type LiveState,
  type ShownExample,
  watchedSpecs,
} from './live.ts';
import { encodeState, stateIn } from './state.ts';
import { traceHeader } from './traceHeader.ts'; // prettier-ignore

export interface SessionOptions {
  /** A model file, its name for messages, and `path=value`, in order. */
  readonly text: string;
  readonly file: string;
  readonly set?: readonly string[];
  readonly backend: Backend;
  readonly data: DataSet;
  /** Bytes of a checkpoint: weights of an earlier training. */
  readonly checkpoint?: Uint8Array | undefined;
  readonly threads?: number;
}

/** Between batches, so that other events happen while a session trains or reads out. */
export type Breath = () => Promise<void> | undefined;

export interface Training {
  readonly epochs: number;
  readonly signal?: { readonly aborted: boolean };
  breathe?: Breath;
  /** Whether progress is wanted now; it costs a read of the machine. */
  wanted?(): boolean;
  onProgress?(progress: TrainProgress): void;
  onEpoch?(result: EpochResult): void;
}

export interface Session {
  readonly about: LiveAbout;
  /** The card or software that the backend runs on, where it has a choice. */
  readonly device: string | null;
  /** The model with every default written out. */
  readonly resolvedYaml: string;
  /** Numbers of one example. */
  readonly inputs: number;
  readonly state: TrainState;
  /** A test example by its number, or numbers of one's own in [0, 1]; nudged towards `label`, where there is one. */
  show(what: number | Float32Array, label: number | null, picks?: LiveState['picks']): Promise<ShownExample>;
  /** Goes on training until so many epochs are done in all. */
  train(training: Training): Promise<TrainState>;
  /** Answers to the first test examples, and their spikes; null when the signal came. */
  readOut(count: number, how?: Pick<Training, 'signal' | 'breathe'>): Promise<ReadOut | null>;
  /** Weights and where training stands, as a checkpoint. */
  checkpoint(): Uint8Array;
  /** Frames of a shown example as a trace. */
  trace(frames: readonly Frame[]): Uint8Array;
  close(): Promise<void>;
}

export interface ReadOut {
  readonly examples: number;
  readonly wrong: number;
  readonly predicted: Uint8Array;
  readonly spikes: number;
}

/** @throws SettleError of kind `input` for a model, data and weights that do not fit each other */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { file, data: set, threads = 1 } = options;
  const { model, resolvedYaml } = loadModel(options.text, { file, set: options.set ?? [] });
  const data = (): DataSet => ({
    ...set,
    ...normalised(model.data, {
      train: limited(set.train, model.data.train, 'data.train'),
      test: limited(set.test, model.data.test, 'data.test'),
    }),
  });
  const bench = await benchOf({ model, profile: null, backend: options.backend, data, threads });
  const { recipe, machine, rule } = bench;
  let state = options.checkpoint ? fitting(bench, options.checkpoint) : await freshState(recipe, machine, model.seed);
  if (options.checkpoint) await restore(recipe, machine, model.seed, state);
  const { seed } = model;
  const classes = bench.data.classes;
  const { augment } = model.data;
  const prepare = augment && preparerHere(bench.data.train, augment, seed);

  return {
    about: aboutOf({ ...bench, profile: null }),
    device: machine.device ?? null,
    resolvedYaml,
    inputs: inputsOf(bench.data.train),
    get state() {
      return state;
    },
    show,
    async train({ epochs, signal, breathe, wanted, onProgress, onEpoch }) {
      const trained = await train({
        recipe, machine, data: bench.data, seed, epochs, order: model.data.order, prepare, from: state, signal,
        between(count, look) {
          const pause = breathe?.();
          if (count === 0 || !look || !onProgress || wanted?.() === false) return pause;
          return look().then((progress) => (onProgress(progress), pause));
        },
        onEpoch: async (result) => onEpoch?.(result),
      }); // prettier-ignore
      return (state = trained.state);
    },
    async readOut(count, how = {}) {
      const examples = limited(bench.data.test, Math.min(count, bench.data.test.count), 'examples');
      const found = await evaluate({ recipe, machine, data: bench.data, examples, seed, signal: how.signal, between: () => how.breathe?.() }); // prettier-ignore
      if (!found) return null;
      const spikes = Object.values(found.spikes).reduce((sum, each) => sum + each, 0);
      return { examples: found.examples, wrong: found.wrong, predicted: found.predicted, spikes };
    },
    checkpoint() {
      const identity = { model: model.name, rule: rule.name, backend: machine.backend, seed: String(seed) };
      return encodeState(state, identity, {}, (name) => machine.program.buffers.get(name)!.shape);
    },
    trace: (frames) => joined([encodeHeader(traceHeader(model, rule.name)), ...frames.map(encodeFrame), encodeEnd()]),
    close: () => machine.close(),
  };

  async function show(what: number | Float32Array, label: number | null, picks = firstPicks(model, recipe.variables)): Promise<ShownExample> {
    const own = typeof what !== 'number';
    const examples = own ? alone(bench.data.test, what, label ?? 0) : bench.data.test;
    const example = own ? 0 : what;
    if (!(example >= 0 && example < examples.count))
      throw new SettleError('no such example', { kind: 'input', path: 'example', found: String(example), expected: `0 to ${examples.count - 1}` });
    const frames: Frame[] = [];
    const { epoch, batches: batch, examples: seen } = state;
    await recordExamples({
      model, recipe, machine, examples, classes, run: model.name, energySamples: 4 * energySamples,
      specs: watchedSpecs(model, recipe, picks, example, label === null ? ['free'] : undefined),
      progress: { seed, epoch, batch, examples: seen, batchExamples: 1 },
      emit: async (frame) => void frames.push(frame),
    });
    // Some rules learn in every phase, watched or not.
    await restore(recipe, machine, seed, state);
    return { set: 'test', example, label, image: imageOf(examples, example), examples: seen, epoch, frames };
  } // prettier-ignore
}

/** A set of one example of the same shape. */
function alone(like: Examples, inputs: Float32Array, label: number): Examples {
  if (inputs.length !== inputsOf(like))
    throw new SettleError('the example does not fit the network', { kind: 'input', path: 'example', found: `${inputs.length} numbers`, expected: String(inputsOf(like)) }); // prettier-ignore
  return { ...like, count: 1, inputs, scale: 1, labels: Uint8Array.of(label) };
}

/** The state in a checkpoint, if its arrays are those of this Program. */
function fitting({ recipe, machine }: Bench, bytes: Uint8Array): TrainState {
  const { state } = stateIn(bytes, 'checkpoint');
  for (const name of recipe.own ?? recipe.learned) {
    const length = machine.program.buffers.get(name)!.shape.reduce((a, b) => a * b, 1);
    const found = state.learned.get(name)?.length ?? 0;
    if (found !== length)
      throw new SettleError('the weights are of another network', { kind: 'input', path: name, found: `${found} numbers`, expected: String(length) }); // prettier-ignore
  }
  const known = new Set(recipe.learned);
  return { ...state, learned: new Map([...state.learned].filter(([name]) => known.has(name))) };
}
