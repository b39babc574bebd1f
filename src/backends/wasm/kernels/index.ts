// AssemblyScript: the fixed kernels of the wasm backend on raw addresses in shared memory. No heap, no globals but the
// scratch address of this thread. Rows are padded to whole vectors of 4 float32; padding holds zeros and stays zero.

let scratch: usize = 0;

/** Where this thread may write notes: at least 8 bytes for each example and term. */
export function setScratch(address: usize): void {
  scratch = address;
}

/** The non-zero entries of `from` ascending: units and values into a list; count[0] = length, count[1] += length. */
export function compact(from: usize, vectors: i32, unit: usize, value: usize, count: usize): void {
  let n: i32 = 0;
  for (let k: i32 = 0; k < vectors; k++) {
    const v = v128.load(from + ((<usize>k) << 4));
    if (!v128.any_true(v)) continue;
    let mask = i32x4.bitmask(f32x4.ne(v, f32x4.splat(0)));
    while (mask != 0) {
      const lane = ctz(mask);
      mask &= mask - 1;
      store<i32>(unit + ((<usize>n) << 2), (k << 2) + lane);
      store<f32>(value + ((<usize>n) << 2), load<f32>(from + ((<usize>((k << 2) + lane)) << 2)));
      n++;
    }
  }
  store<i32>(count, n);
  store<i32>(count + 4, load<i32>(count + 4) + n);
}

/** into[:] += sum over the list of value * weight[unit, :], four vectors of columns at a time. */
export function addRows(unit: usize, value: usize, count: i32, weight: usize, vectors: i32, into: usize): void {
  const stride = (<usize>vectors) << 4;
  let column: i32 = 0;
  for (; column + 8 <= vectors; column += 8) {
    const offset = (<usize>column) << 4;
    const target = into + offset;
    let a0 = v128.load(target);
    let a1 = v128.load(target, 16);
    let a2 = v128.load(target, 32);
    let a3 = v128.load(target, 48);
    let a4 = v128.load(target, 64);
    let a5 = v128.load(target, 80);
    let a6 = v128.load(target, 96);
    let a7 = v128.load(target, 112);
    for (let k: i32 = 0; k < count; k++) {
      const x = v128.load32_splat(value + ((<usize>k) << 2));
      const row = weight + <usize>load<i32>(unit + ((<usize>k) << 2)) * stride + offset;
      a0 = f32x4.add(a0, f32x4.mul(x, v128.load(row)));
      a1 = f32x4.add(a1, f32x4.mul(x, v128.load(row, 16)));
      a2 = f32x4.add(a2, f32x4.mul(x, v128.load(row, 32)));
      a3 = f32x4.add(a3, f32x4.mul(x, v128.load(row, 48)));
      a4 = f32x4.add(a4, f32x4.mul(x, v128.load(row, 64)));
      a5 = f32x4.add(a5, f32x4.mul(x, v128.load(row, 80)));
      a6 = f32x4.add(a6, f32x4.mul(x, v128.load(row, 96)));
      a7 = f32x4.add(a7, f32x4.mul(x, v128.load(row, 112)));
    }
    v128.store(target, a0);
    v128.store(target, a1, 16);
    v128.store(target, a2, 32);
    v128.store(target, a3, 48);
    v128.store(target, a4, 64);
    v128.store(target, a5, 80);
    v128.store(target, a6, 96);
    v128.store(target, a7, 112);
  }
  if (column + 3 <= vectors) {
    const offset = (<usize>column) << 4;
    const target = into + offset;
    let a0 = v128.load(target);
    let a1 = v128.load(target, 16);
    let a2 = v128.load(target, 32);
    for (let k: i32 = 0; k < count; k++) {
      const x = v128.load32_splat(value + ((<usize>k) << 2));
      const row = weight + <usize>load<i32>(unit + ((<usize>k) << 2)) * stride + offset;
      a0 = f32x4.add(a0, f32x4.mul(x, v128.load(row)));
      a1 = f32x4.add(a1, f32x4.mul(x, v128.load(row, 16)));
      a2 = f32x4.add(a2, f32x4.mul(x, v128.load(row, 32)));
    }
    v128.store(target, a0);
    v128.store(target, a1, 16);
    v128.store(target, a2, 32);
    column += 3;
  }
  for (; column < vectors; column++) {
    const offset = (<usize>column) << 4;
    let a = v128.load(into + offset);
    for (let k: i32 = 0; k < count; k++) {
      const x = v128.load32_splat(value + ((<usize>k) << 2));
      const row = weight + <usize>load<i32>(unit + ((<usize>k) << 2)) * stride + offset;
      a = f32x4.add(a, f32x4.mul(x, v128.load(row)));
    }
    v128.store(into + offset, a);
  }
}

