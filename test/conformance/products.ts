// Dense products of a backend at sizes around the tiles that a graphics card makes them in: each sum within 4 eps32 sum |terms|
// of the reference's. Not a test file: a suite for each.
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { builder } from '../../src/program/builder.ts';
import type { Program } from '../../src/program/program.ts';
import { eps32, values } from './operations.ts';

/** Examples, and a matrix: below the least tile, at it, and more than one tile either way, with a number over. */
const shapes = [[3, 20, 20], [16, 16, 16], [20, 130, 67], [70, 33, 129]] as const; // prettier-ignore

function program(pre: number, post: number, minus: 1 | -1): Program {
  const b = builder('products');
  for (const name of ['x', 'x2']) b.buffer(name, [pre], { batch: true });
  for (const name of ['y', 'y2']) b.buffer(name, [post], { batch: true });
  b.buffer('w', [pre, post]);
  b.buffer('dw', [pre, post]);
  b.parameter('alpha');
  const terms = [{ pre: 'x', post: 'y', sign: 1 }, { pre: 'x2', post: 'y2', sign: minus }] as const; // prettier-ignore
  for (const add of [false, true]) {
    b.add(`gather ${add}`, { op: 'gather', from: 'x', weight: 'w', into: 'y', add });
    b.add(`gatherBack ${add}`, { op: 'gatherBack', from: 'y2', weight: 'w', into: 'x2', add });
    b.add(`outer ${add}`, { op: 'outer', terms, scale: { kind: 'name', name: 'alpha' }, into: 'dw', add });
  }
  return b.build();
}

/** A suite of tests: every product, alone and added. */
export function productSuite(title: string, backend: Backend): void {
  describe.each(shapes)(`${title}: products of %s examples`, (examples, pre, post) => {
    it(`through ${pre} x ${post} weights are the reference's`, async () => {
      const machines = await Promise.all([
        reference.open(program(pre, post, -1), { batch: examples + 1, threads: 1 }),
        backend.open(program(pre, post, -1), { batch: examples + 1, threads: 1 }),
        // The same on sizes: what it leaves is the sum of the sizes of all terms.
        reference.open(program(pre, post, 1), { batch: examples + 1, threads: 1 }),
      ]);
      const [law, other, sizes] = machines;
      const lengths = { x: pre, x2: pre, y: post, y2: post };
      for (const machine of machines) {
        machine.use(examples);
        machine.setParameter('alpha', 0.75);
      }
      const write = async (name: string, data: Float64Array): Promise<void> => {
        for (const machine of [law, other]) await machine.write(name, data);
        await sizes.write(name, data.map(Math.abs));
      };
      for (const [kind, into] of [
        ['gather', 'y'],
        ['gatherBack', 'x2'],
        ['outer', 'dw'],
      ] as const)
        // prettier-ignore
        for (const add of [false, true]) {
          for (const [name, units] of Object.entries(lengths)) await write(name, values(examples * units));
          for (const name of ['w', 'dw']) await write(name, values(pre * post));
          for (const machine of machines) await machine.run(`${kind} ${add}`);
          const [exact, found, terms] = await Promise.all(machines.map((machine) => machine.read(into)));
          // Where no term is, there is no error: 0 / 0 counts as none, and anything / 0 does not.
          const errors = exact!.map((value, k) => (value === found![k] ? 0 : Math.abs(value - found![k]!) / terms![k]!));
          expect(found!.some((value) => value !== 0)).toBe(true);
          expect(Math.max(...errors) / eps32, `${kind}, added ${add}`).toBeLessThanOrEqual(4);
        }
      await Promise.all(machines.map((machine) => machine.close()));
    });
  });
}
