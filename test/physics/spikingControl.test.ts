// The control of spiking EP: a spiking network whose weights are trained by BPTT on its mean field, and read out by its spikes.
import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference.ts';
import { compile } from '../../src/expr/evaluate.ts';
import { derivative } from '../../src/expr/derivative.ts';
import { bptt } from '../../src/learn/bptt.ts';
import { ep } from '../../src/learn/ep.ts';
import { activation } from '../../src/learn/meanField.ts';
import { meanFieldModel } from '../../src/learn/meanFieldModel.ts';
import { evaluate, type Evaluation } from '../../src/learn/trainer.ts';
import type { Population } from '../../src/model/model.ts';
import { activationOf } from '../../src/model/rate.ts';
import { readModel } from '../../src/model/read.node.ts';
import { check } from '../../src/run/check.node.ts';
import { openBench, run } from '../../src/run/run.node.ts';
import { integrator, layered, leaky } from '../fixtures.ts';

const running = (name: string, units: number): Population => ({
  ...leaky(name, units),
  refractory: { duration: 0.004, membrane: 'integrate', arrivals: 'keep' },
});

describe.each([
  ['leaky', leaky, 1, 3.1, 4],
  // Its rate is at its ceiling from 3 on.
  ['leaky, membrane running on', running, 1, 3.1, 3],
  ['integrate-and-fire', integrator, 0, 1.01, 3],
] as const)('the curve of the mean field that is trained: %s', (_, neuron, rheobase, steepest, end) => {
  const model = meanFieldModel(layered(neuron, [4, 3, 2]), 'bptt');
  const tree = activationOf(model.populations[1]!);
  const [f, slope] = [compile(tree, ['u']), compile(derivative(tree, 'u'), ['u'])];
  const exact = activation(neuron('h', 1));

  it('is the f-I curve away from its bends, and always rises, never faster than its bound', () => {
    for (let u = -2; u < end; u += 0.01) {
      const at = Float64Array.of(u);
      expect(slope(at), `slope at ${u}`).toBeGreaterThan(0);
      expect(slope(at), `slope at ${u}`).toBeLessThan(steepest);
      const bends = Math.min(Math.abs(u - rheobase), rheobase === 0 ? Math.abs(u - 1) : Infinity);
      if (u < rheobase - 0.7 || (bends > 0.7 && (exact.slope(u) > 0 || rheobase === 0)))
        expect(Math.abs(f(at) - exact.activity(u)), `at ${u}`).toBeLessThan(2e-3);
      else expect(Math.abs(f(at) - exact.activity(u)), `at ${u}`).toBeLessThan(0.35);
    }
  });
});

describe('a spiking network trained by bptt', () => {
  it('moves down the gradient of the settled mean field', async () => {
    const { model } = readModel('xor', { set: ['learning.rule=bptt', 'populations.h.units=5'] });
    const { result } = await check({ model: meanFieldModel(model, 'bptt'), examples: 2, threads: 1 });
    expect(result.failures).toEqual([]);
    expect(result.follows).toBe('the gradient');
    for (const { finiteDifferenceError } of result.gradients) expect(finiteDifferenceError).toBeLessThan(1e-6);
  });

  it('is read out by its spikes: what EP reads with the same weights, to the bit', async () => {
    const { model } = readModel('bars', { set: ['data.train=100', 'data.test=40'] });
    const read = async (rule: typeof ep): Promise<Evaluation> => {
      const { recipe, machine, data } = await openBench({ model, rule: rule(), backend: reference });
      for (const [buffer, values] of recipe.initial(5)) await machine.write(buffer, values);
      const found = await evaluate({ recipe, machine, data, examples: data.test, seed: 1 });
      await machine.close();
      return found!;
    };
    const [own, other] = [await read(bptt), await read(ep)];
    expect(own).toEqual(other);
    expect(own.spikes['h']).toBeGreaterThan(1);
  });

  it.each(['bars', 'xor'])('learns %s: hardly an error by spikes, and as few in the mean field', async (name) => {
    const { model } = readModel(name, { set: ['learning.rule=bptt', 'learning.epochs=3'] });
    const { result } = await run({ model, threads: 1 });
    console.log(`${name}: ${(100 * result!.testError).toFixed(1)} % by spikes, ${(100 * result!.trainError!).toFixed(1)} % in the mean field`); // prettier-ignore
    expect(result!.testError).toBeLessThan(0.03);
    expect(result!.trainError).toBeLessThan(0.03);
    expect(result!.testSpikesPerExample).toBeGreaterThan(1);
  }); // prettier-ignore

  it('with dropout is refused in one sentence', async () => {
    const { model } = readModel('xor', { set: ['learning.rule=bptt', 'populations.h.dropout=0.1'] });
    await expect(openBench({ model })).rejects.toThrow(/the rule bptt cannot train this model/);
  });
});
