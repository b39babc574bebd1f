// Whole spiking examples of a backend: step by step from the reference's state, and free-running. Not a test file: a suite
// for each, in Node and in a page.
import { describe, expect, it } from 'vitest';
import type { Backend, Machine } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { ep } from '../../src/learn/ep.ts';
import type { Recipe } from '../../src/learn/rule.ts';
import type { Model } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';
import { integrator, layered, leaky } from '../fixtures.ts';
import type { Batch } from '../physics/gradient.ts';

/** Images that `open` takes. */
export const exampleCount = 7;

export const models: readonly (readonly [string, Model])[] = [
  ['leaky', layered(leaky, [784, 41, 10])],
  ['leaky with two hidden layers', layered(leaky, [784, 23, 17, 10])],
  ['integrate-and-fire', layered(integrator, [784, 41, 10])],
  ['integrate-and-fire with the event rule', layered(integrator, [784, 41, 10], { learning: { update: 'events' } })],
  ['leaky with interpolated spike times', layered(leaky, [784, 41, 10], { spikeTimes: 'interpolated' })],
  ['leaky with Poisson inputs and delays', withInputs(layered(leaky, [784, 41, 10]), 'poisson', 0.003)],
  ['leaky with regular inputs and delta synapses', withInputs(layered(leaky, [784, 41, 10]), 'regular', 0, 'delta')],
];

function withInputs(
  model: Model,
  kind: 'poisson' | 'regular',
  delay: number,
  synapse: 'exponential' | 'delta' = 'exponential',
): Model {
  return {
    ...model,
    populations: model.populations.map((p) => (p.kind === 'input' ? { ...p, encode: { kind, rate: 100 } } : p)),
    projections: model.projections.map((p) => ({
      ...p,
      delay: p.symmetric ? delay : 0,
      synapse: { ...p.synapse, kind: synapse },
    })),
  };
}

export async function open(
  model: Model,
  backend: Backend,
  threads: number,
  images: Batch,
): Promise<{ machine: Machine; recipe: Recipe }> {
  const b = builder('example');
  const recipe = ep().contribute(b, model);
  const machine = await backend.open(b.build(), { batch: exampleCount, threads });
  for (const [name, values] of recipe.initial(5)) await machine.write(name, Float32Array.from(values));
  await machine.write(recipe.input, Float32Array.from(images.inputs));
  await machine.write(recipe.target, images.targets);
  await machine.write(
    'example',
    Int32Array.from({ length: exampleCount }, (_, k) => 100 + 17 * k),
  );
  await machine.write('clock', [77, 0]);
  const parameters = recipe.parameters({ seed: 5, epoch: 0, batch: 0, examples: 0, batchExamples: exampleCount });
  for (const [name, value] of Object.entries(parameters)) machine.setParameter(name, value);
  return { machine, recipe };
}

/** A suite of tests; `steps` of each phase are compared one by one. */
export function exampleSuite(title: string, backend: Backend, images: Batch, steps = 25, chosen = models): void {
  describe.each(chosen)(`${title}: %s`, (_, model) => {
    it('one step from the reference state spikes alike, but where the potential is within 1e-5 of threshold', async () => {
      const law = await open(model, reference, 1, images);
      const fast = await open(model, backend, 1, images);
      const buffers = [...law.machine.program.buffers.values()]
        .filter(({ dtype, batch: own }) => own && dtype === 'real')
        .map(({ name }) => name);
      // A ring's other slots cannot be written through `write`; with delays the rings run side by side instead.
      const rings = [...law.machine.program.buffers.values()].some(({ history }) => history > 1);
      for (const { machine } of [law, fast]) await machine.run('begin');
      let spikes = 0;
      let close = 0;
      for (const slot of ['free', 'plus', 'minus'])
        for (let step = 0; step < steps; step++) {
          if (!rings) for (const name of buffers) await fast.machine.write(name, await law.machine.read(name));
          const before = new Map<string, ArrayLike<number>>();
          for (const { name } of model.populations.slice(1)) before.set(name, await law.machine.read(`${name}.v`));
          for (const { machine } of [law, fast]) await machine.run(slot);
          for (const { name, threshold } of model.populations.slice(1)) {
            const [a, b] = [await law.machine.read(`${name}.spike`), await fast.machine.read(`${name}.spike`)];
            const [v, w] = [await law.machine.read(`${name}.v`), await fast.machine.read(`${name}.v`)];
            for (let k = 0; k < a.length; k++) {
              if (a[k] !== 0) spikes++;
              if ((a[k] !== 0) === (b[k] !== 0)) continue;
              close++;
              // The one that did not spike still stands at its potential before the reset.
              const potential = a[k] === 0 ? v[k]! : w[k]!;
              expect(Math.abs(potential - threshold), `${name} unit ${k}, ${slot} step ${step}`).toBeLessThan(
                rings ? 1e-3 : 1e-5,
              );
            }
          }
        }
      expect(spikes).toBeGreaterThan(20 * steps);
      expect(close).toBeLessThan(rings ? spikes / 50 : spikes / 1000 + 2);
      await Promise.all([law.machine.close(), fast.machine.close()]);
    });

    it('free-running meets the reference within one spike a window on average', async () => {
      const law = await open(model, reference, 1, images);
      const fast = await open(model, backend, 2, images);
      for (const { machine, recipe } of [law, fast]) await machine.perform(recipe.predict);
      for (const { name, activityTime } of model.populations.slice(1)) {
        const [a, b] = [await law.machine.read(`${name}.mean`), await fast.machine.read(`${name}.mean`)];
        let sum = 0;
        for (let k = 0; k < a.length; k++) sum += Math.abs(a[k]! - b[k]!);
        const oneSpike = activityTime / model.phases.predict.window;
        expect(sum / a.length, name).toBeLessThan(oneSpike);
      }
      await Promise.all([law.machine.close(), fast.machine.close()]);
    });
  });
}
