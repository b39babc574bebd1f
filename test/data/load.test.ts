import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DataSet, Examples } from '../../src/data/dataset.ts';
import { loadDataSet } from '../../src/data/load.node.ts';
import { splitValidation } from '../../src/data/split.ts';
import type { DataSpec } from '../../src/data/spec.ts';
import { idx, npy, placeOf } from './files.ts';

const spec = (set: string, more: Partial<DataSpec> = {}): DataSpec => ({
  set,
  path: null,
  train: null,
  test: null,
  validation: 0,
  batch: 1,
  ...more,
});
const example = ({ inputs, shape }: Examples, k: number): number[] => {
  const size = shape.reduce((product, side) => product * side, 1);
  return [...inputs.subarray(k * size, (k + 1) * size)];
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settle-data-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const write = (files: Readonly<Record<string, Uint8Array | string>>): void => {
  for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), data);
};

const idxFiles = {
  'train-images-idx3-ubyte': idx([3, 1, 2], [1, 2, 3, 4, 5, 6]),
  'train-labels-idx1-ubyte': idx([3], [0, 1, 2]),
  't10k-images-idx3-ubyte': idx([1, 1, 2], [7, 8]),
  't10k-labels-idx1-ubyte': idx([1], [1]),
};
const npyFiles = {
  'x_train.npy': npy('<f4', [2, 2], [0, 0.5, 1, 0.25]),
  'y_train.npy': npy('<i8', [2], [0, 1]),
  'x_test.npy': npy('<f4', [1, 2], [0.5, 0.5]),
  'y_test.npy': npy('<i8', [1], [1]),
};

test('MNIST has 60,000 and 10,000 pictures of 28 x 28 bytes, every class, and starts with 5, 0, 4', () => {
  const data = loadDataSet(spec('mnist'));
  expect(data).toMatchObject({ name: 'mnist', classes: 10 });
  expect([data.train.count, data.test.count]).toEqual([60_000, 10_000]);
  expect(data.train).toMatchObject({ shape: [28, 28], scale: 255 });
  expect(data.train.inputs).toBeInstanceOf(Uint8Array);
  expect(data.train.inputs.length).toBe(60_000 * 784);
  expect([...data.train.labels.subarray(0, 3)]).toEqual([5, 0, 4]);
  expect([...data.test.labels.subarray(0, 3)]).toEqual([7, 2, 1]);
  // The counts of each digit, as published.
  const counts = Array.from({ length: 10 }, () => 0);
  for (const label of data.train.labels) counts[label]! += 1;
  expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
});

test('MNIST with limits is its beginning, and keeps ten classes however few are used', () => {
  const few = loadDataSet(spec('mnist', { train: 2, test: 1 }));
  expect([few.train.count, few.test.count, few.classes]).toEqual([2, 1, 10]);
  expect(example(few.train, 1)).toEqual(example(loadDataSet(spec('mnist', { train: 5 })).train, 1));
});

test('the SHA-256 says whether two sets hold the same numbers', () => {
  const of = (train: number): string => loadDataSet(spec('mnist', { train, test: 10 })).sha256;
  expect(of(10)).toMatch(/^[0-9a-f]{64}$/);
  expect(of(10)).toBe(of(10));
  expect(of(10)).not.toBe(of(11));
});

