// Rates over a run against their closed forms.
import { describe, expect, it } from 'vitest';
import { rateAt, ratesAt } from '../../src/learn/schedule.ts';
import type { Model } from '../../src/model/model.ts';
import { loadModel } from '../../src/model/load.ts';
import { readModel } from '../../src/model/read.node.ts';
import { layered, leaky } from '../fixtures.ts';

const model = (learning: Partial<Model['learning']>): Model => {
  const base = layered(leaky, [2, 2, 2]);
  return { ...base, learning: { ...base.learning, ...learning } };
};
const at = (epoch: number) => ({ seed: 1, epoch, batch: 0, examples: 1000 * epoch, batchExamples: 10 });

describe('cosine annealing', () => {
  // eta = least + (rate - least) (1 + cos(pi epoch / epochs)) / 2: equation 5 of Loshchilov and Hutter 2017.
  it('follows half a cosine by epoch, down to its least, and stays there', () => {
    const annealed = model({ annealing: { epochs: 100, least: 1e-5 } });
    for (let epoch = 0; epoch <= 120; epoch++) {
      const expected = 1e-5 + ((0.25 - 1e-5) * (1 + Math.cos((Math.PI * Math.min(epoch, 100)) / 100))) / 2;
      expect(Math.abs(rateAt(annealed, at(epoch), 0.25) - expected)).toBeLessThan(1e-16);
    }
    expect(rateAt(annealed, at(0), 0.25)).toBe(0.25);
    expect(rateAt(annealed, at(50), 0.25)).toBeCloseTo((0.25 + 1e-5) / 2, 15);
  });

  it('falls for each projection from its own rate; what is frozen stays frozen, and nothing rises', () => {
    const annealed = model({ annealing: { epochs: 10, least: 0.01 }, rates: { 'x->h': 0.2, 'h<->y': 0 } });
    const rates = ratesAt(annealed, at(10));
    expect(rates['rate:x->h']).toBe(0.01);
    expect(rates['rate:h<->y']).toBe(0);
    expect(rateAt(annealed, at(7), 0.005)).toBe(0.005);
  });

  it('comes with warm-up and decay, and without annealing nothing changes', () => {
    const both = model({ warmup: 4000, rateDecay: 0.5, annealing: { epochs: 2, least: 0 } });
    expect(rateAt(both, at(1), 1)).toBeCloseTo((1010 / 4000) * 0.5 * 0.5, 15);
    expect(rateAt(model({ rateDecay: 0.9 }), at(3), 0.1)).toBe(0.9 ** 3 * 0.1);
  });

  it('is said in a model file and comes back from its resolved text', () => {
    const { model: read, resolvedYaml } = readModel('xor', { set: ['learning.annealing.epochs=8', 'learning.annealing.least=0.001'] }); // prettier-ignore
    expect(read.learning.annealing).toEqual({ epochs: 8, least: 0.001 });
    expect(loadModel(resolvedYaml, { file: 'again' }).model).toEqual(read);
    expect(() => readModel('xor', { set: ['learning.annealing.epochs=0'] })).toThrow(/out of range/);
  });
});
