// The wasm backend with Node's worker threads.
import { existsSync } from 'node:fs';
import { MessageChannel, Worker } from 'node:worker_threads';
import { SettleError } from '../../errors.ts';
import type { Backend } from '../backend.ts';
import { wasmBackend } from './backend.ts';
import { words } from './layout.ts';

// In dist/ the worker's bundle lies beside this file; run from the sources, it lies in the dist/ of the repository.
function workerFile(): URL {
  const beside = new URL('./wasm-worker.js', import.meta.url);
  return existsSync(beside) ? beside : new URL('../../../dist/wasm-worker.js', import.meta.url);
}

export function wasm(): Backend {
  return wasmBackend((start) => {
    const file = workerFile();
    if (!existsSync(file))
      throw new SettleError('the worker threads are not built', {
        kind: 'environment', expected: 'dist/wasm-worker.js', hint: 'npm run build',
      }); // prettier-ignore
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(file, { workerData: { start, port: port2 }, transferList: [port2] });
    const control = new Int32Array(start.memory.buffer);
    worker.on('error', () => Atomics.store(control, words.failed, 1));
    worker.unref();
    port1.unref();
    return { post: (plan) => port1.postMessage(plan) };
  });
}
