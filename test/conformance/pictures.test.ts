// Kernels and pools on the wasm backend against the reference, and the same bits from any number of threads.
import { expect, it } from 'vitest';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { ep } from '../../src/learn/ep.ts';
import { builder } from '../../src/program/builder.ts';
import { normals, oneHot } from '../physics/feedForward.ts';
import { pictureModel } from '../physics/pictures.ts';
import { pictureSuite } from './pictures.ts';

pictureSuite('wasm', wasm());

it('wasm trains a network of pictures to the same bits on one, two and three threads', async () => {
  const found: Float32Array[][] = [];
  for (const threads of [1, 2, 3]) {
    const b = builder('bits');
    const recipe = ep().contribute(b, pictureModel('max', 'mse', 'ep', ['data.batch=7']));
    const machine = await wasm().open(b.build(), { batch: 7, threads });
    for (const [name, values] of recipe.initial(1)) await machine.write(name, values);
    await machine.write(recipe.input, normals(7 * 128));
    await machine.write(recipe.target, oneHot(7, 5));
    const progress = { seed: 1, epoch: 0, batch: 0, examples: 0, batchExamples: 7 };
    for (const [name, value] of Object.entries(recipe.parameters(progress))) machine.setParameter(name, value);
    for (let batch = 0; batch < 3; batch++) for (const sequence of recipe.train) await machine.perform(sequence);
    found.push((await Promise.all(recipe.learned.map((name) => machine.read(name)))) as Float32Array[]);
    await machine.close();
  }
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
  expect(found[0]!.every((values) => values.every(Number.isFinite))).toBe(true);
});
