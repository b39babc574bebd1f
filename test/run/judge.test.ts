// What a candidate is worth: what a run of the same model says of its validation split, and nothing of the test set.
import { expect, it } from 'vitest';
import { loadDataSet } from '../../src/data/load.node.ts';
import { readProfile } from '../../src/hardware/profile/profileRead.node.ts';
import { readModel } from '../../src/model/read.node.ts';
import { judge } from '../../src/run/judge.node.ts';
import { run } from '../../src/run/run.node.ts';

const { model } = readModel('xor', { set: ['data.train=120', 'data.validation=40', 'data.test=40', 'learning.epochs=2'] }); // prettier-ignore
const profile = readProfile('loihi-1');
const data = loadDataSet(model.data);

it('no score changes with the test set, its examples, their labels or their number', async () => {
  const found = await judge({ model, profile });
  const { inputs, labels, ...rest } = data.test;
  const other = { ...rest, inputs: inputs.map((value) => 1 - value), labels: labels.map((label) => 1 - label) };
  const none = { ...rest, inputs: inputs.map(() => NaN), labels: labels.map(() => 255) };
  for (const test of [other, none, { ...data.train, count: 7 }]) expect(await judge({ model, profile, data: { ...data, test } })).toEqual(found); // prettier-ignore
  for (const value of Object.values({ ...found, macs: 0 })) expect(value).toBeTypeOf('number');
  expect(found.energy).toBeGreaterThan(0);
});

it('the error is the validation error of the run, spikes and joules those of a run tested on the held-out examples', async () => {
  const found = await judge({ model, profile });
  expect(found.error).toBe((await run({ model, profile })).result!.validationError);
  const size = data.train.inputs.length / data.train.count;
  const part = (from: number, to: number) => ({ ...data.train, count: to - from, inputs: data.train.inputs.subarray(from * size, to * size), labels: data.train.labels.subarray(from, to) }); // prettier-ignore
  const swapped = { ...data, train: part(0, 80), test: part(80, 120) };
  const { result } = await run({ model: { ...model, data: { ...model.data, validation: 0 } }, profile, data: swapped });
  expect(found.spikes).toBe(result!.testSpikesPerExample);
  expect(found.energy).toBe(result!.energy!.inference);
  expect(found.error).toBe(result!.testError);
});
