// A model against a hardware profile: builds what the chip would hold, simulates it for a moment, applies every rule, counts and
// prices the events. It prints nothing and trains nothing but the batch it counts.
import { freemem } from 'node:os';
import { clockedForm } from './chipModel.ts';
import { type ChipCheck, checkChip, type Verdict, verdictLine } from '../hardware/check.ts';
import { type ChipNetwork, chipNetworkOf, chipNetworkOfWiring } from '../hardware/chipNetwork.ts';
import { type Energy, energyOf, type EventCounts, tableOf } from '../hardware/energy.ts';
import { countsOfLog } from '../hardware/eventCounts.ts';
import type { Finding } from '../hardware/finding.ts';
import { gainsOf, gainsOfNetwork } from '../hardware/gains.ts';
import { placed } from '../hardware/placement.ts';
import { type ProcessorEnergy, processorEnergy } from '../hardware/prices.ts';
import type { Profile } from '../hardware/profile.ts';
import { type SpikeLog, type Traffic, trafficOf } from '../hardware/spikeLog.ts';
import { substituted, type Substitution } from '../hardware/substitute.ts';
import { checkSynapses as checkMemory, wiringOf } from '../engine/network/wiring.ts';
import { freshState, restore, type TrainState } from '../learn/trainer.ts';
import type { Model } from '../model/model.ts';
import type { NetworkModel } from '../model/network.ts';
import { inputMacs, weightWrites } from './figures.ts';
import { fiCurves, type FiCurve } from '../hardware/fiCurve.ts';
import { openBench, type RunOptions } from './run.node.ts';
import { checkWeights, firstOf } from './simulate.node.ts';
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
  const events = await countEvents(given, { ...options, network });
  const check = checkChip({ asked, network, weights: events.weights, gains: gainsOf(given), traffic: events.traffic, profile });
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
  readonly inferenceSteps: number;
  readonly trainingSteps: number;
}

/** Runs a few examples of a model as it is, and counts their events on the chip that `network` was made for. */
export async function countEvents(model: Model, options: ChipCheckOptions & { readonly network: ChipNetwork }): Promise<CountedEvents> {
  const { network, profile, from } = options;
  const examples = options.examples ?? defaults.examples;
  const stepped = clockedForm(model);
  const bench = await openBench({ model: { ...stepped, data: { ...stepped.data, batch: examples } }, threads: options.threads ?? 1, ...(options.data && { data: options.data }) });
  const { recipe, machine, data } = bench;
  try {
    if (from) {
      checkWeights(from, machine.program);
      await restore(recipe, machine, model.seed, from.state);
    } else await freshState(recipe, machine, model.seed);
    const weights = new Map<string, ArrayLike<number>>();
    for (const { name } of model.projections) weights.set(name, await machine.read(`${name}.weight`));
    const none = { weights, traffic: null, error: null, inference: null, training: null, inferenceSteps: 0, trainingSteps: 0 };
    if (model.kind === 'rate') return none;
    const placement = placed(network, profile);
    const common = { network, placement, converts: profile.converters !== null };
    const seen = await inferenceSpikes(bench, examples);
    const learned = await trainingSpikes(bench, examples);
    const macs = (set: typeof data.test): number => inputMacs(stepped, firstOf(set, examples));
    const shapeOf = (name: string): readonly number[] => machine.program.buffers.get(name)!.shape;
    const writes = weightWrites(model, recipe, shapeOf) + model.projections.filter(({ symmetric, name }) => symmetric && recipe.learned.includes(`${name}.weight`)).reduce((sum, { name }) => sum + shapeOf(`${name}.weight`).reduce((a, b) => a * b, 1), 0) / model.data.batch;
    return {
      weights, error: seen.error, traffic: trafficOf(seen.log, network),
      inference: countsOfLog(seen.log, { ...common, steps: seen.log.steps, multiplyAccumulates: macs(data.test) }), inferenceSteps: seen.log.steps,
      training: learned && countsOfLog(learned.log, {
        ...common, steps: learned.log.steps, multiplyAccumulates: macs(data.train), weightUpdates: profile.devices ? 0 : writes, pulses: profile.devices ? null : 0,
      }), trainingSteps: learned?.log.steps ?? 0,
    };
  } finally {
    await machine.close();
  }
} // prettier-ignore

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
