// Xylo's leaky neuron, bit for bit (xylosim's core of the second version): int16 that saturates at every single event, decays
// by shifts with a dead zone of one, several spikes a step. Aliases and a second synaptic state are not here.
import { counts, type SteppedNeurons } from './counts.ts';

const [low, high] = [-32768, 32767];

/** What a decay by `dash` bits takes off: an arithmetic shift, or one step toward zero where that is 0. */
export const dashed = (x: number, dash: number): number => x >> dash || Math.sign(x);

export interface XyloParameters {
  readonly membraneDash: Int32Array;
  readonly synapseDash: Int32Array;
  readonly threshold: Int32Array;
  readonly bias: Int32Array;
  /** Most spikes a step: 31 for hidden neurons, 1 for outputs. */
  readonly limit: Int32Array;
}

export interface XyloNeurons extends SteppedNeurons {
  readonly i: Int32Array;
}

/** Weights come shifted already (w << shift of their group). */
export function xyloNeurons({ membraneDash, synapseDash, threshold, bias, limit }: XyloParameters): XyloNeurons {
  const units = threshold.length;
  const [v, i, fired] = [new Int32Array(units), new Int32Array(units), new Uint8Array(units)];
  const seen = counts(units);
  function clipped(n: number, x: number): number {
    if (x >= low && x <= high) return x;
    seen.saturations[n]!++;
    return x < low ? low : high;
  }
  const receive = (n: number, weight: number): void => {
    i[n] = clipped(n, i[n]! + weight);
  };
  return {
    drive: 'steps', inputLatency: 0, units, v, i, fired, counts: seen, receive,
    clear() {
      for (const state of [v, i, fired]) state.fill(0);
    },
    receiveRow(first, weights, begin, end) {
      for (let k = begin; k < end; k++) receive(first + k - begin, weights[k]!);
    },
    step() {
      let spiking = 0;
      for (let n = 0; n < units; n++) {
        if (i[n]! < 0 || v[n]! < 0) seen.negativeLeaks[n]!++;
        i[n] = i[n]! - dashed(i[n]!, synapseDash[n]!);
        const change = clipped(n, clipped(n, i[n]! - dashed(v[n]!, membraneDash[n]!)) + bias[n]!);
        let next = clipped(n, v[n]! + change);
        let spikes = 0;
        while (next >= threshold[n]! && spikes < limit[n]!) {
          if (next === threshold[n]) seen.ties[n]!++;
          spikes++;
          next -= threshold[n]!;
        }
        v[n] = next;
        fired[n] = spikes;
        if (spikes > 0) spiking++;
      }
      return spiking;
    },
  }; // prettier-ignore
}
