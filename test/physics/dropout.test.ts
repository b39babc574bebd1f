// Dropout in spiking networks: a unit that is left out is left out of the whole example.
import { expect, it } from 'vitest';
import { reference } from '../../src/backends/reference.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { ep } from '../../src/learn/ep.ts';
import type { Model } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';
import { layered, leaky } from '../fixtures.ts';

const share = 0.25;
const base = layered(leaky, [4, 200, 2]);
const model: Model = {
  ...base,
  populations: base.populations.map((p) => (p.name === 'h' ? { ...p, dropout: share } : p)),
};

it.each([
  ['reference', reference],
  ['wasm', wasm()],
] as const)(
  'units left out never spike in any phase of their example, and others do, on the %s backend',
  async (_, backend) => {
    const b = builder('dropout');
    const recipe = ep().contribute(b, model);
    b.buffer('total', [200], { batch: true });
    for (const slot of ['free', 'free.window', 'plus', 'plus.window', 'minus', 'minus.window'])
    b.add(slot, { op: 'map', units: 200, assign: [{ into: 'total', value: {
      kind: 'call', call: 'add', args: [{ kind: 'name', name: 'total' }, { kind: 'name', name: 'h.spike' }],
    } }] }); // prettier-ignore
    const machine = await backend.open(b.build(), { batch: 3, threads: 1 });
    for (const [name, values] of recipe.initial(1)) await machine.write(name, values);
    await machine.write('h.bias', new Float64Array(200).fill(2));
    await machine.write('x', new Float64Array(12).fill(0.5));
    await machine.write('example', Int32Array.of(0, 1, 2));
    await machine.write('clock', [7, 0]);
    const rates = recipe.parameters({ seed: 1, epoch: 0, batch: 0, examples: 0, batchExamples: 3 });
    for (const name in rates) machine.setParameter(name, name.startsWith('rate') ? 0 : rates[name]!);
    for (const sequence of recipe.train) await machine.perform(sequence);
    const kept = await machine.read('h.kept');
    const total = await machine.read('total');
    kept.forEach((one, k) => expect(total[k]! > 0, `unit ${k}`).toBe(one === 1));
    const left = kept.filter((one) => one === 0).length / kept.length;
    // Five standard deviations of 600 draws.
    expect(Math.abs(left - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / 600));
    expect([...kept.slice(0, 200)]).not.toEqual([...kept.slice(200, 400)]);
    await machine.close();
  },
);

it('in a prediction every unit takes part and sends its share of a spike', async () => {
  const b = builder('dropout');
  const recipe = ep().contribute(b, model);
  const machine = await reference.open(b.build(), { batch: 1, threads: 1 });
  await machine.write('h.bias', new Float64Array(200).fill(2));
  await machine.perform(recipe.predict);
  const values = await machine.read('h.mean');
  expect(values.every((value) => value > 0.5)).toBe(true);
  await machine.run('predict', 5);
  const counts = await machine.read('h.list.count');
  const sent = await machine.read('h.list.value');
  if (counts[0]! > 0) expect(sent[0]).toBeCloseTo((1 - share) * model.populations[1]!.activityTime, 12);
  expect(counts[1]).toBeGreaterThan(200);
});
