// What a report says, as plain data: everything but the name may be absent. Fractions are of 1, times in steps.

/** One epoch of the learning curve. Lines of metrics.jsonl of kind `epoch` have this form. */
export interface EpochPoint {
  /** Epochs completed. */
  readonly epoch: number;
  readonly trainError?: number | null | undefined;
  readonly validationError?: number | null | undefined;
  readonly testError?: number | null | undefined;
  /** Spikes a training example through all its phases, and a test example's. */
  readonly spikesPerExample?: number | null | undefined;
  readonly testSpikesPerExample?: number | null | undefined;
}

/** A phase of a recorded example: [begin, end). `free`, `plus` and `minus` are known by their colours. */
export interface Phase {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/** Spikes of a population, one entry of `time` and `unit` each. */
export interface SpikeBand {
  readonly name: string;
  readonly units: number;
  readonly time: ArrayLike<number>;
  readonly unit: ArrayLike<number>;
}

/** What a raster needs: the README's picture is drawn from it too. */
export interface Raster {
  readonly phases: readonly Phase[];
  /** In the order of the model, inputs first; drawn from the bottom up. */
  readonly populations: readonly SpikeBand[];
  /** Seconds a step; absent for models whose steps have no duration. */
  readonly step?: number | undefined;
  /** Classes: the right one, and the one read. */
  readonly target?: number | string | undefined;
  readonly prediction?: number | string | undefined;
}

/** Values over time. */
export interface Samples {
  readonly time: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Traces of the output units over time. */
export interface OutputTraces {
  readonly population: string;
  readonly time: ArrayLike<number>;
  readonly units: ArrayLike<number>;
  /** [time, unit], row-major. */
  readonly values: ArrayLike<number>;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Row-major. */
  readonly values: ArrayLike<number>;
}

/** One recorded example. */
export interface ExampleReport extends Raster {
  readonly example: number;
  /** `test` unless stated. */
  readonly set?: string | undefined;
  readonly image?: Picture | undefined;
  /** Energy of the mean field at the present activity, or of a rate network's states. */
  readonly energy?: Samples | undefined;
  readonly outputs?: OutputTraces | undefined;
}

export interface Confusion {
  readonly classes: number;
  /** [true class, predicted class], row-major. */
  readonly counts: ArrayLike<number>;
  readonly labels?: readonly string[] | undefined;
}

/** Weights into some units, each a picture over the input. */
export interface WeightMaps {
  readonly projection: string;
  readonly maps: readonly (Picture & { readonly unit: number })[];
}

/** Angles between a rule's update and a named gradient, in degrees, by epoch (0: the start). */
export interface Angles {
  readonly reference: string;
  readonly epoch: readonly number[];
  readonly layers: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

/** Mean weight change against t_post - t_pre. */
export interface Plasticity {
  /** Seconds. */
  readonly difference: ArrayLike<number>;
  readonly change: ArrayLike<number>;
  readonly caption?: string | undefined;
}

export interface HealthLine {
  readonly name: string;
  readonly value: string;
  readonly hint: string | null;
}

export interface Citation {
  readonly text: string;
  readonly bibtex?: string | undefined;
}

/** The hardware profile of a run: what it replaced in the model, and joules of an example by its prices. */
export interface ChipReport {
  readonly name: string;
  readonly description: string;
  readonly changes: readonly { readonly of: string; readonly what: string; readonly wanted: string; readonly given: string }[]; // prettier-ignore
  readonly energy: {
    readonly table: string;
    readonly inference: number | null;
    readonly training: number | null;
    readonly unpriced: readonly string[];
  } | null;
  /** Share of the updates asked of pulsed devices that rounded to no pulse. */
  readonly lostShare: number | null;
}

export interface ReportInput {
  /** Of the run: `mnist-ep-1`. */
  readonly name: string;
  readonly model?: string | undefined;
  /** What the model says of its origin. */
  readonly source?: string | null | undefined;
  readonly rule?: string | undefined;
  readonly update?: string | undefined;
  readonly backend?: string | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly epochs?: number | undefined;
  readonly seconds?: number | null | undefined;
  readonly trainExamplesPerSecond?: number | null | undefined;
  readonly trainError?: number | null | undefined;
  readonly validationError?: number | null | undefined;
  readonly testError?: number | null | undefined;
  readonly testExamples?: number | undefined;
  readonly worstClassRecall?: number | null | undefined;
  readonly spikesPerExample?: number | null | undefined;
  readonly testSpikesPerExample?: number | null | undefined;
  readonly synapticEvents?: number | null | undefined;
  readonly history?: readonly EpochPoint[] | undefined;
  readonly example?: ExampleReport | undefined;
  readonly confusion?: Confusion | undefined;
  readonly weights?: WeightMaps | undefined;
  readonly plasticity?: Plasticity | undefined;
  readonly angles?: Angles | undefined;
  readonly health?: readonly HealthLine[] | undefined;
  readonly chip?: ChipReport | undefined;
  /** The resolved model, as text. */
  readonly modelText?: string | undefined;
  readonly provenance?: Readonly<Record<string, unknown>> | undefined;
  readonly cite?: Citation | undefined;
}
