// The files of a hand-over for a chip team, from an integer network and its vectors: memories, core, bench, script. Documents
// are in documents.ts; what is on disk and its checksums are run/'s.
import type { IntegerNetwork } from '../../hardware/neurons/network.ts';
import { type BenchSizes, checkModule, testBench, verilatorMain } from './check.ts';
import { contrastInstance, contrastModule, pairWords } from './contrastUnit.ts';
import { loihiCore } from './loihiCore.ts';
import { bitsFor, memory, packed, word } from './memory.ts';
import { portMap, runScript } from './scripts.ts';
import { tinyOdinCore } from './tinyOdinCore.ts';
import { addressOf, type Vectors } from './vectors.ts';

export interface Hardware {
  readonly sizes: BenchSizes;
  readonly files: Map<string, string>;
  /** Module of the reference core, and its file. */
  readonly top: string;
  readonly core: string;
}

/** What learns in the vectors: the unit that does it, and the memory that it must leave. */
export interface Update {
  /** Of each block; null: it does not learn. */
  readonly shifts: readonly (number | null)[];
  readonly weightsAfter: readonly Int16Array[];
}

export function hardwareOf(network: IntegerNetwork, vectors: Vectors, update: Update | null = null): Hardware {
  const { registers, neurons, inputs, blocks } = network;
  const loihi = registers.chip === 'loihi-1';
  const weights = blocks.reduce((sum, block) => sum + block.registers.length, 0);
  const neuronBits = loihi ? Math.max(2, bitsFor(neurons)) : 8;
  const sizes: BenchSizes = {
    neurons, neuronBits,
    senderBits: loihi ? Math.max(bitsFor(inputs.units + neurons), neuronBits + 1) : 8,
    weightBits: bitsFor(weights),
    blocks: loihi ? blocks.length : 1,
    stateBits: loihi ? 48 : 12,
    words: vectors.stim.length, ticks: vectors.ticks, spikes: vectors.spikes, biasSets: vectors.biasSets,
    weightsAfter: update ? weights : 0,
  }; // prettier-ignore
  const files = new Map<string, string>();
  files.set('stim.mem', memory('what the bench does: {operation 4, value 16}; README.md lists the operations', vectors.stim)); // prettier-ignore
  files.set('expected.mem', memory(`after each tick, for each neuron: {spikes in the tick 4, ${loihi ? 'u 24, v 24' : 'v 12'}}`, vectors.expected)); // prettier-ignore
  if (vectors.biasSets > 0) files.set('biases.mem', memory('sets of bias registers, one word a neuron: {exponent 3, mantissa 13}', vectors.biases)); // prettier-ignore
  const top = loihi ? 'loihi1_core' : 'tiny_odin_core';
  const core = `${top}.v`;
  files.set(core, loihi ? loihiCore : tinyOdinCore);
  const memories = loihi ? loihiMemories(network) : tinyOdinMemories(network);
  for (const [name, text] of memories) files.set(name, text);
  if (update) {
    files.set('contrast_update.v', contrastModule);
    files.set('pairs.mem', memory('blocks that learn: {learns 1, shift 6, mirror 1, weight base 24, neurons 16, first neuron 16, senders 16, first sender 16}', pairWords(network, update.shifts))); // prettier-ignore
    const after = update.weightsAfter.flatMap((values) => [...values].map((value) => word(value, 8)));
    files.set('weights_after.mem', memory('the weight memory after the update', after));
  }
  files.set('check.v', checkModule(sizes, update ? { instance: contrastInstance(network) } : null));
  files.set('tb.v', testBench);
  files.set('sim_main.cpp', verilatorMain);
  const ports = ['clk', 'rst_n', 'clear', 'in_valid', 'in_addr', 'in_ready', 'tick', 'done', 'out_valid', 'out_addr', 'state_index', 'state']; // prettier-ignore
  const more = ['bias_we', 'bias_index', 'bias_data', 'active', 'w_we', 'w_addr', 'w_wdata', 'w_rdata'];
  const parameters = loihi
    ? {
        INPUTS: inputs.units, NEURONS: neurons, BLOCKS: blocks.length, BLOCK_BITS: bitsFor(blocks.length - 1), WEIGHTS: weights,
        SENDER_BITS: sizes.senderBits, NEURON_BITS: neuronBits, WEIGHT_BITS: sizes.weightBits, LANES: Math.min(20, Math.max(1, neurons - 1)),
      }
    : { MAX_NEUR: neurons - 1 }; // prettier-ignore
  files.set('ports.map', portMap(sizes, loihi ? [...ports, ...more] : [...ports, 'overflow'], parameters));
  files.set('run.sh', runScript({ sizes, top, core, more: update ? ['contrast_update.v'] : [] }));
  files.set('addr_map.csv', addressMap(network));
  return { sizes, files, top, core };
}

