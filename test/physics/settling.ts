// Rate networks in float64 for tests: the example network with three hidden layers, settled, nudged and differentiated
// through real Programs on the reference backend.
import { reference } from '../../src/backends/reference.ts';
import type { Machine } from '../../src/backends/backend.ts';
import { adjoint } from '../../src/engine/adjoint.ts';
import { settling, type SettlingNetwork, targetBuffer } from '../../src/engine/settling.ts';
import { name as named, num } from '../../src/expr/tools.ts';
import { ep } from '../../src/learn/ep.ts';
import type { Recipe } from '../../src/learn/rule.ts';
import { uniform24 } from '../../src/math/random.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/model.ts';
import { type Builder, builder } from '../../src/program/builder.ts';
import type { Program } from '../../src/program/program.ts';

/** The acceptance experiment's three networks: 20-16-16-16-5, W normal with deviation gain / sqrt(fan-in). */
export const activations = {
  tanh: { activation: 'tanh(u)', gain: 0.6, bias: [0, 0] },
  logistic: { activation: 'sigmoid(4 * (u - 1/2))', gain: 0.35, bias: [0, 0] },
  clip: { activation: 'clip(u, 0, 1)', gain: 0.4, bias: [0.3, 0.1] },
} as const;

export type Shape = 'layers' | 'readout' | 'apart';

/** `readout`: the last layer is a softmax readout with cross-entropy. `apart`: separate matrices forward and back. */
export function exampleModel(
  kind: keyof typeof activations,
  more: readonly string[] = [],
  shape: Shape = 'layers',
): Model {
  const { activation, gain, bias } = activations[kind];
  const names = ['h1', 'h2', 'h3', 'y'];
  const pairs = [
    ['h1', 'h2'],
    ['h2', 'h3'],
    ['h3', 'y'],
  ];
  const init = `{ init: { scheme: normal, gain: ${gain} } }`;
  const projections = pairs.flatMap(([a, b]) => {
    if (shape === 'readout' && b === 'y') return [`${a}->${b}: ${init}`];
    return shape === 'apart' ? [`${a}->${b}: ${init}`, `${b}->${a}: ${init}`] : [`${a}<->${b}: ${init}`];
  });
  const population = (name: string, k: number): string =>
    shape === 'readout' && name === 'y'
      ? '  y: { units: 5, kind: readout }'
      : `  ${name}: { units: ${k < 3 ? 16 : 5}, kind: rate, activation: "${activation}", bias: { init: ${bias[0]}, spread: ${bias[1]} } }`;
  const text = `
settle: 1
name: example-${kind}
data: { set: csv, path: none, batch: 1 }
populations:
  x: { units: 20, kind: input }
${names.map(population).join('\n')}
projections:
  x->h1: ${init}
  ${projections.join('\n  ')}
cost: ${shape === 'readout' ? '{ on: y, kind: cross-entropy }' : '{ on: y, text: 1/2 * (s - target)^2 }'}
phases: { free: { steps: 400 }, nudge: { steps: 300, beta: 0.1 } }
backend: reference
seed: 3
`;
  return loadModel(text, { file: 'example.yaml', set: more }).model;
}

export interface Example {
  readonly model: Model;
  readonly machine: Machine;
  readonly network: SettlingNetwork;
  readonly weights: Map<string, Float64Array>;
  /** Names of learned weights and biases. */
  readonly names: readonly string[];
  /** Writes weights, inputs and targets, and settles freely. */
  settle(): Promise<void>;
  cost(): Promise<number>;
}

