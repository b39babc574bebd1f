// Bad networks without learning: one clear message that names the file and the place, exit code 2, nothing written.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from './process.ts';

const good = `
settle: 1
name: bad
populations:
  a: { units: 4, kind: lif, membraneTimeConstant: 20 ms, threshold: 1, bias: 1.2, refractory: { duration: 2 ms } }
  b: { units: 4, kind: lif, membraneTimeConstant: 20 ms, threshold: 1 }
  noise: { units: 4, kind: poisson, rate: 10 Hz }
projections:
  a->b: { connect: { kind: fixed-probability, probability: 0.5 }, weight: 0.1, delay: 1.5 ms, synapse: { timeConstant: 5 ms } }
  noise->a: { connect: one-to-one, weight: 0.2 }
simulation: { duration: 20 ms }
engine: event
`;

let work: string;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'settle-network-'));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** What is bad, the change of the good model (find, replace), and what the message has to say. */
const cases: readonly (readonly [what: string, find: string, replace: string, says: RegExp])[] = [
  ['a negative time constant', 'membraneTimeConstant: 20 ms, threshold: 1, bias', 'membraneTimeConstant: -20 ms, threshold: 1, bias', /populations\.a\.membraneTimeConstant: .*found "-20 ms", expected above 0/],
  ['a time constant of zero', 'synapse: { timeConstant: 5 ms }', 'synapse: { timeConstant: 0 ms }', /synapse\.timeConstant: .*expected above 0/],
  ['a NaN weight', 'weight: 0.1', 'weight: .nan', /a->b\.weight: .*found NaN/],
  ['an infinite weight', 'weight: 0.1', 'weight: .inf', /a->b\.weight: .*found Infinity/],
  ['a delay below zero', 'delay: 1.5 ms', 'delay: -1.5 ms', /a->b\.delay: .*"-1\.5 ms"/],
  ['a delay without a unit', 'delay: 1.5 ms', 'delay: 1.5', /a->b\.delay: a unit is missing/],
  ['a delay that may be drawn below zero', 'delay: 1.5 ms', 'delay: { distribution: normal, mean: 1 ms, deviation: 1 ms }', /delay may not be negative.*low/],
  ['an unknown population', 'a->b:', 'a->c:', /a->c: unknown population: found "c", expected one of a, b, noise/],
  ['a probability above 1', 'probability: 0.5', 'probability: 1.5', /probability: not a probability: found 1\.5, expected 0 to 1/],
  ['a unit of the wrong kind', 'duration: 2 ms', 'duration: 2 mV', /refractory\.duration: wrong unit: found "2 mV"/],
  ['an unknown unit', 'rate: 10 Hz', 'rate: 10 Hx', /noise\.rate: unknown unit.*did you mean Hz/],
  ['potentials with and without units', 'bias: 1.2', 'bias: 1.2 mV', /populations\.a\.bias: potentials with and without units are mixed/],
  ['a threshold below the reset', 'threshold: 1, bias', 'threshold: -1, bias', /populations\.a\.reset: the reset does not take the potential below threshold/],
  ['an unknown key', 'weight: 0.1', 'weight: 0.1, wieght: 0.1', /a->b\.wieght: unknown key.*did you mean "weight"/],
  ['an unknown generator', 'kind: fixed-probability', 'kind: small-world', /connect\.kind/],
  ['one-to-one between different sizes', 'noise: { units: 4', 'noise: { units: 5', /one-to-one between populations of different sizes: found 5 and 4 units/],
  ['a projection into a source', 'noise->a:', 'a->noise:', /a->noise: a projection into a source/],
  ['no units', 'a: { units: 4', 'a: { units: 0', /populations\.a\.units: impossible number of units/],
  ['half a unit', 'a: { units: 4', 'a: { units: 4.5', /populations\.a\.units: .*expected a whole number/],
  ['an unknown backend', 'engine: event', 'engine: event\nbackend: abacus', /backend: unknown backend: found "abacus"/],
  ['an unknown engine', 'engine: event', 'engine: steam', /engine: .*clocked or event/],
  ['nothing left to count', 'duration: 20 ms', 'duration: 20 ms, discard: 20 ms', /simulation\.discard: nothing is left to count/],
  ['more synapses than memory holds', 'a: { units: 4, kind: lif', 'big: { units: 1000000, kind: lif }\n  a: { units: 4, kind: lif', /projections\.big->big\.connect: the synapses do not fit into memory: found 1\.00e\+12 synapses, 1\.49e\+4 GiB, expected at most/],
]; // prettier-ignore

