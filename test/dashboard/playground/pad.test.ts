// Strokes become images as MNIST's are: 20 pixels around the centre of mass.
import { describe, expect, it } from 'vitest';
import { centred, side } from '../../../src/dashboard/playground/pad.ts';

/** Ink of 1 in a box of the pad. */
function boxOf(width: number, left: number, top: number, wide: number, high: number): Float32Array {
  const ink = new Float32Array(width * width);
  for (let y = top; y < top + high; y++) ink.fill(1, y * width + left, y * width + left + wide);
  return ink;
}
function boundsOf(image: Float32Array): [number, number, number, number] {
  const lit = Array.from(image, (value, k) => [value, k % side, Math.floor(k / side)] as const).filter(([value]) => value > 0.5); // prettier-ignore
  const [x, y] = [lit.map(([, column]) => column), lit.map(([, , row]) => row)];
  return [Math.min(...x), Math.max(...x), Math.min(...y), Math.max(...y)];
}

describe('the pad', () => {
  it('a box anywhere, of any size, comes to lie 20 pixels tall in the middle', () => {
    for (const [left, top, wide, high] of [[10, 20, 50, 100], [200, 150, 30, 60], [40, 0, 100, 200]] as const) {
      const image = centred(boxOf(280, left, top, wide, high), 280, 280)!;
      expect(boundsOf(image)).toEqual([9, 18, 4, 23]);
      expect(image.reduce((a, b) => a + b, 0)).toBeCloseTo(20 * 10, 3);
    }
  }); // prettier-ignore

  it('the middle is that of the mass, not of the box', () => {
    const ink = boxOf(280, 50, 50, 20, 100);
    boxOf(280, 70, 140, 60, 10).forEach((value, k) => (ink[k] = Math.max(ink[k]!, value)));
    const image = centred(ink, 280, 280)!;
    let [mass, x, y] = [0, 0, 0];
    image.forEach((value, k) => ((mass += value), (x += value * ((k % side) + 0.5)), (y += value * (Math.floor(k / side) + 0.5)))); // prettier-ignore
    expect(x / mass).toBeCloseTo(14, 4);
    expect(y / mass).toBeCloseTo(14, 4);
  });

  it('no ink is no image, and a single point stays within its pixels', () => {
    expect(centred(new Float32Array(100), 10, 10)).toBeNull();
    const image = centred(Float32Array.from({ length: 100 }, (_, k) => (k === 0 ? 1 : 0)), 10, 10)!;
    expect(Math.max(...image)).toBeLessThanOrEqual(1);
    expect(image.every((value) => value >= 0)).toBe(true);
  }); // prettier-ignore
});
