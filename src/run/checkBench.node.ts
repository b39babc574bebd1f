// What every check begins with: a rule's Program on a few examples, its sizes, and the direction in which it moves each learned
// buffer. It compares nothing.
import { fillInputs, fillTargets } from '../data/batches.ts';
import type { Model } from '../model/model.ts';
import { builder } from '../program/builder.ts';
import { rateNames } from '../learn/schedule.ts';
import { feeder, readOutClock, type TrainState } from '../learn/trainer.ts';
import type { CheckResult } from './checkResult.ts';
import type { Bench } from './bench.ts';
import { openBench, type RunOptions } from './run.node.ts';

export interface CheckOptions extends Pick<RunOptions, 'model' | 'threads' | 'rule' | 'data'> {
  /** Training examples to average over. */
  readonly examples: number;
  /** Weights to check at; the seed's if absent. */
  readonly from?: TrainState | undefined;
  /** Also measures what is only told when asked. */
  readonly explain?: boolean;
}

/** What is to be known of a model before anything is compared. */
export function sizesOf({ model, recipe, machine, data, rule }: Bench) {
  const size = (name: string): number => machine.program.buffers.get(name)!.shape.reduce((a, b) => a * b, 1);
  return {
    schema: 'settle-check/1',
    model: model.name,
    rule: rule.name,
    backend: machine.backend,
    units: model.populations.reduce((sum, { units }) => sum + units, 0),
    learnedNumbers: recipe.learned.reduce((sum, name) => sum + size(name), 0),
    trainExamples: data.train.count,
    testExamples: data.test.count,
    stepsPerExample: recipe.recorded.reduce((sum, { phase, times }) => sum + (phase === null ? 0 : times), 0),
  } satisfies Partial<CheckResult>;
}

/** The first training examples, as every rule sees them. */
export interface FirstExamples {
  readonly count: number;
  readonly indices: Int32Array;
  readonly inputs: Float64Array;
  readonly targets: Float64Array;
}

export function firstExamples({ data }: Bench, count: number): FirstExamples {
  const indices = Int32Array.from({ length: count }, (_, k) => k);
  // In single precision, as the trainer writes them.
  const inputs = new Float32Array((count * data.train.inputs.length) / data.train.count);
  const targets = new Float64Array(count * data.classes);
  fillInputs(data.train, indices, inputs);
  fillTargets(data.train, indices, data.classes, targets);
  return { count, indices, inputs: Float64Array.from(inputs), targets };
}

/** A model whose updates are its rule's directions: plain steps, all units present, no bounds. */
export function plain(model: Model, batch: number): Model {
  return {
    ...model,
    data: { ...model.data, batch },
    populations: model.populations.map((p) => ({ ...p, dropout: 0 })),
    projections: model.projections.map((p) => ({ ...p, bounds: null })),
    learning: {
      ...model.learning,
      optimiser: { kind: 'sgd', beta1: 0, beta2: 0, epsilon: 0 },
      momentum: 0,
      weightDecay: 0,
      biasDecay: 0,
      warmup: 0,
    },
  };
}

/** The bench of the plain model on `count` examples at most, with the given or the seed's weights in it. */
export async function openPlain(options: CheckOptions, backend: RunOptions['backend']) {
  const { model, from } = options;
  const bench = await openBench({ ...options, model: plain(model, options.examples), ...(backend && { backend }) });
  const { recipe, machine, data, rule } = bench;
  const examples = firstExamples(bench, Math.min(options.examples, data.train.count));
  const seeds = rule.contribute(builder(model.name), model).initial(model.seed);
  const parameters = new Map<string, Float64Array>();
  for (const [name, values] of [...seeds, ...(from?.learned ?? [])]) {
    if (!machine.program.buffers.has(name)) continue;
    parameters.set(name, Float64Array.from(values));
  }
  for (const name of recipe.learned)
    if (!parameters.has(name)) parameters.set(name, Float64Array.from(await machine.read(name)));
  return { bench, examples, parameters };
}

/** Continual updates move weights within a batch: their rate must be next to nothing. */
const smallRate = 1e-5;

/** What the rule adds to each learned buffer at rate 1: from its probe where there is one, otherwise from one batch. */
export async function ownDirections(
  { model, recipe, machine, data }: Bench,
  examples: FirstExamples,
  parameters: ReadonlyMap<string, Float64Array>,
): Promise<Map<string, Float64Array>> {
  const rate = model.learning.update === 'continual' ? smallRate : 1;
  const rates = new Set(rateNames(model));
  const progress = { seed: model.seed, epoch: 0, batch: 0, examples: 0, batchExamples: examples.count };
  const start = async (): Promise<void> => {
    for (const [name, values] of parameters) await machine.write(name, values);
    for (const [name, value] of Object.entries(recipe.parameters(progress)))
      machine.setParameter(name, rates.has(name) && value > 0 ? rate : value);
    await feeder(recipe, machine, data.train, data.classes).write(examples.indices, readOutClock(model.seed));
  };
  await start();
  for (const sequence of recipe.train) await machine.perform(sequence);
  const found = new Map<string, Float64Array>();
  for (const name of recipe.learned) {
    const before = parameters.get(name)!;
    found.set(
      name,
      Float64Array.from(await machine.read(name), (value, k) => (value - before[k]!) / rate),
    );
  }
  await start();
  if (!recipe.probe) return found;
  await machine.perform(recipe.probe.sequence);
  for (const { layer, own } of recipe.probe.layers)
    found.set(`${layer}.weight`, Float64Array.from(await machine.read(own)));
  return found;
}
