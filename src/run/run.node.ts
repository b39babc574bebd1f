// One run from a model to a folder: trains, writes metrics, trace, checkpoint, page and provenance, and goes on with a run
// that was stopped, with the same bits. Without a folder it trains and writes nothing.
import { performance } from 'node:perf_hooks';
import type { Backend } from '../backends/backend.ts';
import type { DataSet } from '../data/dataset.ts';
import { loadDataSet } from '../data/load.node.ts';
import { preparer } from '../data/prepare.node.ts';
import type { ProfileFile } from '../hardware/profile/profileRead.node.ts';
import type { Substitution } from '../hardware/pass/substitute.ts';
import type { Frame } from '../frames/frame.ts';
import { alignment, alignmentLine } from '../learn/alignment.ts';
import { health, type HealthItem, healthLine, roundedShare, unsettledShare } from '../learn/health.ts';
import { type RecordOptions, recordExamples } from '../learn/record.ts';
import type { Rule } from '../learn/rule.ts';
import {
  type Boundary,
  type EpochResult,
  type Evaluation,
  evaluate,
  freshState,
  train,
  type TrainProgress,
  type TrainState,
} from '../learn/trainer.ts';
import { resolvedYaml } from '../model/resolved.ts';
import type { Model } from '../model/model.ts';
import { type FrameStream, frameStream } from '../trace/stream.ts';
import { type Bench, benchOf } from './bench.ts';
import {
  epochLine,
  errorOf,
  inputMacs,
  progressLine,
  type RunResult,
  spikesOf,
  weightWrites,
  worstRecall,
} from './figures.ts';
import { pulsesOf, toldEnergy, trainingJoules } from './energy.ts';
import { live, type LiveView } from './live.ts';
import { peakMemory } from './memory.node.ts';
import { openOutput, type Spent } from './output.node.ts';
import { type Command, steering } from './steering.ts';
import { backends } from './tables.node.ts';
import { entryOf } from './tables.ts';

export interface RunOptions {
  readonly model: Model;
  /** What model.yaml of the folder will say (default: the model with every default written out). */
  readonly resolvedYaml?: string;
  /** Default: the model's, from the tables. A rule or backend of one's own is passed as it is. */
  readonly rule?: Rule;
  /** The chip that it is trained on. */
  readonly profile?: ProfileFile | null;
  readonly backend?: Backend;
  readonly data?: DataSet;
  /** Folder of the run; null or absent: nothing is written. */
  readonly out?: string | null;
  readonly resume?: boolean;
  /** File for the trace instead of the folder's. */
  readonly trace?: string | null;
  readonly threads?: number;
  /** Records, at the start and after each epoch, the angles of the rule's probe into metrics.jsonl. */
  readonly alignment?: boolean;
  readonly signal?: { readonly aborted: boolean };
  /** Where recorded frames pass, for whoever watches; its sinks hold the recording back. Only runs with a folder record. */
  readonly stream?: FrameStream;
  /** Changes to make at their batches, as an earlier run logged them. */
  readonly commands?: readonly Command[];
  /** Who watches; the run is the same but for the changes they ask for. */
  readonly live?: LiveView;
  /** Milliseconds; no result depends on it. */
  clock?(): number;
  onStart?(about: {
    backend: string;
    device?: string;
    threads: number;
    examples: number;
    alignment: boolean;
    changes: readonly Substitution[];
  }): void;
  onProgress?(progress: TrainProgress): void;
  onEpoch?(result: EpochResult, seconds: number): void;
}

export interface RunOutcome {
  readonly interrupted: boolean;
  /** Training examples since the run began. */
  readonly examples: number;
  readonly state: TrainState;
  /** Null when interrupted. */
  readonly result: RunResult | null;
  readonly test: Evaluation | null;
  readonly health: readonly HealthItem[];
  readonly healthLine: string;
}

/** Milliseconds between two looks at the rest of the world. */
const breath = 50;
/** Test examples looked at to see whether the network has settled. */
const settledExamples = 200;

/** Loads data, builds the Program and opens the machine; the model, rule, backend and data are checked against each other. */
export function openBench(
  options: Pick<RunOptions, 'model' | 'rule' | 'backend' | 'data' | 'threads' | 'profile'>,
): Promise<Bench> {
  const { model } = options;
  return benchOf({
    model,
    rule: options.rule,
    profile: options.profile?.profile ?? null,
    backend: options.backend ?? entryOf(backends, 'backend', model.backend, 'backend')(),
    data: () => options.data ?? loadDataSet(model.data),
    threads: options.threads ?? 1,
  });
}

/** Trains a model. With a folder, everything it learns and shows is there at the end, and at any moment before. */
export async function run(options: RunOptions): Promise<RunOutcome> {
  const bench = await openBench(options);
  try {
    return await runOn(bench, options);
  } finally {
    await bench.machine.close();
  }
}

