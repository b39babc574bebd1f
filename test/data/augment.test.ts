// Random crops and flips: what may happen to a picture, how often, and that nothing else decides it.
import { describe, expect, it } from 'vitest';
import { augmented, checkAugmentation, drawn } from '../../src/data/augment.ts';
import { fillInputs } from '../../src/data/batches.ts';
import type { Examples } from '../../src/data/dataset.ts';
import { preparerHere } from '../../src/data/prepare.ts';
import { preparer } from '../../src/data/prepare.node.ts';
import { SettleError } from '../../src/errors.ts';
import { readModel } from '../../src/model/read.node.ts';

/** Pictures of 4 x 5 with 2 channels whose numbers say where they stand. */
const shape = [4, 5, 2] as const;
const pictures: Examples = {
  count: 64, shape, scale: 1, labels: new Uint8Array(64),
  inputs: Float32Array.from({ length: 64 * 40 }, (_, k) => 1000 * Math.floor(k / 40) + (k % 40) + 1),
}; // prettier-ignore
const all = Int32Array.from({ length: 64 }, (_, k) => k);
const made = (spec: Parameters<typeof augmented>[1], seed = 1, pass = 0, indices = all): Float32Array => {
  const out = new Float32Array(indices.length * 40);
  augmented(pictures, spec, seed)(indices, pass, out);
  return out;
};

/** A picture padded, cut at (row, column) and mirrored, by its definition: pad first, then cut, then mirror. */
function byHand(example: number, crop: number, fill: 'edge' | 'zero', row: number, column: number, mirrored: boolean) {
  const [rows, columns, channels] = shape;
  const padded = Array.from({ length: rows + 2 * crop }, (_, i) =>
    Array.from({ length: columns + 2 * crop }, (_unused, j) => {
      const [r, c] = [i - crop, j - crop];
      const inside = r >= 0 && r < rows && c >= 0 && c < columns;
      if (!inside && fill === 'zero') return [0, 0];
      const [y, x] = [Math.max(0, Math.min(rows - 1, r)), Math.max(0, Math.min(columns - 1, c))];
      return [0, 1].map((channel) => pictures.inputs[example * 40 + (y * columns + x) * channels + channel]!);
    }),
  );
  const cut = padded.slice(row, row + rows).map((line) => line.slice(column, column + columns));
  return cut.flatMap((line) => (mirrored ? line.toReversed() : line)).flat();
}

describe('augmentation', () => {
  it.each(['edge', 'zero'] as const)('pads by %s, cuts to size and mirrors', (fill) => {
    const spec = { crop: 2, fill, flip: true };
    const out = made(spec, 3, 5);
    for (const example of all) {
      const { row, column, mirrored } = drawn(spec, 3, 5, example);
      expect([...out.subarray(example * 40, (example + 1) * 40)]).toEqual(byHand(example, 2, fill, row, column, mirrored)); // prettier-ignore
    }
  });

  it('without crop and flip changes nothing', () => {
    const plain = new Float32Array(64 * 40);
    fillInputs(pictures, all, plain);
    expect(made({ crop: 0, fill: 'edge', flip: false })).toEqual(plain);
  });

  it('draws every place and either side about equally often', () => {
    const places = new Float64Array(25);
    let mirrored = 0;
    const count = 20_000;
    for (let k = 0; k < count; k++) {
      const one = drawn({ crop: 2, fill: 'edge', flip: true }, 1, k % 7, k);
      places[5 * one.row + one.column]! += 1;
      mirrored += one.mirrored ? 1 : 0;
    }
    // Chi squared with 24 degrees of freedom: 51.2 is passed once in a thousand.
    expect(places.reduce((sum, n) => sum + (n - count / 25) ** 2 / (count / 25), 0)).toBeLessThan(51.2);
    expect(Math.abs(mirrored - count / 2)).toBeLessThan(3.3 * Math.sqrt(count / 4));
  });

  it('depends on seed, pass and example alone: not on the batch around it', () => {
    const spec = { crop: 2, fill: 'edge', flip: true } as const;
    const whole = made(spec);
    const alone = made(spec, 1, 0, Int32Array.of(17));
    expect(alone).toEqual(whole.slice(17 * 40, 18 * 40));
    expect(made(spec, 2)).not.toEqual(whole);
    expect(made(spec, 1, 1)).not.toEqual(whole);
  });

  it('comes from a thread of its own with the same bits, begun ahead or not', async () => {
    const spec = { crop: 1, fill: 'zero', flip: true } as const;
    for (const examples of [pictures, { ...pictures, inputs: Uint8Array.from(pictures.inputs), scale: 255, normal: { mean: [0.5, 0.4], deviation: [0.2, 0.3] } }]) {
      const source = preparer(examples, spec, 9, 8);
      try {
        for (let k = 0; k < 6; k++) {
          const [now, ahead] = [all.subarray(8 * k, 8 * k + 8), all.subarray(8 * k + 8, 8 * k + 16)];
          const expected = new Float32Array(8 * 40);
          augmented(examples, spec, 9)(now, 4, expected);
          // Of another pass: what was begun is not what is asked for.
          if (k === 3) source.begin(now, 5);
          expect((await source.take(now, 4)).slice()).toEqual(expected);
          expect(await preparerHere(examples, spec, 9).take(now, 4)).toEqual(expected);
          source.begin(ahead, 4);
        }
      } finally {
        await source.close();
      }
    }
  }); // prettier-ignore

  it('is refused for what is no picture and for padding that makes no sense', () => {
    const spec = { crop: 1, fill: 'edge', flip: false } as const;
    expect(() => checkAugmentation(spec, [2], 'moons')).toThrow(/only pictures/);
    expect(() => checkAugmentation({ ...spec, crop: 5 }, shape, 'mine')).toThrow(/wider than the picture/);
    const refusal = (set: readonly string[]): string => {
      try {
        readModel('xor', { set });
      } catch (error) {
        if (error instanceof SettleError) return `${error.message} ${JSON.stringify(error.place)}`;
      }
      return '';
    };
    expect(refusal(['data.augment.crop=1'])).toMatch(/only pictures are cropped.*examples \[4\] of xor/);
    expect(refusal(['data.augment.crop=-1'])).toMatch(/below zero.*-1.*0 or more/);
    expect(refusal(['data.normalise.mean=[0]', 'data.normalise.deviation=[0]'])).toMatch(/no deviation/);
    expect(refusal(['data.folder=a', 'data.path=b'])).toMatch(/given twice/);
  });
});
