import { describe, expect, it } from 'vitest';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { SettleError } from '../../src/errors.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/frames/checkpoint.ts';
import { encodeEnd, encodeFrame, encodeHeader, readContainer } from '../../src/frames/container.ts';
import { crc32 } from '../../src/frames/crc32.ts';
import type { Frame } from '../../src/frames/frame.ts';
import { hash32 } from '../../src/math/random.ts';

function frame(example: number): Frame {
  return {
    kind: 'spikes', run: 'r', epoch: 1, example, phase: 'free', t0: 0, t1: 60,
    columns: {
      'h.spikes.time': { dtype: 'i32', shape: [3], data: Int32Array.of(1, 2, -7) },
      'h.trace': { dtype: 'f32', shape: [2, 2], data: Float32Array.of(1.5, -2, 1e-30, 3) },
      exact: { dtype: 'f64', shape: [1], data: Float64Array.of(Math.PI) },
      bytes: { dtype: 'u8', shape: [2], data: Uint8Array.of(0, 255) },
    },
  }; // prettier-ignore
}
function container(frames: number): Uint8Array {
  const parts = [encodeHeader({ schema: 'settle-trace/1', step: 0.001 })];
  for (let k = 0; k < frames; k++) parts.push(encodeFrame(frame(k)));
  parts.push(encodeEnd());
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe('the container', () => {
  it('gives back every frame bit for bit', () => {
    const { frames, complete, problem, header } = readContainer(container(4), 'a.settle', 'settle-trace');
    expect({ complete, problem, step: header['step'] }).toEqual({ complete: true, problem: null, step: 0.001 });
    expect(frames).toEqual([0, 1, 2, 3].map(frame));
  });
  it('has the checksum of zlib', () => {
    const bytes = container(2);
    // Node 20.15 has zlib.crc32; the known value of the check string stands in for older ones.
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    if (typeof zlibCrc32 === 'function') expect(crc32(bytes)).toBe(zlibCrc32(bytes));
  });
  it('cut at any place opens up to its last whole frame and says what is missing', () => {
    const whole = container(6);
    const header = encodeHeader({ schema: 'settle-trace/1', step: 0.001 }).length;
    for (let k = 0; k < 200; k++) {
      const cut = header + (hash32(k, 1, 2, 3, 4) % (whole.length - header));
      const { frames, complete, problem, wholeBytes } = readContainer(whole.subarray(0, cut), 'a.settle', 'settle-trace');
      expect(complete).toBe(false);
      expect(problem).toMatch(/ends inside a record|end record is missing/);
      expect(wholeBytes).toBeLessThanOrEqual(cut);
      expect(frames).toEqual(Array.from({ length: frames.length }, (_, n) => frame(n)));
    }
  });
  it('with a flipped byte gives the intact frames before it or one clear error', () => {
    const whole = container(6);
    let errors = 0;
    let partial = 0;
    for (let k = 0; k < 200; k++) {
      const bytes = whole.slice();
      bytes[hash32(k, 5, 2, 3, 4) % bytes.length]! ^= 1 + (hash32(k, 6, 2, 3, 4) % 255);
      try {
        const read = readContainer(bytes, 'a.settle', 'settle-trace');
        expect(read.complete).toBe(false);
        expect(read.frames).toEqual(Array.from({ length: read.frames.length }, (_, n) => frame(n)));
        partial++;
      } catch (error) {
        expect(error).toBeInstanceOf(SettleError);
        errors++;
      }
    }
    expect(errors + partial).toBe(200);
    expect(partial).toBeGreaterThan(100);
  });
  it('of a newer schema is refused by number', () => {
    const bytes = encodeHeader({ schema: 'settle-trace/2' });
    expect(() => readContainer(bytes, 'a.settle', 'settle-trace')).toThrow('written by a newer settle');
  });
});

describe('a checkpoint', () => {
  const checkpoint = {
    identity: { model: 'abc', rule: 'ep' },
    counters: { epoch: 2, batch: 7 },
    lengths: { trace: 100, metrics: 20 },
    learned: { 'x->h.weight': { dtype: 'f32' as const, shape: [2], data: Float32Array.of(1, 2) } },
  };
  it('gives back what was put in', () => {
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint), 'c')).toEqual(checkpoint);
  });
  it('has the same bytes whatever the order of its keys', () => {
    const turned = { ...checkpoint, counters: { batch: 7, epoch: 2 }, lengths: { metrics: 20, trace: 100 } };
    expect(encodeCheckpoint(turned)).toEqual(encodeCheckpoint(checkpoint));
  });
  it('that is damaged or cut is refused with what was found', () => {
    const bytes = encodeCheckpoint(checkpoint);
    const flipped = bytes.slice();
    flipped[bytes.length - 20]! ^= 4;
    expect(() => decodeCheckpoint(flipped, 'c.settle')).toThrow('the checkpoint is damaged');
    expect(() => decodeCheckpoint(bytes.subarray(0, bytes.length - 3), 'c.settle')).toThrow('the checkpoint is damaged');
    expect(() => decodeCheckpoint(new Uint8Array(0), 'c.settle')).toThrow('not a settle container');
  });
});
