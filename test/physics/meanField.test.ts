// The mean field: its f-I curves, its energy, and the spiking network's rates against its fixed point.
import { describe, expect, it } from 'vitest';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { ep } from '../../src/learn/ep.ts';
import { activation, meanField } from '../../src/learn/meanField.ts';
import { uniform24 } from '../../src/math/random.ts';
import type { Model } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';
import { dense, integrator, layered, leaky } from '../fixtures.ts';
import { firstImages } from './gradient.ts';

describe.each([
  ['integrate-and-fire', integrator],
  ['leaky', leaky],
] as const)('%s', (name, neuron) => {
  // prettier-ignore
  const curve = activation(neuron('h', 1));
  const offset = name === 'leaky' ? 1 : 0;

  it('the inverse of the f-I curve undoes it, and the slope is its derivative', () => {
    for (const drive of [0.01, 0.2, 0.5, 0.9]) {
      const current = offset + drive;
      expect(curve.current(curve.activity(current))).toBeCloseTo(current, 9);
      const h = 1e-6;
      expect((curve.activity(current + h) - curve.activity(current - h)) / (2 * h)).toBeCloseTo(
        curve.slope(current),
        4,
      );
    }
  });
  it('the potential is the integral of the inverse', () => {
    for (const s of [0.1, 0.4, 0.8]) {
      const h = 1e-4;
      expect((curve.potential(s + h) - curve.potential(s - h)) / (2 * h)).toBeCloseTo(curve.current(s), 4);
    }
    expect(curve.potential(0)).toBe(0);
  });
  it('energy never rises in the free phase', () => {
    const model = layered(neuron, [784, 60, 10]);
    const weights = ep().contribute(builder('e'), model).initial(3);
    const field = meanField(model, weights);
    const { inputs } = firstImages(10);
    for (let k = 0; k < 10; k++) {
      const drive = field.drive(inputs.subarray(k * 784, (k + 1) * 784));
      const start = Float64Array.from({ length: field.units }, (_, unit) => 0.5 * uniform24(1, 2, k, unit, 0));
      let before = field.energy(start, drive);
      const first = before;
      field.settle(drive, {
        start, rate: 0.02, steps: 400,
        visit: (s) => {
          const now = field.energy(s, drive);
          expect(now).toBeLessThanOrEqual(before + 1e-9 * Math.abs(before));
          before = now;
        },
      }); // prettier-ignore
      expect(before).toBeLessThan(first - 0.01);
    }
  });
});

it('the exact gradient is that of the free cost, also where a fixed projection goes one way', () => {
  const base = layered(leaky, [784, 12, 10]);
  const model: Model = { ...base, projections: [...base.projections, dense('h', 'h', false), dense('h', 'y', false)] };
  const weights = new Map(ep().contribute(builder('g'), base).initial(4));
  for (const [name, size] of [['h->h.weight', 144], ['h->y.weight', 120]] as const)
    weights.set(name, Float64Array.from({ length: size }, (_, k) => 0.2 * uniform24(5, size, k, 0, 0) - 0.1)); // prettier-ignore
  const { inputs, targets } = firstImages(1);
  const settled = { rate: 0.1, tolerance: 1e-14, steps: 50_000 };
  const cost = (): number => {
    const field = meanField(model, weights);
    return field.cost(field.settle(field.drive(inputs), settled), targets);
  };
  const exact = meanField(model, weights).gradient(inputs, targets);
  for (const [name, gradient] of exact) {
    const values = weights.get(name)!;
    const largest = gradient.reduce((best, value, k) => (Math.abs(value) > Math.abs(gradient[best]!) ? k : best), 0);
    expect(Math.abs(gradient[largest]!), name).toBeGreaterThan(1e-3);
    const value = values[largest]!;
    const at = (h: number): number => {
      values[largest] = value + h;
      return cost();
    };
    const difference = (at(1e-6) - at(-1e-6)) / 2e-6;
    values[largest] = value;
    expect(difference / gradient[largest]!, name).toBeCloseTo(1, 3);
  }
});

/** Mean |spiking activity - fixed point| of hidden units in a free window. */
async function distance(model: Model, seconds: number): Promise<number> {
  const count = 20;
  const window = { ...model, phases: { ...model.phases, predict: { duration: 0.3 + seconds, window: seconds } } };
  const batch = firstImages(count);
  const b = builder('rates');
  const recipe = ep().contribute(b, window);
  const machine = await wasm().open(b.build(), { batch: count, threads: 2 });
  const weights = recipe.initial(2);
  for (const [name, values] of weights) await machine.write(name, values);
  await machine.write(recipe.input, batch.inputs);
  await machine.write(
    'example',
    Int32Array.from({ length: count }, (_, k) => k),
  );
  await machine.perform(recipe.predict);
  const found = await machine.read('h.mean');
  await machine.close();
  const field = meanField(window, weights);
  const hidden = found.length / count;
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const s = field.settle(field.drive(batch.inputs.subarray(k * 784, (k + 1) * 784)));
    for (let unit = 0; unit < hidden; unit++) sum += Math.abs(s[unit]! - found[k * hidden + unit]!);
  }
  return sum / found.length;
}

it('rates of integrate-and-fire units meet the mean-field fixed point, about as 1 / window', async () => {
  const base = layered(integrator, [784, 100, 10]);
  const model = {
    ...base,
    projections: base.projections.map((p) => (p.symmetric ? { ...p, init: { ...p.init, gain: 0.7 } } : p)),
  };
  const errors: number[] = [];
  for (const window of [0.02, 0.05, 0.1, 0.2, 0.4]) errors.push(await distance(model, window));
  console.log(
    `mean |rate - fixed point| at windows 20 to 400 ms: ${errors.map((error) => error.toFixed(4)).join(', ')}`,
  );
  expect(errors).toEqual([...errors].sort((a, b) => b - a));
  expect(errors[0]).toBeLessThan(0.005);
  expect(errors[4]).toBeLessThan(errors[0]! / 10);
});

it('rates of leaky units meet it too, with interpolated spike times, up to what noise adds near rheobase', async () => {
  const base = layered(leaky, [784, 100, 10], { spikeTimes: 'interpolated' });
  const model = {
    ...base,
    projections: base.projections.map((p) => (p.symmetric ? { ...p, init: { ...p.init, gain: 0.25 } } : p)),
  };
  const errors: number[] = [];
  for (const window of [0.05, 0.2, 0.8]) errors.push(await distance(model, window));
  console.log(
    `leaky, windows 50 to 800 ms: ${errors.map((error) => error.toFixed(4)).join(', ')} (activity 1 is 100 Hz)`,
  );
  expect(errors).toEqual([...errors].sort((a, b) => b - a));
  expect(errors[2]).toBeLessThan(0.005);
});
