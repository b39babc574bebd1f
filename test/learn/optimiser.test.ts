// Stochastic gradient descent against the same steps by hand.
import { expect, it } from 'vitest';
import { reference } from '../../src/backends/reference.ts';
import { num } from '../../src/expr/tools.ts';
import { sgd } from '../../src/learn/optimiser.ts';
import { builder } from '../../src/program/builder.ts';
import { layered, leaky } from '../fixtures.ts';

const { learning } = layered(leaky, [2, 2, 2]);

/** A weight [1, 1] and a bias [1] after `steps` updates, each along x y and y with x = 2, y = 3. */
async function after(momentum: number, weightDecay: number, steps: number): Promise<[weight: number, bias: number]> {
  const b = builder('sgd');
  for (const name of ['x', 'y']) b.buffer(name, [1], { batch: true });
  b.buffer('w', [1, 1]);
  b.buffer('bias', [1]);
  b.parameter('rate');
  const learned = [
    { buffer: 'w', rate: 'rate', decays: true },
    { buffer: 'bias', rate: 'rate', decays: false },
  ];
  sgd(b, learned, { ...learning, momentum, weightDecay }).addUpdate('update', {
    prepare: [],
    terms: new Map([
      ['w', { outer: [{ pre: 'x', post: 'y', sign: 1 as const }], scale: num(0.5) }],
      ['bias', { reduce: 'y', scale: num(0.5) }],
    ]),
  });
  const machine = await reference.open(b.build(), { batch: 1, threads: 1 });
  await machine.write('x', [2]);
  await machine.write('y', [3]);
  await machine.write('w', [1]);
  machine.setParameter('rate', 0.1);
  await machine.run('update', steps);
  const [[weight], [bias]] = await Promise.all([machine.read('w'), machine.read('bias')]);
  await machine.close();
  return [weight!, bias!];
}

it.each([
  [0, 0],
  [0.9, 0],
  [0, 0.01],
  [0.9, 0.01],
])('momentum %f and weight decay %f are those of v <- m v + g - d w, w <- w + rate v', async (momentum, decay) => {
  let [w, v, bias, u] = [1, 0, 0, 0];
  for (let step = 0; step < 3; step++) {
    v = momentum * v + 0.5 * 2 * 3 - decay * w;
    w += 0.1 * v;
    u = momentum * u + 0.5 * 3;
    bias += 0.1 * u;
  }
  const found = await after(momentum, decay, 3);
  expect(found[0]).toBeCloseTo(w, 12);
  expect(found[1]).toBeCloseTo(bias, 12);
});
