// Emits operations on one example: on the arrays of the example whose number is in a local. It knows no blocks and no
// threads; dense products are not among them (product.ts).
import { SettleError } from '../../errors.ts';
import { num } from '../../expr/tools.ts';
import type { Operation } from '../../program/program.ts';
import { clockBuffer, exampleBuffer } from '../../program/program.ts';
import { emitDeliverRows, emitFire, emitPut } from './fire.ts';
import { mirrorOf, type Place } from './layout.ts';
import { conditionOf, emitMap, pushScale } from './map.ts';
import type { Internal } from './order.ts';
import { emitPool } from './pictures.ts';
import { kernel, placeOf, pushAddress, pushList, pushOffset, type Target } from './target.ts';

/** Emits operations in order; a map and the `compact` of its result become one loop. `marked` is a local. */
export function emitLocals(target: Target, operations: readonly Internal[], marked: number): void {
  for (let k = 0; k < operations.length; k++) {
    const [operation, next] = [operations[k]!, operations[k + 1]];
    const source =
      operation.op === 'map' && next?.op === 'compact'
        ? operation.assign.find(({ into }) => into === next.from)
        : undefined;
    const condition = source && conditionOf(source.value);
    if (operation.op !== 'map' || next?.op !== 'compact' || !condition) {
      emitLocal(target, operation, marked);
      continue;
    }
    const { list, from } = next;
    const [unit, value, count] = ['unit', 'value', 'count'].map((part) => placeOf(target, `${list}.${part}`)) as [Place, Place, Place]; // prettier-ignore
    emitMap(target, operation.units, operation.assign, {
      compaction: { from, condition, list: { unit, value, count } },
    });
    k++;
  }
}

/** Emits `advance`, `mark` or `rewind` on the local clock. */
export function emitClock({ f, tick }: Target, operation: Internal, marked: number): void {
  if (operation.op === 'advance') f.get(tick!).i32(operation.by ?? 1).add().set(tick!); // prettier-ignore
  if (operation.op === 'mark') f.get(tick!).set(marked);
  if (operation.op === 'rewind') f.get(marked).set(tick!);
}

function emitLocal(target: Target, operation: Internal, marked: number): void {
  const { f } = target;
  const place = (name: string): Place => placeOf(target, name);
  switch (operation.op) {
    case 'map':
      return emitMap(target, operation.units, operation.assign);
    case 'gather': {
      const into = place(operation.into);
      if (!operation.add) {
        pushAddress(target, into);
        f.i32(0).i32(into.ringStride).memoryFill();
      }
      const weight = place(operation.weight);
      pushList(target, operation.list!);
      f.i32(weight.address).i32(weight.vectors);
      pushAddress(target, into);
      f.call(kernel(target, 'addRows'));
      return;
    }
    case 'pool':
    case 'unpool':
    case 'poolAlong':
    case 'poolBend':
      return emitPool(target, operation);
    case 'compact':
      pushAddress(target, place(operation.from));
      f.i32(place(operation.from).vectors);
      for (const part of ['unit', 'value', 'count']) pushAddress(target, place(`${operation.list}.${part}`));
      f.call(kernel(target, 'compact'));
      return;
    case 'deliver':
    case 'deliverBack': {
      const { op, weight } = operation;
      const matrix = op === 'deliver' ? place(weight) : mirrorOf(target.layout, weight, 'transposed');
      pushOffset(target, place(`${operation.list}.count`));
      f.loadI32(place(`${operation.list}.count`).address);
      f.when(() => {
        pushList(target, operation.list);
        f.i32(matrix.address).i32(matrix.vectors);
        pushAddress(target, place(operation.into), operation.at);
        f.call(kernel(target, 'addRows'));
      });
      return;
    }
    case 'fire':
      return emitFire(target, operation);
    case 'put':
      return emitPut(target, operation);
    case 'deliverRows':
      return emitDeliverRows(target, operation);
    case 'trim':
      for (const part of ['unit', 'place']) pushAddress(target, place(`${operation.log}.${part}`));
      f.get(target.tick!).i32(operation.steps).call(kernel(target, 'trim'));
      return;
    case 'every':
      f.get(target.tick!).i32(operation.steps).remS().raw(0x45);
      f.when(() => emitLocals(target, operation.operations, marked));
      return;
    case 'outerActive': {
      const into = place(operation.into);
      const byRow = operation.side === 'pre';
      pushList(target, operation.list);
      pushAddress(target, place(operation.row));
      f.i32(byRow ? into.vectors : into.rows);
      pushAddress(target, into);
      if (!byRow) f.i32(into.vectors * 16);
      pushScale(target, operation.scale);
      f.call(kernel(target, byRow ? 'addOuterRows' : 'addOuterColumns'));
      return;
    }
    case 'reduce':
      pushOffset(target, place(operation.into));
      pushAddress(target, place(operation.from));
      f.i32(place(operation.from).units).i32({ sum: 0, max: 1, argmax: 2 }[operation.how]);
      pushScale(target, operation.scale ?? num(1));
      f.call(kernel(target, 'reduceUnits')).storeF32(place(operation.into).address);
      return;
    case 'random':
      return emitRandom(target, operation, () => f.i32(0).i32(place(operation.into).rows));
    case 'copy':
      return emitCopy(target, operation);
    case 'fill':
      return emitFill(target, operation.into, operation.value);
    case 'advance':
    case 'mark':
    case 'rewind':
      return emitClock(target, operation, marked);
    default:
      throw new SettleError(`${operation.op} is not an operation on one example`, { kind: 'defect' });
  }
}

