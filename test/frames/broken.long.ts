// Files that were cut or changed: what is whole opens, the rest is one clear error; no crash, no hang, no memory for lengths
// that only a damaged byte claims.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SettleError } from '../../src/errors.ts';
import { containerReader, encodeEnd, encodeFrame, encodeHeader } from '../../src/frames/container.ts';
import { openTrace } from '../../src/frames/files.node.ts';
import type { Frame } from '../../src/frames/frame.ts';
import { hash32 } from '../../src/math/random.ts';
import { aedat } from '../../src/trace/aedat.ts';
import { readAedat } from '../../src/trace/aedatRead.ts';
import { addressMap, readAddressMap } from '../../src/trace/addressMap.ts';
import { aer, readAer } from '../../src/trace/aer.ts';
import { csv, readCsv } from '../../src/trace/csv.ts';
import { exportFrames, type Format } from '../../src/trace/format.ts';
import { npz, readNpz } from '../../src/trace/npz.ts';
import { readSafetensors, safetensors } from '../../src/trace/safetensors.ts';
import { readSonata, writeSonata } from '../../src/trace/sonata.node.ts';
import type { Spikes } from '../../src/trace/spikes.ts';
import { traceSpikes } from '../../src/trace/traceSpikes.ts';
import { vcd } from '../../src/trace/vcd.ts';
import { readVcd } from '../../src/trace/vcdRead.ts';
import { random, run, spikes } from '../trace/spikeFrames.ts';

let work: string;
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-broken-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const header = { schema: 'settle-trace/1', step: 0.001 };
const frames: Frame[] = Array.from({ length: 40 }, (_, k) => spikes(random(50 * k, 50 * k + 50, k), { t0: 50 * k, t1: 50 * k + 50 })); // prettier-ignore
const records = frames.map(encodeFrame);
const head = encodeHeader(header);
const whole = Buffer.concat([head, ...records, encodeEnd()]);
/** Where each record ends. */
const ends = records.reduce((list, { length }) => [...list, list.at(-1)! + length], [head.length]);
const below = (seed: number, stream: number, bound: number): number => hash32(seed, stream, 0, 0, 0) % bound;

/** In chunks of any size, none of which is there when the next has come. */
function* chunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    buffer.set(part);
    yield buffer.subarray(0, part.length);
  }
}

function read(bytes: Uint8Array, size: number) {
  const reader = containerReader(chunks(bytes, size), 'a.settle', 'settle-trace');
  const found: Frame[] = [];
  for (let frame = reader.next(); frame; frame = reader.next()) found.push(frame);
  return { found, reader };
}

