// Energy of an example of a run from what the run keeps: spikes by population, shape and phases of the model. Pure; a step by step
// count, which tells idle updates apart, is chipCheck.node.ts's.
import { type ChipNetwork, chipNetworkOf } from '../hardware/check/chipNetwork.ts';
import { type Energy, energyOf, type EventCounts } from '../hardware/energy/energy.ts';
import { countsOfSpikes } from '../hardware/energy/eventCounts.ts';
import { placed } from '../hardware/check/placement.ts';
import type { Profile } from '../hardware/profile/profile.ts';
import type { WriteCounters } from '../hardware/pass/draft.ts';
import type { Model } from '../model/model.ts';
import type { RunResult } from './figures.ts';

/** A network on a chip, as the chip runs it. */
export interface Priced {
  readonly model: Model;
  readonly profile: Profile;
  /** Default: the profile's first. */
  readonly energyTable?: string | undefined;
}

export interface Spiked {
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

/** One inference and one training example; every update counts as one with input. The network is placed once for all calls. */
export function pricing({ model, profile, energyTable }: Priced): (run: Spiked) => RunEnergy {
  const network = chipNetworkOf(model, profile);
  const common = { network, placement: placed(network, profile), converts: profile.converters !== null };
  const { onChip, hosted } = writesOf(model, network);
  const devices = profile.devices !== null;
  const of = (counts: EventCounts, steps: number): RunEnergy['inference'] => ({
    counts,
    energy: energyOf(counts, profile, energyTable),
    seconds: steps * model.step,
  });
  const [steps, learning] = [Math.round(model.phases.predict.duration / model.step), trainingSteps(model)];
  return ({ inference, training, inputMacs, pulses = null }) => ({
    inference: of(countsOfSpikes(inference, { ...common, steps, multiplyAccumulates: inputMacs }), steps),
    training: training && of(countsOfSpikes(training, {
      ...common, steps: learning, multiplyAccumulates: inputMacs + hosted, weightUpdates: devices ? 0 : onChip, pulses: devices ? pulses : 0,
    }), learning),
  }); // prettier-ignore
}

export const energyOfRun = (run: Priced & Spiked): RunEnergy => pricing(run)(run);

/** What a run says of its energy, where its profile has prices: joules of what has one, and the rest by name. */
export function toldEnergy(priced: Priced, run: Spiked): NonNullable<RunResult['energy']> | null {
  const [table] = priced.profile.energy;
  if (!table || Object.keys(run.inference).length === 0) return null;
  const { inference, training } = energyOfRun({ ...priced, ...run });
  const unpriced = [inference, ...(training ? [training] : [])].flatMap(({ energy }) => energy.unpriced);
  return { table: table.name, inference: inference.energy.joules, training: training?.energy.joules ?? null, unpriced: [...new Set(unpriced)] }; // prettier-ignore
}

/** Joules of a training example at an epoch's spikes so far; null without a table. */
export function trainingJoules(priced: Priced, inputMacs: number): (spikes: Spiked['inference']) => number | null {
  if (priced.profile.energy.length === 0) return () => null;
  const price = pricing(priced);
  return (spikes) => Object.keys(spikes).length === 0 ? null : price({ inference: spikes, training: spikes, inputMacs }).training!.energy.joules; // prettier-ignore
}

/** Pulses and lost updates of a run on devices, from the counters among what is learned; null where nothing is pulsed. */
export function pulsesOf(
  counters: readonly WriteCounters[],
  learned: ReadonlyMap<string, ArrayLike<number>>,
): RunResult['writes'] {
  // prettier-ignore
  if (counters.length === 0) return null;
  const sum = (key: keyof WriteCounters): number => counters.reduce((total, each) => total + (learned.get(each[key])?.[0] ?? 0), 0); // prettier-ignore
  const [pulses, asked] = [sum('pulses'), sum('asked')];
  return { pulses, asked, lostShare: asked === 0 ? 0 : sum('lost') / asked };
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
