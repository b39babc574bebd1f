// Loihi 1's leaky neuron with current synapses, bit for bit (lava-nc/lava, proc/lif/models.py; refractory time and strict switch
// as in nengo-loihi's emulator). It has no noise, no learning and no axon delay beyond the one step every spike takes.
import { SettleError } from '../../errors.ts';
import { counts, type SteppedNeurons } from './counts.ts';

/** Greatest membrane: 2^23 - 1. */
export const railOf24 = 8388607;

/** sign(x) ((|x| (4096 - decay)) >> 12): toward zero. `decay` 0 to 4096; exact, as the product stays below 2^53. */
export const decayed = (x: number, decay: number): number => Math.trunc((x * (4096 - decay)) / 4096) + 0;

/** Two's complement of 24 bits. */
export const wrapped24 = (x: number): number => {
  const low = x - 16777216 * Math.floor(x / 16777216);
  return low > railOf24 ? low - 16777216 : low;
};

/** A sum of weights, times 2^exponent: to the left exactly, to the right toward minus infinity. */
export const shiftedSum = (sum: number, exponent: number): number =>
  exponent >= 0 ? sum * 2 ** exponent : Math.floor(sum / 2 ** -exponent);

export type SignMode = 'mixed' | 'excitatory' | 'inhibitory';

/** A weight as its memory holds it: `bits` of 8, mixed signs on the even grid; truncated toward minus infinity. */
export function truncatedWeight(weight: number, bits: number, mode: SignMode): number {
  const unused = 8 - bits + (mode === 'mixed' ? 1 : 0);
  const held = (w: number): number => (w >> unused) << unused;
  if (mode === 'inhibitory') return -held(Math.min(255, Math.max(0, -weight))) + 0;
  return held(Math.min(255, Math.max(mode === 'mixed' ? -256 : 0, weight)));
}

export interface LoihiParameters {
  /** Effective decays 0 to 4096 of current and membrane (register + 1, register + 0). */
  readonly currentDecay: Int32Array;
  readonly membraneDecay: Int32Array;
  /** Register x 64: a spike when v is above it. */
  readonly threshold: Int32Array;
  /** Mantissa x 2^exponent, added at every step. Written to for each example where inputs are constant currents. */
  readonly bias: Int32Array;
  /** Register 1 to 63; 1 is no dead step. Absent: 1. */
  readonly refractory?: Int32Array;
  /** Least membrane. Absent: -(2^23 - 1). */
  readonly floor?: Int32Array;
}

export interface LoihiNeurons extends SteppedNeurons {
  readonly u: Int32Array;
  /** What arrived since the last step. */
  readonly arrivals: Int32Array;
  readonly waiting: Uint8Array;
  readonly parameters: LoihiParameters;
}

/** @throws SettleError in a step that wraps, if `strict` */
export function loihiNeurons(parameters: LoihiParameters, options: { strict?: boolean } = {}): LoihiNeurons {
  const { currentDecay, membraneDecay, threshold, bias } = parameters;
  const units = threshold.length;
  const refractory = parameters.refractory ?? new Int32Array(units).fill(1);
  const floor = parameters.floor ?? new Int32Array(units).fill(-railOf24);
  const [u, v, arrivals] = [new Int32Array(units), new Int32Array(units), new Int32Array(units)];
  const [fired, waiting] = [new Uint8Array(units), new Uint8Array(units)];
  const seen = counts(units);
  return {
    drive: 'steps', inputLatency: 1, units, u, v, arrivals, fired, waiting, counts: seen, parameters,
    clear() {
      for (const state of [u, v, arrivals, fired, waiting]) state.fill(0);
    },
    receive(n, weight) {
      arrivals[n]! += weight;
    },
    receiveRow(first, weights, begin, end) {
      for (let k = begin, n = first; k < end; k++, n++) arrivals[n]! += weights[k]!;
    },
    step() {
      let spikes = 0;
      for (let n = 0; n < units; n++) {
        const [before, potential] = [u[n]!, v[n]!];
        if (before < 0 || potential < 0) seen.negativeLeaks[n]!++;
        const current = decayed(before, currentDecay[n]!) + 64 * arrivals[n]!;
        const kept = current > railOf24 || current < -railOf24 - 1 ? wrapped24(current) : current;
        if (kept !== current) wrap(n, current);
        u[n] = kept;
        arrivals[n] = 0;
        const sum = decayed(potential, membraneDecay[n]!) + kept + bias[n]!;
        let next = sum > railOf24 ? railOf24 : sum < floor[n]! ? floor[n]! : sum;
        if (next !== sum) seen.saturations[n]!++;
        if (waiting[n]! > 0) next = 0;
        if (next === threshold[n]) seen.ties[n]!++;
        const spike = next > threshold[n]!;
        if (spike) {
          spikes++;
          waiting[n] = refractory[n]!;
          next = 0;
        }
        v[n] = next;
        fired[n] = spike ? 1 : 0;
        if (waiting[n]! > 0) waiting[n]!--;
      }
      return spikes;
    },
  }; // prettier-ignore

  function wrap(n: number, current: number): void {
    seen.wraps[n]!++;
    if (options.strict)
      throw new SettleError('a current wraps around', {
        kind: 'check', path: `neuron ${n}`, found: String(current), expected: `${-railOf24 - 1} to ${railOf24}`,
      }); // prettier-ignore
  }
}
