// A model against a hardware profile: builds what the chip would hold, simulates it for a moment, applies every rule, counts and
// prices the events. It prints nothing and trains nothing but the batch it counts.
import { freemem } from 'node:os';
import { explain, SettleError } from '../errors.ts';
import { clockedForm } from './chipModel.ts';
import { type ChipCheck, checkChip, type Verdict, verdictLine } from '../hardware/check/check.ts';
import { type ChipNetwork, chipNetworkOf, chipNetworkOfWiring } from '../hardware/check/chipNetwork.ts';
import { type Energy, energyOf, type EventCounts, tableOf } from '../hardware/energy/energy.ts';
import { countsOfLog } from '../hardware/energy/eventCounts.ts';
import type { Finding } from '../hardware/check/finding.ts';
import { gainsOf, gainsOfNetwork } from '../hardware/check/gains.ts';
import { placed } from '../hardware/check/placement.ts';
import { type ProcessorEnergy, processorEnergy } from '../hardware/energy/prices.ts';
import type { Profile } from '../hardware/profile/profile.ts';
import { type SpikeLog, type Traffic, trafficOf } from '../hardware/check/spikeLog.ts';
import { substituted, type Substitution } from '../hardware/pass/substitute.ts';
import { checkSynapses as checkMemory, wiringOf } from '../engine/network/wiring.ts';
import type { TrainState } from '../learn/trainer.ts';
import type { Model } from '../model/model.ts';
import type { NetworkModel } from '../model/network.ts';
import { writesOf } from './energy.ts';
import { inputMacs } from './figures.ts';
import { fiCurves, type FiCurve } from '../hardware/check/fiCurve.ts';
import type { Bench } from './bench.ts';
import { openBench, type RunOptions } from './run.node.ts';
import { firstOf, putWeights } from './simulate.node.ts';
import { inferenceSpikes, networkSpikes, trainingSpikes } from './spikes.node.ts';

export interface ChipCheckOptions extends Pick<RunOptions, 'data'> {
  readonly profile: Profile;
  /** Default: the profile's first. */
  readonly energyTable?: string | undefined;
  readonly threads?: number;
  /** Learned weights and the file they come from. */
  readonly from?: { readonly file: string; readonly state: TrainState } | undefined;
  /** Examples that are simulated; seconds of a network without learning. */
  readonly examples?: number;
  readonly duration?: number;
}

/** Events of one example, their energy, and the time they take. */
export interface ExampleEnergy {
  readonly counts: EventCounts;
  readonly energy: Energy;
  readonly processors: readonly ProcessorEnergy[];
  /** Steps, seconds of the model, and of the chip if its step is known. */
  readonly steps: number;
  readonly simulatedSeconds: number;
  readonly chipSeconds: number | null;
}

export interface ProfileCheck extends ChipCheck {
  readonly schema: 'settle-profile-check/1';
  readonly model: string;
  readonly profile: string;
  readonly verdict: Verdict;
  readonly line: string;
  readonly findings: readonly Finding[];
  /** What stands for what, in words. */
  readonly substitutions: readonly Substitution[];
  readonly curves: readonly FiCurve[];
  readonly traffic: Traffic | null;
  /** Of the simulated examples. */
  readonly error: number | null;
  readonly inference: ExampleEnergy | null;
  readonly training: ExampleEnergy | null;
}

const defaults = { examples: 5, duration: 0.2 };

/** A model that learns. */
export async function checkModelOnChip(model: Model, options: ChipCheckOptions): Promise<ProfileCheck> {
  const { profile } = options;
  tableOf(profile, options.energyTable);
  const { model: given, changes } = substituted(model, profile);
  const [asked, network] = [chipNetworkOf(model, profile), chipNetworkOf(given, profile)];
  const events = await countEvents(model, { ...options, network, constrained: true });
  const check = checkChip({ asked, network, weights: events.weights, gains: gainsOf(given), traffic: events.traffic, refused: events.refused, profile });
  const priced = (counts: EventCounts | null, steps: number): ExampleEnergy | null => counts && exampleEnergy(counts, steps, network.step, options);
  return {
    schema: 'settle-profile-check/1', model: model.name, profile: profile.name, line: verdictLine(check.findings), ...check,
    substitutions: changes, curves: fiCurves(model, given), traffic: events.traffic, error: events.error,
    inference: priced(events.inference, events.inferenceSteps), training: priced(events.training, events.trainingSteps),
  };
} // prettier-ignore

export interface CountedEvents {
  readonly weights: ReadonlyMap<string, ArrayLike<number>>;
  readonly traffic: Traffic | null;
  readonly error: number | null;
  /** Events of one inference and of one training example; null where the rule or the kind of network has no spikes to count. */
  readonly inference: EventCounts | null;
  readonly training: EventCounts | null;
  /** Why the chip's network cannot be simulated; null: it was. */
  readonly refused: string | null;
  readonly inferenceSteps: number;
  readonly trainingSteps: number;
}

/**
 * Runs a few examples of a model and counts their events on the chip that `network` was made for: under the profile's constraints
 * (`constrained`), where they can be simulated, or the model as it is.
 */
