// The figures' data as it lies in the page, between what writes it (report.ts) and what draws it (client.ts).
import type { Phase } from './input.ts';

export interface PageData {
  readonly history?: {
    readonly epoch: readonly number[];
    /** Errors are drawn on a logarithmic scale. */
    readonly logarithmic: boolean;
    readonly lines: readonly { readonly name: string; readonly colour: string; readonly values: Values }[];
    readonly spikes: readonly { readonly name: string; readonly colour: string; readonly values: Values }[];
  };
  readonly example?: {
    readonly phases: readonly Phase[];
    readonly step?: number;
    readonly populations: readonly {
      readonly name: string;
      readonly units: number;
      readonly time: readonly number[];
      readonly unit: readonly number[];
    }[];
    readonly energy?: { readonly time: readonly number[]; readonly values: readonly number[] };
    readonly outputs?: {
      readonly time: readonly number[];
      readonly units: readonly number[];
      /** One list a unit. */
      readonly values: readonly (readonly number[])[];
      readonly target?: number;
      readonly prediction?: number;
    };
    readonly image?: PicturePixels;
  };
  /** In 127ths of the largest |weight| shown. */
  readonly weights?: readonly PicturePixels[];
  readonly plasticity?: { readonly difference: readonly number[]; readonly change: readonly number[] };
  /** Degrees, one line a projection. */
  readonly angles?: {
    readonly epoch: readonly number[];
    readonly layers: readonly { readonly name: string; readonly values: Values }[];
  };
  readonly comparison?: { readonly rows: readonly ComparisonLines[] };
  readonly creatures?: CreaturesData;
}

/** One row of a comparison in its figures; `index` chooses its colour, dash and mark. */
export interface ComparisonLines {
  readonly label: string;
  readonly index: number;
  readonly epoch: readonly number[];
  readonly test: BandValues;
  readonly train: BandValues;
  readonly angleEpoch: readonly number[];
  readonly layers: readonly { readonly layer: string; readonly band: BandValues }[];
  readonly weights: readonly { readonly layer: string; readonly band: BandValues }[];
  /** One a seed: test error, multiply-accumulates of the whole training, seconds. */
  readonly points: readonly { readonly error: number; readonly macs: number | null; readonly seconds: number }[];
}

export interface BandValues {
  readonly mean: Values;
  readonly least: Values;
  readonly most: Values;
}

export type Values = readonly (number | null)[];

export interface PicturePixels {
  readonly width: number;
  readonly height: number;
  /** Whole numbers, -127..127 for weights and 0..127 for images. */
  readonly values: readonly number[];
}

export interface CreaturesData {
  readonly task: 'walk' | 'swim' | 'jump';
  readonly curve: { readonly generation: readonly number[]; readonly best: Values; readonly median: Values };
  readonly family: readonly { readonly id: number; readonly generation: number; readonly score: number; readonly parents: readonly number[]; readonly how: string }[];
  readonly best: readonly {
    readonly id: number;
    readonly generation: number;
    readonly score: number;
    /** m */
    readonly length: number;
    readonly distance: number;
    readonly sides: readonly (readonly [number, number])[];
    /** Seconds a frame, and [frame, part, (x, y, turn)] in thousandths. */
    readonly step: number;
    readonly poses: readonly number[];
  }[];
} // prettier-ignore
