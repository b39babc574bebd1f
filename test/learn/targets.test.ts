// Target propagation as the rest of the house sees it: what it refuses, keeps, counts, asks for and computes on wasm.
import { describe, expect, it } from 'vitest';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import type { Model } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';
import { rules } from '../../src/run/tables.ts';
import { angle, bench, chain, distance, network, type Net, normals, oneHot } from '../physics/feedForward.ts';

const cost = 'kind: cross-entropy';
const targets = (...set: string[]): string[] => set.map((entry) => `learning.targets.${entry}`);
const exact = targets('inverse=exact');

describe('a model that targets cannot come down is refused in one sentence', () => {
  const square: Net = { sizes: [7, 5, 5, 5], set: exact };
  const diamond = network(
    '  x: { units: 4, kind: input }\n  h: { units: 3, kind: rate }\n  g: { units: 3, kind: rate }\n  y: { units: 2, kind: readout }',
    '{ x->h: {}, x->g: {}, h->y: {}, g->y: {} }',
    '{ on: y, text: 1/2 * (s - target)^2 }',
    '{ rule: dtp }',
  );
  it.each<[string, string, Model, RegExp]>([
    ['two ways into a population', 'dtp', diamond, /its targets go down a chain of layers/],
    ['units left out', 'sdtp', chain({ set: ['populations.h1.dropout=0.5'] }), /decoders read whole layers/],
    ['an inverse of wide weights', 'tp', chain({ sizes: [7, 6, 5, 5], set: exact }), /h2 has no exact inverse: .*6 x 5 weights/], // prettier-ignore
    ['an inverse of a ramp', 'tp', chain({ ...square, activation: 'relu' }), /h2 has no exact inverse: .*relu\(u\), flat or falling at u = -8/], // prettier-ignore
    ['an inverse of a wave', 'dtp', chain({ ...square, activation: 'sin(u)' }), /h2 has no exact inverse/],
    ['an inverse of a softmax', 'tp', chain({ ...square, activation: 'tanh', cost, set: [...exact, ...targets('top=label')] }), /y has no exact inverse: .*softmax/], // prettier-ignore
    ['an inverse where decoders are the point', 'l-drl', chain(square), /it is a rule for training decoders/],
    ['a label in difference target propagation', 'dtp', chain({ set: targets('top=label') }), /another top target makes it another rule/], // prettier-ignore
    ['a gradient in the simplified form', 'sdtp', chain({ set: targets('top=gradient') }), /label, or rule: sdtp-g/],
    ['no auxiliary units', 'ao-sdtp', chain(), /it has no auxiliary output units/],
    ['no noise to learn from', 'drl', chain({ set: targets('noise=0') }), /its decoders learn from noise/],
  ])('%s', (_, rule, model, sentence) => {
    let caught: unknown;
    try {
      rules[rule]!().contribute(builder('refused'), model);
    } catch (error) {
      caught = error;
    }
    const { message, place } = caught as { message: string; place: Record<string, string> };
    expect(`${message}: found ${place['found']}, expected ${place['expected']}`).toMatch(sentence);
    expect(message).toContain(`the rule ${rule} cannot train this model`);
    expect(place).toMatchObject({ kind: 'input', path: expect.any(String) });
  });
});

const sizes = [9, 8, 7, 6, 5];
const trainable: readonly (readonly [rule: string, set: readonly string[]])[] = [
  ['tp', []],
  ['dtp', []],
  ['dtp', targets('loss=clean', 'schedule=parallel')],
  ['dtp', targets('schedule=alternating')],
  ['sdtp', targets('decoderSteps=3')],
  ['sdtp-g', targets('loss=difference')],
  ['ao-sdtp', targets('auxiliary=6')],
  ['drl', targets('decay=0.01')],
  ['l-drl', []],
];

