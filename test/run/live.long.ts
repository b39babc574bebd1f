// A watched run under other rules and encodings, and changes of a run that was stopped or killed.
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/run/run.node.ts';
import { expectSameBits, hurried, short, watcher } from './watcher.ts';

let work: string;
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-live-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const bytes = (folder: string, file: string): Buffer => readFileSync(join(work, folder, file));

describe('a watched run', () => {
  it.each([
    ['xor', ['learning.update=events']],
    ['xor', ['engine=event']],
    ['xor', ['learning.update=continual', 'learning.rates.x-h=0.01', 'learning.rates.h-y=0.01']],
    ['xor', ['populations.x.encode=poisson', 'populations.h.dropout=0.2', 'learning.momentum=0.5']],
  ])('%s %j has the bits of one that nobody watches', async (name, set) => {
    const shown = await expectSameBits(work, name, set);
    const spikes = shown.frames.filter(({ kind }) => kind === 'spikes');
    expect(spikes.map(({ phase }) => phase)).toEqual(expect.arrayContaining(['free', 'plus', 'minus']));
    expect(shown.frames.some(({ columns }) => 'h.membrane' in columns)).toBe(true);
  });

  it('stopped after its changes goes on with them, whether the checkpoint knows of them or not', async () => {
    const commands = [2, 8].map((batch) => ({ kind: 'command' as const, batch, epoch: 0, examples: batch * 10, path: 'phases.nudge.beta', value: batch === 2 ? 0.2 : 0.8 })); // prettier-ignore
    const options = short('xor');
    await run({ ...options, commands, out: join(work, 'whole') });
    const stop = { aborted: false };
    const out = join(work, 'part');
    await run({ ...options, commands, out, signal: stop, live: { ...watcher().view, line: (line) => void (stop.aborted ||= 'batch' in line && line.batch === 8) }, clock: hurried() }); // prettier-ignore
    await run({ ...options, out, resume: true });
    for (const file of ['checkpoint.settle', 'metrics.jsonl'])
      expect(bytes('part', file).equals(bytes('whole', file)), file).toBe(true);
  });

  it('a change beyond the last checkpoint survives a kill', async () => {
    const options = short('xor', 'learning.epochs=1');
    const commands = [{ kind: 'command' as const, batch: 3, epoch: 0, examples: 30, path: 'phases.nudge.beta', value: 0.2 }]; // prettier-ignore
    await run({ ...options, commands, out: join(work, 'one') });
    const longer = short('xor');
    const late = [...commands, { ...commands[0]!, batch: 9, epoch: 1, examples: 90, value: 0.7 }];
    await run({ ...longer, commands: late, out: join(work, 'two') });
    const metrics = bytes('two', 'metrics.jsonl').toString();
    // As if killed in its second epoch: the first epoch's checkpoint, a line of a command after it, and half a line.
    const out = join(work, 'one');
    const line = metrics.split('\n').find((each) => each.includes('"batch":9'))!;
    appendFileSync(join(out, 'metrics.jsonl'), `${line}\n{"kind":"comm`);
    await run({ ...longer, out, resume: true });
    for (const file of ['checkpoint.settle', 'metrics.jsonl'])
      expect(bytes('one', file).equals(bytes('two', file)), file).toBe(true);
  });

  it('a rate network shows its energy, with the same bits', async () => {
    const shown = await expectSameBits(work, 'xy', ['record=[{ variable: energy, examples: [0] }]']);
    expect(shown.frames.map(({ kind }) => kind)).toContain('energy');
  });
});
