// Learning MNIST, early: enough to see a rule that is wrong, quick enough for every test run.
import { describe, expect, it } from 'vitest';
import { readModel, runModel } from '../../src/index.ts';

/** Test error and worst recall after one pass over `train` images. */
async function after(
  model: string,
  train: number,
  set: readonly string[] = [],
): Promise<{ error: number; recall: number }> {
  const loaded = readModel(model, { set: ['learning.epochs=1', `data.train=${train}`, ...set] });
  const { result } = await runModel({ model: loaded.model, threads: 2 });
  return { error: result!.testError, recall: result!.worstClassRecall };
}

describe('after 12,000 images, integrate-and-fire 784-100-10', () => {
  it('errs on less than 10.5 % of the test set, and no output class is silent', async () => {
    const { error, recall } = await after('if-mnist', 12_000);
    expect(error).toBeLessThan(0.105);
    expect(recall).toBeGreaterThan(0.5);
  });
  it('with the event rule as well', async () => {
    const set = ['learning.update=events', 'phases.free.duration=120 ms', 'phases.nudge.duration=120 ms'];
    const { error, recall } = await after('if-mnist', 12_000, set);
    expect(error).toBeLessThan(0.105);
    expect(recall).toBeGreaterThan(0.5);
  });
  it('with Bernoulli input spikes, the same in both nudged phases', async () => {
    const set = ['populations.x.encode.kind=poisson', 'populations.x.encode.rate=500 Hz'];
    const { error } = await after('if-mnist', 12_000, set);
    expect(error).toBeLessThan(0.13);
  });
  it('and when one network runs free, nudged, free, nudged the other way, without a copy', async () => {
    const { error } = await after('if-mnist', 12_000, ['phases.restart=relax']);
    expect(error).toBeLessThan(0.105);
  });
});

it('the leaky network of npm start learns from its first 20,000 images', async () => {
  const { error, recall } = await after('mnist', 20_000);
  expect(error).toBeLessThan(0.1);
  expect(recall).toBeGreaterThan(0.5);
});
