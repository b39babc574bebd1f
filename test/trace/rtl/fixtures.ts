// Networks for the tests of hand-overs: the sheet's vector A, and random ones whose registers reach every edge.
import type { Block, IntegerNetwork, Stimulus } from '../../../src/hardware/neurons/network.ts';
import { wholeBelow } from '../../../src/math/random.ts';

const ints = (...values: number[]): Int32Array => Int32Array.from(values);

export const vectorA: IntegerNetwork = {
  step: 0.001,
  inputs: { name: 'x', units: 1 },
  populations: [{ name: 'n', first: 0, units: 2 }],
  neurons: 2,
  blocks: [
    { name: 'x->n', firstSender: 0, senders: 1, firstNeuron: 0, neurons: 2, registers: Int16Array.of(50, 38), unit: 2 },
    { name: 'n->n', firstSender: 1, senders: 1, firstNeuron: 1, neurons: 1, registers: Int16Array.of(-19), unit: 2 },
  ],
  registers: {
    chip: 'loihi-1', currentDecay: ints(1024, 1024), membraneDecay: ints(255, 255), threshold: ints(300, 300), refractory: ints(1, 1),
    biasMantissa: ints(64, 0), biasExponent: ints(0, 0),
  },
}; // prettier-ignore

export const stimulusA: Stimulus = {
  offsets: ints(0, 1, 2, 2, 3, 4, 4, 4, 5, 5, 5),
  units: ints(0, 0, 0, 0, 0),
};

/** Random numbers of a seed: a whole number in [low, high]. */
function draws(seed: number): (low: number, high: number) => number {
  let step = 0;
  return (low, high) => low + wholeBelow(high - low + 1, seed, 77, 0, step++);
}

/** Five inputs, seven neurons in two populations, all of them connected. */
export function randomNetwork(chip: 'loihi-1' | 'tiny-odin', seed: number): IntegerNetwork {
  const draw = draws(seed);
  const perNeuron = (low: number, high: number): Int32Array => Int32Array.from({ length: 7 }, () => draw(low, high));
  const loihi = chip === 'loihi-1';
  const block = (name: string, firstSender: number, senders: number, firstNeuron: number, neurons: number): Block => ({
    name, firstSender, senders, firstNeuron, neurons,
    registers: Int16Array.from({ length: senders * neurons }, () => (loihi ? draw(-128, 127) : draw(-8, 7))),
    unit: loihi ? 2 * 2 ** draw(0, 7) : 1,
  }); // prettier-ignore
  return {
    step: 0.001,
    inputs: { name: 'x', units: 5 },
    populations: [
      { name: 'h', first: 0, units: 4 },
      { name: 'y', first: 4, units: 3 },
    ],
    neurons: 7,
    blocks: [block('x->h', 0, 5, 0, 4), block('y->h', 9, 3, 0, 4), block('h->y', 5, 4, 4, 3)],
    registers: loihi
      ? {
          chip: 'loihi-1', currentDecay: perNeuron(1, 400), membraneDecay: perNeuron(0, 4096), threshold: perNeuron(0, 131071), refractory: perNeuron(1, 4),
          biasMantissa: perNeuron(-4096, 4095), biasExponent: perNeuron(0, 7),
        }
      : { chip: 'tiny-odin', leak: perNeuron(0, 3), threshold: Int32Array.from({ length: 7 }, (_, n) => (n === 0 ? 2048 : draw(8, 200))) },
  }; // prettier-ignore
}

export function randomStimulus(seed: number, ticks: number): Stimulus {
  const draw = draws(seed + 1000);
  const lists = Array.from({ length: ticks }, () => [0, 1, 2, 3, 4].filter(() => draw(0, 2) > 0));
  const offsets = new Int32Array(ticks + 1);
  lists.forEach((list, t) => (offsets[t + 1] = offsets[t]! + list.length));
  return { offsets, units: Int32Array.from(lists.flat()) };
}
