// Pictures with fewer pixels: means over areas, worked by hand; what makes no sense is refused.
import { describe, expect, it } from 'vitest';
import { withPixels } from '../../src/data/pixels.ts';
import { explain, SettleError } from '../../src/errors.ts';
import { loadModel } from '../../src/model/load.ts';
import { readModel } from '../../src/model/read.node.ts';

const pictures = (shape: number[], inputs: Uint8Array | Float32Array) => ({
  count: 1, shape, inputs, scale: inputs instanceof Uint8Array ? 255 : 1, labels: Uint8Array.of(0),
}); // prettier-ignore

describe('pixels', () => {
  it('of a half are means of four', () => {
    const half = withPixels(pictures([2, 4], Uint8Array.of(0, 4, 8, 8, 2, 6, 9, 10)), [1, 2]);
    // (0 + 4 + 2 + 6) / 4 = 3 and (8 + 8 + 9 + 10) / 4 = 8.75, the byte 9.
    expect([half.shape, [...half.inputs]]).toEqual([[1, 2], [3, 9]]); // prettier-ignore
  });
  it('of 3 to 2 share the one in the middle: (6 + 3 / 2) / 1.5 and (3 / 2 + 9) / 1.5', () => {
    expect([...withPixels(pictures([1, 3], Float32Array.of(6, 3, 9)), [1, 2]).inputs]).toEqual([5, 7]);
  });
  it('keep the mean of a picture: 28 x 28 to 12 x 12', () => {
    const inputs = Float32Array.from({ length: 784 }, (_, k) => (k * 37) % 101);
    const mean = (values: Iterable<number> & { length: number }) =>
      [...values].reduce((sum, x) => sum + x, 0) / values.length;
    expect(mean(withPixels(pictures([28, 28], inputs), [12, 12]).inputs)).toBeCloseTo(mean(inputs), 4);
  });
  it('are refused where there are no pictures, or larger ones than there are', () => {
    expect(() => withPixels(pictures([4], Uint8Array.of(1, 2, 3, 4)), [1, 2])).toThrow(SettleError);
    expect(() => withPixels(pictures([2, 2], Uint8Array.of(1, 2, 3, 4)), [3, 2])).toThrow(/so many pixels/);
    const refusal = (set: string[]): string => {
      try {
        readModel('mnist', { set });
      } catch (error) {
        return explain(error as SettleError);
      }
      return 'accepted';
    };
    expect(refusal(['data.pixels=[12, 29]'])).toMatch(/data\.pixels.*\[12, 29\].*1 to 28/);
    expect(refusal(['data.pixels=[12, 12]'])).toMatch(/found 784, expected 144 \(mnist of 12 x 12 pixels\)/);
    expect(refusal(['data.set=xor', 'data.pixels=[1, 1]'])).toMatch(/no pictures/);
  });
  it('survive the resolved text of a model', () => {
    const { resolvedYaml, model } = readModel('mnist', { set: ['data.pixels=[12, 12]', 'populations.x.units=144'] });
    expect(model.data.pixels).toEqual([12, 12]);
    expect(loadModel(resolvedYaml, { file: 'again' }).model.data.pixels).toEqual([12, 12]);
  });
});
