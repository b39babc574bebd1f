// Normal numbers of a Program against the transform they stand for, and against the moments of a normal distribution.
import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { normalNoise } from '../../src/learn/noise.ts';
import { uniform24 } from '../../src/math/random.ts';
import { builder } from '../../src/program/builder.ts';

const [units, examples] = [400, 50];

describe.each([
  ['reference', reference, 13],
  ['wasm', wasm(), 4],
] as const)('on the %s backend', (_, backend, digits) => {
  it('normal numbers are sqrt(-2 ln(1 - u)) cos(2 pi v), with the moments of a normal distribution', async () => {
    const b = builder('noise');
    b.add('noise', ...normalNoise(b, 'n', units, 40));
    const machine = await backend.open(b.build(), { batch: examples, threads: 1 });
    await machine.write('example', Int32Array.from({ length: examples }, (_, k) => k)); // prettier-ignore
    await machine.write('clock', [5, 3]);
    await machine.run('noise');
    const values = Float64Array.from(await machine.read('n'));
    await machine.close();
    for (const [example, unit] of [
      [0, 0],
      [7, 9],
      [49, 399],
    ] as const) {
      const [u, v] = [40, 41].map((stream) => uniform24(5, stream, example, unit, 3)) as [number, number];
      const expected = Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
      expect(values[example * units + unit]).toBeCloseTo(expected, digits);
    }
    const mean = (power: number): number => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
    const spread = 1 / Math.sqrt(values.length);
    expect(Math.abs(mean(1))).toBeLessThan(4 * spread);
    expect(Math.abs(mean(2) - 1)).toBeLessThan(4 * Math.sqrt(2) * spread);
    expect(Math.abs(mean(4) - 3)).toBeLessThan(4 * Math.sqrt(96) * spread);
  });
});
