// One neuron at constant current: its spike rate against the closed form (docs/method.md).
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { ep } from '../../src/learn/ep.ts';
import { activation } from '../../src/learn/meanField.ts';
import type { Model } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';
import { integrator, layered, leaky } from '../fixtures.ts';

/** Spikes of unconnected units at these constant currents over `steps`, by unit. */
async function spikes(model: Model, backend: Backend, currents: readonly number[], steps: number): Promise<number[]> {
  const b = builder('rate');
  ep().contribute(b, model);
  b.buffer('count', [currents.length], { batch: true });
  b.add('free', { op: 'map', units: currents.length, assign: [{ into: 'count', value: {
    kind: 'call', call: 'add', args: [{ kind: 'name', name: 'count' }, { kind: 'call', call: 'gt', args: [{ kind: 'name', name: 'h.spike' }, { kind: 'number', value: 0 }] }],
  } }] }); // prettier-ignore
  const machine = await backend.open(b.build(), { batch: 1, threads: 1 });
  await machine.write('h.bias', currents);
  await machine.write('x', [0]);
  await machine.run('begin');
  await machine.run('free', steps);
  const result = [...(await machine.read('count'))];
  await machine.close();
  return result;
}

const drives = [0.03, 0.1, 0.3, 0.7, 1, 1.5, 3];

describe.each([
  ['reference', reference],
  ['wasm', wasm()],
] as const)('on the %s backend', (_, backend) => {
  // prettier-ignore
  it('integrate-and-fire with soft reset spikes at clip(I, 0, 1) / t_ref, to one spike in the window and 0.1 %', async () => {
    const currents = [-0.2, 0, 0.05, 0.35, 0.5, 0.95, 1, 1.2];
    const model = layered(integrator, [1, currents.length, 2]);
    const steps = 20_000;
    const found = await spikes(model, backend, currents, steps);
    currents.forEach((current, k) => {
      const expected = Math.min(1, Math.max(0, current)) * steps;
      expect(Math.abs(found[k]! - expected), `I = ${current}`).toBeLessThanOrEqual(Math.max(1, 0.001 * expected));
    });
  });

  it('LIF with hard reset and interpolated spike times meets the closed form, to one spike in the window and 0.1 %', async () => {
    const model = layered(leaky, [1, drives.length, 2], { spikeTimes: 'interpolated' });
    // On wasm long enough for the one spike at an end of the window to be a twentieth of 0.1 %; the reference is slow.
    const seconds = backend === reference ? 20 : 800;
    const found = await spikes(model, backend, drives.map((drive) => 1 + drive), seconds / model.step); // prettier-ignore
    const curve = activation(model.populations[1]!);
    const errors = drives.map(
      (drive, k) => (found[k]! * model.populations[1]!.activityTime) / seconds / curve.activity(1 + drive) - 1,
    );
    console.log(`interpolated: ${errors.map((error) => `${(100 * error).toFixed(4)} %`).join(', ')}`);
    for (const [k, error] of errors.entries())
      expect(Math.abs(error), `I = ${drives[k]} above rheobase`).toBeLessThan(Math.max(0.001, 1 / found[k]!));
  });
});

it.each([
  ['lif', 'integrate', { mode: 'to', value: 0 }],
  ['lif', 'clamp', { mode: 'by', value: 0.8 }],
  ['integrate-and-fire', 'clamp', { mode: 'by', value: 1 }],
  ['integrate-and-fire', 'clamp', { mode: 'to', value: 0.2 }],
  ['lif', 'clamp', 'millivolts'],
] as const)(
  '%s whose membrane in refractory time is to %s meets its curve too, reset %j',
  async (kind, membrane, reset) => {
    const currents = [0.2, 0.7, 1.05, 1.3, 2, 4, 40];
    const base = layered(kind === 'lif' ? leaky : integrator, [1, currents.length, 2], { spikeTimes: 'interpolated', step: 0.001 }); // prettier-ignore
    const volts = { rest: -0.065, threshold: -0.05, resistance: 0.015, floor: -0.08, reset: { mode: 'to', value: -0.065 }, initial: { low: -0.065, high: -0.05 } } as const; // prettier-ignore
    const populations = base.populations.map((p) => ({
      ...p,
      ...(reset === 'millivolts' ? volts : { reset }),
      refractory: { ...p.refractory, membrane },
      cap: Infinity,
    }));
    const seconds = 200;
    const found = await spikes({ ...base, populations }, wasm(), currents, seconds / base.step);
    const curve = activation(populations[1]!);
    currents.forEach((current, k) => {
      const expected = (curve.activity(current) * seconds) / populations[1]!.activityTime;
      expect(Math.abs(found[k]! - expected), `I = ${current}: ${found[k]} spikes`).toBeLessThanOrEqual(Math.max(1, 0.001 * expected)); // prettier-ignore
    });
  },
);

it('LIF on the plain grid misses the closed form, more so the larger the step against the interval', async () => {
  const rows: string[] = [];
  const worst: number[] = [];
  for (const step of [0.001, 0.0005, 0.00025, 0.00005]) {
    const model = layered(leaky, [1, drives.length, 2], { step });
    const seconds = 4;
    const found = await spikes(model, wasm(), drives.map((drive) => 1 + drive), Math.round(seconds / step)); // prettier-ignore
    const curve = activation(model.populations[1]!);
    let largest = 0;
    drives.forEach((drive, k) => {
      const rate = curve.activity(1 + drive) / 0.01;
      const error = found[k]! / seconds / rate - 1;
      largest = Math.max(largest, Math.abs(error));
      rows.push(`step/interval ${(step * rate).toFixed(4)}  error ${(100 * error).toFixed(2)} %`);
    });
    worst.push(largest);
  }
  console.log(rows.join('\n'));
  expect(worst[0]).toBeGreaterThan(0.05);
  expect(worst[0]).toBeLessThan(0.16);
  expect(worst[3]).toBeLessThan(0.012);
  expect(worst).toEqual([...worst].sort((a, b) => b - a));
});

describe('delta arrivals while the membrane is clamped', () => {
  /** Potential of y after x's one spike, which comes in y's refractory time, has had time to act. */
  async function potential(arrivals: 'keep' | 'lose', backend: Backend): Promise<number> {
    const base = layered(leaky, [1, 1, 2]);
    const model: Model = {
      ...base,
      populations: base.populations.map((p) =>
        p.kind === 'input'
          ? p
          : {
              ...p,
              refractory: { ...p.refractory, arrivals },
              bias: { init: 0, spread: 0, rate: 0 },
              initial: { low: 0, high: 0 },
            },
      ),
      projections: base.projections.map((p) => ({ ...p, synapse: { ...p.synapse, kind: 'delta' } })),
    };
    const b = builder('clamped');
    ep().contribute(b, model);
    const machine = await backend.open(b.build(), { batch: 1, threads: 1 });
    await machine.run('begin');
    await machine.write('h.arrivals', [0.5 * 0.01]);
    await machine.write('h.r', [2]);
    await machine.run('free', 3);
    const [v] = await machine.read('h.v');
    await machine.close();
    return v!;
  }
  it.each([
    ['reference', reference],
    ['wasm', wasm()],
  ] as const)('wait where the population keeps them, and are lost where not, on the %s backend', async (_, backend) => {
    // prettier-ignore
    // 0.5 * 0.01 s of activity over a membrane time constant of 0.01 s is a jump of 0.5, which decays for one step.
    expect(await potential('keep', backend)).toBeCloseTo(0.5 * Math.exp(-0.1), 5);
    expect(await potential('lose', backend)).toBe(0);
  });
});
