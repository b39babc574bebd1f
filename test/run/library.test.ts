// The library's door, as README.md shows it: `import { ... } from 'settle'` is src/index.ts here.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataSet, loadModel, readModel, reference, runModel, SettleError } from '../../src/index.ts';
import { root } from '../cli/process.ts';
import { delta } from '../learn/delta.ts';

let work: string;
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-library-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('the library', () => {
  it('the documented example: a bundled model trained, its result read', async () => {
    const { model, resolvedYaml } = readModel('xor', { set: ['learning.epochs=2', 'data.train=200', 'data.test=100'] });
    const { result, state } = await runModel({ model, resolvedYaml, out: join(work, 'xor') });
    expect(result!.epochs).toBe(2);
    expect(result!.testError).toBeLessThanOrEqual(1);
    expect([...state.learned.keys()]).toContain('x->h.weight');
    expect(readdirSync(join(work, 'xor'))).toContain('report.html');
  });

  it("README.md's model file loads, and its overrides reach it", () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const text = /```yaml\n([^`]*)```/.exec(readme)![1]!;
    const set = [...readme.matchAll(/run my-mnist\.yaml (.*)/g)].flatMap(([, flags]) => [...flags!.matchAll(/--set (\S+)/g)].map(([, each]) => each!)); // prettier-ignore
    expect(set.length).toBeGreaterThan(0);
    const { model } = loadModel(text, { file: 'README.md', set });
    expect(model.populations.map(({ name, units }) => [name, units])).toEqual([['x', 784], ['h', 500], ['y', 10]]); // prettier-ignore
    expect(text.trim().split('\n').length).toBeLessThanOrEqual(12);
  });

  it("a user's own rule of thirty lines trains a bundled model", async () => {
    const lines = readFileSync(join(root, 'test/learn/delta.ts'), 'utf8').trim().split('\n');
    expect(lines.filter((line) => !/^(\/\/|import|$)/.test(line)).length).toBeLessThanOrEqual(30);
    const { model } = readModel('moons', { set: ['learning.epochs=5'] });
    const { result } = await runModel({ model, rule: delta(), backend: reference });
    expect(result!.rule).toBe('delta');
    expect(result!.testError).toBeLessThan(0.25);
  });

  it('the same rule on the wasm backend finds the same', async () => {
    const { model } = readModel('moons', { set: ['learning.epochs=5'] });
    const { result } = await runModel({ model, rule: delta(), threads: 2 });
    expect(result!.backend).toBe('wasm');
    expect(result!.testError).toBeLessThan(0.25);
  });

  it("trains on a caller's own data", async () => {
    const { model } = readModel('xor', { set: ['learning.epochs=1', 'data.test=50'] });
    const data = loadDataSet({ ...model.data, train: 60 });
    const { examples } = await runModel({ model, data });
    expect(examples).toBe(60);
  });

  it('refuses in one sentence with a place', () => {
    expect(() => readModel('xor', { set: ['phases.nudge.beta=0'] })).toThrow(SettleError);
  });
});
