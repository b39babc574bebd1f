// Counter-based random numbers: a pure function of (seed, stream, example, unit, step), the same in every backend.

/** Finaliser with full avalanche on 32 bits (multiply-xorshift, constants of the public-domain "lowbias32" search). */
function mix32(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/**
 * 32 random bits as an unsigned integer. State h = mix(seed + 0x9e3779b9); then for each of stream, example, unit, step:
 * h = mix(h ^ (word + 0x9e3779b9)), all in 32-bit integers.
 */
export function hash32(seed: number, stream: number, example: number, unit: number, step: number): number {
  const golden = 0x9e3779b9;
  let h = mix32((seed + golden) | 0);
  h = mix32(h ^ ((stream + golden) | 0));
  h = mix32(h ^ ((example + golden) | 0));
  h = mix32(h ^ ((unit + golden) | 0));
  return mix32(h ^ ((step + golden) | 0)) >>> 0;
}

/** Uniform in [0, 1) with 24 bits, exact in float32. */
export function uniform24(seed: number, stream: number, example: number, unit: number, step: number): number {
  return (hash32(seed, stream, example, unit, step) >>> 8) / 16777216;
}

/** Stream of shuffles: apart from those of weights, dynamics and clocks. */
const shuffleStream = 16384;

/**
 * The numbers 0 to count - 1 in an order that only count, seed and epoch decide: Fisher-Yates from the end, where place
 * k swaps with floor(hash32(seed, 16384, epoch, k, 0) * (k + 1) / 2^32).
 */
export function shuffled(count: number, seed: number, epoch: number): Int32Array {
  const order = new Int32Array(count);
  for (let k = 0; k < count; k++) order[k] = k;
  for (let k = count - 1; k > 0; k--) {
    const other = Math.floor((hash32(seed, shuffleStream, epoch, k, 0) / 4294967296) * (k + 1));
    const held = order[k]!;
    order[k] = order[other]!;
    order[other] = held;
  }
  return order;
}
