// Runs a network without learning: settles on test examples and tells what its populations do.
import type { Examples } from '../data/dataset.ts';
import { SettleError } from '../errors.ts';
import { isChips } from '../hardware/pass/draft.ts';
import type { Frame } from '../frames/frame.ts';
import { ceilingOf, unsettledShare } from '../learn/health.ts';
import { recordExamples } from '../learn/record.ts';
import { evaluate, freshState, restore, type TrainState } from '../learn/trainer.ts';
import type { Program } from '../program/program.ts';
import { errorOf } from './figures.ts';
import type { Bench } from './bench.ts';
import { openBench, type RunOptions } from './run.node.ts';

export interface SimulateOptions extends Pick<RunOptions, 'model' | 'threads' | 'signal' | 'profile'> {
  /** Test examples to settle on. */
  readonly examples: number;
  /** Learned weights and the file they come from; without it those of the start. */
  readonly from?: { readonly file: string; readonly state: TrainState } | undefined;
  /** Receives the frames of the recorded examples. */
  emit?(frame: Frame): Promise<void>;
}

export interface PopulationFigures {
  readonly name: string;
  readonly units: number;
  /** Mean of the activity over units and examples, and its share of what the refractory time allows. */
  readonly activity: number;
  readonly ceilingShare: number;
  readonly spikesPerExample: number;
  /** Spikes a second and unit. */
  readonly rate: number;
}

export interface SimulateResult {
  readonly schema: 'settle-simulation/1';
  readonly model: string;
  readonly backend: string;
  readonly seed: number;
  readonly examples: number;
  /** Simulated seconds an example. */
  readonly duration: number;
  readonly testError: number;
  readonly synapticEvents: number;
  readonly notSettled: number | null;
  readonly populations: readonly PopulationFigures[];
}

/** The first examples of a set. */
export function firstOf(examples: Examples, count: number): Examples {
  const used = Math.min(count, examples.count);
  const size = examples.inputs.length / Math.max(1, examples.count);
  return {
    ...examples,
    count: used,
    inputs: examples.inputs.subarray(0, used * size),
    labels: examples.labels.subarray(0, used),
  };
}

/** @throws SettleError of kind `input` for weights of another network */
function checkWeights({ file, state }: NonNullable<SimulateOptions['from']>, program: Program): void {
  for (const [name, values] of state.learned) {
    const size = program.buffers.get(name)?.shape.reduce((product, length) => product * length, 1);
    if (size === values.length) continue;
    throw new SettleError('the weights are of another network', {
      kind: 'input', file, path: name, found: `${values.length} numbers`, expected: size === undefined ? 'none of this name' : String(size),
    }); // prettier-ignore
  }
}

/**
 * Puts learned weights into a machine, or those of the start. What a run on a chip kept of that chip is left out where the
 * machine is of another; that chip's own weights are then made anew. @throws SettleError of kind `input` for another network
 */
export async function putWeights({ model, recipe, machine }: Bench, from: SimulateOptions['from']): Promise<void> {
  if (!from) return void (await freshState(recipe, machine, model.seed));
  const { program } = machine;
  const all = [...from.state.learned];
  const same = all.every(([name]) => program.buffers.has(name));
  const state = same ? from.state : { ...from.state, learned: new Map(all.filter(([name]) => !isChips(name))) };
  checkWeights({ file: from.file, state }, program);
  await restore(recipe, machine, model.seed, state);
}

/** Null when interrupted. */
export async function simulate(options: SimulateOptions): Promise<SimulateResult | null> {
  const bench = await openBench(options);
  const { model, recipe, machine, data } = bench;
  try {
    await putWeights(bench, options.from);
    const examples = firstOf(data.test, options.examples);
    const between = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const { seed } = model;
    const seen = await evaluate({ recipe, machine, data, examples, seed, signal: options.signal, between });
    if (!seen) return null;
    const duration = model.phases.predict.duration;
    const notSettled = await unsettledShare(recipe, machine, examples, { seed, classes: data.classes, examples: 200 });
    const recorded =
      !options.emit ||
      (await recordExamples({
        model, recipe, machine, examples: data.test, classes: data.classes, signal: options.signal, between, emit: options.emit,
        run: `${model.name}-${bench.rule.name}-${seed}`,
        progress: { seed, epoch: options.from?.state.epoch ?? 0, batch: 0, examples: 0, batchExamples: 1 },
      })); // prettier-ignore
    if (!recorded || options.signal?.aborted) return null;
    return {
      schema: 'settle-simulation/1',
      model: model.name,
      backend: machine.backend,
      seed,
      examples: examples.count,
      duration,
      testError: errorOf(seen),
      synapticEvents: seen.synapticEvents,
      notSettled,
      populations: model.populations
        .filter(({ name }) => name in seen.activities)
        .map((population) => {
          const means = seen.activities[population.name]!;
          const activity = means.reduce((sum, value) => sum + value, 0) / means.length;
          const spikes = seen.spikes[population.name] ?? 0;
          return {
            name: population.name,
            units: population.units,
            activity,
            ceilingShare: population.kind === 'rate' ? 0 : activity / ceilingOf(population),
            spikesPerExample: spikes,
            rate: spikes / (population.units * duration),
          };
        }),
    };
  } finally {
    await machine.close();
  }
}
