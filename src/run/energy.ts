// Energy of an example of a run from what the run keeps: spikes by population, shape and phases of the model. Pure; a step by step
// count, which tells idle updates apart, is chipCheck.node.ts's.
import { type ChipNetwork, chipNetworkOf } from '../hardware/check/chipNetwork.ts';
import { type Energy, energyOf, type EventCounts } from '../hardware/energy/energy.ts';
import { countsOfSpikes } from '../hardware/energy/eventCounts.ts';
import { placed } from '../hardware/check/placement.ts';
import type { Profile } from '../hardware/profile/profile.ts';
import type { Model } from '../model/model.ts';

export interface RunSpikes {
  /** As the chip ran it. */
  readonly model: Model;
  readonly profile: Profile;
  /** Default: the profile's first. */
  readonly energyTable?: string | undefined;
  /** Spikes an example by population: of a read-out (Evaluation.spikes), of training (EpochResult.spikes). */
  readonly inference: Readonly<Record<string, number>>;
  readonly training: Readonly<Record<string, number>> | null;
  /** Multiply-adds of the constant input current (RunResult.inputMacs). */
  readonly inputMacs: number;
  /** Write pulses a training example, where devices are written by pulses. */
  readonly pulses?: number | null;
}

export interface RunEnergy {
  readonly inference: { readonly counts: EventCounts; readonly energy: Energy; readonly seconds: number };
  readonly training: RunEnergy['inference'] | null;
}

/** Steps of one training example of spiking EP: free phase, two nudged ones, and what is between them. */
export function trainingSteps({ phases, step }: Model): number {
  const between = { copy: 0, relax: phases.relaxDuration, reset: phases.free.duration }[phases.restart];
  return [phases.free.duration, phases.nudge.duration, between, phases.nudge.duration].reduce((sum, duration) => sum + Math.round(duration / step), 0); // prettier-ignore
}

/** One inference and one training example; every update counts as one with input. */
export function energyOfRun(run: RunSpikes): RunEnergy {
  const { model, profile, energyTable } = run;
  const network = chipNetworkOf(model, profile);
  const placement = placed(network, profile);
  const common = { network, placement, converts: profile.converters !== null };
  const of = (counts: EventCounts, steps: number): RunEnergy['inference'] => ({
    counts,
    energy: energyOf(counts, profile, energyTable),
    seconds: steps * model.step,
  });
  const steps = Math.round(model.phases.predict.duration / model.step);
  const { onChip, hosted } = writesOf(model, network);
  const devices = profile.devices !== null;
  const learning = trainingSteps(model);
  return {
    inference: of(countsOfSpikes(run.inference, { ...common, steps, multiplyAccumulates: run.inputMacs }), steps),
    training: run.training && of(countsOfSpikes(run.training, {
      ...common, steps: learning, multiplyAccumulates: run.inputMacs + hosted, weightUpdates: devices ? 0 : onChip,
      pulses: devices ? (run.pulses ?? null) : 0,
    }), learning),
  }; // prettier-ignore
}

/**
 * Numbers that learning writes for an example, all of them once a batch: on the chip (a weight both ways as two synapses), and
 * where the host holds the weights of a constant input.
 */
export function writesOf(model: Model, { strands, populations }: ChipNetwork): { readonly onChip: number; readonly hosted: number } {
  let [onChip, hosted] = [0, 0];
  for (const strand of strands)
    if (model.learning.rates[strand.projection] !== 0) {
      if (strand.hosted) hosted += strand.synapses;
      else onChip += strand.synapses;
    }
  for (const { name, units } of populations) if ((model.populations.find((p) => p.name === name)?.bias.rate ?? 0) !== 0) onChip += units;
  return { onChip: onChip / model.data.batch, hosted: hosted / model.data.batch };
} // prettier-ignore
