// Emits dense products over a block of examples: into[example, :] = sum over terms of from[example, term] * panel[term, :].
// Every number is one sum in ascending order of terms, whatever the tile, so an example's bits do not depend on the others.
import { type FunctionBody, i32, simd, v128 } from './assembler.ts';
import { listsBytes } from './layout.ts';

/** Panels are two vectors wide; an odd number of vectors ends with one of three (or is one of one). */
export function panelsOf(vectors: number): { readonly full: number; readonly last: number } {
  const last = vectors % 2 === 0 ? 0 : Math.min(3, vectors);
  return { full: (vectors - last) / 2, last };
}

export interface Product {
  /** Units of `from` and bytes between its examples; vectors of `into` and bytes between its examples. */
  readonly terms: number;
  readonly fromStride: number;
  readonly vectors: number;
  readonly intoStride: number;
  readonly panels: number;
  readonly add: boolean;
}

/** Call indices of the kernels that a product needs, and locals of the function. */
export interface ProductTarget {
  readonly f: FunctionBody;
  readonly listNonZero: number;
  readonly scratch: number;
}

const panelBytes = 32;
/** Entries of a list are 8 bytes: a value, and its term's place in a panel two vectors wide. */
const entryBytes = 8;
/** A block whose values are zero but for this share goes by lists of those that are not. */
const share = Number(globalThis.process?.env['SHARE'] ?? 0.5);

/**
 * Emits the body: parameters 0 and 1 of the function are the block's first example and its end; `from` and `into` are
 * locals with the addresses of the first example's arrays.
 */
export function emitProduct(target: ProductTarget, product: Product, from: number, into: number): void {
  const { f } = target;
  const { terms, vectors, fromStride, intoStride } = product;
  const left = f.local(i32);
  f.get(1).get(0).sub().set(left);
  const dense = (): void => {
    const some = (examples: number): void => {
      panels(f, product, { from, into }, examples === 4 ? 1 : 2, (tile) => emitTile(f, product, { ...tile, examples }));
      f.get(from).i32(fromStride * examples).add().set(from);
      f.get(into).i32(intoStride * examples).add().set(into);
    }; // prettier-ignore
    f.repeatWhile(
      () => f.get(left).i32(4).raw(0x4e),
      () => {
        some(4);
        f.get(left).i32(4).sub().set(left);
      },
    );
    f.get(left).i32(2).and().when(() => some(2)); // prettier-ignore
    f.get(left).i32(1).and().when(() => some(1)); // prettier-ignore
  };
  if (vectors < 8 || terms < 16) return dense();
  const listVectors = Math.ceil(terms / 4);
  f.get(from)
    .i32(fromStride)
    .get(left)
    .i32(listVectors)
    .get(left)
    .i32(Math.floor(terms * share))
    .mul()
    .call(target.listNonZero);
  f.i32(0).raw(0x4e);
  f.either(() => {
    const [list, entries, count, example, result] = [f.local(i32), f.local(i32), f.local(i32), f.local(i32), f.local(i32)];
    panels(f, product, { from, into }, 4, (tile) => {
      f.call(target.scratch).tee(list).i32(listsBytes).add().set(entries);
      f.get(left).set(example).get(tile.into).set(result);
      f.countdown(example, 1, () => {
        f.get(list).loadI32(0).set(count);
        emitTile(f, product, { ...tile, into: result, examples: 1, list: { entries, count } });
        f.get(list).i32(4).add().set(list);
        f.get(entries).i32(listVectors * 4 * entryBytes).add().set(entries);
        f.get(result).i32(intoStride).add().set(result);
      });
    });
  }, dense); // prettier-ignore
}

/** Where a tile reads and writes: locals with addresses of the first example's, and of its panels. */
interface TilePlace {
  readonly from: number;
  readonly into: number;
  readonly panel: number;
  /** Bytes from the panel's address to each vector of the first term, and from one term to the next. */
  readonly vectors: readonly number[];
  readonly termBytes: number;
}

