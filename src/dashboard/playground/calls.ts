// What the page and its simulators say to each other: calls by kind with their answers, and what is told in between. Plain data
// that a structured clone takes; errors cross as their parts.
import type { DataSet } from '../../data/dataset.ts';
import { type ErrorPlace, SettleError } from '../../errors.ts';
import type { Frame } from '../../frames/frame.ts';
import type { LiveAbout, ShownExample, TrainProgress } from '../../run/live.ts';
import type { ReadOut } from '../../run/session.ts';

export interface Opened {
  readonly about: LiveAbout;
  readonly device: string | null;
  readonly resolvedYaml: string;
  /** Numbers of one example. */
  readonly inputs: number;
  /** Epochs and training examples that its weights have seen. */
  readonly epoch: number;
  readonly examples: number;
}

/** Where a training stands after an epoch, or where it was stopped. */
export interface Standing {
  readonly epoch: number;
  readonly examples: number;
}

export interface Calls {
  /** Examples for everything that is opened afterwards. */
  readonly data: { readonly ask: DataSet; readonly answer: null };
  readonly open: {
    readonly ask: {
      readonly text: string;
      readonly file: string;
      readonly set?: readonly string[];
      readonly backend: string;
      readonly checkpoint?: Uint8Array | undefined;
    };
    readonly answer: Opened;
  };
  readonly show: {
    readonly ask: { readonly what: number | Float32Array; readonly label: number | null };
    readonly answer: ShownExample;
  };
  readonly train: { readonly ask: { readonly epochs: number }; readonly answer: Standing };
  readonly readOut: {
    readonly ask: { readonly examples: number };
    readonly answer: ReadOut & { readonly seconds: number };
  };
  readonly checkpoint: { readonly ask: null; readonly answer: Uint8Array };
  readonly trace: { readonly ask: readonly Frame[]; readonly answer: Uint8Array };
}
export type Kind = keyof Calls;

/** While a call goes on; `seconds` of it, read-outs included, breaths left out. */
export type Told =
  | { readonly kind: 'progress'; readonly progress: TrainProgress; readonly seconds: number }
  | { readonly kind: 'epoch'; readonly epoch: number; readonly examples: number; readonly trainError: number; readonly testError: number; readonly seconds: number }; // prettier-ignore

/** `cancel` stops the call of that number at the next batch. */
export type ToSimulator =
  | { readonly id: number; readonly kind: Kind; readonly ask: unknown }
  | { readonly id: number; readonly kind: 'cancel' };
export type FromSimulator =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: PlainError }
  | { readonly id: number; readonly told: Told };

/** An error as data: what is the user's to mend has a place. */
export interface PlainError {
  readonly message: string;
  readonly place: ErrorPlace | null;
}

export const plainError = (error: unknown): PlainError => ({
  message: error instanceof Error ? error.message : String(error),
  place: error instanceof SettleError ? error.place : null,
});
export const errorFrom = ({ message, place }: PlainError): Error =>
  place ? new SettleError(message, place) : new Error(message);
