// Emits what sparse networks do to one example: maps that log the units that fire, changes at logged units, delivery of
// compressed rows. It allocates no room: a log holds what its owner made it for.
import { namesOf } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Operation } from '../../program/program.ts';
import { i32, simd, v128 } from './assembler.ts';
import { compressTable, type Place } from './layout.ts';
import { needReal, TreeEmitter } from './map.ts';
import { kernel, placeOf, pushAddress, pushOffset, type Target } from './target.ts';

type Of<Op extends Operation['op']> = Extract<Operation, { op: Op }>;

/** Vectors that share one test of whether any of their units fires. */
const together = 4;

/** Leaves in a local the address where a log keeps the beginning of its entry `ahead` steps from now. */
function entryOf(target: Target, log: string, ahead: number): number {
  const { f } = target;
  const [entry, place] = [f.local(i32), f.local(i32)];
  pushAddress(target, placeOf(target, `${log}.place`));
  f.tee(place).get(target.tick!).i32(ahead + 1).add(); // prettier-ignore
  f.get(place).loadI32(0).sub().i32(2).shl().add().set(entry);
  return entry;
}

/** Reads of the arrays of this example, `pointer` bytes into each; numbers of a whole example are loaded once, now. */
function reader(target: Target, trees: readonly Tree[], pointer: number): (vector: number) => (name: string) => number {
  const { f, layout } = target;
  const scalars = new Map<string, number>();
  for (const name of new Set(trees.flatMap((tree) => [...namesOf(tree)]))) {
    if (layout.parameterIndex.has(name)) continue;
    const place = placeOf(target, name);
    needReal(place);
    if (place.units > 1) continue;
    const local = f.local(v128);
    pushOffset(target, place);
    f.memory(simd.load32Splat, place.address).set(local);
    scalars.set(name, local);
  }
  return (vector) => {
    const loads = new Map<string, number>(scalars);
    return (name) => {
      const known = loads.get(name);
      if (known !== undefined) return known;
      const local = f.local(v128);
      pushAt(target, placeOf(target, name), pointer);
      f.memory(simd.load, placeOf(target, name).address + 16 * vector).set(local);
      loads.set(name, local);
      return local;
    };
  };
}

/** Pushes the offset of a vector of this example's array, `pointer` bytes into it. */
function pushAt(target: Target, place: Place, pointer: number): void {
  if (target.layout.batch === 1 && place.buffer.history === 1) {
    target.f.get(pointer);
    return;
  }
  pushOffset(target, place);
  target.f.get(pointer).add();
}

