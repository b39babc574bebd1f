// A watched run under other rules and encodings, and changes of a run that was stopped or killed.
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../src/model/read.node.ts';
import { run, type RunOptions } from '../../src/run/run.node.ts';
import { hurried, watcher } from './watcher.ts';

let work: string;
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-live-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const small = ['data.train=60', 'data.test=20', 'learning.epochs=2'];
const modelOf = (name: string, ...set: string[]): Pick<RunOptions, 'model' | 'resolvedYaml'> => {
  const { model, resolvedYaml } = readModel(name, { set: [...small, ...set] });
  return { model, resolvedYaml };
};
const bytes = (folder: string, file: string): Buffer => readFileSync(join(work, folder, file));

describe('a watched run', () => {
  it.each([
    ['xor', ['learning.update=events']],
    ['xor', ['engine=event']],
    ['xor', ['learning.update=continual', 'learning.rates.x-h=0.01', 'learning.rates.h-y=0.01']],
    ['xor', ['populations.x.encode=poisson', 'populations.h.dropout=0.2', 'learning.momentum=0.5']],
  ])('%s %j has the bits of one that nobody watches', async (name, set) => {
    const [alone, beside] = [`alone-${set}`, `beside-${set}`].map((each) => each.replaceAll(/[^\w-]/g, '_'));
    const options = modelOf(name, ...set);
    await run({ ...options, out: join(work, alone!) });
    const seen = watcher(undefined, (controls) => controls.show(null));
    await run({ ...options, out: join(work, beside!), live: seen.view, clock: hurried() });
    expect(seen.shown.length).toBeGreaterThan(5);
    for (const file of ['checkpoint.settle', 'metrics.jsonl', 'trace.settle'])
      expect(bytes(beside!, file).equals(bytes(alone!, file)), file).toBe(true);
    const spikes = seen.shown.at(-1)!.frames.filter(({ kind }) => kind === 'spikes');
    expect(spikes.map(({ phase }) => phase)).toEqual(expect.arrayContaining(['free', 'plus', 'minus']));
    expect(seen.shown.at(-1)!.frames.some(({ columns }) => 'h.membrane' in columns)).toBe(true);
  });

  it('stopped after its changes goes on with them, whether the checkpoint knows of them or not', async () => {
    const commands = [2, 8].map((batch) => ({ kind: 'command' as const, batch, epoch: 0, examples: batch * 10, path: 'phases.nudge.beta', value: batch === 2 ? 0.2 : 0.8 })); // prettier-ignore
    const options = modelOf('xor');
    await run({ ...options, commands, out: join(work, 'whole') });
    const stop = { aborted: false };
    const out = join(work, 'part');
    await run({ ...options, commands, out, signal: stop, live: { ...watcher().view, line: (line) => void (stop.aborted ||= 'batch' in line && line.batch === 8) }, clock: hurried() }); // prettier-ignore
    await run({ ...options, out, resume: true });
    for (const file of ['checkpoint.settle', 'metrics.jsonl'])
      expect(bytes('part', file).equals(bytes('whole', file)), file).toBe(true);
  });

  it('a change beyond the last checkpoint survives a kill', async () => {
    const options = modelOf('xor', 'learning.epochs=1');
    const commands = [{ kind: 'command' as const, batch: 3, epoch: 0, examples: 30, path: 'phases.nudge.beta', value: 0.2 }]; // prettier-ignore
    await run({ ...options, commands, out: join(work, 'one') });
    const longer = modelOf('xor');
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
    const options = modelOf('xy', 'record=[{ variable: energy, examples: [0] }]');
    await run({ ...options, out: join(work, 'rate-alone') });
    const seen = watcher(undefined, (controls) => controls.show(null));
    await run({ ...options, out: join(work, 'rate-beside'), live: seen.view, clock: hurried() });
    for (const file of ['checkpoint.settle', 'metrics.jsonl', 'trace.settle'])
      expect(bytes('rate-beside', file).equals(bytes('rate-alone', file)), file).toBe(true);
    expect(seen.shown.at(-1)!.frames.map(({ kind }) => kind)).toContain('energy');
  });
});
