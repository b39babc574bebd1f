// EP's other estimators and networks against finite differences and against each other, in float64.
import { expect, it } from 'vitest';
import { reference } from '../../src/backends/reference.ts';
import { ep } from '../../src/learn/ep.ts';
import { builder } from '../../src/program/builder.ts';
import { bptt, difference, epGradient, exampleModel, openExample, relative } from './settling.ts';

it.each([2, 4, 6])('the holomorphic estimate with %i points errs by that power of beta, in every layer', async (points) => {
  const example = await openExample(exampleModel('logistic', ['phases.free.steps=150', 'phases.nudge.steps=120']));
  const exact = await bptt(example, 120);
  const betas = [0.1, 0.05];
  const errors: number[][] = [];
  for (const beta of betas) {
    const found = await epGradient(example, beta, { estimator: 'holomorphic', points });
    errors.push(example.names.map((name) => relative(found.get(name)!, exact.get(name)!)));
  }
  example.names.forEach((name, k) => {
    const order = Math.log(errors[0]![k]! / errors[1]![k]!) / Math.log(betas[0]! / betas[1]!);
    console.log(`${points} points, ${name}: error ${errors[1]![k]!.toExponential(1)} at beta ${betas[1]}, order ${order.toFixed(2)}`);
    expect(Math.abs(order - points), name).toBeLessThan(0.05 * points);
  });
}); // prettier-ignore

it('the holomorphic estimator refuses a readout of its own in one sentence', () => {
  const model = exampleModel('logistic', ['phases.nudge.estimator=holomorphic'], 'readout');
  expect(() => ep().contribute(builder('refused'), model)).toThrow(/the rule ep cannot train this model/);
});

it('two points of the holomorphic estimate are the symmetric one', async () => {
  const example = await openExample(exampleModel('tanh'));
  await example.settle();
  const two = await epGradient(example, 0.1, { estimator: 'holomorphic', points: 2 });
  const symmetric = await epGradient(example, 0.1, { estimator: 'symmetric' });
  for (const name of example.names) expect(relative(two.get(name)!, symmetric.get(name)!), name).toBeLessThan(1e-10);
});

it('with cross-entropy on a readout of its own, the estimate meets finite differences, the readout included', async () => {
  const example = await openExample(exampleModel('logistic', [], 'readout'));
  await example.settle();
  const found = await epGradient(example, 1e-3);
  for (const name of ['x->h1.weight', 'h1<->h2.weight', 'h3->y.weight', 'h2.bias', 'y.bias']) {
    const values = found.get(name)!;
    const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    for (const index of [1, values.length - 2]) {
      const numeric = await difference(example, name, index, 1e-5);
      expect(Math.abs(values[index]! - numeric) / size, `${name}[${index}]`).toBeLessThan(1e-4);
    }
  }
});

it('with separate matrices that are transposes, both forms of the update meet the tied one', async () => {
  const tied = await openExample(exampleModel('tanh'));
  await tied.settle();
  const exact = await bptt(tied, 300);
  const apart = await openExample(exampleModel('tanh', [], 'apart'));
  for (const [name, values] of tied.weights) {
    const [, from, to] = /^(\w+)<->(\w+)\.weight$/.exec(name) ?? [];
    if (!from) {
      apart.weights.get(name)!.set(values);
      continue;
    }
    apart.weights.get(`${from}->${to}.weight`)!.set(values);
    const columns = values.length / 16;
    apart.weights.get(`${to}->${from}.weight`)!.forEach((_, k, back) => (back[k] = values[(k % 16) * columns + Math.floor(k / 16)]!));
  }
  await apart.settle();
  const separate = await epGradient(apart, 1e-3);
  const forward = ['h1', 'h2', 'h3', 'y'].slice(1).map((to, k) => [`h${k + 1}->${to}.weight`, `h${k + 1}<->${to}.weight`] as const);
  for (const [one, both] of forward) expect(relative(separate.get(one)!, exact.get(both)!), one).toBeLessThan(1e-4);
  // Each its own: the two parts of d(s s') add up to the gradient of the tied matrix.
  const model = { ...apart.model, learning: { ...apart.model.learning, vectorField: 'different' as const } };
  const parts = await epGradient({ ...apart, model }, 1e-3);
  for (const [one, both] of forward) {
    const [a, b] = [parts.get(one)!, parts.get(one.replace(/(\w+)->(\w+)/, '$2->$1'))!];
    const columns = a.length / 16;
    const sum = a.map((value, k) => value + b[(k % columns) * 16 + Math.floor(k / columns)]!);
    expect(relative(sum, exact.get(both)!), one).toBeLessThan(1e-3);
  }
}); // prettier-ignore

it('the continual update meets the contrast as the learning rate goes to 0', async () => {
  const example = await openExample(exampleModel('logistic'));
  await example.settle();
  const contrast = await epGradient(example, 0.1);
  const misses: number[] = [];
  for (const rate of [1e-3, 1e-4, 1e-5]) {
    const model = { ...example.model, learning: { ...example.model.learning, update: 'continual' as const } };
    const b = builder('continual');
    const recipe = ep().contribute(b, model);
    const machine = await reference.open(b.build(), { batch: 1, threads: 1 });
    const parameters = recipe.parameters({ seed: 1, epoch: 0, batch: 0, examples: 0, batchExamples: 1 });
    for (const [name, value] of Object.entries(parameters)) machine.setParameter(name, name.startsWith('rate:') ? rate : value);
    for (const [name, values] of example.weights) await machine.write(name, values);
    await machine.write(recipe.input, await example.machine.read('x'));
    await machine.write(recipe.target, await example.machine.read('target'));
    for (const sequence of recipe.train) await machine.perform(sequence);
    let worst = 0;
    for (const name of recipe.learned) {
      const was = example.weights.get(name)!;
      const moved = Float64Array.from(await machine.read(name), (value, k) => (was[k]! - value) / rate);
      worst = Math.max(worst, relative(moved, contrast.get(name)!));
    }
    misses.push(worst);
  }
  console.log(`continual against contrast at rates 1e-3, 1e-4, 1e-5: ${misses.map((miss) => miss.toExponential(1)).join(', ')}`);
  expect(misses[2]).toBeLessThan(2e-4);
  expect(misses[1]! / misses[2]!).toBeGreaterThan(5);
}); // prettier-ignore