describe('a container', () => {
  it('cut at 200 random places opens up to its last whole frame, and says what is missing and where', () => {
    for (let seed = 0; seed < 200; seed++) {
      const cut = head.length + below(seed, 1, whole.length - head.length);
      const path = join(work, 'cut.settle');
      writeFileSync(path, whole.subarray(0, cut));
      const trace = openTrace(path);
      const found = [...trace.frames];
      const intact = ends.filter((end) => end <= cut).length - 1;
      expect(found.length).toBe(intact);
      expect(found).toEqual(frames.slice(0, intact));
      const between = ends.includes(cut);
      expect(trace.problem).toMatch(between ? /the end record is missing: the file is truncated/ : /the file ends inside a record/); // prettier-ignore
      expect(trace.problem).toContain(`(byte ${ends[intact]})`);
    }
  });
  it('cut inside its header is refused', () => {
    for (let cut = 0; cut < head.length; cut++)
      expect(() => read(whole.subarray(0, cut), 64)).toThrow('not a settle container');
  });
  it('with one to three bytes changed gives intact frames and one sentence, or one error, for 600 seeds', () => {
    let [refused, partial] = [0, 0];
    for (let seed = 0; seed < 600; seed++) {
      const bytes = Uint8Array.from(whole);
      let least = bytes.length;
      for (let k = 0; k <= seed % 3; k++) {
        const at = below(seed, 10 + k, bytes.length);
        bytes[at]! ^= 1 + below(seed, 20 + k, 255);
        if (bytes[at] !== whole[at]) least = Math.min(least, at);
      }
      if (least === bytes.length) continue;
      try {
        const { found, reader } = read(bytes, 1 + below(seed, 30, 5000));
        // Everything before the first changed byte is there, and nothing that was changed.
        expect(found).toEqual(frames.slice(0, found.length));
        expect(found.length).toBe(ends.filter((end) => end <= least).length - 1);
        expect(reader.complete).toBe(false);
        expect(reader.problem).toMatch(/\(byte \d+\)$/);
        partial++;
      } catch (error) {
        expect(error).toBeInstanceOf(SettleError);
        expect(least).toBeLessThan(head.length);
        refused++;
      }
    }
    expect(refused + partial).toBeGreaterThan(590);
    expect(partial).toBeGreaterThan(500);
  });
  it('whose record claims 4 GB costs no more than the bytes that are there', () => {
    const bytes = Buffer.concat([head, records[0]!]);
    // The length stands behind array, mark, kind and checksum.
    const place = head.length + 1 + 7 + 7 + 5;
    expect(bytes[place]).toBe(0xc5);
    const claimed = Buffer.concat([bytes.subarray(0, place), Buffer.of(0xc6, 255, 255, 255, 255), bytes.subarray(place + 3)]); // prettier-ignore
    const before = process.memoryUsage().arrayBuffers;
    const { found, reader } = read(claimed, 100);
    expect(found).toEqual([]);
    expect(reader.problem).toMatch(/ends inside a record: 4294967295 bytes expected, \d+ there/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
  });
});

describe('any other file, cut or with changed bytes', () => {
  const all = (file: Spikes): number => {
    let count = 0;
    for (const { time } of file.blocks) count += time.length;
    return count;
  };
  const written = (format: Format): Uint8Array => exportFrames(format, header, run());
  const arrays = new Map([['w', { shape: [20, 30], data: Float32Array.from({ length: 600 }, (_, k) => k) }], ['b', { shape: [30], data: new Int32Array(30) }]] as const); // prettier-ignore
  const inflate = (data: Uint8Array, size: number): Uint8Array => inflateRawSync(data, { maxOutputLength: size });
  const { populations } = traceSpikes({ header, frames: run() });
  const readers: Record<string, [bytes: Uint8Array, read: (bytes: Uint8Array) => unknown]> = {
    vcd: [written(vcd()), (bytes) => all(readVcd([bytes], 'f'))],
    aer: [written(aer()), (bytes) => all(readAer([bytes], 'f'))],
    aedat: [written(aedat()), (bytes) => all(readAedat([bytes], 'f'))],
    csv: [written(csv()), (bytes) => all(readCsv([bytes], 'f'))],
    map: [new TextEncoder().encode(addressMap(populations)), (bytes) => readAddressMap(new TextDecoder().decode(bytes), 'f')],
    npz: [npz(arrays), (bytes) => readNpz(bytes, 'f', inflate)],
    safetensors: [safetensors(arrays, { a: 'b' }), (bytes) => readSafetensors(bytes, 'f')],
  }; // prettier-ignore
  it.each(Object.keys(readers))('of %s is read or refused with its file and what was found, for 500 seeds', (name) => {
    const [bytes, open] = readers[name]!;
    let refused = 0;
    for (let seed = 0; seed < 500; seed++) {
      const broken = Uint8Array.from(seed % 5 === 0 ? bytes.subarray(0, below(seed, 40, bytes.length)) : bytes);
      for (let k = 0; k < seed % 5; k++) broken[below(seed, 50 + k, broken.length)] = below(seed, 60 + k, 256);
      const begun = performance.now();
      try {
        open(broken);
      } catch (error) {
        expect(error, String((error as Error).stack)).toBeInstanceOf(SettleError);
        const { kind, file, found, expected } = (error as SettleError).place;
        expect(kind).toBe('input');
        expect(file).toMatch(/^f/);
        expect(found).toBeDefined();
        expect(expected).toBeTruthy();
        refused++;
      }
      expect(performance.now() - begun).toBeLessThan(2000);
    }
    expect(refused).toBeGreaterThan(50);
  });
  it('of SONATA is read or refused, for 100 seeds', async () => {
    const path = join(work, 'a.h5');
    await writeSonata(path, header, run());
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(path);
    let refused = 0;
    for (let seed = 0; seed < 100; seed++) {
      const broken = Uint8Array.from(seed % 4 === 0 ? bytes.subarray(0, below(seed, 70, bytes.length)) : bytes);
      for (let k = 0; k < seed % 4; k++) broken[below(seed, 80 + k, Math.min(broken.length, 8000))] = below(seed, 90 + k, 256); // prettier-ignore
      const place = join(work, `broken-${seed}.h5`);
      writeFileSync(place, broken);
      try {
        const file = await readSonata(place);
        all(file);
        file.close!();
      } catch (error) {
        expect(error, String((error as Error).stack)).toBeInstanceOf(SettleError);
        refused++;
      }
      rmSync(place);
    }
    expect(refused).toBeGreaterThan(10);
  });
});
