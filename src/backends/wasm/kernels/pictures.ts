// AssemblyScript: what pictures need beside products: zeros around them, patches laid over each other, products of patches.
// Numbers lie by row, column and channel without padding between places.
import { firstLanes } from './lanes';

/** A picture of `rows` rows of `rowBytes` into a larger one of `allRows` rows of `allBytes`, `top` rows down and `left` bytes in. */
export function padPicture(
  from: usize,
  rows: i32,
  rowBytes: i32,
  into: usize,
  allRows: i32,
  allBytes: i32,
  top: i32,
  left: i32,
): void {
  memory.fill(into, 0, <usize>allRows * <usize>allBytes);
  let target = into + <usize>top * <usize>allBytes + <usize>left;
  for (let r: i32 = 0; r < rows; r++) {
    memory.copy(target, from, <usize>rowBytes);
    from += rowBytes;
    target += allBytes;
  }
}

/** The other way, added to what is there or in its place. */
export function cropPicture(
  from: usize,
  allBytes: i32,
  top: i32,
  left: i32,
  into: usize,
  rows: i32,
  rowBytes: i32,
  add: i32,
): void {
  let source = from + <usize>top * <usize>allBytes + <usize>left;
  for (let r: i32 = 0; r < rows; r++) {
    if (add) addNumbers(source, into, rowBytes);
    else memory.copy(into, source, <usize>rowBytes);
    into += rowBytes;
    source += allBytes;
  }
}

/** into += from, so many bytes. */
function addNumbers(from: usize, into: usize, bytes: i32): void {
  const end = from + <usize>bytes;
  for (; from + 16 <= end; from += 16, into += 16) v128.store(into, f32x4.add(v128.load(into), v128.load(from)));
  for (; from < end; from += 4, into += 4) store<f32>(into, load<f32>(into) + load<f32>(from));
}

/**
 * Adds the patches of places [first, first + count), one a row of `patchBytes`, to the picture they were cut from: each has `size`
 * runs of `runBytes`, one below the other. Places lie `columns` to a row, `stepBytes` apart, rows `downBytes` apart.
 */
export function addPatches(
  patches: usize,
  patchBytes: i32,
  first: i32,
  count: i32,
  columns: i32,
  stepBytes: i32,
  downBytes: i32,
  size: i32,
  runBytes: i32,
  picture: usize,
  rowBytes: i32,
): void {
  for (let n: i32 = first; n < first + count; n++) {
    let target = picture + <usize>(n / columns) * <usize>downBytes + <usize>(n % columns) * <usize>stepBytes;
    let source = patches;
    for (let i: i32 = 0; i < size; i++) {
      addNumbers(source, target, runBytes);
      source += runBytes;
      target += rowBytes;
    }
    patches += patchBytes;
  }
}

/** Rows padded to whole vectors into rows of `rowBytes` without padding. */
export function unpadRows(from: usize, paddedBytes: i32, into: usize, rowBytes: i32, rows: i32, add: i32): void {
  for (let r: i32 = 0; r < rows; r++) {
    if (add) addNumbers(from, into, rowBytes);
    else memory.copy(into, from, <usize>rowBytes);
    from += paddedBytes;
    into += rowBytes;
  }
}

/** The first and the end of the places along one side whose kernel is inside the picture at offset `at` of it. */
function firstPlace(at: i32, padding: i32, stride: i32): i32 {
  return at >= padding ? 0 : (padding - at + stride - 1) / stride;
}
function endPlace(at: i32, padding: i32, stride: i32, side: i32, places: i32): i32 {
  return min(places, (side - 1 + padding - at) / stride + 1);
}

/** Bytes of both pictures that are gone through together: they stay in the first-level cache for all rows and columns. */
const NEAR: i32 = 24576;
/** Places that are summed before the sum is added up: of more, a sum rounds too often, and of fewer, the adding costs too much. */
const PLACES: i32 = 64;
/** Sums that are added up before their sum is, and how many times over. */
const TOGETHER: i32 = 32;
const LEVELS: i32 = 3;

