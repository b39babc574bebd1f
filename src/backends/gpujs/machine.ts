// A Program on a device of gpu.js: what stays there between calls, and what the host keeps (the clock, examples out of use).
// Nothing is read back but by `read`, or where the number of examples in use changes.
import { SettleError } from '../../errors.ts';
import { uniform24 } from '../../math/random.ts';
import { elements } from '../../program/builder.ts';
import { clockBuffer, exampleBuffer, type Operation, parameterBuffer, type Program } from '../../program/program.ts';
import type { Machine, MachineOptions, Values } from '../backend.ts';
import { checkedLength, checkedUse, inTurn, known } from '../reference.ts';
import { type Call, cells, type Plan } from './cells.ts';
import type { Device, Handle, Resident } from './device.ts';
import { onHost } from './device.ts';
import { isHost, iteration, lengthOf, marked, numbered, ringPeriod, tick, transposed, uniforms, type View } from './layout.ts'; // prettier-ignore
import { nextIteration, operations } from './operations.ts';
import { touchedBy } from './touched.ts';

/** Runs of a slot that one recorded plan holds, and numbers uploaded for them, at most. */
const mostRuns = 64;
const mostDraws = 2 ** 22;

type Random = Extract<Operation, { op: 'random' }>;

export function machine(
  program: Program,
  { batch }: MachineOptions,
  device: Device,
  name: string,
  label: string,
): Machine {
  const period = ringPeriod(program);
  const parameterIndex = new Map(program.parameters.map((parameter, index) => [parameter, index]));
  const parameters = new Float32Array(Math.max(1, program.parameters.length));
  const clock = new Int32Array(2);
  const examples = new Int32Array(batch);
  let inUse = batch;
  let nextUse = batch;
  let mark = 0;
  let closed = false;
  const env = new Map<string, View<Resident>>();
  /** All examples of a buffer, as they were when the number in use last changed. */
  const kept = new Map<string, Float32Array>();
  const single = (value: number): View<Resident> => ({ array: onHost(Float32Array.of(value)), base: 0, stride: 0 });
  const position = (): number => ((clock[1]! % period) + period) % period;
  for (const { name: buffer } of program.buffers.values()) if (!isHost(buffer)) env.set(buffer, { constant: 0 });
  env.set(tick, single(0));
  env.set(marked, single(0));

  /** Arrays that no view is of are freed. */
  function release(candidates: Iterable<Resident>): void {
    const live = new Set([...env.values()].flatMap((view) => ('array' in view ? [view.array] : [])));
    for (const array of new Set(candidates)) if (!live.has(array)) device.free(array);
  }
  function place(buffer: string, view: View<Resident>): void {
    const old = env.get(buffer);
    env.set(buffer, view);
    env.delete(transposed(buffer));
    if (old && 'array' in old) release([old.array]);
  }

  const slots = new Map<
    string,
    { operations: readonly Operation[]; names: readonly string[]; draws: readonly Random[] }
  >();
  function slotOf(slot: string) {
    const ready = slots.get(slot);
    if (ready) return ready;
    const listed = program.slots.get(slot);
    if (!listed) throw new SettleError(`no slot named "${slot}"`, { kind: 'defect' });
    const draws = listed.filter((operation) => operation.op === 'random');
    const made = { operations: listed, names: touchedBy(listed, draws.length, period > 1), draws };
    slots.set(slot, made);
    return made;
  }

  const plans = new Map<string, Plan>();
  /** One run of a slot from a layout. */
  function planOf<Of>(slot: string, layout: ReadonlyMap<string, View<Of>>, lengthOfArray: (array: Of) => number) {
    const { operations: listed, names, draws } = slotOf(slot);
    const entry = numbered(layout, names, lengthOfArray);
    const key = `${slot} ${inUse} ${entry.key}`;
    let plan = plans.get(key);
    if (!plan) {
      const made = cells(program, inUse, entry.places, entry.lengths, period, device);
      const execute = operations(program, made, period);
      for (const operation of listed) execute(operation);
      if (draws.length > 0) nextIteration(made);
      plan = { entries: entry.arrays.length, lengths: made.lengths, calls: made.calls, exit: made.env };
      plans.set(key, plan);
    }
    return { plan, key, arrays: entry.arrays };
  }
  function adopt<Of>(layout: Map<string, View<Of>>, names: readonly string[], plan: Plan, arrays: readonly Of[]): void {
    for (const buffer of names) {
      const view = plan.exit.get(buffer);
      if (!view) layout.delete(buffer);
      else layout.set(buffer, 'constant' in view ? view : { ...view, array: arrays[view.array]! });
    }
  }

  /** The random numbers of so many runs of a slot, each in its array, and the clock moved on. */
  function walk(slot: string, times: number): Float32Array[] {
    const { operations: listed, draws } = slotOf(slot);
    const sizes = draws.map(({ into }) => elements(program.buffers.get(into)!) * (program.buffers.get(into)!.batch ? inUse : 1)); // prettier-ignore
    const drawn = sizes.map((size) => new Float32Array(size * times));
    for (let time = 0; time < times; time++) {
      let index = 0;
      for (const operation of listed) {
        if (operation.op === 'advance') clock[1]! += operation.by ?? 1;
        else if (operation.op === 'mark') mark = clock[1]!;
        else if (operation.op === 'rewind') clock[1] = mark;
        else if (operation.op === 'random') {
          draw(operation, drawn[index]!.subarray(time * sizes[index]!, (time + 1) * sizes[index]!));
          index++;
        }
      }
    }
    return drawn;
  }
  /** As backends/wasm computes them, to the bit. */
  function draw({ into, stream, low, high }: Random, target: Float32Array): void {
    const units = elements(program.buffers.get(into)!);
    const from = Math.fround(low);
    const width = Math.fround(Math.fround(Math.fround(high) - from) * 2 ** -24);
    for (let k = 0; k < target.length; k++) {
      const bits = uniform24(clock[0]!, stream, examples[Math.floor(k / units)]!, k % units, clock[1]!) * 2 ** 24;
      target[k] = Math.fround(from + Math.fround(width * bits));
    }
  }

  async function runSlot(slot: string, times: number): Promise<void> {
    if (closed) throw new SettleError('this machine is closed', { kind: 'defect' });
    await settleUse();
    if (!env.has(parameterBuffer) || parametersChanged) place(parameterBuffer, { array: onHost(parameters.slice()), base: 0, stride: 0 }); // prettier-ignore
    parametersChanged = false;
    const { operations: listed, draws } = slotOf(slot);
    if (times <= 0 || listed.length === 0) return;
    const perRun = draws.reduce((sum, { into }) => sum + lengthOf(program.buffers.get(into)!, inUse), 0);
    const most = Math.max(1, Math.min(mostRuns, Math.floor(mostDraws / Math.max(1, perRun))));
    const blocks = Math.ceil(times / most);
    for (let block = 0, done = 0; block < blocks; block++) {
      const runs = Math.floor((times * (block + 1)) / blocks) - done;
      done += runs;
      const drawn = walk(slot, runs);
      drawn.forEach((values, index) => env.set(uniforms(index), { array: onHost(values), base: 0, stride: 0 }));
      if (drawn.length > 0) env.set(iteration, single(0));
      if (device.records) await recorded(slot, runs);
      else await called(slot, runs);
      const spent = [...drawn.map((_, index) => uniforms(index)), iteration];
      const arrays = spent.flatMap((buffer) => { const view = env.get(buffer); return view && 'array' in view ? [view.array] : []; }); // prettier-ignore
      for (const buffer of spent) env.delete(buffer);
      release(arrays);
    }
  }
  async function called(slot: string, runs: number): Promise<void> {
    const { names } = slotOf(slot);
    for (let run = 0; run < runs; run++) {
      const { plan, arrays } = planOf(slot, env, ({ length }) => length);
      const all: Resident[] = [...arrays];
      for (const call of plan.calls) {
        const args: Handle[] = [];
        for (const index of call.args) args.push(all[index]!.handle ?? (await device.upload(all[index]!)));
        const handle = await device.call(
          call,
          args,
          call.args.map((index) => plan.lengths[index]!),
        );
        all[call.into] = { length: call.length, host: null, handle };
      }
      adopt(env, names, plan, all);
      release(all);
    }
  }
  /** What a recorded plan leaves, known when it has been recorded. */
  const records = new Map<string, { exit: Map<string, View<number>>; results: readonly number[]; plan: Plan | null }>();
  async function recorded(slot: string, runs: number): Promise<void> {
    const { names } = slotOf(slot);
    const { key, arrays } = planOf(slot, env, ({ length }) => length);
    for (const array of arrays) await device.download(array);
    const whole = `${runs} x ${key}`;
    let left = records.get(whole);
    if (!left) {
      // The layout after all runs, and how the arrays come about, by numbers: entries first, then each call's.
      const layout = new Map<string, View<number>>(numbered(env, names, ({ length }) => length).places);
      const lengths = arrays.map(({ length }) => length);
      const calls: Call[] = [];
      for (let run = 0; run < runs; run++) {
        const { plan, arrays: given } = planOf(slot, layout, (array) => lengths[array]!);
        const all = [...given];
        for (const call of plan.calls) {
          all[call.into] = lengths.push(call.length) - 1;
          calls.push({ ...call, args: call.args.map((index) => all[index]!), into: all[call.into]! });
        }
        adopt(layout, names, plan, all);
      }
      const results = [...new Set([...layout.values()].flatMap((view) => ('array' in view && view.array >= arrays.length ? [view.array] : [])))]; // prettier-ignore
      left = { exit: layout, results, plan: { entries: arrays.length, lengths, calls, exit: layout } };
      records.set(whole, left);
    }
    const { exit, results, plan } = left;
    const all: Resident[] = [...arrays];
    if (results.length > 0) {
      const values = await device.record(whole, arrays, (call, entries) => {
        const made: Handle[] = [...entries];
        for (const each of plan!.calls) made[each.into] = call(each, each.args.map((index) => made[index]!));
        return results.map((index) => made[index]!);
      }); // prettier-ignore
      results.forEach((index, k) => (all[index] = onHost(values[k]!)));
      // The calls are not needed once they are recorded.
      left.plan = null;
    }
    for (const buffer of names) {
      const view = exit.get(buffer);
      if (!view) env.delete(buffer);
      else env.set(buffer, 'constant' in view ? view : { ...view, array: all[view.array]! });
    }
  }

  let parametersChanged = true;

  /** Brings all examples of every buffer to the host and takes up as many as are in use now. */
  let settled = Promise.resolve();
  function settleUse(): Promise<void> {
    const [old, next] = [inUse, nextUse];
    if (old !== next) settled = settled.then(() => takeUp(old));
    inUse = next;
    return settled;
  }
  async function takeUp(old: number): Promise<void> {
    for (const buffer of program.buffers.values()) {
      if (!buffer.batch || isHost(buffer.name)) continue;
      const view = env.get(buffer.name)!;
      const size = elements(buffer) * buffer.history;
      const before = kept.get(buffer.name);
      // Examples that were never in use hold 0.
      if ('constant' in view && view.constant === 0 && !before) continue;
      const all = before ?? new Float32Array(size * batch);
      if ('constant' in view) all.fill(view.constant, 0, size * old);
      else {
        const values = await device.download(view.array);
        for (let example = 0; example < old; example++) all.set(values.subarray(view.base + example * view.stride, view.base + example * view.stride + size), example * size); // prettier-ignore
      }
      kept.set(buffer.name, all);
      if ('constant' in view && inUse <= old) continue;
      place(buffer.name, { array: onHost(all.slice(0, size * inUse)), base: 0, stride: size });
    }
  }

  async function read(buffer: string, range?: readonly [number, number]): Promise<Values> {
    const { dtype, batch: batched, history, ...rest } = known(program, buffer);
    await settleUse();
    const typed = (values: ArrayLike<number>): Values => dtype === 'real' ? Float32Array.from(values) : dtype === 'u8' ? Uint8Array.from(values) : Int32Array.from(values); // prettier-ignore
    if (buffer === clockBuffer) return clock.slice(...(range ?? []));
    if (buffer === exampleBuffer) return examples.slice(0, inUse);
    if (buffer === parameterBuffer) return parameters.slice(...(range ?? []));
    const size = elements({ dtype, batch: batched, history, ...rest });
    const view = env.get(buffer)!;
    const [begin, end] = range ?? [0, size * (batched ? inUse : 1)];
    if ('constant' in view) return typed(new Float32Array(end - begin).fill(view.constant));
    const values = await device.download(view.array);
    const ring = ((clock[1]! % history) + history) % history;
    const first = view.base + ring * size;
    if (range || !batched) return typed(values.subarray(first + begin, first + end));
    const result = new Float32Array(end);
    for (let example = 0; example < inUse; example++) result.set(values.subarray(first + example * view.stride, first + example * view.stride + size), example * size); // prettier-ignore
    return typed(result);
  }
  async function write(name_: string, values: ArrayLike<number>): Promise<void> {
    const buffer = known(program, name_);
    await settleUse();
    const count = buffer.batch ? inUse : 1;
    checkedLength(buffer, values.length, count);
    if (name_ === clockBuffer) {
      clock.set(values);
      return place(tick, single(position()));
    }
    if (name_ === exampleBuffer) return examples.set(values);
    if (name_ === parameterBuffer) {
      parametersChanged = true;
      return parameters.set(values);
    }
    const size = elements(buffer);
    const { history } = buffer;
    const stride = buffer.batch ? size * history : 0;
    if (history === 1) return place(name_, { array: onHost(Float32Array.from(values)), base: 0, stride });
    const view = env.get(name_)!;
    const all = new Float32Array(size * history * count);
    if ('constant' in view) all.fill(view.constant);
    else {
      const old = await device.download(view.array);
      for (let example = 0; example < count; example++) all.set(old.subarray(view.base + example * view.stride, view.base + example * view.stride + size * history), example * size * history); // prettier-ignore
    }
    const ring = ((clock[1]! % history) + history) % history;
    for (let k = 0; k < values.length; k++) all[(Math.floor(k / size) * history + ring) * size + (k % size)] = values[k]!; // prettier-ignore
    place(name_, { array: onHost(all), base: 0, stride });
  }

  return {
    program,
    batch,
    backend: name,
    device: label,
    threads: 1,
    use(count) {
      nextUse = checkedUse(count, batch);
    },
    run: (slot, times = 1) => runSlot(slot, times),
    ...inTurn(runSlot, read),
    read,
    write,
    setParameter(parameter, value) {
      const index = parameterIndex.get(parameter);
      if (index === undefined) throw new SettleError(`no parameter named "${parameter}"`, { kind: 'defect' });
      parameters[index] = value;
      parametersChanged = true;
    },
    async close() {
      if (closed) return;
      closed = true;
      await device.close();
    },
  };
}
