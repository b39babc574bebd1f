// Spikes as they pass between formats: blocks of times and addresses on one axis of time. It reads and writes no format.

/** Neurons of a population have the addresses offset ... offset + units - 1. */
export interface Population {
  readonly name: string;
  readonly units: number;
  readonly offset: number;
}

/** By time; one entry a spike. */
export interface SpikeBlock {
  /** In units of time. */
  readonly time: Float64Array;
  readonly address: Uint32Array;
}

/** One value that a state had. */
export interface Sample {
  /** In units of time. */
  readonly time: number;
  readonly value: number;
}

/** The spikes of a file, whatever its format. */
export interface Spikes {
  readonly format: string;
  /** Seconds that a unit of time takes: a step or a tick; 1 where times are seconds. */
  readonly unit: number;
  /** Times are whole numbers of units. */
  readonly whole: boolean;
  /** In order of time; read anew each time they are gone through, block by block. */
  readonly blocks: Iterable<SpikeBlock>;
  /** The name of a neuron once its address was met; null where the file knows addresses only. */
  readonly nameOf: ((address: number) => string) | null;
  /** Other things that the file says, for a person. */
  readonly notes: readonly string[];
  /** What the neuron's membrane did, where the file has it. */
  membrane?(name: string): Iterable<Sample>;
}

/** The name of a neuron. */
export const neuronName = (population: string, unit: number): string => `${population}[${unit}]`;

/** Names by address, for populations that lie behind each other. */
export function namesOf(populations: readonly Population[]): (address: number) => string {
  return (address) => {
    const found = populations.find(({ offset, units }) => address >= offset && address < offset + units);
    return found ? neuronName(found.name, address - found.offset) : `address ${address}`;
  };
}
