// A network model and its wiring as what the event engine runs: one row of segments a unit, sources as neurons that never fire
// by themselves. It draws initial potentials and biases; connections are drawn already.
import { SettleError } from '../../errors.ts';
import type { NetworkModel, NetworkPopulation, Synapse } from '../../model/network.ts';
import { isSource } from '../../model/network.ts';
import {
  type Connections,
  type CurrentSteps,
  currentSteps,
  type EventNetwork,
  type NeuronGroup,
  noInputs,
  type SynapseType,
} from '../event/network.ts';
import { drawOf } from './draw.ts';
import { populationStream } from './streams.ts';
import type { Wiring } from './wiring.ts';

/** Where the potential of a unit that never fires would have to go: its distance is what the engine computes with. */
const outOfReach = 2 ** 20;

/** What a source is to the engine: a neuron at rest that nothing reaches. */
const silent = { membraneTimeConstant: 1, rest: 0, threshold: 1, strict: false, reset: 0, resetBy: 'value', floor: -Infinity, cap: Infinity, resistance: 1, refractory: { duration: 0, membrane: 'clamp', arrivals: 'lose' } } as const; // prettier-ignore

function groupOf(population: NetworkPopulation): NeuronGroup {
  const { units: count, membraneTimeConstant, rest, strict, reset, refractory, floor, cap } = population;
  if (isSource(population)) return { ...silent, count };
  if (population.equations)
    throw new SettleError('the event engine knows no closed form of equations', {
      kind: 'input', path: `populations.${population.name}.kind`, found: 'equations', expected: 'lif or integrate-and-fire; or engine: clocked',
    }); // prettier-ignore
  const threshold = population.threshold === Infinity ? Math.max(1, Math.abs(rest)) * outOfReach : population.threshold;
  return {
    count, membraneTimeConstant, rest, resistance: 1, threshold, strict,
    reset: reset.mode === 'to' ? reset.value : threshold - reset.value,
    resetBy: reset.mode === 'to' ? 'value' : 'subtraction',
    refractory: { ...refractory, membrane: 'clamp' }, floor, cap,
  }; // prettier-ignore
}

/** Number of the first unit of each population, and of all units at the end. */
export function offsetsOf({ populations }: NetworkModel): number[] {
  const offsets = [0];
  for (const { units } of populations) offsets.push(offsets.at(-1)! + units);
  return offsets;
}

/** Values of all units, in order: drawn, or `otherwise` for sources. */
export function unitValues(model: NetworkModel, what: 'initial' | 'bias', otherwise: number): Float64Array {
  const values = new Float64Array(offsetsOf(model).at(-1)!).fill(otherwise);
  let at = 0;
  model.populations.forEach((population, index) => {
    if (!isSource(population)) {
      const draw = drawOf(population[what], model.seed, populationStream(index, what));
      for (let unit = 0; unit < population.units; unit++) values[at + unit] = draw(unit, unit);
    }
    at += population.units;
  });
  return values;
}

export interface EventNetworkOf {
  readonly network: EventNetwork;
  /** The synapse type of each population's drive; -1 without. */
  readonly driveType: Int8Array;
  /** Bytes of the connections. */
  readonly bytes: number;
}

export function eventNetwork(model: NetworkModel, wirings: readonly Wiring[]): EventNetworkOf {
  const types: SynapseType[] = [];
  const typeOf = ({ kind, timeConstant }: Synapse): number => {
    const known = types.findIndex((type) => type.kind === kind && type.timeConstant === timeConstant);
    return known >= 0 ? known : types.push({ kind, timeConstant, amplitude: 'peak' }) - 1;
  };
  const typeOfWiring = wirings.map(({ projection }) => typeOf(projection.synapse));
  const driveType = Int8Array.from(model.populations, ({ drive }) => (drive ? typeOf(drive.synapse) : -1));
  const offsets = offsetsOf(model);
  const connections = connectionsOf(model, wirings, typeOfWiring, offsets);
  const bias = unitValues(model, 'bias', 0);
  return {
    driveType,
    bytes: Object.values(connections).reduce((sum, array: ArrayBufferView) => sum + array.byteLength, 0),
    network: {
      neurons: offsets.at(-1)!,
      groups: model.populations.map(groupOf),
      types,
      connections,
      initial: unitValues(model, 'initial', 0),
      bias,
      inputs: noInputs,
      steps: stepsOf(model, offsets, bias),
    },
  }; // prettier-ignore
}

