// EP's partial updates, step by step, against backpropagation through time in float64 (the GDU property), on a network with
// three hidden layers and on one of pictures, with both costs: printed for three betas, for every layer.
import { afterEach, describe, expect, it } from 'vitest';
import type { Equilibrium } from '../../src/learn/equilibrium.ts';
import { courses, stepsBack } from '../../src/learn/gradientDescent.ts';
import type { Model } from '../../src/model/model.ts';
import { openSettled } from './energies.ts';
import { pictureModel } from './pictures.ts';
import { exampleModel } from './settling.ts';

const networks: Readonly<Record<string, () => Model>> = {
  'three hidden layers, squared error': () => exampleModel('logistic'),
  'three hidden layers, cross-entropy': () => exampleModel('logistic', [], 'readout'),
  'kernels and max pools, squared error': () => pictureModel('max', 'mse'),
  'kernels and max pools, cross-entropy': () => pictureModel('max', 'ce'),
  'kernels and softmax pools, squared error': () => pictureModel('softmax', 'mse'),
  'kernels and average pools, cross-entropy': () => pictureModel('average', 'ce'),
};
const betas = [0.1, 0.01, 0.001] as const;
const steps = 15;

let net: Equilibrium;
afterEach(() => net?.close());

describe('updates over time', () => {
  it.each(Object.entries(networks))('of %s come to those of BPTT as beta, and as beta squared where they are symmetric', async (name, model) => {
    net = (await openSettled(model())).net;
    expect(await net.settle()).toBeLessThan(1e-13);
    const back = await stepsBack(net, steps);
    const found: Record<'one-sided' | 'symmetric', Map<string, number[]>> = { 'one-sided': new Map(), symmetric: new Map() };
    for (const estimator of ['one-sided', 'symmetric'] as const)
      for (const beta of betas)
        for (const { layer, relativeError } of await courses(net, back, beta, estimator === 'symmetric'))
          found[estimator].set(layer, [...(found[estimator].get(layer) ?? []), relativeError]);
    const lines = [...found.symmetric.keys()].map((layer) => {
      const row = (estimator: keyof typeof found): string => found[estimator].get(layer)!.map((error) => error.toExponential(1)).join(' ');
      return `  ${layer.padEnd(16)} one-sided ${row('one-sided')}   symmetric ${row('symmetric')}`;
    });
    console.log(`${name}, RMSE over ${steps} steps at beta ${betas.join(', ')}\n${lines.join('\n')}`);
    for (const [layer, [, middle, last]] of found['one-sided']) expect(middle! / last!, layer).toBeGreaterThan(6);
    for (const [layer, [, middle, last]] of found.symmetric) {
      expect(middle! / last!, layer).toBeGreaterThan(60);
      expect(last!, layer).toBeLessThan(1e-4);
    }
  }); // prettier-ignore
});
