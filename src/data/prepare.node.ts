// A thread that makes the next batch of augmented pictures while the present one trains. It changes no bit: inputs are a pure
// function of seed, pass and example.
import { Worker } from 'node:worker_threads';
import { bundled } from '../bundled.node.ts';
import type { Examples } from './dataset.ts';
import type { Preparer, PreparerStart, PreparerTask } from './prepare.ts';
import type { Augmentation } from './spec.ts';

/** The same numbers where both threads see them. */
function shared(inputs: Examples['inputs']): Examples['inputs'] {
  if (inputs.buffer instanceof SharedArrayBuffer) return inputs;
  const memory = new SharedArrayBuffer(inputs.byteLength);
  const copy = inputs instanceof Uint8Array ? new Uint8Array(memory) : new Float32Array(memory);
  copy.set(inputs);
  return copy;
}

/** Prepares batches of at most `batch` examples. */
export function preparer(examples: Examples, augmentation: Augmentation, seed: number, batch: number): Preparer {
  const size = examples.inputs.length / Math.max(1, examples.count);
  const slot = (): Float32Array => new Float32Array(new SharedArrayBuffer(4 * batch * size));
  const slots = [slot(), slot()] as const;
  const start: PreparerStart = {
    examples: { ...examples, inputs: shared(examples.inputs) },
    augmentation,
    seed,
    slots,
  };
  const worker = new Worker(bundled('data-worker.js'), { workerData: start });
  worker.unref();
  let tasks = 0;
  let begun: (PreparerTask & { readonly done: Promise<void> }) | null = null;
  let broken: Error | null = null;
  const waiting = new Map<number, { resolve(): void; reject(error: Error): void }>();
  worker.on('message', (id: number) => {
    waiting.get(id)?.resolve();
    waiting.delete(id);
  });
  worker.on('error', (error: Error) => {
    broken = error;
    for (const { reject } of waiting.values()) reject(error);
  });

  function begin(indices: Int32Array, pass: number): NonNullable<typeof begun> {
    const id = tasks++;
    const task: PreparerTask = { id, slot: id % 2 === 0 ? 0 : 1, indices, pass };
    const done = new Promise<void>((resolve, reject) => {
      if (broken) reject(broken);
      else waiting.set(id, { resolve, reject });
    });
    // Nobody may ever ask for it.
    done.catch(() => undefined);
    worker.postMessage(task);
    return (begun = { ...task, done });
  }
  const isOf = (task: PreparerTask, indices: Int32Array, pass: number): boolean =>
    task.pass === pass && task.indices.length === indices.length && task.indices.every((k, at) => k === indices[at]);
  return {
    begin: (indices, pass) => void begin(indices, pass),
    async take(indices, pass) {
      const task = begun && isOf(begun, indices, pass) ? begun : begin(indices, pass);
      begun = null;
      worker.ref();
      try {
        await task.done;
      } finally {
        worker.unref();
      }
      return slots[task.slot].subarray(0, indices.length * size);
    },
    async close() {
      await worker.terminate();
    },
  };
}
