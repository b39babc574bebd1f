// A linear leak in the clocked engine: towards rest, never past it, and the rate that the mean field says.
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/model/load.ts';
import { simulate } from '../../src/run/simulate.node.ts';

const text = (leak: number, bias: number): string => `
settle: 1
name: leaky
data: { set: xor, batch: 4 }
populations:
  x: { units: 4, kind: input, encode: current }
  h: { units: 3, kind: integrate-and-fire, leak: ${leak}, activityTime: 10 ms, bias: { init: ${bias}, rate: 0 }, floor: -1 }
  y: { units: 2, kind: integrate-and-fire, activityTime: 10 ms }
projections: { x->h: { init: zero }, h<->y: { init: zero } }
cost: { on: y, text: 1/2 * (s - target)^2 }
phases: { free: { duration: 100 ms }, nudge: { duration: 40 ms, beta: 1 }, predict: { duration: 2000 ms, window: 1000 ms } }
learning: { epochs: 1 }
backend: reference
`;
const activityAt = async (leak: number, bias: number): Promise<number> => {
  const { model } = loadModel(text(leak, bias), { file: 'leaky.yaml' });
  const found = await simulate({ model, examples: 4 });
  return found!.populations.find(({ name }) => name === 'h')!.activity;
};

describe('integrate-and-fire with a linear leak', () => {
  it.each([
    [0, 0.4, 0.4],
    [30, 0.8, 0.5],
    [30, 0.25, 0],
    [20, 0.7, 0.5],
  ])('leak %d a second, current %d: activity %d', async (leak, bias, wanted) => {
    expect(await activityAt(leak, bias)).toBeCloseTo(wanted, 1);
  });
  it('is refused where it means nothing', () => {
    const refused = (from: string, to: string) => () => loadModel(text(30, 1).replace(from, to), { file: 'm.yaml' });
    expect(refused('kind: integrate-and-fire, leak', 'kind: lif, leak')).toThrow(
      'a linear leak is of integrate-and-fire',
    );
    expect(refused('leak: 30', 'leak: -3')).toThrow('a linear leak is of integrate-and-fire');
    expect(refused('backend: reference', 'spikeTimes: interpolated')).toThrow('no interpolated spike times');
  });
});
