// Candidates scored in processes of their own, so many at a time. A process that is killed costs the candidate that it was at, and
// nothing else; scores stand at their candidates' places, so their number changes no bit.
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SettleError } from '../errors.ts';
import type { Score } from '../search/search.ts';

export interface EvaluatorTask {
  /** The evolution file, its name for messages, and overrides. */
  readonly text: string;
  readonly file: string;
  readonly set: readonly string[];
}
export type EvaluatorMessage = { readonly candidates: readonly unknown[] };
export type EvaluatorAnswer = { readonly score: Score };

export interface EvaluatorPool {
  /** Scores in the order of the candidates; fewer when the signal came. */
  scores(candidates: readonly unknown[]): Promise<Score[]>;
  /** Numbers of the processes that live. */
  processes(): number[];
  close(): void;
}

function evaluatorFile(): string {
  const beside = new URL('./evaluator.js', import.meta.url);
  const file = fileURLToPath(existsSync(beside) ? beside : new URL('../../dist/evaluator.js', import.meta.url));
  if (!existsSync(file))
    throw new SettleError('the process of an evaluator is not built', { kind: 'environment', expected: 'dist/evaluator.js', hint: 'npm run build' }); // prettier-ignore
  return file;
}

/** Pieces of a generation for each process: few enough to cost little, many enough to even out. */
const piecesEach = 4;

export function evaluatorPool(task: EvaluatorTask, jobs: number, signal: { readonly aborted: boolean }): EvaluatorPool {
  const file = evaluatorFile();
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();
  const started = (): ChildProcess => {
    const child = fork(file, [], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    all.add(child);
    child.on('close', () => all.delete(child));
    child.send(task);
    return child;
  };
  /** Scores places from `from` on; ends with the place that the process did not survive, or with `to`. */
  function piece(candidates: readonly unknown[], from: number, to: number, scores: Score[]): Promise<number> {
    const child = idle.pop() ?? started();
    return new Promise((resolve) => {
      let at = from;
      const ended = (code: number | null, killed: string | null): void => {
        const how = killed ? `was killed by ${killed}` : `ended with ${code}`;
        scores[at] = { fitness: -Infinity, objectives: [], solved: false, failure: `the evaluator's process ${how}` };
        resolve(at + 1);
      };
      const answered = ({ score }: EvaluatorAnswer): void => {
        scores[at++] = score;
        if (at < to) return;
        child.off('message', answered);
        child.off('close', ended);
        idle.push(child);
        resolve(at);
      };
      child.on('message', answered);
      child.on('close', ended);
      // One that has died since is found out by its closing.
      child.send({ candidates: candidates.slice(from, to) } satisfies EvaluatorMessage, () => {});
    });
  }
  return {
    async scores(candidates) {
      const scores: Score[] = [];
      const size = Math.max(1, Math.ceil(candidates.length / (jobs * piecesEach)));
      let next = 0;
      const worker = async (): Promise<void> => {
        while (next < candidates.length && !signal.aborted) {
          const [from, to] = [next, Math.min(candidates.length, next + size)];
          next = to;
          for (let at = from; at < to && !signal.aborted;) at = await piece(candidates, at, to, scores);
        }
      };
      await Promise.all(Array.from({ length: jobs }, worker));
      // An interrupted generation is asked again from its start.
      return signal.aborted && scores.filter(Boolean).length < candidates.length ? [] : scores;
    },
    processes: () => [...all].map(({ pid }) => pid!),
    close() {
      for (const child of all) child.disconnect();
    },
  };
}
