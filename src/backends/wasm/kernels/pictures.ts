// AssemblyScript: what pictures need beside products: zeros around them, patches laid over each other, products of patches
// and pools. Numbers lie by row, column and channel without padding between places.

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

/** Sets all lanes of a vector from `lanes` on to 0. */
function firstLanes(v: v128, lanes: i32): v128 {
  if (lanes >= 4) return v;
  return v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(lanes)));
}

/** A vector whose lanes from `lanes` on are not stored. */
function storeLanes(into: usize, v: v128, lanes: i32): void {
  if (lanes >= 4) return v128.store(into, v);
  store<f32>(into, f32x4.extract_lane(v, 0));
  if (lanes > 1) store<f32>(into, f32x4.extract_lane(v, 1), 4);
  if (lanes > 2) store<f32>(into, f32x4.extract_lane(v, 2), 8);
}

/** Bytes of both pictures that are gone through together: they stay in the first-level cache for all rows and columns. */
const TOGETHER: i32 = 24576;
/** Places that are summed before the sum is added up, at least: else the adding would cost more than the sums. */
const PLACES: i32 = 64;

/**
 * Rows [begin, end) of into [size * size * channels, out]: into = (or +=) scale * sum over examples and places of patch (x) post.
 * `vectors`: of a row of `into`. Sums of some rows of places of one example at a time are added up.
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
  into: usize,
  vectors: i32,
  scale: f32,
  add: i32,
): void {
  const s = f32x4.splat(scale);
  const rowBytes = (<usize>vectors) << 4;
  if (!add) memory.fill(into + <usize>begin * rowBytes, 0, <usize>(end - begin) * rowBytes);
  const rowOfBoth = (acrosses * out + stride * columns * channels) << 2;
  const together = max((PLACES + acrosses - 1) / acrosses, TOGETHER / rowOfBoth);
  const block = max(1, PLACES / (downs * acrosses));
  for (let e: i32 = 0; e < examples; e += block) {
    const some = min(block, examples - e);
    const x = pre + <usize>e * <usize>preStride;
    const y = post + <usize>e * <usize>postStride;
    for (let first: i32 = 0; first < downs; first += together)
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
          const target = into + <usize>row * rowBytes;
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
  }
}

/** Four rows by two vectors over so many rows and columns of places. */
function fourRows(
  p: usize,
  q: usize,
  downs: i32,
  acrosses: i32,
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
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let d0 = f32x4.splat(0);
  let d1 = f32x4.splat(0);
  let e0 = f32x4.splat(0);
  let e1 = f32x4.splat(0);
  for (let n: i32 = 0; n < some * downs; n++) {
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
  }
  put(target, a0, s, lanes);
  put(target + 16, a1, s, lanes - 4);
  put(target + rowBytes, b0, s, lanes);
  put(target + rowBytes + 16, b1, s, lanes - 4);
  put(target + 2 * rowBytes, d0, s, lanes);
  put(target + 2 * rowBytes + 16, d1, s, lanes - 4);
  put(target + 3 * rowBytes, e0, s, lanes);
  put(target + 3 * rowBytes + 16, e1, s, lanes - 4);
}

/** One row by two vectors, or by one. */
function oneRow(
  p: usize,
  q: usize,
  downs: i32,
  acrosses: i32,
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
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  for (let n: i32 = 0; n < some * downs; n++) {
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
  }
  put(target, a0, s, lanes);
  if (both) put(target + 16, a1, s, lanes - 4);
}

/** Adds scale * sum; lanes that are no columns stay 0. */
function put(at: usize, sum: v128, scale: v128, lanes: i32): void {
  v128.store(at, f32x4.add(v128.load(at), firstLanes(f32x4.mul(scale, sum), lanes)));
}

