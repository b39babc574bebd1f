// One job of a sweep: a cell run in a folder of this attempt alone, and one small file that says what it found, there or not
// there, never half-written. So jobs may be run by many processes on many machines, twice even, and be collected at any time.
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { explain, SettleError } from '../errors.ts';
import { sha256, writeFileAtomic } from '../frames/files.node.ts';
import type { CellOutcome } from './cell.node.ts';
import { type CellResult, readCell } from './collect.node.ts';
import type { RunResult } from './figures.ts';
import { guarded, readIfThere, runFiles } from './folder.node.ts';
import type { Cell } from './plan.node.ts';
import type { CellHooks, CellRunner } from './pool.node.ts';

/** One run; its name says what is run, so that a point that was run before is known again. */
export interface Job extends Cell {
  /** Its folder stays. */
  readonly keep: boolean;
}

/** Of all that decides what a run finds; where the sweep's other points lie is no part of it. */
export const identityOf = ({ modelSha256, epochs, profileYaml }: Pick<Cell, 'modelSha256' | 'epochs' | 'profileYaml'>): string =>
  sha256(JSON.stringify([modelSha256, epochs, profileYaml === null ? null : sha256(profileYaml)])); // prettier-ignore

/** Of a sweep's folder: results by job, folders of attempts, folders that stay. */
export const jobFolders = { results: 'jobs', attempts: 'work', kept: 'cells' } as const;

export type JobResult = Pick<CellResult, 'version' | 'data' | 'dataSha256'> & { readonly result: Omit<RunResult, 'folder'> }; // prettier-ignore
export type JobFailure = Extract<CellOutcome, { readonly message: string }>;

const resultFile = (out: string, name: string): string => join(out, jobFolders.results, `${name}.json`);
const failureFile = (out: string, name: string): string => join(out, jobFolders.results, `${name}.failed.json`);

/** What a job has found; null before. @throws SettleError of kind `input` for the result of something else */
export function readJob(out: string, job: Job): JobResult | null {
  const file = resultFile(out, job.name);
  const told = parsed(file);
  if (told === null) return null;
  if (told['identity'] !== identityOf(job))
    throw new SettleError('the result is of another job', { kind: 'input', file, path: 'identity', found: String(told['identity']), expected: identityOf(job) }); // prettier-ignore
  return told as unknown as JobResult;
}

/** How a job failed, when it was last tried; null if it was not, or did not. */
export function readFailure(out: string, { name }: Job): JobFailure | null {
  return parsed(failureFile(out, name)) as JobFailure | null;
}

/** Takes back a failure, so that the job is tried again. */
export function forgetFailure(out: string, { name }: Job): void {
  rmSync(failureFile(out, name), { force: true });
}

/** Names of the jobs that have ended, well or not. */
export function endedJobs(out: string): Set<string> {
  const names = readdirSync(join(out, jobFolders.results));
  return new Set(names.filter((name) => name.endsWith('.json')).map((name) => name.replace(/(\.failed)?\.json$/, '')));
}

function parsed(file: string): Record<string, unknown> | null {
  const text = readIfThere(file);
  if (text === null) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new SettleError('not a result of a job', { kind: 'input', file, found: 'no JSON', expected: 'a file that settle wrote', hint: 'without it the job is run again' }); // prettier-ignore
  }
}

let attempts = 0;

