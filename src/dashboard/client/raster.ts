// The spike raster: pixels of an image for spikes, whatever their number, and lines and words around them.
import { bandsOf, timeLabel } from '../../report/bands.ts';
import { colour, dark, font } from '../../report/clientChart.ts';
import { paintNames, paintPhases, paintTicks, phaseTone } from '../../report/clientRaster.ts';
import type { LiveAbout } from '../../run/live.ts';
import type { Example } from './example.ts';

export interface RasterView {
  draw(example: Example, about: LiveAbout): void;
}

/** `pick` hears of the unit that was clicked on. */
export function rasterView(canvas: HTMLCanvasElement, pick: (population: string, unit: number) => void): RasterView {
  const layer = document.createElement('canvas');
  let latest: [Example, LiveAbout] | null = null;
  let pixels: ImageData | null = null;
  let bands: ReturnType<typeof bandsOf> = [];
  const redraw = (): void => {
    if (latest) draw(...latest);
  };
  dark.addEventListener('change', redraw);
  new ResizeObserver(redraw).observe(canvas);
  canvas.addEventListener('click', ({ offsetY }) => {
    const band = bands.find(({ top, height }) => offsetY >= top && offsetY < top + height);
    if (band) pick(band.name, Math.min(band.units - 1, Math.floor(((band.top + band.height - offsetY) / band.height) * band.units))); // prettier-ignore
  });
  return { draw };

  function draw(example: Example, about: LiveAbout): void {
    latest = [example, about];
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const { phases } = example;
    if (width === 0 || phases.length === 0) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
    const paint = canvas.getContext('2d')!;
    paint.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint.clearRect(0, 0, width, height);
    paint.font = font;
    const [left, right, top, bottom] = [52, width - 10, 26, height - 34];
    const [begin, end] = [Math.min(...phases.map((p) => p.begin)), Math.max(...phases.map((p) => p.end))];
    const x = (time: number): number => left + ((time - begin) / (end - begin)) * (right - left);
    const shown = about.populations.filter(({ name }) => example.spikes.has(name));
    bands = bandsOf(shown.map(({ name, units }) => ({ name, units, time: [], unit: [] })), top, bottom - top, 14); // prettier-ignore
    paintPhases(paint, phases, x, [top, bottom]);
    paint.fillStyle = colour('line');
    for (const { begin: change } of phases.slice(1))
      paint.fillRect(Math.round(x(change)), top - 4, 1, bottom - top + 8);
    paintNames(paint, bands, left);
    spikes(example, wide, high, ratio, x, end - begin);
    paint.setTransform(1, 0, 0, 1, 0, 0);
    paint.drawImage(layer, 0, 0);
    paint.setTransform(ratio, 0, 0, ratio, 0, 0);
    paintTicks(paint, [begin, end], [left, right], bottom, (tick) => timeLabel(tick, about.step));
  }

  function spikes(example: Example, wide: number, high: number, ratio: number, x: (time: number) => number, span: number): void {
    if (layer.width !== wide || layer.height !== high || !pixels) {
      [layer.width, layer.height] = [wide, high];
      pixels = new ImageData(wide, high);
    }
    const words = new Uint32Array(pixels.data.buffer);
    words.fill(0);
    const each = ((x(1) - x(0)) * ratio * 0.6) || span;
    const across = Math.max(1, Math.round(Math.min(3 * ratio, Math.max(1.5 * ratio, each))));
    const from = x(0.5) * ratio;
    const slope = (x(1) - x(0)) * ratio;
    for (const band of bands) {
      const tall = Math.max(1, Math.round(Math.min(12, Math.max(1.5, (band.height / band.units) * 0.7)) * ratio));
      const scale = (band.height * ratio) / band.units;
      const floor = (band.top + band.height) * ratio;
      for (const { phase, time, unit } of example.spikes.get(band.name)!) {
        const word = wordOf(colour(phaseTone(phase)));
        for (let k = 0; k < time.length; k++) {
          const px = Math.max(0, Math.min(wide - across, Math.round(from + slope * time[k]! - across / 2)));
          const py = Math.max(0, Math.min(high - tall, Math.round(floor - (unit[k]! + 0.5) * scale - tall / 2)));
          for (let row = py * wide + px, last = row + tall * wide; row < last; row += wide)
            for (let at = row; at < row + across; at++) words[at] = word;
        }
      }
    }
    layer.getContext('2d')!.putImageData(pixels, 0, 0);
  } // prettier-ignore
}

const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** `#rrggbb` as a pixel of an image on this machine. */
function wordOf(hex: string): number {
  const value = Number.parseInt(hex.slice(1), 16);
  const [red, green, blue] = [(value >> 16) & 255, (value >> 8) & 255, value & 255];
  return little ? ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0 : ((red << 24) | (green << 16) | (blue << 8) | 255) >>> 0; // prettier-ignore
}
