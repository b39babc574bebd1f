// What one batch of a rule adds to everything it learns, on any backend. Not a test file: the measure of some.
import type { Backend } from '../../src/backends/backend.ts';
import type { Rule } from '../../src/learn/rule.ts';
import { uniform24 } from '../../src/math/random.ts';
import type { Model } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';

export interface Update {
  readonly before: Float32Array;
  readonly added: Float64Array;
}

/** From the seed's weights, on `batch` examples of random inputs, so many times. */
export async function updates(rule: Rule, model: Model, backend: Backend, batch = 6, times = 1) {
  const b = builder('update');
  const recipe = rule.contribute(b, model);
  const program = b.build();
  const machine = await backend.open(program, { batch, threads: 1 });
  const widthOf = (name: string): number => program.buffers.get(name)!.shape.reduce((a, c) => a * c, 1);
  const initial = recipe.initial(2);
  for (const [name, values] of initial) await machine.write(name, Float32Array.from(values));
  const inputs = Float32Array.from({ length: batch * widthOf(recipe.input) }, (_, k) => uniform24(3, 20, k, 0, 0));
  const classes = widthOf(recipe.target);
  await machine.write(recipe.input, inputs);
  await machine.write(
    recipe.target,
    Float32Array.from({ length: batch * classes }, (_, k) => (Math.floor(k / classes) % classes === k % classes ? 1 : 0)), // prettier-ignore
  );
  await machine.write(
    'example',
    Int32Array.from({ length: batch }, (_, k) => 7 * k),
  );
  await machine.write('clock', [2, 0]);
  const progress = { seed: 2, epoch: 0, batch: 0, examples: 0, batchExamples: batch };
  for (const [name, value] of Object.entries(recipe.parameters(progress))) machine.setParameter(name, value);
  for (let time = 0; time < times; time++) for (const sequence of recipe.passes?.[0] ?? recipe.train) await machine.perform(sequence); // prettier-ignore
  const found = new Map<string, Update>();
  for (const name of recipe.learned) {
    const before = Float32Array.from(initial.get(name) ?? new Float64Array(widthOf(name)));
    const after = await machine.read(name);
    found.set(name, { before, added: Float64Array.from(before, (value, k) => after[k]! - value) });
  }
  await machine.close();
  return found;
}