/** Runs a job that has no result, goes on where an earlier attempt stood, and writes how it ended. Never throws. */
export async function runJob(out: string, job: Job, run: CellRunner, hooks: CellHooks): Promise<CellOutcome> {
  const above = join(out, jobFolders.attempts);
  const own = join(above, `${job.name}.${hostname()}-${process.pid}-${(attempts += 1)}`);
  try {
    const kept = join(out, jobFolders.kept, job.name);
    const there = job.keep ? readCell(kept, job) : null;
    if (!there) {
      guarded(own, () => mkdirSync(own, { recursive: true }));
      takeOver(above, job.name, own);
      const { resolvedYaml, profileYaml } = job;
      const outcome = await run({ resolvedYaml, profileYaml, folder: own }, hooks);
      if ('message' in outcome) return failed(outcome);
      if (outcome.status === 'interrupted') return outcome;
    }
    const cell = there ?? readCell(own, job);
    if (!cell) throw new SettleError('a finished job has left no result', { kind: 'defect', file: own });
    const { validationError, testError } = cell.result;
    const worth = job.keep ? testError : validationError;
    if (!Number.isFinite(worth))
      throw new SettleError('no error to judge by', { kind: 'check', found: String(worth), expected: 'a finite number' }); // prettier-ignore
    if (job.keep && !there) keep(own, kept);
    publish(cell);
    rmSync(failureFile(out, job.name), { force: true });
    forget(above, job.name);
    return { status: 'done' };
  } catch (error) {
    return failed(failureOf(error));
  }

  function publish({ version, data, dataSha256, result }: CellResult): void {
    const file = resultFile(out, job.name);
    // Whoever was first has found the same.
    if (existsSync(file)) return;
    writeFileAtomic(file, `${JSON.stringify({ schema: 'settle-job/1', name: job.name, identity: identityOf(job), version, data, dataSha256, result }, null, 1)}\n`); // prettier-ignore
  }
  function failed(outcome: JobFailure): CellOutcome {
    const { status, kind } = outcome;
    // Another attempt was first, and has taken the folders of all with it.
    if (existsSync(resultFile(out, job.name))) return { status: 'done' };
    // Folders of attempts are named by process; they say nothing about the job.
    const message = outcome.message.replaceAll(`${own}/`, '').replaceAll(own, job.name);
    try {
      // What the machine stopped may go on from its checkpoint.
      if (status === 'refused') rmSync(own, { recursive: true, force: true });
      writeFileAtomic(failureFile(out, job.name), `${JSON.stringify({ schema: 'settle-job/1', name: job.name, status, kind, message }, null, 1)}\n`); // prettier-ignore
    } catch {
      // A full disk: whoever waits for the outcome hears it all the same.
    }
    return { status, kind, message };
  }
}

function failureOf(error: unknown): JobFailure {
  if (error instanceof SettleError) return { status: 'failed', kind: error.place.kind, message: explain(error) };
  return { status: 'failed', kind: 'defect', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }; // prettier-ignore
}

/** Records a job as failed that nobody could run to an end. */
export function giveUp(out: string, { name }: Job, message: string): JobFailure {
  const failure = { status: 'failed', kind: 'environment', message } as const;
  writeFileAtomic(failureFile(out, name), `${JSON.stringify({ schema: 'settle-job/1', name, ...failure }, null, 1)}\n`);
  return failure;
}

const attemptsOf = (above: string, name: string): string[] =>
  readdirSync(above).filter((each) => each.startsWith(`${name}.`)).map((each) => join(above, each)); // prettier-ignore

/** Copies the newest checkpoint of an earlier attempt. That attempt may still be running somewhere: its files are left alone. */
function takeOver(above: string, name: string, own: string): void {
  const time = (folder: string): number => statSync(join(folder, runFiles.checkpoint), { throwIfNoEntry: false })?.mtimeMs ?? 0; // prettier-ignore
  const [newest] = attemptsOf(above, name).filter((each) => each !== own && time(each) > 0).sort((a, b) => time(b) - time(a)); // prettier-ignore
  if (newest === undefined) return;
  try {
    // First: the others only grow, and are cut to what it says.
    for (const file of ['checkpoint', 'metrics', 'trace', 'model', 'profile', 'provenance'] as const)
      if (existsSync(join(newest, runFiles[file]))) cpSync(join(newest, runFiles[file]), join(own, runFiles[file]));
  } catch {
    // It has just ended: this attempt begins anew.
    for (const file of readdirSync(own)) rmSync(join(own, file), { force: true });
  }
}

/** The folder of the attempt becomes the job's, unless another attempt was first. */
function keep(own: string, kept: string): void {
  guarded(kept, () => {
    if (existsSync(kept)) return;
    try {
      renameSync(own, kept);
    } catch (error) {
      if (!existsSync(kept)) throw error;
    }
  });
}

function forget(above: string, name: string): void {
  for (const folder of attemptsOf(above, name)) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // An attempt that is still running has just written into it; the sweep's end takes all away.
    }
  }
}
