// The pad that a digit is drawn on, and what becomes of it: an image as in MNIST (20 x 20 pixels around the centre of mass).
export interface Pad {
  clear(): void;
  /** Shows an image of 28 x 28 instead of strokes. */
  put(image: ArrayLike<number>): void;
}

export const side = 28;
/** Of the longer side of the ink's box, after LeCun et al.'s preparation of MNIST. */
const box = 20;

/**
 * Ink in [0, 1] (row by row, `width` x `height`) as 28 x 28 in [0, 1]: its box scaled to 20 pixels, its centre of mass in the
 * middle; every pixel is the mean of what it covers. Null without ink.
 */
export function centred(ink: ArrayLike<number>, width: number, height: number): Float32Array | null {
  let [left, right, top, bottom, mass, x, y] = [width, 0, height, 0, 0, 0, 0];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const value = ink[row * width + column]!;
      if (value <= 0) continue;
      [left, right, top, bottom] = [Math.min(left, column), Math.max(right, column + 1), Math.min(top, row), Math.max(bottom, row + 1)]; // prettier-ignore
      mass += value;
      x += value * (column + 0.5);
      y += value * (row + 0.5);
    }
  if (mass === 0) return null;
  [x, y] = [x / mass, y / mass];
  /** Source pixels a pixel. */
  const scale = Math.max(right - left, bottom - top) / box;
  // Sums over rectangles from the corner, so that means over any rectangle cost nothing.
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let row = 0; row < height; row++)
    for (let column = 0, line = 0; column < width; column++) {
      line += ink[row * width + column]!;
      sums[(row + 1) * (width + 1) + column + 1] = sums[row * (width + 1) + column + 1]! + line;
    }
  const corner = (column: number, row: number): number => {
    const [c, r] = [Math.min(width, Math.max(0, column)), Math.min(height, Math.max(0, row))];
    const [c0, r0] = [Math.min(width - 1, Math.floor(c)), Math.min(height - 1, Math.floor(r))];
    const at = (dc: number, dr: number): number => sums[(r0 + dr) * (width + 1) + c0 + dc]!;
    const [u, v] = [c - c0, r - r0];
    return (1 - u) * (1 - v) * at(0, 0) + u * (1 - v) * at(1, 0) + (1 - u) * v * at(0, 1) + u * v * at(1, 1);
  };
  const made = new Float32Array(side * side);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const [a, b] = [x + (column - side / 2) * scale, y + (row - side / 2) * scale];
      const sum = corner(a + scale, b + scale) - corner(a, b + scale) - corner(a + scale, b) + corner(a, b);
      made[row * side + column] = Math.min(1, Math.max(0, sum / (scale * scale)));
    }
  return made;
}

/** `drawn` hears of the ink after each stroke, and now and then within one. */
export function pad(canvas: HTMLCanvasElement, drawn: (image: Float32Array | null) => void): Pad {
  const paint = canvas.getContext('2d', { willReadFrequently: true })!;
  const { width, height } = canvas;
  let last: { x: number; y: number } | null = null;
  let told = 0;
  Object.assign(paint, { lineCap: 'round', lineJoin: 'round', lineWidth: width / 13, strokeStyle: '#fff' });
  const place = ({ offsetX, offsetY }: PointerEvent): { x: number; y: number } => ({ x: (offsetX * width) / canvas.clientWidth, y: (offsetY * height) / canvas.clientHeight }); // prettier-ignore
  function tell(): void {
    const { data } = paint.getImageData(0, 0, width, height);
    drawn(
      centred(
        Float32Array.from({ length: width * height }, (_, k) => data[4 * k + 3]! / 255),
        width,
        height,
      ),
    );
  }
  canvas.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    if (canvas.dataset['image']) clear();
    last = place(event);
    line(last);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!last) return;
    line(place(event));
    if (event.timeStamp - told < 250) return;
    told = event.timeStamp;
    tell();
  });
  for (const kind of ['pointerup', 'pointercancel'] as const)
    canvas.addEventListener(kind, () => {
      if (last) tell();
      last = null;
    });
  return { clear, put };

  function line(to: { x: number; y: number }): void {
    paint.beginPath();
    paint.moveTo(last!.x, last!.y);
    paint.lineTo(to.x, to.y);
    paint.stroke();
    last = to;
  }
  function clear(): void {
    delete canvas.dataset['image'];
    paint.clearRect(0, 0, width, height);
  }
  function put(image: ArrayLike<number>): void {
    clear();
    canvas.dataset['image'] = 'given';
    const pixel = width / side;
    for (let k = 0; k < side * side; k++) {
      if (image[k]! <= 0) continue;
      paint.fillStyle = `rgb(255 255 255 / ${image[k]!})`;
      paint.fillRect((k % side) * pixel, Math.floor(k / side) * pixel, pixel, pixel);
    }
  }
}
