// sin, cos, atan2 and powers on the wasm backend, against the host's and the reference's; and the models that need them.
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { parseExpression } from '../../src/expr/parse.ts';
import { substitute } from '../../src/expr/tools.ts';
import { ep } from '../../src/learn/ep.ts';
import { uniform24 } from '../../src/math/random.ts';
import type { Model } from '../../src/model/model.ts';
import { readModel } from '../../src/model/read.node.ts';
import { builder } from '../../src/program/builder.ts';
import { exampleModel } from '../physics/settling.ts';

const eps32 = 2 ** -23;
/** A unit in the last place of the float32 next to x. */
const unit = (x: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(x) || 2 ** -126))) - 23);
const quarter = Math.PI / 2;
const draw = (stream: number, k: number): number => 2 * uniform24(5, stream, k, 0, 0) - 1;
/** The float32 `steps` places above x. */
function beside(x: number, steps: number): number {
  const bits = new Int32Array(new Float32Array([x]).buffer);
  bits[0] = bits[0]! + steps;
  return new Float32Array(bits.buffer)[0]!;
}

/** The values of a text in `a` and `b`; with `parameter`, of one number of each, given as parameters. */
async function on(backend: Backend, text: string, a: Float32Array, b = a, parameter = false): Promise<ArrayLike<number>> {
  const program = builder('function');
  for (const name of ['a', 'b', 'result']) program.buffer(name, [a.length], { batch: true });
  for (const name of ['p', 'q']) program.parameter(name);
  const tree = parseExpression(text, { names: ['a', 'b'] });
  const value = parameter ? substitute(tree, { a: { kind: 'name', name: 'p' }, b: { kind: 'name', name: 'q' } }) : tree;
  program.add('all', { op: 'map', units: a.length, assign: [{ into: 'result', value }] });
  const machine = await backend.open(program.build(), { batch: 1, threads: 1 });
  await machine.write('a', a);
  await machine.write('b', b);
  machine.setParameter('p', a[0]!);
  machine.setParameter('q', b[0]!);
  await machine.run('all');
  const values = await machine.read('result');
  await machine.close();
  return values;
} // prettier-ignore

describe.each([
  ['sin', Math.sin],
  ['cos', Math.cos],
] as const)('%s on wasm', (name, law) => {
  const worst = async (arguments_: Float32Array): Promise<number> => {
    const found = await on(wasm(), `${name}(a)`, arguments_);
    return arguments_.reduce((most, x, k) => Math.max(most, Math.abs(found[k]! - law(x))), 0);
  };

  it('errs by less than 1.2e-7 for arguments up to 1e4, at the ends of quarter turns too', async () => {
    for (const end of [1, 4, 50, 1e4])
      expect(await worst(Float32Array.from({ length: 40_003 }, (_, k) => end * draw(1, k)))).toBeLessThan(eps32);
    const ends = Array.from({ length: 2 * 6366 }, (_, k) => (k - 6366) / 2).flatMap((turns) =>
      [-2, -1, 0, 1, 2].map((steps) => beside(turns * 2 * quarter, steps)),
    );
    const eighths = Array.from({ length: 6366 }, (_, k) => (k + 0.5) * quarter).flatMap((x) => [-1, 0, 1].map((s) => beside(x, s))); // prettier-ignore
    expect(await worst(Float32Array.from([...ends, ...eighths].filter((x) => Math.abs(x) <= 1e4)))).toBeLessThan(eps32);
  });

  it('keeps 3 units in the last place up to the first zero, and tiny arguments whole', async () => {
    const few = Float32Array.from({ length: 40_001 }, (_, k) => 1.5 * draw(2, k));
    const tiny = Float32Array.from([0, 2 ** -149, 1e-40, 1e-30, 1e-10, 1e-5, -1e-5, -1e-30, -(2 ** -149)]);
    const found = await on(wasm(), `${name}(a)`, few);
    few.forEach((x, k) => expect(Math.abs(found[k]! - law(x)), `${name}(${x})`).toBeLessThanOrEqual(3 * unit(law(x))));
    expect(Array.from(await on(wasm(), `${name}(a)`, tiny))).toEqual([...tiny.map(law)]);
  });

  it('is as even or odd as the law, bit for bit', async () => {
    const x = Float32Array.from({ length: 1001 }, (_, k) => 1e4 * draw(3, k));
    const [one, other] = [await on(wasm(), `${name}(a)`, x), await on(wasm(), `${name}(-a)`, x)];
    x.forEach((_, k) => expect(other[k]).toBe(name === 'sin' ? -one[k]! : one[k]));
  });

  it('errs by less than 2e-6 up to 1e5, stays in [-1, 1] beyond, and is not a number where the law is not', async () => {
    const far = Float32Array.from({ length: 40_000 }, (_, k) => 1e5 * draw(4, k));
    expect(await worst(far)).toBeLessThan(2e-6);
    const further = Float32Array.from({ length: 4000 }, (_, k) => draw(5, k) * 10 ** (5 + 33 * Math.abs(draw(6, k))));
    for (const value of Array.from(await on(wasm(), `${name}(a)`, further))) expect(Math.abs(value)).toBeLessThanOrEqual(1 + eps32); // prettier-ignore
    const none = Array.from(await on(wasm(), `${name}(a)`, Float32Array.from([NaN, Infinity, -Infinity])));
    expect(none).toEqual([NaN, NaN, NaN]);
  });
});

