// Potential that one spike adds for a weight of 1: what makes weights of different projections, and thresholds, numbers of one
// register.
import type { Model } from '../../model/model.ts';
import { firstStep } from '../gain.ts';
import type { NetworkModel } from '../../model/network.ts';

/** Share of R I that a step takes a membrane towards. */
const taken = (step: number, timeConstant: number): number => -Math.expm1(-step / timeConstant);

export function gainsOf(model: Model): Map<string, number> {
  const populations = new Map(model.populations.map((p) => [p.name, p]));
  return new Map(
    model.projections.map(({ name, from, to, synapse }) => {
      if (model.kind === 'rate') return [name, 1] as const;
      return [name, firstStep(populations.get(from)!, populations.get(to)!, synapse, model.step)] as const;
    }),
  );
}

export function gainsOfNetwork(model: NetworkModel): Map<string, number> {
  const populations = new Map(model.populations.map((p) => [p.name, p]));
  return new Map(
    model.projections.map(({ name, to, synapse }) => {
      const tau = populations.get(to)!.membraneTimeConstant;
      if (synapse.kind === 'delta') return [name, 1] as const;
      return [name, tau === Infinity ? model.step : taken(model.step, tau)] as const;
    }),
  );
}
