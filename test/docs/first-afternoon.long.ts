// docs/first-afternoon.md, done: every command in order, what it prints, and the figures that the text promises.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Done, follow, readPage } from './blocks.ts';

let done: Done;
beforeAll(async () => {
  done = await follow(readPage('first-afternoon.md'), 'docs/first-afternoon.md');
}, 240_000);
afterAll(() => done.remove());

const file = (...path: string[]): string => readFileSync(join(done.folder, ...path), 'utf8');
/** Test error of the last epoch, in percent. */
const error = (run: string): number => {
  const lines = file('runs', run, 'metrics.jsonl').trim().split('\n').map((line) => JSON.parse(line) as { kind: string; testError?: number }); // prettier-ignore
  return 100 * lines.findLast(({ kind }) => kind === 'epoch')!.testError!;
};

it('every command of the page ends as it says and prints what it shows', () => {
  expect(done.wrong).toEqual([]);
});

it('errors are as small as the text says', () => {
  expect(error('mnist-ep-1')).toBeLessThan(25);
  expect(error('disc-ep-1')).toBeLessThan(5);
  expect(error('quartic-ep-1')).toBeLessThan(10);
  const { rows } = JSON.parse(file('runs/compare-rate/comparison.json')) as { rows: { label: string; testError: { mean: number } }[] }; // prettier-ignore
  const mean = (rule: string): number => 100 * rows.find(({ label }) => label === rule)!.testError.mean;
  expect(Math.abs(mean('ep') - mean('bp'))).toBeLessThan(5);
  expect(mean('shallow')).toBeGreaterThan(mean('ep') + 10);
});

it('the page of a run has what the text names', () => {
  const page = file('runs/mnist-ep-1/report.html');
  for (const title of ['Learning curve', 'Settling', 'Energy', 'Confusion matrix', 'Model', 'How to cite'])
    expect(page, title).toContain(`<h2>${title}`);
  expect(existsSync(join(done.folder, 'runs/compare-rate/comparison.html'))).toBe(true);
});
