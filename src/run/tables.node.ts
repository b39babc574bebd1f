// The tables that only Node can fill: backends with worker threads.
import type { Backend } from '../backends/backend.ts';
import { reference } from '../backends/reference.ts';
import { wasm } from '../backends/wasm/backend.node.ts';

/** Backends by name. */
export const backends: Readonly<Record<string, () => Backend>> = { wasm, reference: () => reference };
