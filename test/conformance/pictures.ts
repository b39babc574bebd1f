// Kernels and pools of a backend against the reference: |error| <= 4 eps32 sum |terms|. Not a test file: a suite for each.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, Machine } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { name as named } from '../../src/expr/tools.ts';
import { type Conv, type Pool, unitsOf as units } from '../../src/model/geometry.ts';
import { builder } from '../../src/program/builder.ts';
import type { Program } from '../../src/program/program.ts';
import { eps32, values } from './operations.ts';

const examples = 3;
/** Enough examples and places for a sum in one run to lose more digits than the law allows. */
const many = 24;
const alphaOfMany = 0.75 * 2 ** -14;

const conv = (from: Conv['from'], out: number, size: number, stride = 1, padding = 0): Conv => {
  const side = (k: 0 | 1): number => Math.floor((from[k] + 2 * padding - size) / stride) + 1;
  return { from, into: [side(0), side(1), out], size, stride, padding };
};
/** Sizes that fill tiles and vectors, and sizes that do not. */
const kernels: Readonly<Record<string, Conv>> = {
  'of whole vectors': conv([12, 12, 8], 16, 5),
  'over one channel, padded': conv([9, 9, 1], 8, 3, 1, 1),
  'of odd channels': conv([7, 8, 3], 5, 3, 1, 1),
  'of twelve channels out': conv([6, 6, 4], 12, 3),
  'with strides': conv([11, 9, 4], 8, 3, 2, 1),
  'with strides that leave a rest': conv([10, 10, 6], 4, 4, 3),
  'as large as its picture': conv([4, 4, 8], 8, 4),
  'at two by two places': conv([4, 4, 16], 24, 3),
  'of one number': conv([5, 5, 4], 20, 1),
  'of more numbers than a cache holds': conv([4, 5, 112], 8, 3, 1, 1),
  'of as many into odd channels': conv([4, 4, 112], 6, 3),
  'padded as far as it goes': conv([3, 3, 4], 4, 3, 1, 2),
};
const pools: Readonly<Record<string, Omit<Pool, 'kind'>>> = {
  'side by side': { from: [8, 8, 8], into: [4, 4, 8], size: 2, stride: 2 },
  'with a rest': { from: [7, 9, 5], into: [2, 3, 5], size: 3, stride: 3 },
  'apart': { from: [9, 9, 6], into: [3, 3, 6], size: 2, stride: 3 },
}; // prettier-ignore
const kinds = ['max', 'average', 'softmax'] as const;

/** With `minus` 1 and no negative number in any buffer, what a slot leaves is the sum of the sizes of its terms. */
function kernelProgram(geometry: Conv, minus: 1 | -1 = -1): Program {
  const b = builder('kernels');
  const batch = { batch: true };
  for (const name of ['x', 'x2']) b.buffer(name, [units(geometry.from)], batch);
  for (const name of ['y', 'y2']) b.buffer(name, [units(geometry.into)], batch);
  const shape = [geometry.size ** 2 * geometry.from[2], geometry.into[2]];
  b.buffer('w', shape, { conv: geometry });
  b.like('dw', 'w');
  b.buffer('bias', [geometry.into[2]]);
  b.buffer('spread', [units(geometry.into)]);
  b.parameter('alpha');
  const terms = [{ pre: 'x', post: 'y', sign: 1 as const }, { pre: 'x2', post: 'y2', sign: minus }]; // prettier-ignore
  for (const add of [false, true]) {
    const more = add ? 'Add' : '';
    b.add(`gather${more}`, { op: 'gather', from: 'x', weight: 'w', into: 'y2', add });
    b.add(`gatherBack${more}`, { op: 'gatherBack', from: 'y', weight: 'w', into: 'x2', add });
    b.add(`outer${more}`, { op: 'outer', terms, scale: named('alpha'), into: 'dw', add });
  }
  b.add('learn', ...b.operations('gather'), { op: 'outer', terms, scale: named('alpha'), into: 'w', add: true });
  b.add('spread', { op: 'spread', from: 'bias', into: 'spread' });
  b.add('reduce', { op: 'reduce', from: 'y', into: 'bias', how: 'sum', over: 'batch', scale: named('alpha') });
  return b.build();
}

function poolProgram(pool: Pool): Program {
  const b = builder('pools');
  const batch = { batch: true };
  for (const name of ['x', 'r', 'out']) b.buffer(name, [units(pool.from)], batch);
  for (const name of ['y', 'p']) b.buffer(name, [units(pool.into)], batch);
  const notes = pool.kind === 'average' ? null : 'notes';
  b.buffer('notes', [units(pool.kind === 'max' ? pool.into : pool.from)], batch);
  for (const add of [false, true]) {
    b.add(`pool${add ? 'Add' : ''}`, { op: 'pool', pool, from: 'x', into: 'y', notes, add });
    b.add(`along${add ? 'Add' : ''}`, { op: 'pool', pool, from: 'x', into: 'p', notes, add: false }, { op: 'poolAlong', pool, from: 'r', into: 'y', notes, add }); // prettier-ignore
  }
  b.add('unpool', { op: 'pool', pool, from: 'x', into: 'p', notes, add: false }, { op: 'unpool', pool, from: 'y', into: 'out', notes }); // prettier-ignore
  if (pool.kind === 'softmax') b.add('bend', { op: 'poolBend', pool, from: 'x', along: 'r', by: 'y', into: 'out' });
  return b.build();
}

/** Machines of both backends, and one of the reference that adds sizes. */
interface Three {
  readonly law: Machine;
  readonly other: Machine;
  readonly sizes: Machine;
}

