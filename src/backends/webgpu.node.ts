// The webgpu backend in Node.
import { adapter } from './adapter.node.ts';
import type { Backend } from './backend.ts';
import { webgpu as anywhere } from './webgpu.ts';

export const webgpu = (): Backend => anywhere(adapter);