describe('atan2 on wasm', () => {
  async function compare(y: Float32Array, x: Float32Array): Promise<void> {
    const found = await on(wasm(), 'atan2(a, b)', y, x);
    y.forEach((_, k) => {
      const law = Math.atan2(y[k]!, x[k]!);
      const where = `atan2(${y[k]}, ${x[k]}) = ${law}, found ${found[k]}`;
      if (Number.isNaN(law)) expect(found[k], where).toBeNaN();
      else if (law === 0) expect(found[k], where).toBe(law);
      else expect(Math.abs(found[k]! - law), where).toBeLessThanOrEqual(3 * unit(law));
    });
  }

  it('errs by at most 3 units in the last place all around, at every scale', async () => {
    const count = 20_001;
    const around = (radius: (k: number) => number): [Float32Array, Float32Array] => {
      const at = (part: (angle: number) => number): Float32Array =>
        Float32Array.from({ length: count }, (_, k) => radius(k) * part((2 * Math.PI * k) / count));
      return [at(Math.sin), at(Math.cos)];
    };
    for (const radius of [1e-30, 1, 3e38]) await compare(...around(() => radius));
    const scattered = (stream: number): Float32Array => Float32Array.from({ length: count }, (_, k) => draw(stream, k) * 10 ** (18 * draw(stream + 1, k))); // prettier-ignore
    await compare(scattered(7), scattered(9));
  });

  it('has the signs and angles of zeros, infinities and what is not a number', async () => {
    const ends = [0, -0, 1, -1, 2 ** -149, -(2 ** -149), 1e-40, 3e38, -3e38, Infinity, -Infinity, NaN];
    const pairs = ends.flatMap((y) => ends.map((x) => [y, x] as const));
    await compare(Float32Array.from(pairs, ([y]) => y), Float32Array.from(pairs, ([, x]) => x)); // prettier-ignore
  });
});

describe('powers on wasm are those of the reference', () => {
  const bases = Float32Array.from([0, 1, -1, 2, -2, 0.5, 1e-3, 40, NaN, ...Array.from({ length: 90 }, (_, k) => 3 * draw(11, k))]); // prettier-ignore
  async function compare(text: string, exponents: Float32Array, parameter = false): Promise<void> {
    const [law, found] = await Promise.all(
      [reference, wasm()].map((one) => on(one, text, bases, exponents, parameter)),
    );
    bases.forEach((base, k) => {
      const [a, b] = parameter ? [bases[0]!, exponents[0]!] : [base, exponents[k]!];
      const expected = Math.fround(law![k]!);
      const where = `${text} at ${a}, ${b}: ${expected}, found ${found![k]}`;
      if (!Number.isFinite(expected) || Math.abs(expected) < 2 ** -120) expect(Object.is(found![k]! + 0, expected + 0) || Math.abs(found![k]! - expected) < 2 ** -119, where).toBe(true); // prettier-ignore
      else expect(Math.abs(found![k]! - expected), where).toBeLessThanOrEqual(4 * eps32 * Math.abs(expected) * (1 + Math.abs(b * Math.log(Math.abs(a) || 1)))); // prettier-ignore
    });
  }

  it.each([-64, -7, -1, -0.5, 0, 0.5, 1, 1.5, 2, 16, 17, 31, 64, 65, 2.718])('to the literal %f', async (exponent) => {
    await compare(exponent < 0 ? `a ^ (${exponent})` : `a ^ ${exponent}`, bases.map(() => exponent)); // prettier-ignore
  });

  it('to exponents that are values or parameters, whole ones of negative numbers too', async () => {
    for (const exponent of [-3, -2, -0.5, 0, 1, 2, 3, 9, 64, 65, 0.3])
      await compare('a ^ b', bases.map(() => exponent)); // prettier-ignore
    await compare('a ^ b', bases.map((_, k) => 4 * draw(12, k))); // prettier-ignore
    for (const exponent of [-2, 0, 3, 0.7]) await compare('a ^ b', bases.map(() => exponent), true); // prettier-ignore
  });
});

