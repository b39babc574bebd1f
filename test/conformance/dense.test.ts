// Dense products of the wasm backend, which run over blocks of examples: each sum within 4 eps32 sum |terms| of the exact
// one, and the same bits whatever the number of threads and wherever an example stands in the batch.
import { describe, expect, it } from 'vitest';
import type { Machine, Values } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { examplesTogether } from '../../src/backends/wasm/outer.ts';
import { blockExamples } from '../../src/backends/wasm/layout.ts';
import { blockOf } from '../../src/backends/wasm/threads.ts';
import { parseExpression } from '../../src/expr/parse.ts';
import { uniform24 } from '../../src/math/random.ts';
import { builder } from '../../src/program/builder.ts';
import type { Operation, Program } from '../../src/program/program.ts';

const eps32 = 2 ** -23;
const most = 2 * blockExamples + 1;
let seed = 1;

/** Float32 values in [-1, 1), so many of them not zero. */
function values(count: number, density = 1): Float32Array {
  seed++;
  return Float32Array.from({ length: count }, (_, k) =>
    uniform24(seed, 1, k, 0, 0) < density ? 2 * uniform24(seed, 2, k, 0, 0) - 1 : 0,
  );
}

const bitsOf = (data: ArrayLike<number>): string => Buffer.from(Float32Array.from(data).buffer).toString('base64');

/** The largest error in units of the bound on each: |found - exact| <= 4 eps32 sum |terms|. */
function worst(found: ArrayLike<number>, exact: ArrayLike<number>, sizeOf: (k: number) => number): number {
  let most = 0;
  for (let k = 0; k < exact.length; k++) {
    const error = Math.abs(found[k]! - exact[k]!);
    if (!(error === 0)) most = Math.max(most, error / (4 * eps32 * sizeOf(k)));
  }
  return most;
}

async function withMachines(program: Program, threads: readonly number[], body: (law: Machine, others: Machine[]) => Promise<void>, batch = most, relaxed = false): Promise<void> {
  const law = await reference.open(program, { batch, threads: 1 });
  const others = await Promise.all(threads.map((count) => wasm(relaxed).open(program, { batch, threads: count })));
  await body(law, others);
  await Promise.all([law, ...others].map((machine) => machine.close()));
} // prettier-ignore

function product(op: 'gather' | 'gatherBack', add: boolean): Operation {
  return op === 'gather'
    ? { op, from: 'x', weight: 'w', into: 'y', add }
    : { op, from: 'y', weight: 'w', into: 'x', add };
}

/** Widths around panels of 8 and 12 columns, and one where lists of non-zero values are used both ways. */
const shapes = [[1, 1], [3, 5], [4, 8], [37, 11], [18, 17], [9, 28], [33, 45], [60, 70]] as const; // prettier-ignore

describe.each(shapes)('a matrix of %i x %i', (pre, post) => {
  const b = builder('dense');
  b.buffer('x', [pre], { batch: true });
  b.buffer('y', [post], { batch: true });
  b.buffer('w', [pre, post]);
  const slots = (['gather', 'gatherBack'] as const).flatMap((op) => [false, true].map((add) => ({ op, add, slot: `${op} ${add}` }))); // prettier-ignore
  for (const { op, add, slot } of slots) b.add(slot, product(op, add));
  const w = values(pre * post);

  it.each([0, 0.3, 1])('with a share of %f of the values not zero', async (density) => {
    await withMachines(b.build(), [1, 2, 3], async (law, machines) => {
      for (const machine of [law, ...machines]) await machine.write('w', w);
      for (const { op, add, slot } of slots) {
        const [from, into, terms, results] = op === 'gather' ? (['x', 'y', pre, post] as const) : (['y', 'x', post, pre] as const); // prettier-ignore
        const input = values(most * terms, density);
        const before = values(most * results);
        const run = async (machine: Machine, examples: number): Promise<Values> => {
          machine.use(examples);
          await machine.write(from, input.slice(0, examples * terms));
          await machine.write(into, before.slice(0, examples * results));
          await machine.run(slot);
          return machine.read(into);
        };
        const exact = await run(law, most);
        const found = await run(machines[0]!, most);
        const sizeOf = (k: number): number => {
          const [example, unit] = [Math.floor(k / results), k % results];
          let size = add ? Math.abs(before[k]!) : 0;
          for (let term = 0; term < terms; term++)
            size += Math.abs(
              input[example * terms + term]! * w[op === 'gather' ? term * post + unit : unit * post + term]!,
            );
          return size;
        };
        expect(worst(found, exact, sizeOf), slot).toBeLessThanOrEqual(1);
        for (const machine of machines)
          for (let examples = 1; examples <= most; examples += machine.threads)
            expect(
              bitsOf(await run(machine, examples)),
              `${slot}, ${machine.threads} threads, ${examples} examples`,
            ).toBe(bitsOf(Array.from(found).slice(0, examples * results)));
      }
    });
  });
});

