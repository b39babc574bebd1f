// The small network of pictures learns digits early by equilibrium propagation, and by its kernels: frozen random ones do worse.
import { expect, it } from 'vitest';
import { readModel, runModel } from '../../src/index.ts';

async function errorAfter(model: string, set: readonly string[] = []): Promise<number> {
  const sizes = ['data.train=2000', 'data.test=1000', 'learning.epochs=2'];
  const { result } = await runModel({ model: readModel(model, { set: [...sizes, ...set] }).model, threads: 1 });
  return result!.testError;
}

it('2,000 digits twice: kernels that learn err on less than 10 %, and random ones on more', async () => {
  const learned = await errorAfter('conv-mnist-small');
  const frozen = await errorAfter('conv-mnist-small', ['learning.rates.x-c1=0', 'learning.rates.c1-c2=0']);
  console.log(`conv-mnist-small, 2,000 digits twice: ${learned}, frozen kernels ${frozen}`);
  expect(learned).toBeLessThan(0.1);
  expect(frozen).toBeGreaterThan(1.2 * learned);
});