/** Emits `body` for all panels in turn, so many at a time. */
function panels(
  f: FunctionBody,
  { terms, vectors, panels: address }: Product,
  { from, into }: { from: number; into: number },
  together: number,
  body: (tile: TilePlace) => void,
): void {
  const { full, last } = panelsOf(vectors);
  const [panel, result, index] = [f.local(i32), f.local(i32), f.local(i32)];
  const stride = terms * panelBytes;
  f.i32(address).set(panel).get(into).set(result);
  const some = (count: number): void => {
    const places = Array.from({ length: count * 2 }, (_, v) => (v >> 1) * stride + (v & 1) * 16);
    body({ from, into: result, panel, vectors: places, termBytes: panelBytes });
    f.get(panel).i32(count * stride).add().set(panel);
    f.get(result).i32(count * panelBytes).add().set(result);
  }; // prettier-ignore
  const times = Math.floor(full / together);
  if (times > 0) {
    f.i32(times).set(index);
    f.countdown(index, 1, () => some(together));
  }
  for (let rest = full % together; rest > 0; rest--) some(1);
  if (last > 0) body({ from, into: result, panel, vectors: [0, 16, 32].slice(0, last), termBytes: last * 16 });
}

interface Tile extends TilePlace {
  readonly examples: number;
  /** Only the terms of a list, for one example: locals with the list's address and length. */
  readonly list?: { readonly entries: number; readonly count: number };
}

/** One tile, or two where it would not fit: sums for each example and vector, kept in registers over all terms. */
function emitTile(f: FunctionBody, product: Product, tile: Tile): void {
  // All that one term loads lies in registers beside the sums: at most 15 vectors.
  const rows = tile.vectors.length === 3 ? 2 : 4;
  for (let first = 0; first < tile.examples; first += rows)
    emitSums(f, product, { ...tile, examples: Math.min(rows, tile.examples - first) }, first);
}

function emitSums(f: FunctionBody, product: Product, tile: Tile, first: number): void {
  const { terms, fromStride, intoStride, add } = product;
  const { examples, vectors, termBytes, from, panel, into, list } = tile;
  const sums = Array.from({ length: examples }, () => vectors.map(() => f.local(v128)));
  const columns = vectors.map(() => f.local(v128));
  const [x, source, weight, left] = [f.local(v128), f.local(i32), f.local(i32), f.local(i32)];
  for (const sum of sums.flat()) f.splat(0).set(sum);
  /** One term: its weights at `weight`, its values at `source` plus an offset for each example. */
  const term = (): void => {
    columns.forEach((column, v) => f.get(weight).memory(simd.load, vectors[v]!).set(column));
    sums.forEach((row, example) => {
      f.get(source)
        .memory(simd.load32Splat, list ? 0 : (first + example) * fromStride)
        .set(x);
      row.forEach((sum, v) => f.get(sum).get(x).get(columns[v]!).simd(simd.mul).simd(simd.add).set(sum));
    });
  };
  if (list) {
    f.get(list.count).tee(left).when(() => {
      f.get(list.entries).set(source);
      f.countdown(left, 1, () => {
        f.get(source).loadI32(4);
        if (termBytes !== panelBytes) f.i32(termBytes / 16).mul().i32(1).shrS();
        f.get(panel).add().set(weight);
        term();
        f.get(source).i32(entryBytes).add().set(source);
      });
    }); // prettier-ignore
  } else {
    f.get(from).set(source).get(panel).set(weight).i32(terms).set(left);
    // Not unrolled: loads of the next term would take the registers of the sums.
    f.countdown(left, 1, () => {
      term();
      f.get(source).i32(4).add().set(source);
      f.get(weight).i32(termBytes).add().set(weight);
    }); // prettier-ignore
  }
  sums.forEach((row, example) =>
    row.forEach((sum, v) => {
      const offset = (first + example) * intoStride + v * 16;
      f.get(into).get(sum);
      if (add) f.get(into).memory(simd.load, offset).simd(simd.add);
      f.memory(simd.store, offset);
    }),
  );
}
