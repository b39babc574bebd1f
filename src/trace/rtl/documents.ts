// What a hand-over says to the engineer who opens it: README.md and regmap.md. Words and tables only.
import type { IntegerNetwork } from '../../hardware/neurons/network.ts';
import type { Hardware } from './bundle.ts';
import { operations } from './check.ts';
import type { Vectors } from './vectors.ts';

export interface Story {
  readonly model: string;
  readonly profile: string;
  readonly network: IntegerNetwork;
  readonly hardware: Hardware;
  readonly vectors: Vectors;
  /** Sentences of the conversion. */
  readonly notes: readonly string[];
  /** Share of the learned weights that is in weights.mem. */
  readonly share: number;
  /** Of learning: shift of each block, by name. */
  readonly learning: readonly { readonly name: string; readonly shift: number | null }[] | null;
  readonly examples: number;
  readonly edges: number;
}

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n'); // prettier-ignore

function edgesOf(loihi: boolean, spiking: boolean): string {
  return [...(spiking ? ['every input in every tick'] : []), ...(loihi ? ['membranes led to their threshold exactly, and above it'] : [])].join('; '); // prettier-ignore
}

export function readme(story: Story): string {
  const { network, hardware, vectors, learning } = story;
  const loihi = network.registers.chip === 'loihi-1';
  const { top, core } = hardware;
  const percent = (100 * story.share).toFixed(1);
  return `# ${story.model} for ${story.profile}: vectors and a reference core

\`./run.sh\` compiles ${core} with the bench and ends in \`PASS ${vectors.ticks} ticks ${vectors.spikes} spikes\`, or in \`FAIL\` at the first difference, with tick, example and
neuron; it then exits 1 and leaves \`failing.vcd\`. A simulator's own exit code says nothing, so the script reads the verdict, and a WARNING or
ERROR of compiler or simulator is a failure too. \`./run.sh --verilator\` lints (-Wall) and runs the same with Verilator.

${percent} % of the learned weights are in weights.mem${story.share < 1 ? '. The rest are those of the inputs, which are constant currents: what they add is in the bias registers, one set for each example in biases.mem' : ''}.
${story.examples} ${story.examples === 1 ? 'example' : 'examples'}${story.edges > 0 ? `, and ${story.edges} made to reach the edges of the arithmetic: ${edgesOf(loihi, network.inputs.units > 0)}` : ''}. What they meet is in coverage.md.

## Your design in its place

\`\`\`
./run.sh --dut "my_core.v my_memory.v" --top my_core --map my.map
\`\`\`

\`my.map\` is a copy of ports.map with the names of your ports on the right; \`-\` for what you do not have. Without \`state\`, spikes alone are compared.
Your design loads weights.mem and params.mem by itself. What the bench expects of it:

- \`clk\` rises, \`rst_n\` is asynchronous and low; \`clear\` (one cycle) brings back the reset state of all neurons.
- An event is taken where \`in_valid\` and \`in_ready\` are both high. \`tick\` (one cycle) ends the input of a tick; \`done\` (one cycle) its work.
- A spike is \`out_valid\` with \`out_addr\` for one cycle, before \`done\`. Their order is free${loihi ? '' : '; several a tick are counted'}.
- After \`done\`, \`state\` shows the registers of neuron \`state_index\`, without delay.

## What the numbers mean

${
  loihi
    ? `Order of a tick t, for every neuron by number:

1. u <- u (4096 - Du) / 4096 toward zero, + 64 x (sum of the weights of the events of tick t - 1); 24 bits that wrap.
2. v <- v (4096 - Dv) / 4096 toward zero, + u + bias; clipped to -8388607 ... 8388607. The new u counts.
3. While the refractory counter is above 0, v is 0.
4. A spike where v > 64 x threshold, strictly: equal is no spike. Then v = 0 and the counter is the refractory register; u stays.
5. The counter falls by 1, in the step of the spike too: register 1 is no dead tick.

Then the events of tick t, inputs and spikes alike, add their rows to what tick t + 1 receives: every spike takes one tick. A weight is
2 x register x 2^exponent, and the shift of the sum is the sum of the shifts, as no exponent is below 0. Reset: all registers 0.
The published model leaves u = +2^23 as it is; a register of 24 bits holds -2^23 there, and so does this one.

Cycles of ${top}: 1 + neurons for the update, then (blocks + 1) for each event and, for each row that it has, its length / LANES rounded up; 1 at
the end. The spike of neuron n is shown n + 2 cycles after \`tick\`. State updates on the tick; events only add. LANES of ports.map is 20 to
make simulators quick; 1 needs memories of one port, and gives the same numbers.`
    : `An event of a sender visits neurons 0 to MAX_NEUR in order: v <- v + w, clipped to -2048 ... 2047; then a spike where v >= threshold and v >= 0: equal
is a spike. Then v = 0. A spike becomes an event itself, in the same tick: it waits in a queue of 128 until the events before it are over, and
the next input waits until the queue is empty. A tick is a time reference: every neuron's v moves by its leak toward 0 and not past it, then
meets its threshold. The disable bit mutes a neuron. Reset: v = 0; thresholds, leaks and weights stay.

On the chip's bus an input event is {00, address}, the tick {01, FF}. Neurons have the addresses 0 to ${network.neurons - 1}, inputs those after them: their
own neurons are disabled, and MAX_NEUR = ${network.neurons - 1} keeps events from visiting them.

Cycles of ${top}: 1 for each neuron an event or a time reference visits, 2 around it (the published core takes 1 + 2 (MAX_NEUR + 1)). State updates on
the event. The spike of neuron n is shown one cycle after its visit.`
}
${
  learning
    ? `
## Learning

The vectors are one example: free, nudged with +beta, and from the reset state again free, nudged with -beta. The nudge is two things: bias
registers of the outputs, and synapses of each output to itself, which the bench switches by \`active\` (they are the last two blocks). While a
window is open, contrast_update.v counts the spikes of every sender, in 8 bits that saturate. Then it visits every weight register w of

${table(
  ['block', 'shift'],
  learning.map(({ name, shift }) => [name, shift ?? 'does not learn']),
)}

w <- saturate8(w + ((plus_i plus_j - minus_i minus_j + 2^(shift - 1)) >> shift)): an arithmetic shift, so to the nearest with halves up. The bench
compares the whole memory with weights_after.mem. Biases do not learn here.
`
    : ''
}
## Files

