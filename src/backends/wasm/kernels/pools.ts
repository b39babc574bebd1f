// AssemblyScript: windows of pictures pooled to one number each, and the derivatives of that. Numbers lie by row, column and channel
// without padding between places.
import { storeLanes } from './lanes';

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

/** Of a window's numbers x, lanes that count: the sum of e^(x - largest); each goes where the same number lies from `powers` on. */
function powersOf(x: usize, powers: usize, size: i32, columnBytes: usize, rowBytes: usize, lanes: i32): v128 {
  let top = v128.load(x);
  for (let n: i32 = 1; n < size * size; n++)
    top = f32x4.pmax(top, v128.load(x + inWindow(n, size, columnBytes, rowBytes)));
  let sum = f32x4.splat(0);
  for (let n: i32 = 0; n < size * size; n++) {
    const offset = inWindow(n, size, columnBytes, rowBytes);
    const power = expBelow(f32x4.sub(v128.load(x + offset), top));
    storeLanes(powers + offset, power, lanes);
    sum = f32x4.add(sum, power);
  }
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
          // Notes hold the powers until all of them are known.
          const note = notes + corner + ((<usize>k) << 2);
          const sum = powersOf(x, note, size, columnBytes, rowBytes, lanes);
          value = f32x4.splat(0);
          for (let n: i32 = 0; n < size * size; n++) {
            const offset = inWindow(n, size, columnBytes, rowBytes);
            const share = f32x4.div(v128.load(note + offset), sum);
            storeLanes(note + offset, share, lanes);
            value = f32x4.add(value, f32x4.mul(share, v128.load(x + offset)));
          }
          for (let n: i32 = 0; n < size * size; n++) {
            const offset = inWindow(n, size, columnBytes, rowBytes);
            const over = f32x4.add(f32x4.splat(1), f32x4.sub(v128.load(x + offset), value));
            storeLanes(note + offset, f32x4.mul(v128.load(note + offset), over), lanes);
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
        const lanes = channels - k;
        // The result holds the shares until all of them are known.
        const all = powersOf(from + here, into + here, size, columnBytes, rowBytes, lanes);
        let y = f32x4.splat(0);
        let first = f32x4.splat(0);
        for (let n: i32 = 0; n < size * size; n++) {
          const offset = here + inWindow(n, size, columnBytes, rowBytes);
          const p = f32x4.div(v128.load(into + offset), all);
          storeLanes(into + offset, p, lanes);
          y = f32x4.add(y, f32x4.mul(p, v128.load(from + offset)));
          first = f32x4.add(first, f32x4.mul(p, v128.load(along + offset)));
        }
        let second = f32x4.splat(0);
        for (let n: i32 = 0; n < size * size; n++) {
          const offset = here + inWindow(n, size, columnBytes, rowBytes);
          const over = f32x4.add(one, f32x4.sub(v128.load(from + offset), y));
          second = f32x4.add(second, f32x4.mul(f32x4.mul(v128.load(into + offset), over), v128.load(along + offset)));
        }
        const factor = v128.load(by + place + ((<usize>k) << 2));
        for (let n: i32 = 0; n < size * size; n++) {
          const offset = here + inWindow(n, size, columnBytes, rowBytes);
          const over = f32x4.add(one, f32x4.sub(v128.load(from + offset), y));
          let bent = f32x4.mul(f32x4.add(one, over), v128.load(along + offset));
          bent = f32x4.sub(f32x4.sub(bent, f32x4.mul(over, first)), second);
          storeLanes(into + offset, f32x4.mul(factor, f32x4.mul(v128.load(into + offset), bent)), lanes);
        }
      }
    }
}
