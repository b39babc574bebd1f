// The law: every operation in float64 and plain loops, one after the other, written to be read. It is not fast.
import { SettleError } from '../errors.ts';
import { compile } from '../expr/evaluate.ts';
import { namesOf } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import { uniform24 } from '../math/random.ts';
import { elements } from '../program/builder.ts';
import type { Buffer, Operation, Program, Until } from '../program/program.ts';
import { clockBuffer, exampleBuffer, parameterBuffer } from '../program/program.ts';
import type { Backend, Machine, MachineOptions, Values } from './backend.ts';
import { picturesLaw } from './referencePictures.ts';
import { type Memory, sparseLaw } from './referenceSparse.ts';

export const reference: Backend = {
  name: 'reference',
  open: (program, options) => Promise.resolve(open(program, options)),
};

function open(program: Program, options: MachineOptions): Machine {
  const memory = new Map<string, Memory>();
  for (const buffer of program.buffers.values()) {
    const length = elements(buffer) * buffer.history * (buffer.batch ? options.batch : 1);
    memory.set(buffer.name, allocate(buffer, length));
  }
  let inUse = options.batch;
  let marked = 0;

  const of = (name: string): Memory => memory.get(name)!;
  const info = (name: string): Buffer => program.buffers.get(name)!;
  const clock = of(clockBuffer);
  const parameters = of(parameterBuffer);
  const parameterIndex = new Map(program.parameters.map((name, index) => [name, index]));
  const tick = (): number => clock[1]!;

  /** Where the array of one example begins, `at` steps ahead in a ring. */
  function start(name: string, example: number, at = 0): number {
    const buffer = info(name);
    const ring = (((tick() + at) % buffer.history) + buffer.history) % buffer.history;
    return ((buffer.batch ? example : 0) * buffer.history + ring) * elements(buffer);
  }
  function scaleOf(tree: Tree | undefined): number {
    if (!tree) return 1;
    const names = [...namesOf(tree)];
    return compile(tree, names)(Float64Array.from(names, (name) => parameters[parameterIndex.get(name)!]!));
  }
  function forExamples(name: string, body: (example: number) => void): void {
    const count = info(name).batch ? inUse : 1;
    for (let example = 0; example < count; example++) body(example);
  }

  /** Right-hand sides of a map as closures, made at its first use. */
  const compiledMaps = new Map<Operation, { names: string[]; values: ((values: Float64Array) => number)[] }>();
  function compiledMap(operation: Extract<Operation, { op: 'map' }>) {
    const known = compiledMaps.get(operation);
    if (known) return known;
    const names = [...new Set(operation.assign.flatMap(({ value }) => [...namesOf(value)]))];
    const made = { names, values: operation.assign.map(({ value }) => compile(value, names)) };
    compiledMaps.set(operation, made);
    return made;
  }

  /** Where a tree's name is read: a parameter, or this example's array. */
  function sourceOf(name: string, example: number): { memory: Memory; begin: number; each: number } {
    const parameter = parameterIndex.get(name);
    if (parameter !== undefined) return { memory: parameters, begin: parameter, each: 0 };
    return { memory: of(name), begin: start(name, example), each: elements(info(name)) === 1 ? 0 : 1 };
  }

  function map(operation: Extract<Operation, { op: 'map' }>): void {
    const { assign, units } = operation;
    const compiled = compiledMap(operation);
    const batched = assign.some(({ into }) => info(into).batch);
    const values = new Float64Array(compiled.names.length);
    const results = assign.map(() => new Float64Array(units));
    for (let example = 0; example < (batched ? inUse : 1); example++) {
      const sources = compiled.names.map((name) => sourceOf(name, example));
      for (let unit = 0; unit < units; unit++) {
        for (let k = 0; k < sources.length; k++) {
          const { memory: from, begin, each } = sources[k]!;
          values[k] = from[begin + each * unit]!;
        }
        for (let k = 0; k < results.length; k++) results[k]![unit] = compiled.values[k]!(values);
      }
      assign.forEach(({ into }, k) => of(into).set(results[k]!, start(into, example)));
    }
  }

  function gather(operation: Extract<Operation, { op: 'gather' }>): void {
    const { from, list, weight, into, add } = operation;
    const { conv } = info(weight);
    if (conv) return pictures.gatherConv(operation, conv);
    const [pre, post] = info(weight).shape as [number, number];
    const [w, x, out] = [of(weight), of(from), of(into)];
    forExamples(into, (example) => {
      const target = start(into, example);
      const source = start(from, example);
      if (!add) out.fill(0, target, target + post);
      const addRow = (unit: number, value: number): void => {
        if (value === 0) return;
        for (let j = 0; j < post; j++) out[target + j]! += value * w[unit * post + j]!;
      };
      if (list) forList(list, example, addRow);
      else for (let i = 0; i < pre; i++) addRow(i, x[source + i]!);
    });
  }

  function gatherBack(operation: Extract<Operation, { op: 'gatherBack' }>): void {
    const { from, weight, into, add } = operation;
    const { conv } = info(weight);
    if (conv) return pictures.gatherBackConv(operation, conv);
    const [pre, post] = info(weight).shape as [number, number];
    const [w, x, out] = [of(weight), of(from), of(into)];
    forExamples(into, (example) => {
      const target = start(into, example);
      const source = start(from, example);
      for (let i = 0; i < pre; i++) {
        let sum = 0;
        for (let j = 0; j < post; j++) sum += w[i * post + j]! * x[source + j]!;
        out[target + i] = add ? out[target + i]! + sum : sum;
      }
    });
  }

  function outer({ terms, scale, into, add }: Extract<Operation, { op: 'outer' }>): void {
    const [pre, post] = info(into).shape as [number, number];
    const { conv } = info(into);
    const sum = new Float64Array(pre * post);
    for (const term of terms) {
      if (conv) {
        for (let example = 0; example < inUse; example++) pictures.addOuterConv(sum, term, example, conv);
        continue;
      }
      const [left, right] = [of(term.pre), of(term.post)];
      for (let example = 0; example < inUse; example++) {
        const a = start(term.pre, example);
        const b = start(term.post, example);
        for (let i = 0; i < pre; i++) {
          const value = term.sign * left[a + i]!;
          if (value === 0) continue;
          for (let j = 0; j < post; j++) sum[i * post + j]! += value * right[b + j]!;
        }
      }
    }
    const factor = scaleOf(scale);
    const target = of(into);
    for (let k = 0; k < sum.length; k++) target[k] = (add ? target[k]! : 0) + factor * sum[k]!;
  }

  function forList(list: string, example: number, body: (unit: number, value: number) => void): void {
    const count = of(`${list}.count`)[start(`${list}.count`, example)]!;
    const first = start(`${list}.unit`, example);
    for (let k = 0; k < count; k++) body(of(`${list}.unit`)[first + k]!, of(`${list}.value`)[first + k]!);
  }

  function compact({ from, list }: Extract<Operation, { op: 'compact' }>): void {
    const units = elements(info(from));
    forExamples(`${list}.unit`, (example) => {
      const source = start(from, example);
      const first = start(`${list}.unit`, example);
      const counts = start(`${list}.count`, example);
      let count = 0;
      for (let unit = 0; unit < units; unit++) {
        const value = of(from)[source + unit]!;
        if (value === 0) continue;
        of(`${list}.unit`)[first + count] = unit;
        of(`${list}.value`)[first + count] = value;
        count++;
      }
      of(`${list}.count`)[counts] = count;
      of(`${list}.count`)[counts + 1]! += count;
    });
  }

  function deliver(operation: Extract<Operation, { op: 'deliver' | 'deliverBack' }>): void {
    const { list, weight, into, at } = operation;
    const [pre, post] = info(weight).shape as [number, number];
    const w = of(weight);
    forExamples(into, (example) => {
      const target = start(into, example, at);
      forList(list, example, (unit, value) => {
        if (operation.op === 'deliver')
          for (let j = 0; j < post; j++) of(into)[target + j]! += value * w[unit * post + j]!;
        else for (let i = 0; i < pre; i++) of(into)[target + i]! += value * w[i * post + unit]!;
      });
    });
  }

  function outerActive({ list, row, side, scale, into }: Extract<Operation, { op: 'outerActive' }>): void {
    const [pre, post] = info(into).shape as [number, number];
    const factor = scaleOf(scale);
    forExamples(into, (example) => {
      const target = start(into, example);
      const source = start(row, example);
      forList(list, example, (unit, value) => {
        const amount = factor * value;
        if (side === 'pre')
          for (let j = 0; j < post; j++) of(into)[target + unit * post + j]! += amount * of(row)[source + j]!;
        else for (let i = 0; i < pre; i++) of(into)[target + i * post + unit]! += amount * of(row)[source + i]!;
      });
    });
  }

  function reduce({ from, into, how, over, scale }: Extract<Operation, { op: 'reduce' }>): void {
    const units = elements(info(from));
    const factor = scaleOf(scale);
    const overBatch = over === 'batch';
    const results = overBatch ? elements(info(into)) : info(from).batch ? inUse : 1;
    const places = overBatch ? units / results : 1;
    for (let result = 0; result < results; result++) {
      let sum = 0;
      let best = -Infinity;
      let where = 0;
      for (let k = 0; k < (overBatch ? inUse * places : units); k++) {
        const [example, place] = [Math.floor(k / places), k % places];
        const value = of(from)[overBatch ? start(from, example) + place * results + result : start(from, result) + k]!;
        sum += value;
        if (value > best) [best, where] = [value, k];
      }
      const value = how === 'argmax' ? where : factor * (how === 'sum' ? sum : best);
      of(into)[overBatch ? start(into, 0) + result : start(into, result)] = value;
    }
  }

  const pictures = picturesLaw({ of, info, start, forExamples });
  const sparse = sparseLaw({ of, start, sourceOf, forExamples, tick });
  function execute(operation: Operation): void {
    switch (operation.op) {
      case 'map':
        return map(operation);
      case 'gather':
        return gather(operation);
      case 'gatherBack':
        return gatherBack(operation);
      case 'outer':
        return outer(operation);
      case 'pool':
        return pictures.pool(operation);
      case 'unpool':
        return pictures.unpool(operation);
      case 'poolAlong':
        return pictures.poolAlong(operation);
      case 'poolBend':
        return pictures.poolBend(operation);
      case 'spread': {
        const [small, large] = [of(operation.from), of(operation.into)];
        for (let k = 0; k < large.length; k++) large[k] = small[k % small.length]!;
        return;
      }
      case 'compact':
        return compact(operation);
      case 'deliver':
      case 'deliverBack':
        return deliver(operation);
      case 'fire':
      case 'put':
      case 'deliverRows':
      case 'trim':
        return sparse(operation);
      case 'every':
        if (tick() % operation.steps === 0) operation.operations.forEach(execute);
        return;
      case 'outerActive':
        return outerActive(operation);
      case 'reduce':
        return reduce(operation);
      case 'random':
        return forExamples(operation.into, (example) => {
          const target = start(operation.into, example);
          const number = of(exampleBuffer)[info(operation.into).batch ? example : 0]!;
          for (let unit = 0; unit < elements(info(operation.into)); unit++) {
            const uniform = uniform24(clock[0]!, operation.stream, number, unit, tick());
            of(operation.into)[target + unit] = operation.low + (operation.high - operation.low) * uniform;
          }
        });
      case 'copy': {
        const { from, into } = operation;
        const whole = info(into).history > 1 && info(into).history === info(from).history;
        return forExamples(into, (example) => {
          const length = elements(info(from)) * (whole ? info(from).history : 1);
          const source = whole ? example * length : start(from, example);
          of(into).set(of(from).subarray(source, source + length), whole ? example * length : start(into, example));
        });
      }
      case 'fill':
        return forExamples(operation.into, (example) => {
          const whole = elements(info(operation.into)) * info(operation.into).history;
          of(operation.into).fill(operation.value, example * whole, (example + 1) * whole);
        });
      case 'advance':
        clock[1]! += operation.by ?? 1;
        return;
      case 'mark':
        marked = tick();
        return;
      case 'rewind':
        clock[1] = marked;
    }
  }

  function runSlot(slot: string, times: number): void {
    const operations = program.slots.get(slot);
    if (!operations) throw new SettleError(`no slot named "${slot}"`, { kind: 'defect' });
    for (let time = 0; time < times; time++) for (const operation of operations) execute(operation);
  }

  async function read(name: string, range?: readonly [number, number]): Promise<Values> {
    const buffer = known(program, name);
    if (range) return of(name).slice(start(name, 0) + range[0], start(name, 0) + range[1]);
    const size = elements(buffer);
    const count = buffer.batch ? inUse : 1;
    const values = allocate(buffer, size * count);
    for (let example = 0; example < count; example++)
      values.set(of(name).subarray(start(name, example), start(name, example) + size), example * size);
    return values;
  }

  return {
    program,
    batch: options.batch,
    backend: 'reference',
    threads: 1,
    use(examples) {
      inUse = checkedUse(examples, options.batch);
    },
    async run(slot, times = 1) {
      runSlot(slot, times);
    },
    ...inTurn(async (slot, times) => runSlot(slot, times), read),
    read,
    async write(name, values) {
      const buffer = known(program, name);
      const size = elements(buffer);
      checkedLength(buffer, values.length, buffer.batch ? inUse : 1);
      for (let k = 0; k < values.length; k++) of(name)[start(name, Math.floor(k / size)) + (k % size)] = values[k]!;
    },
    setParameter(name, value) {
      const index = parameterIndex.get(name);
      if (index === undefined) throw new SettleError(`no parameter named "${name}"`, { kind: 'defect' });
      parameters[index] = value;
    },
    async close() {
      memory.clear();
    },
  };
}

