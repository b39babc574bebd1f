// Runs whose pictures are cropped, flipped and normalised: the same bits whatever the threads and wherever they were stopped.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadDataSet } from '../../src/data/load.node.ts';
import { readModel } from '../../src/model/read.node.ts';
import { pictureOf } from '../../src/run/page.ts';
import { run, type RunOptions } from '../../src/run/run.node.ts';

const work = mkdtempSync(join(tmpdir(), 'settle-augment-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const options = (set: readonly string[] = []): RunOptions => ({
  model: readModel('bars', {
    set: ['data.train=203', 'data.test=20', 'learning.epochs=3', 'data.normalise=true', 'data.augment.crop=1', 'data.augment.flip=true', ...set],
  }).model,
}); // prettier-ignore

it('pictures change at random, with the same bits in one thread and in two', async () => {
  const [one, two] = [await run(options()), await run({ ...options(), threads: 2 })];
  expect(two.state.learned).toEqual(one.state.learned);
  for (const set of [
    ['data.augment.flip=false'],
    ['data.augment.crop=0'],
    ['data.augment.fill=zero'],
    ['data.normalise=false'],
  ])
    // prettier-ignore
    expect((await run(options(set))).state.learned).not.toEqual(one.state.learned);
});

it('a run stopped in the middle of an epoch goes on to the same bits', async () => {
  const whole = await run(options());
  const out = join(work, 'stopped');
  let looks = 0;
  const stopped = await run({ ...options(), out, signal: { get aborted() { return ++looks > 40; } } }); // prettier-ignore
  expect(stopped.interrupted).toBe(true);
  expect(stopped.state.batch).toBeGreaterThan(0);
  const rest = await run({ ...options(), out, resume: true });
  expect(rest.state.learned).toEqual(whole.state.learned);
  expect(rest.result!.testError).toBe(whole.result!.testError);
});

it('the page shows a picture as it came, whatever machines read', () => {
  const { train } = loadDataSet({
    set: 'bars',
    path: null,
    train: 5,
    test: 5,
    validation: 0,
    batch: 1,
    normalise: true,
  });
  expect(Array.from(pictureOf(train, 3)!.values)).toEqual([...train.inputs.subarray(3 * 16, 4 * 16)]);
});
