// Arrays and kernels of WebGPU itself: launches are gathered into few submissions, arrays that no buffer lies in any more are
// used again. It knows no operation.
import { type ErrorKind, SettleError } from '../../errors.ts';
import type { Call } from '../gpujs/cells.ts';
import type { Device, Resident } from '../gpujs/device.ts';
import { shaderOf } from './wgsl.ts';

interface Place {
  readonly buffer: GPUBuffer;
  readonly number: number;
  readonly bytes: number;
}
interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly groups: readonly [number, number];
  readonly bound: Map<string, GPUBindGroup>;
}

/** Launches of one submission, and those that may wait for the card. */
const together = 256;
const mostWaiting = 8192;
/** Milliseconds that word of a lost device may take after what failed of it. */
const patience = 500;
/** Sets of arrays that a kernel keeps tied to itself. */
const mostBound = 256;
// The numbers that the standard gives these flags; the names are no globals in Node.
const [mapRead, copyFrom, copyTo, uses, stage] = [1, 4, 8, 128, 4];

/** Bytes of the arrays that so many may lie in: four sizes to a doubling, so that other sizes find them when they are free. */
function sizeClass(bytes: number): number {
  const step = 2 ** Math.max(4, Math.floor(Math.log2(Math.max(1, bytes))) - 2);
  return Math.max(1, Math.ceil(bytes / step)) * step;
}

export function webgpuDevice(gpu: GPUDevice): Device {
  const kernels = new Map<string, Kernel>();
  const known = new WeakMap<Call, Kernel>();
  const spare = new Map<number, Place[]>();
  let places = 0;
  let encoder: GPUCommandEncoder | null = null;
  let pass: GPUComputePassEncoder | null = null;
  let launches = 0;
  let waiting = 0;
  let failure: SettleError | null = null;
  const failed = (message: string, kind: ErrorKind, hint?: string): SettleError =>
    (failure ??= new SettleError(`webgpu: ${message}`, { kind, hint }));
  gpu.onuncapturederror = ({ error }) => {
    const full = error.constructor.name === 'GPUOutOfMemoryError';
    failed(full ? `not enough memory on the card: ${error.message}` : error.message, full ? 'environment' : 'defect', full ? 'a smaller data.batch or population' : undefined);
  }; // prettier-ignore
  const lost = gpu.lost.then(({ reason, message }) => {
    if (reason !== 'destroyed') failed(`the device is lost: ${message}`, 'environment');
  });
  function sound(): void {
    if (failure !== null) throw failure;
  }
  /** What a promise of the device failed of: the loss of the device, or an error of memory, is told apart, and may come later. */
  async function reasonOf(error: unknown, source = ''): Promise<SettleError> {
    await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, patience))]);
    return failed(`${(error as Error).message}${source}`, 'defect');
  }

  function flush(): void {
    if (!encoder) return;
    pass?.end();
    gpu.queue.submit([encoder.finish()]);
    [encoder, pass, launches] = [null, null, 0];
  }
  function place(length: number): Place {
    const bytes = sizeClass(4 * length);
    const made = (): Place => ({ buffer: gpu.createBuffer({ size: bytes, usage: uses | copyFrom | copyTo }), number: places++, bytes }); // prettier-ignore
    return spare.get(bytes)?.pop() ?? made();
  }

  async function kernelOf(call: Call): Promise<Kernel> {
    const ready = known.get(call);
    if (ready) return ready;
    const { code, groups } = shaderOf(call);
    let kernel = kernels.get(code);
    if (!kernel) {
      const entries = Array.from({ length: call.args.length + 1 }, (_, binding) => ({ binding, visibility: stage, buffer: { type: binding < call.args.length ? 'read-only-storage' : 'storage' } as const })); // prettier-ignore
      const layout = gpu.createBindGroupLayout({ entries });
      try {
        const pipeline = await gpu.createComputePipelineAsync({ layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }), compute: { module: gpu.createShaderModule({ code }), entryPoint: 'main' } }); // prettier-ignore
        kernel = { pipeline, layout, groups, bound: new Map() };
      } catch (error) {
        throw await reasonOf(error, `\n${code}`);
      }
      kernels.set(code, kernel);
    }
    known.set(call, kernel);
    return kernel;
  }
  function groupOf({ layout, bound }: Kernel, arrays: readonly Place[]): GPUBindGroup {
    const key = arrays.map(({ number }) => number).join();
    let group = bound.get(key);
    if (!group) {
      if (bound.size >= mostBound) bound.clear();
      group = gpu.createBindGroup({ layout, entries: arrays.map(({ buffer }, binding) => ({ binding, resource: { buffer } })) }); // prettier-ignore
      bound.set(key, group);
    }
    return group;
  }

  return {
    shading: true,
    tiling: true,
    records: false,
    async upload(array) {
      if (array.handle) return array.handle;
      // What is written comes before what is submitted later, not before what is encoded.
      flush();
      const made = place(array.length);
      gpu.queue.writeBuffer(made.buffer, 0, array.host! as Float32Array<ArrayBuffer>);
      array.handle = made;
      return made;
    },
    async download(array) {
      if (array.host) return array.host;
      const { buffer } = array.handle as Place;
      const bytes = 4 * array.length;
      const staging = gpu.createBuffer({ size: Math.max(16, bytes), usage: mapRead | copyTo });
      pass?.end();
      pass = null;
      encoder ??= gpu.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
      flush();
      waiting = 0;
      await staging.mapAsync(mapRead).catch(async (error: unknown) => {
        throw await reasonOf(error);
      });
      sound();
      array.host = new Float32Array(staging.getMappedRange(0, bytes).slice(0));
      staging.destroy();
      return array.host;
    },
    free(array: Resident) {
      const freed = array.handle as Place | null;
      if (!freed) return;
      // Commands run in their order: what reads the array now runs before what writes it next.
      array.handle = null;
      const same = spare.get(freed.bytes);
      if (same) same.push(freed);
      else spare.set(freed.bytes, [freed]);
    },
    async call(call, args) {
      const kernel = known.get(call) ?? (await kernelOf(call));
      const made = place(call.length);
      encoder ??= gpu.createCommandEncoder();
      pass ??= encoder.beginComputePass();
      pass.setPipeline(kernel.pipeline);
      pass.setBindGroup(0, groupOf(kernel, [...(args as Place[]), made]));
      pass.dispatchWorkgroups(kernel.groups[0], kernel.groups[1]);
      launches++;
      waiting++;
      if (launches >= together) flush();
      if (waiting >= mostWaiting) {
        waiting = 0;
        await gpu.queue.onSubmittedWorkDone();
        sound();
      }
      return made;
    },
    record: () => Promise.reject(new Error('unreachable: calls are not recorded')),
    async close() {
      gpu.destroy();
    },
  };
}
