// Whole examples and every rule on the gpujs backend; the main job from a trained network; WebGPU where an adapter is found.
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { gpujs } from '../../src/backends/gpujs.node.ts';
import { webgpu } from '../../src/backends/webgpu.node.ts';
import { reference } from '../../src/backends/reference.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { batches } from '../../src/data/batches.ts';
import { loadDataSet } from '../../src/data/load.node.ts';
import { evaluate, feeder, freshState } from '../../src/learn/trainer.ts';
import { readModel } from '../../src/model/read.node.ts';
import { builder } from '../../src/program/builder.ts';
import { errorOf } from '../../src/run/figures.ts';
import { rules } from '../../src/run/tables.ts';
import { firstImages } from '../physics/gradient.ts';
import { clockSuite } from './clock.ts';
import { exampleCount, exampleSuite } from './examples.ts';
import { eps32, operationSuite } from './operations.ts';
import { pictureSuite } from './pictures.ts';
import { productSuite } from './products.ts';
import { updates } from './updates.ts';

const images = firstImages(exampleCount);
operationSuite('gpujs:cpu', gpujs('cpu'));
pictureSuite('gpujs:cpu', gpujs('cpu'));
for (const mode of ['cpu', 'webasm'] as const) {
  clockSuite(`gpujs:${mode}`, gpujs(mode), [1]);
  exampleSuite(`gpujs:${mode}`, gpujs(mode), images, 10);
}

const models = [
  ['bartunov-mnist', Object.keys(rules).filter((name) => name !== 'ep')],
  ['ep-mnist', ['ep', 'bptt']],
  ['predictive-coding', ['ep']],
  ['modern-hopfield', ['ep']],
  ['resistive', ['ep']],
  ['xy', ['ep']],
  ['bars', ['ep']],
  ['two-hidden-mnist', ['ep']],
] as const;

/** Every rule's update is the reference's, to 1e-4 of its size and the rounding of what it is added to. */
function ruleSuite(title: string, backend: Backend, chosen: readonly (readonly [string, readonly string[]])[]): void {
  describe.each(chosen)(`one batch on ${title} adds what it adds on the reference: %s`, (file, names) => {
    const { populations } = readModel(file, { set: [] }).model;
    const set = populations.filter(({ kind, units }) => kind !== 'input' && units > 20).map(({ name }) => `populations.${name}.units=20`); // prettier-ignore
    it.each(names)('rule %s', async (name) => {
      const { model } = readModel(file, { set: name === 'ao-sdtp' ? [...set, 'learning.targets.auxiliary=6'] : set });
      const [law, found] = [await updates(rules[name]!(), model, reference), await updates(rules[name]!(), model, backend)]; // prettier-ignore
      let moved = 0;
      for (const [buffer, { before, added }] of law) {
        const other = found.get(buffer)!.added;
        const miss = Math.hypot(...added.map((value, k) => value - other[k]!));
        if (Math.hypot(...added) > 0) moved++;
        expect(miss, buffer).toBeLessThanOrEqual(1e-4 * Math.hypot(...added) + eps32 * (Math.hypot(...before) + 1));
      }
      expect(moved).toBeGreaterThan(1);
    });
  });
}
ruleSuite('gpujs:webasm', gpujs('webasm'), models);

const adapter = await gpujs('webgpu')
  .open(builder('none').build(), { batch: 1, threads: 1 })
  .then(
    async (machine) => {
      await machine.close();
      return null;
    },
    (error: Error) => error.message,
  );
if (adapter === null)
  for (const [title, backend] of [['gpujs:webgpu', gpujs('webgpu')], ['webgpu', webgpu()]] as const) {
    operationSuite(title, backend);
    productSuite(title, backend);
    pictureSuite(title, backend);
    clockSuite(title, backend, [1]);
    exampleSuite(title, backend, images, 5);
    ruleSuite(title, backend, [['bartunov-mnist', ['bp', 'dtp']], ['ep-mnist', ['ep']], ['xy', ['ep']]]);
  } // prettier-ignore
else
  it(`webgpu is refused here: ${adapter}`, () => {
    expect(adapter).toMatch(/^gpujs:webgpu: (WebGPU finds no adapter here|the (optional )?package webgpu)/);
  });

