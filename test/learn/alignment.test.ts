// Alignment: the angle between a rule's mean update and a named gradient, against arithmetic done here, and without a trace
// left in what is learned.
import { describe, expect, it } from 'vitest';
import type { Machine } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import type { Examples } from '../../src/data/dataset.ts';
import { alignment, alignmentLine, angleBetween } from '../../src/learn/alignment.ts';
import { ep } from '../../src/learn/ep.ts';
import type { Recipe } from '../../src/learn/rule.ts';
import { freshState } from '../../src/learn/trainer.ts';
import { uniform24 } from '../../src/math/random.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';
import { type Probed, probed } from './probed.ts';

const count = 530;
const inputs = new Float32Array(2 * count).map((_, k) => uniform24(1, 0, k, 0, 0));
const labels = Uint8Array.from({ length: count }, (_, k) => (inputs[2 * k]! > inputs[2 * k + 1]! ? 1 : 0));
const examples: Examples = { count, shape: [2], inputs, scale: 1, labels };
const model = {
  populations: [{ name: 'x', kind: 'input', units: 2 }, { name: 'y', kind: 'lif', units: 2 }], cost: { on: 'y' },
} as unknown as Model; // prettier-ignore
const weights = Float64Array.of(0.4, -0.2, 0.1, 0.7);

async function open(options: Probed, batch: number): Promise<{ recipe: Recipe; machine: Machine }> {
  const program = builder('probed');
  const recipe = probed(options).contribute(program, model);
  const machine = await reference.open(program.build(), { batch, threads: 1 });
  await freshState(recipe, machine, 1);
  await machine.write('w', weights);
  return { recipe, machine };
}
const measure = async (options: Probed, batch = 64) => {
  const bench = await open(options, batch);
  const progress = { seed: 1, epoch: 0, batch: 0, examples: 0 };
  return (await alignment({ ...bench, examples, classes: 2, progress }))!;
};

/** Mean outer products of input and error, and of input and the error's sign, over the first 500 examples. */
function expected(): { gradient: Float64Array; signs: Float64Array } {
  const [gradient, signs] = [new Float64Array(4), new Float64Array(4)];
  for (let k = 0; k < 500; k++)
    for (let j = 0; j < 2; j++) {
      const sum = inputs[2 * k]! * weights[j]! + inputs[2 * k + 1]! * weights[2 + j]!;
      const error = (labels[k] === j ? 1 : 0) - 1 / (1 + Math.exp(-sum));
      for (let i = 0; i < 2; i++) {
        gradient[2 * i + j]! += (inputs[2 * k + i]! * error) / 500;
        signs[2 * i + j]! += (inputs[2 * k + i]! * Math.sign(error)) / 500;
      }
    }
  return { gradient, signs };
}

describe('the alignment of an update', () => {
  it('is the angle of the mean over 500 examples, whatever the batch', async () => {
    const { gradient, signs } = expected();
    const by = (a: number, b: number): number => a * b;
    const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, k) => sum + by(value, b[k]!), 0);
    const cosine = dot(gradient, signs) / Math.sqrt(dot(gradient, gradient) * dot(signs, signs));
    for (const batch of [64, 500, 20]) {
      const found = await measure({ own: 'sign' }, batch);
      expect(found).toMatchObject({ reference: 'BP', examples: 500 });
      expect(found.layers['x->y']!.cosine).toBeCloseTo(cosine, 10);
      expect(found.layers['x->y']!.angle).toBeCloseTo((Math.acos(cosine) * 180) / Math.PI, 8);
    }
  });

  it('of the gradient with itself is 0 degrees, and of no update is undefined', async () => {
    expect((await measure({ own: 'gradient' })).layers['x->y']!.angle).toBeLessThan(1e-5);
    expect((await measure({ own: 'none' })).layers['x->y']).toEqual({ cosine: null, angle: null, ratio: null });
  });

  it('tells the angle of feedback and forward weights, one of them transposed', async () => {
    const feedback = [0, 1, 2, 3].map((k) => Math.sin(1 + k));
    const turned = [feedback[0]!, feedback[2]!, feedback[1]!, feedback[3]!];
    expect((await measure({})).weights['x->y']).toEqual(angleBetween(weights, turned));
  });

  it('leaves the weights and the size of the batch as they were', async () => {
    const { recipe, machine } = await open({}, 64);
    await alignment({ recipe, machine, examples, classes: 2, progress: { seed: 1, epoch: 0, batch: 0, examples: 0 } });
    expect(await machine.read('w')).toEqual(weights);
    expect(await machine.read('y')).toHaveLength(2 * 64);
  });

  it('of a probe that learns is refused as a defect', async () => {
    await expect(measure({ cheats: true })).rejects.toThrow(/probe of the rule changed w/);
  });

  it('of a recipe without a probe is null', async () => {
    const { recipe, machine } = await open({}, 64);
    const plain: Recipe = { ...recipe };
    delete (plain as { probe?: unknown }).probe;
    const progress = { seed: 1, epoch: 0, batch: 0, examples: 0 };
    expect(await alignment({ recipe: plain, machine, examples, classes: 2, progress })).toBeNull();
  });
});

