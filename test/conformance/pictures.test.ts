// Kernels and pools on the wasm backend against the reference, and the same bits from any number of threads.
import { expect, it } from 'vitest';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { gpujs } from '../../src/backends/gpujs.node.ts';
import { reference } from '../../src/backends/reference.ts';
import { bp } from '../../src/learn/bp.ts';
import { bptt } from '../../src/learn/bptt.ts';
import { ep } from '../../src/learn/ep.ts';
import { builder } from '../../src/program/builder.ts';
import { normals, oneHot } from '../physics/feedForward.ts';
import { pictureModel } from '../physics/pictures.ts';
import { eps32 } from './operations.ts';
import { pictureSuite } from './pictures.ts';
import { updates } from './updates.ts';

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

it.each(['max', 'softmax', 'strided'] as const)('one batch of a network with %s moves every layer on wasm and on gpujs as on the reference', async (way) => {
  for (const [rule, name] of [[ep(), 'ep'], [bp(), 'bp'], [bptt(), 'ep']] as const) {
    const model = pictureModel(way, 'mse', name);
    const law = await updates(rule, model, reference);
    for (const backend of [wasm(), gpujs('webasm')]) {
      const found = await updates(rule, model, backend);
      for (const [buffer, { before, added }] of law) {
        const other = found.get(buffer)!.added;
        const miss = Math.hypot(...added.map((value, k) => value - other[k]!));
        // EP divides a difference of float32 numbers by beta.
        expect(miss, `${rule.name} ${buffer}`).toBeLessThanOrEqual(1e-3 * Math.hypot(...added) + eps32 * (Math.hypot(...before) + 1));
        expect(Math.hypot(...added), `${rule.name} ${buffer}`).toBeGreaterThan(0);
      }
    }
  }
}, 20_000); // prettier-ignore
