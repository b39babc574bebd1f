// Emits dense products over a block of examples: into[example, :] = sum over terms of from[example, term] * panel[term, :].
// Every number is one sum in ascending order of terms, whatever the tile, so an example's bits do not depend on the others.
import { type FunctionBody, i32, simd, v128 } from './assembler.ts';
import { compressTable, listsBytes } from './layout.ts';

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
  /** Address of the panels. */
  readonly panels: number;
  readonly add: boolean;
  /** A panel stays in the first-level cache for all examples, instead of four examples for all panels. */
  readonly panelsOutside?: boolean;
  /** Call indices of kernels. */
  readonly listNonZero: number;
  readonly scratchAddress: number;
}

const panelBytes = 32;
/** A block goes by lists of what is not zero where that is less than a share of it; measured, by the result's width. */
const shareOf = (vectors: number): number => (vectors < 8 ? 0 : vectors < 16 ? 0.4 : 0.6);

/**
 * Emits the body: `from` and `into` are locals with the addresses of the first example's arrays and `left` with the number of
 * examples, all of which it changes.
 */
export function emitProduct(f: FunctionBody, product: Product, from: number, into: number, left: number): void {
  const { terms, vectors, fromStride, intoStride } = product;
  // A list reads whole vectors of an example.
  const listShare = fromStride % 16 === 0 ? shareOf(vectors) : 0;

  const [source, target, few] = [f.local(i32), f.local(i32), f.local(i32)];
  function some(examples: number): void {
    panels(f, product, into, examples === 4 ? 1 : 2, (place) => emitTile(f, product, { ...place, from, examples }));
    f.get(from).i32(fromStride * examples).add().set(from);
    f.get(into).i32(intoStride * examples).add().set(into);
  } // prettier-ignore
  /** Panels outside, examples inside. */
  function byPanels(): void {
    panels(f, product, into, 1, (place) => {
      f.get(from).set(source).get(place.into).set(target).get(left).set(few);
      const tiles = (examples: number): void => {
        emitTile(f, product, { ...place, from: source, into: target, examples });
        f.get(source).i32(fromStride * examples).add().set(source);
        f.get(target).i32(intoStride * examples).add().set(target);
      };
      f.repeatWhile(
        () => f.get(few).i32(4).geS(),
        () => {
          tiles(4);
          f.get(few).i32(4).sub().set(few);
        },
      );
      for (const examples of [2, 1]) f.get(few).i32(examples).and().when(() => tiles(examples));
    });
  } // prettier-ignore
  function dense(): void {
    if (product.panelsOutside) return byPanels();
    f.repeatWhile(
      () => f.get(left).i32(4).geS(),
      () => {
        some(4);
        f.get(left).i32(4).sub().set(left);
      },
    );
    for (const examples of [2, 1]) f.get(left).i32(examples).and().when(() => some(examples)); // prettier-ignore
  }
  if (listShare === 0) return dense();

  const listBytes = Math.ceil(terms / 4) * 16;
  const [count, values, address, example, result] = [f.local(i32), f.local(i32), f.local(i32), f.local(i32), f.local(i32)]; // prettier-ignore
  // Panels outside, examples inside: a panel stays in the first-level cache for all examples of the block.
  function listed(): void {
    panels(f, product, into, 3, (place) => {
      f.call(product.scratchAddress).tee(address).i32(listsBytes).add().set(values);
      f.get(left).set(example).get(place.into).set(result);
      f.countdown(example, 1, () => {
        f.get(address).loadI32(0).set(count);
        emitTile(f, product, { ...place, from: values, into: result, examples: 1, list: { count, places: listBytes } });
        f.get(address).i32(4).add().set(address);
        f.get(values).i32(2 * listBytes).add().set(values);
        f.get(result).i32(intoStride).add().set(result);
      });
    }); // prettier-ignore
  }
  f.get(from).i32(fromStride).get(left).i32(listBytes / 16);
  f.get(left).i32(Math.floor(terms * listShare)).mul().i32(compressTable);
  f.call(product.listNonZero).i32(0).geS().either(listed, dense);
} // prettier-ignore

/** Where a tile reads its weights and writes: locals with the addresses of its panel and of the first example's result. */
export interface Place {
  readonly panel: number;
  readonly into: number;
  /** Bytes from the panel's address to each vector of the first term, and from one term to the next. */
  readonly vectors: readonly number[];
  readonly termBytes: number;
}

