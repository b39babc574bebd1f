// Emits what slides over pictures and pools them. A kernel's gather is a product whose examples are the places of a picture,
// read where they overlap; its way back is a product for some places at a time, whose patches are laid over each other.
import { unitsOf } from '../../model/geometry.ts';
import type { Conv, Operation, Pool } from '../../program/program.ts';
import { type FunctionBody, i32 } from './assembler.ts';
import { pictureBytes, placesTogether, words } from './layout.ts';
import { pushScale } from './map.ts';
import { emitProduct, emitSums, panels, type Place as PanelPlace } from './product.ts';
import { atFirstExample, kernel, placeOf, pushAddress, type Target } from './target.ts';

const vectorsOf = (numbers: number): number => Math.ceil(numbers / 4);
/** Rows and columns of a picture with its zeros. */
const padded = ({ from, padding }: Conv): readonly [number, number] => [from[0] + 2 * padding, from[1] + 2 * padding];

interface Slide {
  readonly conv: Conv;
  /** Locals: addresses of the first example's arrays, and how many examples there are. */
  readonly from: number;
  readonly into: number;
  readonly examples: number;
  /** Bytes between two examples. */
  readonly fromStride: number;
  readonly intoStride: number;
  readonly panels: number;
  readonly add: boolean;
  /** Bytes from a thread's scratch memory to the part for pictures. */
  readonly scratchAt: number;
}

/** Emits `body` for each example, with the addresses of its arrays in locals. */
function perExample(f: FunctionBody, { from, into, examples, fromStride, intoStride }: Slide, body: () => void): void {
  f.countdown(examples, 1, () => {
    body();
    f.get(from).i32(fromStride).add().set(from).get(into).i32(intoStride).add().set(into);
  });
}

/** into = (or +=) at every place the sum over its patch. */
export function emitConvGather(target: Target, slide: Slide): void {
  const { f } = target;
  const { conv, from, into, add } = slide;
  const { size, stride } = conv;
  const [downs, acrosses, out] = conv.into;
  const [channels, vectors] = [conv.from[2], vectorsOf(out)];
  const [allRows, allColumns] = padded(conv);
  const [picture, result] = [f.local(i32), f.local(i32)];
  const rowBytes = allColumns * channels * 4;
  /** Results of a place lie side by side; where they are no whole vectors, in rows of their own first. */
  const loose = out % 4 !== 0;
  const placeBytes = loose ? vectors * 16 : out * 4;
  const sums = {
    terms: size * channels,
    runs: { count: size, gap: rowBytes - size * channels * 4 },
    add: add && !loose,
  };

  /** Tiles of rows x columns places, along one row of tiles. */
  const across = (place: PanelPlace, source: number, rows: number, columns: number, count: number): void => {
    const tile = (): void => {
      const places = Array.from({ length: rows * columns }, (_, n) => [Math.floor(n / columns), n % columns] as const);
      const sources = places.map(([r, c]) => r * stride * rowBytes + c * stride * channels * 4);
      const results = places.map(([r, c]) => (r * acrosses + c) * placeBytes);
      // Four places by three vectors would not fit the registers.
      const half = place.vectors.length === 3 && places.length === 4;
      for (const part of half ? [[0, 2], [2, 4]] : [[0, 4]])
        emitSums(f, { ...place, ...sums, from: source, sources: sources.slice(...part), results: results.slice(...part) });
      f.get(source).i32(columns * stride * channels * 4).add().set(source);
      f.get(place.into).i32(columns * placeBytes).add().set(place.into);
    };
    if (count === 1) return tile();
    const left = f.local(i32);
    f.i32(count).set(left);
    f.countdown(left, 1, tile);
  }; // prettier-ignore
  /** All rows of tiles of one panel. */
  const down = (place: PanelPlace): void => {
    const [source, target_, rowSource, rowTarget, left] = [f.local(i32), f.local(i32), f.local(i32), f.local(i32), f.local(i32)];
    const high = acrosses % 4 !== 0 && acrosses % 4 !== 3 && downs % 2 === 0 && acrosses % 2 === 0 ? 2 : 1;
    f.get(picture).set(rowSource).get(place.into).set(rowTarget).i32(downs / high).set(left);
    f.countdown(left, 1, () => {
      f.get(rowSource).set(source).get(rowTarget).set(target_);
      const at = { ...place, into: target_ };
      const wide = high === 2 ? 2 : 4;
      if (acrosses >= wide) across(at, source, high, wide, Math.floor(acrosses / wide));
      const rest = acrosses % wide;
      if (rest > 0) across(at, source, high, rest, 1);
      f.get(rowSource).i32(high * stride * rowBytes).add().set(rowSource);
      f.get(rowTarget).i32(high * acrosses * placeBytes).add().set(rowTarget);
    });
  }; // prettier-ignore

  perExample(f, slide, () => {
    const scratch = (): FunctionBody => f.call(kernel(target, 'scratchAddress')).i32(slide.scratchAt).add();
    if (conv.padding === 0) f.get(from).set(picture);
    else {
      scratch().set(picture);
      f.get(from).i32(conv.from[0]).i32(conv.from[1] * channels * 4).get(picture).i32(allRows).i32(rowBytes);
      f.i32(conv.padding).i32(conv.padding * channels * 4).call(kernel(target, 'padPicture'));
    }
    if (loose) scratch().i32(pictureBytes(conv)).add().set(result);
    else f.get(into).set(result);
    panels(f, { terms: size * size * channels, vectors, panels: slide.panels }, result, 1, down);
    if (loose)
      f.get(result).i32(placeBytes).get(into).i32(out * 4).i32(downs * acrosses).i32(Number(add)).call(kernel(target, 'unpadRows'));
  }); // prettier-ignore
}

