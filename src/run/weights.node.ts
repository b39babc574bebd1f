// Weights that a run left.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainState } from '../learn/trainer.ts';
import { decodedState } from './checkpoint.node.ts';
import { runFiles } from './folder.node.ts';

/** The weights of a run's folder or of a checkpoint file. @throws SettleError of kind `input` */
export function weightsLeft(place: string): { readonly file: string; readonly state: TrainState } {
  const file = existsSync(place) && statSync(place).isFile() ? place : join(place, runFiles.checkpoint);
  return { file, state: decodedState(file).state };
}
