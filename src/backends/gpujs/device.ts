// Arrays and kernels of one gpu.js mode: kernels are called one by one on arrays that stay where they are, or, in WebAssembly,
// many runs are recorded into one plan over one memory. It knows no operation.
import { SettleError } from '../../errors.ts';
import type { Call } from './cells.ts';

/** What a kernel takes and gives: a texture, a buffer of the device, or numbers. */
export type Handle = object;

export interface KernelRun {
  (...args: readonly unknown[]): unknown;
  readonly kernel: { readonly fallbackReason: string | null; readonly constructor: { readonly mode: string } };
}
export interface PipelineRun {
  (...args: readonly unknown[]): Promise<Float32Array[]>;
  readonly executorKind: string;
  readonly fallbackReason: string | null;
  destroy(): unknown;
}
/** The parts of the package gpu.js that are used here. */
export interface Gpu {
  createKernel(source: string, settings: Readonly<Record<string, unknown>>): KernelRun;
  createPipeline(run: (...handles: Handle[]) => Handle[], settings: Readonly<Record<string, unknown>>): PipelineRun;
  destroy(): unknown;
}
export type Input = (values: Float32Array, size: readonly number[]) => object;

/** A flat array of float32, on the device, on the host, or both. It is never changed. */
export interface Resident {
  readonly length: number;
  host: Float32Array | null;
  handle: Handle | null;
}
export const onHost = (values: Float32Array): Resident => ({ length: values.length, host: values, handle: null });

/** Does calls on arrays; the results that are wanted come back in order. */
export type Recorder = (call: (call: Call, args: readonly Handle[]) => Handle, entries: readonly Handle[]) => Handle[];

export interface Device {
  /** Whether kernels become text of a shading language. */
  readonly shading: boolean;
  /** Whether a call may be a dense product to be made in tiles. */
  readonly tiling: boolean;
  /** Whether `record` must be used: many calls as one. */
  readonly records: boolean;
  /** The array where kernels read it. */
  upload(array: Resident): Promise<Handle>;
  download(array: Resident): Promise<Float32Array>;
  free(array: Resident): void;
  call(call: Call, args: readonly Handle[], lengths: readonly number[]): Promise<Handle>;
  /** A plan of all calls that `recorder` makes; kept by its key. */
  record(key: string, entries: readonly Resident[], recorder: Recorder): Promise<Float32Array[]>;
  close(): Promise<void>;
}

export function device(gpu: Gpu, input: Input, mode: string, closed: () => Promise<void>): Device {
  const kernels = new Map<string, KernelRun>();
  const pipelines = new Map<string, PipelineRun>();
  const records = mode === 'webasm';
  const settings = { precision: 'single', pipeline: true, immutable: true, loopMaxIterations: 2 ** 24 };

  function kernelOf(source: string, length: number, key: string): KernelRun {
    const known = kernels.get(key);
    if (known) return known;
    const made = gpu.createKernel(source, { ...settings, output: [length] });
    kernels.set(key, made);
    return made;
  }
  const kernelFor = ({ source, length }: Call, lengths: readonly number[]): KernelRun =>
    kernelOf(source, length, `${length} ${lengths.join()} ${source}`);

  /** gpu.js may take another mode without a word; a result of that kind is not what was asked for. */
  function asAsked(run: KernelRun, source: string): void {
    const { fallbackReason, constructor } = run.kernel;
    const expected = mode === 'webgl2' ? 'gpu' : mode;
    if ((fallbackReason !== null && fallbackReason !== undefined) || constructor.mode !== expected)
      throw new SettleError(`gpu.js left mode ${mode} for ${constructor.mode}: ${fallbackReason}\n${source}`, { kind: 'defect' }); // prettier-ignore
  }
  async function run(made: KernelRun, source: string, args: readonly unknown[]): Promise<Handle> {
    let result: unknown;
    try {
      result = await made(...args);
    } catch (error) {
      throw new SettleError(`gpu.js in mode ${mode}: ${(error as Error).message}\n${source}`, { kind: 'defect' });
    }
    asAsked(made, source);
    return result as Handle;
  }

  return {
    shading: mode === 'webgpu' || mode === 'webgl2',
    tiling: false,
    records,
    async upload(array) {
      if (array.handle) return array.handle;
      // Numbers passed to a kernel travel at every call; what a kernel made of them stays.
      const source = 'function (v) { return v[this.thread.x]; }';
      const values = array.host!;
      array.handle =
        mode === 'cpu' ? values : await run(kernelOf(source, array.length, `upload ${array.length}`), source, [input(values, [array.length])]); // prettier-ignore
      return array.handle;
    },
    async download(array) {
      if (array.host) return array.host;
      const handle = array.handle as Float32Array | { toArray(): Float32Array | Promise<Float32Array> };
      array.host = handle instanceof Float32Array ? handle : Float32Array.from(await handle.toArray());
      return array.host;
    },
    free({ handle }) {
      (handle as { delete?: () => void } | null)?.delete?.();
    },
    call: (call, args, lengths) => run(kernelFor(call, lengths), call.source, args),
    async record(key, entries, recorder) {
      const args = entries.map(({ host, length }) => input(host!, [length]));
      let pipeline = pipelines.get(key);
      if (!pipeline) {
        const record = (...handles: Handle[]): Handle[] =>
          recorder((call, given) => kernelFor(call, [])(...given) as Handle, handles);
        // gpu.js asks the function how many arrays it takes.
        Object.defineProperty(record, 'length', { value: entries.length });
        pipeline = gpu.createPipeline(record, { threads: false });
        pipelines.set(key, pipeline);
      }
      const results = await pipeline(...args);
      if (pipeline.fallbackReason !== null)
        throw new SettleError(`gpu.js could not record a plan in mode ${mode}: ${pipeline.fallbackReason}`, { kind: 'defect' }); // prettier-ignore
      return results;
    },
    async close() {
      for (const pipeline of pipelines.values()) await pipeline.destroy();
      await gpu.destroy();
      await closed();
    },
  };
}
