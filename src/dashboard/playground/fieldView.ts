// The plane of two units: energy as shade, forces as arrows, the ways of the free and the nudged phase. What is drawn is given.
import { ticksOf } from '../../report/bands.ts';
import { colour, dark, font } from '../../report/clientChart.ts';
import type { EnergyText, Estimate, Point, Settings } from './energyText.ts';

export interface Field {
  readonly energy: EnergyText;
  readonly settings: Settings;
  readonly estimate: Estimate;
}
export interface FieldView {
  draw(field: Field): void;
}

/** Of both axes. */
export const reach = 2;
const shades = 72;
const arrows = 17;

/** `picked` hears of the point that was clicked on, or reached by arrow keys. */
export function fieldView(canvas: HTMLCanvasElement, picked: (at: Point) => void): FieldView {
  let latest: Field | null = null;
  let start: Point = { x: 0, y: 0 };
  const redraw = (): void => {
    if (latest) draw(latest);
  };
  dark.addEventListener('change', redraw);
  new ResizeObserver(redraw).observe(canvas);
  canvas.addEventListener('click', ({ offsetX, offsetY }) => pick(((offsetX / canvas.clientWidth) * 2 - 1) * reach, (1 - (offsetY / canvas.clientHeight) * 2) * reach)); // prettier-ignore
  canvas.addEventListener('keydown', (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!move) return;
    event.preventDefault();
    pick(start.x + move[0]! * 0.1, start.y + move[1]! * 0.1);
  });
  return { draw };

  function pick(x: number, y: number): void {
    const within = (value: number): number => Math.min(reach, Math.max(-reach, value));
    picked((start = { x: within(x), y: within(y) }));
  }
  function draw(field: Field): void {
    latest = field;
    const size = canvas.clientWidth;
    if (size === 0) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    if (canvas.width !== Math.round(size * ratio)) canvas.width = canvas.height = Math.round(size * ratio);
    const paint = canvas.getContext('2d')!;
    paint.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint.clearRect(0, 0, size, size);
    const place = ({ x, y }: Point): [number, number] => [((x / reach + 1) / 2) * size, ((1 - y / reach) / 2) * size];
    shade(paint, field, size);
    forces(paint, field, size, place);
    axes(paint, size, place);
    way(paint, field.estimate.free, colour('free'), place);
    way(paint, field.estimate.nudged, colour('plus'), place);
  }
}

/** Darker where the energy is lower, by ranks: any text fills the scale. */
function shade(paint: CanvasRenderingContext2D, { energy, settings }: Field, size: number): void {
  const values = Float64Array.from({ length: shades * shades }, (_, k) => {
    const [column, row] = [k % shades, Math.floor(k / shades)];
    return energy.energy({ x: (((column + 0.5) / shades) * 2 - 1) * reach, y: (1 - ((row + 0.5) / shades) * 2) * reach }, settings); // prettier-ignore
  });
  const sorted = values.filter(Number.isFinite).sort();
  if (sorted.length === 0) return;
  const cell = size / shades;
  paint.fillStyle = colour('accent');
  for (let k = 0; k < values.length; k++) {
    if (!Number.isFinite(values[k])) continue;
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < values[k]!) low = middle + 1;
      else high = middle;
    }
    paint.globalAlpha = 0.42 * (1 - Math.floor((12 * low) / sorted.length) / 12) ** 1.5;
    paint.fillRect((k % shades) * cell, Math.floor(k / shades) * cell, cell + 0.5, cell + 0.5);
  }
  paint.globalAlpha = 1;
}

/** Lengths grow slower than forces, so that weak ones are seen beside strong ones. */
function forces(paint: CanvasRenderingContext2D, { energy, settings }: Field, size: number, place: (at: Point) => [number, number]): void {
  const spacing = (2 * reach) / arrows;
  paint.strokeStyle = paint.fillStyle = colour('soft');
  paint.lineWidth = 1;
  for (let column = 0; column < arrows; column++)
    for (let row = 0; row < arrows; row++) {
      const at = { x: -reach + (column + 0.5) * spacing, y: -reach + (row + 0.5) * spacing };
      const { x, y } = energy.force(at, settings);
      const strength = Math.hypot(x, y);
      if (!(strength > 1e-9) || !Number.isFinite(strength)) continue;
      const length = ((size / arrows) * 0.85 * strength) / (strength + 0.6);
      const [dx, dy] = [(x / strength) * length, (-y / strength) * length];
      const [px, py] = place(at);
      const [hx, hy] = [px + dx / 2, py + dy / 2];
      paint.beginPath();
      paint.moveTo(px - dx / 2, py - dy / 2);
      paint.lineTo(hx, hy);
      paint.stroke();
      const head = Math.min(4, length / 2) / length;
      paint.beginPath();
      paint.moveTo(hx, hy);
      paint.lineTo(hx - head * (dx + dy * 0.6), hy - head * (dy - dx * 0.6));
      paint.lineTo(hx - head * (dx - dy * 0.6), hy - head * (dy + dx * 0.6));
      paint.fill();
    }
} // prettier-ignore

function axes(paint: CanvasRenderingContext2D, size: number, place: (at: Point) => [number, number]): void {
  paint.font = font;
  paint.fillStyle = colour('soft');
  for (const tick of ticksOf(-reach, reach, 4)) {
    const [x, y] = place({ x: tick, y: tick });
    if (Math.abs(tick) < reach) {
      paint.textAlign = 'center';
      paint.fillText(String(tick), x, size - 6);
      paint.textAlign = 'left';
      paint.fillText(String(tick), 5, y + 4);
    }
  }
  paint.textAlign = 'right';
  paint.fillText('x (hidden)', size - 6, size - 22);
  paint.textAlign = 'left';
  paint.fillText('y (output)', 6, 16);
}

function way(paint: CanvasRenderingContext2D, path: readonly Point[], tone: string, place: (at: Point) => [number, number]): void {
  const [first, last] = [path[0], path.at(-1)];
  if (!first || !last) return;
  paint.strokeStyle = paint.fillStyle = tone;
  paint.lineWidth = 2.5;
  paint.beginPath();
  path.forEach((at, k) => paint[k === 0 ? 'moveTo' : 'lineTo'](...place(at)));
  paint.stroke();
  paint.beginPath();
  paint.arc(...place(last), 5.5, 0, 2 * Math.PI);
  paint.fill();
  paint.beginPath();
  paint.arc(...place(first), 3, 0, 2 * Math.PI);
  paint.fill();
} // prettier-ignore
