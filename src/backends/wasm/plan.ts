// Turns a sequence of slots into a module and a plan: which exported function runs over which items, between which
// barriers. Operations on examples are fused: one example goes through all of them, all steps, before the next begins.
import { SettleError } from '../../errors.ts';
import { namesOf } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Operation, Program, Sequence } from '../../program/program.ts';
import { clockBuffer, exampleBuffer } from '../../program/program.ts';
import { FunctionBody, Module, f32, i32, type ValueType } from './assembler.ts';
import { type Layout, type Place, words } from './layout.ts';
import { conditionOf, emitMap, pushOffset, pushScale, type Target } from './map.ts';

/** Work for all threads between two barriers: function `name` over chunks of its items. */
export interface Part {
  /** True: items are the examples in use. Otherwise `tasks` lists fixed chunks. */
  readonly examples: boolean;
  readonly tasks: readonly { readonly name: string; readonly begin: number; readonly end: number }[];
  /** Steps the clock moves in this part. */
  readonly ticks: number;
}

export interface Plan {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly groups: readonly { readonly times: number; readonly parts: readonly Part[] }[];
}

type Internal = Operation | { readonly op: 'transpose'; readonly weight: string };

const signatures: Record<string, [ValueType[], ValueType[]]> = {
  compact: [[i32, i32, i32, i32, i32], []],
  addRows: [[i32, i32, i32, i32, i32, i32], []],
  gather: [[i32, i32, i32, i32, i32], []],
  gatherBack: [[i32, i32, i32, i32, i32, i32], []],
  outer: [[i32, i32, i32, i32, i32, i32, i32, f32, i32], []],
  addOuterRows: [[i32, i32, i32, i32, i32, i32, f32], []],
  addOuterColumns: [[i32, i32, i32, i32, i32, i32, i32, f32], []],
  reduceBatch: [[i32, i32, i32, i32, i32, i32, f32, i32], []],
  argmaxBatch: [[i32, i32, i32, i32, i32, i32], []],
  reduceUnits: [[i32, i32, i32, f32], [f32]],
  transpose: [[i32, i32, i32, i32, i32, i32, i32], []],
  random: [[i32, i32, i32, i32, i32, i32, f32, f32], []],
  fill: [[i32, i32, i32, f32], []],
};

const rowsPerTask = 48;

/** Bytes of the descriptors that the outer products of a program need; they lie behind the layout. */
export interface Descriptors {
  reserve(terms: number): number;
  readonly data: { readonly address: number; readonly words: readonly [number, number, number, number, number] }[];
}