it('an example has the same bits at every place of a batch, beside dense and beside zero examples', async () => {
  const [pre, post] = [40, 70];
  const b = builder('places');
  b.buffer('x', [pre], { batch: true });
  b.buffer('y', [post], { batch: true });
  b.buffer('w', [pre, post]);
  b.add('run', product('gather', false));
  await withMachines(b.build(), [1], async (_, [machine]) => {
    await machine!.write('w', values(pre * post));
    const own = values(pre, 0.5);
    const found = new Set<string>();
    for (const density of [0, 1])
      for (let place = 0; place < most; place++) {
        const x = values(most * pre, density);
        x.set(own, place * pre);
        await machine!.write('x', x);
        await machine!.run('run');
        found.add(bitsOf((await machine!.read('y')).slice(place * post, (place + 1) * post)));
      }
    expect(found.size).toBe(1);
  });
});

const outers = [[1, 1], [1, 44], [4, 6], [7, 11], [7, 20], [49, 4], [50, 12], [100, 44], [99, 3]] as const; // prettier-ignore

it.each(outers)('outer products of %i x %i, with signs, over examples that are zero or not', async (pre, post) => {
  const b = builder('outer');
  for (const name of ['a', 'b']) b.buffer(name, [pre], { batch: true });
  for (const name of ['c', 'd']) b.buffer(name, [post], { batch: true });
  b.buffer('w', [pre, post]);
  const scale = { kind: 'name', name: b.parameter('rate') } as const;
  const terms = [{ pre: 'a', post: 'c', sign: 1 }, { pre: 'b', post: 'd', sign: -1 }] as const; // prettier-ignore
  for (const add of [false, true]) b.add(String(add), { op: 'outer', terms, scale, into: 'w', add });
  await withMachines(b.build(), [1, 2, 3], async (law, machines) => {
    for (const density of [0, 0.2, 1])
      for (const examples of [1, 2, 5, most])
        for (const add of [false, true]) {
          const [a, b2, c, d, w] = [values(examples * pre, density), values(examples * pre, density), values(examples * post), values(examples * post), values(pre * post)] as const; // prettier-ignore
          const results: Values[] = [];
          for (const machine of [law, ...machines]) {
            machine.use(examples);
            machine.setParameter('rate', 0.5);
            for (const [name, data] of Object.entries({ a, b: b2, c, d, w })) await machine.write(name, data);
            await machine.run(String(add));
            results.push(await machine.read('w'));
          }
          const [exact, found, ...others] = results as [Values, Values, ...Values[]];
          const sizeOf = (k: number): number => {
            const [i, j] = [Math.floor(k / post), k % post];
            let size = add ? Math.abs(w[k]!) : 0;
            for (let e = 0; e < examples; e++)
              size += Math.abs(a[e * pre + i]! * c[e * post + j]!) + Math.abs(b2[e * pre + i]! * d[e * post + j]!);
            return size;
          };
          expect(worst(found, exact, sizeOf), `${examples} examples`).toBeLessThanOrEqual(1);
          for (const other of others) expect(bitsOf(other)).toBe(bitsOf(found));
        }
  });
});

it('a batch larger than what goes together is summed block by block, in any number of threads', async () => {
  const [pre, post, batch] = [13, 20, 2 * examplesTogether + 7];
  const b = builder('large');
  b.buffer('x', [pre], { batch: true });
  b.buffer('y', [post], { batch: true });
  b.buffer('w', [pre, post]);
  for (const add of [false, true])
    b.add(String(add), { op: 'outer', terms: [{ pre: 'x', post: 'y', sign: 1 }], scale: { kind: 'number', value: 0.5 }, into: 'w', add }); // prettier-ignore
  const [y, w] = [values(batch * post), values(pre * post)];
  await withMachines(b.build(), [1, 2, 3], async (law, machines) => {
    for (const examples of [examplesTogether, examplesTogether + 1, batch])
      // Zero at the start, at the end, in places: lists of any length, and none.
      for (const zero of [[0, 0], [0, 80], [60, batch], [0, batch]] as const)
        for (const add of [false, true]) {
          const x = values(batch * pre, 0.8).fill(0, zero[0] * pre, zero[1] * pre);
          const results: Values[] = [];
          for (const machine of [law, ...machines]) {
            machine.use(examples);
            for (const [name, data] of Object.entries({ x: x.slice(0, examples * pre), y: y.slice(0, examples * post), w })) await machine.write(name, data);
            await machine.run(String(add));
            results.push(await machine.read('w'));
          }
          const [exact, found, ...others] = results as [Values, Values, ...Values[]];
          const sizeOf = (k: number): number => {
            let size = add ? Math.abs(w[k]!) : 0;
            for (let e = 0; e < examples; e++) size += Math.abs(x[e * pre + Math.floor(k / post)]! * y[e * post + (k % post)]!);
            return size;
          };
          expect(worst(found, exact, sizeOf), `${examples} examples`).toBeLessThanOrEqual(1);
          for (const other of others) expect(bitsOf(other)).toBe(bitsOf(found));
        }
  }, batch); // prettier-ignore
});

