// Jobs of a sweep as arrays of Slurm: each task runs a slice of them. What a lost node leaves undone is submitted again; what has
// a result is never run again. It asks the folder what is done, and Slurm only whether somebody still works on the rest.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundled } from '../bundled.node.ts';
import { SettleError } from '../errors.ts';
import { writeFileAtomic } from '../frames/files.node.ts';
import { guarded, readIfThere } from './folder.node.ts';
import { endedJobs, giveUp, type Job, readFailure, readJob } from './job.node.ts';
import type { JobHooks, JobRunner } from './jobPool.node.ts';
import type { Slice } from './sliceProcess.node.ts';
import { cancel, coresOf, queueOf, release, slurmThere, startNow, submit } from './slurmCommands.node.ts';

export interface SlurmOptions {
  /** Jobs of a task; null: by the number of jobs and of cores. */
  readonly slice: number | null;
  /** Further options of sbatch. */
  readonly options: readonly string[];
  /** Milliseconds between two looks. */
  readonly every?: number;
  /** Milliseconds without an answer from Slurm after which it counts as gone (default two minutes). */
  readonly silence?: number;
}

/** Tasks for each core, so that all are busy to the end and none is short. */
const tasksEach = 4;
/** Slurm's own limit of an array, unless it is configured otherwise. */
const mostTasks = 1000;
/** So many arrays in a row may end without one new result. */
const patience = 3;
const usualSilence = 120_000;

const folderOf = (out: string): string => join(out, 'slurm');
const arraysIn = (out: string): number[] => existsSync(folderOf(out)) ? readdirSync(folderOf(out)).map(Number).filter(Number.isInteger).sort((a, b) => a - b) : []; // prettier-ignore
/** What the array is called: a number alone may be of another cluster. */
const nameOf = (out: string): string => `settle-${basename(resolve(out))}`;

/** @throws SettleError of kind `environment` where there is no Slurm: before anything is written */
export async function slurmJobs(options: SlurmOptions): Promise<JobRunner> {
  await slurmThere();
  return async (out, jobs, hooks) => {
    const missing = new Map(jobs.map((job) => [job.name, job]));
    const look = (): void => {
      for (const name of endedJobs(out)) {
        const job = missing.get(name);
        if (!job) continue;
        missing.delete(name);
        hooks.onEnded?.(job, (readJob(out, job) ? null : readFailure(out, job)) ?? { status: 'done' });
      }
    };
    const earlier = arraysIn(out).at(-1);
    const left = earlier === undefined ? null : readIfThere(join(folderOf(out), String(earlier), 'array'));
    // Its submitter was stopped; the array was not.
    if (left) await wait(out, left.trim(), missing, look, hooks, options);
    let fruitless = 0;
    while (missing.size > 0 && !hooks.signal.aborted) {
      const before = missing.size;
      const cores = await coresOf();
      const own = options.slice ?? Math.ceil(missing.size / (tasksEach * cores));
      const size = Math.max(fruitless > 0 ? 1 : own, Math.ceil(missing.size / mostTasks));
      const id = await array(out, [...missing.values()], size, options.options);
      await wait(out, id, missing, look, hooks, options);
      fruitless = missing.size < before ? 0 : fruitless + 1;
      if (fruitless < patience) continue;
      for (const job of missing.values()) {
        const said = `its tasks ended ${patience} times without a result: ${join('slurm', String(arraysIn(out).at(-1)))} has their words`;
        hooks.onEnded?.(job, giveUp(out, job, said));
      }
      return;
    }
  };
}

/** Writes slices and submits them; gives the number of the array. */
async function array(out: string, jobs: readonly Job[], size: number, options: readonly string[]): Promise<string> {
  const number = String((arraysIn(out).at(-1) ?? 0) + 1);
  const folder = resolve(folderOf(out), number);
  guarded(folder, () => mkdirSync(folder, { recursive: true }));
  const count = Math.ceil(jobs.length / size);
  for (let k = 0; k < count; k++) {
    const slice: Slice = { schema: 'settle-slice/1', jobs: jobs.slice(k * size, (k + 1) * size) };
    writeFileAtomic(join(folder, `${k}.json`), `${JSON.stringify(slice)}\n`);
  }
  const word = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const script = join(folder, 'task.sh');
  writeFileAtomic(script, `#!/bin/sh\nexec ${word(process.execPath)} ${word(bundled('slice.js'))} ${word(folder)}/"$SLURM_ARRAY_TASK_ID.json"\n`); // prettier-ignore
  const id = await submit([
    `--job-name=${nameOf(out)}`, `--array=0-${count - 1}`, '--requeue', '--open-mode=append', `--output=${folder.replaceAll('%', '%%')}/%a.txt`,
    '--ntasks=1', '--cpus-per-task=1', ...options, script,
  ]); // prettier-ignore
  writeFileAtomic(join(folder, 'array'), `${id}\n`);
  return id;
}

/** Until every job has ended, or nobody works on the rest, or the signal: then the array is cancelled. */
async function wait(out: string, id: string, missing: ReadonlyMap<string, Job>, look: () => void, hooks: JobHooks, { every = 1000, silence = usualSilence }: SlurmOptions): Promise<void> {
  const name = nameOf(out);
  let [gone, released] = [0, 0];
  let answered = performance.now();
  let words = '';
  for (;;) {
    look();
    if (missing.size === 0) return;
    if (hooks.signal.aborted) return cancel(id);
    const queue = await queueOf(id, name);
    if (queue !== null) answered = performance.now();
    if (performance.now() - answered > silence)
      throw new SettleError('Slurm gives no answer any more', {
        kind: 'environment', path: '--on slurm', found: `none for ${silence / 1000} s`, expected: `word of array ${id}`, hint: '--resume goes on with what it has done',
      });
    // Twice: a result that was written on another machine may be seen a moment later.
    gone = queue?.tasks === 0 ? gone + 1 : 0;
    if (gone > 1) return look();
    if (queue?.held) {
      // Where a task could not be started on a node, Slurm waits for somebody to say that it may try again.
      if ((released += 1) > patience) return cancel(id);
      await release(id);
    }
    // An attempt that may still be running there is in nobody's way.
    for (const task of queue?.later ?? []) await startNow(task);
    const now = queue && queue.tasks > 0 && queue.reasons.length > 0 ? `array ${id}: ${queue.tasks} tasks left, waiting for ${queue.reasons.join(', ')}` : '';
    if (now !== '' && now.replace(/\d+ tasks/, '') !== words.replace(/\d+ tasks/, '')) hooks.onWords?.(now);
    words = now || words;
    await sleep(every);
  }
} // prettier-ignore
