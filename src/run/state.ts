// The trainer's state as bytes of a checkpoint, and back. It opens no file.
import type { Values } from '../backends/backend.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../frames/checkpoint.ts';
import type { Column } from '../frames/frame.ts';
import type { TrainState } from '../learn/trainer.ts';

const spikesOf = 'spikes.';

/** The bytes of a checkpoint; `lengths` are those of the other files of the run at this moment. */
export function encodeState(
  state: TrainState,
  identity: Readonly<Record<string, string>>,
  lengths: Readonly<Record<string, number>>,
  shapeOf: (buffer: string) => readonly number[],
): Uint8Array {
  const { epoch, batch, batches, examples, wrong } = state;
  const spikes = Object.fromEntries(Object.entries(state.spikes).map(([name, count]) => [`${spikesOf}${name}`, count]));
  const learned = Object.fromEntries([...state.learned].map(([name, values]) => [name, column(values, shapeOf(name))]));
  const kept =
    state.kept && Object.fromEntries([...state.kept].map(([name, values]) => [name, column(values, [values.length])]));
  return encodeCheckpoint({
    kept,
    identity,
    counters: { epoch, batch, batches, examples, wrong, ...spikes },
    lengths,
    learned,
  });
}

function column(values: Values, shape: readonly number[]): Column {
  if (values instanceof Float64Array) return { dtype: 'f64', shape, data: values };
  if (values instanceof Float32Array) return { dtype: 'f32', shape, data: values };
  return values instanceof Int32Array ? { dtype: 'i32', shape, data: values } : { dtype: 'u8', shape, data: values };
}

export interface StateFile {
  readonly identity: Readonly<Record<string, string>>;
  readonly lengths: Readonly<Record<string, number>>;
  readonly state: TrainState;
}

/** What a checkpoint's bytes say. @throws SettleError of kind `input` for a damaged one */
export function stateIn(bytes: Uint8Array, file: string): StateFile {
  const { identity, counters, lengths, learned, kept } = decodeCheckpoint(bytes, file);
  const number = (name: string): number => counters[name] ?? 0;
  const spikes = Object.entries(counters).filter(([name]) => name.startsWith(spikesOf));
  return {
    identity,
    lengths,
    state: {
      epoch: number('epoch'),
      batch: number('batch'),
      batches: number('batches'),
      examples: number('examples'),
      wrong: number('wrong'),
      spikes: Object.fromEntries(spikes.map(([name, count]) => [name.slice(spikesOf.length), count])),
      learned: new Map(Object.entries(learned).map(([name, { data }]) => [name, data as Values])),
      ...(kept && { kept: new Map(Object.entries(kept).map(([name, { data }]) => [name, data as Float32Array])) }),
    },
  };
}
