// The clocked form of a model, for looking at it step by step as a chip of steps would run it.
import type { Model } from '../model/model.ts';

/** By steps, whatever engine the model names; a linear leak has no crossing inside a step. */
export const clockedForm = (model: Model): Model => ({
  ...model,
  engine: 'clocked',
  spikeTimes: model.populations.some(({ leak }) => leak > 0) ? 'grid' : model.spikeTimes,
  record: [],
});
