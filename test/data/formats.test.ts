import { expect, test } from 'vitest';
import { readCsv } from '../../src/data/csv.ts';
import { readIdx } from '../../src/data/idx.ts';
import { readNpy, writeNpy } from '../../src/data/npy.ts';
import { idx, npy, placeOf } from './files.ts';

test('an IDX file gives its shape and a view of its bytes', () => {
  const bytes = idx([2, 1, 3], [1, 2, 3, 4, 5, 6]);
  const { shape, data } = readIdx(bytes, 'a', 3);
  expect(shape).toEqual([2, 1, 3]);
  expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(data.buffer).toBe(bytes.buffer);
});

test('an IDX file that ends early is refused with both sizes', () => {
  expect(placeOf(() => readIdx(idx([2, 1, 3], [1, 2, 3, 4]), 'images', 3))).toMatchObject({
    kind: 'input',
    file: 'images',
    found: '4 bytes of values',
    expected: '6 (2 x 1 x 3)',
  });
  expect(placeOf(() => readIdx(new Uint8Array(5), 'images', 3))).toMatchObject({
    found: '5 bytes',
    expected: 'at least 16',
  });
});

test('an IDX file with bytes past its end is refused', () => {
  expect(() => readIdx(idx([1], [1, 2]), 'labels', 1)).toThrow('surplus');
});

test('images in place of labels are refused by the magic number', () => {
  expect(placeOf(() => readIdx(idx([1, 1, 1], [1]), 'labels', 1))).toMatchObject({
    file: 'labels',
    found: '0x00000803',
  });
});

test('an IDX file of every other type gives its big-endian numbers', () => {
  // [1, -2] as the format writes them.
  for (const [type, body] of [
    [0x09, [1, 0xfe]],
    [0x0b, [0, 1, 0xff, 0xfe]],
    [0x0c, [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe]],
    [0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0]],
    [0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0]],
  ] as const) {
    const file = Uint8Array.of(0, 0, type, 1, 0, 0, 0, 2, ...body);
    expect([...readIdx(file, 'x', 1).data], `type ${type}`).toEqual([1, -2]);
    expect(() => readIdx(file.subarray(0, file.length - 1), 'x', 1)).toThrow('truncated');
    expect(() => readIdx(Uint8Array.of(...file, 0), 'x', 1)).toThrow('surplus');
  }
});

test('an IDX file of as many dimensions as it says is read where any number will do', () => {
  expect(readIdx(idx([2, 3], [1, 2, 3, 4, 5, 6]), 'x', { least: 2 }).shape).toEqual([2, 3]);
  expect(readIdx(idx([1, 2, 1, 3], [1, 2, 3, 4, 5, 6]), 'x', { least: 2 }).shape).toEqual([1, 2, 1, 3]);
  expect(placeOf(() => readIdx(idx([6], [1, 2, 3, 4, 5, 6]), 'x', { least: 2 }))).toMatchObject({
    found: '0x00000801',
    expected: expect.stringMatching(/2 dimensions or more$/) as string,
  });
});

test('a magic number of no type, or with something in its first bytes, is refused as written', () => {
  for (const magic of [
    [0, 0, 0x0a, 1],
    [0, 0, 0, 1],
    [1, 0, 8, 1],
    [0x1f, 0x8b, 8, 1],
  ])
    // prettier-ignore
    expect(placeOf(() => readIdx(Uint8Array.of(...magic, 0, 0, 0, 1, 7), 'x', 1))).toMatchObject({
      file: 'x',
      found: `0x${Buffer.from(magic).toString('hex')}`,
    });
});

test('an .npy file is written as numpy.save writes it', () => {
  // Bytes printed by NumPy 2.4.6.
  const floats =
    '934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c2032292c207d' +
    '20'.repeat(58) +
    '0a0000003f000080bf0000004000004040';
  expect(Buffer.from(writeNpy([2, 2], Float32Array.of(0.5, -1, 2, 3))).toString('hex')).toBe(floats);
  const bytes =
    '934e554d5059010076007b276465736372273a20277c7531272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028332c292c207d' +
    '20'.repeat(60) +
    '0a0102ff';
  expect(Buffer.from(writeNpy([3], Uint8Array.of(1, 2, 255))).toString('hex')).toBe(bytes);
});

test('what is written as .npy is read again, views into larger arrays too, and a shape that does not fit is refused', () => {
  const view = Float32Array.of(9, 1, 2, 3, 9).subarray(1, 4);
  expect(readNpy(writeNpy([3, 1], view), 'x')).toEqual({ shape: [3, 1], data: Float32Array.of(1, 2, 3) });
  expect(readNpy(writeNpy([0, 2], new Uint8Array(0)), 'x').shape).toEqual([0, 2]);
  expect(() => writeNpy([2, 2], view)).toThrow('shape 2 x 2 holds 4 numbers, the data 3');
});

test('an .npy file of every type it reads gives the numbers that NumPy wrote', () => {
  for (const descr of ['|u1', '|i1', '<i2', '<u2', '<i4', '<u4', '<i8', '<u8', '<f4', '<f8'])
    for (const version of [1, 2, 3])
      expect([...readNpy(npy(descr, [2, 2], [1, 0, 2, 3], version), 'x').data], descr).toEqual([1, 0, 2, 3]);
});

