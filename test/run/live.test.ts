// A watched run: the same bits as one that nobody watches, and changes that a replay makes again.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveControls, LiveView } from '../../src/run/live.ts';
import { reproduce } from '../../src/run/reproduce.node.ts';
import { run } from '../../src/run/run.node.ts';
import { commandsIn } from '../../src/run/steering.ts';
import { expectSameBits, hurried, short, watcher } from './watcher.ts';

let work: string;
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-live-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const bytes = (folder: string, file: string): Buffer => readFileSync(join(work, folder, file));

describe('a watched run', () => {
  it.each([['xor', []]])('%s %j has the bits of one that nobody watches', async (name, set) => {
    const shown = await expectSameBits(work, name, set);
    const spikes = shown.frames.filter(({ kind }) => kind === 'spikes');
    expect(spikes.map(({ phase }) => phase)).toEqual(expect.arrayContaining(['free', 'plus', 'minus']));
    expect(shown.frames.some(({ columns }) => 'h.membrane' in columns)).toBe(true);
  });

  it('logs a change with its batch, and a replay makes it again', async () => {
    let done = false;
    const seen = watcher(undefined, (controls, { shown }) => {
      controls.show(null);
      if (shown.length < 3 || done) return;
      done = true;
      controls.change({ path: 'phases.nudge.beta', value: 0.3 });
      controls.change({ path: 'learning.rates.x->h', value: 0.4 });
    });
    const options = short('xor');
    await run({ ...options, out: join(work, 'changed'), live: seen.view, clock: hurried() });
    const commands = commandsIn(bytes('changed', 'metrics.jsonl').toString());
    expect(commands.map(({ path, value }) => [path, value])).toEqual([
      ['phases.nudge.beta', 0.3],
      ['learning.rates.x->h', 0.4],
    ]);
    expect(commands[0]!.batch).toBeGreaterThan(0);
    await run({ ...options, out: join(work, 'plain') });
    expect(bytes('changed', 'checkpoint.settle').equals(bytes('plain', 'checkpoint.settle'))).toBe(false);
    expect(await reproduce(join(work, 'changed'))).toMatchObject({ equal: true });
    const provenance = JSON.parse(bytes('changed', 'provenance.json').toString()) as { commands: object[] };
    expect(provenance.commands.length).toBe(2);
  });

  it('pauses, goes one batch on at a time, and goes on', async () => {
    const seen = watcher((controls) => controls.pause());
    const counts: number[] = [];
    const view: LiveView = { ...seen.view, progress: (told) => void counts.push(told.examples) };
    let controls!: LiveControls;
    const running = run({ ...short('xor', 'data.train=400'), live: { ...view, start: (about, given) => (view.start(about, given), (controls = given)) } }); // prettier-ignore
    const until = async (what: () => boolean): Promise<void> => {
      for (let k = 0; k < 400 && !what(); k++) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(what()).toBe(true);
    };
    await until(() => seen.states.at(-1)?.paused === true && counts.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 120));
    const before = counts.at(-1)!;
    controls.step();
    await until(() => counts.at(-1)! > before);
    expect(counts.at(-1)).toBe(before + 10);
    expect(seen.shown.at(-1)).toMatchObject({ set: 'training', examples: before + 10 });
    controls.show(7);
    await until(() => seen.shown.at(-1)!.set === 'test');
    expect(seen.shown.at(-1)!.example).toBe(7);
    expect(counts.at(-1)).toBe(before + 10);
    controls.go();
    expect((await running).interrupted).toBe(false);
  });

  it('says what can change, and refuses the rest in one sentence', async () => {
    const refused: string[] = [];
    const seen = watcher((controls) => {
      const tries: (() => void)[] = [
        () => controls.change({ path: 'phases.free.duration', value: 0.1 }),
        () => controls.change({ path: 'learning.rates.x->h', value: 0 }),
        () => controls.change({ path: 'learning.rates.nowhere', value: 1 }),
        () => controls.change({ path: 'phases.nudge.beta', value: NaN }),
        () => controls.change({ path: 'learning.rates.__proto__', value: 1 }),
        () => controls.show(20),
        () => controls.pick('h', [16]),
        () => controls.pick('nobody', [0]),
      ];
      for (const attempt of tries)
        try {
          attempt();
          refused.push('accepted');
        } catch (error) {
          refused.push((error as Error).message);
        }
    });
    await run({ ...short('xor', 'data.train=3000', 'learning.epochs=3'), live: seen.view });
    expect(refused.length).toBe(8);
    expect(refused).not.toContain('accepted');
    expect(seen.states.at(-1)!.settings.map(({ path }) => path)).toEqual(['phases.nudge.beta', 'learning.rates.x->h', 'learning.rates.h<->y', 'populations.h.bias.rate', 'populations.y.bias.rate']); // prettier-ignore
  });
});
