// The library's door, as README.md shows it: `import { ... } from 'settle'` is src/index.ts here.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataSet, readModel, reference, runModel, SettleError } from '../../src/index.ts';
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

  it("a user's own rule of thirty lines trains a bundled model", async () => {
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
