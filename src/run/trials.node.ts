// Trials of creatures in threads: one physics engine each, scores at the places of their candidates, so that the number of threads
// changes no bit.
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { SettleError } from '../errors.ts';
import type { Individual } from '../search/creatures/sims.ts';
import type { TrialOptions } from '../search/creatures/trial.ts';
import type { Answer } from '../search/search.ts';
import type { TrialAnswer, TrialAsked } from './trialWorker.node.ts';

export interface Trials {
  /** The score of a creature; a thread that ends before it answers is that creature's failure. */
  evaluate(individual: Individual): Promise<Answer>;
  readonly threads: number;
  close(): Promise<void>;
}

function workerFile(): URL {
  const beside = new URL('./trial-worker.js', import.meta.url);
  const file = existsSync(beside) ? beside : new URL('../../dist/trial-worker.js', import.meta.url);
  if (!existsSync(file))
    throw new SettleError('the threads for trials are not built', { kind: 'environment', expected: 'dist/trial-worker.js', hint: 'npm run build' }); // prettier-ignore
  return file;
}

interface Thread {
  readonly worker: Worker;
  waiting: { readonly done: (answer: Answer) => void; readonly failed: (error: Error) => void } | null;
}

export function trials(options: Omit<TrialOptions, 'record'>, threads: number): Trials {
  const file = workerFile();
  const idle: Thread[] = [];
  const all = new Set<Thread>();
  const queue: ((thread: Thread) => void)[] = [];
  let closed = false;

  function open(): void {
    const worker = new Worker(file, { workerData: options });
    const thread: Thread = { worker, waiting: null };
    all.add(thread);
    worker.unref();
    worker.on('message', (answer: TrialAnswer) => {
      const { waiting } = thread;
      thread.waiting = null;
      release(thread);
      if ('failure' in answer) waiting?.failed(new Error(answer.failure));
      else waiting?.done(answer.score);
    });
    const gone = (why: string): void => {
      if (!all.delete(thread)) return;
      thread.waiting?.failed(new Error(why));
      if (!closed) open();
    };
    worker.on('error', (error) => gone(error.message));
    worker.on('exit', (code) => gone(`a thread ended with ${code}`));
    release(thread);
  }
  function release(thread: Thread): void {
    const next = queue.shift();
    if (next) next(thread);
    else idle.push(thread);
  }
  for (let k = 0; k < threads; k++) open();
  return {
    threads,
    evaluate: ({ genotype }) =>
      new Promise((done, failed) => {
        const give = (thread: Thread): void => {
          thread.waiting = { done, failed };
          thread.worker.postMessage({ genotype } satisfies TrialAsked);
        };
        let thread = idle.shift();
        while (thread && !all.has(thread)) thread = idle.shift();
        if (thread) give(thread);
        else queue.push(give);
      }),
    async close() {
      closed = true;
      await Promise.all([...all].map(({ worker }) => worker.terminate()));
    },
  };
}
