// The progress of many runs: a line for each that ends, and how long the rest will take.
import type { CompareProgress } from '../run/compare.node.ts';
import { clock, type Line } from './progress.ts';

/** Says how each cell ended, and how long the rest will take: a row's cells are alike, other rows are guessed from them. */
export function cellProgress(line: Line, now: () => number, jobs: number) {
  const begun = new Map<string, { at: number; share: number }>();
  const known = new Map<string, number>();
  let since: { at: number; done: number } | null = null;
  const left = ({ done, cells, open }: CompareProgress): number => {
    for (const { row, cell, share } of open) {
      const first = begun.get(cell) ?? { at: now(), share };
      begun.set(cell, first);
      if (share - first.share > 0.02) known.set(row, (now() - first.at) / (share - first.share));
    }
    const times = [...known.values()];
    // Runs that are made elsewhere do not say how far they are.
    since ??= { at: now(), done };
    if (times.length === 0) return done > since.done ? ((now() - since.at) / (done - since.done) / 1000) * (cells - done) : NaN; // prettier-ignore
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    const running = open.reduce((sum, { row, share }) => sum + (1 - share) * (known.get(row) ?? mean), 0);
    return (running + Math.max(0, cells - done - open.length) * mean) / jobs / 1000;
  };
  const said: Readonly<Record<string, string>> = { done: 'done', kept: 'done before', interrupted: 'stopped', refused: 'refused', failed: 'failed' }; // prettier-ignore
  return {
    onProgress(progress: CompareProgress) {
      const { done, cells, open } = progress;
      const part = open.reduce((sum, { share }) => sum + share, done);
      const seconds = left(progress);
      line.at(Math.floor(1000 * part), 1000 * cells, () => `${done} of ${cells} runs done, ${clock(seconds)} left`);
    },
    onCell({ name }: { readonly name: string }, status: string, message: string | null) {
      const { at } = begun.get(name) ?? {};
      const time = at === undefined || status === 'kept' ? '' : ` after ${clock((now() - at) / 1000)}`;
      line.say(`${name}: ${said[status]}${message === null ? time : `: ${message.split('\n')[0]}`}`);
    },
  };
}
