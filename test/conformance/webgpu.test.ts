// The text that the webgpu backend makes of kernels, and what it refuses; what the kernels compute is in gpujs.long.ts (where an
// adapter is found) and in scripts/check-gpu.mjs (in a browser).
import { describe, expect, it } from 'vitest';
import { cells } from '../../src/backends/gpujs/cells.ts';
import { numbered, type View } from '../../src/backends/gpujs/layout.ts';
import { operations } from '../../src/backends/gpujs/operations.ts';
import { onHost, type Resident } from '../../src/backends/gpujs/device.ts';
import { webgpu } from '../../src/backends/webgpu.ts';
import { webgpuDevice } from '../../src/backends/webgpu/device.ts';
import { shaderOf, translated } from '../../src/backends/webgpu/wgsl.ts';
import { explain, SettleError } from '../../src/errors.ts';
import { builder } from '../../src/program/builder.ts';

/** The launches of one dense product of so many examples through weights [pre, post]. */
function launches(examples: number, pre: number, post: number, tiling: boolean) {
  const b = builder('product');
  b.buffer('x', [pre], { batch: true });
  b.buffer('y', [post], { batch: true });
  b.buffer('w', [pre, post]);
  b.add('run', { op: 'gather', from: 'x', weight: 'w', into: 'y', add: true });
  const program = b.build();
  const layout = new Map<string, View<number>>(['x', 'y', 'w'].map((name, array) => [name, { array, base: 0, stride: name === 'w' ? 0 : program.buffers.get(name)!.shape[0]! }])); // prettier-ignore
  const lengths = [examples * pre, examples * post, pre * post];
  const entry = numbered(layout, [...layout.keys()], (array) => lengths[array]!);
  const made = cells(program, examples, entry.places, entry.lengths, 1, { shading: true, tiling });
  const execute = operations(program, made, 1);
  for (const operation of program.slots.get('run')!) execute(operation);
  return made.calls;
}

describe('kernels in WGSL', () => {
  it('have every number as an f32 and every index as a u32', () => {
    expect(translated('const t1 = a0[12 + x * 3] * 1e-7;')).toBe('let t1: f32 = a0[u32(12.0 + x * 3.0)] * 1e-7;');
    expect(translated('let s0 = 0.0;')).toBe('var s0: f32 = 0.0;');
    expect(translated('for (let k2 = 0; k2 < n1; k2++) {')).toBe('for (var k2: f32 = 0.0; k2 < n1; k2 += 1.0) {');
    expect(translated('if (t1 != 0) { t2 = Math.floor(a1[a0[x]] / 32); }')).toBe('if (t1 != 0.0) { t2 = floor(a1[u32(a0[u32(x)])] / 32.0); }'); // prettier-ignore
  });

  it('make dense products in tiles from 16 rows, columns and terms on, where a device does', () => {
    const sizes = [[16, 16, 16, true], [15, 16, 16, false], [16, 15, 16, false], [16, 16, 15, false], [64, 784, 512, true]] as const; // prettier-ignore
    for (const [examples, pre, post, tiled] of sizes) {
      const [call, ...rest] = launches(examples, pre, post, true);
      expect(rest).toEqual([]);
      expect(call!.tiles !== undefined, `${examples} x ${pre} x ${post}`).toBe(tiled);
      expect(shaderOf(call!).code.includes('var<workgroup>'), `${examples} x ${pre} x ${post}`).toBe(tiled);
    }
    expect(launches(64, 784, 512, false)[0]!.tiles).toBeUndefined();
    expect(shaderOf(launches(64, 784, 512, true)[0]!).groups).toEqual([8, 1]);
    expect(shaderOf(launches(20, 784, 300, true)[0]!).groups).toEqual([5, 2]);
  });

  it('are launched in rows of groups where there are more than WebGPU promises in one', () => {
    const [call] = launches(15, 16, 2 ** 20, true);
    expect(shaderOf(call!).groups).toEqual([32768, 8]);
    expect(shaderOf(call!).code).toContain('let i = id.y * 2097152u + id.x;');
  });
});

