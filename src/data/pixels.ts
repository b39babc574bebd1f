// Pictures with fewer pixels, by area: every new pixel is the mean of what it covers. It makes none larger and reads no file.
import { SettleError } from '../errors.ts';
import type { Examples } from './dataset.ts';

/** For each new place, the old places it covers and the share of each: the overlaps of intervals of length from / to. */
function covers(from: number, to: number): (readonly [place: number, share: number])[][] {
  return Array.from({ length: to }, (_, k) => {
    const [begin, end] = [(k * from) / to, ((k + 1) * from) / to];
    return Array.from({ length: Math.ceil(end - 1e-9) - Math.floor(begin + 1e-9) }, (_unused, j) => {
      const place = Math.floor(begin + 1e-9) + j;
      return [place, ((Math.min(end, place + 1) - Math.max(begin, place)) * to) / from] as const;
    });
  });
}

/**
 * Examples of shape [rows, columns] at `pixels`; bytes are rounded to bytes.
 * @throws SettleError of kind `input` for what is no picture or would become larger
 */
export function withPixels(examples: Examples, pixels: readonly [number, number]): Examples {
  const [rows, columns] = pixels;
  const { shape, inputs, count } = examples;
  if (shape.length !== 2 || rows > shape[0]! || columns > shape[1]!)
    throw new SettleError('the examples do not have so many pixels', {
      kind: 'input', path: 'data.pixels', found: `[${rows}, ${columns}] of examples [${shape.join(', ')}]`, expected: shape.length === 2 ? `at most [${shape.join(', ')}]` : 'pictures: examples of two dimensions',
    }); // prettier-ignore
  if (rows === shape[0] && columns === shape[1]) return examples;
  const [height, width] = shape as [number, number];
  const [down, across] = [covers(height, rows), covers(width, columns)];
  const size = rows * columns;
  const result = inputs instanceof Uint8Array ? new Uint8Array(count * size) : new Float32Array(count * size);
  const narrow = new Float64Array(height * columns);
  for (let example = 0; example < count; example++) {
    const begin = example * height * width;
    for (let row = 0; row < height; row++)
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (const [place, share] of across[c]!) sum += share * inputs[begin + row * width + place]!;
        narrow[row * columns + c] = sum;
      }
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (const [place, share] of down[r]!) sum += share * narrow[place * columns + c]!;
        result[example * size + r * columns + c] = inputs instanceof Uint8Array ? Math.floor(sum + 0.5) : sum;
      }
  }
  return { ...examples, shape: [rows, columns], inputs: result };
}
