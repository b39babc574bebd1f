// What the same work costs on a processor, where an operation has a published price. Bounds and estimates, each with its source:
// no measurement of ours.
import type { EventCounts } from './energy.ts';

export interface Processor {
  readonly name: string;
  /** Joules. */
  readonly add: number;
  readonly multiply: number;
  readonly source: string;
  readonly conditions: string;
}

export const processors: readonly Processor[] = [
  {
    name: 'arithmetic alone, 45 nm',
    add: 0.9e-12,
    multiply: 3.7e-12,
    source: 'Horowitz, ISSCC 2014, "Computing\'s energy problem", table of 32 bit floating-point operations, as quoted in Front. Neurol. (PMC8934428), table 3',
    conditions: '0.9 V; a lower bound of any processor of that generation: no memory, no instructions, no idle units',
  },
  {
    name: 'GPU (GTX Titan Black)',
    add: 0.3e-9 / 2,
    multiply: 0.3e-9 / 2,
    source: 'keras-spiking, ModelEnergy: 0.3 nJ a synaptic operation (a multiply and an add), after Degnan, Marr and Hasler, IEEE TVLSI 24 (2016)',
    conditions: 'performance per watt of the whole board at full load, 28 nm',
  },
  {
    name: 'CPU (Core i7-4960X)',
    add: 8.6e-9 / 2,
    multiply: 8.6e-9 / 2,
    source: 'keras-spiking, ModelEnergy: 8.6 nJ a synaptic operation (a multiply and an add), after Degnan, Marr and Hasler, IEEE TVLSI 24 (2016)',
    conditions: 'performance per watt of the whole processor, 22 nm',
  },
]; // prettier-ignore

/** Floating-point operations of an event on a processor that simulates the network by steps. */
const operations = {
  /** A weight is added. */
  synaptic: { add: 1, multiply: 0 },
  /** v <- v e + (1 - e) I + k g, g <- g e', s <- s e', a comparison: leaky membrane, current and trace. */
  update: { add: 3, multiply: 5 },
  /** A product is added to a weight. */
  mac: { add: 1, multiply: 1 },
} as const;

export interface ProcessorEnergy {
  readonly name: string;
  readonly joules: number;
  readonly source: string;
  readonly conditions: string;
}

/** The same events on each processor. What was not counted is left out. */
export function processorEnergy(counts: EventCounts): ProcessorEnergy[] {
  const times = {
    synaptic: (counts.synapticEvents ?? 0) + (counts.synapticEventsSparse ?? 0),
    update: (counts.neuronUpdates ?? 0) + (counts.neuronUpdatesIdle ?? 0),
    mac: (counts.multiplyAccumulates ?? 0) + (counts.weightUpdates ?? 0),
  };
  const total = (kind: 'add' | 'multiply'): number =>
    Object.entries(times).reduce((sum, [key, n]) => sum + n * operations[key as keyof typeof operations][kind], 0);
  return processors.map(({ name, add, multiply, source, conditions }) => ({
    name, joules: total('add') * add + total('multiply') * multiply, source, conditions,
  })); // prettier-ignore
}

/** Multiply-accumulates of the same task by a network of values: each weight once forward, and twice more to learn. */
export function denseEnergy(weights: number, training: boolean): ProcessorEnergy[] {
  const macs = weights * (training ? 3 : 1);
  return processors.map(({ name, add, multiply, source, conditions }) => ({
    name, joules: macs * (add + multiply), source, conditions,
  })); // prettier-ignore
}