${table(
  ['file', 'what'],
  [
    ['manifest.yaml', 'sizes, accuracy, errors of rounding, SHA-256 of every file'],
    ['params.mem, weights.mem' + (loihi ? ', blocks.mem' : ''), 'registers and weights: regmap.md'],
    ['stim.mem', `the bench's program, {operation 4, value 16}: ${Object.entries(operations).map(([name, value]) => `${value} ${name}`).join(', ')}`],
    ['expected.mem', 'after each tick, spikes and registers of each neuron'],
    ...(vectors.biasSets > 0 ? [['biases.mem', `${vectors.biasSets} sets of bias registers`]] : []),
    ...(learning ? [['pairs.mem, weights_after.mem', 'what learns, and the memory after it']] : []),
    ['addr_map.csv', 'neuron, address, name'],
    [core + (learning ? ', contrast_update.v' : ''), 'the reference'],
    ['check.v, tb.v, sim_main.cpp, run.sh, ports.map', 'the bench'],
    ['coverage.md, coverage.json', 'which neurons met which edges'],
  ],
)}

## Beside the trained network

${story.notes.map((note) => `- ${note}`).join('\n') || '- nothing differs but rounding'}
`;
} // prettier-ignore

export function registerMap({ network, hardware }: Story): string {
  const { registers, blocks, neurons, inputs } = network;
  if (registers.chip === 'tiny-odin')
    return `# Registers and memories

${table(['memory', 'address', 'bits', 'what'], [
  ['params.mem', 'neuron', '11:0', 'membrane v, two\'s complement; reset 0'],
  ['', '', '23:12', 'threshold, without sign; above 2047 is never reached'],
  ['', '', '30:24', 'leak, 0 to 127 a time reference'],
  ['', '', '31', 'disable'],
  ['weights.mem', '{sender[7:0], neuron[7:3]}', '4 neuron[2:0] + 3 : 4 neuron[2:0]', 'weight, two\'s complement, -8 to 7'],
])}

MAX_NEUR = ${neurons - 1}. Addresses ${neurons} to ${neurons + inputs.units - 1} are inputs. Threshold ${[...new Set(registers.threshold)].join(', ')}; leak ${[...new Set(registers.leak)].join(', ')}.
`; // prettier-ignore
  let base = 0;
  const rows = blocks.map((block, k) => {
    const row = [k, block.name, block.firstSender, block.senders, block.firstNeuron, block.neurons, base, Math.log2(block.unit / 2)]; // prettier-ignore
    base += block.registers.length;
    return row;
  });
  return `# Registers and memories

${table(['memory', 'word', 'bits', 'what'], [
  ['params.mem', 'neuron', '12:0', 'Dv, effective decay of v, 0 to 4096 (the chip\'s register is the same)'],
  ['', '', '25:13', 'Du, effective decay of u, 1 to 4096 (the chip\'s register is one less)'],
  ['', '', '42:26', 'threshold, in units of 64'],
  ['', '', '48:43', 'refractory register, 1 to 63; 1 is no dead tick'],
  ['', '', '61:49', 'bias mantissa, two\'s complement'],
  ['', '', '64:62', 'bias exponent'],
  ['blocks.mem', 'block', '15:0, 31:16', 'first sender, senders (inputs 0 to ' + (inputs.units - 1) + ', then neurons)'],
  ['', '', '47:32, 63:48', 'first neuron, neurons'],
  ['', '', '87:64', 'first word in weights.mem'],
  ['', '', '95:88', 'exponent of the weights, 0 to 7'],
  ['weights.mem', 'block, then [sender][neuron]', '7:0', 'register, two\'s complement; weight = 2 x register x 2^exponent'],
  ['state', 'neuron', '47:24, 23:0', 'u and v, two\'s complement; reset 0'],
])}

${table(['block', 'projection', 'first sender', 'senders', 'first neuron', 'neurons', 'first word', 'exponent'], rows)}

Address of a spike on the input side: inputs 0 to ${inputs.units - 1}, neurons from ${inputs.units} on; \`out_addr\` is the neuron's number. Widths: senders ${hardware.sizes.senderBits}, neurons ${hardware.sizes.neuronBits}, weights ${hardware.sizes.weightBits}.
`; // prettier-ignore
}