/** into[:] += sum over pre of from[pre] * weight[pre, :], skipping zeros; notes the non-zero ones in scratch first. */
export function gather(from: usize, pre: i32, weight: usize, vectors: i32, into: usize): void {
  let n: i32 = 0;
  const values = scratch + ((<usize>pre) << 2);
  for (let i: i32 = 0; i < pre; i++) {
    const x = load<f32>(from + ((<usize>i) << 2));
    if (x == 0) continue;
    store<i32>(scratch + ((<usize>n) << 2), i);
    store<f32>(values + ((<usize>n) << 2), x);
    n++;
  }
  addRows(scratch, values, n, weight, vectors, into);
}

function lanesSum(v: v128): f32 {
  const a = f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1);
  return a + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** into[pre] = (or +=) sum over post of weight[pre, post] * from[post]. */
export function gatherBack(from: usize, pre: i32, weight: usize, vectors: i32, into: usize, add: i32): void {
  const stride = (<usize>vectors) << 4;
  for (let i: i32 = 0; i < pre; i++) {
    const row = weight + <usize>i * stride;
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let k: i32 = 0;
    for (; k + 2 <= vectors; k += 2) {
      const offset = (<usize>k) << 4;
      a = f32x4.add(a, f32x4.mul(v128.load(row + offset), v128.load(from + offset)));
      b = f32x4.add(b, f32x4.mul(v128.load(row + offset, 16), v128.load(from + offset, 16)));
    }
    if (k < vectors) {
      const offset = (<usize>k) << 4;
      a = f32x4.add(a, f32x4.mul(v128.load(row + offset), v128.load(from + offset)));
    }
    const sum = lanesSum(f32x4.add(a, b));
    const target = into + ((<usize>i) << 2);
    store<f32>(target, add ? load<f32>(target) + sum : sum);
  }
}

/**
 * Rows [begin, end) of an outer product summed over examples and terms. A term is 5 words at `terms`: address of pre,
 * bytes between its examples, address of post, bytes between its examples, sign (f32).
 */
