// Entry of the thread that makes batches of augmented pictures.
import { parentPort, workerData } from 'node:worker_threads';
import { augmented } from './augment.ts';
import type { PreparerStart, PreparerTask } from './prepare.ts';

const { examples, augmentation, seed, slots } = workerData as PreparerStart;
const fill = augmented(examples, augmentation, seed);
parentPort!.on('message', ({ id, slot, indices, pass }: PreparerTask) => {
  fill(indices, pass, slots[slot]);
  parentPort!.postMessage(id);
});
