// Builds a Program: rules and engines declare buffers and add operations through it. It checks names and shapes, and
// knows no model, no rule and no backend.
import { SettleError } from '../errors.ts';
import type { Tree } from '../expr/tree.ts';
import { namesOf } from '../expr/tools.ts';
import { unitsOf } from '../model/geometry.ts';
import type { Buffer, Conv, Dtype, EventSlot, Operation, Pool, Program, Sequence } from './program.ts';
import { clockBuffer, exampleBuffer, parameterBuffer } from './program.ts';

export interface BufferOptions {
  dtype?: Dtype;
  batch?: boolean;
  history?: number;
  conv?: Conv | null;
}

export interface Builder {
  /** Declares a buffer; declaring the same one twice with the same shape is allowed and changes nothing. */
  buffer(name: string, shape: readonly number[], options?: BufferOptions): string;
  /** Declares the three buffers of a list of at most `units` entries. */
  list(name: string, units: number): string;
  /** Declares the two buffers of a log of at most so many entries with so many units in all. */
  log(name: string, entries: number, units: number): string;
  parameter(name: string): string;
  has(name: string): boolean;
  shapeOf(name: string): readonly number[];
  /** Declares a buffer of the shape of another, shared by all examples; a kernel's stays a kernel's. */
  like(name: string, other: string): string;
  /** How many times a product goes through a weight buffer: the places of a kernel. */
  placesOf(weight: string): number;
  /** Appends operations to a slot, which is created at its first use. */
  add(slot: string, ...operations: Operation[]): void;
  /** Says what engines beside the machine do in a slot. */
  event(slot: string, what: EventSlot): void;
  /** The operations of a slot so far. */
  operations(slot: string): readonly Operation[];
  build(): Program;
}

