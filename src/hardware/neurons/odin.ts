// ODIN's leaky neuron, bit for bit (ChFrenkel/ODIN): 8 bits without sign, one event at a time, the threshold looked at after
// every one of them, leaks included. Its plasticity and its phenomenological neuron are not here.
import { counts, type EventNeurons } from './counts.ts';

export interface OdinParameters {
  /** 0 to 127 a time reference. */
  readonly leak: Int32Array;
  /** 0 to 255; reached is enough, so 0 spikes at every event. */
  readonly threshold: Int32Array;
}

/** Weights are 0 to 7 with the sign of the sender: a negative one inhibits. */
export function odinNeurons({ leak, threshold }: OdinParameters): EventNeurons {
  const units = threshold.length;
  const v = new Int32Array(units);
  const seen = counts(units);
  function settled(n: number, sum: number): boolean {
    const next = Math.min(255, Math.max(0, sum));
    if (next !== sum) seen.saturations[n]!++;
    if (next === threshold[n]) seen.ties[n]!++;
    const spike = next >= threshold[n]!;
    v[n] = spike ? 0 : next;
    return spike;
  }
  return {
    drive: 'events', units, v, counts: seen,
    clear: () => void v.fill(0),
    synapse: (n, weight) => settled(n, v[n]! + weight),
    // Falling to 0 is the leak's end, no saturation.
    leak: (n) => settled(n, Math.max(0, v[n]! - leak[n]!)),
  }; // prettier-ignore
}
