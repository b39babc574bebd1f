// The vectors of a hand-over, from the integer network itself: what goes in tick by tick, and what must come out. It writes no
// Verilog.
import { SettleError } from '../../errors.ts';
import type { Player } from '../../hardware/neurons/contrast.ts';
import { type IntegerNetwork, integerMachine, queueDepth } from '../../hardware/neurons/network.ts';
import type { Counts } from '../../hardware/neurons/counts.ts';
import { operations } from './check.ts';
import { word } from './memory.ts';

export interface Recorder extends Player {
  /** A word of stim.mem that only the bench reads. */
  note(operation: keyof typeof operations, value?: number): void;
  finish(): Vectors;
}

export interface Vectors {
  readonly stim: readonly string[];
  readonly expected: readonly string[];
  readonly biases: readonly string[];
  readonly biasSets: number;
  readonly ticks: number;
  readonly spikes: number;
  readonly events: number;
  readonly counts: Counts;
}

/** Address of a sender on the chip's bus: Loihi inputs before neurons, tinyODIN neurons before inputs. */
export function addressOf(network: IntegerNetwork, sender: number): number {
  if (network.registers.chip === 'loihi-1') return sender;
  const inputs = network.inputs.units;
  return sender < inputs ? network.neurons + sender : sender - inputs;
}

export function recorder(network: IntegerNetwork): Recorder {
  const machine = integerMachine(network);
  const { neurons } = machine;
  const u = 'u' in neurons ? (neurons.u as Int32Array) : null;
  const stim: string[] = [];
  const expected: string[] = [];
  const biases: string[] = [];
  let [ticks, spikes, events, biasSets] = [0, 0, 0, 0];
  let bias: Int32Array | undefined;
  let active: readonly number[] | undefined;
  const note: Recorder['note'] = (operation, value = 0) =>
    void stim.push(word((operations[operation] << 16) + value, 20));
  return {
    note,
    window: (phase) => note('window', phase),
    clear(example) {
      neurons.clear();
      note('clear', example & 0xffff);
    },
    biases({ mantissa, exponent }) {
      bias = mantissa.map((value, n) => value * 2 ** exponent[n]!);
      mantissa.forEach((value, n) => biases.push(word((exponent[n]! << 13) | (value & 0x1fff), 16)));
      note('biases', biasSets++);
    },
    active(blocks) {
      active = blocks;
      note('active', blocks.reduce((mask, block) => mask | (1 << block), 0)); // prettier-ignore
    },
    run(stimulus, seen) {
      for (let tick = 0; tick < stimulus.offsets.length - 1; tick++) {
        const units = stimulus.units.subarray(stimulus.offsets[tick], stimulus.offsets[tick + 1]);
        for (const unit of units) note('event', addressOf(network, unit));
        note('tick');
        events += units.length;
        machine.present({
          stimulus: { offsets: Int32Array.of(0, units.length), units },
          keep: true,
          ...(bias && { bias }),
          ...(active && { active }),
          onTick(_, fired) {
            fired.forEach((count, n) => {
              if (count > 15) throw tooMany(n, count);
              spikes += count;
              const state = word(neurons.v[n]!, u ? 24 : 12);
              expected.push(word(count, 4) + (u ? word(u[n]!, 24) : '') + state);
            });
            seen?.(units, fired);
          },
        });
        ticks++;
      }
    },
    finish() {
      note('end');
      if (machine.lost > 0)
        throw new SettleError('the queue of spikes overflows', {
          kind: 'input', path: '--examples', found: `${machine.lost} spikes without room`, expected: `at most ${queueDepth} waiting`,
          hint: 'weights that excite less, or fewer inputs a tick',
        }); // prettier-ignore
      return { stim, expected, biases, biasSets, ticks, spikes, events, counts: machine.counts };
    },
  };
}

const tooMany = (n: number, count: number): SettleError =>
  new SettleError('a neuron spikes too often in one tick', {
    kind: 'input', path: `neuron ${n}`, found: `${count} spikes`, expected: 'at most 15',
  }); // prettier-ignore