export function outer(
  begin: i32,
  end: i32,
  terms: usize,
  termCount: i32,
  examples: i32,
  vectors: i32,
  into: usize,
  scale: f32,
  add: i32,
): void {
  const stride = (<usize>vectors) << 4;
  const s = f32x4.splat(scale);
  for (let i: i32 = begin; i < end; i++) {
    let n: usize = 0;
    for (let t: i32 = 0; t < termCount; t++) {
      const term = terms + <usize>t * 20;
      const pre = load<u32>(term) + ((<usize>i) << 2);
      const preStride = load<u32>(term, 4);
      const post = load<u32>(term, 8);
      const postStride = load<u32>(term, 12);
      const sign = load<f32>(term, 16);
      for (let e: i32 = 0; e < examples; e++) {
        const x = load<f32>(pre + <usize>e * preStride);
        if (x == 0) continue;
        store<u32>(scratch + (n << 3), <u32>(post + <usize>e * postStride));
        store<f32>(scratch + (n << 3), sign * x, 4);
        n++;
      }
    }
    const row = into + <usize>i * stride;
    if (n == 0) {
      if (!add) memory.fill(row, 0, stride);
      continue;
    }
    let column: i32 = 0;
    for (; column + 6 <= vectors; column += 6) {
      const offset = (<usize>column) << 4;
      let a0 = f32x4.splat(0);
      let a1 = f32x4.splat(0);
      let a2 = f32x4.splat(0);
      let a3 = f32x4.splat(0);
      let a4 = f32x4.splat(0);
      let a5 = f32x4.splat(0);
      for (let k: usize = 0; k < n; k++) {
        const x = v128.load32_splat(scratch + (k << 3), 4);
        const p = <usize>load<u32>(scratch + (k << 3)) + offset;
        a0 = f32x4.add(a0, f32x4.mul(x, v128.load(p)));
        a1 = f32x4.add(a1, f32x4.mul(x, v128.load(p, 16)));
        a2 = f32x4.add(a2, f32x4.mul(x, v128.load(p, 32)));
        a3 = f32x4.add(a3, f32x4.mul(x, v128.load(p, 48)));
        a4 = f32x4.add(a4, f32x4.mul(x, v128.load(p, 64)));
        a5 = f32x4.add(a5, f32x4.mul(x, v128.load(p, 80)));
      }
      const target = row + offset;
      if (add) {
        v128.store(target, f32x4.add(v128.load(target), f32x4.mul(s, a0)));
        v128.store(target, f32x4.add(v128.load(target, 16), f32x4.mul(s, a1)), 16);
        v128.store(target, f32x4.add(v128.load(target, 32), f32x4.mul(s, a2)), 32);
        v128.store(target, f32x4.add(v128.load(target, 48), f32x4.mul(s, a3)), 48);
        v128.store(target, f32x4.add(v128.load(target, 64), f32x4.mul(s, a4)), 64);
        v128.store(target, f32x4.add(v128.load(target, 80), f32x4.mul(s, a5)), 80);
      } else {
        v128.store(target, f32x4.mul(s, a0));
        v128.store(target, f32x4.mul(s, a1), 16);
        v128.store(target, f32x4.mul(s, a2), 32);
        v128.store(target, f32x4.mul(s, a3), 48);
        v128.store(target, f32x4.mul(s, a4), 64);
        v128.store(target, f32x4.mul(s, a5), 80);
      }
    }
    for (; column < vectors; column++) {
      const offset = (<usize>column) << 4;
      let a = f32x4.splat(0);
      for (let k: usize = 0; k < n; k++) {
        const x = v128.load32_splat(scratch + (k << 3), 4);
        a = f32x4.add(a, f32x4.mul(x, v128.load(<usize>load<u32>(scratch + (k << 3)) + offset)));
      }
      const target = row + offset;
      v128.store(target, add ? f32x4.add(v128.load(target), f32x4.mul(s, a)) : f32x4.mul(s, a));
    }
  }
}

/** into[unit, :] += scale * value * row[:] for each entry of a list. */
export function addOuterRows(
  unit: usize,
  value: usize,
  count: i32,
  row: usize,
  vectors: i32,
  into: usize,
  scale: f32,
): void {
  const stride = (<usize>vectors) << 4;
  for (let k: i32 = 0; k < count; k++) {
    const x = f32x4.splat(scale * load<f32>(value + ((<usize>k) << 2)));
    const target = into + <usize>load<i32>(unit + ((<usize>k) << 2)) * stride;
    for (let offset: usize = 0; offset < stride; offset += 16)
      v128.store(target + offset, f32x4.add(v128.load(target + offset), f32x4.mul(x, v128.load(row + offset))));
  }
}

/** into[:, unit] += scale * value * row[:] for each entry of a list; `stride` in bytes. */
export function addOuterColumns(
  unit: usize,
  value: usize,
  count: i32,
  row: usize,
  pre: i32,
  into: usize,
  stride: i32,
  scale: f32,
): void {
  for (let k: i32 = 0; k < count; k++) {
    const x = scale * load<f32>(value + ((<usize>k) << 2));
    let target = into + ((<usize>load<i32>(unit + ((<usize>k) << 2))) << 2);
    for (let i: i32 = 0; i < pre; i++) {
      store<f32>(target, load<f32>(target) + x * load<f32>(row + ((<usize>i) << 2)));
      target += stride;
    }
  }
}

/** Vectors [begin, end): into = scale * sum over examples, in order (how 0), or scale * max (how 1). */
export function reduceBatch(
  begin: i32,
  end: i32,
  from: usize,
  exampleStride: i32,
  examples: i32,
  into: usize,
  scale: f32,
  how: i32,
): void {
  const s = f32x4.splat(scale);
  for (let k: i32 = begin; k < end; k++) {
    const offset = (<usize>k) << 4;
    let a = how == 0 ? f32x4.splat(0) : f32x4.splat(-Infinity);
    for (let e: i32 = 0; e < examples; e++) {
      const v = v128.load(from + <usize>e * exampleStride + offset);
      a = how == 0 ? f32x4.add(a, v) : f32x4.pmax(a, v);
    }
    v128.store(into + offset, f32x4.mul(s, a));
  }
}

