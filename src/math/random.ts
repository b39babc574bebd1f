// Counter-based random numbers: a pure function of (seed, stream, example, unit, step), the same in every backend.
// backends/wasm/kernels repeats hash32 and uniform24 in AssemblyScript. Not for secrets.
//
// Streams, so that no two things that are drawn with one seed share numbers; a range is for indices that are added:
//   0 to 255 dynamics (engine/clocked.ts); 4096, 5120, 6144, 7168 initial weights and biases (learn/initial.ts); 8190 to 8307
//   devices and writes, 8191 the sign of a nudge (hardware/pass, learn/initial.ts); 12288 to 12290 clocks (learn/trainer.ts);
//   16384 shuffles (here); 16389 points of a sweep (search/points.ts); 20000 to 20479 what a chip draws (hardware/pass/draft.ts);
//   20480 crops and flips (data/augment.ts); 24576 dropout (learn/forward.ts); 28672, 30720, 32768 noise of weight mirrors,
//   magnitudes, noise of decoders (learn); 36864 to 36869 searches (search/draws.ts); 2^20 and 2^28 upwards networks without
//   learning (engine/network/streams.ts). Checks draw beside no training: 20480, 20992, 21504 (learn/lowerBound.ts,
//   learn/differences.ts, run/checkSample.ts).
import { log } from './elementary.ts';

/** Finaliser with full avalanche on 32 bits (multiply-xorshift, constants of the public-domain "lowbias32" search). */
function mix32(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/**
 * 32 random bits as an unsigned integer. All in 32-bit integers that wrap, shifts without sign:
 *
 *     mix(x): x = (x ^ x >> 16) * 0x7feb352d; x = (x ^ x >> 15) * 0x846ca68b; return x ^ x >> 16
 *     h = mix(seed + 0x9e3779b9); for each word of stream, example, unit, step: h = mix(h ^ (word + 0x9e3779b9))
 *
 * mix is one to one, so two words in the same place never collide. Words are taken modulo 2^32.
 */
export function hash32(seed: number, stream: number, example: number, unit: number, step: number): number {
  return hashStep(hashPlace(seed, stream, example, unit), step);
}

const golden = 0x9e3779b9;

/** hash32 up to its last word, for whoever draws many steps in one place. */
export function hashPlace(seed: number, stream: number, example: number, unit: number): number {
  let h = mix32((seed + golden) | 0);
  h = mix32(h ^ ((stream + golden) | 0));
  h = mix32(h ^ ((example + golden) | 0));
  return mix32(h ^ ((unit + golden) | 0));
}

/** hash32 of a place and a step. */
export function hashStep(place: number, step: number): number {
  return mix32(place ^ ((step + golden) | 0)) >>> 0;
}

/** Uniform in [0, 1): the upper 24 bits of hash32 divided by 2^24, exact in float32. */
export function uniform24(seed: number, stream: number, example: number, unit: number, step: number): number {
  return (hash32(seed, stream, example, unit, step) >>> 8) / 16777216;
}

/**
 * Uniform on (0, 1), never an end, from 52 bits: the upper 26 of hash32 at steps 0 and 1. For what 24 bits would cut short,
 * such as long waits.
 */
export function uniform52(seed: number, stream: number, example: number, unit: number): number {
  const high = hash32(seed, stream, example, unit, 0) >>> 6;
  const low = hash32(seed, stream, example, unit, 1) >>> 6;
  return (high * 67108864 + low + 0.5) / 4503599627370496;
}

/**
 * Normal with mean 0 and variance 1: Box and Muller's transform in Marsaglia's polar form, which needs only `log` of our
 * own and a square root, so that its bits are the same on every host. Points are drawn from a generator of its own,
 * seeded by hash32 of the five words, until one falls into the unit disc.
 */
export function normal(seed: number, stream: number, example: number, unit: number, step: number): number {
  const own = hash32(seed, stream, example, unit, step);
  for (let draw = 0; ; draw++) {
    const [x, y] = [symmetric(own, draw, 0), symmetric(own, draw, 1)];
    const square = x * x + y * y;
    if (square < 1) return x * Math.sqrt((-2 * log(square)) / square);
  }
}

/** Uniform on the odd multiples of 2^-24 in (-1, 1): never 0, and as often on either side. */
const symmetric = (seed: number, draw: number, side: number): number =>
  2 * uniform24(seed, draw, side, 0, 0) - 1 + 2 ** -24;

/**
 * A whole number in [0, limit), each as often as the others (limit up to 2^32): the upper half of hash32 * limit. Where
 * the lower half is below 2^32 mod limit, the next step is tried (Lemire's rejection); steps count from 0.
 */
export function wholeBelow(limit: number, seed: number, stream: number, example: number, unit: number): number {
  const surplus = 4294967296 % limit;
  for (let step = 0; ; step++) {
    const bits = hash32(seed, stream, example, unit, step);
    const lower = Math.imul(bits, limit) >>> 0;
    // The product may pass 2^53; what rounding it loses is far below half of 2^32.
    if (lower >= surplus) return Math.round((bits * limit - lower) / 4294967296);
  }
}

/** Stream of shuffles: apart from those of weights, dynamics and clocks. */
const shuffleStream = 16384;

/**
 * The numbers 0 to count - 1 in an order that only count, seed and epoch decide: Fisher-Yates from the end, where place
 * k swaps with wholeBelow(k + 1, seed, 16384, epoch, k).
 */
export function shuffled(count: number, seed: number, epoch: number): Int32Array {
  const order = new Int32Array(count);
  for (let k = 0; k < count; k++) order[k] = k;
  for (let k = count - 1; k > 0; k--) {
    const other = wholeBelow(k + 1, seed, shuffleStream, epoch, k);
    const held = order[k]!;
    order[k] = order[other]!;
    order[other] = held;
  }
  return order;
}