/** Emits `body` for all panels in turn, so many at a time. */
export function panels(
  f: FunctionBody,
  { terms, vectors, panels: address }: Pick<Product, 'terms' | 'vectors' | 'panels'>,
  into: number,
  together: number,
  body: (place: Place) => void,
): void {
  const { full, last } = panelsOf(vectors);
  const [panel, result, index] = [f.local(i32), f.local(i32), f.local(i32)];
  const bytes = terms * panelBytes;
  f.i32(address).set(panel).get(into).set(result);
  function some(count: number): void {
    const places = Array.from({ length: count * 2 }, (_, v) => (v >> 1) * bytes + (v & 1) * 16);
    body({ panel, into: result, vectors: places, termBytes: panelBytes });
    f.get(panel).i32(count * bytes).add().set(panel);
    f.get(result).i32(count * panelBytes).add().set(result);
  } // prettier-ignore
  const times = Math.floor(full / together);
  if (times > 0) {
    f.i32(times).set(index);
    f.countdown(index, 1, () => some(together));
  }
  if (full % together > 0) some(full % together);
  if (last > 0) body({ panel, into: result, vectors: [0, 16, 32].slice(0, last), termBytes: last * 16 });
}

const strides = (first: number, count: number, stride: number): number[] =>
  Array.from({ length: count }, (_, k) => (first + k) * stride);

interface Tile extends Place {
  readonly examples: number;
  /** Local with the address of the first example's values, or of the values in its list. */
  readonly from: number;
  /** The list of one example: a local with its length, and bytes from its values to their terms' places in a panel. */
  readonly list?: { readonly count: number; readonly places: number };
}

/** One tile: sums for each example and vector, kept in registers over all terms. */
function emitTile(f: FunctionBody, product: Product, tile: Tile): void {
  // What one term loads lies in registers beside the sums, 15 in all: four examples by three vectors are too many.
  const rows = tile.vectors.length === 3 ? 2 : 4;
  for (let first = 0; first < tile.examples; first += rows)
    emitSums(f, {
      ...tile,
      terms: product.terms,
      add: product.add,
      sources: strides(first, Math.min(rows, tile.examples - first), product.fromStride),
      results: strides(first, Math.min(rows, tile.examples - first), product.intoStride),
    });
}

/** Sums of a tile of examples (or places of a picture): what they read and write, in bytes from `from` and `into`. */
export interface Sums extends Place {
  readonly terms: number;
  readonly add: boolean;
  readonly from: number;
  readonly sources: readonly number[];
  readonly results: readonly number[];
  /** Terms lie in so many runs of `terms`, with so many bytes between the end of one and the next. */
  readonly runs?: { readonly count: number; readonly gap: number };
  readonly list?: Tile['list'];
}

export function emitSums(f: FunctionBody, tile: Sums): void {
  const { terms, add, vectors, termBytes, from, panel, into, list, sources, results, runs } = tile;
  const sums = sources.map(() => vectors.map(() => f.local(v128)));
  const columns = vectors.map(() => f.local(v128));
  const [x, source, weight, left] = [f.local(v128), f.local(i32), f.local(i32), f.local(i32)];
  for (const sum of sums.flat()) f.splat(0).set(sum);
  /** One term: its weights at `weight`, its values at `source` plus an offset for each example. */
  function term(): void {
    columns.forEach((column, v) => f.get(weight).memory(simd.load, vectors[v]!).set(column));
    sums.forEach((row, example) => {
      f.get(source).memory(simd.load32Splat, list ? 0 : sources[example]!).set(x);
      row.forEach((sum, v) => f.addProduct(sum, x, columns[v]!).set(sum));
    });
  } // prettier-ignore
  f.get(from).set(source);
  if (list) {
    f.get(list.count).tee(left).when(() =>
      f.countdown(left, 1, () => {
        f.get(source).loadI32(list.places);
        if (termBytes !== panelBytes) f.i32(termBytes / 16).mul().i32(1).shrS();
        f.get(panel).add().set(weight);
        term();
        f.get(source).i32(4).add().set(source);
      }),
    ); // prettier-ignore
  } else {
    // Not unrolled: loads of the next term would take the registers of the sums.
    const run = (): void => {
      f.i32(terms).set(left);
      f.countdown(left, 1, () => {
        term();
        f.get(source).i32(4).add().set(source);
        f.get(weight).i32(termBytes).add().set(weight);
      });
    };
    f.get(panel).set(weight);
    if (!runs || runs.count === 1) run();
    else {
      const more = f.local(i32);
      f.i32(runs.count).set(more);
      f.countdown(more, 1, () => {
        run();
        f.get(source).i32(runs.gap).add().set(source);
      });
    } // prettier-ignore
  }
  sums.forEach((row, example) =>
    row.forEach((sum, v) => {
      const offset = results[example]! + v * 16;
      f.get(into).get(sum);
      if (add) f.get(into).memory(simd.load, offset).simd(simd.add);
      f.memory(simd.store, offset);
    }),
  );
}
