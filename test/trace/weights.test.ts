// Learned arrays in the formats of other tools: what is written reads back, and damage is refused by name.
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SettleError } from '../../src/errors.ts';
import { npz, readNpz } from '../../src/trace/npz.ts';
import { readmemh, readMemory, scaleOf } from '../../src/trace/readmemh.ts';
import { readSafetensors, safetensors } from '../../src/trace/safetensors.ts';

const arrays = new Map([
  ['x->h.weight', { shape: [2, 3], data: Float32Array.of(0.1, -2, 3e-30, 4, 5, -0) }],
  ['wide', { shape: [1], data: Float64Array.of(Math.PI) }],
  ['bytes', { shape: [3, 1], data: Uint8Array.of(1, 0, 255) }],
  ['none', { shape: [0, 4], data: new Int32Array(0) }],
] as const);
/** numpy.savez_compressed(w = [[0, .25, .5], [.75, 1, 1.25]] as float32, n = [7] as int64) of NumPy 1.24. */
const compressed = Buffer.from(
  'UEsDBBQAAAAIAAAAIQAKnACkVgAAAJgAAAAFABQAdy5ucHkBABAAmAAAAAAAAABWAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYwaLADEvYMDA5A3ADEC+wBUEsDBBQAAAAIAAAAIQC5k3uYSAAAAIgAAAAFABQAbi5ucHkBABAAiAAAAAAAAABIAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GoY6mjoKtQoUAC52BggAAFBLAQIUAxQAAAAIAAAAIQAKnACkVgAAAJgAAAAFAAAAAAAAAAAAAACAAQAAAAB3Lm5weVBLAQIUAxQAAAAIAAAAIQC5k3uYSAAAAIgAAAAFAAAAAAAAAAAAAACAAY0AAABuLm5weVBLBQYAAAAAAgACAGYAAAAMAQAAAAA=',
  'base64',
);
const inflate = (data: Uint8Array, size: number): Uint8Array => inflateRawSync(data, { maxOutputLength: size });

const refusal = (read: () => unknown): SettleError => {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(SettleError);
    return error as SettleError;
  }
  throw new Error('it was taken');
};

describe('npz', () => {
  it('gives back arrays of any number of dimensions bit for bit', () => {
    const found = readNpz(npz(arrays), 'a.npz');
    expect([...found.keys()]).toEqual([...arrays.keys()]);
    for (const [name, { shape, data }] of arrays) {
      expect(found.get(name)!.shape).toEqual(shape);
      expect(found.get(name)!.data).toEqual(data);
    }
  });
  it('reads what NumPy has compressed, and says so where it cannot', () => {
    const found = readNpz(compressed, 'a.npz', inflate);
    expect(found.get('w')).toEqual({ dtype: 'f4', shape: [2, 3], data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25) });
    expect(found.get('n')).toEqual({ dtype: 'i8', shape: [1], data: Float64Array.of(7) });
    expect(refusal(() => readNpz(compressed, 'a.npz')).place).toMatchObject({ path: 'w.npy', found: 'method 8' });
  });
  it('refuses a changed number, a cut archive and a size beyond the file', () => {
    const whole = npz(arrays);
    const changed = whole.slice();
    changed[130]! ^= 1;
    expect(refusal(() => readNpz(changed, 'a.npz')).message).toMatch(/checksum/);
    expect(refusal(() => readNpz(whole.subarray(0, -30), 'a.npz')).message).toMatch(/not a whole ZIP/);
    const beyond = whole.slice();
    const directory = new DataView(beyond.buffer).getUint32(beyond.length - 6, true);
    new DataView(beyond.buffer).setUint32(directory + 20, 1e9, true);
    expect(refusal(() => readNpz(beyond, 'a.npz')).message).toMatch(/beyond the end/);
  });
});