/** Rows of places that are summed before the sum is added up. */
function rowsSummed(acrosses: i32): i32 {
  return (PLACES + acrosses - 1) / acrosses;
}
/** Examples that are summed together where they have few places. */
function examplesSummed(places: i32): i32 {
  return max(1, PLACES / places);
}
/** How many levels of sums it takes for so many examples. */
function levelsOf(examples: i32, downs: i32, acrosses: i32): i32 {
  const rows = rowsSummed(acrosses);
  const sums = (examples / examplesSummed(downs * acrosses) + 1) * ((downs + rows - 1) / rows);
  return sums <= TOGETHER ? 1 : sums <= TOGETHER * TOGETHER ? 2 : LEVELS;
}
/** What a level of sums holds goes to the next. */
function raise(sums: usize, bytes: i32): void {
  addNumbers(sums, sums + <usize>bytes, bytes);
  memory.fill(sums, 0, <usize>bytes);
}

/**
 * Rows [begin, end) of [size * size * channels, out]: sums over examples and places of sign * patch (x) post, some places at a
 * time, in `sums`: LEVELS arrays of as many rows of so many `vectors`. `goOn`: added to what they hold.
 */
export function outerPatches(
  begin: i32,
  end: i32,
  pre: usize,
  preStride: i32,
  post: usize,
  postStride: i32,
  examples: i32,
  rows: i32,
  columns: i32,
  channels: i32,
  downs: i32,
  acrosses: i32,
  out: i32,
  size: i32,
  stride: i32,
  padding: i32,
  sums: usize,
  vectors: i32,
  sign: f32,
  goOn: i32,
): void {
  const s = f32x4.splat(sign);
  const rowBytes = (<usize>vectors) << 4;
  const bytes = (end - begin) * <i32>rowBytes;
  const levels = levelsOf(examples, downs, acrosses);
  if (!goOn) memory.fill(sums, 0, <usize>(levels * bytes));
  const summed = rowsSummed(acrosses);
  const parts = max(1, NEAR / ((acrosses * out + stride * columns * channels) << 2) / summed);
  const together = parts * summed;
  const block = examplesSummed(downs * acrosses);
  // Steps, of so many sums each, that are added up before their sum is.
  const steps = max(1, TOGETHER / parts);
  let count: i32 = 0;
  for (let e: i32 = 0; e < examples; e += block) {
    const some = min(block, examples - e);
    const x = pre + <usize>e * <usize>preStride;
    const y = post + <usize>e * <usize>postStride;
    for (let first: i32 = 0; first < downs; first += together) {
      for (let row = begin; row < end;) {
        const i = row / (size * channels);
        const j = (row / channels) % size;
        const k = row % channels;
        const group = channels - k >= 4 && end - row >= 4 ? 4 : 1;
        const r0 = max(first, firstPlace(i, padding, stride));
        const r1 = min(first + together, endPlace(i, padding, stride, rows, downs));
        const c0 = firstPlace(j, padding, stride);
        const c1 = endPlace(j, padding, stride, columns, acrosses);
        if (r0 < r1 && c0 < c1) {
          const corner = ((r0 * stride + i - padding) * columns + c0 * stride + j - padding) * channels + k;
          const p = x + ((<usize>corner) << 2);
          const q = y + ((<usize>((r0 * acrosses + c0) * out)) << 2);
          const target = sums + <usize>(row - begin) * rowBytes;
          const downPre = (<usize>(stride * columns * channels)) << 2;
          const downPost = (<usize>(acrosses * out)) << 2;
          const stepPre = (<usize>(stride * channels)) << 2;
          for (let v: i32 = 0; v < vectors; v += 2) {
            const offset = (<usize>v) << 4;
            const lanes = out - (v << 2);
            const both = v + 1 < vectors;
            if (group == 4 && both)
              fourRows(
                p,
                q + offset,
                r1 - r0,
                c1 - c0,
                summed,
                downPre,
                downPost,
                stepPre,
                some,
                preStride,
                postStride,
                out,
                target + offset,
                rowBytes,
                s,
                lanes,
              );
            else
              for (let n: i32 = 0; n < group; n++)
                oneRow(
                  p + ((<usize>n) << 2),
                  q + offset,
                  r1 - r0,
                  c1 - c0,
                  summed,
                  downPre,
                  downPost,
                  stepPre,
                  some,
                  preStride,
                  postStride,
                  out,
                  target + <usize>n * rowBytes + offset,
                  s,
                  lanes,
                  both,
                );
          }
        }
        row += group;
      }
      count++;
      if (levels > 1 && count % steps == 0) raise(sums, bytes);
      if (levels > 2 && count % (steps * TOGETHER) == 0) raise(sums + <usize>bytes, bytes);
    }
  }
}

