// Turns a sequence of slots into a module and a plan: which exported function runs over which items, between which
// barriers. Operations on examples are fused: one example, or one block of examples where weights are dense, goes through
// all of them, all steps, before the next begins.
import { SettleError } from '../../errors.ts';
import type { Operation, Program, Sequence } from '../../program/program.ts';
import { clockBuffer } from '../../program/program.ts';
import { FunctionBody, Module, i32 } from './assembler.ts';
import { formOf, type Layout, mirrorOf, words } from './layout.ts';
import { emitClock, emitLocals, unsupported } from './local.ts';
import {
  type Internal,
  isClock,
  isDense,
  isIndependent,
  isLocal,
  type Moves,
  movesOf,
  type Run,
  withUpkeep,
} from './order.ts';
import { emitConvBack, emitConvGather } from './pictures.ts';
import { emitProduct } from './product.ts';
import { sharedFunction } from './shared.ts';
import { importKernels, kernel, newTarget, placeOf, pushAddress } from './target.ts';

/** Work for all threads between two barriers: function `name` over chunks of its items. */
export interface Part {
  /** `example`, `block`: one function over the examples in use, so many at a time. Otherwise `tasks` lists fixed chunks. */
  readonly unit: 'example' | 'block' | 'task';
  readonly tasks: readonly { readonly name: string; readonly begin: number; readonly end: number }[];
  readonly moves: Moves | null;
  /** Whether the part runs its slot as often as the control block says, and `moves` is of once. */
  readonly repeated: boolean;
}

export interface Plan {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly groups: readonly { readonly times: number; readonly parts: readonly Part[] }[];
}

/** Whether one plan does for any number of times: it runs a single slot, on examples, that only moves the clock on. */
export function isRepeated(program: Program, layout: Layout, sequence: Sequence): boolean {
  const operations = sequence.length === 1 ? program.slots.get(sequence[0]![0]) : undefined;
  return operations?.every((operation) => isLocal(layout, operation) && operation.op !== 'mark' && operation.op !== 'rewind') ?? false; // prettier-ignore
}

