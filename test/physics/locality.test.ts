// What a synapse may know: its own two neurons, nothing else.
import { expect, it } from 'vitest';
import { reference } from '../../src/backends/reference.ts';
import { ep } from '../../src/learn/ep.ts';
import { builder } from '../../src/program/builder.ts';
import type { Sequence } from '../../src/program/program.ts';
import { layered, leaky } from '../fixtures.ts';
import { firstImages } from './gradient.ts';

/**
 * Where in a training sequence a unit's recorded activity is changed, and in which buffers: the averages and end points
 * before the update; the slow traces, which nothing but the event rule reads, before the phases; the trace before one step.
 */
const cases = {
  contrast: { before: 'update', steps: Infinity, parts: ['plus', 'minus'] },
  'end-point': { before: 'update', steps: Infinity, parts: ['plus', 'minus'] },
  events: { before: 'plus', steps: Infinity, parts: ['q'] },
  continual: { before: 'plus', steps: 1, parts: ['s'] },
} as const;

it.each(Object.keys(cases) as (keyof typeof cases)[])(
  "a synapse's update depends on nothing but its own pre and post traces: %s",
  async (update) => {
    const { before, steps, parts } = cases[update];
    const model = layered(leaky, [784, 12, 9, 10], { learning: { update } });
    const batch = firstImages(2);
    const b = builder('local');
    const recipe = ep().contribute(b, model);
    const machine = await reference.open(b.build(), { batch: batch.count, threads: 1 });
    await machine.write(recipe.input, batch.inputs);
    await machine.write(recipe.target, batch.targets);
    await machine.write('example', [0, 1]);
    for (const [name, value] of Object.entries(recipe.parameters({ seed: 1, epoch: 0, batch: 0, examples: 0, batchExamples: 2 }))) machine.setParameter(name, value); // prettier-ignore
    const start = recipe.initial(1);
    const sequence = recipe.train[0]!;
    const at = sequence.findIndex(([slot]) => slot === before);
    const rest: Sequence = steps === 1 ? [[before, 1]] : sequence.slice(at); // prettier-ignore

    /** The weights after the update when unit `changed` of a population had another activity. */
    async function after(population: string | null, changed: number): Promise<Map<string, ArrayLike<number>>> {
      for (const [name, values] of start) await machine.write(name, values);
      await machine.write('clock', [0, 0]);
      await machine.perform(sequence.slice(0, at));
      for (const part of population ? parts : []) {
        const activities = await machine.read(`${population}.${part}`);
        const units = activities.length / 2;
        activities[changed]! += part === 'minus' ? -0.2 : 0.7;
        activities[units + changed]! += 0.3;
        await machine.write(`${population}.${part}`, activities);
      }
      await machine.perform(rest);
      const result = new Map<string, ArrayLike<number>>();
      for (const name of recipe.learned) result.set(name, await machine.read(name));
      return result;
    }
    const plain = await after(null, 0);
    expect([...(await after(null, 0))]).toEqual([...plain]);
    const owners = [['x->h1.weight', 'x', 'h1'], ['h1<->h2.weight', 'h1', 'h2'], ['h2<->y.weight', 'h2', 'y'], ['h1.bias', null, 'h1'], ['h2.bias', null, 'h2'], ['y.bias', null, 'y']] as const; // prettier-ignore
    expect(owners.map(([name]) => name).sort()).toEqual([...recipe.learned].sort());
    const units = new Map(model.populations.map((p) => [p.name, p.units]));
    for (const [population, unit] of [
      ['h1', 3],
      ['h2', 8],
      ['y', 0],
    ] as const) {
      const changed = await after(population, unit);
      let moved = 0;
      for (const [name, pre, post] of owners) {
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
      expect(moved, population).toBeGreaterThan(2);
    }
    await machine.close();
  },
);
