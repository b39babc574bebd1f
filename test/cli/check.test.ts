// settle check as a command: exit codes, JSON, words, the picture.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/run/checkResult.ts';
import { command } from './process.ts';

let work: string;
const at = (name: string): string => join(work, name);
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-check-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('settle check of a rate model', () => {
  it('exits 0, prints one object with --json, and draws the updates over time', async () => {
    const { code, out, err } = await command('check', 'modern-hopfield', '--json', '--out', at('courses.svg'));
    expect(code).toBe(0);
    const found = JSON.parse(out) as CheckResult;
    expect(found).toMatchObject({ schema: 'settle-check/1', model: 'modern-hopfield', rule: 'ep', examples: 2, failures: [] });
    expect(found.settling!.orders[0]!.symmetric.length).toBe(found.settling!.betas.length);
    expect(err).toContain('picture: ');
    expect(readFileSync(at('courses.svg'), 'utf8')).toMatch(/^<svg[\s\S]*y&lt;-&gt;m/);
  }); // prettier-ignore

  it('says in words what is compared and by which formulas', async () => {
    const { out } = await command('check', 'predictive-coding', '--explain', '--examples', '1');
    for (const words of ['is expected to follow the gradient as beta goes to 0', 'symmetric: dW =', 'not for this form of energy'])
      expect(out).toContain(words);
    expect(out.trimEnd().split('\n').at(-1)).toBe('passed');
  }); // prettier-ignore

  it('exits 1 when a gradient check fails, and names the layer', async () => {
    const { code, out } = await command('check', 'lecture-example', '--set', 'dynamics.nudge=outside', '--examples', '1');
    expect(code).toBe(1);
    expect(out).toMatch(/failed:\n {2}x->s1\.weight: at beta 0\.0001 the symmetric estimate misses the gradient/);
  }); // prettier-ignore

  it('checks at the weights of a run', async () => {
    const small = ['--set', 'data.train=100', '--set', 'data.test=20', '--epochs', '2'];
    expect((await command('run', 'modern-hopfield', ...small, '--out', at('run'))).code).toBe(0);
    const [start, trained] = [['--json'], ['--from', at('run'), '--json']].map((more) => command('check', 'modern-hopfield', ...more)); // prettier-ignore
    const results = [await start!, await trained!];
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(results[0]!.out).not.toBe(results[1]!.out);
  });

  it('refuses a picture where nothing settles, in one sentence and before it measures', async () => {
    const { code, err } = await command('check', 'xor', '--out', at('none.svg'));
    expect(code).toBe(2);
    expect(err).toMatch(/--out: no picture of updates over time: found the rule ep on a spiking model, expected a rate model that settles\n$/);
    expect(existsSync(at('none.svg'))).toBe(false);
  }); // prettier-ignore
});
