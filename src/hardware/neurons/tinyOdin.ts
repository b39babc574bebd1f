// tinyODIN's leaky neuron, bit for bit (ChFrenkel/tinyODIN): 12 bits with sign, one event at a time, leak toward zero at each
// time reference. It knows no crossbar and no bus.
import { counts, type EventNeurons } from './counts.ts';

export interface TinyOdinParameters {
  /** 0 to 127 a time reference. */
  readonly leak: Int32Array;
  /** 0 to 4095, without sign: above 2047 never reached, 0 reached by every result that is not negative. */
  readonly threshold: Int32Array;
  /** Bit 31 of the neuron's word: it resets at threshold, and no one hears of it. */
  readonly disabled?: Uint8Array;
}

export function tinyOdinNeurons({ leak, threshold, disabled }: TinyOdinParameters): EventNeurons {
  const units = threshold.length;
  const v = new Int32Array(units);
  const seen = counts(units);
  function settled(n: number, next: number): boolean {
    if (next === threshold[n]) seen.ties[n]!++;
    const spike = next >= 0 && next >= threshold[n]!;
    v[n] = spike ? 0 : next;
    return spike && !disabled?.[n];
  }
  return {
    drive: 'events', units, v, counts: seen,
    clear: () => void v.fill(0),
    synapse(n, weight) {
      const sum = v[n]! + weight;
      const next = sum > 2047 ? 2047 : sum < -2048 ? -2048 : sum;
      if (next !== sum) seen.saturations[n]!++;
      return settled(n, next);
    },
    leak(n) {
      const before = v[n]!;
      if (before < 0) seen.negativeLeaks[n]!++;
      return settled(n, before >= 0 ? Math.max(0, before - leak[n]!) : Math.min(0, before + leak[n]!));
    },
  }; // prettier-ignore
}
