// Emits operations on buffers that all examples share: a function over a range of its items (rows, vectors, panels), so
// that threads can share them out. It knows no order between operations.
import { num } from '../../expr/tools.ts';
import { clockBuffer } from '../../program/program.ts';
import { FunctionBody, i32, type Module } from './assembler.ts';
import { type Layout, type Mirror, rowsPerTask, words } from './layout.ts';
import { emitCopy, emitFill, emitRandom, unsupported } from './local.ts';
import { emitMap, pushScale } from './map.ts';
import type { Internal } from './order.ts';
import { emitOuter } from './outer.ts';
import { emitConvOuter } from './pictures.ts';
import { panelsOf } from './product.ts';
import { atFirstExample, kernel, newTarget, placeOf, pushAddress, type Target } from './target.ts';

/** A function whose parameters are the first item and the end, how many items there are, and how many make a chunk. */
export interface SharedFunction {
  readonly f: FunctionBody;
  readonly items: number;
  readonly grain: number;
}

export function sharedFunction(module: Module, layout: Layout, operation: Internal): SharedFunction {
  const f = new FunctionBody([i32, i32]);
  const tick = f.local(i32);
  const target = newTarget(f, module, layout, { tick });
  f.i32(0).loadI32(layout.places.get(clockBuffer)!.address + 4).set(tick); // prettier-ignore
  switch (operation.op) {
    case 'map': {
      emitMap(target, operation.units, operation.assign, { rows: [0, 1] });
      return { f, items: placeOf(target, operation.assign[0]!.into).rows, grain: rowsPerTask };
    }
    case 'outer': {
      const { conv } = placeOf(target, operation.into).buffer;
      if (conv) emitConvOuter(target, operation, conv);
      else emitOuter(target, operation);
      return { f, items: placeOf(target, operation.into).rows, grain: rowsPerTask };
    }
    case 'spread': {
      const [from, into] = [placeOf(target, operation.from), placeOf(target, operation.into)];
      if (from.rows > 1 || into.rows > 1) throw unsupported(`spread of ${operation.from}, which has rows`);
      f.i32(from.address).i32(from.units * 4).i32(into.address).i32(into.units / from.units).call(kernel(target, 'spread')); // prettier-ignore
      return { f, items: 1, grain: 1 };
    }
    case 'reduce': {
      const [from, into] = [placeOf(target, operation.from), placeOf(target, operation.into)];
      if (operation.over === 'units') {
        if (operation.how === 'argmax') throw unsupported('argmax over a shared array');
        f.i32(0);
        pushAddress(target, from);
        f.i32(from.rows)
          .i32(from.units)
          .i32(from.vectors * 16)
          .i32(operation.how === 'sum' ? 0 : 1);
        pushScale(target, operation.scale ?? num(1));
        f.call(kernel(target, 'reduceRows')).storeF32(into.address);
        return { f, items: 1, grain: 1 };
      }
      f.get(0).get(1);
      pushAddress(atFirstExample(target), from);
      f.i32(from.exampleStride).i32(0).loadI32(words.examples * 4); // prettier-ignore
      const places = (from.units * from.rows) / (into.units * into.rows);
      if (places > 1) {
        f.i32(places).i32(into.units).i32(into.address);
        pushScale(target, operation.scale ?? num(1));
        f.call(kernel(target, 'reducePlaces'));
        return { f, items: into.vectors, grain: into.vectors };
      }
      pushAddress(target, into);
      if (operation.how === 'argmax') f.call(kernel(target, 'argmaxBatch'));
      else {
        pushScale(target, operation.scale ?? num(1));
        f.i32(operation.how === 'sum' ? 0 : 1).call(kernel(target, 'reduceBatch'));
      }
      const items = into.vectors * into.rows;
      return { f, items, grain: items };
    }
    case 'mirror':
      return { f, ...emitMirror(target, operation.mirror) };
    case 'fill':
      emitFill(target, operation.into, operation.value);
      return { f, items: 1, grain: 1 };
    case 'random':
      emitRandom(atFirstExample(target), operation, () => f.get(0).get(1));
      return { f, items: placeOf(target, operation.into).rows, grain: rowsPerTask };
    case 'copy':
      emitCopy(atFirstExample(target), operation);
      return { f, items: 1, grain: 1 };
    default:
      throw unsupported(`${operation.op} into a buffer that all examples share`);
  }
}

/** What a kernel that fills a copy of weights is called with after its range of items, and how many items it has. */
export function mirrorCall(
  layout: Layout,
  { weight: name, form, place: mirror }: Mirror,
): { kernel: string; values: number[]; items: number; grain: number } {
  const weight = layout.places.get(name)!;
  const { full, last } = panelsOf(mirror.vectors);
  const panels = full + (last > 0 ? 1 : 0);
  const stride = weight.vectors * 16;
  switch (form) {
    case 'transposed':
      return { kernel: 'transpose', values: [weight.address, weight.rows, stride, mirror.address, mirror.vectors * 16], items: mirror.rows, grain: 64 };
    case 'panels':
      return { kernel: 'packPanels', values: [weight.address, weight.rows, stride, weight.vectors, mirror.address], items: panels, grain: 16 };
    case 'transposedPanels':
      return { kernel: 'packTransposed', values: [weight.address, weight.rows, weight.units, stride, mirror.vectors, mirror.address], items: panels, grain: 8 };
  } // prettier-ignore
}

function emitMirror(target: Target, mirror: Mirror): { items: number; grain: number } {
  const { kernel: name, values, items, grain } = mirrorCall(target.layout, mirror);
  target.f.get(0).get(1);
  for (const value of values) target.f.i32(value);
  target.f.call(kernel(target, name));
  return { items, grain };
}
