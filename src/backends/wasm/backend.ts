// The default backend: float32 in shared WebAssembly memory, one module emitted for each sequence, kernels from
// AssemblyScript. Threads come from outside (backend.node.ts); without them it runs on the caller's own.
import { SettleError } from '../../errors.ts';
import { elements } from '../../program/builder.ts';
import type { Program, Sequence } from '../../program/program.ts';
import { clockBuffer, parameterBuffer } from '../../program/program.ts';
import type { Backend, Machine, MachineOptions, Values } from '../backend.ts';
import { checkedLength, checkedUse, known, untilStill } from '../reference.ts';
import { FunctionBody, Module, v128 } from './assembler.ts';
import { kernelsBase64 } from './kernels.generated.ts';
import { compressPatterns, compressTable, type Layout, layout, type Place, words } from './layout.ts';
import { compilePlan, isRepeated, type Plan } from './plan.ts';
import { mirrorCall } from './shared.ts';
import { awaitChange, type Crew, type Exports, perform } from './threads.ts';

/** What a new worker is given: everything but the plans, which follow by `post`. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  readonly kernels: WebAssembly.Module;
  readonly scratch: number;
  readonly crew: Pick<Crew, 'clockStep' | 'threads'>;
}

export interface WorkerPlan {
  readonly id: number;
  readonly module: WebAssembly.Module;
  readonly groups: Plan['groups'];
}

export interface WorkerHandle {
  post(plan: WorkerPlan): void;
}

export type Spawn = (start: WorkerStart) => WorkerHandle;

interface ReadyPlan {
  readonly id: number;
  readonly plan: Plan;
  readonly exports: Exports;
}

/** Instance of the kernels for one thread. */
export function openKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  scratch: number,
): WebAssembly.Exports {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports['setScratch'] as (address: number) => void)(scratch);
  return exports;
}

export function openPlan(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  kernels: WebAssembly.Exports,
): Exports {
  return new WebAssembly.Instance(module, { env: { memory }, kernels } as WebAssembly.Imports)
    .exports as unknown as Exports;
}

/**
 * A wasm backend whose extra threads, if any, come from `spawn`. `relaxed`: dense products by relaxed SIMD's multiply-add, whose
 * last bits depend on the processor (not on the threads). @throws SettleError of kind `environment` where there is none
 */
export function wasmBackend(spawn?: Spawn, relaxed = false): Backend {
  if (relaxed && !WebAssembly.validate(relaxedModule()))
    throw new SettleError('this host has no relaxed SIMD', {
      kind: 'environment', path: 'backend', found: 'wasm:relaxed', expected: 'backend: wasm, or a newer host',
    }); // prettier-ignore
  return { name: nameOf(relaxed), open: (program, options) => open(relaxed, program, options, spawn) };
}

const nameOf = (relaxed: boolean): string => (relaxed ? 'wasm:relaxed' : 'wasm');

/** A module that hosts without relaxed SIMD refuse. */
function relaxedModule(): Uint8Array<ArrayBuffer> {
  const [module, f] = [new Module(), new FunctionBody([v128])];
  f.fused = true;
  module.add('madd', f.addProduct(0, 0, 0).set(0));
  return module.bytes(1);
}