/** A network of its own with the adjoint's slots beside the phases', on inputs in (0, 1) and a one-hot target. */
export async function openExample(
  model: Model,
  extend?: (b: Builder, network: SettlingNetwork) => void,
): Promise<Example> {
  const b = builder(model.name);
  b.parameter('beta');
  const network = settling(b, model);
  network.addStep('free', null);
  network.addStep('nudged', named('beta'));
  if (network.readout) b.add('read', ...network.read());
  const back = adjoint(b, network);
  b.add('adjoint.begin', ...back.begin);
  b.add('adjoint.step', ...back.step);
  for (const which of ['bar', 'sum'] as const) {
    const { operations, terms } = back.gradient(which);
    b.add(`gradient.${which}`, ...operations);
    for (const [name, { outer, reduce }] of terms) {
      const into = b.buffer(`${name}:gradient`, b.shapeOf(name));
      if (outer) b.add(`gradient.${which}`, { op: 'outer', terms: outer, scale: num(1), into, add: false });
      else b.add(`gradient.${which}`, { op: 'reduce', from: reduce!, into, how: 'sum', over: 'batch' });
    }
  }
  extend?.(b, network);
  const program: Program = b.build();
  const machine = await reference.open(program, { batch: 1, threads: 1 });
  const weights = new Map(recipeOf(model).initial(model.seed)) as Map<string, Float64Array>;
  const input = model.populations[0]!;
  const output = model.populations.find(({ name }) => name === model.cost!.on)!;
  const inputs = Float64Array.from({ length: input.units }, (_, k) => uniform24(model.seed, 99, 0, k, 0));
  const target = Float64Array.from({ length: output.units }, (_, k) => (k === 1 ? 1 : 0));
  return {
    model, machine, network, weights, names: [...weights.keys()],
    async settle() {
      for (const [name, values] of weights) await machine.write(name, values);
      await machine.write(input.name, inputs);
      await machine.write(targetBuffer, target);
      await machine.perform([['begin', 1], ['rest', 1], ['free', model.phases.free.duration]]); // prettier-ignore
    },
    async cost() {
      if (network.readout) {
        await machine.run('read');
        const error = await machine.read(network.errorOf!);
        return -Math.log(error[1]! + 1);
      }
      const s = await machine.read(network.stateOf(output));
      return target.reduce((sum, value, k) => sum + (s[k]! - value) ** 2 / 2, 0);
    },
  }; // prettier-ignore
}

export function recipeOf(model: Model): Recipe {
  return ep().contribute(builder('recipe'), model);
}

/** Gradient of the cost at the free fixed point by backpropagation through time of `steps` steps. */
export async function bptt(example: Example, steps: number): Promise<Map<string, Float64Array>> {
  const { machine, names } = example;
  await example.settle();
  await machine.perform([['adjoint.begin', 1], ['adjoint.step', steps], ['gradient.sum', 1]]); // prettier-ignore
  const found = new Map<string, Float64Array>();
  for (const name of names) found.set(name, (await machine.read(`${name}:gradient`)) as Float64Array);
  return found;
}

/** Central difference of the settled cost by one number. */
export async function difference(example: Example, name: string, index: number, width: number): Promise<number> {
  const values = example.weights.get(name)!;
  const kept = values[index]!;
  const costs: number[] = [];
  for (const side of [1, -1]) {
    values[index] = kept + side * width;
    await example.settle();
    costs.push(await example.cost());
  }
  values[index] = kept;
  return (costs[0]! - costs[1]!) / (2 * width);
}

/** One batch of the rule `ep` on the example: minus what it would add at rate 1, by learned buffer. */
export async function epGradient(example: Example, beta: number, more: Partial<Model['phases']['nudge']> = {}): Promise<Map<string, Float64Array>> {
  const model: Model = { ...example.model, phases: { ...example.model.phases, nudge: { ...example.model.phases.nudge, beta, ...more } } };
  const b = builder('ep');
  const recipe = ep().contribute(b, model);
  const machine = await reference.open(b.build(), { batch: 1, threads: 1 });
  const progress = { seed: 1, epoch: 0, batch: 0, examples: 0, batchExamples: 1 };
  for (const [name, value] of Object.entries(recipe.parameters(progress)))
    machine.setParameter(name, name.startsWith('rate:') ? 1 : value);
  for (const [name, values] of example.weights) await machine.write(name, values);
  await machine.write(recipe.input, await example.machine.read('x'));
  await machine.write(recipe.target, await example.machine.read(targetBuffer));
  for (const sequence of recipe.train) await machine.perform(sequence);
  const found = new Map<string, Float64Array>();
  for (const name of recipe.learned) {
    const before = example.weights.get(name)!;
    found.set(name, Float64Array.from(await machine.read(name), (value, k) => before[k]! - value));
  }
  return found;
} // prettier-ignore

/** ||a - b|| / ||b||. */
export function relative(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [miss, size] = [0, 0];
  for (let k = 0; k < b.length; k++) {
    miss += (a[k]! - b[k]!) ** 2;
    size += b[k]! ** 2;
  }
  return Math.sqrt(miss / size);
}