/** Random numbers in the rows whose first and end `pushRows` leaves on the stack. */
export function emitRandom(
  target: Target,
  { into, stream, low, high }: Extract<Operation, { op: 'random' }>,
  pushRows: () => unknown,
): void {
  const { f } = target;
  const [result, clock, example] = [into, clockBuffer, exampleBuffer].map((name) => placeOf(target, name)) as [Place, Place, Place]; // prettier-ignore
  pushAddress(target, result);
  f.i32(result.units);
  pushRows();
  f.i32(0).loadI32(clock.address);
  f.i32(stream);
  pushOffset(target, example);
  f.loadI32(example.address);
  f.get(target.tick!).f32(low).f32(high).call(kernel(target, 'random'));
}

/** Copies an array: between rings of one length the whole ring, else at the present index. */
export function emitCopy(target: Target, { from, into }: Extract<Operation, { op: 'copy' }>): void {
  const { f } = target;
  const [source, result] = [placeOf(target, from), placeOf(target, into)];
  const whole = result.buffer.history > 1 && source.buffer.history === result.buffer.history;
  for (const where of [result, source])
    if (whole) f.get(target.example!).i32(where.exampleStride).mul().i32(where.address).add();
    else pushAddress(target, where);
  f.i32(source.ringStride * (whole ? source.buffer.history : 1)).memoryCopy();
} // prettier-ignore

/** Sets all of a buffer (of the example's, in a function over examples) to a value, rings whole. */
export function emitFill(target: Target, name: string, value: number): void {
  const into = placeOf(target, name);
  const { f } = target;
  if (target.example !== undefined) f.get(target.example).i32(into.exampleStride).mul().i32(into.address).add();
  else f.i32(into.address);
  if (value === 0)
    f.i32(0).i32(into.ringStride * into.buffer.history).memoryFill(); // prettier-ignore
  else if (into.buffer.dtype === 'real')
    f.i32(into.units).i32(into.rows * into.buffer.history).f32(value).call(kernel(target, 'fill')); // prettier-ignore
  else throw unsupported(`fill of ${name} (${into.buffer.dtype}) with ${value}`);
}

export function unsupported(what: string): SettleError {
  return new SettleError(`the wasm backend does not do this: ${what}`, {
    kind: 'input', path: 'backend', found: 'wasm', expected: 'backend: reference for this model',
  }); // prettier-ignore
}
