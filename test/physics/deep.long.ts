// A hundred hidden layers of tanh: which errors get through, and that it is the start that decides for BP.
import { expect, it } from 'vitest';
import { readModel } from '../../src/model/read.node.ts';
import { run } from '../../src/run/run.node.ts';

async function trainError(rule: string, epochs: number, start: readonly string[] = []): Promise<number> {
  const { model } = readModel('deep-tanh-mnist', {
    set: ['data.train=10000', 'data.test=1000', `learning.rule=${rule}`, `learning.epochs=${epochs}`, ...start],
  });
  const error = (await run({ model, threads: 2 })).result!.trainError!;
  console.log(
    `${rule}${start.length > 0 ? ' from orthogonal weights' : ''}: training error ${(100 * error).toFixed(1)} %`,
  );
  return error;
}

it('from zero weights, errors sent directly train it; carried down or up from layer to layer they do not', async () => {
  expect(await trainError('dfa', 6)).toBeLessThan(0.6);
  expect(await trainError('fa', 6)).toBeGreaterThan(0.7);
  expect(await trainError('ifa', 6)).toBeGreaterThan(0.8);
  expect(await trainError('bp', 1)).toBeGreaterThan(0.8);
});

it('from orthogonal weights backpropagation trains it as well', async () => {
  const names = ['x', ...Array.from({ length: 100 }, (_, k) => `h${k + 1}`), 'y'];
  const start = names.slice(1).flatMap((to, k) => [`projections.${names[k]!}-${to}.init=orthogonal`, `learning.rates.${names[k]!}-${to}=1e-4`]); // prettier-ignore
  expect(await trainError('bp', 3, start)).toBeLessThan(0.4);
});
