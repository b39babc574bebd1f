// Checkpoints of a run: the trainer's state with the identity of what was trained. No clock reading and no path inside.
import { SettleError } from '../errors.ts';
import { readBytes, sha256 } from '../frames/files.node.ts';
import type { TrainState } from '../learn/trainer.ts';
import type { Model } from '../model/model.ts';
import { stateIn, type StateFile } from './state.ts';

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
export function decodedState(file: string): Earlier & StateFile {
  const bytes = readBytes(file);
  const found = stateIn(bytes, file);
  const { metrics = 0, trace = 0 } = found.lengths;
  return { ...found, lengths: { metrics, trace }, sha256: sha256(bytes) };
}
