// The clock, rings and marks of a backend against the reference. Not a test file: a suite for each.
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { parseExpression } from '../../src/expr/parse.ts';
import { builder } from '../../src/program/builder.ts';
import type { Operation, Program, Sequence } from '../../src/program/program.ts';

const examples = 11;
const units = 5;

/** `step` walks a ring of sums of random numbers; with `dense`, through a product that makes it run in blocks. */
function program(dense: boolean): Program {
  const b = builder('clock');
  b.buffer('x', [units], { batch: true });
  b.buffer('noise', [units], { batch: true });
  b.buffer('ring', [units], { batch: true, history: 3 });
  b.buffer('w', [units, units]);
  const value = parseExpression('ring + noise', { names: ['ring', 'noise'] });
  const product: Operation[] = dense ? [{ op: 'gather', from: 'noise', weight: 'w', into: 'ring', add: true }] : [];
  const body: Operation[] = [
    { op: 'random', into: 'noise', stream: 3, low: -1, high: 1 },
    { op: 'map', units, assign: [{ into: 'ring', value }] },
    ...product,
    { op: 'copy', from: 'ring', into: 'x' },
  ];
  b.add('step', ...body, { op: 'advance' });
  b.add('back', { op: 'advance', by: -1 }, ...body);
  b.add('leap', { op: 'advance', by: 5 }, ...body);
  b.add('mark', { op: 'mark' });
  b.add('rewind', { op: 'rewind' });
  b.add('learn', {
    op: 'outer',
    terms: [{ pre: 'noise', post: 'x', sign: 1 }],
    scale: { kind: 'number', value: 0.01 },
    into: 'w',
    add: true,
  });
  return b.build();
}

const sequences: Readonly<Record<string, readonly Sequence[]>> = {
  'forward': [[['step', 7]]],
  'backward below 0': [[['step', 2], ['back', 9]]],
  'leaps': [[['leap', 3], ['back', 4], ['leap', 1]]],
  'mark and rewind within one part': [[['step', 2], ['mark', 1], ['step', 4], ['rewind', 1], ['step', 2]]],
  'mark and rewind with weights that change between': [[['step', 2], ['mark', 1], ['step', 4], ['learn', 1], ['rewind', 1], ['step', 2]]],
  'mark and rewind in calls of their own': [[['step', 2], ['mark', 1]], [['step', 4]], [['rewind', 1]], [['step', 2], ['learn', 2]]],
  'rewind twice': [[['step', 1], ['mark', 1], ['step', 4], ['learn', 1], ['rewind', 1], ['step', 1], ['learn', 1], ['rewind', 1], ['back', 2]]],
}; // prettier-ignore

/** A suite of tests, with each number of threads. */
export function clockSuite(title: string, backend: Backend, threadCounts: readonly number[]): void {
  describe.each([['by example', false], ['by block', true]])(`${title}: parts that run %s`, (_, dense) => {
  for (const [name, calls] of Object.entries(sequences))
    for (const threads of threadCounts)
      it(`${name}, on ${threads} thread${threads > 1 ? 's' : ''}`, async () => {
        const machines = await Promise.all([reference, backend].map((each) => each.open(program(dense), { batch: examples, threads })));
        for (const machine of machines) {
          await machine.write('w', Float32Array.from({ length: units * units }, (_, k) => ((k * 7) % 5) / 8 - 0.25));
          await machine.write('example', Int32Array.from({ length: examples }, (_, k) => 3 * k));
          for (const call of calls) await machine.perform(call);
        }
        const [law, other] = machines as [(typeof machines)[0], (typeof machines)[0]];
        expect(await other.read('clock')).toEqual(await law.read('clock'));
        for (const buffer of ['noise', 'x', 'ring']) {
          const [a, b] = [await law.read(buffer), await other.read(buffer)];
          expect(a.some((value) => value !== 0)).toBe(true);
          // Sums of at most some 20 terms of size 1, and of products with weights of at most 1.
          a.forEach((value, k) => expect(Math.abs(value - b[k]!), `${buffer} ${k}`).toBeLessThan(4 * 2 ** -23 * 60));
        }
        await Promise.all(machines.map((machine) => machine.close()));
      });
}); // prettier-ignore
}