/** The first example with the largest value, for each unit of vectors [begin, end). */
export function argmaxBatch(begin: i32, end: i32, from: usize, exampleStride: i32, examples: i32, into: usize): void {
  for (let u: i32 = begin << 2; u < end << 2; u++) {
    const offset = (<usize>u) << 2;
    let best: f32 = -Infinity;
    let where: i32 = 0;
    for (let e: i32 = 0; e < examples; e++) {
      const v = load<f32>(from + <usize>e * exampleStride + offset);
      if (v > best) {
        best = v;
        where = e;
      }
    }
    store<f32>(into + offset, <f32>where);
  }
}

/** Over the units of one example: sum (0), max (1) or argmax (2). */
export function reduceUnits(from: usize, units: i32, how: i32, scale: f32): f32 {
  let sum: f32 = 0;
  let best: f32 = -Infinity;
  let where: i32 = 0;
  for (let u: i32 = 0; u < units; u++) {
    const v = load<f32>(from + ((<usize>u) << 2));
    sum += v;
    if (v > best) {
      best = v;
      where = u;
    }
  }
  if (how == 2) return <f32>where;
  return scale * (how == 0 ? sum : best);
}

/** mirror[post, pre] = weight[pre, post], rows [begin, end) of the mirror; both padded. */
export function transpose(
  begin: i32,
  end: i32,
  weight: usize,
  pre: i32,
  stride: i32,
  mirror: usize,
  mirrorStride: i32,
): void {
  for (let j: i32 = begin; j < end; j++) {
    const row = mirror + <usize>j * <usize>mirrorStride;
    let source = weight + ((<usize>j) << 2);
    for (let i: i32 = 0; i < pre; i++) {
      store<f32>(row + ((<usize>i) << 2), load<f32>(source));
      source += stride;
    }
  }
}

const LOG2E: f32 = 1.4426950408889634;
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;

/** exp of four float32 by range reduction and a polynomial of degree 7: at most about 2 units in the last place. */
export function exp4(x: v128): v128 {
  const over = f32x4.gt(x, f32x4.splat(88.72283));
  const under = f32x4.lt(x, f32x4.splat(-87.33654));
  const y = f32x4.pmin(f32x4.splat(88.72283), f32x4.pmax(f32x4.splat(-87.33654), x));
  const n = f32x4.nearest(f32x4.mul(y, f32x4.splat(LOG2E)));
  let r = f32x4.sub(y, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let p = f32x4.splat(1.984127e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3888889e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3333333e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1666667e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666667e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  // Two factors: 2^128 is not a float32, though exp(88.7) is.
  const k = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(k, 1);
  const one = i32x4.splat(127);
  const a = i32x4.shl(i32x4.add(half, one), 23);
  const b = i32x4.shl(i32x4.add(i32x4.sub(k, half), one), 23);
  p = f32x4.mul(f32x4.mul(p, a), b);
  p = v128.bitselect(f32x4.splat(Infinity), p, over);
  p = v128.bitselect(f32x4.splat(0), p, under);
  return v128.bitselect(p, x, f32x4.eq(x, x));
}

/** Natural logarithm of four float32: exponent split off, then the series of atanh((m - 1) / (m + 1)). */
export function log4(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  let e = i32x4.sub(i32x4.shr_u(scaled, 23), i32x4.splat(127));
  let m = v128.or(v128.and(scaled, i32x4.splat(0x007fffff)), i32x4.splat(0x3f800000));
  const big = f32x4.gt(m, f32x4.splat(1.4142135));
  m = v128.bitselect(f32x4.mul(m, f32x4.splat(0.5)), m, big);
  e = i32x4.sub(e, big);
  let n = f32x4.convert_i32x4_s(e);
  n = f32x4.sub(n, v128.and(tiny, f32x4.splat(23)));
  const z = f32x4.div(f32x4.sub(m, f32x4.splat(1)), f32x4.add(m, f32x4.splat(1)));
  const q = f32x4.mul(z, z);
  let p = f32x4.splat(0.22222222);
  p = f32x4.add(f32x4.mul(p, q), f32x4.splat(0.2857143));
  p = f32x4.add(f32x4.mul(p, q), f32x4.splat(0.4));
  p = f32x4.add(f32x4.mul(p, q), f32x4.splat(0.66666667));
  p = f32x4.mul(f32x4.mul(p, q), z);
  p = f32x4.add(f32x4.add(z, z), p);
  let result = f32x4.add(f32x4.sub(p, f32x4.mul(n, f32x4.splat(-LN2_LOW))), f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  result = v128.bitselect(f32x4.splat(-Infinity), result, f32x4.eq(x, f32x4.splat(0)));
  result = v128.bitselect(x, result, f32x4.eq(x, f32x4.splat(Infinity)));
  return v128.bitselect(result, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)));
}

/** tanh by exp(-2|x|), with a short series near 0 where that would cancel. */
export function tanh4(x: v128): v128 {
  const a = f32x4.abs(x);
  const t = exp4(f32x4.mul(a, f32x4.splat(-2)));
  const far = f32x4.div(f32x4.sub(f32x4.splat(1), t), f32x4.add(f32x4.splat(1), t));
  const q = f32x4.mul(a, a);
  let p = f32x4.splat(2.1869488e-2);
  p = f32x4.sub(f32x4.mul(p, q), f32x4.splat(5.3968254e-2));
  p = f32x4.add(f32x4.mul(p, q), f32x4.splat(1.3333333e-1));
  p = f32x4.sub(f32x4.mul(p, q), f32x4.splat(3.3333333e-1));
  const near = f32x4.add(a, f32x4.mul(f32x4.mul(p, q), a));
  const y = v128.bitselect(near, far, f32x4.lt(a, f32x4.splat(0.25)));
  return v128.or(y, v128.and(x, i32x4.splat(<i32>0x80000000)));
}

/** 1 / (1 + exp(-x)), through exp(-|x|) so that neither side overflows. */
export function sigmoid4(x: v128): v128 {
  const t = exp4(f32x4.neg(f32x4.abs(x)));
  const low = f32x4.div(t, f32x4.add(f32x4.splat(1), t));
  const high = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), t));
  return v128.bitselect(low, high, f32x4.lt(x, f32x4.splat(0)));
}

