// The check of the largest bundled network that settles: what it samples, and that it takes tens of seconds, not minutes.
import { expect, it } from 'vitest';
import { readModel } from '../../src/model/read.node.ts';
import { check } from '../../src/run/check.node.ts';
import { examplesFor } from '../../src/run/checkSample.ts';

it('the check of hopfield-3h-mnist passes on a sample', async () => {
  const { model } = readModel('hopfield-3h-mnist', { set: [] });
  const begun = process.cpuUsage();
  const { result } = await check({ model, examples: examplesFor(model), threads: 1 });
  const seconds = process.cpuUsage(begun).user / 1e6;
  console.log(`${seconds.toFixed(0)} s of one core; ${result.sampled.join('; ')}`);
  expect(result.failures).toEqual([]);
  expect(result.sampled.length).toBe(3);
  expect(result.gradients.some(({ finiteDifferenceError }) => finiteDifferenceError !== null)).toBe(true);
  expect(seconds).toBeLessThan(60);
});
