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
  /** In order of time; read anew each time they are gone through; a block is valid until the next. */
  readonly blocks: Iterable<SpikeBlock>;
  /** The name of a neuron once its address was met; null where the file knows addresses only. */
  readonly nameOf: ((address: number) => string) | null;
  /** Names are of the file's own making (wires), and a map of addresses may say better ones. */
  readonly foreign?: boolean;
  /** Other things that the file says, for a person; complete once the blocks were gone through. */
  notes(): readonly string[];
  /** Where the examples begin, by `exampleKey`, in units of time; complete once the blocks were gone through. */
  readonly examples?: ReadonlyMap<string, number>;
  /** What the neuron's membrane did, where the file has it. */
  membrane?(name: string): Iterable<Sample>;
  /** What is wrong with the file, once it was gone through; such as that it is cut short. */
  problem?(): string | null;
  close?(): void;
}

export const exampleKey = (epoch: number, example: number): string => `epoch ${epoch}, example ${example}`;

/** The name of a neuron. */
export const neuronName = (population: string, unit: number): string => `${population}[${unit}]`;

/** Names by address, for populations that lie behind each other. */
export function namesOf(populations: readonly Population[]): (address: number) => string {
  return (address) => {
    const found = populations.find(({ offset, units }) => address >= offset && address < offset + units);
    return found ? neuronName(found.name, address - found.offset) : `address ${address}`;
  };
}

/** Spikes of a block that a reader fills. */
const blockSize = 2 ** 16;

/** A block that is being filled. */
export interface Filling {
  time: Float64Array;
  address: Uint32Array;
  count: number;
}

export const filling = (): Filling => ({
  time: new Float64Array(blockSize),
  address: new Uint32Array(blockSize),
  count: 0,
});

/** Puts one spike; true when the block is full. */
export function filled(block: Filling, time: number, address: number): boolean {
  block.time[block.count] = time;
  block.address[block.count++] = address;
  return block.count === blockSize;
}

/** What was filled, valid until the next spike is put. */
export function blockOf(block: Filling): SpikeBlock {
  const { time, address, count } = block;
  block.count = 0;
  return { time: time.subarray(0, count), address: address.subarray(0, count) };
}

/** Several sources, each in order of time, as one. */
export function* merged(sources: readonly Iterable<SpikeBlock>[]): Generator<SpikeBlock> {
  if (sources.length === 1) return yield* sources[0]!;
  const heads = sources.map((source) => ({ rest: source[Symbol.iterator](), block: null as SpikeBlock | null, at: 0 }));
  const more = (head: (typeof heads)[number]): boolean => {
    while (!head.block || head.at >= head.block.time.length) {
      const next = head.rest.next();
      if (next.done) return false;
      [head.block, head.at] = [next.value, 0];
    }
    return true;
  };
  let open = heads.filter(more);
  const block = filling();
  while (open.length > 0) {
    let first = open[0]!;
    for (const head of open) if (head.block!.time[head.at]! < first.block!.time[first.at]!) first = head;
    const { time, address } = first.block!;
    if (filled(block, time[first.at]!, address[first.at]!)) yield blockOf(block);
    first.at++;
    if (!more(first)) open = open.filter((head) => head !== first);
  }
  if (block.count > 0) yield blockOf(block);
}

/** The same spikes by time, those of one time in the order they came. */
export function inOrder(time: Float64Array, address: Uint32Array): SpikeBlock {
  const order = Uint32Array.from(time, (_, k) => k).sort((a, b) => time[a]! - time[b]! || a - b);
  return { time: Float64Array.from(order, (k) => time[k]!), address: Uint32Array.from(order, (k) => address[k]!) };
}
