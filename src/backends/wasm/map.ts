// Emits SIMD code for `map`: expression trees to four lanes at a time. Equal subtrees are computed once; what depends on
// parameters alone is computed once a call. It refuses functions that have no float32 kernel.
import { SettleError } from '../../errors.ts';
import { call } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Assignment } from '../../program/program.ts';
import { parameterBuffer } from '../../program/program.ts';
import { simd, v128 } from './assembler.ts';
import { type Elementary, emitExp, emitSigmoid, emitTanh } from './elementary.ts';
import { compressTable, type Place } from './layout.ts';
import { kernel, pushOffset, type Target } from './target.ts';
import { emitAngle, emitSine, emitTurn } from './trigonometric.ts';

export function keyOf(tree: Tree): string {
  if (tree.kind === 'number') return String(tree.value);
  if (tree.kind === 'name') return `$${tree.name}`;
  return `${tree.call}(${tree.args.map(keyOf).join()})`;
}

// pmin and pmax are one instruction each where min and max are eight; they differ only if an operand is NaN.
const arithmetic: Partial<Record<string, number>> = {
  add: simd.add, sub: simd.sub, mul: simd.mul, div: simd.div, min: simd.pmin, max: simd.pmax,
  neg: simd.neg, abs: simd.abs, sqrt: simd.sqrt, floor: simd.floor,
}; // prettier-ignore
const comparisons: Partial<Record<string, number>> = {
  lt: simd.lt, le: simd.le, gt: simd.gt, ge: simd.ge, eq: simd.eq, ne: simd.ne,
}; // prettier-ignore
const logic: Partial<Record<string, number>> = { and: simd.and, or: simd.or };
const elementary: Partial<Record<string, Elementary>> = { exp: emitExp, tanh: emitTanh, sigmoid: emitSigmoid };

function isZero(tree: Tree): boolean {
  return tree.kind === 'number' && tree.value === 0;
}
function number(value: number): Tree {
  return { kind: 'number', value };
}

/**
 * base^exponent: whole literals up to 64 by multiplication, others as e^(exponent ln |base|), whose relative error is about
 * 2 eps32 (1 + |exponent ln base|). Below 0 it is a number for whole exponents up to 64 only, as on the reference.
 */
function powerOf(base: Tree, exponent: Tree): Tree {
  const size = (of: Tree): Tree => call('exp', call('mul', exponent, call('log', of)));
  if (exponent.kind === 'number') {
    const n = exponent.value;
    if (!Number.isInteger(n) || Math.abs(n) > 64) return size(base);
    if (n < 0) return call('div', number(1), powerOf(base, number(-n)));
    let power: Tree = n === 0 ? number(1) : base;
    for (let k = 1; k < n; k++) power = call('mul', power, base);
    return power;
  }
  const m = size(call('abs', base));
  const half = call('mul', exponent, number(0.5));
  const signed = call('if', call('eq', half, call('floor', half)), m, call('neg', m));
  const whole = call(
    'and',
    call('eq', exponent, call('floor', exponent)),
    call('le', call('abs', exponent), number(64)),
  );
  const below = call('if', whole, signed, number(NaN));
  return call('if', call('eq', exponent, number(0)), number(1), call('if', call('lt', base, number(0)), below, m));
}

/** Emits vectors of trees: `emit` returns the local that holds the result, a number or a mask. */
export class TreeEmitter {
  private readonly memo = new Map<string, number>();
  private readonly target: Target;
  private readonly load: (name: string) => number;
  private readonly isShared: (name: string) => boolean;

