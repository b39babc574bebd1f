// The trainer: examples in seeded order through a rule's slots, checkpoints at batch boundaries, read-out of a test set.
// It reads no clock, no file and no rule's internals: what a rule needs done, its recipe says.
import type { Machine, Values } from '../backends/backend.ts';
import { batches, fillInputs, fillTargets } from '../data/batches.ts';
import type { Examples } from '../data/dataset.ts';
import type { Preparer } from '../data/prepare.ts';
import { SettleError } from '../errors.ts';
import { hash32 } from '../math/random.ts';
import { clockBuffer, exampleBuffer } from '../program/program.ts';
import { keeper, type KeptStates } from './kept.ts';
import type { Recipe } from './rule.ts';

/** Examples between two checkpoints within an epoch. */
export const checkpointExamples = 5000;

/** Everything that training changes, at a batch boundary: enough to go on with the same bits. */
export interface TrainState {
  /** Epochs completed, and batches done of the one after them. */
  readonly epoch: number;
  readonly batch: number;
  /** Batches and examples since the run began. */
  readonly batches: number;
  readonly examples: number;
  /** Training examples read wrongly in the present pass over the data, and spikes of this epoch by population. */
  readonly wrong: number;
  readonly spikes: Readonly<Record<string, number>>;
  readonly learned: ReadonlyMap<string, Values>;
  /** States that the training examples keep; they change as training goes on: copy what is to last. */
  readonly kept?: KeptStates | undefined;
}

/** Running figures of the present epoch. */
export interface TrainProgress {
  readonly epoch: number;
  readonly epochs: number;
  /** Examples since the run began, and in all when it ends. */
  readonly examples: number;
  readonly examplesInAll: number;
  readonly epochExamples: number;
  /** Share of this epoch's examples that the training free phase read wrongly. */
  readonly error: number;
  /** Null for a network without spikes; by population, and the synaptic events they cause, an example of this epoch. */
  readonly spikesPerExample: number | null;
  readonly spikes: Readonly<Record<string, number>>;
  readonly synapticEvents: number;
}

/** Where training stands before a batch. */
export interface Boundary {
  readonly epoch: number;
  /** Batches and examples since the run began. */
  readonly batch: number;
  readonly examples: number;
  /** The training example that came last, or -1. */
  readonly seen: number;
  look(): Promise<TrainProgress>;
  /** Does something else with the machine, then puts back all that training goes on from. */
  aside(work: () => Promise<void>): Promise<void>;
}

/** What a read-out of a set gave. */
export interface Evaluation {
  readonly examples: number;
  readonly wrong: number;
  /** The answer to each example, in the order of the set. */
  readonly predicted: Uint8Array;
  /** [true class, predicted class] */
  readonly confusion: Int32Array;
  readonly classes: number;
  /** Spikes an example by population, and what they caused (fan-out, the input layer included when it spikes). */
  readonly spikes: Readonly<Record<string, number>>;
  readonly synapticEvents: number;
  /** Mean activity of each unit over the set. */
  readonly activities: Readonly<Record<string, Float64Array>>;
}

export interface EpochResult {
  /** Epochs completed. */
  readonly epoch: number;
  readonly examples: number;
  readonly trainError: number;
  /** Spikes a training example by population (all phases), and the synaptic events they caused. */
  readonly spikes: Readonly<Record<string, number>>;
  readonly synapticEvents: number;
  readonly validation: Evaluation | null;
  readonly test: Evaluation;
}

export interface TrainingSets {
  readonly train: Examples;
  readonly validation: Examples | null;
  readonly test: Examples;
  readonly classes: number;
}

export interface TrainOptions {
  readonly recipe: Recipe;
  readonly machine: Machine;
  readonly data: TrainingSets;
  readonly seed: number;
  readonly epochs: number;
  /** Of the training examples (default shuffled). */
  readonly order?: 'shuffled' | 'file' | undefined;
  /** Makes the inputs of training batches; absent: they are as the data has them. */
  readonly prepare?: Preparer | undefined;
  /** Where to go on; absent for a new run. */
  readonly from?: TrainState | undefined;
  readonly signal?: { readonly aborted: boolean } | undefined;
  /** Before every batch: the place to wait, to look aside, and to change what `recipe.parameters` says from here on. */
  before?(at: Boundary): Promise<void> | undefined;
  /** After every batch: the place to let other events happen. `trained` counts its examples (0 while reading out). */
  between?(trained: number, look: () => Promise<TrainProgress>): Promise<void> | undefined;
  /** Every 5,000 examples within an epoch, before `onCheckpoint`. */
  onProgress?(progress: TrainProgress): Promise<void>;
  onEpoch?(result: EpochResult): Promise<void>;
  onCheckpoint?(state: TrainState): Promise<void>;
}