/** neuron (as in expected.mem; empty for inputs), address on the bus, name. */
function addressMap(network: IntegerNetwork): string {
  const { inputs, populations } = network;
  const line = (neuron: number | '', sender: number, name: string): string => `${neuron},${addressOf(network, sender)},${name}\n`; // prettier-ignore
  const ofInputs = Array.from({ length: inputs.units }, (_, k) => line('', k, `${inputs.name}[${k}]`));
  const ofNeurons = populations.flatMap(({ name, first, units }) =>
    Array.from({ length: units }, (_, k) => line(first + k, inputs.units + first + k, `${name}[${k}]`)),
  );
  return `neuron,address,name\n${[...ofNeurons, ...ofInputs].join('')}`;
}

function loihiMemories({ registers, blocks, neurons }: IntegerNetwork): [string, string][] {
  if (registers.chip !== 'loihi-1') return [];
  const params = Array.from({ length: neurons }, (_, n) =>
    packed([
      [0, 3], [registers.biasExponent[n]!, 3], [registers.biasMantissa[n]!, 13], [registers.refractory[n]!, 6],
      [registers.threshold[n]!, 17], [registers.currentDecay[n]!, 13], [registers.membraneDecay[n]!, 13],
    ]),
  ); // prettier-ignore
  let base = 0;
  const table = blocks.map((block) => {
    const entry = packed([
      [Math.log2(block.unit / 2), 8], [base, 24], [block.neurons, 16], [block.firstNeuron, 16], [block.senders, 16], [block.firstSender, 16],
    ]); // prettier-ignore
    base += block.registers.length;
    return entry;
  });
  const weights = blocks.flatMap((block) => Array.from(block.registers, (value) => word(value, 8)));
  return [
    ['params.mem', memory('one word a neuron: {bias exponent 3, bias mantissa 13, refractory 6, threshold 17, current decay 13, membrane decay 13}', params)],
    ['blocks.mem', memory('blocks of synapses: {exponent 8, weight base 24, neurons 16, first neuron 16, senders 16, first sender 16}', table)],
    ['weights.mem', memory('weight registers of the blocks one after the other, [sender][neuron], 8 bits; the weight is twice its register', weights)],
  ]; // prettier-ignore
}

function tinyOdinMemories(network: IntegerNetwork): [string, string][] {
  const { registers, blocks, neurons, inputs } = network;
  if (registers.chip !== 'tiny-odin') return [];
  const synapses = new Uint32Array(8192);
  for (const block of blocks)
    for (let i = 0; i < block.senders; i++)
      for (let j = 0; j < block.neurons; j++) {
        const [pre, post] = [addressOf(network, block.firstSender + i), block.firstNeuron + j];
        synapses[(pre << 5) | (post >> 3)]! |= (block.registers[i * block.neurons + j]! & 15) << (4 * (post & 7));
      }
  const params = Array.from({ length: 256 }, (_, n) =>
    n < neurons
      ? packed([[0, 1], [registers.leak[n]!, 7], [registers.threshold[n]!, 12], [0, 12]])
      : packed([[1, 1], [0, 7], [2048, 12], [0, 12]]),
  ); // prettier-ignore
  return [
    ['params.mem', memory(`256 neuron words: {disable 1, leak 7, threshold 12, membrane 12}; from ${neurons} on: ${inputs.units} inputs, disabled`, params)],
    ['weights.mem', memory('8192 synapse words at {sender[7:0], neuron[7:3]}, nibble neuron[2:0], weights of 4 bits in two\'s complement', [...synapses].map((value) => word(value, 32)))],
  ]; // prettier-ignore
}
