// MNIST by exact spike times: the bundled network learns from 10,000 images as it does on a grid of steps.
import { expect, it } from 'vitest';
import { readModel } from '../../src/model/read.node.ts';
import { run } from '../../src/run/run.node.ts';

it('eqspike-mnist with engine: event reads 10,000 test images with 12 % errors at most after 10,000 training images', async () => {
  const { model } = readModel('eqspike-mnist', { set: ['engine=event', 'data.train=10000', 'learning.epochs=1', 'seed=101'] }); // prettier-ignore
  const { result } = await run({ model, threads: 1 });
  console.log(`${result!.trainExamplesPerSecond.toFixed(0)} examples/s, ${(100 * result!.testError).toFixed(2)} %`);
  expect(result!.testError).toBeLessThan(0.12);
  expect(result!.synapticEvents).toBeGreaterThan(20_000);
});
