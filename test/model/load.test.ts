// Model files: defaults, overrides, the resolved text, the published schema, and what is refused, with its place.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { explain, SettleError } from '../../src/errors.ts';
import { loadModel } from '../../src/model/load.ts';
import { bundledModels as allModels, readModel, readNetwork } from '../../src/model/read.node.ts';
import { jsonSchema } from '../../src/model/schema.ts';

/** Those that learn. */
const bundledModels = (): string[] => allModels().filter((name) => !readNetwork(name));

const plain = `settle: 1
name: small
data: { set: xor }
populations:
  x: { units: 4, kind: input }
  h: { units: 8, kind: lif, refractory: { duration: 2 ms } }
  y: { units: 2, kind: lif }
projections:
  x->h: {}
  h<->y: {}
cost: { on: y, text: 1/2 * (s - target)^2 }
phases:
  free: { duration: 60 ms }
  nudge: { duration: 80 ms, beta: 0.5 }
`;

/** Every path below the top with its value, down to what is no map or list, or to where `stop` says so. */
function pathsOf(value: unknown, stop: (value: unknown) => boolean = () => false, at = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0 || stop(value))
    return [[at, value]];
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, stop, at === '' ? key : `${at}.${key}`));
}

function refused(set: readonly string[], text = plain): string {
  try {
    loadModel(text, { file: 'small.yaml', set });
  } catch (error) {
    if (error instanceof SettleError) return explain(error);
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a model file', () => {
  it('gets a default for what it leaves out, in SI units', () => {
    const { model } = loadModel(plain, { file: 'small.yaml' });
    const [, h] = model.populations;
    expect(h).toMatchObject({
      membraneTimeConstant: 0.01, threshold: 1, reset: { mode: 'to', value: 0 }, refractory: { duration: 0.002, membrane: 'clamp', arrivals: 'keep' },
      floor: -Infinity, cap: Infinity, initial: { low: 0, high: 1 }, traceTimeConstant: 0.01, slowTraceTimeConstant: 0.02, activityTime: 0.01,
      bias: { init: 0, spread: 0, rate: 0.1 },
    }); // prettier-ignore
    expect(model.phases).toEqual({
      free: { duration: 0.06, window: 0.02, tolerance: 0, start: 'rest' }, nudge: { points: 0, duration: 0.08, window: 0.04, beta: 0.5, estimator: 'symmetric' },
      predict: { duration: 0.1, window: 0.04 }, restart: 'copy', relaxDuration: 0.06,
    }); // prettier-ignore
    expect(model).toMatchObject({ engine: 'clocked', step: 0.001, spikeTimes: 'grid', backend: 'wasm', seed: 1, data: { batch: 20, validation: 0, train: null } }); // prettier-ignore
    expect(model.learning).toMatchObject({
      rule: 'ep',
      update: 'contrast',
      rates: { 'x->h': 0.1, 'h<->y': 0.1 },
      epochs: 1,
      momentum: 0,
    });
  });

  it('resolved with its defaults loads to the same model, every bundled one too', () => {
    const texts = [plain, ...bundledModels().map((name) => readFileSync(readModel(name).file, 'utf8'))];
    expect(texts.length).toBeGreaterThan(6);
    for (const text of texts) {
      const first = loadModel(text, { file: 'a.yaml' });
      const again = loadModel(first.resolvedYaml, { file: 'b.yaml' });
      expect(again.model).toEqual(first.model);
      expect(again.resolvedYaml).toBe(first.resolvedYaml);
    }
  });

  it('is reached everywhere by overrides, x-h standing for x->h', () => {
    const set = ['populations.h.units=16', 'projections.h-y.init.gain=0.5', 'learning.rates.x-h=0.3', 'phases.free.duration=40 ms', 'step=2 ms', 'populations.x.encode.kind=poisson']; // prettier-ignore
    const { model } = loadModel(plain, { file: 'small.yaml', set });
    expect(model.populations[1]!.units).toBe(16);
    expect(model.populations[0]!.encode).toEqual({ kind: 'poisson', rate: 200 });
    expect(model.projections[1]!.init).toEqual({ scheme: 'glorot', gain: 0.5 });
    expect(model.learning.rates).toEqual({ 'x->h': 0.3, 'h<->y': 0.1 });
    expect([model.step, model.phases.free.duration]).toEqual([0.002, 0.04]);
  });

  it('is reached at every path of the resolved model, list members by number', () => {
    const rich = `${plain}record:\n  - { population: h, variable: membrane, units: [0, 3], examples: [0, 2] }\n`;
    // One model of each sort: spiking, feed-forward with decoders, settling with several features.
    const names = ['mnist', 'lee-mnist', 'resistive'];
    const texts = [rich, ...names.map((name) => readFileSync(readModel(name).file, 'utf8'))];
    for (const text of texts) {
      const { model, resolvedYaml } = loadModel(text, { file: 'a.yaml' });
      const reached = (file: string, [path, value]: [string, unknown]): void => {
        const set = [`${path}=${JSON.stringify(value)}`];
        expect(loadModel(file, { file: 'a.yaml', set }).model, set[0]).toEqual(model);
      };
      const whole = pathsOf(parse(resolvedYaml), Array.isArray);
      expect(whole.length).toBeGreaterThan(60);
      for (const each of whole) reached(text, each);
      // A list that the file leaves out has no members to be set one by one.
      for (const each of pathsOf(parse(resolvedYaml))) reached(resolvedYaml, each);
    }
    const set = ['record.0.units.1=5', 'record.0.interval=4 ms', 'populations.h.initial.1=0.5'];
    const resolved = loadModel(rich, { file: 'a.yaml' }).resolvedYaml;
    const { model } = loadModel(resolved, { file: 'a.yaml', set });
    expect(model.record[0]).toMatchObject({ units: [0, 5], interval: 0.004 });
    expect(model.populations[1]!.initial).toEqual({ low: 0, high: 0.5 });
  });

  it('takes overrides in order, one inside what another gave', () => {
    const set = ['populations.h={ units: 3, kind: lif }', 'populations.h.units=5'];
    expect(loadModel(plain, { file: 'a.yaml', set }).model.populations[1]!.units).toBe(5);
  });

  it('may share parts by & and *; an override of one leaves the others', () => {
    const shared = plain
      .replace('h: { units: 8, kind: lif, refractory: { duration: 2 ms } }', 'h: &cell { units: 2, kind: lif }')
      .replace('y: { units: 2, kind: lif }', 'y: *cell');
    const { model } = loadModel(shared, { file: 'a.yaml', set: ['populations.y.threshold=2'] });
    expect(model.populations.map(({ threshold }) => threshold)).toEqual([1, 1, 2]);
  });

  it('may be in volts throughout, what it leaves out following from its rest and threshold', () => {
    const volts = 'kind: lif, rest: -65 mV, threshold: -50 mV, resistance: 0.015';
    const text = plain.replaceAll('kind: lif', volts);
    const first = loadModel(text, { file: 'volts.yaml' });
    expect(first.model.populations[1]).toMatchObject({
      rest: -0.065, threshold: -0.05, reset: { mode: 'to', value: -0.065 }, initial: { low: -0.065, high: -0.05 },
    }); // prettier-ignore
    expect(loadModel(first.resolvedYaml, { file: 'again.yaml' }).model).toEqual(first.model);
    expect(refused(['populations.h.floor=-1'], text)).toMatch(
      /populations\.h\.floor: potentials with and without units are mixed: found "-1", expected like populations\.h\.threshold: volts/,
    );
    expect(refused(['populations.y={ units: 2, kind: lif }'], text)).toMatch(
      /populations\.y\.threshold: a model in volts has no default threshold/,
    );
  });

  it('may write the names of projections with blanks, in rates too', () => {
    const text = plain.replace('x->h: {}', '"x -> h": {}') + 'learning: { rates: { "x -> h": 0.3, "h<-> y": 0.2 } }\n';
    const { model } = loadModel(text, { file: 'a.yaml', set: ['projections.x-h.delay=3 ms'] });
    expect(model.learning.rates).toEqual({ 'x->h': 0.3, 'h<->y': 0.2 });
    expect(model.projections.map(({ name, delay }) => [name, delay])).toEqual([
      ['x->h', 0.003],
      ['h<->y', 0],
    ]);
    expect(refused(['learning.rates.x->h=1'], `${text}`.replace('"h<-> y": 0.2', '"x ->h": 0.2'))).toMatch(
      /two rates of one projection/,
    );
  });

  it('may use aliases, a hundred at most', () => {
    const many = (count: number): string =>
      plain.replace(
        'populations:',
        `record: [&r { population: h, variable: spikes }${', *r'.repeat(count)}]\npopulations:`,
      );
    expect(loadModel(many(90), { file: 'a.yaml' }).model.record.length).toBe(91);
    expect(refused([], many(101))).toMatch(/too many aliases/);
  });

  it('is found by path or by the name of a bundled one; another name lists them', () => {
    expect(readModel('mnist').file).toMatch(/models.mnist\.yaml$/);
    for (const name of ['mnits', 'mnist.yaml'])
      expect(() => readModel(name)).toThrow(
        expect.objectContaining({
          place: expect.objectContaining({
            hint: 'did you mean "mnist"?',
            expected: expect.stringMatching(/mnist, .*moons, .*two-hidden-mnist, .*xor/),
          }),
        }),
      );
  });

  it('has a published JSON Schema that is not stale (node scripts/schema.mjs)', () => {
    const published: unknown = JSON.parse(
      readFileSync(new URL('../../schema/model.schema.json', import.meta.url), 'utf8'),
    );
    expect(published).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
  });
});

