// From jobs to a sweep: points with their spread over seeds, the best of them, and what its test says beside the model's own
// settings. Pure. Only points of which every seed is done can be the best: seeds that were lost are not the easy ones.
import { type Spread, spreadOf } from '../math/statistics.ts';
import type { SweepPoint, SweepSeries, TestedPoint } from '../report/sweep.ts';
import type { RunResult } from './figures.ts';

/** How a job of a point ended. */
export type Ended =
  | { readonly seed: number; readonly name: string; readonly epochs: number; readonly result: Omit<RunResult, 'folder'> }
  | { readonly seed: number; readonly status: 'refused' | 'failed'; readonly message: string }; // prettier-ignore

const spread = (values: readonly (number | null | undefined)[]): Spread | null => {
  const known = values.filter((value): value is number => typeof value === 'number');
  return known.length === 0 ? null : spreadOf(known);
};

function parted(ended: readonly Ended[]) {
  const done = ended.filter((each) => 'result' in each);
  const failures = ended.filter((each) => 'message' in each);
  const status = failures.length === 0 ? 'done' : (failures.find((each) => each.status === 'failed')?.status ?? 'refused'); // prettier-ignore
  const same = new Set(failures.map(({ message }) => message)).size === 1;
  const part = done.length > 0 ? `${failures.length} of ${ended.length} seeds: ` : '';
  const words = same
    ? failures[0]!.message
    : failures.map(({ seed, message }) => `seed ${seed}: ${message}`).join('; ');
  return { done, status, reason: failures.length === 0 ? null : part + words } as const;
}

export function pointOf(values: readonly unknown[], ended: readonly Ended[]): SweepPoint {
  const { done, status, reason } = parted(ended);
  const of = (read: (result: Omit<RunResult, 'folder'>) => number | null | undefined): Spread | null => spread(done.map(({ result }) => read(result))); // prettier-ignore
  return {
    values, status, reason,
    seeds: done.map(({ seed, result }) => ({ seed, validationError: result.validationError! })),
    validationError: of((result) => result.validationError),
    trainError: of((result) => result.trainError),
    spikes: of((result) => result.testSpikesPerExample),
    energy: of((result) => result.energy?.inference),
    seconds: of((result) => result.seconds),
  }; // prettier-ignore
}

export function testedOf(ended: readonly Ended[]): TestedPoint {
  const { done, status, reason } = parted(ended);
  return {
    status,
    reason,
    seeds: done.map(({ seed, name, result }) => ({
      seed, testError: result.testError, checkpointSha256: result.checkpointSha256, folder: `cells/${name}`,
    })),
    testError: spread(done.map(({ result }) => result.testError)),
    epochs: done[0]?.epochs ?? null,
    seconds: spread(done.map(({ result }) => result.seconds)),
  }; // prettier-ignore
}

/** What a point is judged by; Infinity where a seed is missing. */
export const worthOf = ({ status, validationError }: SweepPoint): number =>
  status === 'done' && validationError !== null ? validationError.mean : Infinity;

/** Place of the first point of least validation error, or null. */
export function bestOf(points: readonly SweepPoint[]): number | null {
  const worths = points.map(worthOf);
  const least = Math.min(...worths);
  return Number.isFinite(least) ? worths.indexOf(least) : null;
}

/** Over the seeds that both have. */
export function differenceOf({ best, own }: SweepSeries['tested']): Spread | null {
  const pairs = (best?.seeds ?? []).flatMap(({ seed, testError }) => {
    const other = own?.seeds.find((each) => each.seed === seed);
    return other ? [testError - other.testError] : [];
  });
  return spread(pairs);
}
