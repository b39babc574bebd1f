// The gpujs backend in Node, where WebGPU must be there before gpu.js is loaded.
import { adapter } from './adapter.node.ts';
import { gpujs as anywhere, type Mode, type Place } from './gpujs.ts';

const node: Place = { load: () => import('gpu.js'), adapter };

/** A backend in one mode, or in the first that is there (see gpujs.ts). */
export function gpujs(mode: Mode | null = null): ReturnType<typeof anywhere> {
  return anywhere(mode, node);
}
