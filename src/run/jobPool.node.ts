// Jobs of a sweep in a pool of processes on this machine.
import { type Job, readJob, runJob } from './job.node.ts';
import type { CellOutcome } from './cell.node.ts';
import { type CellRunner, cellWorkers, runPool } from './pool.node.ts';

export interface JobHooks {
  readonly signal: { readonly aborted: boolean };
  /** Share of a job's training done. */
  onProgress?(job: Job, share: number): void;
  /** A job has ended; `kept` where somebody else has run it meanwhile. */
  onEnded?(job: Job, outcome: CellOutcome | { readonly status: 'kept' }): void;
  /** Words that are worth a line: what a queue waits for. */
  onWords?(words: string): void;
}

/** Runs jobs: when it is through without the signal, each has a result, or a failure that `onEnded` was told. */
export type JobRunner = (out: string, jobs: readonly Job[], hooks: JobHooks) => Promise<void>;

export function jobPool({ jobs: atATime, run }: { jobs: number; run?: CellRunner | undefined }): JobRunner {
  return async (out, jobs, { signal, onProgress, onEnded }) => {
    const workers = run ? { run, close: () => {} } : cellWorkers();
    async function one(job: Job): Promise<void> {
      if (readJob(out, job)) return onEnded?.(job, { status: 'kept' });
      onProgress?.(job, 0);
      const outcome = await runJob(out, job, workers.run, { signal, onProgress: (share) => onProgress?.(job, share) });
      onEnded?.(job, outcome);
    }
    try {
      await runPool({ tasks: jobs, jobs: atATime, signal, run: one });
    } finally {
      workers.close();
    }
  };
}
