// settle check --profile as a command: exit codes, the last line, JSON, refusals.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProfileCheck } from '../../src/run/chipCheck.node.ts';
import { command } from './process.ts';

let work: string;
const at = (name: string): string => join(work, name);
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-profile-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)!;

describe('settle check --profile', () => {
  it('exits 1 and names what a chip lacks, 0 where limits are not public or all are kept', async () => {
    const [odin, loihi, ideal] = await Promise.all(['odin', 'loihi-1', 'ideal'].map((name) => command('check', 'xor', '--profile', name))); // prettier-ignore
    expect(odin!.code).toBe(1);
    expect(lastLine(odin!.out)).toBe('does not fit: 1 violation');
    expect(odin!.out).toMatch(/signs: \d+ senders of both signs.*\[odin\] \(x\[0\]/);
    expect(odin!.out).toContain('its substitute, Hz');
    expect([loihi!.code, ideal!.code]).toEqual([0, 0]);
    expect(lastLine(loihi!.out)).toMatch(/^undecided: \d+ limits are not public$/);
    expect(lastLine(ideal!.out)).toBe('fits');
  });
  it('prints one object with findings, placement, curves and energies, in the weights of a run', async () => {
    const small = ['--set', 'data.train=40', '--set', 'data.test=20'];
    expect((await command('run', 'xor', ...small, '--epochs', '1', '--out', at('run'))).code).toBe(0);
    const { out, code } = await command('check', 'xor', ...small, '--profile', 'loihi-1', '--from', at('run'), '--energy-table', 'SANA-FE', '--json'); // prettier-ignore
    expect(code).toBe(0);
    const found = JSON.parse(out) as ProfileCheck;
    expect(found).toMatchObject({ schema: 'settle-profile-check/1', model: 'xor', profile: 'loihi-1', verdict: 'undecided' }); // prettier-ignore
    expect(found.placement.cores[0]!.parts).toEqual([{ population: 'h', begin: 0, end: 16 }, { population: 'y', begin: 0, end: 2 }]); // prettier-ignore
    expect(found.inference!.energy.table).toBe('SANA-FE');
    expect(found.training!.counts.synapticEvents!).toBeGreaterThan(found.inference!.counts.synapticEvents!);
    // 50 steps of 18 neurons, with and without input.
    expect(found.inference!.counts.neuronUpdates! + found.inference!.counts.neuronUpdatesIdle!).toBe(900);
    const fresh = JSON.parse((await command('check', 'xor', ...small, '--profile', 'loihi-1', '--json')).out) as ProfileCheck; // prettier-ignore
    expect(fresh.grid).not.toEqual(found.grid);
  });
  it('checks a network without learning: neurons, fans, time constants', async () => {
    const { code, out } = await command('check', 'cuba', '--profile', 'odin', '--duration', '20 ms', '--json');
    expect(code).toBe(1);
    const { findings, training } = JSON.parse(out) as ProfileCheck;
    expect(findings.find(({ id }) => id === 'neurons')).toMatchObject({ count: 4000 - 256, worst: 4000, limit: 256, names: ['e[256]', 'e[257]', 'e[258]', 'e[259]', 'e[260]'] }); // prettier-ignore
    expect(training).toBeNull();
  });
  it('refuses a table that the profile has not, and its flags without it', async () => {
    const [table, alone] = await Promise.all([command('check', 'xor', '--profile', 'odin', '--energy-table', 'x'), command('check', 'xor', '--energy-table', 'x')]); // prettier-ignore
    expect([table.code, alone.code]).toEqual([2, 2]);
    expect(table.err).toContain('--energy-table: no such energy table: found "x", expected Frenkel2019');
    expect(alone.err).toContain('--energy-table: this flag goes with --profile');
  });
});