describe('safetensors', () => {
  const bytes = safetensors(arrays, { model: 'm' });
  it('gives back every byte with type and shape, the widest numbers first', () => {
    const { tensors, metadata } = readSafetensors(bytes, 'a');
    expect(metadata).toEqual({ model: 'm' });
    expect([...tensors].map(([name, { dtype }]) => `${name} ${dtype}`)).toEqual([
      'wide F64',
      'none I32',
      'x->h.weight F32',
      'bytes U8',
    ]);
    for (const [name, { shape, data }] of arrays) {
      expect(tensors.get(name)!.shape).toEqual(shape);
      expect(Uint8Array.from(tensors.get(name)!.bytes)).toEqual(new Uint8Array(data.buffer));
    }
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
  });
  const made = (head: object | string, data: number): Uint8Array => {
    const words = new TextEncoder().encode(typeof head === 'string' ? head : JSON.stringify(head));
    const file = new Uint8Array(8 + words.length + data);
    new DataView(file.buffer).setBigUint64(0, BigInt(words.length), true);
    file.set(words, 8);
    return file;
  };
  const entry = (begin: number, end: number, more: object = {}): object => ({
    dtype: 'U8',
    shape: [end - begin],
    data_offsets: [begin, end],
    ...more,
  });
  it.each([
    ['fewer than 8 bytes', new Uint8Array(5), /not safetensors/],
    ['a header longer than the file', bytes.subarray(0, 40), /longer than the file/],
    ['a header that is no JSON', made('{"a', 0), /not JSON/],
    ['a list', made('[]', 0), /not JSON/],
    ['an unknown type', made({ a: entry(0, 1, { dtype: 'F7' }) }, 1), /unknown type/],
    ['a negative size', made({ a: entry(0, 1, { shape: [-1] }) }, 1), /a shape is missing/],
    ['a place beyond the end', made({ a: entry(0, 9) }, 3), /place cannot hold/],
    ['a shape of another size', made({ a: entry(0, 3, { shape: [2] }) }, 3), /place cannot hold/],
    ['tensors that overlap', made({ a: entry(0, 2), b: entry(1, 3) }, 3), /overlap/],
    ['a hole', made({ a: entry(0, 1), b: entry(2, 3) }, 3), /hole/],
    ['bytes behind the last', made({ a: entry(0, 1) }, 3), /belong to no tensor/],
  ])('with %s is refused', (_, file, says) => {
    const { message, place } = refusal(() => readSafetensors(file, 'f'));
    expect(message).toMatch(says);
    expect(place).toMatchObject({ kind: 'input', file: 'f' });
    expect(place.found).toBeTruthy();
  });
});

describe('memories for $readmemh', () => {
  const words = (text: string): string[] => text.split('\n').filter((line) => /^[0-9a-f]+$/.test(line));
  it("are two's complement with the exact number of digits, whatever the bits", () => {
    const values = [1, -1, 0.5, -0.5, 0, 0.24];
    expect(words(readmemh('w', [6], values, 8, 'max-abs').text)).toEqual(['7f', '81', '40', 'c0', '00', '1e']);
    expect(words(readmemh('w', [6], values, 4, 'power-of-two').text)).toEqual(['4', 'c', '2', 'e', '0', '1']);
    expect(words(readmemh('w', [6], values, 9, 'power-of-two').text)).toEqual([
      '080',
      '180',
      '040',
      '1c0',
      '000',
      '01f',
    ]);
    expect(words(readmemh('w', [2], [1, -1], 32, 'max-abs').text)).toEqual(['7fffffff', '80000001']);
    expect(words(readmemh('w', [2], [1, -1], 2, 'max-abs').text)).toEqual(['1', '3']);
  });
  it('say where each row begins, what was scaled and how far off the worst weight is', () => {
    const made = readmemh('x->h.weight', [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 7.3], 4, 'power-of-two');
    expect(made.text.split('\n').filter((line) => line.startsWith('@'))).toEqual([
      '@0 // x->h.weight[0, 0, ...]',
      '@2 // x->h.weight[0, 1, ...]',
      '@4 // x->h.weight[1, 0, ...]',
      '@6 // x->h.weight[1, 1, ...]',
    ]);
    expect(made.text).toMatch(/\[2, 2, 2\], 8 words of 4 bits[\s\S]*scale power-of-two = 1\n/);
    expect(made.error).toBeCloseTo(0.3, 12);
    expect(readMemory(made.text, 'a.mem')).toEqual({ words: 8, digits: 1, last: 7 });
  });
  it('have the largest power of two that keeps all weights inside', () => {
    expect(scaleOf([1], 8, 'power-of-two')).toBe(64);
    expect(scaleOf([127 / 128], 8, 'power-of-two')).toBe(128);
    expect(scaleOf([0.99609375], 8, 'power-of-two')).toBe(64);
    expect(scaleOf([1e-6], 8, 'power-of-two')).toBe(2 ** 26);
    expect(scaleOf([0, 0], 8, 'power-of-two')).toBe(1);
    expect(scaleOf([-4], 8, 'max-abs')).toBe(127 / 4);
  });
  it('of a number that is none are refused with its place; a foreign file with its line', () => {
    expect(refusal(() => readmemh('w', [2], [0, NaN], 8, 'max-abs')).place).toMatchObject({
      path: 'w[1]',
      found: 'NaN',
    });
    expect(readMemory('/* two\nlines */ @10 ff_00 xz // 12\n1', 'a')).toEqual({ words: 3, digits: 4, last: 18 });
    expect(refusal(() => readMemory('ff\n-1\n', 'a.mem')).place).toMatchObject({
      file: 'a.mem',
      line: 2,
      found: '"-1"',
    });
  });
});
