// A sweep as plain data (`settle-sweep/1`): what sweep.json holds and what tables and the page draw. Fractions are of 1. It does
// not say where the runs were made: the same sweep is the same table wherever.
import type { Spread } from '../math/statistics.ts';

export interface Sweep {
  readonly schema: 'settle-sweep/1';
  readonly name: string;
  readonly model: string;
  readonly method: string;
  /** Of settle; more than one where the runs were made by several. */
  readonly versions: readonly string[];
  readonly data: readonly string[];
  /** Of the runs that judge a point, and of those that are tested. */
  readonly seeds: readonly number[];
  readonly testSeeds: readonly number[];
  /** Training examples held out while choosing. */
  readonly validation: number;
  readonly axes: readonly SweepAxis[];
  readonly series: readonly SweepSeries[];
  readonly notes: readonly string[];
}

export interface SweepAxis {
  readonly path: string;
  readonly scale: 'linear' | 'log';
}

/** One rule, on a chip if there is one. */
export interface SweepSeries {
  readonly label: string;
  readonly rule: string;
  readonly profile: string | null;
  readonly points: readonly SweepPoint[];
  /** The model's own settings, judged beside. */
  readonly own: SweepPoint | null;
  /** Of `points`, the first of least validation error; null where none is whole. */
  readonly best: number | null;
  /** The best point and the model's own settings, trained on all training examples with fresh seeds. */
  readonly tested: { readonly best: TestedPoint | null; readonly own: TestedPoint | null };
  /** Test error of the best less that of the model's own settings, seed by seed. */
  readonly difference: Spread | null;
}

export interface SweepPoint {
  /** One an axis; none for the model's own settings. */
  readonly values: readonly unknown[];
  /** `done` if every seed is. */
  readonly status: 'done' | 'refused' | 'failed';
  /** In one sentence, for what is not done. */
  readonly reason: string | null;
  readonly seeds: readonly { readonly seed: number; readonly validationError: number }[];
  readonly validationError: Spread | null;
  readonly trainError: Spread | null;
  readonly spikes: Spread | null;
  /** Joules of the inference of an example, where the profile has prices. */
  readonly energy: Spread | null;
  readonly seconds: Spread | null;
}

export interface TestedPoint {
  readonly status: SweepPoint['status'];
  readonly reason: string | null;
  readonly seeds: readonly {
    readonly seed: number;
    readonly testError: number;
    readonly checkpointSha256: string | null;
    /** As seen from the folder of the sweep. */
    readonly folder: string;
  }[];
  readonly testError: Spread | null;
  readonly epochs: number | null;
  readonly seconds: Spread | null;
}

/** `path=value`, as --set takes it. */
export const settingText = (axes: readonly SweepAxis[], values: readonly unknown[]): string[] =>
  values.map((value, k) => `${axes[k]!.path}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