export function compilePlan(program: Program, layout: Layout, sequence: Sequence): Plan {
  const repeated = isRepeated(program, layout, sequence);
  const module = new Module();
  importKernels(module);
  let functions = 0;
  const add = (f: FunctionBody): { name: string; index: number } => {
    const name = `f${functions++}`;
    return { name, index: module.add(name, f) };
  };

  /** One function over examples [begin, end): each through all the slots. */
  function localPart(runs: readonly Run[]): Part {
    const f = new FunctionBody([i32, i32]);
    const [example, tick, time, marked] = [f.local(i32), f.local(i32), f.local(i32), f.local(i32)];
    const target = newTarget(f, module, layout, { example, tick });
    const perExample = (body: () => void): void => {
      f.get(0).set(example);
      f.loop(example, () => f.get(1), 1, body);
    };
    const perRun = (body: (operations: readonly Internal[]) => void): void => {
      f.i32(0)
        .loadI32(placeOf(target, clockBuffer).address + 4)
        .set(tick);
      f.i32(0)
        .loadI32(words.marked * 4)
        .set(marked);
      for (const { operations, times } of runs) {
        if (times === 1 && !repeated) body(operations);
        else {
          f.i32(0).set(time);
          f.loop(time, () => (repeated ? f.i32(0).loadI32(words.times * 4) : f.i32(times)), 1, () => body(operations)); // prettier-ignore
        }
      }
    };
    const blocks = runs.some(({ operations }) => operations.some(isDense));
    if (!blocks) perExample(() => perRun((operations) => emitLocals(target, operations, marked)));
    else
      perRun((operations) => {
        for (const together of stretches(operations)) {
          const operation = together[0]!;
          if (isDense(operation)) f.get(0).get(1).get(tick).call(productFunction(operation));
          else if (isClock(operation)) emitClock(target, operation, marked);
          else perExample(() => emitLocals(target, together, marked));
        }
      });
    return {
      unit: blocks ? 'block' : 'example',
      tasks: [{ name: add(f).name, begin: 0, end: 0 }],
      moves: movesOf(repeated ? runs.map(({ operations }) => ({ operations, times: 1 })) : runs),
      repeated,
    };
  }

  const products = new Map<string, number>();
  /** Call index of a function of (begin, end, tick): a dense product for the examples of a block. */
  function productFunction(operation: Extract<Operation, { op: 'gather' | 'gatherBack' }>): number {
    const key = JSON.stringify(operation);
    const known = products.get(key);
    if (known !== undefined) return known;
    const f = new FunctionBody([i32, i32, i32]);
    const target = newTarget(f, module, layout, { example: 0, tick: 2 });
    const [source, result] = [placeOf(target, operation.from), placeOf(target, operation.into)];
    const weight = placeOf(target, operation.weight).buffer;
    if (weight.batch || weight.history > 1) throw unsupported(`${operation.op} through ${weight.name}, which is of one example or a ring`); // prettier-ignore
    const [from, into] = [f.local(i32), f.local(i32)];
    pushAddress(target, source);
    f.set(from);
    pushAddress(target, result);
    f.set(into);
    const left = f.local(i32);
    f.get(1).get(0).sub().set(left);
    const panels = mirrorOf(layout, operation.weight, formOf(operation)!).address;
    if (weight.conv) {
      const emit = operation.op === 'gather' ? emitConvGather : emitConvBack;
      emit(target, {
        conv: weight.conv, from, into, examples: left, fromStride: source.exampleStride, intoStride: result.exampleStride, panels,
        add: operation.add, scratchAt: layout.listBytes,
      }); // prettier-ignore
    } else emitProduct(f, {
      terms: source.units, fromStride: source.exampleStride, vectors: result.vectors, intoStride: result.exampleStride,
      panels, add: operation.add,
      listNonZero: kernel(target, 'listNonZero'), scratchAddress: kernel(target, 'scratchAddress'),
    }, from, into, left); // prettier-ignore
    const { index } = add(f);
    products.set(key, index);
    return index;
  }

  /** Shared operations that do not depend on one another, in chunks of rows. */
  function sharedPart(operations: readonly Internal[]): Part {
    const tasks = operations.flatMap((operation) => {
      const { f, items, grain } = sharedFunction(module, layout, operation);
      const { name } = add(f);
      return Array.from({ length: Math.ceil(items / grain) }, (_, chunk) => ({
        name, begin: chunk * grain, end: Math.min(items, (chunk + 1) * grain),
      })); // prettier-ignore
    });
    return { unit: 'task', tasks, moves: null, repeated: false };
  }
  function partsOf(operations: readonly Operation[]): Part[] {
    const parts: Part[] = [];
    let together: Internal[] = [];
    const flush = (): void => {
      if (together.length > 0)
        parts.push(isLocal(layout, together[0]!) ? localPart([{ operations: together, times: 1 }]) : sharedPart(together)); // prettier-ignore
      together = [];
    };
    for (const operation of withUpkeep(layout, operations)) {
      const local = isLocal(layout, operation);
      if (together.length > 0 && (isLocal(layout, together[0]!) !== local || (!local && !isIndependent(operation, together)))) flush(); // prettier-ignore
      together.push(operation);
    }
    flush();
    return parts;
  }

  const groups: { times: number; parts: Part[] }[] = [];
  let pending: Run[] = [];
  const flush = (): void => {
    if (pending.length > 0) groups.push({ times: 1, parts: [localPart(pending)] });
    pending = [];
  };
  for (const [slot, times] of sequence) {
    const operations = program.slots.get(slot);
    if (!operations) throw new SettleError(`no slot named "${slot}"`, { kind: 'defect' });
    if (times <= 0 || operations.length === 0) continue;
    if (operations.every((operation) => isLocal(layout, operation))) pending.push({ operations, times });
    else {
      flush();
      groups.push({ times, parts: partsOf(operations) });
    }
  }
  flush();
  return { bytes: module.bytes(layout.pages), groups };
}

/** Operations in stretches that a block does at once: a dense product, a move of the clock, or all between two of these. */
function stretches(operations: readonly Internal[]): Internal[][] {
  const all: Internal[][] = [];
  const isAlone = (operation: Internal): boolean => isDense(operation) || isClock(operation);
  for (const operation of operations) {
    const last = all.at(-1);
    if (last && !isAlone(operation) && !isAlone(last[0]!)) last.push(operation);
    else all.push([operation]);
  }
  return all;
}
