// What code is emitted into, and where the arrays of its example lie. It emits addresses only, no arithmetic on values.
import { type FunctionBody, type Module, f32, i32, v128, type ValueType } from './assembler.ts';
import type { Layout, Place } from './layout.ts';

/** One function of a module that is being written. */
export interface Target {
  readonly f: FunctionBody;
  readonly module: Module;
  readonly layout: Layout;
  /** Local holding the example's number; undefined in a function over shared buffers. */
  readonly example?: number;
  /** Local holding the clock's step. */
  readonly tick?: number;
  /** Vectors in locals, set in the function's prologue: constants of this call. */
  readonly hoisted: Map<string, number>;
}

export function newTarget(
  f: FunctionBody,
  module: Module,
  layout: Layout,
  locals: { example?: number; tick?: number },
): Target {
  f.fused = layout.fused;
  return { f, module, layout, hoisted: new Map(), ...locals };
}

const signatures: Record<string, [ValueType[], ValueType[]]> = {
  compact: [[i32, i32, i32, i32, i32], []],
  addRows: [[i32, i32, i32, i32, i32, i32], []],
  deliverRows: [[i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, f32, i32, f32], [i32]],
  trim: [[i32, i32, i32, i32], []],
  listNonZero: [[i32, i32, i32, i32, i32, i32], [i32]],
  scratchAddress: [[], [i32]],
  addOuterRows: [[i32, i32, i32, i32, i32, i32, f32], []],
  addOuterColumns: [[i32, i32, i32, i32, i32, i32, i32, f32], []],
  reduceBatch: [[i32, i32, i32, i32, i32, i32, f32, i32], []],
  argmaxBatch: [[i32, i32, i32, i32, i32, i32], []],
  reduceUnits: [[i32, i32, i32, f32], [f32]],
  reduceRows: [[i32, i32, i32, i32, i32, f32], [f32]],
  transpose: [[i32, i32, i32, i32, i32, i32, i32], []],
  packPanels: [[i32, i32, i32, i32, i32, i32, i32], []],
  packTransposed: [[i32, i32, i32, i32, i32, i32, i32, i32], []],
  random: [[i32, i32, i32, i32, i32, i32, i32, i32, f32, f32], []],
  fill: [[i32, i32, i32, f32], []],
  padPicture: [Array<ValueType>(8).fill(i32), []],
  cropPicture: [Array<ValueType>(8).fill(i32), []],
  addPatches: [Array<ValueType>(11).fill(i32), []],
  unpadRows: [Array<ValueType>(6).fill(i32), []],
  outerPatches: [[...Array<ValueType>(18).fill(i32), f32, i32], []],
  putSums: [[...Array<ValueType>(8).fill(i32), f32, i32], []],
  pool: [Array<ValueType>(11).fill(i32), []],
  unpool: [Array<ValueType>(11).fill(i32), []],
  poolAlong: [Array<ValueType>(11).fill(i32), []],
  poolBend: [Array<ValueType>(11).fill(i32), []],
  spread: [[i32, i32, i32, i32], []],
  reducePlaces: [[...Array<ValueType>(8).fill(i32), f32], []],
  log4: [[v128], [v128]],
};

/** Imports every kernel, so that the module's own functions have their call indices as soon as they are added. */
export function importKernels(module: Module): void {
  for (const [name, [parameters, results]] of Object.entries(signatures)) module.import(name, parameters, results);
}

/** Call index of a kernel. */
export function kernel({ module }: Pick<Target, 'module'>, name: string): number {
  const [parameters, results] = signatures[name]!;
  return module.import(name, parameters, results);
}

export function placeOf({ layout }: Pick<Target, 'layout'>, name: string): Place {
  return layout.places.get(name)!;
}

/** Pushes the byte offset of a buffer's array for this example and ring slot; `at` steps ahead. */
export function pushOffset({ f, example, tick }: Target, place: Place, at = 0): void {
  const { history } = place.buffer;
  if (place.exampleStride > 0) f.get(example!).i32(place.exampleStride).mul();
  else f.i32(0);
  if (history === 1) return;
  // The slot is (tick + at) mod history, from 0 also where the clock has been walked back below 0.
  const slot = f.local(i32);
  f.get(tick!).i32(at).add().i32(history).remS().tee(slot).get(slot).i32(31).shrS().i32(history).and().add();
  f.i32(place.ringStride).mul().add();
}

export function pushAddress(target: Target, where: Place, at = 0): void {
  pushOffset(target, where, at);
  target.f.i32(where.address).add();
}

/** The same function with the first example as its example: where a loop over examples begins. */
export function atFirstExample(target: Target): Target {
  // A local that is never set: 0.
  return { ...target, example: target.f.local(i32) };
}

/** Pushes the addresses of a list's units and values, and its length. */
export function pushList(target: Target, list: string): void {
  pushAddress(target, placeOf(target, `${list}.unit`));
  pushAddress(target, placeOf(target, `${list}.value`));
  pushOffset(target, placeOf(target, `${list}.count`));
  target.f.loadI32(placeOf(target, `${list}.count`).address);
}
