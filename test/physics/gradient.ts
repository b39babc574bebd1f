// What a rule does to a network's weights in one batch, beside the exact gradient of the mean field. For tests and tables.
import type { Backend } from '../../src/backends/backend.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { loadDataSet } from '../../src/data/load.node.ts';
import { ep } from '../../src/learn/ep.ts';
import { meanField } from '../../src/learn/meanField.ts';
import { cosine, norm } from '../../src/math/linear.ts';
import type { Model } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';

const data = loadDataSet({ set: 'mnist', path: null, train: 2000, test: 1, validation: 0, batch: 20 });

export interface Batch {
  readonly inputs: Float64Array;
  readonly targets: Float64Array;
  readonly count: number;
}

/** The first `count` training images of MNIST. */
export function firstImages(count: number): Batch {
  const inputs = Float64Array.from(data.train.inputs.subarray(0, count * 784), (value) => value / 255);
  const targets = new Float64Array(count * 10);
  for (let k = 0; k < count; k++) targets[k * 10 + data.train.labels[k]!] = 1;
  return { inputs, targets, count };
}

export type Weights = Map<string, Float64Array>;

/** Weights at the model's start, or after the rule's one batch, and the change of each at a common rate (default 1). */
export async function updateOf(
  model: Model,
  batch: Batch,
  options: { backend?: Backend; weights?: Weights; clock?: number; rate?: number } = {},
) {
  const b = builder('update');
  const recipe = ep().contribute(b, model);
  const machine = await (options.backend ?? wasm()).open(b.build(), { batch: batch.count, threads: 2 });
  const weights: Weights = new Map(options.weights ?? recipe.initial(model.seed));
  for (const [name, values] of weights) await machine.write(name, values);
  await machine.write(recipe.input, batch.inputs);
  await machine.write(recipe.target, batch.targets);
  await machine.write(
    'example',
    Int32Array.from({ length: batch.count }, (_, k) => k),
  );
  await machine.write('clock', [options.clock ?? 1, 0]);
  const parameters = recipe.parameters({
    seed: model.seed,
    epoch: 0,
    batch: 0,
    examples: 0,
    batchExamples: batch.count,
  });
  for (const [name, value] of Object.entries(parameters))
    machine.setParameter(name, name.startsWith('rate:') ? (options.rate ?? 1) : value);
  for (const sequence of recipe.train) await machine.perform(sequence);
  const change: Weights = new Map();
  for (const name of recipe.learned) {
    const after = await machine.read(name);
    const before = weights.get(name);
    if (before)
      change.set(
        name,
        Float64Array.from(
          after,
          (value, k) => value - (after instanceof Float32Array ? Math.fround(before[k]!) : before[k]!),
        ),
      );
  }
  await machine.close();
  return { weights, change };
}

/** Mean over the batch of the exact gradient of the mean field's free cost. */
export function exactGradient(model: Model, weights: Weights, { inputs, targets, count }: Batch): Weights {
  const field = meanField(model, weights);
  const sum: Weights = new Map();
  for (let k = 0; k < count; k++) {
    const gradient = field.gradient(inputs.subarray(k * 784, (k + 1) * 784), targets.subarray(k * 10, (k + 1) * 10));
    for (const [name, values] of gradient) {
      const total = sum.get(name) ?? new Float64Array(values.length);
      for (let i = 0; i < values.length; i++) total[i]! += values[i]! / count;
      sum.set(name, total);
    }
  }
  return sum;
}

/** Cosine of the update with descent, and its length against the gradient's, by buffer. */
export function compare(change: Weights, gradient: Weights): Record<string, { cosine: number; ratio: number }> {
  const result: Record<string, { cosine: number; ratio: number }> = {};
  for (const [name, values] of change) {
    const descent = Float64Array.from(gradient.get(name)!, (value) => -value);
    result[name] = { cosine: cosine(values, descent), ratio: norm(values) / norm(descent) };
  }
  return result;
}
