// CIFAR-10's binary layout from a folder made here, and its normalisation; the published files are not needed.
import { mkdtempSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillInputs } from '../../src/data/batches.ts';
import { loadDataSet } from '../../src/data/load.node.ts';
import type { DataSpec } from '../../src/data/spec.ts';
import { cifar, placeOf } from './files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settle-cifar-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const spec = (more: Partial<DataSpec> = {}): DataSpec => ({ set: 'cifar10', path: folder, train: null, test: null, validation: 0, batch: 1, ...more }); // prettier-ignore
const byte = (record: number, channel: number, row: number, column: number): number =>
  (record * 37 + channel * 101 + row * 7 + column * 3) % 256;

describe('CIFAR-10', () => {
  it('is read batch after batch, each picture by row, column and channel', () => {
    cifar(folder, 3, byte);
    const { train, test, classes } = loadDataSet(spec());
    expect([train.count, test.count, classes, train.scale]).toEqual([15, 3, 10, 255]);
    expect(train.shape).toEqual([32, 32, 3]);
    expect([...train.labels]).toEqual(Array.from({ length: 15 }, (_, k) => k % 10));
    expect([...test.labels]).toEqual([5, 6, 7]);
    const wrong = [train, test].flatMap(({ inputs, count }, set) =>
      Array.from({ length: count * 3072 }, (_, at) => at).filter((at) => {
        const [record, pixel, channel] = [Math.floor(at / 3072), Math.floor((at % 3072) / 3), at % 3];
        return inputs[at] !== byte(15 * set + record, channel, pixel >> 5, pixel & 31);
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('takes the first examples where fewer are asked for, across batches', () => {
    cifar(folder, 3, byte);
    const { train, test } = loadDataSet(spec({ train: 7, test: 2 }));
    expect([train.count, train.inputs.length, test.count]).toEqual([7, 7 * 3072, 2]);
    expect(train.inputs[6 * 3072]).toBe(byte(6, 0, 0, 0));
    expect(placeOf(() => loadDataSet(spec({ train: 16 })))).toMatchObject({ path: 'data.train', found: '16', expected: 'at most 15' }); // prettier-ignore
  });

  it('is refused by the name of the file that is missing or cut off, with both sizes', () => {
    cifar(folder, 2, byte);
    truncateSync(join(folder, 'data_batch_3.bin'), 3073 + 10);
    expect(placeOf(() => loadDataSet(spec()))).toMatchObject({
      kind: 'input', file: join(folder, 'data_batch_3.bin'), found: '3083 bytes', expected: expect.stringMatching(/^6146 /),
    }); // prettier-ignore
    // Cut off between two records it is too short all the same.
    truncateSync(join(folder, 'data_batch_3.bin'), 3073);
    expect(placeOf(() => loadDataSet(spec())).found).toBe('3073 bytes');
    unlinkSync(join(folder, 'test_batch.bin'));
    expect(placeOf(() => loadDataSet(spec()))).toMatchObject({ kind: 'input', file: join(folder, 'test_batch.bin') });
    expect(placeOf(() => loadDataSet(spec({ path: null })))).toMatchObject({ kind: 'input', path: 'data.folder' });
    expect(placeOf(() => loadDataSet(spec({ path: join(folder, 'nowhere') }))).file).toMatch(/data_batch_1\.bin$/);
  });

  it('is refused by a label that is no class', () => {
    cifar(folder, 2, byte);
    const file = join(folder, 'data_batch_2.bin');
    const bytes = readFileSync(file);
    bytes[3073] = 10;
    writeFileSync(file, bytes);
    expect(placeOf(() => loadDataSet(spec()))).toMatchObject({ file, found: '10 in record 1', expected: '0 to 9' });
  });
});

describe('normalisation', () => {
  const values = (data: ReturnType<typeof loadDataSet>, set: 'train' | 'test' = 'train'): Float64Array => {
    const examples = data[set];
    const out = new Float64Array(examples.inputs.length);
    fillInputs(examples, Array.from({ length: examples.count }, (_, k) => k), out); // prettier-ignore
    return out;
  };

  it('gives each channel of the training examples mean 0 and deviation 1, and the test set the same map', () => {
    cifar(folder, 2, byte);
    const data = loadDataSet(spec({ normalise: true }));
    const train = values(data);
    for (let c = 0; c < 3; c++) {
      const own = train.filter((_, k) => k % 3 === c);
      const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
      expect(mean).toBeCloseTo(0, 10);
      expect(own.reduce((sum, x) => sum + (x - mean) ** 2, 0) / own.length).toBeCloseTo(1, 10);
    }
    const { mean, deviation } = data.train.normal!;
    expect(values(data, 'test')[4]).toBeCloseTo((byte(10, 1, 0, 1) / 255 - mean[1]!) / deviation[1]!, 12);
  });

  it('leaves validation examples out of its numbers', () => {
    cifar(folder, 2, (record) => (record < 8 ? 100 + (record % 2) * 50 : 255));
    const { normal } = loadDataSet(spec({ normalise: true, validation: 2 })).train;
    expect(normal!.mean[0]).toBeCloseTo(125 / 255, 12);
    expect(normal!.deviation[0]).toBeCloseTo(25 / 255, 12);
  });

  it('takes given numbers, one for each channel', () => {
    cifar(folder, 1, byte);
    // Of Laborieux et al. 2021, with the deviation three times that of the data.
    const given = { mean: [0.4914, 0.4822, 0.4465], deviation: [0.6069, 0.5982, 0.603] };
    const out = values(loadDataSet(spec({ normalise: given })));
    for (let c = 0; c < 3; c++)
      expect(out[c]).toBeCloseTo((byte(0, c, 0, 0) / 255 - given.mean[c]!) / given.deviation[c]!, 12);
    expect(placeOf(() => loadDataSet(spec({ normalise: { mean: [0.5], deviation: [1, 1, 1] } })))).toMatchObject({
      path: 'data.normalise.mean', found: '1 numbers', expected: expect.stringMatching(/^3, one for each channel/),
    }); // prettier-ignore
  });

  it('is by column of a table, and by the one channel of grey pictures', () => {
    expect(loadDataSet(spec({ set: 'moons', path: null, normalise: true })).train.normal!.mean).toHaveLength(2);
    expect(loadDataSet(spec({ set: 'bars', path: null, normalise: true })).train.normal!.mean).toHaveLength(1);
    // The published mean and deviation of MNIST's training pixels.
    const { mean, deviation } = loadDataSet(spec({ set: 'mnist', path: null, normalise: true })).train.normal!;
    expect(mean[0]).toBeCloseTo(0.1307, 4);
    expect(deviation[0]).toBeCloseTo(0.3081, 4);
  });
});
