// The gpujs backend in the modes that need no graphics card, held to the reference as the wasm backend is.
import { gpujs } from '../../src/backends/gpujs.node.ts';
import { operationSuite } from './operations.ts';

for (const mode of ['cpu', 'webasm'] as const) operationSuite(`gpujs:${mode}`, gpujs(mode));