  constructor(target: Target, load: (name: string) => number, isShared: (name: string) => boolean) {
    this.target = target;
    this.load = load;
    this.isShared = isShared;
  }
  private uniform(tree: Tree): boolean {
    if (tree.kind === 'number') return true;
    if (tree.kind === 'name') return this.isShared(tree.name);
    return tree.args.every((arg) => this.uniform(arg));
  }
  private isMask(tree: Tree): boolean {
    return tree.kind === 'call' && (tree.call in comparisons || tree.call in logic || tree.call === 'not');
  }
  /** The local with the tree's value as numbers (1 or 0 for a truth value). */
  value(tree: Tree): number {
    const { f } = this.target;
    if (!this.isMask(tree)) return this.raw(tree);
    return this.keep(`value:${keyOf(tree)}`, tree, () => f.get(this.raw(tree)).splat(1).simd(simd.and));
  }
  /** The local with the tree's value as a mask of all ones or all zeros in each lane. */
  mask(tree: Tree): number {
    const { f } = this.target;
    if (this.isMask(tree)) return this.raw(tree);
    return this.keep(`mask:${keyOf(tree)}`, tree, () => f.get(this.raw(tree)).splat(0).simd(simd.ne));
  }
  private keep(key: string, tree: Tree, emit: () => void): number {
    const { f, hoisted } = this.target;
    const found = hoisted.get(key) ?? this.memo.get(key);
    if (found !== undefined) return found;
    const local = f.local(v128);
    if (this.uniform(tree)) {
      hoisted.set(key, local);
      f.first(() => {
        emit();
        f.set(local);
      });
    } else {
      emit();
      f.set(local);
      this.memo.set(key, local);
    }
    return local;
  }
  private raw(tree: Tree): number {
    const { f, layout } = this.target;
    if (tree.kind === 'number') return this.keep(keyOf(tree), tree, () => f.splat(tree.value));
    if (tree.kind === 'name') {
      const parameter = layout.parameterIndex.get(tree.name);
      if (parameter === undefined) return this.load(tree.name);
      const address = layout.places.get(parameterBuffer)!.address + 4 * parameter;
      return this.keep(keyOf(tree), tree, () => f.i32(0).memory(simd.load32Splat, address));
    }
    return this.callOf(tree, tree.args);
  }
  private callOf(tree: Extract<Tree, { kind: 'call' }>, args: readonly Tree[]): number {
    const { f } = this.target;
    const name = tree.call;
    const [a, b, c] = args as [Tree, Tree, Tree];
    const key = keyOf(tree);
    const constant = (value: number): number => this.raw(number(value));
    // Operands are emitted before `keep` opens, so that each lands in the right place (prologue or here).
    const of = (operands: readonly number[], ...opcodes: number[]): number =>
      this.keep(key, tree, () => {
        for (const operand of operands) f.get(operand);
        for (const opcode of opcodes) f.simd(opcode);
      });
    const opcode = arithmetic[name] ?? comparisons[name];
    if (name === 'div' && b.kind === 'number' && Number.isInteger(Math.log2(Math.abs(b.value))))
      return this.callOf(call('mul', a, number(1 / b.value)) as Extract<Tree, { kind: 'call' }>, [
        a,
        number(1 / b.value),
      ]);
    if (opcode !== undefined)
      return of(
        args.map((arg) => this.value(arg)),
        opcode,
      );
    if (logic[name] !== undefined) return of([this.mask(a), this.mask(b)], logic[name]);
    const inPlace = elementary[name];
    if (inPlace) {
      const operand = this.value(a);
      return this.keep(key, tree, () => inPlace(f, operand, constant));
    }
    if (name === 'sin' || name === 'cos') {
      const x = this.value(a);
      const turn = emitTurn(f, x, constant, (part, emit) => this.keep(`${part}:${keyOf(a)}`, a, emit));
      return this.keep(key, tree, () => emitSine(f, turn, name === 'sin' ? 0 : 1));
    }
    if (name === 'atan2') {
      const [y, x] = [this.value(a), this.value(b)];
      return this.keep(key, tree, () => emitAngle(f, y, x, constant));
    }
    if (name === 'log') {
      const operand = this.value(a);
      return this.keep(key, tree, () => f.get(operand).call(kernel(this.target, 'log4')));
    }
    switch (name) {
      case 'not':
        return of([this.mask(a)], simd.not);
      case 'if':
        if (isZero(c)) return of([this.value(b), this.mask(a)], simd.and);
        if (isZero(b)) return of([this.value(c), this.mask(a)], simd.andnot);
        return of([this.value(b), this.value(c), this.mask(a)], simd.bitselect);
      case 'clip': {
        const [x, low, high] = [this.value(a), this.value(b), this.value(c)];
        return this.keep(key, tree, () => f.get(x).get(low).simd(simd.pmax).get(high).simd(simd.pmin));
      }
      case 'hardSigmoid':
        return this.value(call('clip', a, number(0), number(1)));
      case 'relu':
        return this.value(call('max', a, number(0)));
      case 'sign': {
        const x = this.value(a);
        return this.keep(key, tree, () => {
          f.get(x).splat(0).simd(simd.gt).splat(1).simd(simd.and);
          f.get(x).splat(0).simd(simd.lt).splat(1).simd(simd.and).simd(simd.sub);
        });
      }
      case 'pow':
        return this.value(powerOf(a, b));
    }
    throw new SettleError(`the wasm backend has no kernel for the function ${name}`, {
      kind: 'input', path: 'backend', found: 'wasm', expected: 'backend: reference for this model',
    }); // prettier-ignore
  }
}