it('relaxed SIMD, where asked for, stays within the same bound, with the same bits in any number of threads', async () => {
  const [pre, post] = [45, 37];
  const b = builder('relaxed');
  b.buffer('x', [pre], { batch: true });
  b.buffer('y', [post], { batch: true });
  b.buffer('w', [pre, post]);
  b.add('gather', product('gather', false));
  b.add('outer', { op: 'outer', terms: [{ pre: 'x', post: 'y', sign: 1 }], scale: { kind: 'number', value: 1 }, into: 'w', add: false }); // prettier-ignore
  const [x, w] = [values(most * pre), values(pre * post)];
  await withMachines(b.build(), [1, 2, 3], async (law, machines) => {
    const run = async (machine: Machine): Promise<readonly [Values, Values]> => {
      await machine.write('x', x);
      await machine.write('w', w);
      await machine.run('gather');
      const y = await machine.read('y');
      await machine.run('outer');
      return [y, await machine.read('w')];
    };
    const [y, outer] = await run(law);
    const [ours, ...others] = await Promise.all(machines.map(run));
    const sizeOfY = (k: number): number => {
      let size = 0;
      for (let term = 0; term < pre; term++) size += Math.abs(x[Math.floor(k / post) * pre + term]! * w[term * post + (k % post)]!);
      return size;
    };
    const sizeOfOuter = (k: number): number => {
      let size = 0;
      // The errors of y are in them too, of as many terms each.
      for (let e = 0; e < most; e++) size += Math.abs(x[e * pre + Math.floor(k / post)]!) * sizeOfY(e * post + (k % post));
      return size;
    };
    expect(worst(ours![0], y, sizeOfY)).toBeLessThanOrEqual(1);
    expect(worst(ours![1], outer, sizeOfOuter)).toBeLessThanOrEqual(1);
    for (const other of others) expect(other.map(bitsOf)).toEqual(ours!.map(bitsOf));
    expect(machines.map(({ backend }) => backend)).toEqual(['wasm:relaxed', 'wasm:relaxed', 'wasm:relaxed']);
  }, most, true);
}); // prettier-ignore

/** A network 21-30-10 that relaxes through its weights both ways, with all sorts of operations in one slot. */
function network(): Program {
  const b = builder('network');
  for (const [name, units] of [['x', 21], ['h', 30], ['y', 10], ['hIn', 30], ['yIn', 10], ['noise', 30], ['most', 1]] as const)
    b.buffer(name, [units], { batch: true });
  b.buffer('past', [30], { batch: true, history: 4 });
  for (const [name, shape] of [['xh', [21, 30]], ['hy', [30, 10]], ['hy2', [30, 10]], ['back', [10, 30]]] as const) b.buffer(name, shape);
  b.list('active', 10);
  const map = (into: string, units: number, text: string, ...names: string[]): Operation => ({
    op: 'map', units, assign: [{ into, value: parseExpression(text, { names }) }],
  });
  b.add(
    'step',
    { op: 'gather', from: 'x', weight: 'xh', into: 'hIn', add: false },
    { op: 'gatherBack', from: 'y', weight: 'hy', into: 'hIn', add: true },
    { op: 'random', into: 'noise', stream: 5, low: -0.1, high: 0.1 },
    { op: 'compact', from: 'y', list: 'active' },
    { op: 'deliver', list: 'active', weight: 'back', into: 'hIn', at: 0 },
    map('h', 30, 'h + 0.25 * (tanh(hIn + noise) - h)', 'h', 'hIn', 'noise'),
    { op: 'copy', from: 'h', into: 'past' },
    { op: 'gather', from: 'past', weight: 'hy', into: 'yIn', add: false },
    { op: 'reduce', from: 'yIn', into: 'most', how: 'max', over: 'units' },
    map('y', 10, 'relu(yIn - 0.5 * most)', 'yIn', 'most'),
    { op: 'advance' },
  );
  b.add('back', { op: 'advance', by: -1 }, { op: 'gatherBack', from: 'y', weight: 'hy', into: 'past', add: true });
  const terms = [{ pre: 'past', post: 'y', sign: 1 }] as const;
  const learn = { op: 'outer', terms, scale: { kind: 'number', value: 0.25 }, into: 'hy', add: true } as const;
  const both: Operation[] = [
    { op: 'gatherBack', from: 'y', weight: 'hy', into: 'h', add: true },
    { op: 'gather', from: 'h', weight: 'hy', into: 'yIn', add: false },
  ];
  b.add('both', ...both);
  b.add('learn', learn);
  b.add('learn and read', learn, ...both, learn, ...both);
  b.add('halve', map('hy', 300, 'hy / 2', 'hy'));
  b.add('put', { op: 'copy', from: 'hy2', into: 'hy' });
  b.add('fill', { op: 'fill', into: 'hy', value: 0.125 });
  return b.build();
} // prettier-ignore