async function open(backend: Backend, program: Program, sizes: Program, count = examples, alpha = 0.75): Promise<Three> {
  const options = { batch: count + 1, threads: 2 };
  const [law, other, third] = await Promise.all([reference.open(program, options), backend.open(program, options), reference.open(sizes, options)]); // prettier-ignore
  for (const machine of [law, other, third]) {
    machine.use(count);
    for (const parameter of machine.program.parameters) machine.setParameter(parameter, alpha);
  }
  return { law, other, sizes: third };
} // prettier-ignore

async function load({ law, other, sizes }: Three, names: readonly string[], count = examples, positive = false): Promise<void> {
  for (const name of names) {
    const { shape, batch } = law.program.buffers.get(name)!;
    const drawn = values(shape.reduce((a, b) => a * b, 1) * (batch ? count : 1), 0.3);
    const data = positive ? drawn.map(Math.abs) : drawn;
    await Promise.all([law.write(name, data), other.write(name, data), sizes.write(name, data.map(Math.abs))]);
  }
} // prettier-ignore

async function agree({ law, other, sizes }: Three, buffer: string, more = 0): Promise<void> {
  const [exact, found, terms] = await Promise.all([law, other, sizes].map((machine) => machine.read(buffer)));
  expect(exact!.some((value) => value !== 0), `${buffer} is not all 0`).toBe(true); // prettier-ignore
  exact!.forEach((value, k) => {
    const bound = 4 * eps32 * (Math.abs(terms![k]!) + more);
    if (!(Math.abs(value - found![k]!) <= bound)) expect(found![k], `${buffer}[${k}] within ${bound}`).toBe(value);
  });
}

/** What is picked, not summed, is the same number, and one number added to it is rounded once. */
async function same({ law, other }: Three, buffer: string): Promise<void> {
  const [exact, found] = await Promise.all([law.read(buffer), other.read(buffer)]);
  expect(exact.some((value) => value !== 0), `${buffer} is not all 0`).toBe(true); // prettier-ignore
  // Of zeros the sign does not count.
  expect(Array.from(found, (value) => value + 0), buffer).toEqual(Array.from(exact, (value) => Math.fround(value) + 0)); // prettier-ignore
}

export function pictureSuite(name: string, backend: Backend): void {
  describe.each(Object.entries(kernels))(`a kernel %s on the ${name} backend`, (_, geometry) => {
    let machines: Three;
    beforeAll(async () => {
      machines = await open(backend, kernelProgram(geometry), kernelProgram(geometry, 1));
    });
    afterAll(() => Promise.all(Object.values(machines as unknown as Record<string, Machine>).map((machine) => machine.close())));
    const slots: Readonly<Record<string, string>> = {
      gather: 'y2', gatherAdd: 'y2', gatherBack: 'x2', gatherBackAdd: 'x2', outer: 'dw', outerAdd: 'dw', spread: 'spread', reduce: 'bias',
    };
    it.each(Object.entries(slots))('computes what the reference computes in %s', async (slot, buffer) => {
      await load(machines, ['x', 'x2', 'y', 'y2', 'w', 'dw', 'bias']);
      for (const machine of Object.values(machines) as Machine[]) await machine.run(slot);
      await agree(machines, buffer);
    });
    it('leaves no padding behind that is not 0: what follows is the same', async () => {
      await load(machines, ['x', 'x2', 'y', 'y2', 'w', 'dw', 'bias']);
      for (const machine of Object.values(machines) as Machine[]) await machine.perform([['learn', 1], ['reduce', 1], ['spread', 1], ['gather', 1], ['gatherBack', 1]]);
      for (const buffer of ['w', 'y2', 'x2']) await agree(machines, buffer, 4);
    });
  }); // prettier-ignore

  it.each(Object.entries({ reduce: 'bias', outer: 'dw', outerAdd: 'dw' }))(`sums over ${many} examples of 24 x 24 places keep to the law in %s on the ${name} backend`, async (slot, buffer) => {
    const program = kernelProgram(conv([26, 26, 3], 32, 3), 1);
    const machines = await open(backend, program, program, many, alphaOfMany);
    // Of one sign: a sum grows as large as its terms allow.
    await load(machines, ['x', 'x2', 'y', 'y2', 'dw', 'bias'], many, true);
    for (const machine of Object.values(machines) as Machine[]) await machine.run(slot);
    await agree(machines, buffer);
    for (const machine of Object.values(machines) as Machine[]) await machine.close();
  }); // prettier-ignore

  describe.each(kinds)(`a pool of kind %s on the ${name} backend`, (kind) => {
    it.each(Object.entries(pools))('computes what the reference computes, windows %s', async (_, windows) => {
      const program = poolProgram({ ...windows, kind });
      const machines = await open(backend, program, program);
      const slots = { pool: 'y', poolAdd: 'y', along: 'y', alongAdd: 'y', unpool: 'out', ...(kind === 'softmax' ? { bend: 'out' } : {}) };
      for (const [slot, buffer] of Object.entries(slots)) {
        await load(machines, ['x', 'r', 'y']);
        for (const machine of Object.values(machines) as Machine[]) await machine.run(slot);
        for (const read of slot.startsWith('pool') && kind !== 'average' ? [buffer, 'notes'] : [buffer])
          if (kind === 'max') await same(machines, read);
          // Numbers and shares of a softmax are at most about 1: so many terms of that size at least.
          else await agree(machines, read, kind === 'softmax' ? 4 : 0);
      }
      for (const machine of Object.values(machines) as Machine[]) await machine.close();
    });
  }); // prettier-ignore
}
