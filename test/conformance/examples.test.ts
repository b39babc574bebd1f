// Whole spiking examples on the wasm backend, and their bits whatever the number of threads.
import { describe, expect, it } from 'vitest';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { firstImages } from '../physics/gradient.ts';
import { exampleCount, exampleSuite, models, open } from './examples.ts';

const images = firstImages(exampleCount);
exampleSuite('wasm', wasm(), images);

describe.each(models)('%s', (_, model) => {
  it('training has the same bits with 1, 2 and 3 threads, and again in a second run', async () => {
    const results: string[] = [];
    for (const threads of [1, 2, 3, 2]) {
      const { machine, recipe } = await open(model, wasm(), threads, images);
      for (let k = 0; k < 3; k++) for (const sequence of recipe.train) await machine.perform(sequence);
      const values = await Promise.all(recipe.learned.map((name) => machine.read(name)));
      for (const each of values) expect(each.every((value) => Number.isFinite(value))).toBe(true);
      results.push(values.map(({ buffer }) => Buffer.from(buffer).toString('base64')).join());
      await machine.close();
    }
    expect(new Set(results).size).toBe(1);
  });
});
