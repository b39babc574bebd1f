import { expect, it } from 'vitest';
import type { Frame } from '../../src/frames/frame.ts';
import { csv } from '../../src/trace/csv.ts';
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
