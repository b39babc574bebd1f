// Batches of augmented pictures made ahead: what the trainer asks, and what the thread that makes them is told. It decides
// nothing: inputs are those of augment.ts, whoever makes them.
import { augmented } from './augment.ts';
import type { Examples } from './dataset.ts';
import type { Augmentation } from './spec.ts';

export interface Preparer {
  /** Begins a batch that `take` will ask for next. */
  begin(indices: Int32Array, pass: number): void;
  /** Inputs of these examples in this pass over the data, begun or not; valid until the next call but one. */
  take(indices: Int32Array, pass: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Made when they are asked for, where there are no threads to make them ahead: a page. */
export function preparerHere(examples: Examples, augmentation: Augmentation, seed: number): Preparer {
  const size = examples.inputs.length / Math.max(1, examples.count);
  const fill = augmented(examples, augmentation, seed);
  return {
    begin: () => undefined,
    take(indices, pass) {
      const inputs = new Float32Array(indices.length * size);
      fill(indices, pass, inputs);
      return Promise.resolve(inputs);
    },
    close: () => Promise.resolve(),
  };
}

/** What the thread starts with; the memory of inputs and of the two batches is shared. */
export interface PreparerStart {
  readonly examples: Examples;
  readonly augmentation: Augmentation;
  readonly seed: number;
  readonly slots: readonly [Float32Array, Float32Array];
}

/** Fill a slot; answered by the task's number when done. */
export interface PreparerTask {
  readonly id: number;
  readonly slot: 0 | 1;
  readonly indices: Int32Array;
  readonly pass: number;
}
