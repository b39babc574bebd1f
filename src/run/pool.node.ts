// Cells of a comparison or a sweep in a pool of processes, so many at a time. It knows nothing of what a cell learns.
import type { CellMessage, CellOutcome, CellTask } from './cell.node.ts';
import { askedProcess, type Lost, living } from './process.node.ts';

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
export const lookEvery = 50;

/** Processes that run one cell after another; one that dies takes its cell with it, and the next cell gets a new one. */
export interface CellWorkers {
  readonly run: CellRunner;
  /** Numbers of the processes that wait. */
  waiting(): number[];
  /** Ends those that wait. */
  close(): void;
}

/** Cells that a process runs before it makes room for a new one. */
const cellsEach = 64;

export function cellWorkers(): CellWorkers {
  const idle: Worker[] = [];
  return {
    async run(task, hooks) {
      for (;;) {
        const waited = living(idle);
        const worker = waited ?? begun();
        const { outcome, unheard } = await worker.run(task, hooks);
        // One that died while it waited has begun nothing.
        if (unheard && waited) continue;
        if (worker.cells >= cellsEach) worker.end();
        else if (worker.alive) idle.push(worker);
        return outcome;
      }
    },
    waiting: () => idle.filter(({ alive }) => alive).map(({ pid }) => pid!),
    close() {
      for (const worker of idle.splice(0)) worker.end();
    },
  };
}

/** Runs a cell in a process of its own, which counts its own memory and computes in one thread. */
export const forkedCell: CellRunner = async (task, hooks) => {
  const worker = begun();
  const { outcome } = await worker.run(task, hooks);
  worker.end();
  return outcome;
};

interface Worker {
  run(task: CellTask, hooks: CellHooks): Promise<{ readonly outcome: CellOutcome; readonly unheard: boolean }>;
  readonly alive: boolean;
  readonly pid: number | undefined;
  /** Cells begun. */
  readonly cells: number;
  end(): void;
}

function begun(): Worker {
  const child = askedProcess('cell.js');
  let cells = 0;
  return {
    async run(task, { signal, onProgress }) {
      cells += 1;
      let outcome: CellOutcome | null = null;
      let cancelled = false;
      const look = setInterval(() => {
        if (!signal.aborted || cancelled) return;
        cancelled = true;
        child.tell('cancel');
      }, lookEvery);
      const lost: Lost | null = await child.ask<CellMessage>(task, (message) => {
        if (message.kind === 'ended') outcome = message.outcome;
        else onProgress(message.share);
        return message.kind === 'ended';
      });
      clearInterval(look);
      if (lost === null) return { outcome: outcome!, unheard: false };
      if (signal.aborted) return { outcome: { status: 'interrupted' }, unheard: false };
      const message = `the cell's process ${lost.how}: ${lost.words}`;
      return { outcome: { status: 'failed', kind: 'defect', message }, unheard: lost.unheard };
    },
    get alive() {
      return child.alive;
    },
    get pid() {
      return child.pid;
    },
    get cells() {
      return cells;
    },
    end: child.end,
  };
}