async function open(relaxed: boolean, program: Program, options: MachineOptions, spawn?: Spawn): Promise<Machine> {
  const threads = spawn ? Math.max(1, Math.min(options.threads, options.batch)) : 1;
  const places = layout(program, options.batch, threads, relaxed);
  const memory = allocate(places);
  const kernelModule = await WebAssembly.compile(
    Uint8Array.from(atob(kernelsBase64), (letter) => letter.charCodeAt(0)),
  );
  const control = new Int32Array(memory.buffer);
  const clock = places.places.get(clockBuffer)!.address / 4;
  const crew: Crew = { control, clockStep: clock + 1, threads };
  control[words.examples] = options.batch;
  const kernels = openKernels(kernelModule, memory, places.scratch);
  const workers = Array.from({ length: threads - 1 }, (_, index) =>
    spawn!({
      memory,
      kernels: kernelModule,
      scratch: places.scratch + (index + 1) * places.scratchBytes,
      crew: { clockStep: crew.clockStep, threads },
    }),
  );
  const plans = new Map<string, ReadyPlan>();
  /** The same by the sequence itself: callers pass the same one batch after batch. */
  const bySequence = new WeakMap<Sequence, ReadyPlan>();
  const floats = new Float32Array(memory.buffer);
  new Uint8Array(memory.buffer).set(compressPatterns(), compressTable);
  let closed = false;

  async function planOf(sequence: Sequence): Promise<ReadyPlan> {
    const key = isRepeated(program, places, sequence) ? sequence[0]![0] : JSON.stringify(sequence);
    const ready = plans.get(key);
    if (ready) return ready;
    const plan = compilePlan(program, places, sequence);
    const module = await WebAssembly.compile(plan.bytes);
    const id = plans.size + 1;
    for (const worker of workers) worker.post({ id, module, groups: plan.groups });
    const entry = { id, plan, exports: openPlan(module, memory, kernels) };
    plans.set(key, entry);
    return entry;
  }
  /** Sequences that watch something are run piece by piece; the pieces are made once. */
  const pieces = new WeakMap<Sequence, readonly Sequence[]>();
  async function performAll(sequence: Sequence): Promise<void> {
    if (!sequence.some(([, , until]) => until)) return performSequence(sequence);
    const parts = pieces.get(sequence) ?? piecesOf(sequence);
    pieces.set(sequence, parts);
    for (const part of parts) {
      const [slot, times, until] = part[0]!;
      if (!until) await performSequence(part);
      else await untilStill((runs) => performSequence([[slot, runs]]), read, times, until);
    }
  }
  async function performSequence(sequence: Sequence): Promise<void> {
    if (closed) throw new SettleError('this machine is closed', { kind: 'defect' });
    if (sequence.length === 1 && sequence[0]![1] <= 0) return;
    const ready = bySequence.get(sequence) ?? (await planOf(sequence));
    bySequence.set(sequence, ready);
    const { id, plan, exports } = ready;
    // Without a part there is no barrier, and a sleeping worker could miss the command.
    if (plan.groups.every(({ parts }) => parts.length === 0)) return;
    if (sequence.length === 1) control[words.times] = sequence[0]![1];
    if (threads > 1) {
      control[words.plan] = id;
      Atomics.add(control, words.command, 1);
      Atomics.notify(control, words.command);
    }
    perform(plan, exports, crew);
    if (Atomics.load(control, words.failed) !== 0) throw new SettleError('a worker thread failed', { kind: 'defect' });
  }

  function view(place: Place): Float32Array | Int32Array {
    return place.buffer.dtype === 'real' ? floats : control;
  }
  /** Calls `body` with the word index of each row of a buffer, in order. */
  function forRows(place: Place, body: (word: number) => void): void {
    const count = place.buffer.batch ? control[words.examples]! : 1;
    const { history } = place.buffer;
    const ring = ((control[clock + 1]! % history) + history) % history;
    for (let example = 0; example < count; example++)
      for (let row = 0; row < place.rows; row++)
        body((place.address + example * place.exampleStride + ring * place.ringStride + row * place.vectors * 16) / 4);
  }
  async function read(name: string, range?: readonly [number, number]): Promise<Values> {
    const buffer = known(program, name);
    const place = places.places.get(name)!;
    if (range) {
      let word = 0;
      forRows(place, (row) => (word ||= row));
      return view(place).slice(word + range[0], word + range[1]);
    }
    const length = elements(buffer) * (buffer.batch ? control[words.examples]! : 1);
    const values = buffer.dtype === 'real' ? new Float32Array(length) : new Int32Array(length);
    const source = view(place);
    let at = 0;
    forRows(place, (word) => {
      values.set(source.subarray(word, word + place.units), at);
      at += place.units;
    });
    return values;
  }

  return {
    program,
    batch: options.batch,
    backend: nameOf(relaxed),
    threads,
    use(examples) {
      control[words.examples] = checkedUse(examples, options.batch);
    },
    run: (slot, times = 1) => performSequence([[slot, times]]),
    perform: performAll,
    runUntil: (slot, maxTimes, buffer, tolerance, every) =>
      untilStill((times) => performSequence([[slot, times]]), read, maxTimes, { watch: [buffer], tolerance, every }),
    read,
    async write(name, values) {
      const buffer = known(program, name);
      const place = places.places.get(name)!;
      checkedLength(buffer, values.length, buffer.batch ? control[words.examples]! : 1);
      const target = view(place);
      let at = 0;
      const same = target.constructor === values.constructor;
      forRows(place, (word) => {
        if (same) target.set((values as typeof target).subarray(at, at + place.units), word);
        else for (let unit = 0; unit < place.units; unit++) target[word + unit] = values[at + unit]!;
        at += place.units;
      });
      for (const mirror of places.mirrors.filter(({ weight }) => weight === name)) {
        const { kernel, values: more, items } = mirrorCall(places, mirror);
        (kernels[kernel] as (...args: number[]) => void)(0, items, ...more);
      }
    },
    setParameter(name, value) {
      const index = places.parameterIndex.get(name);
      if (index === undefined) throw new SettleError(`no parameter named "${name}"`, { kind: 'defect' });
      floats[places.places.get(parameterBuffer)!.address / 4 + index] = value;
    },
    async close() {
      if (closed) return;
      closed = true;
      Atomics.store(control, words.stop, 1);
      Atomics.add(control, words.command, 1);
      Atomics.notify(control, words.command);
    },
  };
}

function allocate(places: Layout): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: places.pages, maximum: places.pages, shared: true });
  } catch {
    throw new SettleError('not enough memory for this model', {
      kind: 'environment',
      found: `${(places.bytes / 2 ** 20).toFixed(0)} MiB asked for`,
      hint: 'a smaller data.batch or population',
    });
  }
}

/** The life of a worker: sleep, take plans that have come, do this thread's share, until told to stop. */
export function workerLife(start: WorkerStart, take: () => WorkerPlan | undefined): void {
  const kernels = openKernels(start.kernels, start.memory, start.scratch);
  const control = new Int32Array(start.memory.buffer);
  const crew: Crew = { control, ...start.crew };
  const plans = new Map<number, { groups: Plan['groups']; exports: Exports }>();
  for (let seen = 0; ; seen++) {
    awaitChange(control, words.command, seen);
    if (Atomics.load(control, words.stop) === 1) return;
    const id = control[words.plan]!;
    while (!plans.has(id)) {
      const message = take();
      if (message)
        plans.set(message.id, { groups: message.groups, exports: openPlan(message.module, start.memory, kernels) });
    }
    const plan = plans.get(id)!;
    try {
      perform(plan, plan.exports, crew);
    } catch (error) {
      Atomics.store(control, words.failed, 1);
      Atomics.notify(control, words.barrier);
      throw error;
    }
  }
}

/** A sequence cut so that each part with an `Until` stands alone. */
function piecesOf(sequence: Sequence): Sequence[] {
  const found: Sequence[number][][] = [[]];
  for (const part of sequence) {
    if (part[2]) found.push([part], []);
    else found.at(-1)!.push(part);
  }
  return found.filter((piece) => piece.length > 0);
}
