// What a run's numbers mean to a reader: the result object of `--json` and the lines of metrics.jsonl. Pure.
import type { Examples } from '../data/dataset.ts';
import { recalls } from '../learn/health.ts';
import type { Demands, Recipe } from '../learn/rule.ts';
import type { EpochResult, Evaluation, TrainProgress } from '../learn/trainer.ts';
import { multiplyAddsOf } from '../model/shapes.ts';
import type { Model } from '../model/model.ts';
import type { ChipReport } from '../report/input.ts';

export type { AlignmentLine } from '../learn/alignment.ts';

export interface RunResult {
  readonly schema: 'settle-result/1';
  readonly model: string;
  readonly rule: string;
  readonly backend: string;
  /** The card or software mode the backend runs on, where it has a choice. */
  readonly device?: string;
  readonly seed: number;
  readonly epochs: number;
  readonly threads: number;
  /** Wall-clock seconds of all sessions, read-outs included, and training examples a second of training alone. */
  readonly seconds: number;
  readonly trainExamplesPerSecond: number;
  /** Fractions of 1. */
  readonly trainError: number | null;
  readonly validationError: number | null;
  readonly testError: number;
  readonly worstClassRecall: number;
  /** A training example's spikes through all its phases, the events they caused, and a test example's spikes; null without spikes. */
  readonly spikesPerExample: number | null;
  readonly synapticEvents: number | null;
  readonly testSpikesPerExample: number | null;
  /** Multiply-adds of the constant input current an example, and weights written an example. */
  readonly inputMacs: number;
  readonly weightWrites: number;
  /** Dense multiply-accumulates a training example, where the rule counts them. */
  readonly macs: number | null;
  /** What the rule asks of hardware, where it says so. */
  readonly demands: Demands | null;
  /** The chip's profile, if the run had one. */
  readonly profile: string | null;
  /** Joules of an example by the profile's first table, of what has a price; what has none by name. Null without a table or spikes. */
  readonly energy: ChipReport['energy'];
  /** Devices that are written by pulses: pulses, updates asked for, and the share of them that rounded to none. */
  readonly writes: { readonly pulses: number; readonly asked: number; readonly lostShare: number } | null;
  /** Bytes: the most this process has held, Node included. */
  readonly peakMemory: number;
  readonly health: readonly { readonly name: string; readonly value: string; readonly hint: string | null }[];
  readonly folder: string | null;
  readonly checkpointSha256: string | null;
}

export const errorOf = (evaluation: Pick<Evaluation, 'wrong' | 'examples'>): number =>
  evaluation.examples === 0 ? 0 : evaluation.wrong / evaluation.examples;

export const totalOf = (record: Readonly<Record<string, number>>): number =>
  Object.values(record).reduce((sum, value) => sum + value, 0);

/** Spikes of all populations; null for a network that has none. */
export const spikesOf = (record: Readonly<Record<string, number>>): number | null =>
  Object.keys(record).length === 0 ? null : totalOf(record);

export function worstRecall(evaluation: Evaluation): number {
  return Math.min(1, ...recalls(evaluation).filter((recall) => recall !== null));
}

/** Mean number of inputs that are not zero (of the first thousand examples); normalised, all of them. */
export function activeInputs(examples: Examples): number {
  const size = examples.inputs.length / Math.max(1, examples.count);
  if (examples.normal) return size;
  const looked = Math.min(1000, examples.count) * size;
  let active = 0;
  for (let k = 0; k < looked; k++) if (examples.inputs[k] !== 0) active += 1;
  return looked === 0 ? 0 : (active / looked) * size;
}

/** Multiply-adds for the constant current of one example: its active inputs times what they reach. */
export function inputMacs(model: Model, examples: Examples): number {
  const units = new Map(model.populations.map((population) => [population.name, population]));
  return model.projections.reduce((sum, projection) => {
    const source = units.get(projection.from)!;
    if (source.kind !== 'input' || source.encode.kind !== 'current') return sum;
    return sum + Math.round((activeInputs(examples) * multiplyAddsOf(projection, model.populations)) / source.units);
  }, 0);
}

/** Learned numbers written an example: all of them once a batch. */
export function weightWrites(model: Model, recipe: Recipe, shapeOf: (buffer: string) => readonly number[]): number {
  const written = (recipe.own ?? recipe.learned).reduce(
    (sum, name) => sum + shapeOf(name).reduce((a, b) => a * b, 1),
    0,
  );
  return written / model.data.batch;
}

/** Lines of metrics.jsonl. They hold no clock reading, so that an interrupted run writes the same file. */
export function progressLine(progress: TrainProgress): object {
  return {
    kind: 'progress',
    epoch: progress.epoch,
    examples: progress.examples,
    runningError: progress.error,
    ...(progress.spikesPerExample === null ? {} : { spikesPerExample: progress.spikesPerExample }),
  };
}

/** An epoch as metrics.jsonl keeps it. */
export interface EpochLine {
  readonly kind: 'epoch';
  readonly epoch: number;
  readonly examples: number;
  readonly trainError: number;
  readonly validationError?: number;
  readonly testError: number;
  readonly worstClassRecall: number;
  /** Absent where nothing spikes. */
  readonly spikesPerExample?: number;
  readonly spikes?: Readonly<Record<string, number>>;
  readonly synapticEvents?: number;
  readonly testSpikesPerExample?: number;
}

export function epochLine(result: EpochResult): EpochLine {
  return {
    kind: 'epoch',
    epoch: result.epoch,
    examples: result.examples,
    trainError: result.trainError,
    ...(result.validation ? { validationError: errorOf(result.validation) } : {}),
    testError: errorOf(result.test),
    worstClassRecall: worstRecall(result.test),
    ...(spikesOf(result.spikes) === null
      ? {}
      : {
          spikesPerExample: totalOf(result.spikes),
          spikes: result.spikes,
          synapticEvents: result.synapticEvents,
          testSpikesPerExample: totalOf(result.test.spikes),
        }),
  };
}
