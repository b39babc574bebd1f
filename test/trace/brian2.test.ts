// A network as a script for Brian2: what the script says, the arrays beside it, and what is refused. That Brian2 fires as we do is
// for scripts/check-brian2.mjs, which needs Brian2.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NpyData, readNpy } from '../../src/data/npy.ts';
import { wiringOf } from '../../src/engine/network/wiring.ts';
import { loadNetwork } from '../../src/model/networkLoad.ts';
import { brian2Script } from '../../src/trace/brian2.ts';
import { npz } from '../../src/trace/npz.ts';
import { command } from '../cli/process.ts';

const load = (body: string, set: string[] = []) => loadNetwork(`settle: 1\nname: t\n${body}`, { file: 't.yaml', set });
const exported = (body: string, set?: string[]) => {
  const model = load(body, set);
  return brian2Script(model, wiringOf(model, { wide: true }), 't.npz');
};
const network = `
populations:
  e: { units: 4, kind: equations, equations: ["dv/dt = (e*(0 mV - v) - gL*(v + 60 mV))/C : volt (unless refractory)", "de/dt = -e/tau : siemens"], parameters: { C: 200 pF, gL: 10 nS, tau: { distribution: uniform, low: 4 ms, high: 6 ms } }, threshold: v > -50 mV, reset: v = -60 mV, refractory: { duration: 5 ms }, initial: { v: -60 mV }, method: exponential-euler }
  i: { units: 3, kind: lif, membraneTimeConstant: 20 ms, rest: -49 mV, threshold: -50 mV, strict: true, reset: { to: -60 mV }, refractory: { duration: 2 ms } }
  s: { units: 2, kind: spikes, spikes: [[0, 1 ms], [1, 2.03 ms], [1, 2.05 ms]] }
projections:
  i->e: { connect: all-to-all, weight: 6 nS, target: e }
  e->i: { connect: { kind: list, pairs: [[3, 0], [0, 2]] }, weight: [1 mV, 2 mV], delay: [1 ms, 1.52 ms], synapse: { kind: alpha, timeConstant: 5 ms } }
  s->e: { connect: all-to-all, weight: 1 mV, target: v }
simulation: { duration: 50 ms }
`;

