// Somebody who watches a run, for tests: keeps what it is told, and acts when it is shown something.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readModel } from '../../src/model/read.node.ts';
import type { LiveControls, LiveProgress, LiveState, LiveView, ShownExample } from '../../src/run/live.ts';
import { run, type RunOptions } from '../../src/run/run.node.ts';

/** A clock that is always late, so that every batch is a reason to look aside. */
export const hurried = (): (() => number) => {
  let now = 0;
  return () => (now += 1000);
};

export interface Seen {
  readonly view: LiveView;
  readonly shown: ShownExample[];
  readonly states: LiveState[];
  readonly progress: LiveProgress[];
  readonly lines: object[];
}
export function watcher(act: (controls: LiveControls, seen: Seen) => void = () => {}, each?: (controls: LiveControls, seen: Seen) => void): Seen {
  let controls: LiveControls | null = null;
  const seen: Seen = {
    shown: [], states: [], progress: [], lines: [],
    view: {
      watched: true,
      start(_, given) {
        controls = given;
        act(given, seen);
      },
      state: (state) => void seen.states.push(state),
      line: (line) => void seen.lines.push(line),
      progress: (progress) => void seen.progress.push(progress),
      example(shown) {
        seen.shown.push(shown);
        each?.(controls!, seen);
      },
    },
  };
  return seen;
} // prettier-ignore

/** A short run of a model. */
export function short(name: string, ...set: string[]): Pick<RunOptions, 'model' | 'resolvedYaml'> {
  const { model, resolvedYaml } = readModel(name, { set: ['data.train=60', 'data.test=20', 'learning.epochs=2', ...set] }); // prettier-ignore
  return { model, resolvedYaml };
}

/** Runs a model alone and watched, in two folders of `work`, and holds every file of the second to the first. */
export async function expectSameBits(work: string, name: string, set: readonly string[]): Promise<ShownExample> {
  const [alone, beside] = ['alone', 'beside'].map((each) => join(work, `${each}-${name}-${set}`.replaceAll(/[^\w-]/g, '_'))); // prettier-ignore
  const options = short(name, ...set);
  await run({ ...options, out: alone! });
  const seen = watcher(undefined, (controls) => controls.show(null));
  await run({ ...options, out: beside!, live: seen.view, clock: hurried() });
  expect(seen.shown.length).toBeGreaterThan(5);
  for (const file of ['checkpoint.settle', 'metrics.jsonl', 'trace.settle'])
    expect(readFileSync(join(beside!, file)).equals(readFileSync(join(alone!, file))), file).toBe(true);
  return seen.shown.at(-1)!;
}
