// The law of pictures: kernels that slide over them and windows that pool them, in float64 and plain loops.
import { elements } from '../program/builder.ts';
import type { Buffer, Conv, Operation, OuterTerm, Pool } from '../program/program.ts';
import type { Memory } from './referenceSparse.ts';

/** What the reference lends: arrays, where an example's begins, and the loop over examples. */
export interface PictureTools {
  of(name: string): Memory;
  info(name: string): Buffer;
  start(name: string, example: number): number;
  forExamples(name: string, body: (example: number) => void): void;
}

/** Calls `body` with a number of `from`, a row of the weights and a place of `into`, for all that meet under a kernel. */
function forPatches({ from, into, size, stride, padding }: Conv, body: (at: number, row: number, place: number) => void): void {
  const [rows, columns, channels] = from;
  for (let r = 0; r < into[0]; r++)
    for (let c = 0; c < into[1]; c++)
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          const [y, x] = [r * stride + i - padding, c * stride + j - padding];
          if (y < 0 || y >= rows || x < 0 || x >= columns) continue;
          for (let k = 0; k < channels; k++)
            body((y * columns + x) * channels + k, (i * size + j) * channels + k, r * into[1] + c);
        }
} // prettier-ignore

/** Calls `body` with each pooled number and the numbers of its window. */
function forWindows({ from, into, size, stride }: Pool, body: (pooled: number, window: Int32Array) => void): void {
  const channels = from[2];
  const window = new Int32Array(size * size);
  for (let r = 0; r < into[0]; r++)
    for (let c = 0; c < into[1]; c++)
      for (let k = 0; k < channels; k++) {
        for (let n = 0; n < size * size; n++) {
          const [y, x] = [r * stride + Math.floor(n / size), c * stride + (n % size)];
          window[n] = (y * from[1] + x) * channels + k;
        }
        body((r * into[1] + c) * channels + k, window);
      }
}

/** p of a window's numbers, their largest taken off first. */
function softmax(x: readonly number[]): number[] {
  const top = Math.max(...x);
  const e = x.map((value) => Math.exp(value - top));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((value) => value / sum);
}
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, k) => sum + value * b[k]!, 0);

