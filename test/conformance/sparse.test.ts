// Operations of sparse networks: compressed rows against a plain sum on the reference, wasm against the reference, logs
// against the lists they were made of.
import { describe, expect, it } from 'vitest';
import type { Backend, Machine } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { formula } from '../../src/expr/formula.ts';
import { uniform24 } from '../../src/math/random.ts';
import { builder } from '../../src/program/builder.ts';

const [pre, post, steps] = [23, 17, 5];
const synapses = 160;
const draw = (k: number, what: number): number => uniform24(4, what, k, 0, 0);
const rows = Int32Array.from({ length: pre + 1 }, (_, n) => Math.round((synapses * n) / pre));
const targets = Int32Array.from({ length: synapses }, (_, k) => Math.floor(post * draw(k, 1)));
const weights = Float32Array.from({ length: synapses }, (_, k) => 2 * draw(k, 2) - 1);
const x = Float32Array.from({ length: pre }, (_, k) => (draw(k, 3) < 0.4 ? 0 : draw(k, 4)));

async function open(backend: Backend): Promise<Machine> {
  const b = builder('sparse');
  b.buffer('x', [pre], { batch: true });
  b.buffer('spike', [pre], { batch: true });
  b.buffer('last', [pre], { batch: true });
  b.buffer('y', [post], { batch: true });
  b.buffer('ring', [post], { batch: true, history: 4 });
  b.buffer('rows', [pre + 1], { dtype: 'i32' });
  b.buffer('targets', [synapses], { dtype: 'i32' });
  b.buffer('weights', [synapses]);
  b.list('list', pre);
  b.list('played', pre);
  b.log('log', steps, steps * pre);
  const weighted = { rows: 'rows', targets: 'targets', weights: 'weights' };
  b.add('deliver', { op: 'compact', from: 'x', list: 'list' });
  b.add('deliver', { op: 'deliverRows', list: 'list', ...weighted, into: 'y', at: 0 });
  b.add('deliver', { op: 'deliverRows', list: 'list', ...weighted, into: 'ring', at: 2 });
  // Units fire that have x above a level that rises; `last` remembers 7 for those that ever fired.
  const spike = formula('x > 0.5', { x: 'x' });
  const assign = [
    { into: 'spike', value: formula('s ? 1 : 0', { s: spike }) },
    { into: 'last', value: formula('s ? 7 : last', { s: spike, last: 'last' }) },
    { into: 'x', value: formula('x * 0.9', { x: 'x' }) },
  ];
  b.add('step', { op: 'map', units: pre, assign }, { op: 'compact', from: 'spike', list: 'list', spent: true });
  b.add('step', { op: 'log', list: 'list', log: 'log' });
  b.add('replay', { op: 'play', log: 'log', list: 'played' });
  b.add('replay', { op: 'deliverRows', list: 'played', ...weighted, into: 'y', at: 0 });
  b.add('advance', { op: 'advance' });
  const machine = await backend.open(b.build(), { batch: 1, threads: 1 });
  machine.use(1);
  for (const [name, values] of Object.entries({ x, rows, targets, weights })) await machine.write(name, values);
  return machine;
}

describe.each([['reference', reference], ['wasm', wasm()]] as const)('sparse operations on %s', (_, backend) => {
  it('deliver every synapse of every entry, once, and into the ring where its time comes', async () => {
    const machine = await open(backend);
    await machine.run('deliver');
    const [expected, sizes] = [new Float64Array(post), new Float64Array(post)];
    for (let n = 0; n < pre; n++)
      for (let k = rows[n]!; k < rows[n + 1]!; k++) {
        expected[targets[k]!]! += x[n]! * weights[k]!;
        sizes[targets[k]!]! += Math.abs(x[n]! * weights[k]!);
      }
    const near = (found: ArrayLike<number>): void =>
      expected.forEach((value, j) => expect(Math.abs(found[j]! - value)).toBeLessThanOrEqual(4 * 2 ** -23 * sizes[j]!));
    near(await machine.read('y'));
    for (const filled of [false, false, true, false]) {
      const ring = await machine.read('ring');
      if (filled) near(ring);
      else expect([...ring]).toEqual(Array.from({ length: post }, () => 0));
      await machine.run('advance');
    }
  });

  it('log what fires in each step, and play it again as it was', async () => {
    const machine = await open(backend);
    const expected: number[][] = [];
    const decaying = Float32Array.from(x);
    const fired = new Set<number>();
    for (let step = 0; step < steps; step++) {
      expected.push([...decaying.keys()].filter((n) => decaying[n]! > 0.5));
      for (const n of expected.at(-1)!) fired.add(n);
      decaying.forEach((value, n) => (decaying[n] = value * Math.fround(0.9)));
    }
    await machine.run('step', steps);
    const [end, unit] = [await machine.read('log.end'), await machine.read('log.unit')];
    expect(end[0]).toBe(steps);
    expect(expected[0]!.length).toBeGreaterThan(expected.at(-1)!.length);
    expected.forEach((units, k) => expect([...unit.subarray(k === 0 ? 0 : end[k], end[k + 1])]).toEqual(units));
    expect([...(await machine.read('last'))]).toEqual(Array.from({ length: pre }, (_, n) => (fired.has(n) ? 7 : 0)));
    await machine.write('log.end', Int32Array.from(end).fill(0, 0, 1));
    await machine.run('replay', 2);
    expect([...(await machine.read('played.unit'))].slice(0, expected[1]!.length)).toEqual(expected[1]);
    expect((await machine.read('played.count'))[0]).toBe(expected[1]!.length);
    expect((await machine.read('y')).some((value) => value !== 0)).toBe(true);
  });
}); // prettier-ignore