export function emitFire(target: Target, { units, assign, when, change, log }: Of<'fire'>): void {
  const { f, layout } = target;
  const isParameter = (name: string): boolean => layout.parameterIndex.has(name);
  const [pointer, end, bits, length] = [f.local(i32), f.local(i32), f.local(i32), f.local(i32)];
  const [pattern, any] = [f.local(v128), f.local(v128)];
  const list = f.local(i32);
  const entry = entryOf(target, log, 1);
  pushAddress(target, placeOf(target, `${log}.unit`));
  f.set(list);
  f.get(entry).loadI32(0).set(length);
  const trees = [...assign, ...change].map(({ value }) => value);
  const vectorAt = reader(target, [...trees, when], pointer);
  for (const { into } of [...assign, ...change]) needReal(placeOf(target, into));

  const store = (into: string, vector: number, local: number, lanes: number): void => {
    const place = placeOf(target, into);
    pushAt(target, place, pointer);
    f.get(local);
    if (lanes < 4) f.laneMask(lanes).simd(simd.and);
    f.memory(simd.store, place.address + 16 * vector);
  };
  /** Vectors at the pointer; `lanes` of the last one are units. */
  function body(vectors: number, lanes: number): void {
    const rare = Array.from({ length: vectors }, (_, vector) => {
      const load = vectorAt(vector);
      const before = new TreeEmitter(target, load, isParameter);
      const results = new Map(assign.map(({ into, value }) => [into, before.value(value)]));
      const after = new TreeEmitter(target, (name) => results.get(name) ?? load(name), isParameter);
      const mask = after.mask(when);
      const width = vector === vectors - 1 ? lanes : 4;
      for (const [into, local] of results) store(into, vector, local, width);
      return { vector, mask, width, after, old: (name: string) => results.get(name) ?? load(name) };
    });
    rare.forEach(({ mask }, k) => {
      f.get(mask);
      if (k > 0) f.get(any).simd(simd.or);
      f.set(any);
    });
    f.get(any).simd(simd.anyTrue);
    f.when(() => {
      for (const { vector, mask, width, after, old } of rare) {
        f.get(mask).simd(simd.bitmaskI32);
        if (width < 4) f.i32((1 << width) - 1).and();
        f.tee(bits);
        f.when(() => {
          const values = change.map(({ into, value }) => [into, after.value(value)] as const);
          for (const [into, value] of values) {
            const changed = f.local(v128);
            f.get(value).get(old(into)).get(mask).simd(simd.bitselect).set(changed);
            store(into, vector, changed, width);
          }
          // Lanes that are set move to the front by a table of patterns; four are stored, the next ones go over the rest.
          f.get(bits).i32(4).shl().memory(simd.load, compressTable).set(pattern);
          f.get(list).get(length).i32(2).shl().add();
          f.get(pointer).i32(2).shrS().simd(simd.splatI32);
          f.lanes(4 * vector, 4 * vector + 1, 4 * vector + 2, 4 * vector + 3).simd(simd.addI32);
          f.get(pattern).simd(simd.swizzle).memory(simd.store, 0);
          f.get(length).get(bits).raw(0x69).add().set(length);
        });
      }
    });
  }
  const whole = Math.floor(units / 4);
  const blocks = Math.floor(whole / together) * together;
  f.i32(0).set(pointer);
  const loop = (until: number, vectors: number): void => {
    f.i32(until * 16).set(end);
    f.loop(pointer, () => f.get(end), 16 * vectors, () => body(vectors, 4)); // prettier-ignore
  };
  if (blocks > 0) loop(blocks, together);
  if (whole > blocks) loop(whole, 1);
  if (units % 4 > 0) body(1, units % 4);
  f.get(entry).get(length).storeI32(4);
}

export function emitPut(target: Target, { log, back, into, value }: Of<'put'>): void {
  const { f, layout } = target;
  const [at, end, pointer] = [f.local(i32), f.local(i32), f.local(i32)];
  const entry = entryOf(target, log, -back);
  for (const [offset, local] of [[0, at], [4, end]] as const) {
    pushAddress(target, placeOf(target, `${log}.unit`));
    f.get(entry).loadI32(offset).i32(2).shl().add().set(local);
  } // prettier-ignore
  const vectorAt = reader(target, [value], pointer);
  const place = placeOf(target, into);
  needReal(place);
  f.loop(at, () => f.get(end), 4, () => {
    f.get(at).loadI32(0).i32(2).shrS().i32(4).shl().set(pointer);
    const load = vectorAt(0);
    const result = new TreeEmitter(target, load, (name) => layout.parameterIndex.has(name)).value(value);
    const old = load(into);
    pushAt(target, place, pointer);
    f.get(result).get(old);
    f.get(at).loadI32(0).i32(3).and().simd(simd.splatI32).lanes(0, 1, 2, 3).simd(simd.eqI32).simd(simd.bitselect);
    f.memory(simd.store, place.address);
  }); // prettier-ignore
}

export function emitDeliverRows(target: Target, operation: Of<'deliverRows'>): void {
  const { f } = target;
  const { log, delays, rows, targets, weights, terms, events } = operation;
  pushOffset(target, placeOf(target, events));
  for (const part of ['unit', 'place']) pushAddress(target, placeOf(target, `${log}.${part}`));
  f.get(target.tick!);
  f.i32(placeOf(target, delays).address).i32(placeOf(target, delays).units);
  for (const name of [rows, targets, weights]) f.i32(placeOf(target, name).address);
  f.i32(placeOf(target, weights).units === 1 ? 1 : 0);
  for (const term of [terms[0]!, terms[1]]) {
    if (!term) {
      f.i32(0).f32(0);
      continue;
    }
    const place = placeOf(target, term.into);
    needReal(place);
    pushAddress(target, place);
    if (!term.factor) f.f32(1);
    else {
      pushOffset(target, placeOf(target, term.factor));
      f.loadF32(placeOf(target, term.factor).address);
    }
  }
  f.call(kernel(target, 'deliverRows'));
  pushOffset(target, placeOf(target, events));
  f.loadI32(placeOf(target, events).address).add().storeI32(placeOf(target, events).address);
}