it('sin, cos and atan2 of parameters, and of one argument in one expression, are those of the values', async () => {
  const [a, b] = [new Float32Array(7).fill(2.3), new Float32Array(7).fill(-0.7)];
  const text = 'sin(a) * cos(b) - cos(a) * sin(b) + 10 * atan2(sin(a - b), cos(a - b))';
  const [values, parameters] = [await on(wasm(), text, a, b), await on(wasm(), text, a, b, true)];
  expect(Array.from(parameters)).toEqual([...Array.from(values)]);
  const difference = Math.fround(2.3) - Math.fround(-0.7);
  expect(Math.abs(values[0]! - Math.sin(difference) - 10 * difference)).toBeLessThan(40 * eps32);
});

interface Update {
  readonly before: readonly number[];
  readonly added: readonly number[];
}

/** What one batch of `ep` adds to each learned buffer, from the seed's weights. */
async function updates(model: Model, backend: Backend): Promise<Map<string, Update>> {
  const batch = 6;
  const b = builder('update');
  const recipe = ep().contribute(b, model);
  const machine = await backend.open(b.build(), { batch, threads: 1 });
  const [input, output] = [model.populations[0]!, model.populations.find(({ name }) => name === model.cost!.on)!];
  const initial = recipe.initial(2);
  for (const [name, values] of initial) await machine.write(name, Float32Array.from(values));
  await machine.write(
    recipe.input,
    Float32Array.from({ length: batch * input.units }, (_, k) => Math.abs(draw(20, k))),
  );
  await machine.write(recipe.target, Float32Array.from({ length: batch * output.units }, (_, k) => ((k / output.units) | 0) % output.units === k % output.units ? 1 : 0)); // prettier-ignore
  const progress = { seed: 2, epoch: 0, batch: 0, examples: 0, batchExamples: batch };
  for (const [name, value] of Object.entries(recipe.parameters(progress))) machine.setParameter(name, value);
  for (const sequence of recipe.train) await machine.perform(sequence);
  const found = new Map<string, Update>();
  for (const [name, values] of initial) {
    const before = Array.from(values, Math.fround);
    const after = await machine.read(name);
    found.set(name, { before, added: before.map((value, k) => after[k]! - value) });
  }
  await machine.close();
  return found;
}

const holomorphic = ['phases.nudge.estimator=holomorphic', 'phases.free.steps=100', 'phases.nudge.steps=60'];
const models: readonly (readonly [string, Model])[] = [
  ['models/xy.yaml', readModel('xy', { set: [] }).model],
  ['models/xy.yaml, holomorphic', readModel('xy', { set: ['phases.nudge.estimator=holomorphic'] }).model],
  ['a network of tanh, holomorphic with six points', exampleModel('tanh', [...holomorphic, 'phases.nudge.points=6'])],
  ['a network of sigmoids, holomorphic', exampleModel('logistic', holomorphic)],
];

describe('one batch of EP adds on wasm what it adds on the reference, to 1e-5 of its size and rounding', () => {
  it.each(models)('%s', async (_, model) => {
    const [law, found] = await Promise.all([reference, wasm()].map((backend) => updates(model, backend)));
    const size = (values: readonly number[]): number => Math.hypot(...values);
    expect(law!.size).toBeGreaterThan(3);
    for (const [name, { before, added }] of law!) {
      const other = found!.get(name)!.added;
      expect(size(added), name).toBeGreaterThan(1e-5);
      const miss = size(added.map((value, k) => value - other[k]!));
      // States err by half a unit in their last place, and rate / beta is about 1 in all four.
      expect(miss, name).toBeLessThan(1e-5 * size(added) + (eps32 / 2) * (size(before) + 1));
    }
  });
});
