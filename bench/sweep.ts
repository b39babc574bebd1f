// What a sweep costs beside its runs: milliseconds a job in a pool of one process and, where a Slurm answers, in arrays, above the
// same runs one after another in this process. The runs are as small as they get.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSweep } from '../src/model/sweep.ts';
import { markdownText } from '../src/report/table.ts';
import { runCell } from '../src/run/cell.node.ts';
import { jobPool, type JobRunner } from '../src/run/jobPool.node.ts';
import { slurmJobs } from '../src/run/slurm.node.ts';
import { sweep } from '../src/run/sweep.node.ts';
import { sweepPlan } from '../src/run/sweepPlan.node.ts';

const specOf = (count: number) =>
  loadSweep(
    `settleSweep: 1
name: overhead
model: xor
set: { data.train: 40, data.test: 20 }
epochs: 1
space: { learning.rateDecay: { from: 0.5, to: 1, count: ${count} } }
testSeeds: 0
own: false
validation: 20
`,
    'overhead',
  );

/** A section of the speed report. */
export async function sweepBench(): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), 'settle-bench-sweep-'));
  const timed = async (call: () => Promise<unknown>): Promise<number> => {
    const begun = performance.now();
    await call();
    return performance.now() - begun;
  };
  try {
    const count = 60;
    const plan = sweepPlan(specOf(count));
    const jobs = plan.proposer().ask().flatMap((point) => plan.judging(plan.rows[0]!, point)); // prettier-ignore
    const alone = async (from: number, to: number): Promise<void> => {
      for (const { resolvedYaml, name } of jobs.slice(from, to))
        await runCell({ resolvedYaml, folder: join(work, name) });
    };
    await alone(0, 20);
    const run = (await timed(() => alone(20, 60))) / 40;
    const rows = [['the run alone, in one process that is warm', String(40), run.toFixed(0), '-']];
    const measure = async (label: string, points: number, runner: JobRunner): Promise<void> => {
      const out = join(work, label.replace(/\W+/g, '-'));
      const each = (await timed(() => sweep({ spec: specOf(points), out, runner }))) / points;
      rows.push([label, String(points), each.toFixed(0), (each - run).toFixed(0)]);
    };
    await measure('local pool, one process', count, jobPool({ jobs: 1 }));
    await measure('local pool, two processes', count, jobPool({ jobs: 2 }));
    let words = '';
    try {
      await measure('Slurm, 15 runs a task', count, await slurmJobs({ slice: 15, options: [] }));
      await measure('Slurm, one run a task', 20, await slurmJobs({ slice: 1, options: [] }));
    } catch (error) {
      words = `\nSlurm: not measured here (${(error as Error).message}).\n`;
    }
    return `\n## Sweeps: time beside the runs\n\nXOR, 20 training examples; a whole sweep by the clock, planning, processes and tables included, divided by its jobs.\n\n${markdownText({ columns: ['where', 'jobs', 'ms a job', 'above the run alone'], rows })}${words}`;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