test('Fashion-MNIST has 60,000 and 10,000 pictures, as many of each class, and so has its beginning', () => {
  const { train, test: held, classes } = loadDataSet(spec('fashion-mnist'));
  expect([train.count, held.count, classes]).toEqual([60_000, 10_000, 10]);
  for (const examples of [train, held]) {
    const counts = Array.from({ length: 10 }, () => 0);
    for (const label of examples.labels) counts[label]! += 1;
    expect(new Set(counts)).toEqual(new Set([examples.count / 10]));
  }
  expect([...train.labels.subarray(0, 10)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(example(train, 59_999).some((byte) => byte > 0)).toBe(true);
});

test('more examples than there are is refused with both numbers and the model file', () => {
  expect(placeOf(() => loadDataSet(spec('mnist', { test: 10_001 }), { file: 'models/a.yaml' }))).toMatchObject({
    kind: 'input',
    file: 'models/a.yaml',
    path: 'data.test',
    found: '10001',
    expected: 'at most 10000',
  });
});

test('an unknown set is refused with the names of those there are', () => {
  const place = placeOf(() => loadDataSet(spec('minst')));
  expect(place).toMatchObject({ kind: 'input', path: 'data.set', found: '"minst"' });
  expect(place.expected).toContain('fashion-mnist');
  expect(placeOf(() => loadDataSet(spec('toString'))).path).toBe('data.set');
});

test('small made sets are the same each time, lie in [0, 1], hold every class, and test other examples than they train', () => {
  for (const set of ['moons', 'xor', 'bars']) {
    const data = loadDataSet(spec(set, { train: 200, test: 100 }));
    expect(data.sha256).toBe(loadDataSet(spec(set, { train: 200, test: 100 })).sha256);
    for (const { inputs, labels, count, shape } of [data.train, data.test]) {
      expect(inputs.length).toBe(count * shape.reduce((product, side) => product * side, 1));
      expect(inputs.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(new Set(labels).size, set).toBe(data.classes);
    }
    expect(example(data.train, 0)).not.toEqual(example(data.test, 0));
  }
});

test('the label of xor says whether its two bits differ', () => {
  const { train } = loadDataSet(spec('xor', { train: 100 }));
  for (let k = 0; k < 100; k++) {
    const [a, b] = example(train, k);
    expect(train.labels[k]).toBe(Number(a! > 0.5 !== b! > 0.5));
  }
});

test('a folder of IDX files is read, gzipped or not', () => {
  write(idxFiles);
  const plain = loadDataSet(spec('idx', { path: folder }));
  expect(plain.train).toMatchObject({ count: 3, shape: [1, 2], scale: 255 });
  expect(example(plain.train, 2)).toEqual([5, 6]);
  expect(plain.classes).toBe(3);
  for (const name of Object.keys(idxFiles)) rmSync(join(folder, name));
  for (const [name, data] of Object.entries(idxFiles)) write({ [`${name}.gz`]: gzipSync(data) });
  expect(loadDataSet(spec('idx', { path: folder })).sha256).toBe(plain.sha256);
});

test('IDX files are found in other spellings of their names, and refused where several may be meant', () => {
  write(idxFiles);
  const plain = loadDataSet(spec('idx', { path: folder }));
  for (const name of Object.keys(idxFiles)) rmSync(join(folder, name));
  const spelled = (name: string): string => name.replace('-idx', '.idx');
  for (const [name, data] of Object.entries(idxFiles)) write({ [spelled(name)]: data });
  expect(loadDataSet(spec('idx', { path: folder })).sha256).toBe(plain.sha256);
  write({ 'emnist-letters-train-images-idx3-ubyte': idxFiles['train-images-idx3-ubyte'] });
  expect(placeOf(() => loadDataSet(spec('idx', { path: folder })))).toMatchObject({
    file: folder,
    found: 'emnist-letters-train-images-idx3-ubyte, train-images.idx3-ubyte',
  });
});

test('a gzip file cut short is refused by name', () => {
  write({ ...idxFiles, 'train-images-idx3-ubyte.gz': gzipSync(idxFiles['train-images-idx3-ubyte']).subarray(0, 20) });
  rmSync(join(folder, 'train-images-idx3-ubyte'));
  const place = placeOf(() => loadDataSet(spec('idx', { path: folder })));
  expect(place).toMatchObject({ kind: 'input', file: join(folder, 'train-images-idx3-ubyte.gz') });
});

test('as many labels as images, or both numbers', () => {
  write({ ...idxFiles, 'train-labels-idx1-ubyte': idx([2], [0, 1]) });
  expect(placeOf(() => loadDataSet(spec('idx', { path: folder })))).toMatchObject({
    file: join(folder, 'train-labels-idx1-ubyte'),
    found: '2 labels',
    expected: '3',
  });
});

test('training and test examples of different shapes are refused', () => {
  write({ ...idxFiles, 't10k-images-idx3-ubyte': idx([1, 2, 1], [7, 8]) });
  expect(placeOf(() => loadDataSet(spec('idx', { path: folder })))).toMatchObject({ found: 'test [2, 1]' });
});

test('a missing file is refused by its path', () => {
  for (const [set, name] of [
    ['idx', 'train-images-idx3-ubyte'],
    ['npy', 'x_train.npy'],
    ['csv', 'train.csv'],
  ] as const)
    // prettier-ignore
    expect(placeOf(() => loadDataSet(spec(set, { path: folder })))).toMatchObject({ kind: 'input', file: join(folder, name) });
});

test('a set of files without a path is refused at data.path', () => {
  for (const set of ['idx', 'npy', 'csv'])
    expect(placeOf(() => loadDataSet(spec(set), { file: 'a.yaml' }))).toMatchObject({
      file: 'a.yaml',
      path: 'data.path',
    });
});

test('a relative path starts at the folder of the model file', () => {
  mkdirSync(join(folder, 'digits'));
  for (const [name, data] of Object.entries(idxFiles)) write({ [join('digits', name)]: data });
  expect(loadDataSet(spec('idx', { path: 'digits' }), { file: join(folder, 'a.yaml') }).train.count).toBe(3);
});

test('a folder of .npy files is read, floats as they are and bytes out of 255', () => {
  write(npyFiles);
  const data = loadDataSet(spec('npy', { path: folder }));
  expect(data).toMatchObject({ classes: 2, train: { count: 2, shape: [2], scale: 1 } });
  expect([...data.train.inputs]).toEqual([0, 0.5, 1, 0.25]);
  write({ 'x_train.npy': npy('|u1', [2, 2], [0, 255, 3, 4]), 'x_test.npy': npy('|u1', [1, 2], [0, 255]) });
  expect(loadDataSet(spec('npy', { path: folder })).train.scale).toBe(255);
});

test('.npy labels outside 0 to 255, inputs that are no numbers, and counts that differ are refused', () => {
  const place = (files: Readonly<Record<string, Uint8Array>>): ReturnType<typeof placeOf> => {
    write({ ...npyFiles, ...files });
    return placeOf(() => loadDataSet(spec('npy', { path: folder })));
  };
  const labels = join(folder, 'y_train.npy');
  expect(place({ 'y_train.npy': npy('<i8', [2], [0, 256]) })).toMatchObject({ file: labels, found: '256 at 1' });
  expect(place({ 'y_train.npy': npy('<f4', [2], [0.5, 1]) })).toMatchObject({ file: labels, found: '0.5 at 0' });
  expect(place({ 'x_train.npy': npy('<f4', [2, 2], [0, NaN, 0, 0]) })).toMatchObject({ found: 'NaN at 1' });
  expect(place({ 'y_train.npy': npy('<i8', [3], [0, 1, 1]) })).toMatchObject({
    file: labels,
    found: 'inputs [2, 2], labels [3]',
  });
});

test('a folder of tables is read', () => {
  write({ 'train.csv': 'a,b,label\n0,0.5,1\n1,0.25,0\n', 'test.csv': 'a,b,label\n0.5,0.5,1\n' });
  expect([...loadDataSet(spec('csv', { path: folder })).train.inputs]).toEqual([0, 0.5, 1, 0.25]);
});

test('one table gives a fifth of its rows to the test, each row to one set, the same each time', () => {
  // Sorted by class, as files often are.
  write({ 'all.csv': Array.from({ length: 100 }, (_, k) => `${k / 128},${Math.floor(k / 50)}`).join('\n') });
  const load = (more: Partial<DataSpec> = {}): DataSet =>
    loadDataSet(spec('csv', { path: join(folder, 'all.csv'), ...more }));
  const { train, test: held, sha256 } = load();
  expect([train.count, held.count]).toEqual([80, 20]);
  const rows = [...train.inputs, ...held.inputs].map((value) => value * 128);
  expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, k) => k));
  for (const { inputs, labels } of [train, held])
    labels.forEach((label, k) => expect(label).toBe(Math.floor((inputs[k]! * 128) / 50)));
  expect(load().sha256).toBe(sha256);
  // The beginning of a sorted file would hold one class.
  expect(new Set(load({ train: 20 }).train.labels)).toEqual(new Set([0, 1]));
});