export function compilePlan(program: Program, layout: Layout, sequence: Sequence, descriptors: Descriptors): Plan {
  const module = new Module();
  const place = (name: string): Place => layout.places.get(name)!;
  const isBatch = (name: string): boolean => place(name).buffer.batch;
  let functions = 0;

  function kernel(name: string): number {
    const [parameters, results] = signatures[name]!;
    return module.import(name, parameters, results);
  }
  /** Whether an operation touches one example at a time. */
  function isLocal(operation: Internal): boolean {
    switch (operation.op) {
      case 'map':
        return operation.assign.some(({ into }) => isBatch(into));
      case 'outer':
      case 'transpose':
        return false;
      case 'reduce':
        return operation.over === 'units';
      case 'gather':
      case 'gatherBack':
      case 'random':
      case 'copy':
      case 'fill':
        return isBatch(operation.into);
      default:
        return true;
    }
  }
  function reads(operation: Internal): string[] {
    switch (operation.op) {
      case 'map':
        return operation.assign.flatMap(({ value }) => [...namesOf(value)]);
      case 'outer':
        return operation.terms.flatMap(({ pre, post }) => [pre, post]).concat(operation.into);
      case 'transpose':
        return [operation.weight];
      case 'reduce':
      case 'copy':
        return [operation.from];
      default:
        return [];
    }
  }
  function writes(operation: Internal): string[] {
    if (operation.op === 'map') return operation.assign.map(({ into }) => into);
    if (operation.op === 'transpose') return [`${operation.weight}.T`];
    return 'into' in operation ? [operation.into] : [];
  }

  function pushAddress(target: Target, where: Place, at = 0): void {
    pushOffset(target, where, at);
    target.f.i32(where.address).add();
  }
  function pushList(target: Target, list: string): void {
    pushAddress(target, place(`${list}.unit`));
    pushAddress(target, place(`${list}.value`));
    pushOffset(target, place(`${list}.count`));
    target.f.loadI32(place(`${list}.count`).address);
  }
  function clear(target: Target, where: Place): void {
    pushAddress(target, where);
    target.f.i32(0).i32(where.ringStride).memoryFill();
  }

  function emitLocal(target: Target, operation: Internal, marked: number): void {
    const { f } = target;
    switch (operation.op) {
      case 'map':
        return emitMap(target, operation.units, operation.assign);
      case 'gather': {
        const into = place(operation.into);
        if (!operation.add) clear(target, into);
        const weight = place(operation.weight);
        if (operation.list) {
          pushList(target, operation.list);
          f.i32(weight.address).i32(weight.vectors);
          pushAddress(target, into);
          f.call(kernel('addRows'));
        } else {
          pushAddress(target, place(operation.from));
          f.i32(weight.rows).i32(weight.address).i32(weight.vectors);
          pushAddress(target, into);
          f.call(kernel('gather'));
        }
        return;
      }
      case 'gatherBack': {
        const weight = place(operation.weight);
        pushAddress(target, place(operation.from));
        f.i32(weight.rows).i32(weight.address).i32(weight.vectors);
        pushAddress(target, place(operation.into));
        f.i32(operation.add ? 1 : 0).call(kernel('gatherBack'));
        return;
      }
      case 'compact':
        pushAddress(target, place(operation.from));
        f.i32(place(operation.from).vectors);
        for (const part of ['unit', 'value', 'count']) pushAddress(target, place(`${operation.list}.${part}`));
        f.call(kernel('compact'));
        return;
      case 'deliver':
      case 'deliverBack': {
        const weight = operation.op === 'deliver' ? place(operation.weight) : layout.mirrors.get(operation.weight)!;
        pushOffset(target, place(`${operation.list}.count`));
        f.loadI32(place(`${operation.list}.count`).address);
        f.when(() => {
          pushList(target, operation.list);
          f.i32(weight.address).i32(weight.vectors);
          pushAddress(target, place(operation.into), operation.at);
          f.call(kernel('addRows'));
        });
        return;
      }
      case 'outerActive': {
        const into = place(operation.into);
        const byRow = operation.side === 'pre';
        pushList(target, operation.list);
        pushAddress(target, place(operation.row));
        f.i32(byRow ? into.vectors : into.rows);
        pushAddress(target, into);
        if (!byRow) f.i32(into.vectors * 16);
        pushScale(target, operation.scale);
        f.call(kernel(byRow ? 'addOuterRows' : 'addOuterColumns'));
        return;
      }
      case 'reduce':
        pushOffset(target, place(operation.into));
        pushAddress(target, place(operation.from));
        f.i32(place(operation.from).units).i32({ sum: 0, max: 1, argmax: 2 }[operation.how]);
        pushScale(target, operation.scale ?? one);
        f.call(kernel('reduceUnits')).storeF32(place(operation.into).address);
        return;
      case 'random': {
        const into = place(operation.into);
        pushAddress(target, into);
        f.i32(into.units);
        f.i32(0).loadI32(place(clockBuffer).address);
        f.i32(operation.stream);
        pushOffset(target, place(exampleBuffer));
        f.loadI32(place(exampleBuffer).address);
        f.get(target.tick!).f32(operation.low).f32(operation.high).call(kernel('random'));
        return;
      }
      case 'copy': {
        const [from, into] = [place(operation.from), place(operation.into)];
        const whole = into.buffer.history > 1 && from.buffer.history === into.buffer.history;
        const start = (where: Place): void => {
          if (!whole) return pushAddress(target, where);
          f.get(target.example!).i32(where.exampleStride).mul().i32(where.address).add();
        };
        start(into);
        start(from);
        f.i32(from.ringStride * (whole ? from.buffer.history : 1)).memoryCopy();
        return;
      }
      case 'fill':
        return emitFill(target, operation.into, operation.value);
      case 'advance':
        f.get(target.tick!).i32(1).add().set(target.tick!);
        return;
      case 'mark':
        f.get(target.tick!).set(marked);
        return;
      case 'rewind':
        f.get(marked).set(target.tick!);
        return;
      default:
        throw new SettleError(`${operation.op} is not an operation on one example`, { kind: 'defect' });
    }
  }
  /** Operations in order; a map and the `compact` of its result become one loop. */
  function emitRun(target: Target, operations: readonly Internal[], marked: number): void {
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
      const [unit, value, count] = [place(`${list}.unit`), place(`${list}.value`), place(`${list}.count`)];
      emitMap(target, operation.units, operation.assign, {
        compaction: { from, condition, list: { unit, value, count } },
      });
      k++;
    }
  }
  function emitFill(target: Target, name: string, value: number): void {
    const into = place(name);
    const { f } = target;
    if (target.example !== undefined) f.get(target.example).i32(into.exampleStride).mul().i32(into.address).add();
    else f.i32(into.address);
    if (value === 0)
      f.i32(0)
        .i32(into.ringStride * into.buffer.history)
        .memoryFill();
    else if (into.buffer.dtype === 'real')
      f.i32(into.units)
        .i32(into.rows * into.buffer.history)
        .f32(value)
        .call(kernel('fill'));
    else throw unsupported(`fill of ${name} (${into.buffer.dtype}) with ${value}`);
  }

  /** Emits a shared operation; `begin` and `end` are the function's parameters 0 and 1. Returns its number of items. */
  function emitShared(target: Target, operation: Internal): number {
    const { f } = target;
    switch (operation.op) {
      case 'map': {
        emitMap(target, operation.units, operation.assign, { rows: [0, 1] });
        return place(operation.assign[0]!.into).rows;
      }
      case 'outer': {
        const into = place(operation.into);
        const address = descriptors.reserve(operation.terms.length);
        operation.terms.forEach(({ pre, post, sign }, index) => {
          const [a, b] = [place(pre), place(post)];
          if (a.buffer.history > 1 || b.buffer.history > 1) throw unsupported(`outer over the ring ${pre} or ${post}`);
          const bits = new Int32Array(new Float32Array([sign]).buffer)[0]!;
          descriptors.data.push({
            address: address + 20 * index,
            words: [a.address, a.exampleStride, b.address, b.exampleStride, bits],
          });
        });
        f.get(0).get(1).i32(address).i32(operation.terms.length);
        f.i32(0).loadI32(words.examples * 4);
        f.i32(into.vectors).i32(into.address);
        pushScale(target, operation.scale);
        f.i32(operation.add ? 1 : 0).call(kernel('outer'));
        return into.rows;
      }
      case 'reduce': {
        const [from, into] = [place(operation.from), place(operation.into)];
        if (from.buffer.history > 1) throw unsupported(`reduce over the ring ${from.buffer.name}`);
        f.get(0)
          .get(1)
          .i32(from.address)
          .i32(from.exampleStride)
          .i32(0)
          .loadI32(words.examples * 4)
          .i32(into.address);
        if (operation.how === 'argmax') {
          f.call(kernel('argmaxBatch'));
        } else {
          pushScale(target, operation.scale ?? one);
          f.i32(operation.how === 'sum' ? 0 : 1).call(kernel('reduceBatch'));
        }
        return into.vectors * into.rows;
      }
      case 'transpose': {
        const [weight, mirror] = [place(operation.weight), layout.mirrors.get(operation.weight)!];
        f.get(0)
          .get(1)
          .i32(weight.address)
          .i32(weight.rows)
          .i32(weight.vectors * 16);
        f.i32(mirror.address)
          .i32(mirror.vectors * 16)
          .call(kernel('transpose'));
        return mirror.rows;
      }
      case 'fill':
        emitFill(target, operation.into, operation.value);
        return 1;
      case 'copy':
        f.i32(place(operation.into).address).i32(place(operation.from).address);
        f.i32(place(operation.into).ringStride).memoryCopy();
        return 1;
      default:
        throw unsupported(`${operation.op} into a buffer that all examples share`);
    }
  }

  function newTarget(extra: { example?: number; tick?: number }, f: FunctionBody): Target {
    return { f, module, layout, hoisted: new Map(), ...extra };
  }
  /** One function over examples [begin, end): each through all the slots. */
  function localPart(runs: readonly { operations: readonly Internal[]; times: number }[]): Part {
    const f = new FunctionBody([i32, i32]);
    const [example, tick, time, marked] = [f.local(i32), f.local(i32), f.local(i32), f.local(i32)];
    const target = newTarget({ example, tick }, f);
    f.get(0).set(example);
    f.loop(example, () => f.get(1), 1, () => {
      f.i32(0).loadI32(place(clockBuffer).address + 4).set(tick);
      for (const { operations, times } of runs) {
        const body = (): void => emitRun(target, operations, marked);
        if (times === 1) body();
        else {
          f.i32(0).set(time);
          f.loop(time, () => f.i32(times), 1, body);
        }
      }
    }); // prettier-ignore
    const name = `f${functions++}`;
    module.add(name, f);
    return { examples: true, tasks: [{ name, begin: 0, end: 0 }], ticks: ticksOf(runs) };
  }
  /** Shared operations that do not depend on one another, in chunks of rows. */
  function sharedPart(operations: readonly Internal[]): Part {
    const tasks = operations.flatMap((operation) => {
      const f = new FunctionBody([i32, i32]);
      const items = emitShared(newTarget({}, f), operation);
      const name = `f${functions++}`;
      module.add(name, f);
      const grain = operation.op === 'outer' || operation.op === 'map' ? rowsPerTask : items;
      return Array.from({ length: Math.ceil(items / grain) }, (_, chunk) => ({
        name, begin: chunk * grain, end: Math.min(items, (chunk + 1) * grain),
      })); // prettier-ignore
    });
    return { examples: false, tasks, ticks: 0 };
  }
  function partsOf(operations: readonly Internal[]): Part[] {
    const parts: Part[] = [];
    let together: Internal[] = [];
    const flush = (): void => {
      if (together.length > 0) parts.push(isLocal(together[0]!) ? localPart([{ operations: together, times: 1 }]) : sharedPart(together)); // prettier-ignore
      together = [];
    };
    for (const operation of withTransposes(operations)) {
      const first = together[0];
      if (first && isLocal(first) !== isLocal(operation)) flush();
      else if (first && !isLocal(operation)) {
        const written = new Set(together.flatMap(writes));
        const touched = new Set(together.flatMap((other) => [...writes(other), ...reads(other)]));
        if (reads(operation).some((name) => written.has(name)) || writes(operation).some((name) => touched.has(name)))
          flush();
      }
      together.push(operation);
    }
    flush();
    return parts;
  }
  /** Inserts the upkeep of mirrors behind operations that change their weights. */
  function withTransposes(operations: readonly Internal[]): Internal[] {
    const stale = new Set(operations.flatMap(writes).filter((name) => layout.mirrors.has(name)));
    return [...operations, ...[...stale].map((weight) => ({ op: 'transpose', weight }) as const)];
  }

  const groups: { times: number; parts: Part[] }[] = [];
  let pending: { operations: readonly Internal[]; times: number }[] = [];
  const flush = (): void => {
    if (pending.length > 0) groups.push({ times: 1, parts: [localPart(pending)] });
    pending = [];
  };
  for (const [slot, times] of sequence) {
    const operations = program.slots.get(slot);
    if (!operations) throw new SettleError(`no slot named "${slot}"`, { kind: 'defect' });
    if (times <= 0 || operations.length === 0) continue;
    if (operations.every(isLocal)) pending.push({ operations, times });
    else {
      flush();
      groups.push({ times, parts: partsOf(operations) });
    }
  }
  flush();
  return { bytes: module.bytes(layout.pages), groups };
}

const one: Tree = { kind: 'number', value: 1 };

function unsupported(what: string): SettleError {
  return new SettleError(`the wasm backend does not do this: ${what}`, {
    kind: 'input', path: 'backend', found: 'wasm', expected: 'backend: reference for this model',
  }); // prettier-ignore
}

/** Net steps of the clock; the loop body is the same each time, so counting once with marks is enough. */
function ticksOf(runs: readonly { operations: readonly Internal[]; times: number }[]): number {
  let ticks = 0;
  let marked = 0;
  for (const { operations, times } of runs)
    for (let time = 0; time < times; time++)
      for (const { op } of operations) {
        if (op === 'advance') ticks++;
        if (op === 'mark') marked = ticks;
        if (op === 'rewind') ticks = marked;
      }
  return ticks;
}