describe('the webgpu backend', () => {
  const refusal = async (opening: Promise<unknown>): Promise<string> => {
    const error = await opening.then(() => null, (thrown: unknown) => thrown); // prettier-ignore
    expect(error).toBeInstanceOf(SettleError);
    return explain(error as SettleError);
  };
  it('says what is missing, and takes nothing else', async () => {
    const none = webgpu(async () => 'WebGPU finds no adapter here');
    expect(await refusal(none.open(builder('none').build(), { batch: 1, threads: 1 }))).toBe(
      'backend: webgpu: WebGPU finds no adapter here (a graphics card with its Vulkan, Metal or Direct3D driver; or backend: wasm)',
    );
  });
  it('refuses what gpujs refuses, under its own name', async () => {
    const b = builder('log');
    b.log('log', 10, 10);
    b.add('run', { op: 'trim', log: 'log', steps: 3 });
    expect(await refusal(webgpu().open(b.build(), { batch: 1, threads: 1 }))).toContain('the webgpu backend does not do the operation trim'); // prettier-ignore
  });
  it('says that an adapter gives no device', async () => {
    const poor = { info: { vendor: 'maker' }, requestDevice: () => Promise.reject(new Error('no more of them')) };
    const opening = webgpu(async () => poor).open(builder('none').build(), { batch: 1, threads: 1 });
    await expect(opening).rejects.toMatchObject({ place: { kind: 'environment', path: 'backend' } });
    expect(await refusal(webgpu(async () => poor).open(builder('none').build(), { batch: 1, threads: 1 }))).toContain('webgpu: maker gives no device: no more of them'); // prettier-ignore
  });
});

/** As much of a device as arrays need: it remembers sizes. `reading` is what comes of waiting for a result. */
function pretended(reading: () => Promise<void>) {
  let lose = (_: { reason: string; message: string }): void => {};
  const sizes: number[] = [];
  const gpu = {
    lost: new Promise((resolve) => (lose = resolve)),
    onuncapturederror: (_: { error: Error }): void => {},
    queue: { submit: () => {}, writeBuffer: () => {} },
    createBuffer({ size }: { size: number }) {
      sizes.push(size);
      return { mapAsync: reading, getMappedRange: (_: number, bytes: number) => new ArrayBuffer(bytes), destroy: () => {} };
    },
    createCommandEncoder: () => ({ copyBufferToBuffer: () => {}, finish: () => ({}) }),
  };
  return { gpu, sizes, device: webgpuDevice(gpu as unknown as GPUDevice), lose };
} // prettier-ignore
class GPUOutOfMemoryError extends Error {}
const onCard = (length: number): Resident => onHost(new Float32Array(length));
/** Uploads an array and reads it back. */
async function readBack({ device }: ReturnType<typeof pretended>): Promise<unknown> {
  const array = onCard(8);
  await device.upload(array);
  array.host = null;
  return device.download(array);
}

describe('the device of webgpu', () => {
  it('says that memory ran out, or that it is lost, as what the user can see to; anything else is a defect', async () => {
    const full = pretended(() => Promise.resolve());
    full.gpu.onuncapturederror({ error: new GPUOutOfMemoryError('64 MiB') });
    await expect(readBack(full)).rejects.toMatchObject({ message: 'webgpu: not enough memory on the card: 64 MiB', place: { kind: 'environment' } }); // prettier-ignore
    const wrong = pretended(() => Promise.resolve());
    wrong.gpu.onuncapturederror({ error: new Error('a binding is missing') });
    await expect(readBack(wrong)).rejects.toMatchObject({ message: 'webgpu: a binding is missing', place: { kind: 'defect' } }); // prettier-ignore
    // Word of the loss comes after the rejection.
    const gone = pretended(() => (setTimeout(() => gone.lose({ reason: 'unknown', message: 'unplugged' }), 5), Promise.reject(new Error('aborted')))); // prettier-ignore
    await expect(readBack(gone)).rejects.toMatchObject({ message: 'webgpu: the device is lost: unplugged', place: { kind: 'environment' } }); // prettier-ignore
    await expect(readBack(pretended(() => Promise.reject(new Error('aborted'))))).rejects.toMatchObject({ message: 'webgpu: aborted', place: { kind: 'defect' } }); // prettier-ignore
  });
  it('keeps few sizes of arrays, at most a quarter larger than asked for, and gives them to whoever comes next', async () => {
    const { device, sizes } = pretended(() => Promise.resolve());
    for (let use = 1; use <= 200; use++) {
      const array = onCard(784 * use);
      await device.upload(array);
      device.free(array);
    }
    // 3,136 to 627,200 bytes: less than eight doublings.
    expect(sizes.length).toBeLessThan(4 * 8 + 1);
    sizes.forEach((size, k) => expect(size % 4 === 0 && size >= 3136 && (k === 0 || size > sizes[k - 1]!)).toBe(true));
    const large = pretended(() => Promise.resolve());
    for (const length of [1, 3, 1000, 1025, 70001, 2 ** 20]) {
      await large.device.upload(onCard(length));
      expect(large.sizes.at(-1)).toBeGreaterThanOrEqual(4 * length);
      expect(large.sizes.at(-1)).toBeLessThanOrEqual(Math.max(16, 1.25 * 4 * length));
    }
  });
});