/** An empty Program under construction, with the buffers that every Program has. */
export function builder(programName: string): Builder {
  const buffers = new Map<string, Buffer>();
  const parameters: string[] = [];
  const slots = new Map<string, Operation[]>();
  const events = new Map<string, EventSlot>();

  function defect(message: string): never {
    throw new SettleError(`program ${programName}: ${message}`, { kind: 'defect' });
  }
  function need(name: string): Buffer {
    return buffers.get(name) ?? defect(`no buffer named "${name}"`);
  }
  function buffer(name: string, shape: readonly number[], options: BufferOptions = {}): string {
    const { dtype = 'real', batch = false, history = 1, conv = null } = options;
    const old = buffers.get(name);
    if (old) {
      if (String(old.shape) !== String(shape) || old.dtype !== dtype || old.batch !== batch || old.history !== history)
        defect(`buffer "${name}" declared twice with different shapes: [${old.shape}] and [${shape}]`);
      return name;
    }
    if (parameters.includes(name)) defect(`"${name}" is a parameter already`);
    if (conv) kernelShape(name, shape, conv);
    buffers.set(name, { name, shape: [...shape], dtype, batch, history, ...(conv && { conv }) });
    return name;
  }
  function width(name: string): number {
    return need(name).shape.at(-1) ?? 1;
  }
  function same(what: string, found: number, expected: number): void {
    if (found !== expected) defect(`${what}: ${found} units against ${expected}`);
  }
  function scalars(tree: Tree, what: string): void {
    for (const used of namesOf(tree))
      if (!parameters.includes(used)) defect(`${what}: the scale may name parameters only, found "${used}"`);
  }
  function kernelShape(name: string, shape: readonly number[], { from, into, size }: Conv): void {
    same(`rows of the kernel ${name}`, shape[0] ?? 0, size * size * from[2]);
    same(`columns of the kernel ${name}`, shape[1] ?? 0, into[2]);
  }
  function weightBetween(weight: string, pre: string, post: string, what: string): void {
    const { shape, conv } = need(weight);
    if (conv) {
      same(`${what}: the picture of ${weight} against ${pre}`, unitsOf(conv.from), width(pre));
      return same(`${what}: the result of ${weight} against ${post}`, unitsOf(conv.into), width(post));
    }
    same(`${what}: rows of ${weight} against ${pre}`, shape[0] ?? 0, width(pre));
    same(`${what}: columns of ${weight} against ${post}`, shape[1] ?? 0, width(post));
  }
  function reads(what: string, value: Tree, units: number): void {
    for (const used of namesOf(value)) {
      if (parameters.includes(used)) continue;
      const size = elements(need(used));
      if (size !== 1) same(`${what} reads ${used}`, size, units);
    }
  }
  function pooling(operation: Extract<Operation, { pool: Pool }>): void {
    const { op, pool, from, into } = operation;
    const [whole, pooled] = [unitsOf(pool.from), unitsOf(pool.into)];
    const [before, after] = op === 'unpool' ? [pooled, whole] : op === 'poolBend' ? [whole, whole] : [whole, pooled];
    same(`${op} from ${from}`, width(from), before);
    same(`${op} into ${into}`, width(into), after);
    // Backends keep what they are still working out in what they write.
    const [reads, writes] =
      op === 'poolBend' ? [[from, operation.along, operation.by], [into]] : [[from], [into, operation.notes]];
    for (const name of reads) if (writes.includes(name)) defect(`${op} reads ${name} and writes it`);
    if (op === 'poolBend') {
      same(`${op} along ${operation.along}`, width(operation.along), whole);
      return same(`${op} by ${operation.by}`, width(operation.by), pooled);
    }
    if (pool.kind !== 'average') same(`${op} notes`, width(operation.notes!), pool.kind === 'max' ? pooled : whole);
  }
  /** Of as many numbers as there are results, or of one row of places with so many each. */
  function overBatch({ from, into, how }: Extract<Operation, { op: 'reduce' }>): void {
    const [whole, results] = [elements(need(from)), elements(need(into))];
    if (whole === results) return;
    if (how !== 'sum') defect(`reduce: ${how} of ${from} over places: ${whole} units against ${results}`);
    same(`reduce: a row of ${from}`, width(from), whole);
    same(`reduce: a row of ${into}`, width(into), results);
    same(`reduce: what ${from} leaves beside whole places of ${into}`, whole % results, 0);
  }
  function check(operation: Operation): void {
    switch (operation.op) {
      case 'map':
        for (const { into, value } of operation.assign) {
          same(`map into ${into}`, elements(need(into)), operation.units);
          reads(`map into ${into}`, value, operation.units);
        }
        return;
      case 'gather':
        return weightBetween(operation.weight, operation.from, operation.into, 'gather');
      case 'gatherBack':
        return weightBetween(operation.weight, operation.into, operation.from, 'gatherBack');
      case 'outer':
        for (const { pre, post } of operation.terms) weightBetween(operation.into, pre, post, 'outer');
        return scalars(operation.scale, 'outer');
      case 'pool':
      case 'unpool':
      case 'poolAlong':
      case 'poolBend':
        return pooling(operation);
      case 'spread':
        for (const name of [operation.from, operation.into])
          if (need(name).batch) defect(`spread: ${name} is of each example`);
        return same(`spread of ${operation.from}`, elements(need(operation.into)) % elements(need(operation.from)), 0);
      case 'compact':
        return same('compact', width(`${operation.list}.unit`), width(operation.from));
      case 'deliver':
        return weightBetween(operation.weight, `${operation.list}.unit`, operation.into, 'deliver');
      case 'deliverBack':
        return weightBetween(operation.weight, operation.into, `${operation.list}.unit`, 'deliverBack');
      case 'fire':
        for (const { into, value } of [...operation.assign, ...operation.change]) {
          same(`fire into ${into}`, elements(need(into)), operation.units);
          reads(`fire into ${into}`, value, operation.units);
        }
        reads('fire when', operation.when, operation.units);
        return void need(`${operation.log}.unit`);
      case 'put':
        need(`${operation.log}.unit`);
        return reads(`put into ${operation.into}`, operation.value, elements(need(operation.into)));
      case 'deliverRows': {
        need(`${operation.log}.unit`);
        for (const { into, factor } of operation.terms) {
          need(into);
          if (factor) same(`factor ${factor}`, elements(need(factor)), 1);
        }
        if (operation.terms.length < 1 || operation.terms.length > 2) defect('deliverRows has one term or two');
        same(`events ${operation.events}`, elements(need(operation.events)), 1);
        same(`rows of ${operation.rows}`, (width(operation.rows) - 1) % width(operation.delays), 0);
        if (width(operation.weights) === 1) return;
        return same(`weights of ${operation.rows}`, width(operation.weights), width(operation.targets));
      }
      case 'trim':
        return void need(`${operation.log}.unit`);
      case 'every':
        return operation.operations.forEach(check);
      case 'outerActive': {
        const unit = `${operation.list}.unit`;
        const [pre, post] = operation.side === 'pre' ? [unit, operation.row] : [operation.row, unit];
        weightBetween(operation.into, pre, post, 'outerActive');
        return scalars(operation.scale, 'outerActive');
      }
      case 'reduce':
        if (operation.scale) scalars(operation.scale, 'reduce');
        if (operation.over === 'batch') return overBatch(operation);
        return same('reduce over units', elements(need(operation.into)), 1);
      case 'copy':
        return same(`copy into ${operation.into}`, elements(need(operation.into)), elements(need(operation.from)));
      case 'random':
      case 'fill':
        need(operation.into);
        return;
      case 'advance':
      case 'mark':
      case 'rewind':
        return;
    }
  }

  buffer(exampleBuffer, [1], { dtype: 'i32', batch: true });
  buffer(clockBuffer, [2], { dtype: 'i32' });
  return {
    buffer,
    list(name, units) {
      buffer(`${name}.unit`, [units], { dtype: 'i32', batch: true });
      buffer(`${name}.value`, [units], { batch: true });
      buffer(`${name}.count`, [2], { dtype: 'i32', batch: true });
      return name;
    },
    log(name, entries, units) {
      buffer(`${name}.unit`, [units], { dtype: 'i32', batch: true });
      buffer(`${name}.place`, [entries + 2], { dtype: 'i32', batch: true });
      return name;
    },
    parameter(name) {
      if (buffers.has(name)) defect(`"${name}" is a buffer already`);
      if (!parameters.includes(name)) parameters.push(name);
      return name;
    },
    has: (name) => buffers.has(name),
    shapeOf: (name) => need(name).shape,
    placesOf: (weight) => {
      const [rows, columns] = need(weight).conv?.into ?? [1, 1];
      return rows * columns;
    },
    like: (name, other) => buffer(name, need(other).shape, { conv: need(other).conv ?? null }),
    add(slot, ...operations) {
      for (const operation of operations) check(operation);
      const known = slots.get(slot);
      if (known) known.push(...operations);
      else slots.set(slot, operations);
    },
    event(slot, what) {
      if (!slots.has(slot)) slots.set(slot, []);
      events.set(slot, what);
    },
    operations: (slot) => slots.get(slot) ?? defect(`no slot named "${slot}"`),
    build() {
      const all = new Map(buffers);
      all.set(parameterBuffer, {
        name: parameterBuffer,
        shape: [Math.max(1, parameters.length)],
        dtype: 'real',
        batch: false,
        history: 1,
      });
      return {
        name: programName,
        buffers: all,
        parameters: [...parameters],
        slots: new Map(slots),
        ...(events.size > 0 && { events: new Map(events) }),
      };
    },
  };
}

/** A builder of the same Program that puts `prefix` before the names of its slots, and how a sequence of them is called from outside. */
export interface SlotsUnder extends Builder {
  slot(name: string): string;
  sequence(slots: Sequence): Sequence;
}

/** For a second network beside a first: buffers of one name are one buffer. */
export function slotsUnder(whole: Builder, prefix: string): SlotsUnder {
  const slot = (name: string): string => `${prefix}${name}`;
  return {
    ...whole,
    add: (name, ...operations) => whole.add(slot(name), ...operations),
    event: (name, what) => whole.event(slot(name), what),
    operations: (name) => whole.operations(slot(name)),
    slot,
    sequence: (slots) => slots.map(([name, ...rest]) => [slot(name), ...rest] as const),
  };
}

/** Numbers in one example's array of a buffer. */
export function elements(buffer: Buffer): number {
  return buffer.shape.reduce((product, size) => product * size, 1);
}