/** into = (or +=) every place's sums over channels, laid over each other where patches overlap. */
export function emitConvBack(target: Target, slide: Slide): void {
  const { f } = target;
  const { conv, from, into, add } = slide;
  const { size, stride, padding } = conv;
  const [downs, acrosses, out] = conv.into;
  const [rows, columns, channels] = conv.from;
  const [allRows, allColumns] = padded(conv);
  const [picture, patches, first, source, count, rest] = [f.local(i32), f.local(i32), f.local(i32), f.local(i32), f.local(i32), f.local(i32)]; // prettier-ignore
  const vectors = vectorsOf(size * size * channels);
  const rowBytes = allColumns * channels * 4;
  const product = {
    terms: out, fromStride: out * 4, vectors, intoStride: vectors * 16, panels: slide.panels, add: false, panelsOutside: true,
    listNonZero: kernel(target, 'listNonZero'), scratchAddress: kernel(target, 'scratchAddress'),
  }; // prettier-ignore
  perExample(f, slide, () => {
    const scratch = (): FunctionBody => f.call(kernel(target, 'scratchAddress')).i32(slide.scratchAt).add();
    scratch().i32(pictureBytes(conv)).add().set(patches);
    if (padding > 0) scratch().set(picture);
    else f.get(into).set(picture);
    if (padding > 0 || !add) f.get(picture).i32(0).i32(allRows * rowBytes).memoryFill();
    f.get(from).set(source).i32(0).set(first).i32(downs * acrosses).set(count);
    f.repeatWhile(
      () => f.get(count).i32(0).ne(),
      () => {
        // min(count, placesTogether)
        f.get(count).i32(placesTogether).get(count).i32(placesTogether).ltS().raw(0x1b).set(rest);
        const [values, sums, left] = [f.local(i32), f.local(i32), f.local(i32)];
        f.get(source).set(values).get(patches).set(sums).get(rest).set(left);
        emitProduct(f, product, values, sums, left);
        f.get(patches).i32(vectors * 16).get(first).get(rest).i32(acrosses).i32(stride * channels * 4).i32(stride * rowBytes);
        f.i32(size).i32(size * channels * 4).get(picture).i32(rowBytes).call(kernel(target, 'addPatches'));
        f.get(source).get(rest).i32(out * 4).mul().add().set(source);
        f.get(first).get(rest).add().set(first).get(count).get(rest).sub().set(count);
      },
    );
    if (padding > 0) {
      f.get(picture).i32(rowBytes).i32(padding).i32(padding * channels * 4).get(into).i32(rows).i32(columns * channels * 4);
      f.i32(Number(add)).call(kernel(target, 'cropPicture'));
    }
  }); // prettier-ignore
}

/** Rows [parameter 0, parameter 1) of a kernel's outer product: sums of one term after the other, which are put in their place at once. */
export function emitConvOuter(target: Target, { terms, scale, into, add }: Extract<Operation, { op: 'outer' }>, conv: Conv): void {
  const { f } = target;
  const place = placeOf(target, into);
  const first = atFirstExample(target);
  terms.forEach(({ pre, post, sign }, k) => {
    const [left, right] = [placeOf(target, pre), placeOf(target, post)];
    f.get(0).get(1);
    pushAddress(first, left);
    f.i32(left.exampleStride);
    pushAddress(first, right);
    f.i32(right.exampleStride).i32(0).loadI32(words.examples * 4);
    for (const size of [...conv.from, ...conv.into, conv.size, conv.stride, conv.padding]) f.i32(size);
    f.call(kernel(target, 'scratchAddress')).i32(place.vectors).f32(sign).i32(Number(k > 0)).call(kernel(target, 'outerPatches'));
  });
  f.get(0).get(1).i32(0).loadI32(words.examples * 4).i32(conv.into[0]).i32(conv.into[1]);
  f.call(kernel(target, 'scratchAddress')).i32(place.address).i32(place.vectors);
  pushScale(target, scale);
  f.i32(Number(add)).call(kernel(target, 'putSums'));
} // prettier-ignore

const kinds: Readonly<Record<Pool['kind'], number>> = { average: 0, max: 1, softmax: 2 };

/** Pools and their derivatives, on one example. */
export function emitPool(target: Target, operation: Extract<Operation, { pool: Pool }>): void {
  const { f } = target;
  const { op, pool, from, into } = operation;
  const [, columns, channels] = pool.from;
  const address = (name: string): void => pushAddress(target, placeOf(target, name));
  const windows = [columns, channels, pool.into[0], pool.into[1], pool.size, pool.stride];
  const covered = pool.size === pool.stride && pool.from.every((side, k) => k === 2 || side === pool.into[k]! * pool.size);
  const rest = covered ? 0 : unitsOf(pool.from) * 4;
  if (op === 'poolBend') {
    address(from);
    for (const size of windows) f.i32(size);
    for (const name of [operation.along, operation.by, into]) address(name);
    f.i32(rest).call(kernel(target, op));
    return;
  }
  f.i32(kinds[pool.kind]);
  address(op === 'unpool' ? into : from);
  for (const size of windows) f.i32(size);
  address(op === 'unpool' ? from : into);
  if (operation.notes === null) f.i32(0);
  else address(operation.notes);
  f.i32(op === 'unpool' ? rest : Number(operation.add)).call(kernel(target, op));
} // prettier-ignore
