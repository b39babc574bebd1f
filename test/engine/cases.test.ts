// Exact spike times: the case files, whose times have 50 digits, on every engine.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leftToReference } from '../../src/engine/event/wasm.ts';
import { explain, SettleError } from '../../src/errors.ts';
import { exactCase, timeTolerance, verifyCase } from '../../src/run/exactCase.ts';
import { eventEngines, verifyFile } from '../../src/run/verify.node.ts';
import { command, root } from '../cli/process.ts';

const folder = join(root, 'test/cases');
const files = readdirSync(folder).sort();
const read = (file: string): ReturnType<typeof exactCase> => exactCase(readFileSync(join(folder, file), 'utf8'), file);

for (const [backend, engine] of Object.entries(eventEngines))
  describe(`the event engine in ${backend}`, () => {
    it.each(files)('%s: no spike missed or added, each time within its tolerance', (file) => {
      const verdict = verifyCase(read(file), engine);
      expect(verdict).toMatchObject({ missing: 0, extra: 0, passed: true });
      expect(verdict.ofTolerance).toBeLessThanOrEqual(1);
      expect(verdict.found).toBe(verdict.expected);
    });
  });

describe('the cases', () => {
  it('are all here, and say something: spikes, probes at floors and caps', () => {
    expect(files).toHaveLength(34);
    expect(files.reduce((sum, file) => sum + read(file).expected.spikes.length, 0)).toBe(1371);
    for (const file of files.filter((name) => /floor/.test(name))) {
      const { network, expected } = read(file);
      const { floor, cap } = network.groups[0]!;
      expect(expected.probes!.filter(([, , V]) => V === floor || V === cap).length, file).toBeGreaterThan(0);
    }
  });
  it('wasm runs them itself, but for membranes that move while refractory', () => {
    const left = files.filter((file) => leftToReference(read(file).network) !== undefined);
    expect(left).toEqual(['q2_refractory_integrate.json']);
  });
  it('the tolerance is 1e-12 ms, more for a flat crossing and for a late one', () => {
    expect(timeTolerance(100, 1)).toBe(1e-12);
    expect(timeTolerance(100, 7e-5)).toBeCloseTo(3.8e-10, 11);
    expect(timeTolerance(5000, null)).toBe(2 ** -39);
  });
});

describe('settle verify', () => {
  it('prints a line a case and exits 0; --json is one object', async () => {
    const paths = ['c_exp_one_tau', 'f_graze_one_tau_under'].map((name) => join(folder, `${name}.json`));
    const { code, out } = await command('verify', ...paths);
    expect(code).toBe(0);
    expect(out).toMatch(/^pass {2}c_exp_one_tau: 30 spikes expected, 30 found, 0 missing, 0 extra; largest time error/);
    expect(out).toMatch(/all 2 pass\n$/);
    const told = JSON.parse((await command('verify', '--json', ...paths)).out) as Record<string, unknown>;
    expect(told).toMatchObject({ schema: 'settle-verify/1', passed: true, cases: [{ expected: 30 }, { expected: 0 }] });
  });
  it('a spike moved by 1e-9 ms, one too many and one too few are each a failure', () => {
    const text = readFileSync(join(folder, 'e_two_synapse_types.json'), 'utf8');
    const changed = (change: (expected: { spikes: [number, number][]; dvdt: number[] }) => void): object => {
      const data = JSON.parse(text) as { expected: { spikes: [number, number][]; dvdt: number[] } };
      change(data.expected);
      return verifyCase(exactCase(JSON.stringify(data), 'changed'), eventEngines.reference);
    };
    expect(changed(() => {})).toMatchObject({ passed: true });
    expect(changed(({ spikes }) => (spikes[3]![1] += 1e-9))).toMatchObject({ missing: 0, extra: 0, passed: false });
    expect(changed(({ spikes, dvdt }) => (spikes.splice(4, 1), dvdt.splice(4, 1)))).toMatchObject({ extra: 1, passed: false }); // prettier-ignore
    expect(changed(({ spikes }) => (spikes[5]![1] += 0.5))).toMatchObject({ missing: 1, extra: 1, passed: false });
  });
  const bad: readonly (readonly [string, (data: Record<string, Record<string, unknown>>) => void, RegExp])[] = [
    ['another schema', (data) => Object.assign(data, { schema: 'exact-lif-case/9' }), /case\.json: schema: not a case file: found "exact-lif-case\/9"/],
    ['a missing time constant', (data) => delete data['neuron']!['tau_m'], /neuron\.tau_m: not a case file: found nothing/],
    ['a negative time constant', (data) => (data['neuron']!['tau_m'] = -20), /case\.json: groups\[0\]\.membraneTimeConstant: .*found -20, expected more than 0/],
    ['an unknown type', (data) => Object.assign(data, { input_events: [[1, 0, 'nope', 1]] }), /input_events\.0\.2: unknown synapse type: found "nope", expected exc/],
    ['a neuron that is not there', (data) => Object.assign(data, { input_events: [[1, 7, 'exc', 1]] }), /input_events\.0\.1: no such neuron: found 7, expected below 1/],
    ['a delay below zero', (data) => Object.assign(data, { connections: [[0, 0, 'exc', 1, -1]] }), /delay\[0\]: .*found -1/],
    ['an event before time 0', (data) => Object.assign(data, { input_events: [[-1, 0, 'exc', 1]] }), /inputs\.time\[0\]: .*found -1/],
    ['a reset above threshold', (data) => Object.assign(data['neuron']!, { V_reset: -40, t_ref: 0 }), /groups\[0\]\.reset: .*found -40, expected below the threshold, -50/],
  ]; // prettier-ignore
  it.each(bad)('refuses %s', (_, change, message) => {
    const data = JSON.parse(readFileSync(join(folder, 'c_exp_one_tau.json'), 'utf8')) as Record<string, Record<string, unknown>>; // prettier-ignore
    change(data);
    expect(() => tried(JSON.stringify(data))).toThrow(message);
  });
  it('refuses what is no JSON and a file that is not there, with exit 2', async () => {
    expect(() => tried('{')).toThrow(/case\.json: not valid JSON/);
    expect(await command('verify', join(folder, 'none.json'))).toMatchObject({ code: 2 });
    expect(await command('verify', '--backend', 'abacus', join(folder, files[0]!))).toMatchObject({ code: 2 });
  });
});

/** As `settle verify` takes a file, with the whole message. */
function tried(text: string): void {
  const work = mkdtempSync(join(tmpdir(), 'settle-case-'));
  try {
    writeFileSync(join(work, 'case.json'), text);
    verifyFile(join(work, 'case.json'), 'reference');
  } catch (error) {
    throw error instanceof SettleError ? new Error(explain(error)) : error;
  } finally {
    rmSync(work, { recursive: true });
  }
}
