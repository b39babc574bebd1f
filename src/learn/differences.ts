// Finite differences of a cost along directions in one buffer's numbers, against the gradient that is to be checked. Along
// the gradient itself and along a random direction: a wrong entry shows in one of the two.
import { dot, norm } from '../math/linear.ts';
import { normal } from '../math/random.ts';

export interface Way {
  /** Of length 1. */
  readonly way: Float64Array;
  /** What a derivative along it is likely to be: the gradient's length, times the root of 1 / numbers for a random way. */
  readonly scale: number;
}

/** Stream of random directions. */
const stream = 20992;
const widths = [1e-3, 1e-4, 1e-5];
/** A gradient this short is none. */
const nothing = 1e-13;

export function waysOf(gradient: Float64Array, index: number): Way[] {
  const length = norm(gradient);
  const random = gradient.map((_, k) => normal(1, stream + index, 0, k, 0));
  const unit = (values: Float64Array): Float64Array => {
    const size = norm(values);
    return values.map((value) => value / size);
  };
  const ways: Way[] = [{ way: unit(random), scale: length / Math.sqrt(gradient.length) }];
  if (length > nothing) ways.push({ way: unit(gradient), scale: length });
  return ways;
}

/**
 * |difference - gradient| over the scale, the worst over the ways; each at the best of three widths, because a wide one meets
 * kinks and a narrow one round-off. `costAt` gives the cost with these numbers in the buffer's place.
 */
export async function differenceError(
  values: Float64Array,
  gradient: Float64Array,
  ways: readonly Way[],
  enough: number,
  costAt: (values: Float64Array) => Promise<number>,
): Promise<number> {
  let worst = 0;
  for (const { way, scale } of ways) {
    const exact = dot(gradient, way);
    const at = (shift: number): Promise<number> => costAt(values.map((value, k) => value + shift * way[k]!));
    let best = Infinity;
    for (const h of widths) {
      const inner = (await at(h)) - (await at(-h));
      const outer = (await at(2 * h)) - (await at(-2 * h));
      const miss = Math.abs((8 * inner - outer) / (12 * h) - exact);
      best = Math.min(best, scale > nothing ? miss / scale : miss);
      if (best <= enough) break;
    }
    worst = Math.max(worst, best);
  }
  return worst;
}
