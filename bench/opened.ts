// A model opened on a backend, and training as the trainer does it, timed. It loads no data: who calls brings examples.
import type { Backend, Machine } from '../src/backends/backend.ts';
import { wasm } from '../src/backends/wasm/backend.node.ts';
import { batches } from '../src/data/batches.ts';
import type { Examples } from '../src/data/dataset.ts';
import type { Recipe } from '../src/learn/rule.ts';
import { feeder, freshState } from '../src/learn/trainer.ts';
import type { Model } from '../src/model/model.ts';
import { readModel } from '../src/model/read.node.ts';
import { builder } from '../src/program/builder.ts';
import { rules } from '../src/run/tables.ts';

export interface Setup {
  readonly model: Model;
  readonly machine: Machine;
  readonly recipe: Recipe;
}

export async function open(
  name: string,
  set: readonly string[],
  threads: number,
  backend: Backend = wasm(),
): Promise<Setup> {
  const { model } = readModel(name, { set });
  const b = builder(model.name);
  const recipe = rules[model.learning.rule]!().contribute(b, model);
  const machine = await backend.open(b.build(), { batch: model.data.batch, threads });
  await freshState(recipe, machine, model.seed);
  return { model, machine, recipe };
}

/** Trains on `count` of the images in seeded order, as the trainer does; examples a second. */
export async function trainOn(
  { model, machine, recipe }: Setup,
  images: Examples,
  classes: number,
  count: number,
  epoch: number,
): Promise<number> {
  const feed = feeder(recipe, machine, images, classes);
  const begun = performance.now();
  let done = 0;
  for (const indices of batches(images.count, machine.batch, model.seed, epoch)) {
    if (done >= count) break;
    await feed.write(indices, epoch + 1);
    const progress = {
      seed: model.seed,
      epoch,
      batch: done / machine.batch,
      examples: done,
      batchExamples: indices.length,
    };
    for (const [name, value] of Object.entries(recipe.parameters(progress))) machine.setParameter(name, value);
    for (const sequence of recipe.train) await machine.perform(sequence);
    await machine.read(recipe.trainOutput);
    done += indices.length;
  }
  return (1000 * done) / (performance.now() - begun);
}