export interface TrainResult {
  readonly state: TrainState;
  /** The signal came before the last epoch ended. */
  readonly stopped: boolean;
  readonly last: EpochResult | null;
}

/** Stream of the random clock's seeds: apart from those of weights and dynamics. */
const clockStream = 12288;

/** Seed of the random clock in a training epoch (from 0). */
const trainSeed = (seed: number, epoch: number): number => hash32(seed, clockStream, epoch, 0, 0) | 0;
/** Seed of the random clock at every read-out. */
export const readOutClock = (seed: number): number => hash32(seed, clockStream + 1, 0, 0, 0) | 0;

/** The state before the first example. */
export async function freshState(recipe: Recipe, machine: Machine, seed: number): Promise<TrainState> {
  for (const [name, values] of recipe.initial(seed)) await machine.write(name, values);
  await begin(recipe, machine, seed);
  return {
    epoch: 0,
    batch: 0,
    batches: 0,
    examples: 0,
    wrong: 0,
    spikes: {},
    learned: await readLearned(recipe, machine, 0),
  };
}

/** What happens to weights when they come into a machine, by random numbers of its own. */
async function begin(recipe: Recipe, machine: Machine, seed: number): Promise<void> {
  if (!recipe.begin || recipe.begin.length === 0) return;
  await machine.write(clockBuffer, Int32Array.of(hash32(seed, clockStream + 2, 0, 0, 0) | 0, 0));
  await machine.write(exampleBuffer, new Int32Array(machine.batch));
  await machine.perform(recipe.begin);
}

/** @throws SettleError of kind `input` if a learned number is no longer one: nothing comes back from there */
async function readLearned(recipe: Recipe, machine: Machine, examples: number): Promise<Map<string, Values>> {
  const learned = new Map<string, Values>();
  for (const name of recipe.learned) {
    const values = await machine.read(name);
    const broken = values.findIndex((value) => !Number.isFinite(value));
    if (broken >= 0)
      throw new SettleError(examples === 0 ? 'the network does not start with numbers' : 'training has diverged', {
        kind: 'input', path: name, found: `${values[broken]} at ${broken}${examples === 0 ? '' : `, after ${examples} examples`}`, expected: 'finite numbers',
        ...(examples > 0 ? { hint: 'lower learning.rates or warm them up (learning.warmup)' } : {}),
      }); // prettier-ignore
    learned.set(name, values);
  }
  return learned;
}

/** Puts a state into the machine: what never changes comes from the seed, what is learned from the state. */
export async function restore(recipe: Recipe, machine: Machine, seed: number, state: TrainState): Promise<void> {
  for (const [name, values] of recipe.initial(seed)) await machine.write(name, values);
  for (const [name, values] of state.learned) await machine.write(name, values);
  // Weights of a training without the chip (or of another) are put into it now.
  if (recipe.learned.some((name) => !state.learned.has(name))) await begin(recipe, machine, seed);
}

