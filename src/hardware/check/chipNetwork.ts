// A network as a chip sees it: neurons, input channels, and synapses one way each. Made from a model that learns or from one that
// does not; it places nothing and judges nothing.
import type { Model, Population } from '../../model/model.ts';
import { isSource, type NetworkModel, type NetworkPopulation } from '../../model/network.ts';
import { refuseKernels } from '../kernels.ts';
import type { Profile } from '../profile/profile.ts';

export interface ChipNeuron {
  readonly kind: 'lif' | 'integrate-and-fire' | 'rate' | 'equations';
  /** Seconds; Infinity: no exponential leak. */
  readonly membraneTimeConstant: number;
  readonly rest: number;
  readonly threshold: number;
  /** A spike above the threshold, not on it. */
  readonly strict: boolean;
  readonly reset: { readonly mode: 'to' | 'by'; readonly value: number };
  /** Seconds. */
  readonly refractory: number;
  readonly floor: number;
  /** A constant current of each neuron; one that holds it at a rest that is not where it is reset to is one too. */
  readonly bias: boolean;
  /** Every neuron has a Poisson source of its own. */
  readonly drive: boolean;
}

export interface ChipPopulation {
  readonly name: string;
  readonly units: number;
  /** Null for input channels. */
  readonly neuron: ChipNeuron | null;
  /** Values come as a constant current, not as spikes. */
  readonly constant: boolean;
  /** Activity that one spike carries, seconds (learning models); 1 where a weight is what a spike adds. */
  readonly activityTime: number;
}

/** Which units each sender reaches; null: all of them. Sender n owns [rows[n], rows[n + 1]) of `targets`. */
export interface SparseRows {
  readonly rows: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
}

/** Synapses one way. A projection both ways is two strands. */
export interface Strand {
  readonly projection: string;
  readonly from: string;
  readonly to: string;
  /** The way back of a projection both ways: its weights stand under the other one, transposed. */
  readonly back: boolean;
  readonly symmetric: boolean;
  /** The host computes it (a constant current that the chip takes as one): no synapses on the chip. */
  readonly hosted: boolean;
  readonly sparse: SparseRows | null;
  readonly synapses: number;
  readonly synapse: { readonly kind: 'exponential' | 'delta' | 'alpha'; readonly timeConstant: number };
  /** Seconds; one for all or one for each synapse. */
  readonly delays: ArrayLike<number>;
}

export interface ChipNetwork {
  readonly name: string;
  /** Seconds of a step of the algorithm. */
  readonly step: number;
  readonly engine: 'clocked' | 'event';
  readonly populations: readonly ChipPopulation[];
  readonly strands: readonly Strand[];
  /** Population that is read out. */
  readonly output: string | null;
  /** The learning rule, and how nudged phases start; null without learning. */
  readonly learning: { readonly rule: string; readonly restart: string | null } | null;
}

/** Constant currents that the host works out, where the chip has an input for them; a crossbar multiplies itself. */
export const hostsCurrents = ({ neuron, kind }: Profile): boolean =>
  neuron.inputCurrent.value === true && kind !== 'crossbar';

export function chipNetworkOf(model: Model, profile: Profile): ChipNetwork {
  refuseKernels(model, profile.name);
  const populations = model.populations.filter(({ kind }) => kind !== 'readout' || model.kind === 'rate');
  const units = new Map(model.populations.map((p) => [p.name, p]));
  const hosts = model.kind === 'spiking' && hostsCurrents(profile);
  const strands = model.projections.flatMap((projection): Strand[] => {
    const { name, from, to, symmetric, synapse, delay } = projection;
    const sender = units.get(from)!;
    const common = {
      projection: name, symmetric, synapse, delays: [delay], sparse: null,
      hosted: hosts && sender.kind === 'input' && sender.encode.kind === 'current',
      synapses: sender.units * units.get(to)!.units,
    }; // prettier-ignore
    const there = { ...common, from, to, back: false };
    return symmetric && from !== to ? [there, { ...common, from: to, to: from, back: true }] : [there];
  });
  return {
    name: model.name,
    step: model.step,
    engine: model.engine,
    populations: populations.map(learningPopulation),
    strands,
    output: model.cost?.on ?? null,
    learning: {
      rule: model.learning.rule,
      restart: model.kind === 'spiking' && model.learning.rule === 'ep' ? model.phases.restart : null,
    },
  };
}

