// kill -9 at three random moments: the run that goes on ends with the bytes of a run that was never stopped.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/frames/files.node.ts';
import { start } from '../cli/process.ts';

let work: string;
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-kill-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const flags = ['--set', 'data.train=12000', '--set', 'data.test=500', '--set', 'learning.epochs=4', '--threads', '2'];
const hash = (run: string, file: string): string => sha256(readFileSync(join(work, run, file)));

describe('a run killed at three random moments', () => {
  it.each(['mnist', 'xor'])('%s: resumed, it ends with the same checkpoint hash', async (model) => {
    const begun = performance.now();
    expect((await start(['run', model, ...flags, '--out', `${model}-whole`], work).ended).code).toBe(0);
    const milliseconds = performance.now() - begun;
    const moments: number[] = [];
    const again = ['run', model, ...flags, '--out', `${model}-part`, '--resume'];
    for (let kill = 0; kill < 3; kill++) {
      const running = start(again, work);
      const moment = (0.12 + 0.2 * Math.random()) * milliseconds;
      moments.push(Math.round(moment));
      const timer = setTimeout(() => running.child.kill('SIGKILL'), moment);
      const { code, signal, err } = await running.ended;
      clearTimeout(timer);
      expect(signal, `${code} ${err}`).toBe('SIGKILL');
    }
    const last = await start(again, work).ended;
    expect(last.code, last.err).toBe(0);
    for (const file of ['checkpoint.settle', 'metrics.jsonl', 'trace.settle'])
      expect(hash(`${model}-part`, file), `${file}, killed after ${moments.join(', ')} ms`).toBe(hash(`${model}-whole`, file)); // prettier-ignore
  });
});