/** Trains until `epochs` are done or the signal says stop; the state it ends with is at a batch boundary. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { recipe, machine, data, seed, epochs } = options;
  const feed = feeder(recipe, machine, data.train, data.classes, options.prepare);
  const passes = recipe.passes ?? [recipe.train];
  const perPass = Math.ceil(data.train.count / machine.batch);
  const perEpoch = perPass * passes.length;
  const from = options.from ?? (await freshState(recipe, machine, seed));
  if (options.from) await restore(recipe, machine, seed, options.from);
  const keeps = keeper(recipe, machine, data.train.count, from.kept);
  let { epoch, batch, batches: made, examples, wrong } = from;
  let counted = from.spikes;
  let last: EpochResult | null = null;
  let latest = -1;
  const spiking = Object.keys(recipe.spikeLists).length > 0;
  const stopping = (): boolean => options.signal?.aborted === true;
  /** Of the present pass, like `wrong`: an epoch's training error is that of its last one. */
  const seenInEpoch = (): number => {
    const before = Math.max(0, Math.ceil(batch / perPass) - 1) * perPass;
    return Math.min((batch - before) * machine.batch, data.train.count);
  };

  async function spikes(): Promise<Record<string, number>> {
    return sumOf(counted, await readSpikes(recipe, machine));
  }
  async function look(): Promise<TrainProgress> {
    const seen = seenInEpoch();
    const all = spiking ? await spikes() : {};
    const each = scaled(all, seen === 0 ? 0 : 1 / seen);
    return {
      epoch,
      epochs,
      examples,
      examplesInAll: data.train.count * epochs * passes.length,
      epochExamples: seen,
      error: seen === 0 ? 0 : wrong / seen,
      spikesPerExample: !spiking ? null : seen === 0 ? 0 : total(all) / seen,
      spikes: each,
      synapticEvents: eventsOf(each, recipe.fanOut),
    };
  }
  async function aside(work: () => Promise<void>): Promise<void> {
    counted = await spikes();
    await machine.run(recipe.clearCounts);
    const learned = await readLearned(recipe, machine, examples);
    await work();
    // Some rules learn in every phase, watched or not.
    for (const [name, values] of learned) {
      const now = await machine.read(name);
      if (values.some((value, k) => !Object.is(value, now[k]))) await machine.write(name, values);
    }
    await machine.run(recipe.clearCounts);
    machine.use(machine.batch);
  }
  async function state(): Promise<TrainState> {
    return {
      epoch,
      batch,
      batches: made,
      examples,
      wrong,
      spikes: await spikes(),
      learned: await readLearned(recipe, machine, examples),
      ...(keeps && { kept: keeps.states }),
    };
  }

  while (epoch < epochs && !stopping()) {
    await machine.run(recipe.clearCounts);
    while (batch < perEpoch && !stopping()) await onePass(Math.floor(batch / perPass));
    if (batch < perEpoch) break;
    counted = await spikes();
    await machine.run(recipe.clearCounts);
    const result = await endOfEpoch();
    if (!result) break;
    last = result;
    [epoch, batch, wrong, counted] = [epoch + 1, 0, 0, {}];
    await machine.run(recipe.clearCounts);
    await options.onEpoch?.(last);
    await options.onCheckpoint?.(await state());
  }
  machine.use(machine.batch);
  return { state: await state(), stopped: epoch < epochs, last };

  /** The rest of a pass over the data, or up to the signal. */
  async function onePass(pass: number): Promise<void> {
    const order = epoch * passes.length + pass;
    const clock = trainSeed(seed, order);
    const skip = batch - pass * perPass;
    if (skip === 0) wrong = 0;
    const rest = [...batches(data.train.count, machine.batch, seed, order, options.order)].slice(skip);
    for (const [at, indices] of rest.entries()) {
      const wait = options.before?.({ epoch, batch: made, examples, seen: latest, look, aside });
      if (wait) await wait;
      if (stopping()) return;
      // The last batch of an epoch may be smaller: what it leaves unused has been counted before.
      if (indices.length < machine.batch) {
        counted = await spikes();
        await machine.run(recipe.clearCounts);
      }
      await feed.write(indices, clock, order);
      const following = rest[at + 1];
      if (following) options.prepare?.begin(following, order);
      const progress = { seed, epoch, batch: made, examples, batchExamples: indices.length };
      const parameters = recipe.parameters(progress);
      for (const name in parameters) machine.setParameter(name, parameters[name]!);
      const goesOn = keeps !== null && epoch > 0;
      if (goesOn) await keeps.write(indices);
      for (const sequence of goesOn ? recipe.kept!.train : passes[pass]!) await machine.perform(sequence);
      await keeps?.read(indices);
      wrong += countWrong(await machine.read(recipe.trainOutput), indices, data.train.labels);
      batch += 1;
      made += 1;
      const before = Math.floor(examples / checkpointExamples);
      examples += indices.length;
      latest = indices.at(-1)!;
      if (batch < perEpoch && Math.floor(examples / checkpointExamples) > before) {
        await options.onProgress?.(await look());
        await options.onCheckpoint?.(await state());
      }
      const pause = options.between?.(indices.length, look);
      if (pause) await pause;
    }
  }

  /** Null when the signal came while reading out: the epoch is then not over. */
  async function endOfEpoch(): Promise<EpochResult | null> {
    const read = (set: Examples): Promise<Evaluation | null> =>
      evaluate({ ...options, examples: set, between: () => options.between?.(0, look) });
    const validation = data.validation ? await read(data.validation) : null;
    const test = stopping() ? null : await read(data.test);
    await machine.run(recipe.clearCounts);
    if (!test || (data.validation && !validation)) return null;
    const perExample = scaled(counted, 1 / data.train.count);
    return {
      epoch: epoch + 1,
      examples,
      trainError: wrong / data.train.count,
      spikes: perExample,
      synapticEvents: eventsOf(perExample, recipe.fanOut),
      validation,
      test,
    };
  }
}

export interface EvaluateOptions {
  readonly recipe: Recipe;
  readonly machine: Machine;
  readonly data: Pick<TrainingSets, 'classes'>;
  readonly examples: Examples;
  readonly seed: number;
  readonly signal?: { readonly aborted: boolean } | undefined;
  between?(): Promise<void> | undefined;
}

