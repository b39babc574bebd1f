// Cells of a comparison in a pool: one process each, so many at a time. It knows nothing of what a cell learns.
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SettleError } from '../errors.ts';
import type { CellMessage, CellOutcome, CellTask } from './cell.node.ts';

export interface CellHooks {
  /** Looked at now and then; the cell leaves a checkpoint and ends as `interrupted`. */
  readonly signal: { readonly aborted: boolean };
  /** Share of the cell's training examples done. */
  onProgress(share: number): void;
}

/** Runs one cell to its end. */
export type CellRunner = (task: CellTask, hooks: CellHooks) => Promise<CellOutcome>;

export interface PoolOptions<T> {
  readonly tasks: readonly T[];
  readonly jobs: number;
  readonly signal: { readonly aborted: boolean };
  /** Ends when the task has; the next one begins. */
  run(task: T): Promise<void>;
}

/** Runs tasks in order, `jobs` at a time; none begins after the signal, and one that throws ends the rest. */
export async function runPool<T>({ tasks, jobs, signal, run }: PoolOptions<T>): Promise<void> {
  const waiting = [...tasks];
  let broken = false;
  async function worker(): Promise<void> {
    while (!broken && !signal.aborted) {
      const task = waiting.shift();
      if (task === undefined) return;
      try {
        await run(task);
      } catch (error) {
        broken = true;
        throw error;
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(jobs, tasks.length) }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** In dist/ the cell's bundle lies beside this file; run from the sources, it lies in the dist/ of the repository. */
function cellFile(): string {
  const beside = new URL('./cell.js', import.meta.url);
  const file = fileURLToPath(existsSync(beside) ? beside : new URL('../../dist/cell.js', import.meta.url));
  if (!existsSync(file))
    throw new SettleError('the process of a cell is not built', { kind: 'environment', expected: 'dist/cell.js', hint: 'npm run build' }); // prettier-ignore
  return file;
}

/** Milliseconds between two looks at the signal. */
const lookEvery = 50;

/** Runs a cell in a process of its own, which counts its own memory and computes in one thread. */
export const forkedCell: CellRunner = (task, { signal, onProgress }) =>
  new Promise((resolve) => {
    const child = fork(cellFile(), [], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let outcome: CellOutcome | null = null;
    let words = '';
    let cancelled = false;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-2000)));
    const look = setInterval(() => {
      if (!signal.aborted || cancelled || !child.connected) return;
      cancelled = true;
      child.send('cancel');
    }, lookEvery);
    child.on('message', (message: CellMessage) => {
      if (message.kind === 'progress') onProgress(message.share);
      else outcome = message.outcome;
    });
    child.on('error', (error) => (words += error.message));
    child.on('close', (code, killed) => {
      clearInterval(look);
      const how = killed ? `was killed by ${killed}` : `ended with ${code}`;
      resolve(
        outcome ??
          (signal.aborted
            ? { status: 'interrupted' }
            : { status: 'failed', kind: 'defect', message: `the cell's process ${how}: ${words.trim().split('\n').at(-1) || 'it said nothing'}` }),
      ); // prettier-ignore
    });
    child.send(task);
  });
