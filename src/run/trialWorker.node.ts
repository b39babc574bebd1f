// A thread that tries creatures, one after the other.
import { parentPort, workerData } from 'node:worker_threads';
import type { Genotype } from '../search/creatures/genotype.ts';
import { trial, type TrialOptions } from '../search/creatures/trial.ts';
import { openPhysics } from '../search/creatures/world.ts';

export interface TrialAsked {
  readonly genotype: Genotype;
}
export type TrialAnswer = { readonly score: number } | { readonly failure: string };

const opened = openPhysics();
parentPort!.on('message', ({ genotype }: TrialAsked) => {
  void opened
    .then((): TrialAnswer => ({ score: trial(genotype, workerData as TrialOptions).score }))
    .catch((error: unknown): TrialAnswer => ({ failure: error instanceof Error ? error.message : String(error) }))
    .then((answer) => parentPort!.postMessage(answer));
});
