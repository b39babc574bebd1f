// A model written as text and loaded again is the same model.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isNetwork } from '../../src/model/network.ts';
import { loadNetwork } from '../../src/model/networkLoad.ts';
import { networkText } from '../../src/model/networkText.ts';

const models = new URL('../../models/', import.meta.url);
const bundled = readdirSync(models)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => [name, readFileSync(new URL(name, models), 'utf8')] as const)
  .filter(([, text]) => isNetwork(text));

const all = `
settle: 1
name: all
source: "a: b # c"
populations:
  p: { units: 3, kind: poisson, rate: 12.5 Hz }
  r: { units: 1, kind: regular, rate: 3 Hz }
  s: { units: 2, kind: spikes, spikes: [[1, 0.1 ms], [0, 6.1 ms], [0, 33 us]] }
  f: { units: 2, kind: spikes, file: a.csv }
  a:
    units: 2
    kind: lif
    membraneTimeConstant: 2.5 ms
    rest: 0.1
    threshold: 0.7000000000000001
    strict: true
    reset: { by: 0.3 }
    refractory: { duration: 0.3 ms, arrivals: keep }
    floor: -3
    cap: 9
    bias: [0.1, 1e-17]
    current: [[0, 6.1 ms, 0.30000000000000004]]
    initial: { distribution: normal, mean: 0, deviation: 0.2, high: 0.5 }
    drive: { rate: 1000 Hz, weight: 0.1, synapse: { kind: alpha, timeConstant: 3 ms } }
  b: { units: 2, kind: integrate-and-fire, threshold: none }
projections:
  p->a: { connect: { kind: fixed-probability, probability: 0.3 }, weight: { distribution: uniform, low: 0, high: 1 }, delay: { distribution: exponential, scale: 2 ms, low: 0 ms } }
  a->a: { connect: all-to-all, autapses: false, weight: { distribution: lognormal, mean: 1, deviation: 2 }, synapse: { timeConstant: 1.7 ms } }
  "a->b#second": { connect: { kind: list, pairs: [[1, 0], [0, 1]] }, weight: [0.1, 0.7], delay: [0.1 ms, 1.7 ms] }
  s->b: { connect: one-to-one, weight: -1, delay: 0.1 ms }
  p->b: { connect: { kind: fixed-in-degree, degree: 2, multapses: false }, weight: 1 }
  r->b: { connect: { kind: distance, probability: 0.5, scale: 0.2, shape: exponential }, weight: 1 }
simulation: { duration: 700 ms, discard: 50 ms, weights: float32 }
engine: event
seed: 7
`;

describe('the text of a network model', () => {
  it.each([
    ...bundled.filter(([, text]) => !/kind: equations/.test(text)),
    ['everything a model may say', all] as const,
  ])('%s', (name, text) => {
    const model = loadNetwork(text, { file: name });
    expect(loadNetwork(networkText(model), { file: 'again' })).toEqual(model);
  });

  it('is refused for equations, which have one', () => {
    const [name, text] = bundled.find(([, each]) => /kind: equations/.test(each))!;
    expect(() => networkText(loadNetwork(text, { file: name }))).toThrow(/equations are not written back/);
  });
});