describe('the main job on gpujs:webasm, from a network that wasm has trained', () => {
  const data = loadDataSet({ set: 'mnist', path: null, train: 4000, test: 1000, validation: 0, batch: 20 });
  const { model } = readModel('mnist', { set: ['populations.h.units=48'] });
  const open = async (backend: Backend) => {
    const b = builder('main');
    const recipe = rules['ep']!().contribute(b, model);
    const machine = await backend.open(b.build(), { batch: 20, threads: 1 });
    await freshState(recipe, machine, 1);
    return { recipe, machine, feed: feeder(recipe, machine, data.train, data.classes) };
  };
  type Opened = Awaited<ReturnType<typeof open>>;
  async function learn({ recipe, machine, feed }: Opened, first: number, count: number): Promise<void> {
    const all = [...batches(data.train.count, 20, 1, 0)];
    for (let batch = first; batch < first + count; batch++) {
      await feed.write(all[batch]!, 1);
      const progress = { seed: 1, epoch: 0, batch, examples: 20 * batch, batchExamples: 20 };
      for (const [name, value] of Object.entries(recipe.parameters(progress))) machine.setParameter(name, value);
      for (const sequence of recipe.train) await machine.perform(sequence);
    }
  }
  const test = async ({ recipe, machine }: Opened): Promise<number> =>
    errorOf((await evaluate({ recipe, machine, data, examples: data.test, seed: 1 }))!);

  it('ten batches move every layer alike (cosine 0.999), and the same weights err alike on the test set', async () => {
    const [law, other] = [await open(wasm()), await open(gpujs('webasm'))];
    await learn(law, 0, 190);
    const names = law.recipe.learned;
    const start = new Map<string, ArrayLike<number>>();
    for (const name of names) {
      start.set(name, await law.machine.read(name));
      await other.machine.write(name, start.get(name)!);
    }
    const errors = [await test(law), await test(other)];
    expect(errors[0]).toBeLessThan(0.2);
    expect(Math.abs(errors[0]! - errors[1]!)).toBeLessThanOrEqual(0.003);
    for (const each of [law, other]) await learn(each, 190, 10);
    const cosines = new Map<string, number>();
    for (const name of names) {
      const [a, b] = [await law.machine.read(name), await other.machine.read(name)];
      const before = start.get(name)!;
      let [product, left, right] = [0, 0, 0];
      for (let k = 0; k < a.length; k++) {
        const [p, q] = [a[k]! - before[k]!, b[k]! - before[k]!];
        product += p * q;
        left += p * p;
        right += q * q;
      }
      if (left > 0) cosines.set(name, product / Math.sqrt(left * right));
    }
    expect(cosines.size).toBeGreaterThanOrEqual(4);
    for (const [name, cosine] of cosines) expect(cosine, name).toBeGreaterThan(0.999);
    for (const { machine } of [law, other]) await machine.close();
  });
});

describe('delivery on gpujs goes from event to event', () => {
  it('the time of a step grows with the share of units that spike', async () => {
    const [pre, post] = [1000, 1000];
    const b = builder('events');
    b.buffer('spike', [pre], { batch: true });
    b.buffer('current', [post], { batch: true });
    b.buffer('w', [pre, post]);
    b.list('list', pre);
    b.add('step', { op: 'compact', from: 'spike', list: 'list' }, { op: 'deliver', list: 'list', weight: 'w', into: 'current', at: 0 }); // prettier-ignore
    const machine = await gpujs('webasm').open(b.build(), { batch: 1, threads: 1 });
    await machine.write('w', new Float32Array(pre * post).fill(0.001));
    const milliseconds = async (share: number): Promise<number> => {
      await machine.write('spike', Float32Array.from({ length: pre }, (_, k) => (k % Math.round(1 / share) === 0 ? 1 : 0))); // prettier-ignore
      let least = Infinity;
      for (let round = 0; round < 6; round++) {
        const begun = performance.now();
        await machine.run('step', 50);
        // The first round compiles.
        if (round > 0) least = Math.min(least, (performance.now() - begun) / 50);
      }
      return least;
    };
    const [few, some, all] = [await milliseconds(0.01), await milliseconds(0.1), await milliseconds(1)];
    const found = `1 %: ${few} ms, 10 %: ${some} ms, 100 %: ${all} ms`;
    // Less than ten times each, and less than a hundred in all: looking for the spikes, and moving the weights in and out once in 50 steps, stay the same.
    expect(few * 6, found).toBeLessThan(all);
    expect(some * 3, found).toBeLessThan(all);
    await machine.close();
  });
});
