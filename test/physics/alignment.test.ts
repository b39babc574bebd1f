// Feedback alignment at work: a linear network from zero weights, and one feedback matrix for every layer.
import { describe, expect, it } from 'vitest';
import { angle, bench, chain, distance, normals, oneHot } from './feedForward.ts';
import { loadModel } from '../../src/model/load.ts';
import { run } from '../../src/run/run.node.ts';

describe('a linear network 30-20-10 that learns a linear map by feedback alignment from zero weights', () => {
  // Lillicrap et al. 2016: x ~ N(0, I), B uniform in +/- 0.5; zero weights meet the condition of their theorem for every B.
  const examples = 60;
  const inputs = normals(30 * examples);
  const map = normals(300, 7).map((value) => value / Math.sqrt(30));
  const targets = Float64Array.from({ length: 10 * examples }, (_, k) => {
    const [example, j] = [Math.floor(k / 10), k % 10];
    let sum = 0;
    for (let i = 0; i < 30; i++) sum += inputs[30 * example + i]! * map[10 * i + j]!;
    return sum;
  });
  const fixed = [
    'populations.h1.bias.rate=0', 'populations.y.bias.rate=0',
    'learning.feedback.init.scheme=uniform', `learning.feedback.init.gain=${Math.sqrt(20) / 2}`,
  ]; // prettier-ignore

  /** Error as a share of the first, and degrees between W and B^T and between both updates of the hidden layer. */
  async function watched(rate: number, steps: readonly number[], set: readonly string[]) {
    const b = await bench(chain({ sizes: [30, 20, 10], activation: 'identity', rate, set: [...fixed, ...set] }), 'fa', examples);
    await b.feed(inputs, targets);
    const first = await b.cost();
    const rows: { step: number; error: number; weight: number; update: number }[] = [];
    for (let step = 0; step <= steps.at(-1)!; step++) {
      if (steps.includes(step)) {
        const { own, reference } = (await b.probe()).get('x->h1')!;
        const weight = angle(await b.read('h1->y.weight'), await b.read('h1->y.feedback'));
        rows.push({ step, error: (await b.cost()) / first, weight, update: angle(own, reference) });
      }
      await b.train();
    }
    console.log(rows.map(({ step, error, weight, update }) => `step ${step}: error ${error.toExponential(1)}, W to B^T ${weight.toFixed(1)}, update to BP ${update.toFixed(1)} degrees`).join('\n')); // prettier-ignore
    return rows;
  } // prettier-ignore

  it('from zero weights: the error goes to 0, and weights and update align', async () => {
    const rows = await watched(
      0.1,
      [2, 10, 20, 50, 100, 200, 600],
      ['x-h1', 'h1-y'].map((name) => `projections.${name}.init=zero`),
    );
    const errors = rows.map(({ error }) => error);
    expect(errors).toEqual([...errors].sort((a, b) => b - a));
    expect(errors.at(-1)).toBeLessThan(1e-6);
    expect(rows.at(-1)!.weight).toBeLessThan(rows[0]!.weight - 10);
    expect(rows.at(-1)!.weight).toBeLessThan(32);
    for (const { update } of rows) expect(update).toBeLessThan(45);
  });

  it('from small random weights, as published: both angles start at 90 degrees and fall as the error does', async () => {
    const small = (name: string, pre: number): string[] => [
      `projections.${name}.init.scheme=uniform`, `projections.${name}.init.gain=${0.01 * Math.sqrt(pre)}`,
    ]; // prettier-ignore
    const rows = await watched(0.02, [0, 5, 10, 20, 40, 80, 160, 400], [...small('x-h1', 30), ...small('h1-y', 20)]);
    expect(Math.abs(rows[0]!.weight - 90)).toBeLessThan(10);
    expect(Math.abs(rows[0]!.update - 90)).toBeLessThan(10);
    const weights = rows.map(({ weight }) => weight);
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
    expect(weights.at(-1)).toBeLessThan(32);
    for (const { update } of rows.slice(2)) expect(update).toBeLessThan(45);
    expect(rows.at(-1)!.error).toBeLessThan(0.01);
  });
});

describe('direct feedback alignment with one matrix for layers of different widths', () => {
  const text = `settle: 1
name: shared
data: { set: mnist, train: 6000, test: 2000, batch: 20 }
populations:
  x: { units: 784, kind: input }
  h1: { units: 96, kind: rate, activation: tanh }
  h2: { units: 64, kind: rate, activation: tanh }
  h3: { units: 64, kind: rate, activation: tanh }
  y: { units: 10, kind: readout }
projections: { x->h1: {}, h1->h2: {}, h2->h3: {}, h3->y: {} }
cost: { on: y, kind: cross-entropy }
learning: { rule: dfa, epochs: 3, feedback: { shared: true, init: { scheme: uniform, gain: 3 } } }
`;
  it('uses its first rows in each layer', async () => {
    const { model } = loadModel(text, { file: 'shared.yaml' });
    const b = await bench(model, 'dfa', 2);
    const [wide, narrow] = [await b.read('feedback.96'), await b.read('feedback.64')];
    expect(narrow).toEqual(wide.subarray(0, 640));
    expect(b.recipe.learned.filter((name) => name.startsWith('feedback'))).toEqual(['feedback.96', 'feedback.64']);
    await b.feed(normals(2 * 784), oneHot(2, 10));
    await b.machine.run('train');
    const e = await b.read('y.e');
    for (const layer of ['h1', 'h2', 'h3']) {
      const [a, found] = [await b.read(`${layer}.a`), await b.read(`${layer}.e`)];
      const units = a.length / 2;
      const expected = a.map((total, k) => {
        const [example, i] = [Math.floor(k / units), k % units];
        let sum = 0;
        for (let j = 0; j < 10; j++) sum += wide[10 * i + j]! * e[10 * example + j]!;
        return sum * (1 - Math.tanh(total) ** 2);
      });
      expect(distance(found, expected), layer).toBeLessThan(1e-13);
    }
  });

  it('still trains, where a network with fixed hidden layers makes more than twice the mistakes', async () => {
    const errors: Record<string, number> = {};
    for (const rule of ['dfa', 'shallow']) {
      const { model } = loadModel(text, { file: 'shared.yaml', set: [`learning.rule=${rule}`] });
      errors[rule] = (await run({ model })).result!.testError;
    }
    console.log(`one matrix for three hidden layers, 6,000 images, 3 epochs: ${Object.entries(errors).map(([rule, e]) => `${rule} ${(100 * e).toFixed(1)} %`).join(', ')}`); // prettier-ignore
    expect(errors['dfa']).toBeLessThan(0.15);
    expect(errors['dfa']).toBeLessThan(errors['shallow']! / 2);
  });
});
