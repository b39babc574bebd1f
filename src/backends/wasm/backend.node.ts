// The wasm backend with Node's worker threads.
import { existsSync } from 'node:fs';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
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

/** `relaxed`: see wasmBackend. Node 20 has it behind a flag, which may still be set before such a module is compiled. */
export function wasm(relaxed = false): Backend {
  if (relaxed && Number(process.versions.node.split('.')[0]) < 21)
    setFlagsFromString('--experimental-wasm-relaxed-simd');
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
  }, relaxed);
}
