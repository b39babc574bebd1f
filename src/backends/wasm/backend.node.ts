// The wasm backend with Node's worker threads.
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { MessageChannel, Worker } from 'node:worker_threads';
import { bundled } from '../../bundled.node.ts';
import type { Backend } from '../backend.ts';
import { wasmBackend } from './backend.ts';
import { words } from './layout.ts';

/** `relaxed`: see wasmBackend. Node 20 has it behind a flag, which may still be set before such a module is compiled. */
export function wasm(relaxed = false): Backend {
  if (relaxed && Number(process.versions.node.split('.')[0]) < 21)
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  return wasmBackend((start) => {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(bundled('wasm-worker.js'), { workerData: { start, port: port2 }, transferList: [port2] });
    const control = new Int32Array(start.memory.buffer);
    worker.on('error', () => Atomics.store(control, words.failed, 1));
    worker.unref();
    port1.unref();
    return { post: (plan) => port1.postMessage(plan) };
  }, relaxed);
}