export function picturesLaw({ of, info, start, forExamples }: PictureTools) {
  function gatherConv({ from, weight, into, add }: Extract<Operation, { op: 'gather' }>, conv: Conv): void {
    const channels = conv.into[2];
    const [w, x, out] = [of(weight), of(from), of(into)];
    forExamples(into, (example) => {
      const [target, source] = [start(into, example), start(from, example)];
      if (!add) out.fill(0, target, target + elements(info(into)));
      forPatches(conv, (at, row, place) => {
        const value = x[source + at]!;
        for (let j = 0; j < channels; j++) out[target + place * channels + j]! += value * w[row * channels + j]!;
      });
    });
  }
  function gatherBackConv({ from, weight, into, add }: Extract<Operation, { op: 'gatherBack' }>, conv: Conv): void {
    const channels = conv.into[2];
    const [w, x, out] = [of(weight), of(from), of(into)];
    forExamples(into, (example) => {
      const [target, source] = [start(into, example), start(from, example)];
      if (!add) out.fill(0, target, target + elements(info(into)));
      forPatches(conv, (at, row, place) => {
        let sum = 0;
        for (let j = 0; j < channels; j++) sum += w[row * channels + j]! * x[source + place * channels + j]!;
        out[target + at]! += sum;
      });
    });
  }
  /** Adds the products of one example to `sum` [rows of the kernel, channels out]. */
  function addOuterConv(sum: Float64Array, { pre, post, sign }: OuterTerm, example: number, conv: Conv): void {
    const channels = conv.into[2];
    const [left, right] = [of(pre), of(post)];
    const [a, b] = [start(pre, example), start(post, example)];
    forPatches(conv, (at, row, place) => {
      const value = sign * left[a + at]!;
      for (let j = 0; j < channels; j++) sum[row * channels + j]! += value * right[b + place * channels + j]!;
    });
  }
  /** Derivatives of what a window pools to by its numbers. */
  function shares({ kind, size }: Pool, notes: string | null, example: number, pooled: number, window: Int32Array, n: number): number {
    if (kind === 'average') return 1 / (size * size);
    const kept = of(notes!);
    const first = start(notes!, example);
    return kind === 'max' ? Number(kept[first + pooled] === n) : kept[first + window[n]!]!;
  } // prettier-ignore

  function pool({ pool: geometry, from, into, notes, add }: Extract<Operation, { op: 'pool' | 'poolAlong' }>): void {
    const { kind, size } = geometry;
    const [x, out] = [of(from), of(into)];
    forExamples(into, (example) => {
      const [source, target] = [start(from, example), start(into, example)];
      const note = notes === null ? 0 : start(notes, example);
      forWindows(geometry, (pooled, window) => {
        const values = Array.from(window, (at) => x[source + at]!);
        let value = values.reduce((sum, one) => sum + one, 0) / (size * size);
        if (kind === 'max') {
          value = Math.max(...values);
          of(notes!)[note + pooled] = values.indexOf(value);
        }
        if (kind === 'softmax') {
          const p = softmax(values);
          value = dot(p, values);
          window.forEach((at, n) => (of(notes!)[note + at] = p[n]! * (1 + values[n]! - value)));
        }
        out[target + pooled] = (add ? out[target + pooled]! : 0) + value;
      });
    });
  }
  function unpool({ pool: geometry, from, into, notes }: Extract<Operation, { op: 'unpool' }>): void {
    forExamples(into, (example) => {
      const [source, target] = [start(from, example), start(into, example)];
      of(into).fill(0, target, target + elements(info(into)));
      forWindows(geometry, (pooled, window) =>
        window.forEach((at, n) => {
          of(into)[target + at] = shares(geometry, notes, example, pooled, window, n) * of(from)[source + pooled]!;
        }),
      );
    });
  }
  function poolAlong({
    pool: geometry,
    from,
    into,
    notes,
    add,
  }: Extract<Operation, { op: 'pool' | 'poolAlong' }>): void {
    forExamples(into, (example) => {
      const [source, target] = [start(from, example), start(into, example)];
      forWindows(geometry, (pooled, window) => {
        let sum = 0;
        window.forEach(
          (at, n) => (sum += shares(geometry, notes, example, pooled, window, n) * of(from)[source + at]!),
        );
        of(into)[target + pooled] = (add ? of(into)[target + pooled]! : 0) + sum;
      });
    });
  }
  /** With y = p x: d2y/dx_i dx_k r_k = p_i ((2 + x_i - y) r_i - (1 + x_i - y) (p r) - sum of p_k (1 + x_k - y) r_k). */
  function poolBend({ pool: geometry, from, along, by, into }: Extract<Operation, { op: 'poolBend' }>): void {
    forExamples(into, (example) => {
      const [a, b, c, target] = [start(from, example), start(along, example), start(by, example), start(into, example)];
      of(into).fill(0, target, target + elements(info(into)));
      forWindows(geometry, (pooled, window) => {
        const x = Array.from(window, (at) => of(from)[a + at]!);
        const r = Array.from(window, (at) => of(along)[b + at]!);
        const p = softmax(x);
        const y = dot(p, x);
        const first = dot(p, r);
        const second = p.reduce((sum, share, k) => sum + share * (1 + x[k]! - y) * r[k]!, 0);
        window.forEach((at, i) => {
          const bent = p[i]! * ((2 + x[i]! - y) * r[i]! - (1 + x[i]! - y) * first - second);
          of(into)[target + at] = of(by)[c + pooled]! * bent;
        });
      });
    });
  }
  return { gatherConv, gatherBackConv, addOuterConv, pool, unpool, poolAlong, poolBend };
}
