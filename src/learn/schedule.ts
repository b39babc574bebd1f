// Learning rates at a point of a run, as parameters of the Program: by projection and by bias. It knows no rule.
import type { Model } from '../model/model.ts';
import type { Progress } from './rule.ts';

/** Name of the parameter that holds the rate of a projection (its name) or of a bias (`POPULATION.bias`). */
export const rateOf = (what: string): string => `rate:${what}`;

/** Names of all rates of a model. */
export function rateNames(model: Model): string[] {
  return [
    ...model.projections.map(({ name }) => rateOf(name)),
    ...model.populations.filter(({ kind }) => kind !== 'input').map(({ name }) => rateOf(`${name}.bias`)),
  ];
}

/** The factor on every rate: warm-up over examples and decay by epoch. */
export function scheduleAt({ learning }: Pick<Model, 'learning'>, progress: Progress): number {
  const warm = learning.warmup > 0 ? Math.min(1, (progress.examples + progress.batchExamples) / learning.warmup) : 1;
  return warm * learning.rateDecay ** progress.epoch;
}

/** Rates of projections and biases at this point of a run. */
export function ratesAt(model: Model, progress: Progress): Record<string, number> {
  const { learning } = model;
  const schedule = scheduleAt(model, progress);
  const values: Record<string, number> = {};
  for (const { name } of model.projections) values[rateOf(name)] = schedule * (learning.rates[name] ?? 0);
  for (const { name, kind, bias } of model.populations)
    if (kind !== 'input') values[rateOf(`${name}.bias`)] = schedule * bias.rate;
  return values;
}
