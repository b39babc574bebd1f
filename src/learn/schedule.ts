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

/** Rates with warm-up over examples and decay by epoch. */
export function ratesAt(model: Model, progress: Progress): Record<string, number> {
  const { learning } = model;
  const warm = learning.warmup > 0 ? Math.min(1, (progress.examples + progress.batchExamples) / learning.warmup) : 1;
  const schedule = warm * learning.rateDecay ** progress.epoch;
  const values: Record<string, number> = {};
  for (const { name } of model.projections) values[rateOf(name)] = schedule * (learning.rates[name] ?? 0);
  for (const { name, kind, bias } of model.populations)
    if (kind !== 'input') values[rateOf(`${name}.bias`)] = schedule * bias.rate;
  return values;
}
