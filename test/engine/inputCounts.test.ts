// Spikes of an input population are counted, and nothing else: regular spikes come x times the rate, so that their mean over
// examples and random phases is known.
import { expect, it } from 'vitest';
import { readModel } from '../../src/model/read.node.ts';
import { openBench } from '../../src/run/run.node.ts';
import { evaluate, freshState } from '../../src/learn/trainer.ts';

it('the input spikes of an example are its values times steps', async () => {
  const set = [
    'populations.x.encode.kind=regular',
    'populations.x.encode.rate=500',
    'backend=reference',
    'data.test=100',
  ];
  const { model } = readModel('xor', { set });
  const { recipe, machine, data } = await openBench({ model });
  await freshState(recipe, machine, 1);
  const seen = await evaluate({ recipe, machine, data, examples: data.test, seed: 1 });
  const steps = model.phases.predict.duration / model.step;
  const sum = Array.from(data.test.inputs).reduce((total, value) => total + value, 0) / data.test.count;
  // Each unit is off by less than one spike, either way alike: the mean of 100 examples by a few tenths at most.
  expect(Math.abs(seen!.spikes['x']! - steps * sum)).toBeLessThan(0.5);
  expect(seen!.spikes['x']!).toBeGreaterThan(20);
});
