// Small feed-forward models and a machine that runs a rule's own Program on them, in float64. For tests.
import type { Backend, Machine } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import type { Recipe } from '../../src/learn/rule.ts';
import { cosine, norm } from '../../src/math/linear.ts';
import { normal } from '../../src/math/random.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';
import { rules } from '../../src/run/tables.ts';

export interface Net {
  readonly sizes?: readonly number[];
  readonly activation?: string;
  /** Of the output; `identity` if left out. */
  readonly output?: string;
  readonly cost?: string;
  readonly rate?: number;
  readonly set?: readonly string[];
}

const squares = 'text: 1/2 * (s - target)^2';

/** Populations x, h1, h2, ..., y in a chain. */
export function chain({ sizes = [7, 6, 5, 4], activation = 'tanh', output = 'identity', cost = squares, rate = 1, set = [] }: Net = {}): Model {
  const name = (k: number): string => (k === 0 ? 'x' : k === sizes.length - 1 ? 'y' : `h${k}`);
  const kind = (k: number): string =>
    k === 0 ? 'input' : k === sizes.length - 1 ? `readout, activation: ${output}` : `rate, activation: ${activation}`;
  const populations = sizes.map((units, k) => `  ${name(k)}: { units: ${units}, kind: ${kind(k)} }`);
  const projections = sizes.slice(1).map((_, k) => `${name(k)}->${name(k + 1)}`);
  return network(
    `${populations.join('\n')}`,
    `{ ${projections.map((p) => `${p}: {}`).join(', ')} }`,
    `{ on: y, ${cost} }`,
    `{ rates: { ${projections.map((p) => `${p}: ${rate}`).join(', ')} } }`,
    set,
  );
} // prettier-ignore

export function network(populations: string, projections: string, cost: string, learning: string, set: readonly string[] = []): Model {
  const text = `settle: 1\nname: small\ndata: { set: csv, path: none, batch: 4 }\npopulations:\n${populations}\nprojections: ${projections}\ncost: ${cost}\nlearning: ${learning}\n`;
  return loadModel(text, { file: 'small.yaml', set }).model;
} // prettier-ignore

export interface Bench {
  readonly recipe: Recipe;
  readonly machine: Machine;
  read(buffer: string): Promise<Float64Array>;
  write(buffer: string, values: ArrayLike<number>): Promise<void>;
  /** Inputs and targets of the batch. */
  feed(inputs: ArrayLike<number>, targets: ArrayLike<number>, clock?: number): Promise<void>;
  train(): Promise<void>;
  /** Mean cost of the batch. */
  cost(): Promise<number>;
  /** The rule's own directions and the reference's, by projection. */
  probe(): Promise<Map<string, { own: Float64Array; reference: Float64Array }>>;
  /** All learned numbers of the model's weights and biases, by buffer. */
  learned(): Promise<Map<string, Float64Array>>;
}

/** A rule's Program on a machine, with its initial weights and the rates of the first batch. */
export async function bench(model: Model, rule: string, examples: number, options: { backend?: Backend; seed?: number } = {}): Promise<Bench> {
  const { backend = reference, seed = 1 } = options;
  const program = builder('test');
  const recipe = rules[rule]!().contribute(program, model);
  const machine = await backend.open(program.build(), { batch: examples, threads: 2 });
  for (const [buffer, values] of recipe.initial(seed)) await machine.write(buffer, values);
  const parameters = recipe.parameters({ seed, epoch: 0, batch: 0, examples: 0, batchExamples: examples });
  for (const [parameter, value] of Object.entries(parameters)) machine.setParameter(parameter, value);
  const read = async (buffer: string): Promise<Float64Array> => Float64Array.from(await machine.read(buffer));
  return {
    recipe,
    machine,
    read,
    write: (buffer, values) => machine.write(buffer, Float64Array.from(values)),
    async feed(inputs, targets, clock = 1) {
      await machine.write(recipe.input, Float64Array.from(inputs));
      await machine.write(recipe.target, Float64Array.from(targets));
      await machine.write('example', Int32Array.from({ length: examples }, (_, k) => k));
      await machine.write('clock', Int32Array.of(clock, 0));
    },
    async train() {
      for (const sequence of recipe.train) await machine.perform(sequence);
    },
    async cost() {
      await machine.run('cost');
      const costs = await read(`${model.cost!.on}.cost`);
      return costs.reduce((a, b) => a + b, 0) / costs.length;
    },
    async probe() {
      await machine.perform(recipe.probe!.sequence);
      const found = new Map<string, { own: Float64Array; reference: Float64Array }>();
      for (const { layer, own, reference: other } of recipe.probe!.layers)
        found.set(layer, { own: await read(own), reference: await read(other) });
      return found;
    },
    async learned() {
      const values = new Map<string, Float64Array>();
      for (const buffer of recipe.learned) values.set(buffer, await read(buffer));
      return values;
    },
  };
} // prettier-ignore

/** Normal numbers that depend on their place alone. */
export const normals = (count: number, seed = 1): Float64Array =>
  Float64Array.from({ length: count }, (_, k) => normal(seed, 1, k, 0, 0));

/** One-hot rows in turn. */
export function oneHot(examples: number, classes: number): Float64Array {
  const rows = new Float64Array(examples * classes);
  for (let k = 0; k < examples; k++) rows[k * classes + ((3 * k) % classes)] = 1;
  return rows;
}

export const joined = (arrays: Iterable<Float64Array>): Float64Array =>
  Float64Array.from([...arrays].flatMap((a) => [...a]));

/** |a - b| / |b|. */
export const distance = (a: Float64Array, b: Float64Array): number =>
  norm(a.map((value, k) => value - b[k]!)) / norm(b);

/** [rows, middle] times [middle, columns]. */
export function product(a: Float64Array, b: Float64Array, middle: number): Float64Array {
  const [rows, columns] = [a.length / middle, b.length / middle];
  return Float64Array.from({ length: rows * columns }, (_, k) => {
    let sum = 0;
    for (let m = 0; m < middle; m++) sum += a[Math.floor(k / columns) * middle + m]! * b[m * columns + (k % columns)]!;
    return sum;
  });
}

/** Degrees between two arrays. */
export const angle = (a: Float64Array, b: Float64Array): number =>
  (Math.acos(Math.min(1, cosine(a, b))) * 180) / Math.PI;
