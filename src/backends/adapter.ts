// Graphics cards as WebGPU finds them: the adapter of a place, in words, and what is said where there is none. It opens none.
import { SettleError } from '../errors.ts';

export const needsCard = 'a graphics card with its Vulkan, Metal or Direct3D driver; or backend: wasm';

/** Of a WebGPU adapter: what tells a card from a renderer in software. */
export interface Adapter {
  readonly info?: { readonly vendor?: string; readonly architecture?: string; readonly description?: string; readonly isFallbackAdapter?: boolean }; // prettier-ignore
  readonly isFallbackAdapter?: boolean;
}

/** An error of the environment, with what would help. */
export function missing(backend: string, what: string, hint: string): SettleError {
  return new SettleError(`${backend}: ${what}`, {
    kind: 'environment',
    path: 'backend',
    hint,
  });
}

/** The adapter of `navigator.gpu`. */
export async function firstAdapter(): Promise<Adapter | string> {
  const { gpu } = globalThis.navigator as unknown as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  if (!gpu) return 'WebGPU is not there';
  return (await gpu.requestAdapter().catch(() => null)) ?? 'WebGPU finds no adapter here';
}

export const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i;
export const isSoftware = ({ info, isFallbackAdapter }: Adapter): boolean =>
  (info?.isFallbackAdapter ?? isFallbackAdapter ?? false) || softwareNames.test(`${info?.architecture} ${info?.description}`); // prettier-ignore
/** A device in words. */
export const labelled = (words: string, software: boolean): string => (software ? `${words} (software, no graphics card)` : words); // prettier-ignore
/** An adapter in words. */
export function labelOf(found: Adapter): string {
  const { vendor, architecture, description } = found.info ?? {};
  const words = [vendor, architecture, description].filter((word) => word).join(' ') || 'unnamed adapter';
  return labelled(words, isSoftware(found));
}
