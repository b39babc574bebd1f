// The process of one task of a cluster: runs the jobs of a slice one after another, each recorded as soon as it has ended. The
// folder of the sweep is the one that the slice's file lies in; nothing else is known here.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { explain, SettleError } from '../errors.ts';
import type { Job } from './job.node.ts';
import { jobPool } from './jobPool.node.ts';

export interface Slice {
  readonly schema: 'settle-slice/1';
  readonly jobs: readonly Job[];
}

const signal = { aborted: false };
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => void (signal.aborted = true));
try {
  const file = process.argv[2] ?? '';
  const { jobs } = JSON.parse(readFileSync(file, 'utf8')) as Slice;
  let ended = 0;
  await jobPool({ jobs: Number(process.env['SLURM_CPUS_PER_TASK'] ?? 1) })(join(dirname(file), '../..'), jobs, {
    signal,
    onEnded({ name }, outcome) {
      if (outcome.status !== 'interrupted') ended += 1;
      process.stdout.write(`${name}: ${outcome.status}${'message' in outcome ? `: ${outcome.message}` : ''}\n`);
    },
  });
  process.exitCode = ended === jobs.length ? 0 : 1;
} catch (error) {
  process.stderr.write(`settle: ${error instanceof SettleError ? explain(error) : String(error)}\n`);
  process.exitCode = 1;
}
