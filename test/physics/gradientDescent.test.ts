// The GDU property on the acceptance experiment's networks (20-16-16-16-5, three activations), in float64: partial updates of
// EP against backpropagation through time, step by step, and the nudge inside against outside the activation.
import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference.ts';
import { equilibrium, type Equilibrium } from '../../src/learn/equilibrium.ts';
import { courses, orders, relativeDistance, stepsBack } from '../../src/learn/gradientDescent.ts';
import { stepsTape } from '../../src/learn/tapes.ts';
import { gradient as gradientOf } from '../../src/math/autodiff.ts';
import { uniform24 } from '../../src/math/random.ts';
import { activations, exampleModel, recipeOf } from './settling.ts';

type Kind = keyof typeof activations;
const inputs = Float64Array.from({ length: 20 }, (_, k) => uniform24(3, 99, 0, k, 0));
const targets = Float64Array.of(0, 1, 0, 0, 0);

async function open(kind: Kind, more: readonly string[] = []) {
  const model = exampleModel(kind, more);
  const net = await equilibrium(model, { backend: reference, examples: 1 });
  const parameters = recipeOf(model).initial(model.seed);
  await net.write(parameters, inputs, targets);
  await net.rest();
  expect(await net.settle()).toBeLessThan(1e-13);
  return { net, model, parameters };
}

/** The worst layer of weights after 15 steps. */
async function worst(net: Equilibrium, beta: number, symmetric: boolean): Promise<number> {
  const all = await courses(net, await stepsBack(net, 15), beta, symmetric);
  return Math.max(...all.filter(({ layer }) => layer.endsWith('.weight')).map(({ relativeError }) => relativeError));
}

/** As the sheet of facts has them for its own weights: one-sided at beta 0.1, 0.01, then symmetric. Clip is ours. */
const measured: Record<Kind, readonly [number, number, number, number]> = {
  tanh: [1.2e-1, 1.2e-2, 1.7e-2, 1.7e-4],
  logistic: [2.9e-1, 3.2e-2, 3.6e-2, 3.7e-4],
  clip: [1.2e-1, 1.2e-2, 2e-2, 2e-4],
};

describe.each(Object.keys(activations) as Kind[])('the network with three hidden layers, %s', (kind) => {
  it("EP's partial updates miss the gradient's by the first power of beta one-sided and by the second symmetric", async () => {
    const { net } = await open(kind);
    const found = [
      await worst(net, 0.1, false), await worst(net, 0.01, false), await worst(net, 0.1, true), await worst(net, 0.01, true),
    ]; // prettier-ignore
    console.log(`${kind}: RMSE over 15 steps ${found.map((value) => value.toExponential(1)).join(', ')} (one-sided .1 .01, symmetric .1 .01)`);
    found.forEach((value, k) => {
      expect(value).toBeLessThan(3 * measured[kind][k]!);
      if (kind !== 'clip' || k === 1 || k === 3) expect(value).toBeGreaterThan(measured[kind][k]! / 4);
    });
    await net.close();
  }); // prettier-ignore

  it('states move by -D g, D the slope of the activation, and not by -g', async () => {
    const { net } = await open(kind);
    const { settled } = net.network;
    const beta = 1e-6;
    const [withSlope, without]: number[][] = [[], []];
    let before = await net.states();
    await net.beginAdjoint();
    for (let t = 0; t < 6; t++) {
      const g = await Promise.all(settled.map((p) => net.machine.read(`${p.name}.v`)));
      await net.stepBack();
      const free = before;
      const bar = await Promise.all(settled.map((p) => net.machine.read(`${p.name}.bar`)));
      await net.step(beta);
      const after = await net.states();
      const moved = after.flatMap((values, k) => [...values].map((value, i) => (value - free[k]![i]!) / beta));
      const flat = (parts: readonly ArrayLike<number>[]): number[] => parts.flatMap((part) => Array.from(part, (value) => -value)); // prettier-ignore
      withSlope!.push(relativeDistance(moved, flat(bar)));
      without!.push(relativeDistance(moved, flat(g)));
      before = after;
    }
    expect(Math.max(...withSlope!)).toBeLessThan(1e-4);
    if (kind !== 'clip') expect(Math.min(...without!)).toBeGreaterThan(0.05);
    await net.close();
  });

  it('the nudge outside the activation misses the gradient unless slopes are 1, inside it does not', async () => {
    const errors: Record<string, number> = {};
    for (const place of ['inside', 'outside']) {
      const { net } = await open(kind, [`dynamics.nudge=${place}`]);
      const [order] = [await orders(net, await net.gradient(), [1e-4])];
      errors[place] = Math.max(...order.map(({ symmetric }) => symmetric[0]!));
      await net.close();
    }
    console.log(`${kind}: symmetric estimate at beta 1e-4 off by ${errors['inside']!.toExponential(1)} inside, ${errors['outside']!.toExponential(1)} outside`);
    expect(errors['inside']).toBeLessThan(1e-6);
    if (kind === 'clip') expect(errors['outside']).toBeLessThan(1e-6);
    if (kind === 'tanh') expect(errors['outside']).toBeGreaterThan(0.1);
    if (kind === 'logistic') expect(errors['outside']).toBeGreaterThan(1);
  }); // prettier-ignore

  it('automatic differentiation of the unrolled steps gives the same shares', async () => {
    const { net, model, parameters } = await open(kind);
    const free = await net.states();
    const states = new Map(net.network.settled.map((p, k) => [p.name, free[k]!]));
    const tape = stepsTape(model, states, { count: 1, inputs, targets }, 12)!;
    const { gradient } = gradientOf(tape.tape, tape.values(parameters));
    const back = await stepsBack(net, 12);
    tape.names.forEach((name, k) => {
      const sum = gradient[k]!.map((_, i) => -back.reduce((total, step) => total + step.get(name)![i]!, 0));
      expect(relativeDistance(sum, gradient[k]!), name).toBeLessThan(1e-12);
    });
    await net.close();
  });
});
