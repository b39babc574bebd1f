// The check of a spiking model: its exact mean-field gradient against finite differences, and the rule's own update against
// that gradient. It changes nothing.
import { fillInputs, fillTargets } from '../data/batches.ts';
import { meanField } from '../learn/meanField.ts';
import { feeder, freshState, readOutClock, restore } from '../learn/trainer.ts';
import { type CheckOptions, sizesOf } from './checkBench.node.ts';
import type { CheckResult, GradientCheck } from './checkResult.ts';
import type { Bench } from './bench.ts';
import { openBench } from './run.node.ts';

/** Finite differences may miss the exact gradient by this share (kinks of the f-I curve lie between). */
const tolerance = 0.02;
const entries = 8;
const width = 1e-5;

export async function checkSpiking(options: CheckOptions): Promise<CheckResult> {
  const bench = await openBench(options);
  const { model, recipe, machine, data } = bench;
  try {
    if (options.from) await restore(recipe, machine, model.seed, options.from);
    else await freshState(recipe, machine, model.seed);
    const examples = Math.min(options.examples, machine.batch, data.train.count);
    const gradients = await gradientsOf(bench, examples);
    const failures = gradients
      .filter(({ finiteDifferenceError }) => finiteDifferenceError > tolerance)
      .map(({ buffer }) => `${buffer}: the exact gradient and finite differences disagree`);
    return {
      ...sizesOf(bench),
      examples,
      follows: 'the mean field',
      exact: 'implicit differentiation of the mean field (rates in place of spikes)',
      gradients,
      flat: [],
      differentiation: null,
      settling: null,
      sampled: [],
      failures,
      passed: failures.length === 0,
    };
  } finally {
    await machine.close();
  }
}

type Checked = GradientCheck & { readonly finiteDifferenceError: number };

async function gradientsOf({ model, recipe, machine, data }: Bench, count: number): Promise<Checked[]> {
  const parameters = new Map<string, Float64Array>();
  const names = [
    ...model.projections.map(({ name }) => `${name}.weight`),
    ...model.populations.filter(({ kind }) => kind !== 'input').map(({ name }) => `${name}.bias`),
  ];
  if (model.cost === null || !names.every((name) => machine.program.buffers.has(name))) return [];
  for (const name of names) parameters.set(name, Float64Array.from(await machine.read(name)));
  const learned = recipe.learned.filter((name) => parameters.has(name));
  const field = meanField(model, parameters);
  const indices = Int32Array.from({ length: count }, (_, k) => k);
  const inputSize = data.train.inputs.length / data.train.count;
  const inputs = new Float32Array(count * inputSize);
  const targets = new Float32Array(count * data.classes);
  fillInputs(data.train, indices, inputs);
  fillTargets(data.train, indices, data.classes, targets);
  const inputOf = (k: number): Float32Array => inputs.subarray(k * inputSize, (k + 1) * inputSize);
  const targetOf = (k: number): Float32Array => targets.subarray(k * data.classes, (k + 1) * data.classes);

  const exact = new Map(learned.map((name) => [name, new Float64Array(parameters.get(name)!.length)]));
  for (let k = 0; k < count; k++) {
    const one = field.gradient(inputOf(k), targetOf(k));
    for (const [name, sum] of exact) one.get(name)!.forEach((value, i) => (sum[i]! += value / count));
  }

  // The rule's update of the same examples, at the rates of the first batch.
  const progress = { seed: model.seed, epoch: 0, batch: 0, examples: model.learning.warmup, batchExamples: count };
  const values = recipe.parameters(progress);
  for (const name in values) machine.setParameter(name, values[name]!);
  await feeder(recipe, machine, data.train, data.classes).write(indices, readOutClock(model.seed));
  for (const sequence of recipe.train) await machine.perform(sequence);

  const checks: Checked[] = [];
  const first = { input: inputOf(0), target: targetOf(0) };
  const firstGradient = field.gradient(first.input, first.target);
  for (const name of learned) {
    const numbers = parameters.get(name)!;
    const after = await machine.read(name);
    const step = Float64Array.from(after, (value, i) => value - numbers[i]!);
    const descent = exact.get(name)!.map((value) => -value);
    const rate = values[`rate:${name.replace(/\.weight$/, '')}`] ?? 1;
    checks.push({
      buffer: name,
      finiteDifferenceError: finiteDifference(numbers, firstGradient.get(name)!),
      cosine: dot(step, descent) / (norm(step) * norm(descent) || 1),
      normRatio: norm(step) / (rate * norm(descent) || 1),
    });
  }
  return checks;

  function freeCost(): number {
    return field.cost(field.settle(field.drive(first.input)), first.target);
  }
  function finiteDifference(numbers: Float64Array, gradient: Float64Array): number {
    const order = Array.from(gradient.keys()).sort((a, b) => Math.abs(gradient[b]!) - Math.abs(gradient[a]!));
    const largest = Math.abs(gradient[order[0] ?? 0] ?? 0);
    let worst = 0;
    for (const index of order.slice(0, entries)) {
      const value = numbers[index]!;
      numbers[index] = value + width;
      const above = freeCost();
      numbers[index] = value - width;
      const below = freeCost();
      numbers[index] = value;
      worst = Math.max(worst, Math.abs((above - below) / (2 * width) - gradient[index]!));
    }
    return largest === 0 ? worst : worst / largest;
  }
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));
