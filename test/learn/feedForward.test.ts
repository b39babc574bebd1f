// Rules on feed-forward networks as the rest of the house sees them: what they refuse, keep, count, ask for and compute on wasm.
import { describe, expect, it } from 'vitest';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import type { Model } from '../../src/model/model.ts';
import { readModel } from '../../src/model/read.node.ts';
import { builder } from '../../src/program/builder.ts';
import { rules } from '../../src/run/tables.ts';
import { bench, chain, distance, network, normals, oneHot } from '../physics/feedForward.ts';

const names = [
  'bp', 'fa', 'dfa', 'ifa', 'ifa-random', 'sign-symmetric', 'frsf', 'brsf', 'kolen-pollack', 'weight-mirror', 'drtp', 'sdfa', 'shallow',
]; // prettier-ignore
const withFeedback = ['fa', 'dfa', 'ifa', 'ifa-random', 'frsf', 'kolen-pollack', 'weight-mirror', 'drtp', 'sdfa'];

describe('a model that no error can be carried through is refused in one sentence', () => {
  const populations = (h: string): string =>
    `  x: { units: 4, kind: input }\n  h: { units: 3, ${h} }\n  g: { units: 3, kind: rate }\n  y: { units: 2, kind: readout }`;
  const of = (h: string, projections: string): Model =>
    network(populations(h), projections, '{ on: y, text: 1/2 * (s - target)^2 }', '{ rule: bp }');
  const plain = 'kind: rate';
  it.each<[string, Model, RegExp]>([
    ['spikes', readModel('xor').model, /^the rule bp cannot train this model: a spike has no derivative$/],
    ['a cycle', of(plain, '{ x->h: {}, h->g: {}, g->h: {}, g->y: {} }'), /its projections form a cycle/],
    ['a population before nothing', of(plain, '{ x->h: {}, h->y: {}, h->g: {} }'), /nothing of g reaches the cost/],
    ['a population behind nothing', of(plain, '{ x->h: {}, h->y: {}, g->y: {} }'), /nothing projects to g/],
    ['an energy', of('kind: rate, energy: 1/2 * (s - tanh(input + b))^2', '{ x->h: {}, h->g: {}, g->y: {} }'), /it runs activations, not energies/], // prettier-ignore
    ['features', of(plain, '{ x->h: {}, h->g: { features: s^2 }, g->y: {} }'), /a feed-forward pass sends states only/],
    ['an output in the middle', of(plain, '{ x->h: {}, h->y: {}, y->g: {} }'), /cannot train this model/],
    ['no cost', { ...chain(), cost: null }, /it has no cost/],
  ])('%s', (_, model, sentence) => {
    for (const rule of ['bp', 'dfa', 'shallow'])
      expect(() => rules[rule]!().contribute(builder('refused'), model)).toThrow(
        expect.objectContaining({
          message: expect.stringMatching(RegExp(sentence.source.replace('the rule bp', `the rule ${rule}`))),
          place: expect.objectContaining({ kind: 'input', path: expect.any(String), expected: expect.any(String) }),
        }),
      );
  });
});

describe('each rule', () => {
  const cost = 'kind: cross-entropy';
  const set = ['learning.feedback.decay=0.01', 'learning.optimiser=adam', 'populations.h1.dropout=0.2'];

  it.each(names)('%s: three batches on wasm end where they end on the reference', async (rule) => {
    const model = chain({ sizes: [9, 8, 7, 5], cost, rate: 0.01, set: rule === 'drtp' ? set.slice(2) : set });
    const ends = await Promise.all(
      [undefined, wasm()].map(async (backend) => {
        const b = await bench(model, rule, 6, { ...(backend && { backend }), seed: 3 });
        for (let k = 0; k < 3; k++) {
          await b.feed(normals(54, k), oneHot(6, 5), k);
          await b.train();
        }
        const learned = await b.learned();
        await b.machine.close();
        return learned;
      }),
    );
    expect([...ends[0]!.keys()]).toEqual([...ends[1]!.keys()]);
    for (const [name, values] of ends[0]!)
      if (values.some((value) => value !== 0)) expect(distance(ends[1]!.get(name)!, values), name).toBeLessThan(2e-5);
  });

  it('leaves weights alone when it is probed, and names every learned projection', async () => {
    for (const rule of names) {
      const b = await bench(chain({ cost }), rule, 4);
      await b.feed(normals(28), oneHot(4, 4));
      const before = await b.learned();
      const layers = [...(await b.probe()).keys()];
      expect(layers, rule).toEqual(rule === 'shallow' ? ['h2->y'] : ['x->h1', 'h1->h2', 'h2->y']);
      expect(await b.learned(), rule).toEqual(before);
      const last = (await b.probe()).get('h2->y')!;
      expect(last.own, rule).toEqual(last.reference);
    }
  });

  it('keeps its feedback among what checkpoints hold', async () => {
    for (const rule of names) {
      const { recipe } = await bench(chain({ cost }), rule, 4);
      const kept = recipe.learned.filter((name) => /feedback|magnitude/.test(name));
      expect(kept.length > 0, rule).toBe(withFeedback.includes(rule));
      const initial = recipe.initial(1);
      for (const name of kept) expect(initial.get(name)!.some((value) => value !== 0)).toBe(true);
    }
  });

  it('counts multiply-accumulates as the literature does', async () => {
    const [first, hidden, last] = [9 * 8, 8 * 7, 7 * 5];
    const all = first + hidden + last;
    const macs = async (rule: string): Promise<number> =>
      (await bench(chain({ sizes: [9, 8, 7, 5], cost }), rule, 1)).recipe.macs!;
    expect(await macs('bp')).toBe(2 * first + 3 * (hidden + last));
    for (const rule of ['fa', 'sign-symmetric']) expect(await macs(rule)).toBe(await macs('bp'));
    expect(await macs('dfa')).toBe(2 * all + 5 * (8 + 7));
    expect(await macs('ifa')).toBe(2 * all + 5 * 8 + hidden);
    expect(await macs('kolen-pollack')).toBe(2 * first + 4 * (hidden + last));
    expect(await macs('weight-mirror')).toBe(2 * first + 5 * (hidden + last));
    expect(await macs('shallow')).toBe(all + last);
  });

  it('says what it asks of hardware: only BP and sign symmetry need the weights on the way back', async () => {
    const symmetric: string[] = [];
    for (const rule of names) {
      const { demands } = (await bench(chain(), rule, 1)).recipe;
      if (demands!.symmetricWeights) symmetric.push(rule);
      expect(demands!.decoder).toBe(false);
    }
    expect(symmetric).toEqual(['bp', 'sign-symmetric', 'frsf', 'brsf']);
  });
});

it('a projection with rate 0 is not learned, probed or counted among updates', async () => {
  const b = await bench(chain({ set: ['learning.rates.h1-h2=0'] }), 'bp', 2);
  await b.feed(normals(14), normals(8));
  const frozen = await b.read('h1->h2.weight');
  await b.train();
  expect(await b.read('h1->h2.weight')).toEqual(frozen);
  expect(b.recipe.learned).not.toContain('h1->h2.weight');
  expect([...(await b.probe()).keys()]).toEqual(['x->h1', 'h2->y']);
});
