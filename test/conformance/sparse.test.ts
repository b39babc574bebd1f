// Operations of sparse networks against plain loops, on the reference and on wasm: units that fire and are logged, changes at
// logged units, compressed rows that arrive after their delays, logs that are trimmed.
import { describe, expect, it } from 'vitest';
import type { Backend, Machine } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { formula } from '../../src/expr/formula.ts';
import { uniform24 } from '../../src/math/random.ts';
import { builder } from '../../src/program/builder.ts';
import { clockBuffer } from '../../src/program/program.ts';

// Sizes with a tail after whole vectors and after whole blocks of them.
const [pre, post, classes, steps, back] = [43, 17, 3, 7, 4];
const delays = [0, 1, 4];
const synapses = 400;
const draw = (k: number, what: number): number => uniform24(4, what, k, 0, 0);
const rows = Int32Array.from({ length: pre * classes + 1 }, (_, n) => Math.round((synapses * n) / (pre * classes)));
const targets = Int32Array.from({ length: synapses }, (_, k) => Math.floor(post * draw(k, 1)));
const weights = Float32Array.from({ length: synapses }, (_, k) => 2 * draw(k, 2) - 1);
const x = Float32Array.from({ length: pre }, (_, k) => Math.fround(draw(k, 3)));
const [factor, against, same] = [Math.fround(0.7), Math.fround(-1.3), Math.fround(0.3)];

async function open(backend: Backend): Promise<Machine> {
  const b = builder('sparse');
  for (const name of ['x', 'held']) b.buffer(name, [pre], { batch: true });
  for (const name of ['y', 'z', 'one', 'two', 'three']) b.buffer(name, [post], { batch: true });
  for (const name of ['level', 'factor', 'against']) b.buffer(name, [1], { batch: true });
  b.buffer('rows', [pre * classes + 1], { dtype: 'i32' });
  b.buffer('delays', [classes], { dtype: 'i32' });
  b.buffer('targets', [synapses], { dtype: 'i32' });
  b.buffer('weights', [synapses]);
  b.buffer('same', [1]);
  for (const name of ['events', 'single']) b.buffer(name, [1], { dtype: 'i32', batch: true });
  b.log('log', back + steps + 1, (back + steps + 1) * pre);
  const sparse = { op: 'deliverRows', log: 'log', delays: 'delays', rows: 'rows', targets: 'targets', weights: 'weights' } as const; // prettier-ignore
  b.add('step', { op: 'put', log: 'log', back: 2, into: 'held', value: formula('held + 10 * level', { held: 'held', level: 'level' }) });
  b.add('step', { ...sparse, terms: [{ into: 'y', factor: 'factor' }, { into: 'z', factor: 'against' }], events: 'events' });
  b.add('step', { ...sparse, terms: [{ into: 'z' }], events: 'single' });
  b.add('step', { ...sparse, weights: 'same', terms: [{ into: 'one' }], events: 'single' });
  b.add('step', { ...sparse, weights: 'same', terms: [{ into: 'two', factor: 'factor' }, { into: 'three', factor: 'against' }], events: 'single' });
  b.add('step', {
    op: 'fire', units: pre, log: 'log',
    assign: [{ into: 'x', value: formula('x + 0.25', { x: 'x' }) }],
    when: formula('x >= level', { x: 'x', level: 'level' }),
    change: [{ into: 'x', value: formula('x - level', { x: 'x', level: 'level' }) }, { into: 'held', value: formula('held + 1', { held: 'held' }) }],
  });
  b.add('step', { op: 'every', steps: 3, operations: [{ op: 'map', units: 1, assign: [{ into: 'level', value: formula('level + 0.125', { level: 'level' }) }] }] });
  b.add('step', { op: 'advance' });
  b.add('trim', { op: 'trim', log: 'log', steps: back });
  const machine = await backend.open(b.build(), { batch: 1, threads: 1 });
  machine.use(1);
  const values = { x, same: [same], rows, delays, targets, weights, level: [1], factor: [factor], against: [against] };
  for (const [name, value] of Object.entries(values)) await machine.write(name, value);
  await machine.write('log.place', new Int32Array(back + steps + 3).fill(-back, 0, 1));
  return machine;
} // prettier-ignore

