// The control of spiking EP on MNIST: by spikes it errs about as often as EP does after as many images.
import { expect, it } from 'vitest';
import { readModel, runModel } from '../../src/index.ts';

it('after 20,000 images mnist-bptt is within 1.5 points of mnist on the test set, both by spikes', async () => {
  const error = async (name: string): Promise<number> => {
    const { model } = readModel(name, { set: ['learning.epochs=1', 'data.train=20000'] });
    return (await runModel({ model, threads: 2 })).result!.testError;
  };
  const [spiking, control] = [await error('mnist'), await error('mnist-bptt')];
  console.log(`ep ${(100 * spiking).toFixed(2)} %, bptt on the mean field ${(100 * control).toFixed(2)} %`);
  expect(Math.abs(control - spiking)).toBeLessThan(0.015);
});
