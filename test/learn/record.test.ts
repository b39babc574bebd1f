// What a model's `record:` gives: every variable it names, of the units, times and phases it names; else a refusal.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explain, type SettleError } from '../../src/errors.ts';
import type { Frame } from '../../src/frames/frame.ts';
import { reference } from '../../src/backends/reference.ts';
import { loadDataSet } from '../../src/data/load.node.ts';
import { equilibrium } from '../../src/learn/equilibrium.ts';
import { contributeRate } from '../../src/learn/epRate.ts';
import { readModel } from '../../src/model/read.node.ts';
import { builder } from '../../src/program/builder.ts';
import { exampleOf } from '../../src/report/example.ts';
import { run } from '../../src/run/run.node.ts';
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
    expect(new Set(found.map(({ columns }) => Object.keys(columns).at(-1)))).toEqual(
      new Set(['energy', 'h.spikes.unit', ...variables.slice(1).map((variable) => `h.${variable}`)]),
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
    // The model file cannot know how many examples the data have; the run does.
    expect(await refusal('data.test=null', 'record=[{ population: h, variable: spikes, examples: [0, 500] }]')).toBe(
      'record.0.examples: no such test example: found 500, expected 0 to 499',
    );
    expect(await refusal('record=[{ population: x, variable: spikes }]')).toMatch(
      /^record\.0\.variable: x has no such variable.*expected another population$/,
    );
  });
});

describe('a record of the energy of a rate network', () => {
  const asked = 'record=[{ variable: energy, examples: [3] }]';
  async function recorded(name: string, ...set: string[]): Promise<Frame[]> {
    const found: Frame[] = [];
    const { model } = readModel(name, { set: [asked, ...set] });
    await simulate({ model, threads: 1, examples: 5, emit: async (frame) => void found.push(frame) });
    return found;
  }
  const values = (frames: readonly Frame[], phase: string): number[] => [
    ...frames.find((frame) => frame.phase === phase)!.columns['energy']!.data,
  ];

  it.each(['all-to-all', 'xy', 'modern-hopfield', 'lecture-example'])('of %s is what its energy evaluates to after every step, free and nudged', async (name) => {
    const set = ['backend=reference', 'phases.free.steps=25', 'phases.free.tolerance=0', 'phases.nudge.steps=6', 'phases.nudge.estimator=symmetric'];
    const frames = await recorded(name, ...set);
    expect(frames.map(({ kind, phase, example, t0, t1 }) => [kind, phase, example, t0, t1])).toEqual([
      ['energy', 'free', 3, 0, 25], ['energy', 'plus', 3, 25, 31], ['energy', 'minus', 3, 31, 37],
    ]);
    const { model } = readModel(name, { set });
    const { test, classes } = loadDataSet(model.data);
    const [size, label] = [test.inputs.length / test.count, test.labels[3]!];
    const input = Float64Array.from(test.inputs.subarray(3 * size, 4 * size), (value) => value / test.scale);
    const net = await equilibrium(model, { backend: reference, examples: 1 });
    await net.write(contributeRate(builder('weights'), model).initial(model.seed), input, Float64Array.from({ length: classes }, (_, k) => (k === label ? 1 : 0)));
    await net.rest();
    const after = async (beta: number | null, times: number): Promise<number[]> => {
      const energies: number[] = [];
      for (let t = 0; t < times; t++) {
        await net.step(beta);
        energies.push((await net.energy())[0]!);
      }
      return energies;
    };
    const close = (phase: string, exact: number[]): void => {
      const found = values(frames, phase);
      expect(found.length).toBe(exact.length);
      exact.forEach((value, t) => expect(Math.abs(found[t]! - value), `${phase} ${t}`).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value))));
    };
    close('free', await after(null, 25));
    const free = await net.states();
    close('plus', await after(model.phases.nudge.beta, 6));
    await net.restore(free);
    close('minus', await after(-model.phases.nudge.beta, 6));
    await net.close();
  }); // prettier-ignore

  it('never rises in a free phase of small steps, also on wasm, and the page shows it in steps', async () => {
    for (const backend of ['reference', 'wasm']) {
      const frames = await recorded('all-to-all', `backend=${backend}`, 'dynamics.step=0.05', 'phases.free.steps=200');
      const free = values(frames, 'free');
      // What float32 rounds of a sum of a few dozen terms.
      const rounding = backend === 'wasm' ? 2e-6 : 1e-14;
      for (let t = 1; t < free.length; t++) expect(free[t]! - free[t - 1]!, `step ${t}`).toBeLessThanOrEqual(rounding);
      expect(free[0]! - free.at(-1)!).toBeGreaterThan(1e-2);
      const shown = exampleOf(frames, { populations: [], output: 'y' })!;
      expect(shown.energy!.time.length).toBe(200 + 2 * 20);
      expect(shown.phases.map(({ name, end }) => [name, end])).toEqual([['free', 200], ['plus', 220], ['minus', 240]]);
    }
  }); // prettier-ignore

  it('leaves training as it is, to the bit, and stands on the page of the run', async () => {
    const out = mkdtempSync(join(tmpdir(), 'settle-record-'));
    const learned = async (...set: string[]): Promise<unknown> => {
      const { model } = readModel('all-to-all', { set: ['data.train=100', 'data.test=20', 'learning.epochs=2', ...set] });
      return (await run({ model, out: set.length > 0 ? join(out, 'run') : null })).state.learned;
    };
    expect(await learned(asked)).toEqual(await learned());
    expect(readFileSync(join(out, 'run', 'report.html'), 'utf8')).toContain('id="energy"');
    rmSync(out, { recursive: true });
  }); // prettier-ignore

  it('stops at the free phase where nudged steps move weights, or where there are none', async () => {
    const set = ['learning.update=continual', 'learning.epochs=1', 'data.train=50'];
    expect((await recorded('all-to-all', ...set)).map(({ phase }) => phase)).toEqual(['free']);
    expect((await recorded('all-to-all', 'learning.rule=bptt')).map(({ phase }) => phase)).toEqual(['free']);
  });

  it.each([
    ['all-to-all', [], 'record=[{ variable: energy, population: h }]', /record\.0\.population: energy is of the whole network/],
    ['xor', [], asked, /record\.0\.variable: a spiking model has the energy of its mean field beside/],
    ['xor', [], 'record=[{ variable: spikes }]', /record\.0\.population: a required key is missing/],
    ['lecture-example-bidirectional', [], asked, /record\.0\.variable: a vector field has no energy to record: found .*->.*, expected .*<->/],
    ['all-to-all', [], 'record=[{ variable: energy }, { population: h, variable: trace }]', /record\.1\.variable: h has no such variable.*expected energy, without a population/],
    ['lecture-example', ['populations.s1.activation=u + sin(u) / 2'], asked, /populations\.s1\.activation/],
  ] as const)('of %s %j is refused in one sentence where there is none: %s', async (name, set, record, words) => {
    const read = async (): Promise<Frame[]> => recorded(name, ...set, record);
    const words1 = await read().then(() => 'nothing was refused', (error: unknown) => explain(error as SettleError));
    expect(words1).toMatch(words);
  }); // prettier-ignore
});