test('truth values of an .npy file are 0 and 1, not bytes out of 255', () => {
  expect(readNpy(npy('|b1', [2], [0, 1]), 'x').data).toEqual(Float32Array.of(0, 1));
});

test('numbers of an .npy file that do not lie on their own boundary are read too', () => {
  const file = npy('<f4', [2], [0.5, 0.25]);
  const shifted = new Uint8Array(file.length + 1);
  shifted.set(file, 1);
  expect([...readNpy(shifted.subarray(1), 'x').data]).toEqual([0.5, 0.25]);
});

test('a damaged .npy file is refused with its name and both sides', () => {
  const good = npy('<f4', [2], [1, 2]);
  const text = (from: string, to: string): Uint8Array =>
    Uint8Array.from(Buffer.from(Buffer.from(good).toString('latin1').replace(from, to), 'latin1'));
  expect(placeOf(() => readNpy(good.subarray(0, good.length - 1), 'x.npy'))).toMatchObject({
    file: 'x.npy',
    found: '7 bytes',
  });
  expect(placeOf(() => readNpy(good.subarray(0, 40), 'x.npy'))).toMatchObject({ file: 'x.npy', found: '40 bytes' });
  expect(placeOf(() => readNpy(text('NUMPY', 'NUMPX'), 'x.npy')).expected).toContain('NUMPY');
  expect(placeOf(() => readNpy(text('<f4', '>f4'), 'x.npy')).found).toBe('>f4');
  expect(placeOf(() => readNpy(text('False', 'True '), 'x.npy')).found).toContain('True');
  const version = Uint8Array.from(good);
  version[6] = 4;
  expect(placeOf(() => readNpy(version, 'x.npy'))).toMatchObject({ found: '4', expected: '1, 2 or 3' });
  expect(placeOf(() => readNpy(Uint8Array.of(...good, 0), 'x.npy'))).toMatchObject({ found: '9 bytes' });
  expect(placeOf(() => readNpy(text('<f4', '|O '), 'x.npy')).found).toBe('|O ');
  expect(() => readNpy(text("'shape'", "'shepa'"), 'x.npy')).toThrow('shape');
  expect(() => readNpy(text('(2,)', '(z,)'), 'x.npy')).toThrow('shape');
});

test('a table takes its class from the column headed label, and from the last column without a header', () => {
  expect(readCsv('label,a,b\n1,0.5,0.25\n0,1,0\n', 't.csv')).toEqual({
    columns: 2,
    inputs: Float32Array.of(0.5, 0.25, 1, 0),
    labels: Uint8Array.of(1, 0),
  });
  expect(readCsv('0.5,0.25,1\n1,0,0', 't.csv').labels).toEqual(Uint8Array.of(1, 0));
});

test('a first row is a header only by a cell `label` or by holding no number; else a typing error there is found', () => {
  expect(readCsv('0,1,label\n0.5,0.25,3\n', 't.csv').labels).toEqual(Uint8Array.of(3));
  expect(readCsv('a,b,c\n0.5,0.25,3\n', 't.csv').labels).toEqual(Uint8Array.of(3));
  expect(placeOf(() => readCsv('0.5,oops,1\n0.1,0.2,0\n', 't.csv'))).toMatchObject({
    line: 1,
    column: 2,
    found: '"oops"',
  });
});

test('a number too large for float32 is a bad cell, not infinity', () => {
  expect(placeOf(() => readCsv('1,0\n1e39,1\n', 't.csv'))).toMatchObject({ line: 2, column: 1, found: '"1e39"' });
});

test('a table longer than the first block of memory keeps every number', () => {
  const rows = Array.from({ length: 40_000 }, (_, k) => `${k},${k + 1},${k % 7}`);
  const { inputs, labels } = readCsv(rows.join('\n'), 't.csv');
  expect(inputs.length).toBe(80_000);
  expect([inputs[79_998], inputs[79_999], labels[39_999]]).toEqual([39_999, 40_000, 39_999 % 7]);
});

test('a bad cell is refused with its line, column and what it holds, blank lines counted', () => {
  expect(placeOf(() => readCsv('a,label\n1,0\n\nx,1\n', 't.csv'))).toMatchObject({
    file: 't.csv',
    path: 'a',
    line: 4,
    column: 1,
    found: '"x"',
    expected: 'a number',
  });
  expect(placeOf(() => readCsv('1,0\n,1\n', 't.csv'))).toMatchObject({ line: 2, found: '""' });
});

test('a class that is no whole number from 0 to 255 is refused', () => {
  for (const label of ['0.5', '-1', '256'])
    expect(placeOf(() => readCsv(`1,0\n1,${label}\n`, 't.csv'))).toMatchObject({
      line: 2,
      column: 2,
      found: `"${label}"`,
    });
});

test('a row of another length, an open quote and an empty table are refused', () => {
  expect(placeOf(() => readCsv('1,2,0\n1,2\n', 't.csv'))).toMatchObject({ file: 't.csv', line: 2 });
  expect(() => readCsv('1,"2,0\n', 't.csv')).toThrow('comma-separated');
  expect(() => readCsv('', 't.csv')).toThrow('no examples');
  expect(() => readCsv('a,label\n', 't.csv')).toThrow('no examples');
  expect(() => readCsv('1\n0\n', 't.csv')).toThrow('no inputs');
});
