// The gpujs backend in WebAssembly, held to the reference as the wasm backend is; what it takes and
// what it refuses. Other modes, whole examples and every rule are in gpujs.long.ts.
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { gpujs as anywhere, type Place } from '../../src/backends/gpujs.ts';
import { gpujs } from '../../src/backends/gpujs.node.ts';
import { reference } from '../../src/backends/reference.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { parseExpression } from '../../src/expr/parse.ts';
import { explain, SettleError } from '../../src/errors.ts';
import { builder } from '../../src/program/builder.ts';
import type { Operation } from '../../src/program/program.ts';
import { operationSuite } from './operations.ts';
import { pictureSuite } from './pictures.ts';
import { productSuite } from './products.ts';

operationSuite('gpujs:webasm', gpujs('webasm'));
productSuite('gpujs:webasm', gpujs('webasm'));
pictureSuite('gpujs:webasm', gpujs('webasm'));

/** A program of one operation on buffers of 3 and 2 units. */
function one(...operations: Operation[]) {
  const b = builder('one');
  b.buffer('x', [3], { batch: true });
  b.buffer('y', [2], { batch: true });
  b.buffer('u', [3], { batch: true });
  b.buffer('shared', [3]);
  b.buffer('w', [3, 2]);
  b.log('log', 10, 10);
  b.list('list', 3);
  b.add('run', ...operations);
  return b.build();
}
async function refusal(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SettleError);
  return explain(error as SettleError);
}

describe('random numbers on gpujs', () => {
  it.each(['cpu', 'webasm'] as const)('in mode %s have the bits that wasm gives them, run after run', async (mode) => {
    const program = one(
      { op: 'random', into: 'x', stream: 7, low: -0.3, high: 1.7 },
      { op: 'random', into: 'shared', stream: 8, low: 0, high: 1 },
      { op: 'advance' },
      { op: 'random', into: 'u', stream: 7, low: -3, high: 11 },
    );
    const read = async (backend: Backend) => {
      const machine = await backend.open(program, { batch: 5, threads: 1 });
      await machine.write('clock', [123, 4]);
      await machine.write('example', [9, 8, 70000, 6, 1]);
      // More runs than one recorded plan holds.
      await machine.run('run', 150);
      const found = await Promise.all(['x', 'shared', 'u', 'clock'].map((name) => machine.read(name)));
      await machine.close();
      return found.map((values) => [...values]);
    };
    expect(await read(gpujs(mode))).toEqual(await read(wasm()));
  });
});

describe('examples that are out of use on gpujs', () => {
  it.each(['cpu', 'webasm'] as const)('in mode %s keep what they had', async (mode) => {
    const value = parseExpression('x + u + 1', { names: ['x', 'u'] });
    const program = one({ op: 'map', units: 3, assign: [{ into: 'x', value }] }, { op: 'fill', into: 'u', value: 0.5 });
    const read = async (backend: Backend) => {
      const machine = await backend.open(program, { batch: 4, threads: 1 });
      await machine.write('x', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      for (const [use, times] of [[4, 1], [2, 3], [3, 2], [1, 1], [4, 0]] as const) { machine.use(use); await machine.run('run', times); } // prettier-ignore
      const found = await Promise.all(['x', 'u'].map((name) => machine.read(name)));
      await machine.close();
      return found.map((values) => [...values]);
    };
    const law = await read(reference);
    expect(new Set(law[0]).size).toBeGreaterThan(5);
    expect(await read(gpujs(mode))).toEqual(law);
  });
});

describe('gpujs refuses before the first step', () => {
  const open = (...operations: Operation[]) => gpujs('cpu').open(one(...operations), { batch: 2, threads: 1 });
  const zero = { kind: 'number', value: 0 } as const;

  it('operations of networks without learning, by name', async () => {
    expect(await refusal(open({ op: 'trim', log: 'log', steps: 3 }))).toContain('the operation trim');
    expect(await refusal(open({ op: 'put', log: 'log', back: 1, into: 'x', value: zero }))).toMatch(/put in slot run/);
    expect(await refusal(open({ op: 'every', steps: 2, operations: [] }))).toContain('expected backend: wasm');
  });
  it('maps of whole numbers, and products through weights of each example', async () => {
    const value = parseExpression('x', { names: ['x'] });
    expect(await refusal(open({ op: 'map', units: 3, assign: [{ into: 'list.unit', value }] }))).toContain('list.unit of i32'); // prettier-ignore
    const b = builder('refused');
    b.buffer('x', [3], { batch: true });
    b.buffer('y', [2], { batch: true });
    b.buffer('w', [3, 2], { batch: true });
    b.add('run', { op: 'gather', from: 'x', weight: 'w', into: 'y', add: false });
    expect(await refusal(gpujs('cpu').open(b.build(), { batch: 2, threads: 1 }))).toMatch(/gather through weights/);
  });
  it('arrays whose indices pass 2^24, by the name of the buffer', async () => {
    const b = builder('large');
    b.buffer('matrix', [4097, 4096]);
    const text = await refusal(gpujs('webasm').open(b.build(), { batch: 1, threads: 1 }));
    expect(text).toContain('matrix with 16781312');
    expect(text).toContain('more than 16777216 numbers');
  });
});

describe('the mode that gpujs takes', () => {
  const program = one({ op: 'fill', into: 'x', value: 1 });
  const options = { batch: 2, threads: 1 };
  const load = (): Promise<unknown> => import('gpu.js');
  const software: Place = { load, adapter: async () => ({ info: { vendor: 'google', architecture: 'swiftshader' } }) };
  const none: Place = { load, adapter: async () => 'WebGPU finds no adapter here' };
  /** Enough of the package to open a machine on a card that is not there. */
  class NoCard {
    async destroy(): Promise<void> {}
  }
  const pretended = async () => ({ GPU: NoCard, WebGPUContext: new NoCard() });
  const card: Place = { load: pretended, adapter: async () => ({ info: { vendor: 'maker', architecture: 'model', isFallbackAdapter: false } }) }; // prettier-ignore

  it('is webasm where there is no adapter, and where the adapter is a renderer in software', async () => {
    for (const place of [none, software]) {
      const machine = await anywhere(null, place).open(program, options);
      expect([machine.backend, machine.device]).toEqual(['gpujs:webasm', 'WebAssembly on the processor, one thread']);
      await machine.close();
    }
  });
  it('is webgpu on a card, named', async () => {
    const machine = await anywhere(null, card).open(program, options);
    expect([machine.backend, machine.device]).toEqual(['gpujs:webgpu', 'maker model']);
    await machine.close();
  });
  it('is a renderer in software only if webgpu is asked for, and says so', async () => {
    const machine = await anywhere('webgpu', { ...software, load: pretended }).open(program, options);
    expect(machine.device).toBe('google swiftshader (software, no graphics card)');
    await machine.close();
  });
  it('is never another than the one asked for: what is missing is said', async () => {
    expect(await refusal(anywhere('webgpu', none).open(program, options))).toBe(
      'backend: gpujs:webgpu: WebGPU finds no adapter here (a graphics card with its Vulkan, Metal or Direct3D driver; or backend: wasm)',
    );
    expect(await refusal(gpujs('webgl2').open(program, options))).toMatch(
      /^backend: gpujs:webgl2: WebGL2 is not there/,
    );
    const bare: Place = { ...none, load: () => Promise.reject(new Error('Cannot find package')) };
    for (const mode of [null, 'webasm'] as const)
      expect(await refusal(anywhere(mode, bare).open(program, options))).toContain('the optional package gpu.js is not installed'); // prettier-ignore
  });
});
