// What a check of a large network leaves out: less as it gets smaller, the same each time, and said in words.
import { describe, expect, it } from 'vitest';
import { checkText } from '../../src/cli/checkText.ts';
import type { Equilibrium, Numbers } from '../../src/learn/equilibrium.ts';
import { betas } from '../../src/learn/gradientDescent.ts';
import type { Model } from '../../src/model/model.ts';
import { readModel } from '../../src/model/read.node.ts';
import { check } from '../../src/run/check.node.ts';
import { examplesFor, followedSynapses, settlingPlan } from '../../src/run/checkSample.ts';

const three = readModel('hopfield-3h-mnist', { set: [] }).model;
const names = ['x->h1', 'h1<->h2', 'h2<->h3', 'h3<->y'].map((name) => `${name}.weight`);
const gradient: Numbers = new Map(names.map((name, k) => [name, Float64Array.of(1, 2, 3 + k)]));

/** As much of a network as the plan looks at. */
function plan(steps: number, seed = 1, model: Model = three) {
  const strands = model.projections.map((projection) => ({ projection, clamped: projection.from === 'x' }));
  const settled = model.populations.filter(({ kind }) => kind === 'rate');
  const net = { model: { ...model, seed }, network: { strands, settled } } as unknown as Equilibrium;
  return settlingPlan(net, gradient, names, steps, 1);
}

describe('a check of a large network', () => {
  it('looks at everything while there is time, then along one direction, then in some layers at some betas', () => {
    const [whole, half, part] = [plan(50), plan(165), plan(400)];
    expect([...whole.ways.values()].map((ways) => ways.length)).toEqual([2, 2, 2, 2]);
    expect(whole.sampled).toEqual([]);
    expect([...half.ways.values()].map((ways) => ways.length)).toEqual([1, 1, 1]);
    expect(half).toMatchObject({ betas, sampled: [expect.stringMatching(/^finite differences in 3 of 4 layers .* along one random direction/)] }); // prettier-ignore
    expect([...part.ways.keys()].length).toBe(1);
    expect(part.betas).toEqual([1e-3, 1e-4]);
    expect(part.sampled[0]).toContain(`in 1 of 4 layers (${[...part.ways.keys()].join()})`);
    expect(part.sampled[1]).toBe('the limit at beta 0.001 and 0.0001 alone');
  });

  it('draws the layers from the seed: the same each time, others with another seed', () => {
    const chosen = (seed: number): string => [...plan(400, seed).ways.keys()].join();
    expect(chosen(1)).toBe(chosen(1));
    expect(new Set([1, 2, 3, 4, 5, 6, 7, 8].map(chosen)).size).toBeGreaterThan(1);
  });

  it('follows so many synapses of a layer, each at most once, spread over all of it', () => {
    expect(followedSynapses(new Map([['a', new Float64Array(20_000)]]), 1)).toBeNull();
    const found = followedSynapses(new Map([['a', new Float64Array(3)], ['b', new Float64Array(401_408)]]), 1)!; // prettier-ignore
    expect([...found.of.keys()]).toEqual(['b']);
    const chosen = found.of.get('b')!;
    expect(new Set(chosen).size).toBe(20_000);
    expect(chosen.every((k) => k >= 0 && k < 401_408)).toBe(true);
    expect(chosen.at(-1)).toBeGreaterThan(401_000);
    expect(found.sampled).toBe('updates over time in 20,000 synapses of b');
  });

  it('takes one example where a small network takes two, and a small one is looked at whole', async () => {
    const small = readModel('modern-hopfield', { set: [] }).model;
    expect([three, small, readModel('mnist', { set: [] }).model].map(examplesFor)).toEqual([1, 2, 20]);
    const { result } = await check({ model: small, examples: 1, threads: 1 });
    expect(result.sampled).toEqual([]);
    expect(result.gradients.every(({ finiteDifferenceError }) => finiteDifferenceError !== null)).toBe(true);
    expect(checkText(result)).not.toContain('sample');
    expect(checkText({ ...result, sampled: ['some of it'] })).toContain('a large network, so a sample: some of it\n');
  });
});
