// Cells of a comparison or a sweep in a pool of processes, so many at a time. It knows nothing of what a cell learns.
import { fork } from 'node:child_process';
import { bundled } from '../bundled.node.ts';
import type { CellMessage, CellOutcome, CellTask } from './cell.node.ts';

export { bundled } from '../bundled.node.ts';

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

/** Milliseconds between two looks at the signal. */
const lookEvery = 50;

/** Processes that run one cell after another; one that dies takes its cell with it, and the next cell gets a new one. */
export interface CellWorkers {
  readonly run: CellRunner;
  /** Ends those that wait. */
  close(): void;
}

/** Cells that a process runs before it makes room for a new one. */
const cellsEach = 64;

export function cellWorkers(): CellWorkers {
  const idle: Worker[] = [];
  return {
    async run(task, hooks) {
      const worker = idle.shift() ?? begun();
      const outcome = await worker.run(task, hooks);
      if (worker.cells >= cellsEach) worker.end();
      else if (worker.alive) idle.push(worker);
      return outcome;
    },
    close() {
      for (const worker of idle.splice(0)) worker.end();
    },
  };
}

/** Runs a cell in a process of its own, which counts its own memory and computes in one thread. */
export const forkedCell: CellRunner = async (task, hooks) => {
  const worker = begun();
  const outcome = await worker.run(task, hooks);
  worker.end();
  return outcome;
};

interface Worker {
  readonly run: CellRunner;
  readonly alive: boolean;
  /** Cells begun. */
  readonly cells: number;
  end(): void;
}

function begun(): Worker {
  const child = fork(bundled('cell.js'), [], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let words = '';
  let alive = true;
  let cells = 0;
  let lost = '';
  let onMessage: (message: CellMessage) => void = () => {};
  let onEnd: () => void = () => {};
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-2000)));
  child.on('message', (message: CellMessage) => onMessage(message));
  child.on('error', (error) => (words += error.message));
  child.on('close', (code, killed) => {
    alive = false;
    const how = killed ? `was killed by ${killed}` : `ended with ${code}`;
    lost = `the cell's process ${how}: ${words.trim().split('\n').at(-1) || 'it said nothing'}`;
    onEnd();
  });
  const run: CellRunner = (task, { signal, onProgress }) =>
    new Promise((resolve) => {
      cells += 1;
      words = '';
      let cancelled = false;
      const look = setInterval(() => {
        if (!signal.aborted || cancelled || !child.connected) return;
        cancelled = true;
        child.send('cancel');
      }, lookEvery);
      const ended = (outcome: CellOutcome): void => {
        clearInterval(look);
        onMessage = () => {};
        onEnd = () => {};
        resolve(outcome);
      };
      onMessage = (message) => (message.kind === 'progress' ? onProgress(message.share) : ended(message.outcome));
      onEnd = () => ended(signal.aborted ? { status: 'interrupted' } : { status: 'failed', kind: 'defect', message: lost }); // prettier-ignore
      if (alive) child.send(task, () => {});
      else onEnd();
    });
  return {
    run,
    get alive() {
      return alive;
    },
    get cells() {
      return cells;
    },
    end: () => child.connected && child.disconnect(),
  };
}
