// AssemblyScript: the fixed kernels of the wasm backend on raw addresses in shared memory. No heap, no globals but the
// scratch address of this thread. Rows are padded to whole vectors of 4 float32; padding holds zeros and stays zero.

export * from './pictures';
export * from './pools';

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
  for (; column + 6 <= vectors; column += 6) {
    const offset = (<usize>column) << 4;
    const target = into + offset;
    let a0 = v128.load(target);
    let a1 = v128.load(target, 16);
    let a2 = v128.load(target, 32);
    let a3 = v128.load(target, 48);
    let a4 = v128.load(target, 64);
    let a5 = v128.load(target, 80);
    for (let k: i32 = 0; k < count; k++) {
      const x = v128.load32_splat(value + ((<usize>k) << 2));
      const row = weight + <usize>load<i32>(unit + ((<usize>k) << 2)) * stride + offset;
      a0 = f32x4.add(a0, f32x4.mul(x, v128.load(row)));
      a1 = f32x4.add(a1, f32x4.mul(x, v128.load(row, 16)));
      a2 = f32x4.add(a2, f32x4.mul(x, v128.load(row, 32)));
      a3 = f32x4.add(a3, f32x4.mul(x, v128.load(row, 48)));
      a4 = f32x4.add(a4, f32x4.mul(x, v128.load(row, 64)));
      a5 = f32x4.add(a5, f32x4.mul(x, v128.load(row, 80)));
    }
    v128.store(target, a0);
    v128.store(target, a1, 16);
    v128.store(target, a2, 32);
    v128.store(target, a3, 48);
    v128.store(target, a4, 64);
    v128.store(target, a5, 80);
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

/** Address of where the entry of a log's step begins; the address after it holds its end. */
function placeOf(place: usize, step: i32): usize {
  return place + ((<usize>(step - load<i32>(place) + 1)) << 2);
}

/** into[targets[k]] += x * weights[k] for k in [at, end), in bytes. */
function addRow(at: usize, end: usize, targets: usize, weights: usize, into: usize, x: f32): void {
  // Four at a time: their addresses do not wait for one another. Targets may repeat, so each is stored before the next is read.
  for (; at + 16 <= end; at += 16) {
    const a = into + ((<usize>load<u32>(targets + at)) << 2);
    const b = into + ((<usize>load<u32>(targets + at, 4)) << 2);
    const c = into + ((<usize>load<u32>(targets + at, 8)) << 2);
    const d = into + ((<usize>load<u32>(targets + at, 12)) << 2);
    store<f32>(a, load<f32>(a) + x * load<f32>(weights + at));
    store<f32>(b, load<f32>(b) + x * load<f32>(weights + at, 4));
    store<f32>(c, load<f32>(c) + x * load<f32>(weights + at, 8));
    store<f32>(d, load<f32>(d) + x * load<f32>(weights + at, 12));
  }
  for (; at < end; at += 4) {
    const a = into + ((<usize>load<u32>(targets + at)) << 2);
    store<f32>(a, load<f32>(a) + x * load<f32>(weights + at));
  }
}

/** The same into two arrays at once: the second lies `apart` bytes behind the first. */
function addRowTwice(
  at: usize,
  end: usize,
  targets: usize,
  weights: usize,
  into: usize,
  x: f32,
  apart: usize,
  y: f32,
): void {
  for (; at + 8 <= end; at += 8) {
    const a = into + ((<usize>load<u32>(targets + at)) << 2);
    const b = into + ((<usize>load<u32>(targets + at, 4)) << 2);
    const v = load<f32>(weights + at);
    const w = load<f32>(weights + at, 4);
    store<f32>(a, load<f32>(a) + x * v);
    store<f32>(b, load<f32>(b) + x * w);
    store<f32>(a + apart, load<f32>(a + apart) + y * v);
    store<f32>(b + apart, load<f32>(b + apart) + y * w);
  }
  if (at < end) {
    const a = into + ((<usize>load<u32>(targets + at)) << 2);
    const v = load<f32>(weights + at);
    store<f32>(a, load<f32>(a) + x * v);
    store<f32>(a + apart, load<f32>(a + apart) + y * v);
  }
}

/** into[targets[k]] += x: rows of one weight. */
function addRowSame(at: usize, end: usize, targets: usize, into: usize, x: f32): void {
  for (; at + 16 <= end; at += 16) {
    const a = into + ((<usize>load<u32>(targets + at)) << 2);
    const b = into + ((<usize>load<u32>(targets + at, 4)) << 2);
    const c = into + ((<usize>load<u32>(targets + at, 8)) << 2);
    const d = into + ((<usize>load<u32>(targets + at, 12)) << 2);
    store<f32>(a, load<f32>(a) + x);
    store<f32>(b, load<f32>(b) + x);
    store<f32>(c, load<f32>(c) + x);
    store<f32>(d, load<f32>(d) + x);
  }
  for (; at < end; at += 4) {
    const a = into + ((<usize>load<u32>(targets + at)) << 2);
    store<f32>(a, load<f32>(a) + x);
  }
}

function addRowSameTwice(at: usize, end: usize, targets: usize, into: usize, x: f32, apart: usize, y: f32): void {
  for (; at + 8 <= end; at += 8) {
    const a = into + ((<usize>load<u32>(targets + at)) << 2);
    const b = into + ((<usize>load<u32>(targets + at, 4)) << 2);
    store<f32>(a, load<f32>(a) + x);
    store<f32>(b, load<f32>(b) + x);
    store<f32>(a + apart, load<f32>(a + apart) + y);
    store<f32>(b + apart, load<f32>(b + apart) + y);
  }
  if (at < end) {
    const a = into + ((<usize>load<u32>(targets + at)) << 2);
    store<f32>(a, load<f32>(a) + x);
    store<f32>(a + apart, load<f32>(a + apart) + y);
  }
}

/**
 * Compressed rows of every class's units, logged `delays[class]` steps before `step`, into one array (`second` 0) or two; with
 * `same`, all by the one weight. Returns how many synapses that were.
 */
export function deliverRows(
  unit: usize,
  place: usize,
  step: i32,
  delays: usize,
  classes: i32,
  rows: usize,
  targets: usize,
  weights: usize,
  same: i32,
  into: usize,
  x: f32,
  second: usize,
  y: f32,
): i32 {
  const w = load<f32>(weights);
  let events: usize = 0;
  for (let c: i32 = 0; c < classes; c++) {
    const entry = placeOf(place, step - load<i32>(delays + ((<usize>c) << 2)));
    let n = unit + ((<usize>load<i32>(entry)) << 2);
    const last = unit + ((<usize>load<i32>(entry, 4)) << 2);
    for (; n < last; n += 4) {
      const row = rows + ((<usize>load<u32>(n) * <usize>classes + <usize>c) << 2);
      const begin = (<usize>load<u32>(row)) << 2;
      const end = (<usize>load<u32>(row, 4)) << 2;
      if (second == 0) {
        if (same) addRowSame(begin, end, targets, into, x * w);
        else addRow(begin, end, targets, weights, into, x);
      } else if (same) addRowSameTwice(begin, end, targets, into, x * w, second - into, y * w);
      else addRowTwice(begin, end, targets, weights, into, x, second - into, y);
      events += (end - begin) >> 2;
    }
  }
  return <i32>events;
}

/** Forgets a log's entries more than `steps` older than that of `step`. */
export function trim(unit: usize, place: usize, step: i32, steps: i32): void {
  const away = step - steps - load<i32>(place);
  if (away <= 0) return;
  const first = place + 4;
  const kept = first + ((<usize>away) << 2);
  const gone = load<i32>(kept);
  const last = (<usize>(steps + 1)) << 2;
  memory.copy(unit, unit + ((<usize>gone) << 2), (<usize>(load<i32>(kept + last) - gone)) << 2);
  for (let k: usize = 0; k <= last; k += 4) store<i32>(first + k, load<i32>(kept + k) - gone);
  store<i32>(place, load<i32>(place) + away);
}

function lanesSum(v: v128): f32 {
  const a = f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1);
  return a + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
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

/** Over all numbers of a shared array: sum (0) or max (1). Rows one after the other, their sums added in float64. */
export function reduceRows(from: usize, rows: i32, units: i32, stride: i32, how: i32, scale: f32): f32 {
  let sum: f64 = 0;
  let best: f32 = -Infinity;
  for (let row: i32 = 0; row < rows; row++) {
    const value = reduceUnits(from + <usize>row * <usize>stride, units, how, 1);
    if (how == 0) sum += <f64>value;
    else best = max(best, value);
  }
  return how == 0 ? <f32>(<f64>scale * sum) : scale * best;
}

/** Over the units of one example: sum (0), max (1) or argmax (2). Sums go by lanes, four at a time; padding is 0. */
export function reduceUnits(from: usize, units: i32, how: i32, scale: f32): f32 {
  const full = from + ((<usize>(units >> 2)) << 4);
  const end = from + ((<usize>units) << 2);
  if (how == 0) {
    let sum = f32x4.splat(0);
    for (let p = from; p < end; p += 16) sum = f32x4.add(sum, v128.load(p));
    return scale * lanesSum(sum);
  }
  let best: f32 = -Infinity;
  if (how == 1) {
    let most = f32x4.splat(-Infinity);
    for (let p = from; p < full; p += 16) most = f32x4.pmax(most, v128.load(p));
    for (let p = full; p < end; p += 4) {
      const v = load<f32>(p);
      if (v > best) best = v;
    }
    best = max(best, max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)));
    return scale * max(best, max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
  }
  let where: i32 = 0;
  for (let u: i32 = 0; u < units; u++) {
    const v = load<f32>(from + ((<usize>u) << 2));
    if (v > best) {
      best = v;
      where = u;
    }
  }
  return <f32>where;
}

