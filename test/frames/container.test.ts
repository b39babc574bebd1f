import { describe, expect, it } from 'vitest';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { SettleError } from '../../src/errors.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/frames/checkpoint.ts';
import { encodeEnd, encodeFrame, encodeHeader, readContainer } from '../../src/frames/container.ts';
import { crc32 } from '../../src/frames/crc32.ts';
import type { Frame } from '../../src/frames/frame.ts';
import { pack } from '../../src/frames/messagepack.ts';
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
      const { frames, complete, problem, wholeBytes } = readContainer(
        whole.subarray(0, cut),
        'a.settle',
        'settle-trace',
      );
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

describe('a record whose checksum matches', () => {
  const header = encodeHeader({ schema: 'settle-trace/1' });
  /** A record with any content: ['settle', kind, crc32, bin]. */
  function record(kind: string, content: Uint8Array): Uint8Array {
    const name = new TextEncoder().encode(kind);
    const sum = crc32(content, crc32(name));
    const head = [0x94, 0xa6, ...new TextEncoder().encode('settle'), 0xa0 | name.length, ...name];
    const crc = [0xce, sum >>> 24, (sum >>> 16) & 255, (sum >>> 8) & 255, sum & 255];
    return Uint8Array.of(...head, ...crc, 0xc5, content.length >> 8, content.length & 255, ...content);
  }
  const good = { run: 'r', epoch: 0, example: 0, phase: '', t0: 0, t1: 1 };
  const column = { dtype: 'f32', shape: [1], data: new Uint8Array(4) };

  it('but does not hold a frame ends the reading with a sentence, whatever it holds', () => {
    const contents: [content: unknown, why: RegExp][] = [
      [null, /not a map/],
      [7, /not a map/],
      [[], /not a map/],
      [new Uint8Array(3), /not a map/],
      [{ ...good }, /not a map with columns/],
      [{ ...good, columns: 3 }, /not a map with columns/],
      [{ ...good, epoch: 'x', columns: {} }, /epoch is not a number/],
      [{ ...good, run: null, columns: {} }, /run is not a text/],
      [{ ...good, columns: { a: null } }, /column a is not a map/],
      [{ ...good, columns: { a: { ...column, dtype: 'constructor' } } }, /column a has the unknown type/],
      [{ ...good, columns: { a: { ...column, shape: 1 } } }, /column a has no shape/],
      [{ ...good, columns: { a: { ...column, shape: [-1, -1] } } }, /column a has no shape/],
      [{ ...good, columns: { a: { ...column, shape: [2 ** 40, 2 ** 40] } } }, /column a has 4 bytes/],
      [{ ...good, columns: { a: { ...column, data: 'abcd' } } }, /column a has no bytes/],
    ];
    for (const [content, why] of contents) {
      const bytes = Uint8Array.of(...header, ...encodeFrame(frame(0)), ...record('spikes', pack(content)));
      const { frames, complete, problem } = readContainer(bytes, 'a.settle', 'settle-trace');
      expect({ frames: frames.length, complete }).toEqual({ frames: 1, complete: false });
      expect(problem).toMatch(why);
    }
  });
  it('but claims billions of elements, or nests without end, is refused at once', () => {
    const huge = [[0xdd, 255, 255, 255, 255], [0xdf, 255, 255, 255, 255], [0xc6, 255, 255, 255, 255], Array<number>(60000).fill(0x91), [0xc1]]; // prettier-ignore
    const begun = performance.now();
    for (const content of huge) {
      const bytes = Uint8Array.of(...header, ...record('spikes', Uint8Array.from(content)));
      const { frames, complete, problem } = readContainer(bytes, 'a.settle', 'settle-trace');
      expect({ frames: frames.length, complete }).toEqual({ frames: 0, complete: false });
      expect(problem).toMatch(/not MessagePack|not a map/);
    }
    expect(performance.now() - begun).toBeLessThan(2000);
  });
  it('but is a second header, or has no schema at the start, is refused', () => {
    const twice = readContainer(Uint8Array.of(...header, ...header), 'a.settle', 'settle-trace');
    expect(twice.problem).toMatch(/second header/);
    for (const content of [null, 3, [], {}, { schema: 'settle-trace' }, { schema: 'settle-trace/0' }, { schema: 'settle-trace/one' }])
      expect(() => readContainer(record('header', pack(content)), 'a.settle', 'settle-trace')).toThrow('another kind of file'); // prettier-ignore
  });
  it('a frame that could not be read again is not written', () => {
    for (const kind of ['end', 'header', 'a kind with more than thirty-one letters'])
      expect(() => encodeFrame({ ...frame(0), kind })).toThrow('a frame cannot be of this kind');
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
    expect(() => decodeCheckpoint(bytes.subarray(0, bytes.length - 3), 'c.settle')).toThrow(
      'the checkpoint is damaged',
    );
    expect(() => decodeCheckpoint(new Uint8Array(0), 'c.settle')).toThrow('not a settle container');
  });
  it('without its counters is refused', () => {
    const bytes = Uint8Array.of(
      ...encodeHeader({ schema: 'settle-checkpoint/1', identity: {}, counters: { epoch: 'two' }, lengths: {} }),
      ...encodeFrame({ ...frame(0), kind: 'learned' }),
      ...encodeEnd(),
    );
    expect(() => decodeCheckpoint(bytes, 'c.settle')).toThrow('the checkpoint is damaged');
  });
  it('reads back every learned array bit for bit, from anywhere in a larger buffer', () => {
    const bytes = encodeCheckpoint(checkpoint);
    for (let shift = 0; shift < 8; shift++) {
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      expect(decodeCheckpoint(moved.subarray(shift), 'c')).toEqual(checkpoint);
    }
  });
});
