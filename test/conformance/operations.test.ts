// Every operation on the wasm backend against the reference, functions at the ends of float32, and what it refuses.
import { describe, expect, it } from 'vitest';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { parseExpression } from '../../src/expr/parse.ts';
import { builder } from '../../src/program/builder.ts';
import { eps32, operationSuite, values } from './operations.ts';

operationSuite('wasm', wasm());

describe('the wasm backend', () => {
  it('computes exp, tanh and sigmoid from end to end of float32, to 4 units in the last place', async () => {
    const ends = [0, -0, 1e-40, 1e-20, 0.2499, 0.25, 1, 9, 17, 87.3, 87.34, 88.72, 88.73, 104, 1e30, Infinity];
    const a = Float32Array.from([...ends, ...ends.map((value) => -value), NaN, ...values(500, 0).map((value) => 90 * value)]); // prettier-ignore
    const b = builder('ends');
    b.buffer('a', [a.length], { batch: true });
    const exact = { exp: Math.exp, tanh: Math.tanh, sigmoid: (x: number) => 1 / (1 + Math.exp(-x)) };
    for (const name of Object.keys(exact)) {
      b.buffer(name, [a.length], { batch: true });
      b.add('all', { op: 'map', units: a.length, assign: [{ into: name, value: parseExpression(`${name}(a)`, { names: ['a'] }) }] }); // prettier-ignore
    }
    const machine = await wasm().open(b.build(), { batch: 1, threads: 1 });
    await machine.write('a', a);
    await machine.run('all');
    for (const [name, law] of Object.entries(exact)) {
      const found = await machine.read(name);
      a.forEach((x, k) => {
        const expected = Math.fround(law(x));
        // Below the normal range of float32, and where exp is cut off, what is left is nothing.
        if (Object.is(expected, found[k]) || (Math.abs(expected) < 2 ** -125 && Math.abs(found[k]!) < 2 ** -125))
          return;
        expect(Math.abs(found[k]! - expected), `${name}(${x})`).toBeLessThanOrEqual(4 * eps32 * Math.abs(expected));
      });
    }
    await machine.close();
  });

  it('refuses a dense product through weights that each example has of its own', async () => {
    const b = builder('refused');
    b.buffer('x', [3], { batch: true });
    b.buffer('y', [2], { batch: true });
    b.buffer('w', [3, 2], { batch: true });
    b.add('run', { op: 'gather', from: 'x', weight: 'w', into: 'y', add: false });
    const machine = await wasm().open(b.build(), { batch: 2, threads: 1 });
    await expect(machine.run('run')).rejects.toThrow(/gather through w/);
    await machine.close();
  });
});
