// Creatures evolved by the command's own machinery: on one process or two, stopped and gone on with, the same bits.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEvolution } from '../../src/model/evolution.ts';
import { runEvolution } from '../../src/run/evolve.node.ts';
import { trial } from '../../src/search/creatures/trial.ts';
import type { Individual } from '../../src/search/creatures/sims.ts';
import { openPhysics } from '../../src/search/creatures/world.ts';
import { decodeSearch } from '../../src/search/state.ts';

let work: string;
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-creatures-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const text = (generations: number): string => `settleEvolve: 1
name: walk
task: { kind: creature, do: walk, controller: lif }
algorithm: { kind: sims, population: 16 }
until: { generations: ${generations} }
`;
const go = async (name: string, generations: number, jobs: number, resume = false) => {
  const file = `${name}.yaml`;
  const task = { text: text(generations), file, set: [] };
  return runEvolution({ loaded: loadEvolution(task.text, file), task, out: join(work, name), jobs, resume });
};
const left = (name: string, file: string): string => readFileSync(join(work, name, file), 'utf8');

describe('creatures', () => {
  it('evolve to the same champion in one process, in two, and after a stop', async () => {
    const { result } = await go('one', 4, 1);
    await go('two', 4, 2);
    await go('stopped', 2, 2);
    await go('stopped', 4, 2, true);
    for (const name of ['two', 'stopped'])
      for (const file of ['champion.json', 'creatures.html']) expect(left(name, file), `${name} ${file}`).toBe(left('one', file)); // prettier-ignore
    expect(result!.fitness).toBeGreaterThan(1);
    const best = result!.records.map((record) => record.best!);
    expect(best.at(-1)).toBeGreaterThanOrEqual(best[0]!);
  }, 240_000);

  it('the champion scores again what it scored', async () => {
    await openPhysics();
    const { candidate, score } = decodeSearch(left('one', 'champion.json')) as { candidate: Individual; score: { fitness: number } }; // prettier-ignore
    const [first, second] = [0, 1].map(() => trial(candidate.genotype, { task: 'walk', record: true }));
    expect(first!.score).toBe(score.fitness);
    expect(second).toEqual(first);
  });
});