describe('a file of spikes', () => {
  const withFile = good.replace('kind: poisson, rate: 10 Hz', 'kind: spikes, file: train.csv');
  it('is read beside the model', async () => {
    writeFileSync(join(work, 'train.csv'), 'time,unit\n0.004,2\n0.001,0\n');
    writeFileSync(join(work, 'filed.yaml'), withFile);
    const { code, out } = await command('simulate', join(work, 'filed.yaml'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ sourceSpikes: 2 });
  });
  it.each([
    ['unit,time\n0,0.001\n9,0.002\n', /train\.csv:3: unit: bad spike: found "9", expected a unit from 0 to 3/],
    ['unit,time\n0,-1\n', /train\.csv:2: time: bad spike: found "-1", expected seconds from 0/],
    ['unit,when\n0,1\n', /train\.csv:2: time: bad spike: found no such column/],
    [null, /filed\.yaml.*populations\.noise\.file: cannot read the spikes/],
  ])('that is bad is refused with its line: %j', async (table, says) => {
    rmSync(join(work, 'train.csv'), { force: true });
    if (table !== null) writeFileSync(join(work, 'train.csv'), table);
    writeFileSync(join(work, 'filed.yaml'), withFile);
    const { code, err } = await command('simulate', join(work, 'filed.yaml'));
    expect(err).toMatch(says);
    expect(code).toBe(2);
  });
});

describe('a simulation that goes on', () => {
  it('refuses a trace that holds less than its checkpoint knows of, and leaves it alone', async () => {
    writeFileSync(join(work, 'whole.yaml'), good);
    const args = ['simulate', join(work, 'whole.yaml'), '--out', join(work, 'run')];
    expect((await command(...args)).code).toBe(0);
    const trace = join(work, 'run', 'trace.settle');
    writeFileSync(trace, 'short');
    const { code, err } = await command(...args, '--resume');
    expect(err).toMatch(/trace\.settle: the file is shorter than the checkpoint says: found 5 bytes/);
    expect([code, readFileSync(trace, 'utf8')]).toEqual([2, 'short']);
  });
});

describe('a bad network', () => {
  it.each(cases)('%s is refused with its place', async (_, find, replace, says) => {
    expect(good).toContain(find);
    const text = good.replace(find, replace);
    const whole = replace.startsWith('big') ? text.replace('projections:', 'projections:\n  big->big: { connect: all-to-all, weight: 1 }') : text; // prettier-ignore
    const file = join(work, 'bad.yaml');
    writeFileSync(file, whole);
    const before = process.memoryUsage().rss;
    const { code, out, err } = await command('simulate', file, '--out', join(work, 'out'));
    expect(err).toMatch(says);
    expect(err).toContain('bad.yaml');
    expect(err.trim().split('\n')).toHaveLength(1);
    expect([code, out]).toEqual([2, '']);
    expect(existsSync(join(work, 'out'))).toBe(false);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
  });

  it('is not one without the change', async () => {
    const file = join(work, 'good.yaml');
    writeFileSync(file, good);
    const { code, out } = await command('simulate', file, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ schema: 'settle-network/1', neurons: 8, duration: 0.02 });
  });

  it('that learns nothing is refused by commands that train', async () => {
    const { code, err } = await command('run', 'cuba');
    expect(code).toBe(2);
    expect(err).toMatch(/cuba\.yaml.*the model does not learn.*settle simulate/);
  });
});