async function runOn(opened: Bench, options: RunOptions): Promise<RunOutcome> {
  const { machine, data, rule } = opened;
  const { model } = options;
  const modelText = options.resolvedYaml ?? resolvedYaml(model);
  const clock = options.clock ?? (() => performance.now());
  const aligned = options.alignment === true && opened.recipe.probe !== undefined;
  const output = options.out
    ? openOutput({
        model, rule: rule.name, backend: machine.backend, threads: machine.threads, dataName: data.name, dataSha256: data.sha256,
        folder: options.out, resume: options.resume === true, trace: options.trace ?? null, alignment: aligned,
        ...(options.live && { onLine: (line: object) => options.live!.line(line) }), resolvedYaml: modelText, profile: options.profile?.text ?? null, shapeOf: (name) => machine.program.buffers.get(name)!.shape,
      }) // prettier-ignore
    : null;
  const future = [...(output?.future ?? []), ...(options.commands ?? [])];
  const past = output?.past ?? [];
  const steer =
    options.live || past.length + future.length > 0
      ? steering({ rule, recipe: opened.recipe, model, modelText, profile: options.profile?.profile ?? null, past, future }) // prettier-ignore
      : null;
  const recipe = steer ? { ...opened.recipe, parameters: steer.parameters } : opened.recipe;
  const bench = { ...opened, recipe };
  const macs = inputMacs(bench.model, data.train);
  const chip = options.profile ? { model: bench.model, profile: options.profile.profile } : null;
  const joules = chip ? trainingJoules(chip, macs) : () => null;
  const stream = options.stream ?? frameStream();
  const frames: Frame[] = [];
  const { augment } = model.data;
  const prepare = augment && preparer(data.train, augment, model.seed, machine.batch);
  if (output) stream.sink((frame) => output.frame(frame));
  try {
    options.onStart?.({
      backend: machine.backend,
      ...(machine.device && { device: machine.device }),
      threads: machine.threads,
      examples: data.train.count,
      alignment: aligned,
      changes: bench.changes,
    });
    const timing = timer(
      clock,
      (progress) => (options.onProgress?.(progress), watched?.progress(progress)),
      output ?? { from: null, spent: { seconds: 0, trainingSeconds: 0 } },
    );
    const from = output?.from ?? undefined;
    const apply = (at: Boundary): boolean => {
      const lines = steer?.at(at) ?? [];
      for (const line of lines) output?.line(line);
      return lines.length > 0;
    };
    const watched = options.live && steer
      ? live({
          view: options.live, steering: steer, signal: options.signal, clock, seconds: () => timing.spent().trainingSeconds, apply,
          bench: { ...bench, profile: options.profile?.profile.name ?? null },
          joules: ({ spikes }) => joules(spikes),
        })
      : null; // prettier-ignore
    const align = async (epoch: number, batch: number, examples: number): Promise<void> => {
      if (!output || !aligned) return;
      const progress = { seed: model.seed, epoch, batch, examples };
      const found = await alignment({ recipe, machine, examples: data.train, classes: data.classes, progress });
      if (found) output.line(alignmentLine(found, epoch, examples));
    };
    const breathe = (): Promise<void> | undefined => timing.between(0, null);
    const record = (epoch: number): Promise<boolean> => recordAll(bench, epoch, { emit: stream.emit, signal: options.signal, between: breathe }); // prettier-ignore
    if (output && !from) {
      const start = await freshState(recipe, machine, model.seed);
      if (!(await record(0))) {
        output.fail();
        return { interrupted: true, ...nothing, examples: 0, state: start };
      }
      await align(0, 0, 0);
      output.checkpoint(start, timing.spent());
    }
    const trained = await train({
      recipe, machine, data, seed: model.seed, epochs: model.learning.epochs, order: model.data.order, prepare, from, signal: options.signal,
      ...(steer && { before: (at: Boundary) => (watched ? timing.beside(watched.boundary(at)) : void apply(at)) }),
      between: timing.between,
      onProgress: async (progress) => output?.line(progressLine(progress)),
      onEpoch: async (result) => {
        output?.line(epochLine(result));
        await align(result.epoch, Math.ceil(data.train.count / machine.batch) * result.epoch, result.examples);
        options.onEpoch?.(result, timing.lap());
      },
      onCheckpoint: async (state) => output?.checkpoint(state, timing.spent()),
    }); // prettier-ignore
    const examples = trained.state.examples;
    const early = { ...nothing, examples, state: trained.state };
    if (trained.stopped) {
      output?.checkpoint(trained.state, timing.spent());
      return { interrupted: true, ...early };
    }
    const test =
      trained.last?.test ??
      (await evaluate({
        recipe,
        machine,
        data,
        examples: data.test,
        seed: model.seed,
        signal: options.signal,
        between: breathe,
      }));
    if (!test) return { interrupted: true, ...early };
    const unsettled = await unsettledShare(recipe, machine, data.test, {
      seed: model.seed, classes: data.classes, examples: settledExamples,
    }); // prettier-ignore
    const writes = pulsesOf(Object.values(bench.counters), trained.state.learned);
    // On a chip, what is lost is what its writes lose.
    const rounded = options.profile
      ? (writes?.lostShare ?? null)
      : await roundedShare(recipe, machine, data.train, {
          state: trained.state,
          seed: model.seed,
          classes: data.classes,
        });
    const items = health(bench.model, test, unsettled, rounded);
    if (output) {
      stream.sink((frame) => void frames.push(frame));
      // What the trace holds of it is cut off when the run goes on.
      if (!(await record(trained.state.epoch))) return { interrupted: true, ...early };
    }
    const last = trained.last ? epochLine(trained.last) : output?.lastEpoch();
    const result: RunResult = {
      schema: 'settle-result/1',
      model: model.name,
      rule: rule.name,
      backend: machine.backend,
      ...(machine.device && { device: machine.device }),
      seed: model.seed,
      epochs: trained.state.epoch,
      threads: machine.threads,
      seconds: timing.spent().seconds,
      trainExamplesPerSecond: timing.rate(),
      trainError: last?.trainError ?? null,
      validationError: last?.validationError ?? null,
      testError: errorOf(test),
      worstClassRecall: worstRecall(test),
      spikesPerExample: last?.spikesPerExample ?? null,
      synapticEvents: last?.synapticEvents ?? null,
      testSpikesPerExample: spikesOf(test.spikes),
      inputMacs: macs,
      weightWrites: weightWrites(model, recipe, (name) => machine.program.buffers.get(name)!.shape),
      macs: recipe.macs ?? null,
      demands: recipe.demands ?? null,
      profile: options.profile?.profile.name ?? null,
      energy: chip && toldEnergy(chip, {
        inference: test.spikes, training: trained.last?.spikes ?? null, inputMacs: macs,
        pulses: writes && trained.last && writes.pulses / Math.max(1, trained.last.examples),
      }), // prettier-ignore
      writes,
      peakMemory: peakMemory(),
      health: items,
      folder: options.out ?? null,
      checkpointSha256: output?.checkpointSha256() ?? null,
    };
    output?.end({
      result,
      test,
      health: items,
      frames,
      examples: data.test,
      learned: trained.state.learned,
      chip: options.profile ? { profile: options.profile.profile, changes: bench.changes } : null,
    });
    return {
      interrupted: false,
      examples,
      state: trained.state,
      result,
      test,
      health: items,
      healthLine: healthLine(items),
    };
  } catch (error) {
    output?.fail();
    throw error;
  } finally {
    await prepare?.close();
    output?.close();
  }
}

