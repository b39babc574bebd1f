// Runs of `engine: event`: learned from a model file, stopped anywhere and gone on with, recorded, simulated and checked.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../src/frames/frame.ts';
import { readModel } from '../../src/model/read.node.ts';
import { check } from '../../src/run/check.node.ts';
import { runFiles } from '../../src/run/folder.node.ts';
import { run, type RunOptions } from '../../src/run/run.node.ts';
import { simulate } from '../../src/run/simulate.node.ts';

let work: string;
beforeEach(() => void (work = mkdtempSync(join(tmpdir(), 'settle-test-'))));
afterEach(() => rmSync(work, { recursive: true, force: true }));

const model = (name: string, ...set: string[]) => readModel(name, { set: ['engine=event', ...set] }).model;
const short = ['phases.free={ duration: 20 ms }', 'phases.nudge.duration=20 ms', 'phases.nudge.window=10 ms', 'phases.predict={ duration: 20 ms, window: 10 ms }', 'data.train=30', 'data.test=10', 'learning.epochs=2']; // prettier-ignore
const clamped = ['h', 'y'].map((name) => `populations.${name}.refractory.membrane=clamp`);
const after = (looks: number) => ({ get aborted() { return looks-- <= 0; } }); // prettier-ignore

describe('engine: event', () => {
  it('learns the exclusive or', async () => {
    const { result } = await run({
      model: model('xor', ...clamped, 'data.train=300', 'data.test=60', 'learning.epochs=4'),
    });
    expect(result).toMatchObject({ rule: 'ep', backend: 'wasm', epochs: 4 });
    expect(result!.testError).toBeLessThan(0.1);
    expect(result!.spikesPerExample).toBeGreaterThan(20);
    expect(result!.synapticEvents).toBeGreaterThan(result!.spikesPerExample!);
    expect(result!.health.find(({ name }) => name === 'examples not settled')!.value).toBe('0.0 %');
  });

  it('moves the weights of the bundled network as fine steps do', async () => {
    const learned = async (...set: string[]): Promise<number[]> => {
      const { state } = await run({
        model: model('xor', 'data.train=40', 'data.test=4', 'learning.epochs=1', ...set),
        threads: 1,
      });
      return [...state.learned.get('x->h.weight')!, ...state.learned.get('h<->y.weight')!];
    };
    const [start, exact, fine, coarse] = [
      await learned('learning.rates={ x->h: 1e-12, h<->y: 1e-12 }'),
      await learned(),
      await learned('engine=clocked', 'step=0.03125 ms'),
      await learned('engine=clocked'),
    ];
    const moved = (to: number[], from: number[]): number => Math.hypot(...to.map((value, k) => value - from[k]!));
    expect(moved(fine, exact)).toBeLessThan(0.1 * moved(exact, start));
    expect(moved(fine, exact)).toBeLessThan(moved(coarse, exact));
  });

  it('stopped anywhere and resumed ends with the same files, trace and figures', async () => {
    const options = { model: model('xor', ...short, ...clamped, 'record=[{ population: h, variable: membrane, examples: [0, 1] }, { population: h, variable: spikes, examples: [1] }]') }; // prettier-ignore
    const goOn = (out: string, more: Partial<RunOptions> = {}) => run({ ...options, out: join(work, out), ...more });
    const bytes = (folder: string, file: keyof typeof runFiles) => readFileSync(join(work, folder, runFiles[file]));
    const { result } = await goOn('whole');
    let kept = 0;
    for (const looks of [2, 9, 13, 17, 21, 26]) {
      const part = await goOn('part', { signal: after(looks) });
      expect(part.interrupted, `after ${looks}`).toBe(true);
      if (part.examples > 0 && part.examples < 60) kept++;
      const rest = await goOn('part', { resume: true });
      for (const file of ['checkpoint', 'metrics', 'trace'] as const) expect(bytes('part', file).equals(bytes('whole', file)), `${file} after ${looks}`).toBe(true); // prettier-ignore
      const { testError, spikesPerExample, synapticEvents } = rest.result!;
      expect(result).toMatchObject({ testError, spikesPerExample, synapticEvents });
      rmSync(join(work, 'part'), { recursive: true });
    }
    expect(kept).toBeGreaterThan(1);
  });

  it('the number of threads changes no bit', async () => {
    const [one, two] = [await run({ model: model('xor', ...short, ...clamped), threads: 1 }), await run({ model: model('xor', ...short, ...clamped), threads: 2 })]; // prettier-ignore
    expect(one.state.learned).toEqual(two.state.learned);
  });

  it('is recorded in steps: the spikes, potentials and traces at the end of each', async () => {
    const spec = ['spikes', 'trace', 'membrane'].map((variable) => `{ population: h, variable: ${variable}, phases: [free, plus] }`); // prettier-ignore
    const found: Frame[] = [];
    const recorded = model('moons', ...clamped, 'step=0.5 ms', 'data.test=5', `record=[${spec.join(', ')}]`, 'populations.h.bias={ init: 0.4 }'); // prettier-ignore
    const seen = await simulate({ model: recorded, threads: 1, examples: 5, emit: async (frame) => void found.push(frame) }); // prettier-ignore
    expect(seen!.populations[0]!.spikesPerExample).toBeGreaterThan(20);
    const of = (name: string): Frame => found.find(({ columns, phase }) => phase === 'free' && columns[name])!;
    const [spikes, traces, membrane] = [of('h.spikes.unit'), of('h.trace'), of('h.membrane')];
    expect([spikes.t0, spikes.t1]).toEqual([0, 120]);
    const [time, unit] = ['time', 'unit'].map((key) => [...spikes.columns[`h.spikes.${key}`]!.data].map(Number)) as [number[], number[]]; // prettier-ignore
    const units = traces.columns['h.trace']!.shape[1]!;
    expect(time.length).toBeGreaterThan(50);
    const s = traces.columns['h.trace']!.data;
    // A spike raises the trace by activityTime / its time constant, 2 / 10, less what is lost within the step; else it decays.
    for (let step = 1; step < 120; step++)
      for (let n = 0; n < units; n++) {
        const risen = Number(s[step * units + n]) - Number(s[(step - 1) * units + n]) * Math.exp(-0.05);
        const fired = time.some((at, k) => at === step && unit[k] === n);
        if (fired) expect(risen > 0.2 * Math.exp(-0.05) - 1e-6 && risen < 0.2 + 1e-6, `unit ${n}, step ${step}`).toBe(true);
        else expect(Math.abs(risen), `unit ${n}, step ${step}`).toBeLessThan(1e-6);
      } // prettier-ignore
    for (const value of membrane.columns['h.membrane']!.data) expect(value >= 0 && value <= 1).toBe(true);
  });

  it('is checked against the mean field as the clocked engine is', async () => {
    const cosines = async (...set: string[]) => (await check({ model: model('eqspike-mnist', ...set, 'data.set=bars', 'populations.x.units=16', 'populations.h.units=20', 'populations.y.units=8'), examples: 4 })).result.gradients.map(({ cosine }) => cosine!); // prettier-ignore
    const [events, fine] = [await cosines(), await cosines('engine=clocked', 'step=0.125 ms')];
    expect(events.length).toBe(4);
    events.forEach((cosine, k) => expect(Math.abs(cosine - fine[k]!)).toBeLessThan(0.05));
    expect(Math.max(...events)).toBeGreaterThan(0.7);
  });

  it('reads out a network that was trained as its mean field', async () => {
    const { result } = await run({ model: model('moons', ...clamped, 'learning.rule=bptt', 'data.train=100', 'data.test=40', 'learning.epochs=2') }); // prettier-ignore
    expect(result).toMatchObject({ rule: 'bptt', epochs: 2 });
    expect(result!.testSpikesPerExample).toBeGreaterThan(5);
  });
});