/** e^x of four float32 for x <= 0. */
function expBelow(x: v128): v128 {
  const low = f32x4.max(x, f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(low, f32x4.splat(1.44269504)));
  let r = f32x4.sub(low, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.1219444e-4)));
  let p = f32x4.splat(1.98756915e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** Kinds of pools. */
const AVERAGE: i32 = 0;
const MAX: i32 = 1;

/** Bytes from a window's first number to its number n. */
function inWindow(n: i32, size: i32, columnBytes: usize, rowBytes: usize): usize {
  return <usize>(n / size) * rowBytes + <usize>(n % size) * columnBytes;
}

/** The largest number of a window, and the sum of e^(x - largest). */
function largest(x: usize, size: i32, columnBytes: usize, rowBytes: usize): v128 {
  let top = v128.load(x);
  for (let n: i32 = 1; n < size * size; n++)
    top = f32x4.pmax(top, v128.load(x + inWindow(n, size, columnBytes, rowBytes)));
  return top;
}
function sumBelow(x: usize, top: v128, size: i32, columnBytes: usize, rowBytes: usize): v128 {
  let sum = f32x4.splat(0);
  for (let n: i32 = 0; n < size * size; n++)
    sum = f32x4.add(sum, expBelow(f32x4.sub(v128.load(x + inWindow(n, size, columnBytes, rowBytes)), top)));
  return sum;
}

/** A picture's windows, `downs` x `acrosses` of them, to one number each; notes as the law has them. */
export function pool(
  kind: i32,
  from: usize,
  columns: i32,
  channels: i32,
  downs: i32,
  acrosses: i32,
  size: i32,
  stride: i32,
  into: usize,
  notes: usize,
  add: i32,
): void {
  const columnBytes = (<usize>channels) << 2;
  const rowBytes = <usize>columns * columnBytes;
  for (let r: i32 = 0; r < downs; r++)
    for (let c: i32 = 0; c < acrosses; c++) {
      const corner = <usize>(r * stride) * rowBytes + <usize>(c * stride) * columnBytes;
      const place = <usize>(r * acrosses + c) * columnBytes;
      for (let k: i32 = 0; k < channels; k += 4) {
        const lanes = channels - k;
        const x = from + corner + ((<usize>k) << 2);
        const at = place + ((<usize>k) << 2);
        let value: v128;
        if (kind == MAX) {
          value = v128.load(x);
          let which = f32x4.splat(0);
          for (let n: i32 = 1; n < size * size; n++) {
            const other = v128.load(x + inWindow(n, size, columnBytes, rowBytes));
            const more = f32x4.gt(other, value);
            value = v128.bitselect(other, value, more);
            which = v128.bitselect(f32x4.splat(<f32>n), which, more);
          }
          storeLanes(notes + at, which, lanes);
        } else if (kind == AVERAGE) {
          value = f32x4.splat(0);
          for (let n: i32 = 0; n < size * size; n++)
            value = f32x4.add(value, v128.load(x + inWindow(n, size, columnBytes, rowBytes)));
          value = f32x4.mul(value, f32x4.splat(<f32>1 / <f32>(size * size)));
        } else {
          const top = largest(x, size, columnBytes, rowBytes);
          const sum = sumBelow(x, top, size, columnBytes, rowBytes);
          value = f32x4.splat(0);
          for (let n: i32 = 0; n < size * size; n++) {
            const one = v128.load(x + inWindow(n, size, columnBytes, rowBytes));
            value = f32x4.add(value, f32x4.mul(f32x4.div(expBelow(f32x4.sub(one, top)), sum), one));
          }
          for (let n: i32 = 0; n < size * size; n++) {
            const offset = inWindow(n, size, columnBytes, rowBytes);
            const one = v128.load(x + offset);
            const share = f32x4.div(expBelow(f32x4.sub(one, top)), sum);
            const slope = f32x4.mul(share, f32x4.add(f32x4.splat(1), f32x4.sub(one, value)));
            storeLanes(notes + corner + ((<usize>k) << 2) + offset, slope, lanes);
          }
        }
        if (add) value = f32x4.add(v128.load(into + at), value);
        storeLanes(into + at, value, lanes);
      }
    }
}

/** Share of a window's number n in what its window gets. */
function shareOf(kind: i32, n: i32, which: v128, notes: usize, even: v128): v128 {
  if (kind == AVERAGE) return even;
  if (kind == MAX) return v128.and(f32x4.splat(1), f32x4.eq(which, f32x4.splat(<f32>n)));
  return v128.load(notes);
}

/** into = share * from of its window; `rest`: there are numbers outside all windows, which get 0. */
export function unpool(
  kind: i32,
  into: usize,
  columns: i32,
  channels: i32,
  downs: i32,
  acrosses: i32,
  size: i32,
  stride: i32,
  from: usize,
  notes: usize,
  rest: i32,
): void {
  const columnBytes = (<usize>channels) << 2;
  const rowBytes = <usize>columns * columnBytes;
  if (rest > 0) memory.fill(into, 0, <usize>rest);
  const even = f32x4.splat(<f32>1 / <f32>(size * size));
  for (let r: i32 = 0; r < downs; r++)
    for (let c: i32 = 0; c < acrosses; c++) {
      const corner = <usize>(r * stride) * rowBytes + <usize>(c * stride) * columnBytes;
      const place = <usize>(r * acrosses + c) * columnBytes;
      for (let k: i32 = 0; k < channels; k += 4) {
        const lanes = channels - k;
        const at = place + ((<usize>k) << 2);
        const value = v128.load(from + at);
        const which = kind == MAX ? v128.load(notes + at) : value;
        for (let n: i32 = 0; n < size * size; n++) {
          const offset = corner + ((<usize>k) << 2) + inWindow(n, size, columnBytes, rowBytes);
          storeLanes(into + offset, f32x4.mul(value, shareOf(kind, n, which, notes + offset, even)), lanes);
        }
      }
    }
}

/** into[window] = (or +=) sum of share * from. */
export function poolAlong(
  kind: i32,
  from: usize,
  columns: i32,
  channels: i32,
  downs: i32,
  acrosses: i32,
  size: i32,
  stride: i32,
  into: usize,
  notes: usize,
  add: i32,
): void {
  const columnBytes = (<usize>channels) << 2;
  const rowBytes = <usize>columns * columnBytes;
  const even = f32x4.splat(<f32>1 / <f32>(size * size));
  for (let r: i32 = 0; r < downs; r++)
    for (let c: i32 = 0; c < acrosses; c++) {
      const corner = <usize>(r * stride) * rowBytes + <usize>(c * stride) * columnBytes;
      const place = <usize>(r * acrosses + c) * columnBytes;
      for (let k: i32 = 0; k < channels; k += 4) {
        const at = place + ((<usize>k) << 2);
        const which = kind == MAX ? v128.load(notes + at) : even;
        let sum = f32x4.splat(0);
        for (let n: i32 = 0; n < size * size; n++) {
          const offset = corner + ((<usize>k) << 2) + inWindow(n, size, columnBytes, rowBytes);
          sum = f32x4.add(sum, f32x4.mul(v128.load(from + offset), shareOf(kind, n, which, notes + offset, even)));
        }
        if (add) sum = f32x4.add(v128.load(into + at), sum);
        storeLanes(into + at, sum, channels - k);
      }
    }
}

/** Softmax: into_i = by p_i ((2 + x_i - y) r_i - (1 + x_i - y) (p r) - sum of p_k (1 + x_k - y) r_k). */
export function poolBend(
  from: usize,
  columns: i32,
  channels: i32,
  downs: i32,
  acrosses: i32,
  size: i32,
  stride: i32,
  along: usize,
  by: usize,
  into: usize,
  rest: i32,
): void {
  const columnBytes = (<usize>channels) << 2;
  const rowBytes = <usize>columns * columnBytes;
  const one = f32x4.splat(1);
  if (rest > 0) memory.fill(into, 0, <usize>rest);
  for (let r: i32 = 0; r < downs; r++)
    for (let c: i32 = 0; c < acrosses; c++) {
      const corner = <usize>(r * stride) * rowBytes + <usize>(c * stride) * columnBytes;
      const place = <usize>(r * acrosses + c) * columnBytes;
      for (let k: i32 = 0; k < channels; k += 4) {
        const here = corner + ((<usize>k) << 2);
        const top = largest(from + here, size, columnBytes, rowBytes);
        const all = sumBelow(from + here, top, size, columnBytes, rowBytes);
        let y = f32x4.splat(0);
        let first = f32x4.splat(0);
        for (let n: i32 = 0; n < size * size; n++) {
          const offset = here + inWindow(n, size, columnBytes, rowBytes);
          const x = v128.load(from + offset);
          const p = f32x4.div(expBelow(f32x4.sub(x, top)), all);
          y = f32x4.add(y, f32x4.mul(p, x));
          first = f32x4.add(first, f32x4.mul(p, v128.load(along + offset)));
        }
        let second = f32x4.splat(0);
        for (let n: i32 = 0; n < size * size; n++) {
          const offset = here + inWindow(n, size, columnBytes, rowBytes);
          const x = v128.load(from + offset);
          const p = f32x4.div(expBelow(f32x4.sub(x, top)), all);
          const over = f32x4.add(one, f32x4.sub(x, y));
          second = f32x4.add(second, f32x4.mul(f32x4.mul(p, over), v128.load(along + offset)));
        }
        const factor = v128.load(by + place + ((<usize>k) << 2));
        for (let n: i32 = 0; n < size * size; n++) {
          const offset = here + inWindow(n, size, columnBytes, rowBytes);
          const x = v128.load(from + offset);
          const p = f32x4.div(expBelow(f32x4.sub(x, top)), all);
          const over = f32x4.add(one, f32x4.sub(x, y));
          let bent = f32x4.mul(f32x4.add(one, over), v128.load(along + offset));
          bent = f32x4.sub(f32x4.sub(bent, f32x4.mul(over, first)), second);
          storeLanes(into + offset, f32x4.mul(factor, f32x4.mul(p, bent)), channels - k);
        }
      }
    }
}

/** Copies so many bytes `times` times, one after the other. */
export function spread(from: usize, bytes: i32, into: usize, times: i32): void {
  for (let n: i32 = 0; n < times; n++) memory.copy(into + <usize>n * <usize>bytes, from, <usize>bytes);
}

/** Vectors [begin, end) of `units` numbers: scale * sum (how 0) or largest (how 1) over examples and `places` of `units` numbers each. */
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
  how: i32,
): void {
  for (let k: i32 = begin; k < end; k++) {
    let a = how == 0 ? f32x4.splat(0) : f32x4.splat(-Infinity);
    for (let e: i32 = 0; e < examples; e++) {
      let at = from + <usize>e * <usize>exampleStride + ((<usize>k) << 4);
      for (let n: i32 = 0; n < places; n++) {
        const v = v128.load(at);
        a = how == 0 ? f32x4.add(a, v) : f32x4.pmax(a, v);
        at += (<usize>units) << 2;
      }
    }
    v128.store(into + ((<usize>k) << 4), firstLanes(f32x4.mul(f32x4.splat(scale), a), units - (k << 2)));
  }
}