/** Reads a set out; null when stopped by the signal. Random numbers are the same at every read-out. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation | null> {
  const { recipe, machine, examples, seed } = options;
  const { classes } = options.data;
  const feed = feeder(recipe, machine, examples, classes);
  const confusion = new Int32Array(classes * classes);
  const predicted = new Uint8Array(examples.count);
  const activities: Record<string, Float64Array> = {};
  let spikes: Record<string, number> = {};
  let wrong = 0;
  machine.use(machine.batch);
  await machine.run(recipe.clearCounts);
  for (let begin = 0; begin < examples.count; begin += machine.batch) {
    if (options.signal?.aborted) return null;
    const count = Math.min(machine.batch, examples.count - begin);
    const indices = Int32Array.from({ length: count }, (_, k) => begin + k);
    if (count < machine.batch) {
      spikes = sumOf(spikes, await readSpikes(recipe, machine));
      await machine.run(recipe.clearCounts);
    }
    await feed.write(indices, readOutClock(seed));
    await machine.perform(recipe.predict);
    const output = await machine.read(recipe.predictOutput);
    const width = output.length / count;
    for (let k = 0; k < count; k++) {
      const truth = examples.labels[begin + k]!;
      const answer = argmax(output, k * width, width);
      confusion[truth * classes + answer]! += 1;
      predicted[begin + k] = answer;
      if (truth !== answer) wrong += 1;
    }
    for (const [population, buffer] of Object.entries(recipe.activities)) {
      const values = await machine.read(buffer);
      const units = values.length / count;
      const sums = (activities[population] ??= new Float64Array(units));
      for (let k = 0; k < values.length; k++) sums[k % units]! += values[k]!;
    }
    const pause = options.between?.();
    if (pause) await pause;
  }
  spikes = sumOf(spikes, await readSpikes(recipe, machine));
  for (const sums of Object.values(activities)) for (let k = 0; k < sums.length; k++) sums[k]! /= examples.count;
  machine.use(machine.batch);
  const perExample = scaled(spikes, 1 / examples.count);
  return {
    examples: examples.count,
    wrong,
    predicted,
    confusion,
    classes,
    spikes: perExample,
    synapticEvents: eventsOf(perExample, recipe.fanOut),
    activities,
  };
}

/** Writes batches of a set into a machine without allocating for each; inputs are the set's, or as they are prepared. */
export function feeder(recipe: Recipe, machine: Machine, examples: Examples, classes: number, prepare?: Preparer): Feeder {
  const size = examples.inputs.length / Math.max(1, examples.count);
  const inputs = new Float32Array(prepare ? 0 : machine.batch * size);
  const targets = new Float32Array(machine.batch * classes);
  const clock = new Int32Array(2);
  function plain(indices: Int32Array): Float32Array {
    const input = indices.length === machine.batch ? inputs : inputs.subarray(0, indices.length * size);
    fillInputs(examples, indices, input);
    return input;
  }
  return {
    async write(indices, clockSeed, pass = 0) {
      const count = indices.length;
      const input = prepare ? await prepare.take(indices, pass) : plain(indices);
      const target = count === machine.batch ? targets : targets.subarray(0, count * classes);
      machine.use(count);
      fillTargets(examples, indices, classes, target);
      clock[0] = clockSeed;
      await machine.write(recipe.input, input);
      await machine.write(recipe.target, target);
      await machine.write(exampleBuffer, indices);
      await machine.write(clockBuffer, clock);
    },
  };
} // prettier-ignore

export interface Feeder {
  /** `pass`: of the data, for inputs that change from one to the next. */
  write(indices: Int32Array, clockSeed: number, pass?: number): Promise<void>;
}

async function readSpikes(recipe: Recipe, machine: Machine): Promise<Record<string, number>> {
  const spikes: Record<string, number> = {};
  for (const [population, list] of Object.entries(recipe.spikeLists)) {
    const counts = await machine.read(`${list}.count`);
    let sum = 0;
    for (let k = 1; k < counts.length; k += 2) sum += counts[k]!;
    spikes[population] = sum;
  }
  return spikes;
}

/** Examples whose largest output is not their label. */
export function countWrong(output: Values, indices: Int32Array, labels: Uint8Array): number {
  const width = output.length / indices.length;
  let wrong = 0;
  for (let k = 0; k < indices.length; k++) if (argmax(output, k * width, width) !== labels[indices[k]!]) wrong += 1;
  return wrong;
}

/** Index of the largest of `width` values from `begin`; the first of equals. */
export function argmax(values: ArrayLike<number>, begin: number, width: number): number {
  let best = 0;
  for (let k = 1; k < width; k++) if (values[begin + k]! > values[begin + best]!) best = k;
  return best;
}

const total = (record: Readonly<Record<string, number>>): number =>
  Object.values(record).reduce((sum, value) => sum + value, 0);

function sumOf(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [name, value] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}

function scaled(record: Readonly<Record<string, number>>, factor: number): Record<string, number> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, value * factor]));
}

function eventsOf(spikes: Readonly<Record<string, number>>, fanOut: Readonly<Record<string, number>>): number {
  return Object.entries(spikes).reduce((sum, [name, count]) => sum + count * (fanOut[name] ?? 0), 0);
}
