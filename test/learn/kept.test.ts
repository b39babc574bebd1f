// States that training examples keep from epoch to epoch: where free phases begin, what a checkpoint holds, what is refused.
import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference.ts';
import { loadDataSet } from '../../src/data/load.node.ts';
import { decodeCheckpoint } from '../../src/frames/checkpoint.ts';
import { checkKept, keptLimit } from '../../src/learn/kept.ts';
import { train, type TrainOptions, type TrainResult, type TrainState } from '../../src/learn/trainer.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/model.ts';
import { encodeState } from '../../src/run/state.ts';
import { openBench, run } from '../../src/run/run.node.ts';

/** The continuous Hopfield network of models/hopfield-mnist.yaml on bars. */
function hopfield(...set: string[]): Model {
  const energy = '1/2 * s^2 - rho(s) * (input + b)';
  const text = `
settle: 1
name: hopfield-bars
data: { set: bars, train: 200, test: 100, batch: 10 }
populations:
  x: { units: 16, kind: input }
  h: { units: 24, kind: rate, energy: "${energy}", range: [0, 1] }
  y: { units: 8, kind: rate, energy: "${energy}", range: [0, 1] }
projections: { x->h: { features: rho(s) }, h<->y: { features: rho(s) } }
cost: { on: y, text: (s - target)^2 }
dynamics: { kind: flow, step: 0.5 }
phases: { free: { steps: 20, start: kept }, nudge: { steps: 4, beta: 0.5, estimator: random-sign } }
learning: { rule: ep, rates: { x->h: 0.1, h<->y: 0.05 }, epochs: 2 }
`;
  return loadModel(text, { file: 'hopfield-bars.yaml', set }).model;
}

const still = ['learning.rates.x-h=0', 'learning.rates.h-y=0', 'populations.h.bias.rate=0', 'populations.y.bias.rate=0', 'phases.free.steps=5']; // prettier-ignore

describe('states kept from epoch to epoch', () => {
  it('let the second epoch begin where the first ended: two of 5 steps are one of 10, and reading out begins at rest', async () => {
    const bench = await openBench({ model: hopfield(...still), backend: reference });
    const states: TrainState[] = [];
    const copied = (state: TrainState): TrainState => ({
      ...state,
      kept: new Map([...state.kept!].map(([name, values]) => [name, values.slice()])),
    });
    await train({ ...bench, seed: 1, epochs: 2, onCheckpoint: async (state) => void states.push(copied(state)) });
    const long = await openBench({ model: hopfield(...still, 'phases.free.steps=10'), backend: reference });
    const { state: ten } = await train({ ...long, seed: 1, epochs: 1 });
    const [first, second] = states as [TrainState, TrainState];
    for (const [name, values] of second.kept!) {
      expect(values.length, name).toBe(200 * (name === 'h.free' ? 24 : 8));
      const gap = (other: Float32Array): number => Math.max(...values.map((value, k) => Math.abs(value - other[k]!)));
      expect(gap(first.kept!.get(name)!), `${name} moves on`).toBeGreaterThan(1e-3);
      expect(gap(ten.kept!.get(name)!), `${name} after 5 + 5 steps`).toBeLessThan(1e-6);
    }
    // Weights stand still, so read-outs from rest do not change.
    const rest = await openBench({ model: hopfield(...still, 'phases.free.start=rest'), backend: reference });
    const read = async (of: typeof rest, epochs: number): Promise<TrainResult['last']> => (await train({ ...of, seed: 1, epochs })).last;
    const [kept, fresh] = [await read(bench, 2), await read(rest, 2)];
    expect(kept!.test.activities).toEqual(fresh!.test.activities);
    for (const { machine } of [bench, long, rest]) await machine.close();
  }); // prettier-ignore

  it.each([7, 25])('a run stopped after %i batches and read from its checkpoint goes on to the same bits', async (stopAfter) => {
    const trained = async (more: Partial<TrainOptions>): Promise<TrainResult> => {
      const bench = await openBench({ model: hopfield() });
      const result = await train({ ...bench, seed: 1, epochs: 2, ...more });
      await bench.machine.close();
      return result;
    };
    const whole = await trained({});
    let batches = 0;
    const signal = { aborted: false };
    const between = (count: number): undefined => {
      if (count > 0 && ++batches === stopAfter) signal.aborted = true;
    };
    const { state } = await trained({ signal, between });
    const bytes = encodeState(state, {}, {}, (name) => [state.learned.get(name)!.length]);
    const { learned, kept } = decodeCheckpoint(bytes, 'checkpoint.settle');
    const from: TrainState = {
      ...state,
      learned: new Map(Object.entries(learned).map(([name, { data }]) => [name, data as Float32Array])),
      kept: new Map(Object.entries(kept!).map(([name, { data }]) => [name, data as Float32Array])),
    };
    expect((await trained({ from })).state).toEqual(whole.state);
    // What is kept matters: without it the second epoch begins at rest.
    if (stopAfter > 20) expect((await trained({ from: { ...from, kept: undefined } })).state).not.toEqual(whole.state);
  }); // prettier-ignore

  it('a Hopfield network learns with the 20 free and 4 nudged steps of the paper', async () => {
    const { result } = await run({ model: hopfield('learning.epochs=15') });
    console.log(`hopfield on bars, states kept: ${(100 * result!.testError).toFixed(1)} % test error`);
    expect(result!.testError).toBeLessThan(0.05);
  });

  it('are refused in one sentence where they do not fit, and in spiking models', async () => {
    const recipe = { kept: { states: [{ from: 'h.free', into: 'h.s', units: 1024 }], train: [] } };
    const most = keptLimit / 4096;
    expect(() => checkKept(recipe, most)).not.toThrow();
    expect(() => checkKept(recipe, most + 1)).toThrow(/too many to keep/);
    const model = hopfield('populations.h.units=2000000', 'populations.x.units=16');
    const data = loadDataSet(model.data);
    await expect(openBench({ model, data })).rejects.toMatchObject({ place: { path: 'phases.free.start', found: expect.stringContaining('1526 MiB') } }); // prettier-ignore
    const spiking = 'settle: 1\nname: a\ndata: { set: xor }\npopulations: { x: { units: 4, kind: input }, y: { units: 2, kind: lif } }\nprojections: { x->y: {} }\nphases: { free: { duration: 20 ms, start: kept }, nudge: { duration: 20 ms, beta: 1 } }\n'; // prettier-ignore
    expect(() => loadModel(spiking, { file: 'a.yaml' })).toThrow(/starts every example afresh/);
  });
});
