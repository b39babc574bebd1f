// WebGPU in Node: it comes from the optional package webgpu, which no other file loads.
import { type Adapter, firstAdapter } from './adapter.ts';

let prepared: Promise<string | null> | null = null;

/** The adapter that WebGPU has in Node, or what is missing, in words. */
export async function adapter(): Promise<Adapter | string> {
  const lacking = await (prepared ??= prepare());
  return lacking ?? firstAdapter();
}

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