/** Rows [begin, end): into = (or +=) scale * what outerPatches summed. */
export function putSums(
  begin: i32,
  end: i32,
  examples: i32,
  downs: i32,
  acrosses: i32,
  sums: usize,
  into: usize,
  vectors: i32,
  scale: f32,
  add: i32,
): void {
  const bytes = (end - begin) * (vectors << 4);
  const levels = levelsOf(examples, downs, acrosses);
  for (let level: i32 = 1; level < levels; level++) {
    raise(sums, bytes);
    sums += <usize>bytes;
  }
  const s = f32x4.splat(scale);
  const first = into + <usize>begin * ((<usize>vectors) << 4);
  for (let at: usize = 0; at < <usize>bytes; at += 16) {
    const sum = f32x4.mul(s, v128.load(sums + at));
    v128.store(first + at, add ? f32x4.add(v128.load(first + at), sum) : sum);
  }
}

/** Four rows by two vectors over so many rows and columns of places, a sum for each `summed` rows of an example, or of some examples. */
function fourRows(
  p: usize,
  q: usize,
  downs: i32,
  acrosses: i32,
  summed: i32,
  downPre: usize,
  downPost: usize,
  stepPre: usize,
  some: i32,
  preStride: i32,
  postStride: i32,
  out: i32,
  target: usize,
  rowBytes: usize,
  s: v128,
  lanes: i32,
): void {
  const stepPost = (<usize>out) << 2;
  const zero = f32x4.splat(0);
  let a0 = zero;
  let a1 = zero;
  let b0 = zero;
  let b1 = zero;
  let d0 = zero;
  let d1 = zero;
  let e0 = zero;
  let e1 = zero;
  const all = some * downs;
  let rows: i32 = 0;
  for (let n: i32 = 0; n < all; n++) {
    const e = n / downs;
    const r = n - e * downs;
    let u = p + <usize>e * <usize>preStride + <usize>r * downPre;
    let w = q + <usize>e * <usize>postStride + <usize>r * downPost;
    for (let c = acrosses; c > 0; c--) {
      const y0 = v128.load(w);
      const y1 = v128.load(w, 16);
      let x = v128.load32_splat(u);
      a0 = f32x4.add(a0, f32x4.mul(x, y0));
      a1 = f32x4.add(a1, f32x4.mul(x, y1));
      x = v128.load32_splat(u, 4);
      b0 = f32x4.add(b0, f32x4.mul(x, y0));
      b1 = f32x4.add(b1, f32x4.mul(x, y1));
      x = v128.load32_splat(u, 8);
      d0 = f32x4.add(d0, f32x4.mul(x, y0));
      d1 = f32x4.add(d1, f32x4.mul(x, y1));
      x = v128.load32_splat(u, 12);
      e0 = f32x4.add(e0, f32x4.mul(x, y0));
      e1 = f32x4.add(e1, f32x4.mul(x, y1));
      u += stepPre;
      w += stepPost;
    }
    if (n + 1 < all && (some > 1 || ++rows < summed)) continue;
    put(target, a0, s, lanes);
    put(target + 16, a1, s, lanes - 4);
    put(target + rowBytes, b0, s, lanes);
    put(target + rowBytes + 16, b1, s, lanes - 4);
    put(target + 2 * rowBytes, d0, s, lanes);
    put(target + 2 * rowBytes + 16, d1, s, lanes - 4);
    put(target + 3 * rowBytes, e0, s, lanes);
    put(target + 3 * rowBytes + 16, e1, s, lanes - 4);
    a0 = zero;
    a1 = zero;
    b0 = zero;
    b1 = zero;
    d0 = zero;
    d1 = zero;
    e0 = zero;
    e1 = zero;
    rows = 0;
  }
}

