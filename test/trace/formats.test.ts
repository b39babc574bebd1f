// Export formats and the stream of frames.
import { expect, it } from 'vitest';
import { readContainer } from '../../src/frames/container.ts';
import type { Frame } from '../../src/frames/frame.ts';
import { csv } from '../../src/trace/csv.ts';
import { exportFrames } from '../../src/trace/format.ts';
import { settle } from '../../src/trace/settle.ts';
import { frameStream } from '../../src/trace/stream.ts';

const common = { run: 'r', epoch: 1, example: 4, phase: 'free', t0: 0, t1: 60 };
const spikes: Frame = {
  kind: 'spikes', ...common,
  columns: { 'h.spikes.time': { dtype: 'i32', shape: [2], data: Int32Array.of(3, 10) }, 'h.spikes.unit': { dtype: 'i32', shape: [2], data: Int32Array.of(7, 0) } },
}; // prettier-ignore
const samples: Frame = {
  kind: 'samples', ...common,
  columns: {
    'y.trace.time': { dtype: 'i32', shape: [2], data: Int32Array.of(0, 2) },
    'y.trace.unit': { dtype: 'i32', shape: [1], data: Int32Array.of(9) },
    'y.trace': { dtype: 'f32', shape: [2, 1], data: Float32Array.of(0.5, 0.25) },
  },
}; // prettier-ignore

it('csv has one row a spike and a sample, in seconds', () => {
  const chunks = [...csv().write({ schema: 'settle-trace/1', step: 0.001 }, [spikes, samples])];
  expect(chunks.map((chunk) => new TextDecoder().decode(chunk)).join('')).toBe(
    'time_s,epoch,example,phase,population,unit,variable,value\n' +
      '0.003,1,4,free,h,7,spikes,1\n0.01,1,4,free,h,0,spikes,1\n' +
      '0,1,4,free,y,9,trace,0.5\n0.002,1,4,free,y,9,trace,0.25\n',
  );
});

it('a stream holds its emitter back until every sink is done', async () => {
  const stream = frameStream();
  const seen: string[] = [];
  stream.sink(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    seen.push('slow');
  });
  stream.frames.subscribe(() => seen.push('watcher'));
  await stream.emit(spikes);
  seen.push('emitter');
  expect(seen).toEqual(['slow', 'watcher', 'emitter']);
});

it('a stream lets frames pass one after another, also where nobody waits, and after a reader failed', async () => {
  const stream = frameStream();
  const seen: string[] = [];
  stream.sink(async ({ example }) => {
    seen.push(`begin ${example}`);
    await new Promise((resolve) => setTimeout(resolve, 5 - example));
    if (example === 1) throw new Error('full');
    seen.push(`end ${example}`);
  });
  const emitted = [0, 1, 2].map((example) => stream.emit({ ...spikes, example }));
  const outcomes = (await Promise.allSettled(emitted)).map(({ status }) => status);
  expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(seen).toEqual(['begin 0', 'end 0', 'begin 1', 'begin 2', 'end 2']);
});

const textOf = (frames: Frame[], step?: number): string[] =>
  new TextDecoder()
    .decode(exportFrames(csv(), { schema: 'settle-trace/1', ...(step ? { step } : {}) }, frames))
    .split('\n');

it('csv leaves times of events as they are: the header names no step', () => {
  const exact: Frame = {
    kind: 'spikes', ...common,
    columns: { 'h.spikes.time': { dtype: 'f64', shape: [1], data: Float64Array.of(0.012345678901234567) }, 'h.spikes.unit': { dtype: 'i32', shape: [1], data: Int32Array.of(1) } },
  }; // prettier-ignore
  expect(textOf([exact])[1]).toBe('0.012345678901234567,1,4,free,h,1,spikes,1');
});

it('csv says energies without a population, and nothing for what nobody sampled', () => {
  const energy: Frame = {
    kind: 'energy', ...common,
    columns: { 'energy.time': { dtype: 'i32', shape: [1], data: Int32Array.of(3) }, energy: { dtype: 'f64', shape: [1], data: Float64Array.of(-1.25) } },
  }; // prettier-ignore
  const empty: Frame = {
    kind: 'samples', ...common,
    columns: { 'y.trace.time': { dtype: 'i32', shape: [0], data: new Int32Array(0) }, 'y.trace.unit': { dtype: 'i32', shape: [1], data: Int32Array.of(9) }, 'y.trace': { dtype: 'f32', shape: [0, 1], data: new Float32Array(0) } },
  }; // prettier-ignore
  expect(textOf([empty, energy], 0.002).slice(1)).toEqual(['0.006,1,4,free,,,energy,-1.25', '']);
});

it('a frame without the columns of its kind is refused by name', () => {
  const { 'h.spikes.time': time } = spikes.columns;
  expect(() => textOf([{ ...spikes, columns: { 'h.spikes.time': time! } }])).toThrow('lacks a column');
  expect(() => textOf([{ ...samples, columns: { 'y.trace.time': time!, 'y.trace.unit': time! } }])).toThrow('lacks a column'); // prettier-ignore
});

it('the settle format gives back the frames it was given', () => {
  const bytes = exportFrames(settle(), { schema: 'settle-trace/1', step: 0.001 }, [spikes, samples]);
  const { frames, complete } = readContainer(bytes, 'a.settle', 'settle-trace');
  expect(complete).toBe(true);
  expect(frames).toEqual([spikes, samples]);
});
