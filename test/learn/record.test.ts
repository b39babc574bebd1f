// What a model's `record:` gives: every variable it names, of the units, times and phases it names; else a refusal.
import { describe, expect, it } from 'vitest';
import { explain, type SettleError } from '../../src/errors.ts';
import type { Frame } from '../../src/frames/frame.ts';
import { readModel } from '../../src/model/read.node.ts';
import { simulate } from '../../src/run/simulate.node.ts';

async function frames(...set: string[]): Promise<Frame[]> {
  const found: Frame[] = [];
  const { model } = readModel('xor', { set: ['data.test=20', ...set] });
  await simulate({ model, threads: 1, examples: 5, emit: async (frame) => void found.push(frame) });
  return found;
}
const refusal = (...set: string[]): Promise<string> =>
  frames(...set).then(
    () => 'nothing was refused',
    (error: unknown) => explain(error as SettleError),
  );

describe('a record', () => {
  it('holds the units, times and phases that it names, and nothing else', async () => {
    const found = await frames('record=[{ population: h, variable: membrane, units: [3, 1], interval: 10 ms, examples: [2], phases: [free, minus] }]'); // prettier-ignore
    expect(found.map(({ kind, phase, example }) => [kind, phase, example])).toEqual([
      ['samples', 'free', 2], ['energy', 'free', 2], ['samples', 'minus', 2], ['energy', 'minus', 2],
    ]); // prettier-ignore
    const [free, , minus] = found as [Frame, Frame, Frame];
    // 60 ms, then 80 ms of each nudge, in steps of 2 ms.
    expect([free.t0, free.t1, minus.t0, minus.t1]).toEqual([0, 30, 70, 110]);
    expect([...free.columns['h.membrane.time']!.data]).toEqual([0, 5, 10, 15, 20, 25]);
    expect([...free.columns['h.membrane.unit']!.data]).toEqual([3, 1]);
    expect(free.columns['h.membrane']!.shape).toEqual([6, 2]);
    // Potentials of an integrator lie between its floor and what a step can add to its threshold.
    for (const value of free.columns['h.membrane']!.data) expect(value >= 0 && value < 2).toBe(true);
  });

  it('of every variable of a population that learns by events, the slow trace following the fast one', async () => {
    const variables = ['spikes', 'membrane', 'trace', 'slowTrace', 'current'];
    const record = variables.map((variable) => `{ population: h, variable: ${variable}, phases: [free] }`);
    const found = await frames('learning.update=events', `record=[${record.join(', ')}]`);
    expect(found.map(({ columns }) => Object.keys(columns).at(-1)).sort()).toEqual(
      ['energy', 'h.spikes.unit', ...variables.slice(1).map((variable) => `h.${variable}`)].sort(),
    );
    const of = (name: string): number[] => [...found.find(({ columns }) => columns[name])!.columns[name]!.data];
    const [fast, slow] = [of('h.trace'), of('h.slowTrace')];
    // tau2 dq/dt = s - q, from 0: after every step q lies below the largest s so far.
    expect(Math.max(...slow)).toBeGreaterThan(0.01);
    expect(Math.max(...slow)).toBeLessThan(Math.max(...fast));
  });

  it('of inputs that spike has a spike each 1 / (rate x) seconds', async () => {
    const set = ['populations.x.encode={ kind: regular, rate: 200 Hz }', 'phases.free.duration=1 s'];
    const found = await frames(...set, 'record=[{ population: x, variable: spikes, phases: [free] }]');
    const units = [...found.find(({ kind }) => kind === 'spikes')!.columns['x.spikes.unit']!.data];
    // Unit k + 2 is the opposite of unit k: together they have 200 spikes in a second, each rounded to whole ones.
    for (const k of [0, 1])
      expect(Math.abs(units.filter((unit) => unit === k || unit === k + 2).length - 200)).toBeLessThanOrEqual(2);
  });

  it('of what there is not is refused with what there is', async () => {
    expect(await refusal('record=[{ population: h, variable: slowTrace }]')).toBe(
      'record.0.variable: h has no such variable to record here: found slowTrace, expected spikes, membrane, trace, current',
    );
    expect(await refusal('record=[{ population: x, variable: spikes }]')).toMatch(
      /^record\.0\.variable: x has no such variable.*expected another population$/,
    );
  });
});
