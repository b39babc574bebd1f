// Potential that one spike adds for a weight of 1: what makes weights of different projections, and thresholds, numbers of one
// register. Delta synapses: the whole jump; decaying currents: what the first step adds (as a Loihi's u is added to v).
import type { Model } from '../../model/model.ts';
import type { NetworkModel } from '../../model/network.ts';

/** Share of R I that a step takes a membrane towards. */
const taken = (step: number, timeConstant: number): number => -Math.expm1(-step / timeConstant);

export function gainsOf(model: Model): Map<string, number> {
  const populations = new Map(model.populations.map((p) => [p.name, p]));
  return new Map(
    model.projections.map(({ name, from, to, synapse }) => {
      const [sender, receiver] = [populations.get(from)!, populations.get(to)!];
      if (model.kind === 'rate') return [name, 1] as const;
      const activity = sender.kind === 'input' ? 1 / sender.encode.rate : sender.activityTime;
      const { membraneTimeConstant: tau, activityTime, resistance } = receiver;
      const perfect = tau === Infinity;
      if (synapse.kind === 'delta') return [name, (resistance * activity) / (perfect ? activityTime : tau)] as const;
      const step = perfect ? model.step / activityTime : taken(model.step, tau);
      return [name, (resistance * activity * step) / synapse.timeConstant] as const;
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