/** Four vectors as rows of a square, the other way round, at addresses a, b, c, d; the last `4 - rows` are not stored. */
function storeTransposed(r0: v128, r1: v128, r2: v128, r3: v128, a: usize, step: usize, rows: i32): void {
  const t0 = i8x16.shuffle(r0, r1, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const t1 = i8x16.shuffle(r0, r1, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  const t2 = i8x16.shuffle(r2, r3, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const t3 = i8x16.shuffle(r2, r3, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  v128.store(a, i8x16.shuffle(t0, t2, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
  if (rows > 1)
    v128.store(a + step, i8x16.shuffle(t0, t2, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
  if (rows > 2) v128.store(a + 2 * step, i8x16.shuffle(t1, t3, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
  if (rows > 3)
    v128.store(a + 3 * step, i8x16.shuffle(t1, t3, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
}

/**
 * target[column, row] = weight[row, column] for columns [begin, end) (begin a multiple of 4), rows [firstRow, endRow) of
 * `rows` in all; the target's rows begin `step` bytes apart. A last vector that passes endRow gets zeros there.
 */
function transposeRows(
  begin: i32,
  end: i32,
  weight: usize,
  firstRow: i32,
  endRow: i32,
  stride: usize,
  target: usize,
  step: usize,
): void {
  for (let i: i32 = firstRow; i < endRow; i += 4) {
    const left = endRow - i;
    const row = weight + <usize>i * stride;
    const into = target + ((<usize>(i - firstRow)) << 2);
    for (let j: i32 = begin; j < end; j += 4) {
      const from = row + ((<usize>j) << 2);
      const r1 = left > 1 ? v128.load(from + stride) : f32x4.splat(0);
      const r2 = left > 2 ? v128.load(from + 2 * stride) : f32x4.splat(0);
      const r3 = left > 3 ? v128.load(from + 3 * stride) : f32x4.splat(0);
      storeTransposed(v128.load(from), r1, r2, r3, into + <usize>(j - begin) * step, step, end - j);
    }
  }
}

/** mirror[post, pre] = weight[pre, post], rows [begin, end) of the mirror, begin a multiple of 4; both padded. */
export function transpose(
  begin: i32,
  end: i32,
  weight: usize,
  pre: i32,
  stride: i32,
  mirror: usize,
  mirrorStride: i32,
): void {
  // Sixteen rows of the mirror at a time: as many lines of the first-level cache grow while the weights are read.
  for (let j: i32 = begin; j < end; j += 16)
    transposeRows(j, min(j + 16, end), weight, 0, pre, stride, mirror + <usize>j * <usize>mirrorStride, mirrorStride);
}

/** Vectors of panel p when a row has `vectors`: two, and in the last of an odd number three (or the only one). */
function panelVectors(p: i32, vectors: i32): i32 {
  if (!(vectors & 1)) return 2;
  if (vectors == 1) return 1;
  return (p << 1) + 3 == vectors ? 3 : 2;
}

/** Panels [begin, end) of a matrix: panel after panel, and in each row after row, so that a product reads in order. */
export function packPanels(
  begin: i32,
  end: i32,
  weight: usize,
  rows: i32,
  stride: i32,
  vectors: i32,
  into: usize,
): void {
  // Some rows at a time: they stay in the first-level cache while their panels are written.
  for (let first: i32 = 0; first < rows; first += 16) {
    const last = min(first + 16, rows);
    for (let p: i32 = begin; p < end; p++) {
      const width = panelVectors(p, vectors);
      let from = weight + ((<usize>p) << 5) + <usize>first * stride;
      let target = into + ((<usize>p) << 5) * rows + ((<usize>(first * width)) << 4);
      for (let i: i32 = first; i < last; i++) {
        for (let v: i32 = 0; v < width; v++)
          v128.store(target + ((<usize>v) << 4), v128.load(from + ((<usize>v) << 4)));
        from += stride;
        target += (<usize>width) << 4;
      }
    }
  }
}

/** The same panels of the transposed matrix: `rows` and `columns` are the weight's, `vectors` those of a mirrored row. */
export function packTransposed(
  begin: i32,
  end: i32,
  weight: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  vectors: i32,
  into: usize,
): void {
  for (let p: i32 = begin; p < end; p++) {
    const width = panelVectors(p, vectors);
    const first = p << 3;
    transposeRows(
      0,
      columns,
      weight,
      first,
      min(first + (width << 2), rows),
      stride,
      into + ((<usize>p) << 5) * columns,
      (<usize>width) << 4,
    );
  }
}

/** Where this thread's lists lie. */
export function scratchAddress(): usize {
  return scratch;
}

/**
 * For each of some examples the entries that are not zero: counts first in this thread's scratch (4 bytes each), lists
 * from byte 64 on; a list has 16 bytes for each vector of values, then as many of 32 * unit. `table` holds the patterns
 * that move the set lanes of a mask to the front. Returns the number of entries, or -1 as soon as it is above `most`.
 */
export function listNonZero(
  from: usize,
  exampleStride: i32,
  examples: i32,
  vectors: i32,
  most: i32,
  table: usize,
): i32 {
  const size = (<usize>vectors) << 4;
  let all: i32 = 0;
  for (let e: i32 = 0; e < examples; e++) {
    const source = from + <usize>e * exampleStride;
    const values = scratch + 64 + <usize>e * 2 * size;
    let place = i32x4(0, 32, 64, 96);
    let n: i32 = 0;
    for (let offset: usize = 0; offset < size; offset += 16) {
      const v = v128.load(source + offset);
      const mask = i32x4.bitmask(f32x4.ne(v, f32x4.splat(0)));
      const pattern = v128.load(table + ((<usize>mask) << 4));
      const entry = values + ((<usize>n) << 2);
      v128.store(entry, i8x16.swizzle(v, pattern));
      v128.store(entry + size, i8x16.swizzle(place, pattern));
      place = i32x4.add(place, i32x4.splat(128));
      n += popcnt(mask);
      if (all + n > most) return -1;
    }
    store<i32>(scratch + ((<usize>e) << 2), n);
    all += n;
  }
  return all;
}

const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;

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

/**
 * The generator of math/random.ts in rows [first, end) of padded rows: into[row, column] = low + (high - low) *
 * uniform24(seed, stream, example, row * units + column, step).
 */
export function random(
  into: usize,
  units: i32,
  first: i32,
  end: i32,
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
  const stride = (<usize>((units + 3) & ~3)) << 2;
  for (let row = first; row < end; row++) {
    const at = into + <usize>row * stride;
    const begin = row * units;
    let unit: i32 = 0;
    for (; unit + 4 <= units; unit += 4) {
      const word = i32x4.add(i32x4.splat(begin + unit + <i32>golden), i32x4(0, 1, 2, 3));
      const bits = i32x4.shr_u(mix4(v128.xor(mix4(v128.xor(state, word)), last)), 8);
      v128.store(at + ((<usize>unit) << 2), f32x4.add(from, f32x4.mul(width, f32x4.convert_i32x4_u(bits))));
    }
    for (; unit < units; unit++) {
      const bits = mix32(mix32(h ^ (<u32>(begin + unit) + golden)) ^ (step + golden)) >> 8;
      store<f32>(at + ((<usize>unit) << 2), low + (high - low) * <f32>5.9604644775390625e-8 * <f32>bits);
    }
  }
}

/** Sets the units of each padded row to a value, the padding stays. */
export function fill(into: usize, units: i32, rows: i32, value: f32): void {
  const stride = (<usize>((units + 3) & ~3)) << 2;
  for (let row: i32 = 0; row < rows; row++)
    for (let unit: i32 = 0; unit < units; unit++) store<f32>(into + <usize>row * stride + ((<usize>unit) << 2), value);
}
