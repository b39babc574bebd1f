// The clock, rings and marks on the wasm backend, in parts that run by example, by block and on shared buffers.
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { clockSuite } from './clock.ts';

clockSuite('wasm', wasm(), [1, 3]);
