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

/** (1 + cos(pi x)) / 2 = 1 - sin(pi x / 2)^2 for x in [0, 1]: the sine's series from its smallest term, the same on every host. */
function halfWave(x: number): number {
  if (x >= 1) return 0;
  const y = (Math.PI / 2) * x;
  let sum = 0;
  for (let k = 23; k >= 3; k -= 2) sum = (1 + sum) * ((-y * y) / (k * (k - 1)));
  const sine = y * (1 + sum);
  return 1 - sine * sine;
}

/**
 * A rate at a point of a run: warm-up over examples, decay by epoch and, of an epoch, annealing along half a cosine
 * (Loshchilov and Hutter 2017, without restarts) down to `least`, where it stays. 0 stays 0.
 */
export function rateAt({ learning }: Pick<Model, 'learning'>, progress: Progress, rate: number): number {
  const warm = learning.warmup > 0 ? Math.min(1, (progress.examples + progress.batchExamples) / learning.warmup) : 1;
  const { annealing } = learning;
  const least = annealing ? Math.min(rate, annealing.least) : 0;
  const part = annealing ? halfWave(Math.min(1, progress.epoch / annealing.epochs)) : 1;
  return warm * learning.rateDecay ** progress.epoch * (least + (rate - least) * part);
}

/** Rates of projections and biases at this point of a run. */
export function ratesAt(model: Model, progress: Progress): Record<string, number> {
  const { learning } = model;
  const values: Record<string, number> = {};
  for (const { name } of model.projections) values[rateOf(name)] = rateAt(model, progress, learning.rates[name] ?? 0);
  for (const { name, kind, bias } of model.populations)
    if (kind !== 'input') values[rateOf(`${name}.bias`)] = rateAt(model, progress, bias.rate);
  return values;
}