test('a table of one row cannot be split and is refused', () => {
  write({ 'all.csv': '1,0\n' });
  const path = join(folder, 'all.csv');
  expect(placeOf(() => loadDataSet(spec('csv', { path })))).toMatchObject({ file: path, found: '1 row' });
});

test('a bad cell of a table is refused with the path of its file', () => {
  write({ 'train.csv': '1,0\nx,1\n', 'test.csv': '1,0\n' });
  expect(placeOf(() => loadDataSet(spec('csv', { path: folder })))).toMatchObject({
    file: join(folder, 'train.csv'),
    line: 2,
    column: 1,
  });
});

test('columns outside [0, 1] are brought there by the range of the training set alone', () => {
  write({ 'train.csv': '10,5,0\n20,5,1\n', 'test.csv': '15,5,0\n30,6,1\n' });
  const { train, test: held } = loadDataSet(spec('csv', { path: folder }));
  expect([...train.inputs]).toEqual([0, 0, 1, 0]);
  expect([...held.inputs]).toEqual([0.5, 0, 1, 0]);
});

test('a training set within [0, 1] stays as it is, and what the test set has outside is clipped', () => {
  write({ 'train.csv': '0.25,0\n0.5,1\n', 'test.csv': '7,1\n-1,0\n' });
  const { train, test: held } = loadDataSet(spec('csv', { path: folder }));
  expect([...train.inputs]).toEqual([0.25, 0.5]);
  expect([...held.inputs]).toEqual([1, 0]);
});