describe('each rule', () => {
  it.each(trainable)('%s %s: three batches on wasm end where they end on the reference', async (rule, set) => {
    const more = ['learning.optimiser=adam', ...targets('optimiser=rmsprop-graves'), ...set];
    const model = chain({ sizes, cost, rate: 0.01, set: more });
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
      if (values.some((value) => value !== 0)) expect(distance(ends[1]!.get(name)!, values), name).toBeLessThan(1e-4);
  });

  it('leaves weights and decoders alone when it is probed', async () => {
    for (const [rule, set] of trainable) {
      const b = await bench(chain({ sizes, cost, set }), rule, 4);
      await b.feed(normals(36), oneHot(4, 5));
      const before = await b.learned();
      const layers = await b.probe();
      expect([...layers.keys()], rule).toEqual(['x->h1', 'h1->h2', 'h2->h3', 'h3->y']);
      expect(await b.learned(), rule).toEqual(before);
      const last = layers.get('h3->y')!;
      expect(angle(last.own, last.reference)).toBeLessThan(1e-5);
    }
  });

  it('keeps decoders and their optimiser among what checkpoints hold, and compares them with the weights', async () => {
    const set = targets('optimiser=adam', 'auxiliary=6');
    for (const [rule, decoders] of [['dtp', ['h2', 'h3']], ['ao-sdtp', ['h2', 'h3', 'y']]] as const) {
      const { recipe } = await bench(chain({ sizes, cost, set }), rule, 4);
      for (const name of decoders)
        expect(recipe.learned).toEqual(expect.arrayContaining([`${name}.decoder`, `${name}.decoderBias`, `${name}.decoder:square`])); // prettier-ignore
      expect(recipe.probe!.weights!.map(({ b }) => b)).toEqual(decoders.map((name) => `${name}.decoder`));
      expect(recipe.probe!.weights!.every(({ transposed }) => transposed)).toBe(true);
    }
  }); // prettier-ignore

  it('counts multiply-accumulates as the literature does', async () => {
    const [first, hidden, last] = [9 * 8, 8 * 7 + 7 * 6, 6 * 5];
    const all = first + hidden + last;
    const macs = async (rule: string, ...set: string[]): Promise<number> =>
      (await bench(chain({ sizes, cost, set: targets(...set) }), rule, 1)).recipe.macs!;
    expect(await macs('dtp', 'schedule=parallel')).toBe(2 * all + 5 * hidden + last);
    expect(await macs('dtp', 'schedule=batches')).toBe(2 * all + 5 * hidden + last);
    expect(await macs('dtp', 'schedule=alternating')).toBe(3 * all + 5 * hidden + last);
    expect(await macs('dtp', 'decoderSteps=4')).toBe(2 * all + 2 * hidden + 4 * 3 * hidden + last);
    expect(await macs('sdtp', 'schedule=parallel')).toBe(2 * all + 5 * (hidden + last));
    expect(await macs('tp', 'schedule=parallel')).toBe(2 * all + 4 * hidden + last);
  });

  it('alternates in passes over the data: decoders first, then weights', async () => {
    const { recipe } = await bench(chain({ sizes, cost, set: targets('schedule=alternating') }), 'dtp', 1);
    const slots = recipe.passes!.map((sequences) => sequences.flat().map(([slot]) => slot));
    expect(slots).toEqual([
      ['forward', 'decoders'],
      ['forward', 'targets', 'update'],
    ]);
    expect((await bench(chain({ sizes, cost }), 'dtp', 1)).recipe.passes).toBeUndefined();
  });

  it("says what it asks of hardware: a step in the last hidden layer needs the output's weights", async () => {
    const demands = async (rule: string, net: Net = {}) => (await bench(chain(net), rule, 1)).recipe.demands!;
    const symmetric: string[] = [];
    for (const [rule, set] of trainable) {
      const asked = await demands(rule, { set });
      if (asked.symmetricWeights) symmetric.push(rule);
      expect(asked).toMatchObject({ decoder: true, nonLocalSignals: false, secondCircuit: true });
    }
    expect([...new Set(symmetric)]).toEqual(['tp', 'dtp']);
    const inverse = await demands('tp', { sizes: [7, 5, 5, 5], set: exact });
    expect(inverse).toMatchObject({ decoder: false, nonLocalSignals: true, symmetricWeights: false });
  });
});

it('parallel decoders move after the targets are set, decoders in batches before', async () => {
  const first = async (schedule: string): Promise<Float64Array[]> => {
    const b = await bench(chain({ sizes, cost, set: targets(`schedule=${schedule}`, 'rate=0.5') }), 'dtp', 4);
    await b.feed(normals(36), oneHot(4, 5));
    await b.train();
    return [await b.read('h2.decoder'), await b.read('x->h1.weight'), await b.read('h3->y.weight')];
  };
  const [parallel, batches] = [await first('parallel'), await first('batches')];
  expect(parallel[0]).toEqual(batches[0]);
  expect(parallel[1]).not.toEqual(batches[1]);
  expect(parallel[2]).toEqual(batches[2]);
});

it('losses may be means over units: smaller by the number of units of the layer they compare', async () => {
  const change = async (rule: string, reduction: string) => {
    const b = await bench(chain({ sizes, cost, set: targets(`reduction=${reduction}`, 'rate=1', 'schedule=parallel') }), rule, 4);
    await b.feed(normals(36), oneHot(4, 5));
    const before = await b.learned();
    await b.train();
    const after = await b.learned();
    return (name: string): Float64Array => after.get(name)!.map((value, k) => value - before.get(name)![k]!);
  };
  for (const [rule, output] of [['dtp', 1], ['drl', 5]] as const) {
    const [sum, mean] = [await change(rule, 'sum'), await change(rule, 'mean')];
    for (const [name, units] of [['x->h1.weight', 8], ['h1->h2.weight', 7], ['h3.bias', 6], ['h2.decoder', 8], ['h3.decoderBias', 7], ['h3->y.weight', output]] as const)
      expect(distance(mean(name).map((value) => value * units), sum(name)), `${rule} ${name}`).toBeLessThan(1e-9);
  }
}); // prettier-ignore
