// The suites of backends, as a page runs them: scripts/check-gpu.mjs bundles it, with vitest.ts in the place of vitest.
import type { Backend } from '../../../src/backends/backend.ts';
import { gpujs, type Mode } from '../../../src/backends/gpujs.ts';
import { builder } from '../../../src/program/builder.ts';
import { clockSuite } from '../clock.ts';
import { exampleCount, exampleSuite } from '../examples.ts';
import { operationSuite } from '../operations.ts';
import { outcomeOf } from './vitest.ts';

/** The mode that was taken and what it runs on, or what was refused, in words. */
async function taken(backend: Backend): Promise<readonly [name: string, device: string]> {
  try {
    const machine = await backend.open(builder('none').build(), { batch: 1, threads: 1 });
    await machine.close();
    return [machine.backend, machine.device ?? ''];
  } catch (error) {
    return ['refused', (error as Error).message];
  }
}

async function checked(mode: Mode) {
  const backend = gpujs(mode);
  const { inputs, targets } = (await (await fetch('images.json')).json()) as Record<'inputs' | 'targets', number[]>;
  const images = { inputs: Float64Array.from(inputs), targets: Float64Array.from(targets), count: exampleCount };
  const title = `gpujs:${mode}`;
  const [name, device] = await taken(backend);
  const outcome = await outcomeOf(() => {
    operationSuite(title, backend);
    clockSuite(title, backend, [1]);
    exampleSuite(title, backend, images, 5);
  });
  return { name, device, ...outcome };
}

Object.assign(globalThis, { settleCheck: { checked, taken: (mode: Mode | null) => taken(gpujs(mode)) } });
