// Checkpoints of a run: the trainer's state with the identity of what was trained. No clock reading and no path inside.
import type { Values } from '../backends/backend.ts';
import { SettleError } from '../errors.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../frames/checkpoint.ts';
import { readBytes, sha256 } from '../frames/files.node.ts';
import type { Column } from '../frames/frame.ts';
import type { TrainState } from '../learn/trainer.ts';
import type { Model } from '../model/model.ts';

const spikesOf = 'spikes.';

export interface Identified {
  readonly model: Model;
  readonly rule: string;
  readonly backend: string;
  readonly dataSha256: string;
  /** Alignments are recorded: metrics.jsonl has their lines. */
  readonly alignment?: boolean | undefined;
  /** Of the chip's profile, where there is one. */
  readonly profileSha256?: string | null | undefined;
}

/** What a checkpoint has to agree in with the run that goes on from it. The number of epochs is not part of it. */
export function identityOf(options: Identified): Record<string, string> {
  const { model, rule, backend, dataSha256 } = options;
  const plain = {
    ...(options.profileSha256 ? { profileSha256: options.profileSha256 } : {}),
    model: model.name,
    modelSha256: modelHash(model),
    rule,
    backend,
    seed: String(model.seed),
    dataSha256,
  };
  return options.alignment ? { ...plain, alignment: 'recorded' } : plain;
}

/** SHA-256 of what a model says, whatever its file looks like and however long it is trained. */
export function modelHash(model: Model): string {
  const plain = { ...model, learning: { ...model.learning, epochs: 0 } };
  return sha256(
    JSON.stringify(plain, (_, value: unknown) =>
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ),
  );
}

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

export interface Earlier {
  readonly state: TrainState;
  readonly lengths: { metrics: number; trace: number };
  readonly sha256: string;
}

/** The state in a run's checkpoint. @throws SettleError of kind `input` for a damaged one or one of another run */
export function readState(file: string, identity: Readonly<Record<string, string>>): Earlier {
  const found = decodedState(file);
  for (const key of new Set([...Object.keys(identity), ...Object.keys(found.identity)]))
    if (found.identity[key] !== identity[key])
      throw new SettleError('the checkpoint is of another run', {
        kind: 'input', file, path: key, found: found.identity[key] ?? 'nothing', expected: identity[key] ?? 'nothing',
        hint: 'give the same model and flags as at the start, or another --out',
      }); // prettier-ignore
  return found;
}

/** The state in a checkpoint file, whatever run it is of. */
export function decodedState(file: string): Earlier & { readonly identity: Readonly<Record<string, string>> } {
  const bytes = readBytes(file);
  const { identity, counters, lengths, learned, kept } = decodeCheckpoint(bytes, file);
  const number = (name: string): number => counters[name] ?? 0;
  const spikes = Object.entries(counters).filter(([name]) => name.startsWith(spikesOf));
  return {
    identity,
    lengths: { metrics: lengths['metrics'] ?? 0, trace: lengths['trace'] ?? 0 },
    sha256: sha256(bytes),
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
