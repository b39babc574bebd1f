// The gpujs backend: a Program as kernels of the package gpu.js, on a graphics card or on one of its software modes. The only
// file that loads the package. It never takes another mode than the one asked for.
import {
  type Adapter,
  firstAdapter,
  isSoftware,
  labelled,
  labelOf,
  missing,
  needsCard,
  softwareNames,
} from './adapter.ts';
import type { Backend } from './backend.ts';
import { device, type Gpu, type Input } from './gpujs/device.ts';
import { machine } from './gpujs/machine.ts';
import { checkProgram } from './gpujs/touched.ts';

export const modes = ['webgpu', 'webgl2', 'webasm', 'cpu'] as const;
export type Mode = (typeof modes)[number];

interface Package {
  readonly GPU: (new (settings: { mode: string }) => Gpu) & { readonly isWebGL2Supported: boolean };
  readonly input: Input;
  /** All machines share one device, which keeps a process alive. */
  readonly WebGPUContext: { destroy(): Promise<void> };
}

let machinesOnCards = 0;
const nameOf = (mode: Mode | null): string => (mode ? `gpujs:${mode}` : 'gpujs');

/** What is different in a place: how the package is loaded, and how WebGPU comes there. */
export interface Place {
  readonly load: () => Promise<unknown>;
  /** The adapter that gpu.js would take, or what is missing, in words. */
  readonly adapter: () => Promise<Adapter | string>;
}

const browser: Place = { load: () => import('gpu.js'), adapter: firstAdapter };

/** A backend in one mode, or in the first that is there: webgpu on a card, webgl2, webasm, cpu. */
export function gpujs(mode: Mode | null = null, place: Place = browser): Backend {
  return {
    name: nameOf(mode),
    async open(program, options) {
      checkProgram(program, options.batch, 'gpujs');
      const taken = await take(mode, place);
      const { GPU, input, WebGPUContext } = await load(mode, place);
      if (taken.mode === 'webgpu') machinesOnCards++;
      const opened = device(new GPU({ mode: taken.mode }), input, taken.mode, async () => {
        if (taken.mode === 'webgpu' && --machinesOnCards === 0) await WebGPUContext.destroy();
      });
      return machine(program, options, opened, `gpujs:${taken.mode}`, taken.label);
    },
  };
}

/** Mode and device that a machine would take. @throws SettleError of kind `environment` saying what is missing */
async function take(mode: Mode | null, place: Place): Promise<{ mode: Mode; label: string }> {
  const { GPU } = await load(mode, place);
  if (mode === null || mode === 'webgpu') {
    const found = await place.adapter();
    if (typeof found !== 'string' && (mode || !isSoftware(found))) return { mode: 'webgpu', label: labelOf(found) };
    if (mode) throw missing(nameOf(mode), String(found), needsCard);
  }
  if (mode === null || mode === 'webgl2') {
    const renderer = GPU.isWebGL2Supported ? webglRenderer() : null;
    const software = renderer !== null && softwareNames.test(renderer);
    if (renderer !== null && (mode || !software)) return { mode: 'webgl2', label: labelled(renderer, software) };
    if (mode)
      throw missing(nameOf(mode), 'WebGL2 is not there', 'it needs a browser; in Node, gpujs:webgpu or gpujs:webasm');
  }
  if (mode === null || mode === 'webasm') return { mode: 'webasm', label: 'WebAssembly on the processor, one thread' };
  return { mode: 'cpu', label: 'JavaScript on the processor' };
}

async function load(mode: Mode | null, place: Place): Promise<Package> {
  try {
    const loaded = (await place.load()) as { default?: Package } & Package;
    return loaded.default ?? loaded;
  } catch {
    throw missing(nameOf(mode), 'the optional package gpu.js is not installed', 'npm install, without --omit=optional');
  }
}

function webglRenderer(): string {
  const context = new OffscreenCanvas(1, 1).getContext('webgl2');
  const extension = context?.getExtension('WEBGL_debug_renderer_info');
  return extension ? String(context!.getParameter(extension.UNMASKED_RENDERER_WEBGL)) : 'WebGL2';
}
