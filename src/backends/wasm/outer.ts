// Emits the outer product summed over examples and terms: four rows of the result at a time, from a list of the examples
// in which one of the four is not zero. Every number is one sum in the order of terms and examples, or, of more examples
// than go together, the sum of such sums.
import type { Operation } from '../../program/program.ts';
import { i32, simd, v128 } from './assembler.ts';
import { words } from './layout.ts';
import { pushScale } from './map.ts';
import { panelsOf } from './product.ts';
import { atFirstExample, kernel, placeOf, pushAddress, type Target } from './target.ts';

const rowsTogether = 4;
/** An entry of the list: four values of pre with their sign, then the address of post's array. */
const entryBytes = 32;
const postAt = 16;
/** Examples lie a page or more apart, and a processor has the places of a hundred pages or so at hand. */
export const examplesTogether = 64;

/** Parameters 0 and 1 of the function are the first row and the end; the first is a multiple of 4. */
export function emitOuter(target: Target, operation: Extract<Operation, { op: 'outer' }>): void {
  const { f } = target;
  const into = placeOf(target, operation.into);
  const rowBytes = into.vectors * 16;
  const [scale, row, list, end] = [f.local(v128), f.local(i32), f.local(i32), f.local(i32)];
  const [result, column, count, entry] = [f.local(i32), f.local(i32), f.local(i32), f.local(i32)];
  pushScale(target, operation.scale);
  f.simd(simd.splatF32).set(scale);
  f.call(kernel(target, 'scratchAddress')).set(list);
  f.get(0).set(row);

  const first = atFirstExample(target);
  const sources = operation.terms.map(({ pre, post, sign }) => {
    const starts = [pre, post].map((name) => {
      const local = f.local(i32);
      pushAddress(first, placeOf(target, name));
      f.set(local);
      return { local, stride: placeOf(target, name).exampleStride };
    });
    return { pre: starts[0]!, post: starts[1]!, sign };
  });

  const many = target.layout.batch > examplesTogether;
  const [example, left] = [f.local(i32), f.local(i32)];

  /** The list of the examples from `example` on, `left` or those that go together. */
  function fillList(): void {
    const [a, b, four] = [f.local(i32), f.local(i32), f.local(v128)];
    f.get(list).set(end);
    for (const { pre, post, sign } of sources) {
      f.get(pre.local).get(row).i32(2).shl().add();
      if (many) f.get(example).i32(pre.stride).mul().add();
      f.set(a).get(post.local);
      if (many) f.get(example).i32(post.stride).mul().add();
      f.set(b).get(left).set(count);
      if (many) f.i32(examplesTogether).get(left).ltS().when(() => f.i32(examplesTogether).set(count));
      f.countdown(count, 1, () => {
        f.get(a).memory(simd.load, 0).tee(four).simd(simd.anyTrue);
        f.when(() => {
          f.get(end).get(four);
          if (sign === -1) f.simd(simd.neg);
          f.memory(simd.store, 0).get(end).get(b).storeI32(postAt);
          f.get(end).i32(entryBytes).add().set(end);
        });
        f.get(a).i32(pre.stride).add().set(a);
        f.get(b).i32(post.stride).add().set(b);
      });
    } // prettier-ignore
  }

  /** Rows [from, from + rows) of the four, `vectors` columns of 4 from `column` on. */
  function tile(from: number, rows: number, vectors: number, add: boolean): void {
    const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local(v128)));
    const post = Array.from({ length: vectors }, () => f.local(v128));
    const [x, where] = [f.local(v128), f.local(i32)];
    for (const sum of sums.flat()) f.splat(0).set(sum);
    f.get(list).set(entry);
    f.repeatWhile(
      () => f.get(entry).get(end).ne(),
      () => {
        f.get(entry).loadI32(postAt).get(column).add().set(where);
        post.forEach((local, v) => f.get(where).memory(simd.load, 16 * v).set(local));
        sums.forEach((row, r) => {
          f.get(entry).memory(simd.load32Splat, 4 * (from + r)).set(x);
          row.forEach((sum, v) => f.addProduct(sum, x, post[v]!).set(sum));
        });
        f.get(entry).i32(entryBytes).add().set(entry);
      },
    ); // prettier-ignore
    sums.forEach((sum, r) => {
      const store = (): void =>
        sum.forEach((local, v) => {
          const offset = (from + r) * rowBytes + 16 * v;
          f.get(where);
          if (add) f.get(where).memory(simd.load, offset);
          f.get(scale).get(local).simd(simd.mul);
          if (add) f.simd(simd.add);
          f.memory(simd.store, offset);
        });
      if (r === 0) f.get(result).get(column).add().set(where);
      if (from + r === 0 || into.rows % rowsTogether === 0) store();
      else {
        f.get(row).i32(from + r).add().get(1).ltS().when(store); // prettier-ignore
      }
    });
  }

  const { full, last } = panelsOf(into.vectors);
  function columns(add: boolean): void {
    f.i32(0).set(column);
    if (full > 0) {
      f.i32(full).set(count);
      f.countdown(count, 1, () => {
        tile(0, rowsTogether, 2, add);
        f.get(column).i32(32).add().set(column);
      });
    }
    // Four rows of three vectors would not fit the registers.
    if (last === 3) for (const from of [0, 2]) tile(from, 2, 3, add);
    if (last === 1) tile(0, rowsTogether, 1, add);
  }
  /** Adding nothing leaves rows untouched: most pixels at the border are zero in every example. */
  const added = (): void =>
    void f
      .get(end)
      .get(list)
      .ne()
      .when(() => columns(true));

  f.repeatWhile(
    () => f.get(row).get(1).ltS(),
    () => {
      f.get(row).i32(rowBytes).mul().i32(into.address).add().set(result);
      f.i32(0).loadI32(words.examples * 4).set(left);
      if (!many) {
        fillList();
        if (operation.add) added();
        else columns(false);
      } else {
        f.i32(0).set(example);
        f.countdown(left, examplesTogether, () => {
          fillList();
          if (operation.add) added();
          else f.get(example).either(added, () => columns(false));
          f.get(example).i32(examplesTogether).add().set(example);
        });
      }
      f.get(row).i32(rowsTogether).add().set(row);
    },
  ); // prettier-ignore
}
