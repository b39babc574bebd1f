// Every small model of an energy learns its task, as its file says; the Hopfield networks begin to.
import { expect, it } from 'vitest';
import { readModel } from '../../src/model/read.node.ts';
import { run } from '../../src/run/run.node.ts';

const small = [
  'predictive-coding',
  'resistive',
  'modern-hopfield',
  'all-to-all',
  'xy',
  'lecture-example',
  'lecture-example-bidirectional',
];

it.each(small.flatMap((name) => [1, 2, 3].map((seed) => [name, seed] as const)))('%s from seed %i reaches 2 % test error', async (name, seed) => {
  const { model } = readModel(name, { set: [`seed=${seed}`] });
  const { result } = await run({ model, threads: 1 });
  console.log(`${name}, seed ${seed}: ${(100 * result!.testError).toFixed(1)} % test error`);
  expect(result!.testError).toBeLessThanOrEqual(0.02);
}); // prettier-ignore

it.each([['hopfield-mnist', 5000, 0.2], ['hopfield-2h-mnist', 5000, 0.4], ['hopfield-3h-mnist', 2000, 0.6]] as const)('%s learns from its first %i images', async (name, train, error) => {
  const set = [`data.train=${train}`, 'data.test=500', 'learning.epochs=1'];
  const { result } = await run({ model: readModel(name, { set }).model, threads: 2 });
  console.log(`${name}: ${(100 * result!.testError).toFixed(1)} % test error after ${train} images`);
  expect(result!.testError).toBeLessThan(error);
}); // prettier-ignore
