// Candidates scored in processes of their own, so many at a time. A process that is killed costs the candidate that it was at, and
// nothing else; scores stand at their candidates' places, so their number changes no bit.
import type { Score } from '../search/search.ts';
import { lookEvery } from './pool.node.ts';
import { type Asked, askedProcess, living } from './process.node.ts';

export interface EvaluatorTask {
  /** The evolution file, its name for messages, and overrides. */
  readonly text: string;
  readonly file: string;
  readonly set: readonly string[];
}
export type EvaluatorMessage = { readonly candidates: readonly unknown[] };
export type EvaluatorAnswer = { readonly score: Score };

export interface EvaluatorPool {
  /** Scores in the order of the candidates; none when the signal came before the last. */
  scores(candidates: readonly unknown[]): Promise<Score[]>;
  /** Numbers of the processes that live. */
  processes(): number[];
  close(): void;
}

/** Pieces of a generation for each process: few enough to cost little, many enough to even out. */
const piecesEach = 4;

export function evaluatorPool(task: EvaluatorTask, jobs: number, signal: { readonly aborted: boolean }): EvaluatorPool {
  const idle: Asked[] = [];
  const all = new Set<Asked>();
  const started = (): Asked => {
    const child = askedProcess('evaluator.js');
    all.add(child);
    child.tell(task);
    return child;
  };
  /** Scores places from `from` on; ends with the place that the process did not survive, or with `to`. */
  async function piece(candidates: readonly unknown[], from: number, to: number, scores: Score[]): Promise<number> {
    const waited = living(idle);
    const child = waited ?? started();
    let at = from;
    const question: EvaluatorMessage = { candidates: candidates.slice(from, to) };
    const lost = await child.ask<EvaluatorAnswer>(question, ({ score }) => {
      scores[at++] = score;
      return at === to;
    });
    if (lost === null) {
      idle.push(child);
      return to;
    }
    all.delete(child);
    // One that died while it waited has begun nothing.
    if (lost.unheard && waited) return at;
    scores[at] = { fitness: -Infinity, objectives: [], solved: false, failure: `the evaluator's process ${lost.how}` };
    return at + 1;
  }
  async function allScores(candidates: readonly unknown[]): Promise<Score[]> {
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
  }
  return {
    /** Processes that compute are not waited for: they hold nothing that would be lost. */
    async scores(candidates) {
      let look: NodeJS.Timeout | undefined;
      const stopped = new Promise<Score[]>((resolve) => {
        look = setInterval(() => {
          if (!signal.aborted) return;
          for (const child of all) child.kill();
          resolve([]);
        }, lookEvery);
      });
      const scores = await Promise.race([allScores(candidates), stopped]);
      clearInterval(look);
      return scores;
    },
    processes: () => [...all].filter(({ alive }) => alive).map(({ pid }) => pid!),
    close() {
      for (const child of all) child.end();
    },
  };
}