it("EP's own update and its reference are both means over a batch, so that their lengths agree", async () => {
  const text = `
settle: 1
name: alike
data: { set: csv, path: none, batch: 8 }
populations:
  x: { units: 2, kind: input }
  h: { units: 4, kind: rate, activation: tanh }
  y: { units: 2, kind: rate, activation: tanh }
projections: { x->h: {}, h<->y: { init: { gain: 0.1 } } }
cost: { on: y, text: 1/2 * (s - target)^2 }
phases: { free: { steps: 12 }, nudge: { steps: 12, beta: 0.001 } }
`;
  const { model: settling } = loadModel(text, { file: 'alike.yaml' });
  const program = builder('alike');
  const recipe = ep().contribute(program, settling);
  const machine = await reference.open(program.build(), { batch: 8, threads: 1 });
  await freshState(recipe, machine, 1);
  const progress = { seed: 1, epoch: 0, batch: 0, examples: 0 };
  const few = { ...examples, count: 24, inputs: inputs.subarray(0, 48), labels: labels.subarray(0, 24) };
  const { layers } = (await alignment({ recipe, machine, examples: few, classes: 2, progress }))!;
  expect(Object.keys(layers)).toEqual(['x->h', 'h<->y']);
  for (const [layer, { angle, ratio }] of Object.entries(layers)) {
    expect(angle, layer).toBeLessThan(0.1);
    expect(ratio, layer).toBeCloseTo(1, 3);
  }
});

describe('an angle', () => {
  it('of opposite, equal and orthogonal vectors is 180, 0 and 90 degrees', () => {
    expect(angleBetween([1, 2], [-2, -4])).toEqual({ cosine: -1, angle: 180, ratio: 0.5 });
    expect(angleBetween([3, 0], [0, 4])).toEqual({ cosine: 0, angle: 90, ratio: 0.75 });
    expect(angleBetween([3, 4], [3, 4]).angle).toBe(0);
  });

  it('of vectors far below one is not lost, and of unequal ones is refused', () => {
    expect(angleBetween([1e-80, 0], [1e-80, 1e-80]).angle).toBeCloseTo(45, 10);
    expect(() => angleBetween([1], [1, 2])).toThrow(RangeError);
  });

  it('is written with nine digits, undefined ones as null', () => {
    const angle = { cosine: 1 / 3, angle: 70.528779365509308, ratio: null };
    const line = alignmentLine({ reference: 'BP', examples: 500, layers: { 'x->y': angle }, weights: {} }, 2, 1000);
    expect(line).toEqual({
      kind: 'alignment', epoch: 2, examples: 1000, reference: 'BP', probeExamples: 500,
      layers: { 'x->y': { cosine: 0.333333333, angle: 70.5287794, ratio: null } },
    }); // prettier-ignore
  });
});
