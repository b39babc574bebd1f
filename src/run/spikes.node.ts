// A short simulation step by step, for what a chip would see of it: every spike of some examples, at inference and while learning.
import type { Machine } from '../backends/backend.ts';
import type { Examples } from '../data/dataset.ts';
import type { SpikeLog } from '../hardware/check/spikeLog.ts';
import { argmax, feeder, readOutClock } from '../learn/trainer.ts';
import type { Recipe } from '../learn/rule.ts';
import type { Model } from '../model/model.ts';
import type { NetworkModel } from '../model/network.ts';
import type { Sequence } from '../program/program.ts';
import { openSimulation } from './network.node.ts';
import type { Bench } from './bench.ts';
import type { Wiring } from '../engine/network/wiring.ts';

/** Grows as it is written; read as plain arrays. */
function log(step: number) {
  const columns = { example: [] as number[], at: [] as number[], population: [] as number[], unit: [] as number[] };
  return {
    columns,
    add(example: number, at: number, population: number, unit: number): void {
      columns.example.push(example);
      columns.at.push(at);
      columns.population.push(population);
      columns.unit.push(unit);
    },
    /** In ascending order of example, then as they came. */
    done(examples: number, steps: number): SpikeLog {
      const { example, at, population, unit } = columns;
      const order = example.map((_, k) => k).sort((a, b) => example[a]! - example[b]! || a - b);
      const sorted = (values: readonly number[]): Int32Array => Int32Array.from(order, (k) => values[k]!);
      return {
        examples, steps, step, example: sorted(example), at: sorted(at), population: sorted(population), unit: sorted(unit),
      }; // prettier-ignore
    },
  };
}

export interface LoggedExamples {
  readonly log: SpikeLog;
  /** Share of the examples that the network reads wrongly. */
  readonly error: number;
}

/** Spikes of the first examples of the test set, at read-out. */
export async function inferenceSpikes({ model, recipe, machine, data }: Bench, count: number): Promise<LoggedExamples> {
  const timed = new Set(recipe.predict.filter(([, times]) => times > 1).map(([slot]) => slot));
  const examples = await fed(recipe, machine, data.test, data.classes, model.seed, count);
  const found = await stepped(model, recipe, machine, recipe.predict, timed, examples);
  const output = await machine.read(recipe.predictOutput);
  return { log: found, error: wrong(output, data.test, examples) / examples };
}

/** Spikes of the first training examples through all phases of one batch; the update is made at the end. Null where a rule has no such phases. */
export async function trainingSpikes({ model, recipe, machine, data, rule }: Bench, count: number): Promise<LoggedExamples | null> {
  if (rule.name !== 'ep' || recipe.recorded.length === 0) return null;
  const timed = new Set(recipe.recorded.filter(({ phase }) => phase !== null).map(({ slot }) => slot));
  const examples = await fed(recipe, machine, data.train, data.classes, model.seed, count);
  const progress = { seed: model.seed, epoch: 0, batch: 0, examples: 0, batchExamples: examples };
  for (const [name, value] of Object.entries(recipe.parameters(progress))) machine.setParameter(name, value);
  const found = await stepped(model, recipe, machine, recipe.train.flat(), timed, examples);
  const output = await machine.read(recipe.trainOutput);
  return { log: found, error: wrong(output, data.train, examples) / examples };
} // prettier-ignore

async function fed(recipe: Recipe, machine: Machine, examples: Examples, classes: number, seed: number, wanted: number): Promise<number> {
  const count = Math.min(wanted, machine.batch, examples.count);
  await feeder(recipe, machine, examples, classes).write(Int32Array.from({ length: count }, (_, k) => k), readOutClock(seed));
  return count;
} // prettier-ignore

async function stepped(model: Model, recipe: Recipe, machine: Machine, sequence: Sequence, timed: ReadonlySet<string>, examples: number): Promise<SpikeLog> {
  const spiking = model.populations.flatMap(({ name, units }, index) => {
    const buffer = recipe.variables[name]?.['spikes'];
    return buffer ? [{ index, units, buffer }] : [];
  });
  const found = log(model.step);
  let now = 0;
  for (const [slot, times] of sequence) {
    if (!timed.has(slot)) {
      await machine.run(slot, times);
      continue;
    }
    for (let step = 0; step < times; step++, now++) {
      await machine.run(slot, 1);
      for (const { index, units, buffer } of spiking) {
        const values = await machine.read(buffer);
        for (let k = 0; k < values.length; k++) if (values[k] !== 0) found.add(Math.floor(k / units), now, index, k % units);
      }
    }
  }
  return found.done(examples, now);
} // prettier-ignore

function wrong(output: ArrayLike<number>, { labels }: Examples, count: number): number {
  const width = output.length / count;
  let errors = 0;
  for (let k = 0; k < count; k++) if (argmax(output, k * width, width) !== labels[k]) errors++;
  return errors;
}

/** Spikes of a network without learning over its first `duration` seconds, by steps of the model. */
export async function networkSpikes(model: NetworkModel, wirings: Wiring[], duration: number): Promise<SpikeLog> {
  const until = Math.min(model.duration, duration);
  const steps = Math.max(1, Math.round(until / model.step));
  const numbers = model.populations.flatMap(({ units }, population) => Array.from({ length: units }, (_, unit) => [population, unit] as const)); // prettier-ignore
  const found = log(model.step);
  const simulation = await openSimulation({ ...model, duration: steps * model.step }, wirings, 1, undefined);
  try {
    const { time, unit } = await simulation.advance(steps * model.step);
    for (let k = 0; k < time.length; k++) {
      const [population, own] = numbers[unit[k]!]!;
      found.add(0, Math.min(steps - 1, Math.floor(time[k]! / model.step + 1e-9)), population, own);
    }
  } finally {
    await simulation.close();
  }
  return found.done(1, steps);
}
