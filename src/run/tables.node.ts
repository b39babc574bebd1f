// The tables that only Node can fill: backends with worker threads.
import type { Backend } from '../backends/backend.ts';
import { gpujs } from '../backends/gpujs.node.ts';
import { webgpu } from '../backends/webgpu.node.ts';
import { reference } from '../backends/reference.ts';
import { wasm } from '../backends/wasm/backend.node.ts';

/** Backends by name. */
export const backends: Readonly<Record<string, () => Backend>> = {
  wasm: () => wasm(),
  'wasm:relaxed': () => wasm(true),
  reference: () => reference,
  gpujs,
  'gpujs:webgpu': () => gpujs('webgpu'),
  'gpujs:webgl2': () => gpujs('webgl2'),
  'gpujs:webasm': () => gpujs('webasm'),
  'gpujs:cpu': () => gpujs('cpu'),
  webgpu,
};
