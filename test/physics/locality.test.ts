// What a synapse may know: its own two neurons, nothing else.
import { expect, it } from 'vitest';
import { reference } from '../../src/backends/reference.ts';
import { ep } from '../../src/learn/ep.ts';
import { builder } from '../../src/program/builder.ts';
import { layered, leaky } from '../fixtures.ts';
import { firstImages } from './gradient.ts';

it("a synapse's update depends on nothing but its own pre and post traces", async () => {
  const model = layered(leaky, [784, 12, 9, 10]);
  const batch = firstImages(2);
  const b = builder('local');
  const recipe = ep().contribute(b, model);
  const machine = await reference.open(b.build(), { batch: batch.count, threads: 1 });
  await machine.write(recipe.input, batch.inputs);
  await machine.write(recipe.target, batch.targets);
  await machine.write('example', [0, 1]);
  for (const [name, value] of Object.entries(recipe.parameters({ seed: 1, epoch: 0, batch: 0, examples: 0, batchExamples: 2 }))) machine.setParameter(name, value); // prettier-ignore
  const start = recipe.initial(1);
  /** The weights after the update when unit `changed` of a population had another activity. */
  async function after(population: string | null, changed: number): Promise<Map<string, ArrayLike<number>>> {
    for (const [name, values] of start) await machine.write(name, values);
    await machine.perform(recipe.train[0]!.filter(([slot]) => slot !== 'update'));
    if (population) {
      const activities = await machine.read(`${population}.plus`);
      const units = activities.length / 2;
      activities[changed]! += 0.7;
      activities[units + changed]! += 0.3;
      await machine.write(`${population}.plus`, activities);
    }
    await machine.run('update');
    const result = new Map<string, ArrayLike<number>>();
    for (const name of recipe.learned) result.set(name, await machine.read(name));
    return result;
  }
  const plain = await after(null, 0);
  const owners: Record<string, [pre: string, post: string]> = {
    'x->h1.weight': ['x', 'h1'], 'h1<->h2.weight': ['h1', 'h2'], 'h2<->y.weight': ['h2', 'y'],
  }; // prettier-ignore
  const units = new Map(model.populations.map((p) => [p.name, p.units]));
  for (const [population, unit] of [
    ['h1', 3],
    ['h2', 8],
    ['y', 0],
  ] as const) {
    // prettier-ignore
    const changed = await after(population, unit);
    let moved = 0;
    for (const [name, [pre, post]] of Object.entries(owners)) {
      const width = units.get(post)!;
      for (let k = 0; k < plain.get(name)!.length; k++) {
        const own =
          (pre === population && Math.floor(k / width) === unit) || (post === population && k % width === unit);
        if (own && changed.get(name)![k] !== plain.get(name)![k]) moved++;
        if (!own)
          expect(changed.get(name)![k], `${name}[${k}] when ${population} unit ${unit} changes`).toBe(
            plain.get(name)![k],
          );
      }
    }
    expect(moved).toBeGreaterThan(2);
  }
  await machine.close();
});