function mix32(value: u32): u32 {
  let x = value;
  x = (x ^ (x >> 16)) * 0x7feb352d;
  x = (x ^ (x >> 15)) * 0x846ca68b;
  return x ^ (x >> 16);
}

function mix4(value: v128): v128 {
  let x = v128.xor(value, i32x4.shr_u(value, 16));
  x = i32x4.mul(x, i32x4.splat(0x7feb352d));
  x = v128.xor(x, i32x4.shr_u(x, 15));
  x = i32x4.mul(x, i32x4.splat(<i32>0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** The generator of math/random.ts: into[unit] = low + (high - low) * uniform24(seed, stream, example, unit, step). */
export function random(
  into: usize,
  units: i32,
  seed: u32,
  stream: u32,
  example: u32,
  step: u32,
  low: f32,
  high: f32,
): void {
  const golden: u32 = 0x9e3779b9;
  let h = mix32(seed + golden);
  h = mix32(h ^ (stream + golden));
  h = mix32(h ^ (example + golden));
  const last = i32x4.splat(<i32>(step + golden));
  const state = i32x4.splat(<i32>h);
  const width = f32x4.splat((high - low) * <f32>5.9604644775390625e-8);
  const from = f32x4.splat(low);
  let unit: i32 = 0;
  for (; unit + 4 <= units; unit += 4) {
    const word = i32x4.add(i32x4.splat(unit + <i32>golden), i32x4(0, 1, 2, 3));
    const bits = i32x4.shr_u(mix4(v128.xor(mix4(v128.xor(state, word)), last)), 8);
    v128.store(into + ((<usize>unit) << 2), f32x4.add(from, f32x4.mul(width, f32x4.convert_i32x4_u(bits))));
  }
  for (; unit < units; unit++) {
    const bits = mix32(mix32(h ^ (<u32>unit + golden)) ^ (step + golden)) >> 8;
    store<f32>(into + ((<usize>unit) << 2), low + (high - low) * <f32>5.9604644775390625e-8 * <f32>bits);
  }
}

/** Sets the units of each padded row to a value, the padding stays. */
export function fill(into: usize, units: i32, rows: i32, value: f32): void {
  const stride = (<usize>((units + 3) & ~3)) << 2;
  for (let row: i32 = 0; row < rows; row++)
    for (let unit: i32 = 0; unit < units; unit++) store<f32>(into + <usize>row * stride + ((<usize>unit) << 2), value);
}