/** One row by two vectors, or by one. */
function oneRow(
  p: usize,
  q: usize,
  downs: i32,
  acrosses: i32,
  summed: i32,
  downPre: usize,
  downPost: usize,
  stepPre: usize,
  some: i32,
  preStride: i32,
  postStride: i32,
  out: i32,
  target: usize,
  s: v128,
  lanes: i32,
  both: bool,
): void {
  const stepPost = (<usize>out) << 2;
  const second: usize = both ? 16 : 0;
  const zero = f32x4.splat(0);
  let a0 = zero;
  let a1 = zero;
  const all = some * downs;
  let rows: i32 = 0;
  for (let n: i32 = 0; n < all; n++) {
    const e = n / downs;
    const r = n - e * downs;
    let u = p + <usize>e * <usize>preStride + <usize>r * downPre;
    let w = q + <usize>e * <usize>postStride + <usize>r * downPost;
    for (let c = acrosses; c > 0; c--) {
      const x = v128.load32_splat(u);
      a0 = f32x4.add(a0, f32x4.mul(x, v128.load(w)));
      a1 = f32x4.add(a1, f32x4.mul(x, v128.load(w + second)));
      u += stepPre;
      w += stepPost;
    }
    if (n + 1 < all && (some > 1 || ++rows < summed)) continue;
    put(target, a0, s, lanes);
    if (both) put(target + 16, a1, s, lanes - 4);
    a0 = zero;
    a1 = zero;
    rows = 0;
  }
}

/** Adds scale * sum; lanes that are no columns stay 0. */
function put(at: usize, sum: v128, scale: v128, lanes: i32): void {
  v128.store(at, f32x4.add(v128.load(at), firstLanes(f32x4.mul(scale, sum), lanes)));
}

/** Copies so many bytes `times` times, one after the other. */
export function spread(from: usize, bytes: i32, into: usize, times: i32): void {
  for (let n: i32 = 0; n < times; n++) memory.copy(into + <usize>n * <usize>bytes, from, <usize>bytes);
}

/** Vectors [begin, end) of `units` numbers: scale * sum over examples and `places` of `units` numbers each. */
export function reducePlaces(
  begin: i32,
  end: i32,
  from: usize,
  exampleStride: i32,
  examples: i32,
  places: i32,
  units: i32,
  into: usize,
  scale: f32,
): void {
  const zero = f32x4.splat(0);
  for (let k: i32 = begin; k < end; k++) {
    // Sums of sums of sums, so many terms in each.
    let a = zero;
    let b = zero;
    let c = zero;
    let d = zero;
    let count: i32 = 0;
    for (let e: i32 = 0; e < examples; e++) {
      let at = from + <usize>e * <usize>exampleStride + ((<usize>k) << 4);
      for (let n: i32 = 0; n < places; n++) {
        const v = v128.load(at);
        a = f32x4.add(a, v);
        at += (<usize>units) << 2;
        if (++count % TOGETHER != 0) continue;
        b = f32x4.add(b, a);
        a = zero;
        if (count % (TOGETHER * TOGETHER) != 0) continue;
        c = f32x4.add(c, b);
        b = zero;
        if (count % (TOGETHER * TOGETHER * TOGETHER) != 0) continue;
        d = f32x4.add(d, c);
        c = zero;
      }
    }
    a = f32x4.add(f32x4.add(f32x4.add(a, b), c), d);
    v128.store(into + ((<usize>k) << 4), firstLanes(f32x4.mul(f32x4.splat(scale), a), units - (k << 2)));
  }
}
