// Ctrl-C on a run: exit code 130, a checkpoint, and the command that goes on with it.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from './process.ts';

let work: string;
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-interrupt-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('Ctrl-C', () => {
  it('leaves a run that the printed command finishes', async () => {
    const flags = ['--set', 'learning.epochs=6', '--set', 'data.train=3000', '--threads', '1'];
    const running = start(['run', 'xor', ...flags, '--out', 'part'], work);
    await running.said(/epoch 1\//);
    running.child.kill('SIGINT');
    const { code, out, err } = await running.ended;
    expect(code).toBe(130);
    expect(out).toBe('');
    expect(err).toContain('checkpoint: part/checkpoint.settle');
    expect(existsSync(join(work, 'part/checkpoint.settle'))).toBe(true);
    const going = /to go on: settle (.*)/.exec(err)![1]!;
    const resumed = await start(going.split(' '), work).ended;
    expect(resumed.err).not.toContain('settle:');
    expect(resumed.code).toBe(0);
    const whole = await start(['run', 'xor', ...flags, '--out', 'whole'], work).ended;
    expect(whole.code).toBe(0);
    const bytes = (run: string, file: string): Buffer => readFileSync(join(work, run, file));
    for (const file of ['checkpoint.settle', 'metrics.jsonl', 'trace.settle'])
      expect(bytes('part', file).equals(bytes('whole', file)), file).toBe(true);
  });
});
