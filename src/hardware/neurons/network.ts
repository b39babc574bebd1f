// A network of a chip's integer neurons, and the one loop that runs it: events in, spikes out, by steps or by events as the
// chip does it. It knows no model, no profile and no file.
import { countKeys, type Counts, type IntegerNeurons } from './counts.ts';
import { loihiNeurons } from './loihi1.ts';
import { odinNeurons } from './odin.ts';
import { tinyOdinNeurons } from './tinyOdin.ts';
import { type XyloParameters, xyloNeurons } from './xylo.ts';

/** Dense synapses from consecutive senders to consecutive neurons. Senders are the inputs, then the neurons. */
export interface Block {
  /** `x->h`; of a matrix used both ways there are two blocks, `h->y` and `y->h`. */
  readonly name: string;
  readonly firstSender: number;
  readonly senders: number;
  readonly firstNeuron: number;
  readonly neurons: number;
  /** What the weight memory holds, [sender, neuron]: Loihi half the weight (mixed signs are even), tinyODIN the weight. */
  readonly registers: Int16Array;
  /** A synaptic event adds register x `unit` to what its neuron receives. */
  readonly unit: number;
}

/** Per neuron. ODIN: negative weights inhibit, and are all of a sender's. Loihi: effective decays 0 to 4096, thresholds in units of 64, bias mantissa x 2^exponent. */
export type Registers =
  | {
      readonly chip: 'loihi-1';
      readonly currentDecay: Int32Array;
      readonly membraneDecay: Int32Array;
      readonly threshold: Int32Array;
      readonly refractory: Int32Array;
      readonly biasMantissa: Int32Array;
      readonly biasExponent: Int32Array;
    }
  | { readonly chip: 'odin' | 'tiny-odin'; readonly leak: Int32Array; readonly threshold: Int32Array }
  | ({ readonly chip: 'xylo' } & XyloParameters);

export interface IntegerNetwork {
  /** Seconds a tick. */
  readonly step: number;
  readonly inputs: { readonly name: string; readonly units: number };
  readonly populations: readonly { readonly name: string; readonly first: number; readonly units: number }[];
  readonly neurons: number;
  readonly blocks: readonly Block[];
  readonly registers: Registers;
}

/** Input events of one example: those of tick t are units[offsets[t]] to units[offsets[t + 1] - 1], upward. */
export interface Stimulus {
  readonly offsets: Int32Array;
  readonly units: Int32Array;
}

export interface Presentation {
  readonly stimulus: Stimulus;
  /** Loihi: mantissa x 2^exponent for every neuron, in place of the registers'. */
  readonly bias?: Int32Array;
  /** First tick whose spikes are counted in the result (default 0). */
  readonly countFrom?: number;
  /** Go on from the present state in place of the reset. */
  readonly keep?: boolean;
  /** Blocks that take part, by index (default all). */
  readonly active?: readonly number[];
  /** After each tick, with the spikes of each neuron in it. */
  onTick?(tick: number, fired: Uint8Array): void;
}

export interface IntegerMachine {
  readonly network: IntegerNetwork;
  readonly neurons: IntegerNeurons;
  readonly counts: Counts;
  /** Spikes that the queue had no room for. */
  readonly lost: number;
  /** Presents an example from the reset state; spikes of each neuron from `countFrom` on. */
  present(presentation: Presentation): Int32Array;
}

/** Spikes that wait for their turn in tinyODIN. */
export const queueDepth = 128;

