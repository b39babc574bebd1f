// The gpujs backend in Node: WebGPU comes from the optional package webgpu, which must be there before gpu.js is loaded.
import { type Adapter, firstAdapter, gpujs as anywhere, type Mode, type Place } from './gpujs.ts';
import { webgpu as anyCard } from './webgpu.ts';

let prepared: Promise<string | null> | null = null;

/** The adapter that WebGPU has in Node, or what is missing, in words. */
export async function adapter(): Promise<Adapter | string> {
  const lacking = await (prepared ??= prepare());
  return lacking ?? firstAdapter();
}
const node: Place = { load: () => import('gpu.js'), adapter };

/** Sees to `navigator.gpu`; what is missing, or null. */
async function prepare(): Promise<string | null> {
  // A newer Node may have WebGPU of its own.
  if ('navigator' in globalThis && 'gpu' in globalThis.navigator) return null;
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    const gpu = { value: create([]), configurable: true };
    if ('navigator' in globalThis) Object.defineProperty(globalThis.navigator, 'gpu', gpu);
    else Object.defineProperty(globalThis, 'navigator', { value: Object.defineProperty({}, 'gpu', gpu), configurable: true }); // prettier-ignore
    return null;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === 'ERR_MODULE_NOT_FOUND') return 'the optional package webgpu is not installed';
    return `the package webgpu does not load: ${message.split('\n')[0]}`;
  }
}

/** A backend in one mode, or in the first that is there (see gpujs.ts). */
export function gpujs(mode: Mode | null = null): ReturnType<typeof anywhere> {
  return anywhere(mode, node);
}

/** The same kernels without gpu.js (see webgpu.ts). */
export const webgpu = (): ReturnType<typeof anywhere> => anyCard(adapter);