/** What an interrupted run has not found. */
const nothing = { result: null, test: null, health: [], healthLine: '' } as const;

function recordAll(
  bench: Bench,
  epoch: number,
  how: Pick<RecordOptions, 'emit' | 'signal' | 'between'>,
): Promise<boolean> {
  const { model, recipe, machine, data, rule } = bench;
  return recordExamples({
    model, recipe, machine, examples: data.test, classes: data.classes, ...how,
    run: `${model.name}-${rule.name}-${model.seed}`,
    progress: { seed: model.seed, epoch, batch: 0, examples: epoch * data.train.count, batchExamples: 1 },
  }); // prettier-ignore
}

/** Shows progress and lets other events happen now and then; counts seconds, those of training alone too. */
function timer(
  clock: () => number,
  onProgress: (progress: TrainProgress) => void,
  earlier: { readonly from: TrainState | null; readonly spent: Spent },
) {
  const begun = clock();
  // A run of an older version does not say how long it took.
  const before = earlier.spent.trainingSeconds > 0 ? (earlier.from?.examples ?? 0) : 0;
  let last = begun;
  let breathed = last;
  let lapped = last;
  let milliseconds = 0;
  let examples = 0;
  return {
    between(trained: number, look: (() => Promise<TrainProgress>) | null): Promise<void> | undefined {
      const now = clock();
      if (trained > 0) milliseconds += now - last;
      examples += trained;
      last = now;
      if (now - breathed < breath) return undefined;
      breathed = now;
      return (async () => {
        if (look && trained > 0) onProgress(await look());
        await new Promise((resolve) => setImmediate(resolve));
        last = clock();
      })();
    },
    /** What is waited for beside training is no part of it. */
    beside(work: Promise<void> | undefined): Promise<void> | undefined {
      return work?.then(() => void (last = clock()));
    },
    /** Seconds since the last call. */
    lap(): number {
      const now = clock();
      const seconds = (now - lapped) / 1000;
      lapped = now;
      return seconds;
    },
    /** Of all sessions. */
    spent(): Spent {
      const { seconds, trainingSeconds } = earlier.spent;
      return {
        seconds: seconds + (clock() - begun) / 1000,
        trainingSeconds: trainingSeconds + milliseconds / 1000,
      };
    },
    /** Training examples a second of training, over all sessions. */
    rate(): number {
      const { trainingSeconds } = this.spent();
      return trainingSeconds > 0 ? (before + examples) / trainingSeconds : 0;
    },
  };
}
