// Projections as the compressed rows of one delivery: all synapses of one type from the units of one log into one group. It
// delivers nothing.
import type { Wiring } from './wiring.ts';

/** A wiring, and the numbers of its sender's and its receiver's first units where they now stand. */
export interface RowPart {
  readonly wiring: Wiring;
  readonly sender: number;
  readonly receiver: number;
}

export interface CompressedRows {
  /** Delays in steps, ascending: the classes. */
  readonly delays: Int32Array;
  /** Unit n has the synapses [rows[n C + c], rows[n C + c + 1]) of class c of C. */
  readonly rows: Uint32Array;
  readonly targets: Int32Array;
  /** Of each synapse, or one for all. */
  readonly weights: Float32Array | Float64Array;
}

/** Delays go to the nearest step; synapses of a unit and class stay in the order of the projections. */
export function compressedRows(parts: readonly RowPart[], units: number, dt: number, weight: number): CompressedRows {
  const steps = (delay: number): number => Math.round(delay / dt);
  const known = new Set<number>();
  for (const { wiring } of parts) for (const delay of wiring.delays) known.add(steps(delay));
  const delays = Int32Array.from(known).sort();
  const classOf = new Int32Array((delays.at(-1) ?? 0) + 1);
  delays.forEach((delay, c) => (classOf[delay] = c));
  const count = parts.reduce((sum, { wiring }) => sum + wiring.targets.length, 0);
  const rows = new Uint32Array(units * delays.length + 1);
  const targets = new Int32Array(count);
  const wide = parts.some(({ wiring }) => wiring.weights instanceof Float64Array);
  const weights = new (wide ? Float64Array : Float32Array)(count);
  /** Every unit's synapses with where their rows begin, and with their class if that is one. */
  const forUnits = (each: (part: RowPart, begin: number, end: number, first: number, one: number) => void): void => {
    for (const part of parts) {
      const { wiring, sender } = part;
      const one = wiring.delays.length === 1 ? classOf[steps(wiring.delays[0]!)]! : -1;
      for (let unit = 0; unit + 1 < wiring.rows.length; unit++)
        each(part, wiring.rows[unit]!, wiring.rows[unit + 1]!, (sender + unit) * delays.length, one);
    }
  };
  forUnits(({ wiring }, begin, end, first, one) => {
    if (one >= 0) rows[first + one + 1]! += end - begin;
    else for (let k = begin; k < end; k++) rows[first + classOf[steps(wiring.delays[k]!)]! + 1]!++;
  });
  for (let row = 0; row + 1 < rows.length; row++) rows[row + 1]! += rows[row]!;
  const next = rows.slice();
  forUnits(({ wiring, receiver }, begin, end, first, one) => {
    for (let k = begin; k < end; k++) {
      const at = next[first + (one >= 0 ? one : classOf[steps(wiring.delays[k]!)]!)]!++;
      targets[at] = receiver + wiring.targets[k]!;
      weights[at] = weight * wiring.weights[k]!;
    }
  });
  const same = weights.every((value) => value === weights[0]);
  return { delays, rows, targets, weights: same ? weights.slice(0, 1) : weights };
}
