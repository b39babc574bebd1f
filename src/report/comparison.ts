// A comparison as plain data (`settle-comparison/1`): what comparison.json holds and what tables and the page draw.
// Fractions are of 1, angles in degrees, memory in bytes, costs an example.
import type { Spread } from '../math/statistics.ts';

export interface Comparison {
  readonly schema: 'settle-comparison/1';
  readonly name: string;
  /** Of settle; more than one where the cells were run by several. */
  readonly versions: readonly string[];
  readonly data: readonly string[];
  readonly seeds: readonly number[];
  /** How settings were chosen; null: every rule ran with its model's own. */
  readonly trials: { readonly count: number; readonly validation: number; readonly seed: number } | null;
  /** Labels of rows. */
  readonly best: string | null;
  readonly baseline: string | null;
  readonly rows: readonly ComparisonRow[];
  readonly differences: readonly Difference[];
  readonly notes: readonly string[];
}

export interface ComparisonRow {
  readonly label: string;
  readonly model: string;
  readonly rule: string;
  /** The hardware profile that it ran on, and the sweep that this is a point of. */
  readonly profile?: {
    readonly label: string;
    readonly sweep: { readonly name: string; readonly path: string; readonly value: number } | null;
  } | null;
  /** Joules of an example by a table of its profile, of what has a price. */
  readonly energy?: {
    readonly table: string;
    readonly inference: Spread | null;
    readonly training: Spread | null;
  } | null;
  /** What the model says of its origin. */
  readonly source: string;
  /** `done` if any seed is. */
  readonly status: 'done' | 'refused' | 'failed';
  /** In one sentence, for what is not done. */
  readonly reason: string | null;
  /** Chosen by validation trials: `path=value`. */
  readonly settings: readonly string[];
  readonly trials: readonly { readonly settings: readonly string[]; readonly validationError: number | null }[];
  readonly seeds: readonly SeedResult[];
  readonly epochs: number | null;
  readonly testError: Spread | null;
  readonly trainError: Spread | null;
  readonly seconds: Spread | null;
  readonly examplesPerSecond: Spread | null;
  /** Multiply-accumulates a training example: as the rule counts them, or input multiply-adds plus synaptic events. */
  readonly macs: Spread | null;
  /** Of the whole training. */
  readonly trainingMacs: Spread | null;
  readonly spikes: Spread | null;
  readonly synapticEvents: Spread | null;
  readonly peakMemory: Spread | null;
  /** What the angles are to: BP, BPTT, mean field, own cost. */
  readonly reference: string | null;
  /** At the last epoch. */
  readonly layers: readonly LayerAngle[];
  readonly weights: readonly LayerAngle[];
  readonly demands: RowDemands | null;
  readonly curves: { readonly epoch: readonly number[]; readonly test: Band; readonly train: Band } | null;
  readonly angles: {
    readonly epoch: readonly number[];
    readonly layers: readonly LayerBand[];
    readonly weights: readonly LayerBand[];
  } | null;
}

export interface RowDemands {
  readonly symmetricWeights: boolean;
  readonly secondCircuit: boolean;
  readonly phases: number;
  readonly nonLocalSignals: boolean;
  readonly activationDerivative: boolean;
  readonly decoder: boolean;
}

export interface SeedResult {
  readonly seed: number;
  readonly testError: number;
  readonly trainError: number | null;
  readonly seconds: number;
  readonly examplesPerSecond: number;
  /** Multiply-accumulates of the whole training. */
  readonly trainingMacs: number | null;
  readonly checkpointSha256: string | null;
  /** As seen from the folder of the comparison. */
  readonly folder: string;
}

export interface LayerAngle {
  readonly layer: string;
  /** Null where it is undefined for every seed. */
  readonly angle: Spread | null;
}

/** Over seeds, one entry an epoch; null where no seed has a value. */
export interface Band {
  readonly mean: readonly (number | null)[];
  readonly least: readonly (number | null)[];
  readonly most: readonly (number | null)[];
}

export interface LayerBand {
  readonly layer: string;
  readonly band: Band;
}

/** A row against another on the same test images. */
export interface Difference {
  readonly label: string;
  readonly against: string;
  readonly kind: 'best' | 'baseline';
  /** Counts summed over seeds; null with a reason where the images are not the same. */
  readonly pooled: PairedTest | null;
  /** Holm's correction of the pooled mid-p over the rows of this kind. */
  readonly adjusted: number | null;
  readonly seeds: readonly (PairedTest & { readonly seed: number })[];
  /** Test error less that of the other, over seeds. */
  readonly error: Spread | null;
  readonly reason: string | null;
}

/** McNemar's test on the images that only one of two networks answers right. */
export interface PairedTest {
  readonly onlyThis: number;
  readonly onlyOther: number;
  readonly exact: number;
  readonly mid: number;
}
