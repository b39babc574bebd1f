// The contract of a learning rule. It imports no implementation; a rule is data and slots, the trainer only calls them.
import type { Model } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Sequence } from '../program/program.ts';

/** Where a run stands when a batch begins; everything that a schedule of rates may depend on. */
export interface Progress {
  readonly seed: number;
  readonly epoch: number;
  /** Number of the batch since the run began, and training examples seen before it. */
  readonly batch: number;
  readonly examples: number;
  /** Examples in this batch (the last one of an epoch may be smaller). */
  readonly batchExamples: number;
}

/** A phase to be recorded step by step; `phase` null marks slots that take no simulated time (copies, resets). */
export interface RecordedPart {
  readonly phase: string | null;
  readonly slot: string;
  readonly times: number;
}

/** What a rule's update is compared with, on one batch, without learning from it. */
export interface Probe {
  /** What the reference is: the gradient it names. */
  readonly reference: 'BP' | 'BPTT' | 'mean field' | 'own cost';
  /** Leaves both directions of descent in buffers; changes no weight. Run after inputs, targets and parameters are written. */
  readonly sequence: Sequence;
  /** For each learned projection, by its name: buffers of the rule's own direction and of the reference's. */
  readonly layers: readonly { readonly layer: string; readonly own: string; readonly reference: string }[];
  /** Pairs of weights whose angle is told as well (feedback against forward), by layer; `transposed` when b is the transpose of a. */
  readonly weights?: readonly {
    readonly layer: string;
    readonly a: string;
    readonly b: string;
    readonly transposed?: boolean;
  }[];
}

/** What a rule asks of hardware. */
export interface Demands {
  readonly symmetricWeights: boolean;
  /** A separate path for errors or targets. */
  readonly secondCircuit: boolean;
  /** Settling or computing phases an example. */
  readonly phases: number;
  /** A synapse needs more than what its own two units hold. */
  readonly nonLocalSignals: boolean;
  readonly activationDerivative: boolean;
  readonly decoder: boolean;
}

/** Free phases that start where the same example's last one ended: from the second epoch on, of `train` alone. */
export interface Kept {
  /** [units] for each example: `from` holds it after training on a batch, `into` receives it before the next time. */
  readonly states: readonly { readonly from: string; readonly into: string; readonly units: number }[];
  /** `train` without its way to rest. */
  readonly train: readonly Sequence[];
}

/** What a rule leaves in a Program: sequences to call and buffers to read, by name. */
export interface Recipe {
  /** One training batch after inputs, targets and example numbers are written. Sequences end with the update. */
  readonly train: readonly Sequence[];
  /**
   * Passes over the data that make one epoch, one after the other, each with what a batch of it does: rules whose parts learn
   * in turn. Absent: one pass of `train`.
   */
  readonly passes?: readonly (readonly Sequence[])[];
  /** States that training examples keep from epoch to epoch. Absent: every example starts at rest. */
  readonly kept?: Kept;
  /** One batch of read-out; leaves the prediction in `predictOutput`. */
  readonly predict: Sequence;
  readonly input: string;
  readonly target: string;
  /** [units] for each example; the class is the argmax. The first is from the training free phase. */
  readonly trainOutput: string;
  readonly predictOutput: string;
  /** Buffers that learning changes (weights, biases, optimiser state): initialised by `initial`, kept in checkpoints. */
  readonly learned: readonly string[];
  /** Of those, the rule's own, where a chip has added others. */
  readonly own?: readonly string[];
  /** Run once when weights that no training left are put into a machine: what a chip makes of them. */
  readonly begin?: Sequence;
  /** Initial values of the learned buffers that do not start at 0, from the seed. */
  initial(seed: number): ReadonlyMap<string, Float64Array>;
  /** Values of the Program's parameters for this batch. */
  parameters(progress: Progress): Readonly<Record<string, number>>;
  /** For each spiking population: the list whose `.count` buffer holds [now, total spikes]. */
  readonly spikeLists: Readonly<Record<string, string>>;
  /** The slot that sets the spike totals to 0. */
  readonly clearCounts: string;
  /** Synaptic events a spike of the population causes (its fan-out over all projections). */
  readonly fanOut: Readonly<Record<string, number>>;
  /** The phases of one training example, for traces and the report. */
  readonly recorded: readonly RecordedPart[];
  /** population -> variable (`spikes`, `membrane`, `trace`, `slowTrace`, `current`) -> buffer. */
  readonly variables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Slot that leaves the energy of each example's present states in a buffer [1]; where a model records it and has one. */
  readonly energy?: { readonly slot: string; readonly buffer: string };
  /** population -> buffer of activities averaged over the prediction window; for saturated and silent units. */
  readonly activities: Readonly<Record<string, string>>;
  readonly probe?: Probe;
  readonly demands?: Demands;
  /** Multiply-accumulates a training example, dense. */
  readonly macs?: number;
}

export interface Rule {
  readonly name: string;
  /** Adds the rule's buffers and slots. @throws SettleError of kind `input`, in one sentence, for a model it cannot train. */
  contribute(builder: Builder, model: Model): Recipe;
}