describe('a model file is refused', () => {
  it.each([
    ['populations.h.unitz=3', /populations\.h\.unitz: unknown key: found "unitz".*did you mean "units"/],
    ['populations.h.kind=liff', /populations\.h\.kind: wrong value: found "liff".*lif/],
    ['populations.h.units=2.5', /populations\.h\.units.*2\.5/],
    ['populations.h.units=0', /small\.yaml:6:.*populations\.h\.units: impossible number of units: found 0/],
    ['populations.h.units=-4', /populations\.h\.units/],
    ['populations.h.units=99999999', /weights do not fit into memory|impossible/],
    ['populations.h.membraneTimeConstant=10 mV', /membraneTimeConstant: wrong unit: found "10 mV"/],
    ['populations.h.membraneTimeConstant=10', /membraneTimeConstant/],
    ['populations.h.membraneTimeConstant=0 ms', /membraneTimeConstant: a time must be above 0/],
    ['populations.h.refractory.duration=-1 ms', /refractory\.duration: a time may not be negative/],
    ['populations.h.refractory.duration=1.5 ms', /refractory\.duration: not a whole number of steps/],
    ['populations.h.threshold=0', /populations\.h\.reset: the reset does not take the potential below threshold/],
    ['populations.h.floor=2', /populations\.h\.floor: the floor is above/],
    ['populations.h.threshold=-50 mV', /potentials with and without units are mixed|reset/],
    ['populations.h.resistance=-1', /resistance must be above 0/],
    ['populations.x.encode.rate=-3', /encode/],
    ['projections.x->q={}', /projections\.x->q: unknown population: found "q"/],
    ['projections.h->x={}', /a projection into an input population/],
    ['projections.y->h={}', /two projections between the same populations/],
    ['projections.hello={}', /not a projection/],
    ['learning.rates.q=1', /learning\.rates\.q: a rate of no projection/],
    ['learning.rates.x->h=-1', /a negative rate/],
    ['learning.epochs=0', /learning\.epochs: out of range: found 0/],
    ['learning.epochs=1e9', /learning\.epochs: out of range/],
    ['learning.momentum=1.5', /learning\.momentum: out of range/],
    ['cost.on=q', /cost\.on: unknown population: found "q"/],
    ['cost.on=x', /cost is on an input population/],
    ['cost.text=s - targt', /cost\.text: unknown name at column 5: found targt.*did you mean target/],
    ["cost.text=import('x')", /cost\.text: unknown function at column 1: found import/],
    ['phases.nudge.beta=0', /phases\.nudge\.beta: the nudging strength must be above 0/],
    ['phases.nudge.beta=-1', /phases\.nudge\.beta/],
    ['phases.nudge.beta=.nan', /phases\.nudge\.beta/],
    ['phases.nudge.window=100 ms', /the window is longer than its phase/],
    [
      'phases.free.duration=60.3 ms',
      /phases\.free\.duration: not a whole number of steps: found 60\.3 ms, expected a multiple of 1 ms/,
    ],
    ['phases.nudge.estimator=both', /estimator.*one-sided/],
    ['data.set=mnits', /data\.set: unknown data set.*did you mean "mnist"/],
    ['data.set=csv', /data\.path: the data set needs a path/],
    ['data.batch=0', /data\.batch: impossible batch: found 0/],
    ['data.train=10', /the batch is larger than the training set/],
    ['data.set=mnist', /populations\.x\.units: the input does not fit the data: found 4, expected 784/],
    ['step=0 ms', /step: a time must be above 0/],
    ['seed=-1', /seed: out of range/],
    ['engine=quantum', /engine/],
    ['record=[{ population: q, variable: spikes }]', /record\.0\.population: unknown population/],
    ['record=[{ population: y, variable: spikes, units: [7] }]', /no such unit: found 7, expected 0 to 1/],
    [
      'record=[{ population: y, variable: spikes, examples: [-1] }]',
      /record\.0\.examples: no such test example: found -1/,
    ],
    [
      'record=[{ population: y, variable: membrane, interval: 1.5 ms }]',
      /record\.0\.interval: not a whole number of steps/,
    ],
    ['name=a/b', /not a name/],
    [
      'populations.h.threshold=.nan',
      /threshold: wrong value: found NaN, expected a finite number, or text such as "-65 mV"/,
    ],
    ['populations.h.bias.init=.inf', /bias\.init: wrong value: found Infinity, expected a finite number/],
    ['populations.h.traceTimeConstant=10', /traceTimeConstant: wrong value: found 10, expected a time such as "10 ms"/],
    ['populations.h.reset={ to: 0, by: 1 }', /reset: wrong value: .*expected { to: POTENTIAL } or { by: POTENTIAL }/],
    ['populations.h.initial=[1, 0]', /initial: the potentials at the start run downwards/],
    ['populations.h={ units: 8, kind: lif, floor: 0, cap: -1 }', /cap: the cap is below the floor/],
    ['populations.x.encode=poison', /encode: wrong value: found "poison", expected current or poisson or regular/],
    ['populations.__proto__.units=3', /not a key: found "__proto__"/],
    ['projections.x-h.init=xavier', /projections\.x->h\.init: wrong value: found "xavier", expected glorot or/],
    ['projections.x-h.init.gain=-1', /init\.gain: a negative gain/],
    ['cost.text=target', /cost\.text: the cost does not change with the activity/],
    ['cost.text=logsumexp(s)', /cost\.text: the derivative of logsumexp/],
    ['phases.free.duration=1e9 s', /phases\.free\.duration: too many steps/],
    ['phases.relaxDuration=1.5 ms', /phases\.relaxDuration: not a whole number of steps/],
    ['phases.fre.duration=60 ms', /phases\.fre: unknown key: found "fre".*did you mean "free"/],
    ['data={ set: xor, train: 40, validation: 40 }', /data\.validation: no example is left to train on/],
    ['seed=1e300', /seed: wrong value: found 1e\+300/],
    ['populations.h.units.deep=3', /holds a value/],
    ['name=*nowhere', /name: not a YAML value: found \*nowhere/],
  ])('%s', (override, says) => {
    expect(refused([override])).toMatch(says);
  });
  it('an override of a member that a list does not have', () => {
    expect(refused(['record=[]', 'record.first.units=[1]'])).toMatch(
      /record\.first\.units: no such path: found "first", expected a number from 0 to 0: it is a list/,
    );
    expect(refused(['record=[]', 'record.1.units=[1]'])).toMatch(/found "1", expected a number from 0 to 0/);
  });
  it.each([
    ['settle: 2\nname: x\n', /settle: another version of the format: found 2/],
    ['name: x\n', /the version is missing/],
    ['settle: 1\nname: [\n', /a\.yaml:\d+:\d+: not valid YAML/],
    ['settle: 1\nname: a\n---\nname: b\n', /a\.yaml:3:1: not valid YAML: found a second document/],
    [
      'settle: 1\nname: a\npopulations: *none\n',
      /a\.yaml:3:14: not valid YAML: found \*none, which no & before it names/,
    ],
    [
      `a: &a [${'x,'.repeat(9)}]\n${['b', 'c', 'd', 'e'].map((key, k) => `${key}: &${key} [${`*${'abcd'[k]},`.repeat(9)}]`).join('\n')}\n`,
      /a\.yaml.*aliases that repeat each other too often/,
    ],
    ['just words', /not a model file/],
    ['', /not a model file/],
    [plain.replace('  y: { units: 2, kind: lif }\n', ''), /unknown population: found "y"/],
    [plain.replace(/cost:.*\n/, 'cost: { on: y }\n'), /cost\.text: a required key is missing/],
  ])('%j', (text, says) => {
    let message = '';
    try {
      loadModel(text, { file: 'a.yaml' });
    } catch (error) {
      message = explain(error as SettleError);
    }
    expect(message).toMatch(says);
  });
});