function allocate(buffer: Buffer, length: number): Memory {
  if (buffer.dtype === 'i32') return new Int32Array(length);
  return buffer.dtype === 'u8' ? new Uint8Array(length) : new Float64Array(length);
}

/** The buffer of that name. @throws SettleError of kind `defect` */
export function known(program: Program, name: string): Buffer {
  const buffer = program.buffers.get(name);
  if (!buffer) throw new SettleError(`program ${program.name}: no buffer named "${name}"`, { kind: 'defect' });
  return buffer;
}

export function checkedUse(examples: number, batch: number): number {
  if (!Number.isInteger(examples) || examples < 1 || examples > batch)
    throw new SettleError(`examples in use: found ${examples}, expected 1 to ${batch}`, { kind: 'defect' });
  return examples;
}

export function checkedLength(buffer: Buffer, length: number, examples: number): void {
  const expected = elements(buffer) * examples;
  if (length !== expected)
    throw new SettleError(`write to ${buffer.name}: found ${length} values, expected ${expected}`, { kind: 'defect' });
}

/** `perform` and `runUntil` of a backend that runs one slot at a time. */
export function inTurn(
  runSlot: (slot: string, times: number) => Promise<void>,
  read: (name: string) => Promise<Values>,
): Pick<Machine, 'perform' | 'runUntil'> {
  return {
    async perform(sequence) {
      for (const [slot, times, until] of sequence)
        if (until) await untilStill((runs) => runSlot(slot, runs), read, times, until);
        else await runSlot(slot, times);
    },
    runUntil: (slot, maxTimes, buffer, tolerance, every) =>
      untilStill((runs) => runSlot(slot, runs), read, maxTimes, { watch: [buffer], tolerance, every }),
  };
}

/** The loop behind an `Until`, the same for every backend. */
export async function untilStill(
  run: (times: number) => Promise<void>,
  read: (name: string) => Promise<Values>,
  maxTimes: number,
  { watch, tolerance, every }: Until,
): Promise<number> {
  const look = (): Promise<Values[]> => Promise.all(watch.map((name) => read(name)));
  let before = await look();
  for (let made = 0; made < maxTimes;) {
    const times = Math.min(every, maxTimes - made);
    await run(times);
    made += times;
    const after = await look();
    let change = 0;
    after.forEach((values, buffer) => {
      const old = before[buffer]!;
      for (let k = 0; k < values.length; k++) change = Math.max(change, Math.abs(values[k]! - old[k]!));
    });
    if (change <= tolerance) return made;
    before = after;
  }
  return maxTimes;
}