function learningPopulation(population: Population): ChipPopulation {
  const { name, units, kind, encode, activityTime } = population;
  if (kind === 'input')
    return { name, units, neuron: null, constant: encode.kind === 'current', activityTime: 1 / encode.rate };
  const { membraneTimeConstant, rest, threshold, reset, refractory, floor, bias } = population;
  const spiking = kind === 'lif' || kind === 'integrate-and-fire';
  const neuron: ChipNeuron = {
    kind: spiking ? kind : 'rate', membraneTimeConstant, rest, threshold, strict: false, reset, refractory: refractory.duration, floor,
    bias: bias.init !== 0 || bias.spread !== 0 || bias.rate !== 0 || (kind === 'lif' && restsElsewhere(rest, reset)), drive: false,
  }; // prettier-ignore
  return { name, units, neuron, constant: false, activityTime };
}

/** What a wiring of the engine has of a projection. */
export interface WiredRows extends SparseRows {
  readonly delays: ArrayLike<number>;
}

/** A network without learning; `wirings` in the order of its projections. */
export function chipNetworkOfWiring(model: NetworkModel, wirings: readonly WiredRows[]): ChipNetwork {
  return {
    name: model.name,
    step: model.step,
    engine: model.engine,
    populations: model.populations.map(plainPopulation),
    strands: model.projections.map(({ name, from, to, synapse }, index): Strand => {
      const { rows, targets, delays } = wirings[index]!;
      return {
        projection: name, from, to, back: false, symmetric: false, hosted: false, sparse: { rows, targets }, synapses: targets.length,
        synapse, delays,
      }; // prettier-ignore
    }),
    output: null,
    learning: null,
  };
}

function plainPopulation(population: NetworkPopulation): ChipPopulation {
  const { name, units, kind, equations, bias, current, membraneTimeConstant, rest, threshold } = population;
  const common = { name, units, constant: false, activityTime: 1 };
  if (isSource(population)) return { ...common, neuron: null };
  const neuron: ChipNeuron = {
    kind: kind === 'equations' || equations ? 'equations' : (kind as 'lif' | 'integrate-and-fire'), membraneTimeConstant, rest, threshold,
    strict: population.strict, reset: population.reset, refractory: population.refractory.duration, floor: population.floor,
    bias: current.length > 0 || bias.kind !== 'constant' || bias.value !== 0 || (kind === 'lif' && restsElsewhere(rest, population.reset)), drive: population.drive !== null,
  }; // prettier-ignore
  return { ...common, neuron };
}

const restsElsewhere = (rest: number, reset: ChipNeuron['reset']): boolean =>
  reset.mode === 'to' && reset.value !== rest;

/** Threshold above where a spike puts the membrane: what a chip whose membranes start at 0 holds. */
export const thresholdOf = ({ threshold, reset }: ChipNeuron): number =>
  reset.mode === 'to' ? threshold - reset.value : reset.value;

/** The unit's name: `h[17]`. */
export const unitName = (population: string, unit: number): string => `${population}[${unit}]`;

/** Every strand's synapses into each unit of `to`, and from each unit of `from`; hosted ones are none. */
export function fanOf(network: ChipNetwork): { readonly into: ReadonlyMap<string, Uint32Array>; readonly out: ReadonlyMap<string, Uint32Array> } {
  const units = new Map(network.populations.map((p) => [p.name, p.units]));
  const counts = (): Map<string, Uint32Array> => new Map([...units].map(([name, size]) => [name, new Uint32Array(size)]));
  const [into, out] = [counts(), counts()];
  for (const { from, to, sparse, hosted } of network.strands) {
    if (hosted) continue;
    const [senders, receivers] = [out.get(from)!, into.get(to)!];
    if (!sparse) {
      senders.forEach((_, k) => (senders[k]! += receivers.length));
      receivers.forEach((_, k) => (receivers[k]! += senders.length));
      continue;
    }
    for (let k = 0; k < senders.length; k++) senders[k]! += sparse.rows[k + 1]! - sparse.rows[k]!;
    for (let k = 0; k < sparse.targets.length; k++) receivers[sparse.targets[k]!]! += 1;
  }
  return { into, out };
} // prettier-ignore