describe('a network as a script for Brian2', () => {
  const { script, arrays } = exported(network);

  it('has its equations with units, under names that Brian2 leaves free', () => {
    expect(script).toContain('dv/dt = int(not_refractory)*(((own_e_here * ((0*volt) - v))');
    expect(script).toContain('down_e_here/dt = ((-own_e_here) / tau) : siemens');
    expect(script).toContain('tau : second (constant)');
    expect(script).toContain("method='exponential_euler'");
    expect(script).toContain("'C': 2e-10*farad");
    expect(script).toContain("threshold='(v > (-(0.05*volt)))'");
  });

  it('solves leaky neurons exactly, with the threshold exceeded where the model says so', () => {
    expect(script).toContain('dv/dt = ((-0.049*volt) - v + (0*volt) + g0)/(0.02*second) : volt (unless refractory)');
    expect(script).toContain("threshold='v > (-0.05*volt)'");
    expect(script).toContain("method='exact'");
  });

  it('holds a refractory time of k steps for k steps: one more in the words of Brian2', () => {
    expect(script).toContain('refractory=51 * dt * second');
    expect(script).toContain('refractory=21 * dt * second');
    // What arrives in Brian2's last held step acts when it is over.
    expect(script).toContain('v_post += (0.001*volt)*int(timestep(t - lastspike_post, dt) >= 50)');
  });

  it('has its wiring, delays in steps, drawn values and spikes of sources in arrays', () => {
    expect([...arrays.get('0.pre')!]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    expect([...arrays.get('0.post')!]).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    expect(arrays.has('0.weight')).toBe(false);
    expect([...arrays.get('1.pre')!]).toEqual([0, 3]);
    expect([...arrays.get('1.delay')!]).toEqual([15, 10]);
    expect(arrays.get('1.weight')![0]).toBeCloseTo((0.002 * Math.E) / 0.005, 12);
    expect([...arrays.get('s.0.step')!, ...arrays.get('s.1.step')!]).toEqual([10, 21, 21]);
    expect(arrays.get('e.tau')).toHaveLength(4);
    for (const name of [...script.matchAll(/data\['([^']+)'\]/g)]) expect(arrays.has(name[1]!)).toBe(true);
  });

  it('writes out the propagators where Brian2 has no solution: equal time constants, perfect integrators', () => {
    const { script: explicit } = exported(`
populations:
  a: { units: 2, kind: lif, membraneTimeConstant: 5 ms, bias: 2, refractory: { duration: 1 ms } }
  b: { units: 2, kind: integrate-and-fire, bias: 50 }
projections:
  a->a: { connect: all-to-all, weight: 0.1, synapse: { timeConstant: 5 ms } }
simulation: {}`);
    expect(explicit).toContain(`v += int(not_refractory)*((v - (0) - (2))*(${Math.expm1(-0.02)}) + g0*${0.02 * Math.exp(-0.02)})`); // prettier-ignore
    expect(explicit).toContain(`v += ((50)*0.0001)`);
    expect(explicit).not.toContain("method='exact'");
  });

  it.each([
    ['floor: -2', 'floor'], ['cap: 3', 'cap'], ['current: [[0, 5 ms, 1]]', 'current'],
    ['drive: { rate: 5 Hz, weight: 0.1 }', 'drive'], ['refractory: { duration: 1 ms, arrivals: keep }', 'refractory.arrivals'],
  ])('refuses %s by its name', (keys, path) => {
    expect(() => exported(`populations:\n  a: { units: 1, kind: lif, ${keys} }\nprojections: {}\nsimulation: {}`)).toThrow(
      expect.objectContaining({ message: 'Brian2 scripts have no such thing', place: expect.objectContaining({ kind: 'input', path: `populations.a.${path}` }) }),
    );
  }); // prettier-ignore
});

describe('an .npz', () => {
  it('is a ZIP of .npy files with their checksums, the same bytes for the same arrays', () => {
    const arrays = new Map<string, NpyData>([['a', Int32Array.of(1, -2, 3)], ['b.c', Float64Array.of(0.1)]]); // prettier-ignore
    const bytes = npz(arrays);
    expect(npz(arrays)).toEqual(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    expect(view.getUint32(0, true)).toBe(0x04034b50);
    const end = bytes.length - 22;
    expect(view.getUint32(end, true)).toBe(0x06054b50);
    expect(view.getUint16(end + 10, true)).toBe(2);
    const directory = view.getUint32(end + 16, true);
    expect(view.getUint32(directory, true)).toBe(0x02014b50);
    // The first file's body: after its header of 30 bytes and its name.
    const [size, name] = [view.getUint32(18, true), view.getUint16(26, true)];
    expect(new TextDecoder().decode(bytes.subarray(30, 30 + name))).toBe('a.npy');
    expect([...readNpy(bytes.slice(30 + name, 30 + name + size), 'a.npy').data]).toEqual([1, -2, 3]);
  });
});

describe('settle export --format brian2', () => {
  let work: string;
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'settle-brian2-'));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it('writes a script and its arrays, and never over a file', async () => {
    const out = join(work, 'cuba.py');
    const first = await command('export', 'cuba', '--format', 'brian2', '--out', out, '--set', 'populations.e.units=32', '--set', 'populations.i.units=8'); // prettier-ignore
    expect(first).toMatchObject({ code: 0, out: `${join(work, 'cuba.npz')}\n${out}\n` });
    expect(readFileSync(out, 'utf8')).toContain("np.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), \"cuba.npz\"))"); // prettier-ignore
    const again = await command('export', 'cuba', '--format', 'brian2', '--out', out);
    expect(again.code).toBe(2);
    expect(again.err).toMatch(/the file is there already/);
  });

  it('refuses what is no script and a model that learns, and leaves nothing', async () => {
    const { code, err } = await command('export', 'cuba', '--format', 'brian2', '--out', join(work, 'a.txt'));
    expect([code, err]).toEqual([2, expect.stringMatching(/--out: not the name of a script: .*expected FILE\.py/)]);
    const learning = await command('export', 'xor', '--format', 'brian2', '--out', join(work, 'xor.py'));
    expect([learning.code, learning.err]).toEqual([2, expect.stringMatching(/the model learns/)]);
    expect(existsSync(join(work, 'xor.py'))).toBe(false);
  });
});