/** `strict` makes a current that wraps an error. */
export function integerMachine(network: IntegerNetwork, options: { strict?: boolean } = {}): IntegerMachine {
  const { registers, blocks } = network;
  const inputs = network.inputs.units;
  const weights = blocks.map(({ registers: held, unit }) => Int32Array.from(held, (value) => value * unit));
  const ownBias = biasesOf(registers);
  const bias = Int32Array.from(ownBias);
  const neurons = neuronsOf(registers, bias, options);
  const fired = neurons.drive === 'steps' ? neurons.fired : new Uint8Array(neurons.units);
  const all = blocks.map((_, index) => index);
  let active: readonly number[] = all;
  let lost = 0;
  /** Rows of weights that reached each block's neurons since the last step. */
  const rows = new Int32Array(network.neurons);

  function deliver(sender: number): void {
    if (neurons.drive !== 'steps') return;
    for (const index of active) {
      const block = blocks[index]!;
      const row = sender - block.firstSender;
      if (row < 0 || row >= block.senders) continue;
      neurons.receiveRow(block.firstNeuron, weights[index]!, row * block.neurons, (row + 1) * block.neurons);
      for (let k = 0, n = block.firstNeuron; k < block.neurons; k++, n++) rows[n]!++;
    }
  }
  function countSimultaneous(): void {
    const { simultaneous } = neurons.counts;
    for (let n = 0; n < rows.length; n++) if (rows[n]! > 1) simultaneous[n]!++;
    rows.fill(0);
  }
  function steppedTick({ units, offsets }: Stimulus, tick: number): void {
    if (neurons.drive !== 'steps') return;
    const early = neurons.inputLatency === 0;
    if (!early) stepped();
    for (let k = offsets[tick]!; k < offsets[tick + 1]!; k++) deliver(units[k]!);
    // A neuron's own spikes take a step either way: those of this one, or of the one before.
    for (let n = 0; n < neurons.units; n++) for (let each = 0; each < fired[n]!; each++) deliver(inputs + n);
    if (early) stepped();
  }
  function stepped(): void {
    countSimultaneous();
    if (neurons.drive === 'steps') neurons.step();
  }
  /** The queue: a spike waits until the events before it have visited every neuron. */
  const queue: number[] = [];
  function noted(n: number): void {
    fired[n]!++;
    if (queue.length < queueDepth) queue.push(n);
    else lost++;
  }
  function visit(sender: number): void {
    if (neurons.drive !== 'events') return;
    for (const index of active) {
      const block = blocks[index]!;
      const row = sender - block.firstSender;
      if (row < 0 || row >= block.senders) continue;
      for (let k = 0, n = block.firstNeuron, at = row * block.neurons; k < block.neurons; k++, n++, at++) {
        const weight = weights[index]![at]!;
        if (weight === 0) continue;
        rows[n]!++;
        if (neurons.synapse(n, weight)) noted(n);
      }
    }
  }
  function drain(): void {
    while (queue.length > 0) visit(inputs + queue.shift()!);
  }
  function eventTick({ units, offsets }: Stimulus, tick: number): void {
    if (neurons.drive !== 'events') return;
    fired.fill(0);
    for (let k = offsets[tick]!; k < offsets[tick + 1]!; k++) {
      visit(units[k]!);
      drain();
    }
    for (let n = 0; n < neurons.units; n++) if (neurons.leak(n)) noted(n);
    drain();
    countSimultaneous();
  }

  return {
    network, neurons, counts: neurons.counts,
    get lost() {
      return lost;
    },
    present({ stimulus, countFrom = 0, keep = false, onTick, ...given }) {
      active = given.active ?? all;
      bias.set(given.bias ?? ownBias);
      if (!keep) {
        neurons.clear();
        rows.fill(0);
      }
      const ticks = stimulus.offsets.length - 1;
      const sums = new Int32Array(network.neurons);
      for (let tick = 0; tick < ticks; tick++) {
        if (neurons.drive === 'steps') steppedTick(stimulus, tick);
        else eventTick(stimulus, tick);
        if (tick >= countFrom) for (let n = 0; n < sums.length; n++) sums[n]! += fired[n]!;
        onTick?.(tick, fired);
      }
      return sums;
    },
  }; // prettier-ignore
}

function neuronsOf(registers: Registers, bias: Int32Array, options: { strict?: boolean }): IntegerNeurons {
  switch (registers.chip) {
    case 'loihi-1':
      return loihiNeurons({ ...registers, threshold: registers.threshold.map((value) => 64 * value), bias }, options);
    case 'xylo':
      return xyloNeurons({ ...registers, bias });
    case 'odin':
      return odinNeurons(registers);
    case 'tiny-odin':
      return tinyOdinNeurons(registers);
  }
}

/** What the bias registers add at every step; none on a chip without. */
export function biasesOf(registers: Registers): Int32Array {
  if (registers.chip === 'xylo') return registers.bias;
  if (registers.chip !== 'loihi-1') return new Int32Array(registers.threshold.length);
  return registers.biasMantissa.map((mantissa, n) => mantissa * 2 ** registers.biasExponent[n]!);
}

/** Sum of each count over the neurons. */
export function totals(seen: Counts): Record<keyof Counts, number> {
  const sum = (values: Int32Array): number => values.reduce((total, value) => total + value, 0);
  return Object.fromEntries(countKeys.map((key) => [key, sum(seen[key])])) as Record<keyof Counts, number>;
}