/** A `compact` done inside the map that makes its list: `from` is a target whose value is `condition ? value : 0`. */
export interface Compaction {
  readonly from: string;
  readonly condition: Tree;
  readonly list: { readonly unit: Place; readonly value: Place; readonly count: Place };
}

/** The condition of a target that is 0 unless it holds, if the value is of that form. */
export function conditionOf(value: Tree): Tree | null {
  if (value.kind !== 'call' || value.call !== 'if') return null;
  const [condition, yes, no] = value.args as [Tree, Tree, Tree];
  return yes.kind === 'number' && yes.value !== 0 && no.kind === 'number' && no.value === 0 ? condition : null;
}

/**
 * Emits one map over rows [firstRow, endRow) (locals) of shared buffers, or over the one row of this example's.
 * Reads all operands of a vector before it stores any target.
 */
export function emitMap(
  target: Target,
  units: number,
  assign: readonly Assignment[],
  { rows, compaction }: { rows?: readonly [number, number]; compaction?: Compaction } = {},
): void {
  const { f, layout } = target;
  const shape = layout.places.get(assign[0]!.into)!;
  const isScalar = (place: Place): boolean => place.units === 1 && place.rows === 1;
  const scalarMap = units === 1;
  const offsets = new Map<string, number>();
  const pointers = new Map<string, number>();
  const counter = f.local(0x7f);
  const groupOf = (place: Place): string => `${place.exampleStride}/${place.buffer.history}/${place.ringStride}`;

  function offsetOf(place: Place): number {
    const group = groupOf(place);
    const known = offsets.get(group);
    if (known !== undefined) return known;
    const local = f.local(0x7f);
    offsets.set(group, local);
    pushOffset(target, place);
    f.set(local);
    return local;
  }
  // Scalars of an example and offsets first: outside the loop over vectors.
  const scalars = new Map<string, number>();
  const operands = new Set<string>();
  const visit = (tree: Tree): void => {
    if (tree.kind === 'name' && !layout.parameterIndex.has(tree.name)) operands.add(tree.name);
    if (tree.kind === 'call') tree.args.forEach(visit);
  };
  assign.forEach(({ value }) => visit(value));
  for (const name of operands) {
    const place = layout.places.get(name)!;
    needReal(place);
    const offset = offsetOf(place);
    if (!isScalar(place) || scalarMap) continue;
    const local = f.local(v128);
    f.get(offset).memory(simd.load32Splat, place.address).set(local);
    scalars.set(name, local);
  }
  for (const { into } of assign) {
    needReal(layout.places.get(into)!);
    offsetOf(layout.places.get(into)!);
  }

  const [bits, length, pattern] = compaction ? [f.local(0x7f), f.local(0x7f), f.local(v128)] : [0, 0, 0];
  const listPointers = compaction ? [compaction.list.unit, compaction.list.value].map((place) => {
    const local = f.local(0x7f);
    pushOffset(target, place);
    f.i32(place.address).add().set(local);
    return local;
  }) : []; // prettier-ignore
  if (compaction) f.i32(0).set(length);

  function pointerOf(place: Place): number {
    return pointers.get(groupOf(place))!;
  }
  function body(tail: number): void {
    for (const [group, offset] of offsets) {
      const pointer = pointers.get(group) ?? f.local(0x7f);
      pointers.set(group, pointer);
      f.get(offset).get(counter).add().set(pointer);
    }
    const loads = new Map<string, number>();
    const load = (name: string): number => {
      const scalar = scalars.get(name);
      if (scalar !== undefined) return scalar;
      const known = loads.get(name);
      if (known !== undefined) return known;
      const place = layout.places.get(name)!;
      const local = f.local(v128);
      f.get(pointerOf(place)).memory(simd.load, place.address).set(local);
      loads.set(name, local);
      return local;
    };
    // A constant of the call may not depend on an example, so buffers are never hoisted.
    const emitter = new TreeEmitter(target, load, (name) => layout.parameterIndex.has(name));
    const results = assign.map(({ value }) => emitter.value(value));
    assign.forEach(({ into }, index) => {
      const place = layout.places.get(into)!;
      f.get(pointerOf(place)).get(results[index]!);
      if (tail > 0) f.laneMask(tail).simd(simd.and);
      f.memory(simd.store, place.address);
    });
    if (!compaction) return;
    f.get(emitter.mask(compaction.condition)).simd(simd.bitmaskI32);
    if (tail > 0) f.i32((1 << tail) - 1).raw(0x71);
    f.tee(bits);
    // Lanes that are set move to the front by a table of patterns; four entries are stored, the next ones go over the rest.
    f.when(() => {
      const value = results[assign.findIndex(({ into }) => into === compaction.from)]!;
      f.get(bits).i32(4).shl().memory(simd.load, compressTable).set(pattern);
      f.get(listPointers[0]!).get(length).i32(2).shl().add();
      f.get(counter).i32(2).raw(0x76).simd(simd.splatI32).lanes(0, 1, 2, 3).simd(simd.addI32);
      f.get(pattern).simd(simd.swizzle).memory(simd.store, 0);
      f.get(listPointers[1]!).get(length).i32(2).shl().add();
      f.get(value).get(pattern).simd(simd.swizzle).memory(simd.store, 0);
      f.get(length).get(bits).raw(0x69).add().set(length);
    });
  }
  function row(): void {
    const full = Math.floor(shape.units / 4);
    const tail = shape.units % 4;
    const end = f.local(0x7f);
    f.get(counter)
      .i32(full * 16)
      .add()
      .set(end);
    if (full > 0)
      f.loop(
        counter,
        () => f.get(end),
        16,
        () => body(0),
      );
    if (tail > 0) {
      body(tail);
      f.get(counter).i32(16).add().set(counter);
    }
  }
  if (rows) {
    const [first, last] = rows;
    const index = f.local(0x7f);
    f.get(first)
      .i32(shape.vectors * 16)
      .mul()
      .set(counter);
    f.get(first).set(index);
    f.loop(index, () => f.get(last), 1, row);
  } else {
    f.i32(0).set(counter);
    row();
  }
  if (compaction) {
    const { count } = compaction.list;
    pushOffset(target, count);
    f.get(length).storeI32(count.address);
    pushOffset(target, count);
    pushOffset(target, count);
    f.loadI32(count.address + 4)
      .get(length)
      .add()
      .storeI32(count.address + 4);
  }
}

export function needReal(place: Place): void {
  if (place.buffer.dtype !== 'real')
    throw new SettleError(`the wasm backend maps real buffers only; ${place.buffer.name} is ${place.buffer.dtype}`, {
      kind: 'input', path: 'backend', found: 'wasm', expected: 'backend: reference for this model',
    }); // prettier-ignore
}

/** Pushes the float32 value of a tree of parameters (the scale of an operation). */
export function pushScale(target: Target, scale: Tree): void {
  const emitter = new TreeEmitter(
    target,
    () => {
      throw new SettleError('a scale names parameters only', { kind: 'defect' });
    },
    () => true,
  );
  target.f.get(emitter.value(scale)).lane(simd.extractLaneF32, 0);
}