/** The same in plain loops; `fired[n]` is the entry of step n. */
function expected(count: number) {
  const fired: number[][] = [[]];
  const [own, held] = [Float64Array.from(x), new Float64Array(pre)];
  const [y, z, sizeY, sizeZ, arrived] = Array.from({ length: 5 }, () => new Float64Array(post)) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]; // prettier-ignore
  let [level, events] = [1, 0];
  for (let n = 0; n < count; n++) {
    for (const unit of fired[n - 2] ?? []) held[unit]! += 10 * level;
    delays.forEach((delay, c) => {
      for (const unit of fired[n - delay] ?? [])
        for (let k = rows[unit * classes + c]!; k < rows[unit * classes + c + 1]!; k++, events++) {
          const [post, w] = [targets[k]!, weights[k]!];
          y[post]! += factor * w;
          z[post]! += against * w + w;
          sizeY[post]! += Math.abs(factor * w);
          arrived[post]! += 1;
          sizeZ[post]! += Math.abs(against * w) + Math.abs(w);
        }
    });
    fired[n + 1] = [];
    for (let unit = 0; unit < pre; unit++) {
      own[unit]! += 0.25;
      if (own[unit]! < level) continue;
      own[unit]! -= level;
      held[unit]! += 1;
      fired[n + 1]!.push(unit);
    }
    if (n % 3 === 0) level += 0.125;
  }
  return { fired, held, y, z, sizeY, sizeZ, arrived, events };
}

describe.each([
  ['reference', reference],
  ['wasm', wasm()],
] as const)('sparse operations on %s', (_, backend) => {
  it('log what fires, put values there later and deliver every synapse once, after its delay', async () => {
    const machine = await open(backend);
    await machine.run('step', steps);
    const { fired, held, y, z, sizeY, sizeZ, arrived, events } = expected(steps);
    const [place, unit] = [await machine.read('log.place'), await machine.read('log.unit')];
    expect(place[0]).toBe(-back);
    for (let n = 0; n <= steps; n++)
      expect([...unit.subarray(place[n + back + 1], place[n + back + 2])]).toEqual(fired[n]);
    expect(new Set(fired.map(({ length }) => length)).size).toBeGreaterThan(3);
    expect([...(await machine.read('held'))]).toEqual([...held]);
    for (const [name, sums, sizes] of [['y', y, sizeY], ['z', z, sizeZ]] as const)
      (await machine.read(name)).forEach((value, j) => expect(Math.abs(value - sums[j]!)).toBeLessThanOrEqual(4 * 2 ** -23 * sizes[j]!));
    for (const [name, by] of [['one', 1], ['two', factor], ['three', against]] as const)
      (await machine.read(name)).forEach((value, j) => expect(Math.abs(value - by * same * arrived[j]!)).toBeLessThanOrEqual(4 * 2 ** -23 * Math.abs(by) * arrived[j]!));
    expect(events).toBeGreaterThan(300);
    expect((await machine.read('events'))[0]).toBe(events);
    expect((await machine.read('single'))[0]).toBe(3 * events);
    expect([...(await machine.read('log.unit', [2, 5]))]).toEqual([...unit.subarray(2, 5)]);
  }); // prettier-ignore

  it('go on over a trimmed log as over a whole one, however many steps are asked for at once', async () => {
    const machine = await open(backend);
    const parts = [3, 1, 5, 7, 2];
    for (const part of parts) {
      await machine.run('trim');
      await machine.run('step', part);
    }
    const count = parts.reduce((sum, part) => sum + part, 0);
    const { fired, held, events } = expected(count);
    await machine.run('trim');
    const [place, unit] = [await machine.read('log.place'), await machine.read('log.unit')];
    expect(place[0]).toBe(count - back);
    for (let n = 0; n <= back; n++) expect([...unit.subarray(place[n + 1], place[n + 2])]).toEqual(fired[count - back + n]);
    expect(place[1]).toBe(0);
    expect([...(await machine.read('held'))]).toEqual([...held]);
    expect((await machine.read('events'))[0]).toBe(events);
    expect((await machine.read(clockBuffer))[1]).toBe(count);
  }); // prettier-ignore
});
