// What a candidate of a search is worth: trained as a run is, and read out on the examples that are held out of training. No
// test example is looked at, not even to be measured.
import type { DataSet } from '../data/dataset.ts';
import { preparer } from '../data/prepare.node.ts';
import type { ProfileFile } from '../hardware/profile/profileRead.node.ts';
import { train } from '../learn/trainer.ts';
import type { Model } from '../model/model.ts';
import { breather } from './breath.node.ts';
import { toldEnergy } from './energy.ts';
import { errorOf, inputMacs, spikesOf } from './figures.ts';
import { openBench } from './run.node.ts';

export interface JudgeOptions {
  /** It holds a validation split out. */
  readonly model: Model;
  readonly profile?: ProfileFile | null;
  /** Default: the model's. */
  readonly data?: DataSet;
  readonly signal?: { readonly aborted: boolean } | undefined;
}

/** Of the last epoch; null where the model, the rule or the chip says nothing of it. */
export interface Judgement {
  readonly error: number;
  /** A held-out example's spikes, and the synaptic events that they cause. */
  readonly spikes: number | null;
  readonly synapticEvents: number | null;
  /** Multiply-accumulates of a training example. */
  readonly macs: number | null;
  /** Joules of an inference. */
  readonly energy: number | null;
}

/** @throws Error where the signal came before the end */
export async function judge({ model, profile = null, data: given, signal }: JudgeOptions): Promise<Judgement> {
  const bench = await openBench({ model, profile, threads: 1, ...(given && { data: given }) });
  const { recipe, machine, data } = bench;
  const { augment } = model.data;
  const prepare = augment && preparer(data.train, augment, model.seed, machine.batch);
  try {
    const { last } = await train({
      recipe, machine, seed: model.seed, epochs: model.learning.epochs, order: model.data.order, prepare, signal,
      // What is read out is what is held out.
      data: { train: data.train, validation: null, test: data.validation!, classes: data.classes },
      between: breather(),
    }); // prettier-ignore
    if (!last || signal?.aborted)
      throw new Error(signal?.aborted ? 'stopped before its end' : 'no epoch to be judged by');
    const { spikes, synapticEvents } = last.test;
    const perExample = spikesOf(spikes);
    const energy = profile && toldEnergy({ model: bench.model, profile: profile.profile }, { inference: spikes, training: null, inputMacs: inputMacs(bench.model, data.train) }); // prettier-ignore
    return {
      error: errorOf(last.test),
      spikes: perExample,
      synapticEvents: perExample === null ? null : synapticEvents,
      macs: recipe.macs ?? null,
      energy: energy?.inference ?? null,
    };
  } finally {
    await prepare?.close();
    await machine.close();
  }
}