const state = ['h', 'y', 'hIn', 'yIn', 'most', 'past', 'hy', 'clock'];

async function start(machine: Machine): Promise<void> {
  seed = 77;
  for (const [name, size] of [['x', 21 * most], ['h', 30 * most], ['past', 30 * most], ['y', 10 * most]] as const) await machine.write(name, values(size, 0.6)); // prettier-ignore
  for (const [name, size] of [['xh', 630], ['hy', 300], ['hy2', 300], ['back', 300]] as const) await machine.write(name, values(size).map((value) => value / 4)); // prettier-ignore
  await machine.write(
    'example',
    Int32Array.from({ length: most }, (_, k) => 5 * k),
  );
}

/** Every number within the bound for so many terms of the size of its buffer's largest, or of 1. */
async function agree(law: Machine, other: Machine, terms: number): Promise<void> {
  for (const name of state) {
    const [exact, found] = [await law.read(name), await other.read(name)];
    expect(
      worst(found, exact, () => 1),
      name,
    ).toBeLessThanOrEqual(terms);
  }
}

describe('a rate network in blocks', () => {
  it('relaxes as on the reference: step loops, rings, random numbers and lists between its products', async () => {
    await withMachines(network(), [1, 2, 3], async (law, machines) => {
      for (const machine of [law, ...machines]) {
        await start(machine);
        await machine.perform([['step', 30], ['back', 2], ['step', 1], ['back', 5]]); // prettier-ignore
      }
      expect((await law.read('clock'))[1]).toBe(24);
      expect((await law.read('past')).filter((value) => value !== 0).length).toBeGreaterThan(20 * most);
      // Rounding of some 60 terms of size 1 in each of a few steps; the steps contract.
      await agree(law, machines[0]!, 200);
      for (const name of state)
        for (const machine of machines) expect(bitsOf(await machine.read(name))).toBe(bitsOf(await machines[0]!.read(name))); // prettier-ignore
    });
  });

  it('thirty steps in one call are thirty calls of one step', async () => {
    await withMachines(network(), [1], async (_, [machine]) => {
      await start(machine!);
      await machine!.run('step', 30);
      const once = await Promise.all(state.map((name) => machine!.read(name)));
      await machine!.write('clock', [0, 0]);
      await start(machine!);
      for (let k = 0; k < 30; k++) await machine!.run('step');
      for (const [index, name] of state.entries())
        expect(bitsOf(await machine!.read(name)), name).toBe(bitsOf(once[index]!));
    });
  });

  it('sees every change of its weights at once: by outer, map, copy, fill and write', async () => {
    await withMachines(network(), [1, 2], async (law, machines) => {
      for (const machine of [law, ...machines]) await start(machine);
      for (const slot of ['learn', 'halve', 'learn and read', 'put', 'fill', 'write']) {
        for (const machine of [law, ...machines]) {
          if (slot === 'write') await machine.write('hy', await law.read('hy2'));
          else await machine.run(slot);
          await machine.run('both');
        }
        for (const machine of machines) await agree(law, machine, 200);
        // Back to sizes of about 1, the same numbers everywhere, so that errors do not add up.
        for (const name of ['h', 'y', 'hy']) {
          const size = Math.max(...(await law.read(name)).map(Math.abs));
          const next = (await law.read(name)).map((value) => Math.fround(value / size));
          for (const machine of [law, ...machines]) await machine.write(name, next);
        }
      }
    });
  });
});

it('blocks share a batch out evenly, and are 8 examples where that costs nothing', () => {
  const busiest = (examples: number, threads: number): number => {
    const size = blockOf(examples, threads);
    expect(size).toBeLessThanOrEqual(blockExamples);
    const done = Array<number>(threads).fill(0);
    for (let first = 0; first < examples; first += size) {
      // The thread that is free first takes the next block.
      const next = done.indexOf(Math.min(...done));
      done[next]! += Math.min(size, examples - first);
    }
    return Math.max(...done);
  };
  expect([64, 128, 16].map((examples) => blockOf(examples, 2))).toEqual([8, 8, 8]);
  expect(blockOf(20, 1)).toBe(8);
  expect([20, 10, 50, 100].map((examples) => busiest(examples, 2))).toEqual([10, 6, 26, 50]);
  expect(busiest(20, 5)).toBe(4);
});
