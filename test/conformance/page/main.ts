// The suites of backends, as a page runs them: scripts/check-gpu.mjs bundles it, with vitest.ts in the place of vitest.
import type { Backend } from '../../../src/backends/backend.ts';
import { gpujs } from '../../../src/backends/gpujs.ts';
import { webgpu } from '../../../src/backends/webgpu.ts';
import { builder } from '../../../src/program/builder.ts';
import { clockSuite } from '../clock.ts';
import { exampleCount, exampleSuite } from '../examples.ts';
import { operationSuite } from '../operations.ts';
import { pictureSuite } from '../pictures.ts';
import { productSuite } from '../products.ts';
import { outcomeOf } from './vitest.ts';

const backends: Readonly<Record<string, () => Backend>> = {
  gpujs,
  'gpujs:webgl2': () => gpujs('webgl2'),
  'gpujs:webgpu': () => gpujs('webgpu'),
  'gpujs:webasm': () => gpujs('webasm'),
  webgpu,
};

/** The mode that was taken and what it runs on, or what was refused, in words. */
async function taken(asked: string): Promise<readonly [name: string, device: string]> {
  try {
    const machine = await backends[asked]!().open(builder('none').build(), { batch: 1, threads: 1 });
    await machine.close();
    return [machine.backend, machine.device ?? ''];
  } catch (error) {
    return ['refused', (error as Error).message];
  }
}

async function checked(asked: string) {
  const { inputs, targets } = (await (await fetch('images.json')).json()) as Record<'inputs' | 'targets', number[]>;
  const images = { inputs: Float64Array.from(inputs), targets: Float64Array.from(targets), count: exampleCount };
  const [name, device] = await taken(asked);
  const backend = backends[asked]!();
  const outcome = await outcomeOf(() => {
    operationSuite(asked, backend);
    productSuite(asked, backend);
    pictureSuite(asked, backend);
    clockSuite(asked, backend, [1]);
    exampleSuite(asked, backend, images, 5);
  });
  return { name, device, ...outcome };
}

Object.assign(globalThis, { settleCheck: { checked, taken } });