export async function countEvents(
  model: Model,
  options: ChipCheckOptions & { readonly network: ChipNetwork; readonly constrained: boolean },
): Promise<CountedEvents> {
  const { network, profile } = options;
  const wanted = options.examples ?? defaults.examples;
  const { bench, refused } = await benchOf(model, options, wanted);
  const { recipe, machine, data } = bench;
  try {
    const fresh = recipe.initial(model.seed);
    await putWeights(bench, options.from);
    // Before the chip rounds them.
    const weights = new Map(
      model.projections.flatMap(({ name }) => {
        const values = options.from?.state.learned.get(`${name}.weight`) ?? fresh.get(`${name}.weight`);
        return values ? [[name, values] as const] : [];
      }),
    );
    const none = {
      weights,
      traffic: null,
      error: null,
      inference: null,
      training: null,
      inferenceSteps: 0,
      trainingSteps: 0,
      refused,
    };
    if (model.kind === 'rate' || refused !== null) return none;
    const placement = placed(network, profile);
    const common = { network, placement, converts: profile.converters !== null };
    const seen = await inferenceSpikes(bench, wanted);
    const learned = await trainingSpikes(bench, model.data.batch);
    const macs = (set: typeof data.test): number => inputMacs(bench.model, firstOf(set, wanted));
    const { onChip, hosted } = writesOf({ ...bench.model, data: model.data }, network);
    const counters = Object.values(bench.counters);
    let pulses = counters.length > 0 ? 0 : profile.devices ? null : 0;
    for (const { pulses: buffer } of counters) pulses! += (await machine.read(buffer))[0]! / model.data.batch;
    return {
      weights,
      refused,
      error: seen.error,
      traffic: trafficOf(seen.log, network),
      inference: countsOfLog(seen.log, { ...common, steps: seen.log.steps, multiplyAccumulates: macs(data.test) }),
      inferenceSteps: seen.log.steps,
      training:
        learned &&
        countsOfLog(learned.log, {
          ...common,
          steps: learned.log.steps,
          multiplyAccumulates: macs(data.train) + hosted,
          weightUpdates: counters.length > 0 ? 0 : onChip,
          pulses,
        }),
      trainingSteps: learned?.log.steps ?? 0,
    };
  } finally {
    await machine.close();
  }
}

/**
 * With the profile's constraints where they can be simulated; what only the constraints refuse runs without them. `refused`: what
 * even the substitutes cannot be run for; the model as it is then.
 */
async function benchOf(
  model: Model,
  { profile, constrained, threads = 1, data }: ChipCheckOptions & { readonly constrained: boolean },
  examples: number,
): Promise<{ bench: Bench; refused: string | null }> {
  const batch = Math.max(examples, model.data.batch);
  const sized = clockedForm({ ...model, data: { ...model.data, batch } });
  const common = { threads, ...(data && { data }) };
  const ways: (() => Promise<Bench>)[] = constrained
    ? [
        () => openBench({ ...common, model: sized, profile: { profile, file: profile.name, text: '' } }),
        () => openBench({ ...common, model: clockedForm(substituted(sized, profile).model) }),
      ]
    : [];
  let refused: string | null = null;
  for (const way of ways)
    try {
      return { bench: await way(), refused: null };
    } catch (error) {
      if (!(error instanceof SettleError) || error.place.kind !== 'input') throw error;
      refused = explain(error);
    }
  return { bench: await openBench({ ...common, model: sized }), refused };
}

/** A network without learning. */
export async function checkNetworkOnChip(model: NetworkModel, options: ChipCheckOptions): Promise<ProfileCheck> {
  const { profile } = options;
  tableOf(profile, options.energyTable);
  checkMemory(model, freemem());
  const wirings = wiringOf(model, { wide: model.weights === 'float64' });
  const network = chipNetworkOfWiring(model, wirings);
  const log: SpikeLog = await networkSpikes(model, wirings, options.duration ?? defaults.duration);
  const traffic = trafficOf(log, network);
  const weights = new Map(model.projections.map(({ name }, index) => [name, wirings[index]!.weights]));
  const check = checkChip({ asked: network, network, weights, gains: gainsOfNetwork(model), traffic, profile });
  const counts = countsOfLog(log, { network, steps: log.steps, placement: check.placement });
  return {
    schema: 'settle-profile-check/1', model: model.name, profile: profile.name, line: verdictLine(check.findings), ...check,
    substitutions: [], curves: [], traffic, error: null, inference: exampleEnergy(counts, log.steps, model.step, options), training: null,
  };
} // prettier-ignore

function exampleEnergy(counts: EventCounts, steps: number, step: number, { profile, energyTable }: ChipCheckOptions): ExampleEnergy {
  const chip = profile.time.step.value;
  return {
    counts, energy: energyOf(counts, profile, energyTable), processors: processorEnergy(counts), steps, simulatedSeconds: steps * step,
    chipSeconds: chip === null ? null : steps * chip,
  };
} // prettier-ignore