test('float pictures are brought to [0, 1] by one range for all pixels, IDX and .npy alike', () => {
  write({
    ...npyFiles,
    'x_train.npy': npy('<f4', [2, 1, 2], [0, 2, 1, 4]),
    'x_test.npy': npy('<f4', [1, 1, 2], [2, 8]),
  });
  const pictures = loadDataSet(spec('npy', { path: folder }));
  expect([...pictures.train.inputs]).toEqual([0, 0.5, 0.25, 1]);
  expect([...pictures.test.inputs]).toEqual([0.5, 1]);
  const shorts = (count: number, ...values: number[]): Uint8Array =>
    Uint8Array.of(0, 0, 0x0b, 3, 0, 0, 0, count, 0, 0, 0, 1, 0, 0, 0, 2, ...values.flatMap((value) => [0, value]));
  write({
    ...idxFiles,
    'train-images-idx3-ubyte': shorts(3, 0, 2, 1, 4, 0, 0),
    't10k-images-idx3-ubyte': shorts(1, 2, 8),
  });
  const read = loadDataSet(spec('idx', { path: folder }));
  expect([...read.train.inputs]).toEqual([0, 0.5, 0.25, 1, 0, 0]);
  expect([...read.test.inputs]).toEqual([0.5, 1]);
});

test('bytes in one set and floats in the other are refused: they have no common scale', () => {
  write({ ...npyFiles, 'x_test.npy': npy('|u1', [1, 2], [255, 128]) });
  expect(placeOf(() => loadDataSet(spec('npy', { path: folder }), { file: 'a.yaml' }))).toMatchObject({
    file: 'a.yaml',
    found: 'test inputs of bytes',
    expected: 'floats as in training',
  });
});

test('files without examples are refused by name', () => {
  write({ ...npyFiles, 'x_train.npy': npy('<f4', [0, 2], []), 'y_train.npy': npy('<i8', [0], []) });
  expect(placeOf(() => loadDataSet(spec('npy', { path: folder })))).toMatchObject({
    file: join(folder, 'x_train.npy'),
    found: '0 x 2',
  });
});

test('counts that are no whole numbers from 0 are refused where they stand', () => {
  for (const count of [-5, 1.5, NaN]) {
    expect(placeOf(() => loadDataSet(spec('xor', { train: count }))).path).toBe('data.train');
    expect(placeOf(() => loadDataSet(spec('mnist', { test: count }))).path).toBe('data.test');
    expect(placeOf(() => splitValidation(loadDataSet(spec('xor', { train: 10 })), count)).path).toBe('data.validation');
  }
});

test('the validation set is the end of the training set and leaves the test set alone', () => {
  const data: DataSet = loadDataSet(spec('mnist', { train: 10, test: 5 }));
  const { train, validation, test: held } = splitValidation(data, 3);
  expect([train.count, validation?.count, held.count]).toEqual([7, 3, 5]);
  expect(example(validation!, 0)).toEqual(example(data.train, 7));
  expect([...train.labels, ...validation!.labels]).toEqual([...data.train.labels]);
  expect(splitValidation(data, 0).validation).toBeNull();
});

test('a validation set of every training example is refused', () => {
  const data = loadDataSet(spec('xor', { train: 10 }));
  expect(placeOf(() => splitValidation(data, 10))).toMatchObject({
    path: 'data.validation',
    found: '10',
    expected: 'fewer than 10',
  });
});
