// The commands when all is well: results on stdout, words on stderr, exit codes.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, start } from './process.ts';

let work: string;
const small = ['--set', 'data.train=200', '--set', 'data.test=100'];
const at = (name: string): string => join(work, name);

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'settle-commands-'));
  for (const seed of ['1', '2'])
    expect((await command('run', 'xor', ...small, '--epochs', '2', '--seed', seed, '--out', at(seed))).code).toBe(0);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('settle run', () => {
  it('--json is one object with the agreed keys, and nothing else on stdout', async () => {
    const { code, out, err } = await command('run', 'xor', ...small, '--epochs', '2', '--json', '--out', at('json'));
    expect(code).toBe(0);
    expect(out.trim().split('\n')).toHaveLength(1);
    const result = JSON.parse(out) as Record<string, unknown>;
    for (const key of ['schema', 'model', 'rule', 'backend', 'seed', 'epochs', 'seconds', 'trainExamplesPerSecond', 'testError', 'spikesPerExample', 'synapticEvents', 'inputMacs', 'weightWrites', 'health', 'checkpointSha256']) expect(result, key).toHaveProperty(key); // prettier-ignore
    expect(result).toMatchObject({ model: 'xor', rule: 'ep', backend: 'wasm', seed: 1, epochs: 2 });
    expect(result['testError']).toBeLessThanOrEqual(1);
    expect(err).toMatch(/epoch 1\/2: test error/);
    expect(err).toMatch(/health: examples not settled/);
  });

  it('defaults to runs/NAME-RULE-SEED and says where everything is', async () => {
    const { code, out } = await start(['run', 'xor', ...small, '--epochs', '1', '--seed', '5'], work).ended;
    expect(code).toBe(0);
    for (const file of ['report.html', 'trace.settle', 'checkpoint.settle']) {
      expect(out).toContain(`runs/xor-ep-5/${file}`);
      expect(existsSync(at(`runs/xor-ep-5/${file}`))).toBe(true);
    }
  });

  it('1 and 3 threads give the same checkpoint, and so does the model file that a run leaves', async () => {
    const again = (name: string, ...flags: string[]) => command('run', ...flags, '--out', at(name));
    expect((await again('three', 'xor', ...small, '--epochs', '2', '--threads', '3')).code).toBe(0);
    expect((await again('one', 'xor', ...small, '--epochs', '2', '--threads', '1')).code).toBe(0);
    expect((await again('file', at('1/model.yaml'))).code).toBe(0);
    const bytes = (name: string): Buffer => readFileSync(at(`${name}/checkpoint.settle`));
    for (const name of ['three', 'one', 'file']) expect(bytes(name).equals(bytes('1')), name).toBe(true);
  });

  it('the provenance names version, data, model, device, threads and Node', () => {
    const told = JSON.parse(readFileSync(at('1/provenance.json'), 'utf8')) as Record<string, unknown>;
    expect(told).toMatchObject({
      schema: 'settle-provenance/1',
      version: '0.1.0',
      node: process.version,
      finished: true,
    });
    for (const key of ['modelSha256', 'dataSha256']) expect(told[key]).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(told)).not.toContain(work);
    expect(readFileSync(at('1/checkpoint.settle')).includes(Buffer.from(work))).toBe(false);
  });
});

describe('the other commands', () => {
  it('simulate tells rates, without learning and with what a run has learned', async () => {
    const fresh = await command('simulate', 'xor', '--duration', '200 ms', '--json');
    expect(JSON.parse(fresh.out)).toMatchObject({ schema: 'settle-simulation/1', examples: 100, duration: 0.2 });
    const learned = await command('simulate', 'xor', '--from', at('1'), '--json', '--trace', at('simulated.settle'));
    expect(learned.code).toBe(0);
    expect((JSON.parse(learned.out) as { testError: number }).testError).toBeLessThan(0.2);
    expect((await command('inspect', at('simulated.settle'))).out).toMatch(/spikes.*free[\s\S]*complete/);
  });

  it('check compares the exact gradient with finite differences, and exits 0 when they agree', async () => {
    const { code, out } = await command('check', 'xor', '--json');
    expect(code).toBe(0);
    const found = JSON.parse(out) as { passed: boolean; gradients: { finiteDifferenceError: number }[] };
    expect(found.passed).toBe(true);
    for (const { finiteDifferenceError } of found.gradients) expect(finiteDifferenceError).toBeLessThan(0.02);
  });

  it('export writes a table that a spreadsheet reads', async () => {
    const { code, out } = await command('export', at('1'), '--format', 'csv', '--out', at('spikes.csv'));
    expect([code, out]).toEqual([0, `${at('spikes.csv')}\n`]);
    expect(readFileSync(at('spikes.csv'), 'utf8').split('\n').slice(0, 1)).toEqual(['time_s,epoch,example,phase,population,unit,variable,value']); // prettier-ignore
  });

  it('inspect lists frames, and says when a trace is cut short', async () => {
    const whole = await command('inspect', at('1'));
    expect(whole.out).toMatch(/schema: settle-trace\/1[\s\S]*energy epoch 2[\s\S]*complete\n$/);
    const checkpoint = await command('inspect', at('1/checkpoint.settle'), '--json');
    expect(JSON.parse(checkpoint.out)).toMatchObject({ header: { schema: 'settle-checkpoint/1' }, complete: true });
  });

  it('diff is silent about equals and exits 1 where two differ', async () => {
    expect(await command('diff', at('1'), at('1'))).toMatchObject({ code: 0, out: 'the same\n' });
    const { code, out } = await command('diff', at('1/checkpoint.settle'), at('2/checkpoint.settle'));
    expect(code).toBe(1);
    expect(out).toMatch(/x->h\.weight\[0\]: expected/);
  });

  it.each(['models', 'rules', 'backends', 'formats', 'data'])('list %s says a line about each', async (kind) => {
    const { code, out } = await command('list', kind, '--json');
    expect(code).toBe(0);
    const { entries } = JSON.parse(out) as { entries: { name: string; about: string }[] };
    expect(entries.length).toBeGreaterThan(0);
    for (const { name, about } of entries) expect(about, name).toMatch(/\w{3}/);
  });

  it('cite names software, model and data', async () => {
    expect((await command('cite', at('1'))).out).toMatch(/@software\{settle[\s\S]*Model: xor[\s\S]*Data: xor/);
  });

  it('--help has examples everywhere, on stdout, with exit 0', async () => {
    const top = await command('--help');
    expect(top).toMatchObject({ code: 0, err: '' });
    const names = [...top.out.matchAll(/^ {2}([a-z]+) .*$/gm)].map(([, name]) => name!).filter((name) => name !== 'settle' && name !== 'help'); // prettier-ignore
    expect(names).toEqual(expect.arrayContaining(['run', 'simulate', 'check', 'export', 'inspect', 'list', 'bench']));
    for (const name of names) {
      const { code, out } = await command(name, '--help');
      expect(code).toBe(0);
      expect(out, name).toMatch(/Examples?:\n {2}settle /);
    }
  });

  it('--version is the package', async () => {
    expect((await command('--version')).out).toBe('0.1.0\n');
  });
});
