// The webgpu backend: the kernels of gpujs in WGSL on WebGPU itself, without gpu.js: cheaper to launch, dense products in tiles of
// workgroup memory. It takes a graphics card, or a renderer in software where that is all there is, and says which.
import { type Adapter, firstAdapter, labelOf, missing, needsCard } from './adapter.ts';
import type { Backend } from './backend.ts';
import { machine } from './gpujs/machine.ts';
import { checkProgram } from './gpujs/touched.ts';
import { webgpuDevice } from './webgpu/device.ts';

/** @param adapter the adapter to take, or what is missing, in words */
export function webgpu(adapter: () => Promise<Adapter | string> = firstAdapter): Backend {
  return {
    name: 'webgpu',
    async open(program, options) {
      checkProgram(program, options.batch, 'webgpu');
      const found = await adapter();
      if (typeof found === 'string') throw missing('webgpu', found, needsCard);
      const device = await (found as GPUAdapter).requestDevice().catch((error: Error) => {
        throw missing('webgpu', `${labelOf(found)} gives no device: ${error.message}`, needsCard);
      });
      return machine(program, options, webgpuDevice(device), 'webgpu', labelOf(found));
    },
  };
}