function stepsOf(model: NetworkModel, offsets: readonly number[], bias: Float64Array): CurrentSteps {
  return currentSteps(
    model.populations.flatMap(
      ({ current }, p) =>
      current.map(([unit, time, value]) => ({ time, neuron: offsets[p]! + unit, value: bias[offsets[p]! + unit]! + value })), // prettier-ignore
    ),
  );
}

/** Rows of all projections of a unit, joined: synapses of equal delay and type are one segment, in the order of the file. */
function connectionsOf(model: NetworkModel, wirings: readonly Wiring[], types: readonly number[], offsets: readonly number[]): Connections {
  const index = new Map(model.populations.map(({ name }, p) => [name, p]));
  const count = wirings.reduce((sum, { targets }) => sum + targets.length, 0);
  const post = new Uint32Array(count);
  const weight = new (model.weights === 'float64' ? Float64Array : Float32Array)(count);
  const segmentOf = new Uint32Array(offsets.at(-1)! + 1);
  const [delay, type, synapseOf]: [Grown, Grown, Grown] = [grown(), grown(), grown()];
  let at = 0;
  for (const [p, { name, units }] of model.populations.entries()) {
    const own = wirings
      .map((wiring, w) => ({ ...wiring, type: types[w]!, to: offsets[index.get(wiring.projection.to)!]!, varied: wiring.delays.length > 1 }))
      .filter(({ projection }) => projection.from === name);
    const constant = own.filter(({ varied }) => !varied).sort((a, b) => a.delays[0]! - b.delays[0]! || a.type - b.type);
    const varied = own.filter(({ varied }) => varied);
    for (let unit = 0; unit < units; unit++) {
      const first = delay.length;
      const segment = (d: number, k: number): void => {
        if (delay.length > first && delay.last() === d && type.last() === k) return;
        delay.push(d);
        type.push(k);
        synapseOf.push(at);
      };
      if (varied.length === 0)
        for (const { rows, targets, weights, delays, type: k, to } of constant) {
          if (rows[unit] === rows[unit + 1]) continue;
          segment(delays[0]!, k);
          for (let s = rows[unit]!; s < rows[unit + 1]!; s++, at++) [post[at], weight[at]] = [to + targets[s]!, weights[s]!];
        }
      else {
        const all = own.flatMap(({ rows, targets, weights, delays, type: k, to, varied: each }) =>
          Array.from({ length: rows[unit + 1]! - rows[unit]! }, (_, n) => {
            const s = rows[unit]! + n;
            return { post: to + targets[s]!, weight: weights[s]!, delay: delays[each ? s : 0]!, type: k };
          }));
        for (const synapse of all.sort((a, b) => a.delay - b.delay || a.type - b.type)) {
          segment(synapse.delay, synapse.type);
          [post[at], weight[at]] = [synapse.post, synapse.weight];
          at++;
        }
      }
      segmentOf[offsets[p]! + unit + 1] = delay.length;
    }
  }
  synapseOf.push(count);
  return { segmentOf, synapseOf: Uint32Array.from(synapseOf.values()), delay: delay.values().slice(), type: Uint8Array.from(type.values()), post, weight };
} // prettier-ignore

interface Grown {
  readonly length: number;
  push(value: number): void;
  last(): number;
  values(): Float64Array;
}

/** A list of numbers that may be long. */
function grown(): Grown {
  let data = new Float64Array(1024);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value) {
      if (length === data.length) {
        const larger = new Float64Array(2 * length);
        larger.set(data);
        data = larger;
      }
      data[length++] = value;
    },
    last: () => data[length - 1]!,
    values: () => data.subarray(0, length),
  };
}
