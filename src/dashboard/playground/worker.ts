// The simulator in a worker of the page, with every backend that a browser can have.
import type { Backend } from '../../backends/backend.ts';
import { gpujs } from '../../backends/gpujs.ts';
import { reference } from '../../backends/reference.ts';
import { wasmBackend } from '../../backends/wasm/backend.ts';
import { webgpu } from '../../backends/webgpu.ts';
import type { ToSimulator } from './calls.ts';
import { simulator } from './simulator.ts';

/** gpu.js's mode `cpu` makes code from text, which the page's content policy refuses: it is not here. */
const backends: Readonly<Record<string, () => Backend>> = {
  wasm: wasmBackend,
  webgpu,
  'gpujs:webgpu': () => gpujs('webgpu'),
  'gpujs:webgl2': () => gpujs('webgl2'),
  'gpujs:webasm': () => gpujs('webasm'),
  reference: () => reference,
};

const scope = self as unknown as {
  postMessage(message: unknown): void;
  addEventListener(kind: 'message', listener: (event: { data: ToSimulator }) => void): void;
};
const take = simulator({
  backends,
  say: (message) => scope.postMessage(message),
  clock: () => performance.now(),
  breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
});
scope.addEventListener('message', ({ data }) => take(data));
