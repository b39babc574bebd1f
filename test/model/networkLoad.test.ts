// What network models gained for other tools' files: currents in steps, thresholds to exceed or none, lists of many pairs.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { wiringOf } from '../../src/engine/network/wiring.ts';
import { loadNetwork } from '../../src/model/networkLoad.ts';
import { networkJsonSchema } from '../../src/model/networkSchema.ts';
import { bundledModels, readNetwork } from '../../src/model/read.node.ts';

const load = (populations: string, projections = '{}') =>
  loadNetwork(
    `settle: 1\nname: t\npopulations:\n${populations}\nprojections: ${projections}\nsimulation: {}\nengine: event\n`,
    { file: 't.yaml' },
  );

describe('a network model', () => {
  it('takes currents in steps, in order of time whatever the order of the file', () => {
    const { populations } = load('  a: { units: 2, kind: lif, current: [[1, 7 ms, 0], [0, 5 ms, 1], [1, 5 ms, 2.5]] }');
    expect(populations[0]!.current).toEqual([
      [0, 0.005, 1],
      [1, 0.005, 2.5],
      [1, 0.007, 0],
    ]);
  });

  it('refuses a current into a unit that is not there and into a source', () => {
    expect(() => load('  a: { units: 2, kind: lif, current: [[2, 5 ms, 1]] }')).toThrow(
      expect.objectContaining({ place: expect.objectContaining({ path: 'populations.a.current.0', found: '2' }) }),
    );
    expect(() => load('  a: { units: 2, kind: poisson, rate: 5 Hz, current: [[0, 5 ms, 1]] }')).toThrow(/no such key/);
  });

  it('may say that a threshold is to be exceeded, or that units never fire', () => {
    const { populations } = load(
      '  a: { units: 1, kind: lif, strict: true }\n  b: { units: 1, kind: lif, threshold: none }',
    );
    expect(populations.map(({ threshold, strict }) => [threshold, strict])).toEqual([
      [1, true],
      [Infinity, false],
    ]);
  });

  it('keeps the weights and delays of a list with their pairs', () => {
    const model = load(
      '  a: { units: 3, kind: lif }',
      '{ a->a: { connect: { kind: list, pairs: [[2, 0], [0, 1], [0, 0]] }, weight: [1, 2, 3], delay: [1 ms, 2 ms, 3 ms] } }',
    );
    const [wiring] = wiringOf(model, { wide: true });
    expect([...wiring!.rows]).toEqual([0, 2, 2, 3]);
    expect([...wiring!.targets]).toEqual([1, 0, 0]);
    expect([...wiring!.weights]).toEqual([2, 3, 1]);
    expect([...wiring!.delays]).toEqual([0.002, 0.003, 0.001]);
  });
});

describe('network models', () => {
  it('that come with settle load, and say where they are from', () => {
    const networks = bundledModels().flatMap((name) => readNetwork(name) ?? []);
    expect(networks.length).toBeGreaterThanOrEqual(3);
    for (const { model } of networks) expect(model.source).toMatch(/\d{4}/);
  });

  it('have a published JSON Schema that is not stale (node scripts/schema.mjs)', () => {
    const written = JSON.parse(readFileSync(new URL('../../schema/network.schema.json', import.meta.url), 'utf8')) as object; // prettier-ignore
    expect(written).toEqual(JSON.parse(JSON.stringify(networkJsonSchema())));
  });
});
