// The page's own program: draws the figures from the data in the page. Bundled into client.generated.ts by the build; it
// runs in the reader's browser and fetches nothing.
import { bandsOf, phaseLabel, spanOf, timeLabel } from './bands.ts';
import { chart, colour, compact, dark, font, type Line, percent, place, redraws, thousands } from './clientChart.ts';
import { drawComparison } from './clientComparison.ts';
import { drawCreatures } from './clientCreatures.ts';
import { paintNames, paintPhases, paintTicks, phaseTone, stripes } from './clientRaster.ts';
import type { PageData, PicturePixels } from './data.ts';
import { rowColour } from './swatch.ts';

const data = JSON.parse(document.getElementById('data')!.textContent) as PageData;

function drawHistory({ epoch, logarithmic, lines, spikes }: NonNullable<PageData['history']>): void {
  const points = epoch.length <= 40;
  const common = { x: 'epoch', at: String, fromZero: true, whole: true, last: true };
  const drawn = (each: (typeof lines)[number]): Line => ({ ...each, colour: colour(each.colour), points });
  place('curve', (host, width) =>
    chart(host, width, epoch, lines.map(drawn), { ...common, y: 'wrong answers', logarithmic, value: percent }),
  );
  place('spikes', (host, width) =>
    chart(host, width, epoch, spikes.map(drawn), { ...common, y: 'spikes an example', value: thousands }),
  );
}

type Example = NonNullable<PageData['example']>;

/** Phases as pale stripes behind a chart. */
/** Values with a gap where a phase begins, so that no line joins what is not joined. */
function parted(time: readonly number[], { phases }: Example): number[] {
  const starts = new Set<number>();
  for (const { begin } of phases.slice(1)) {
    const first = time.findIndex((value) => value >= begin);
    if (first > 0) starts.add(first);
  }
  return time.flatMap((_, k) => (starts.has(k) ? [-1, k] : [k]));
}

function drawExample(example: Example): void {
  const { energy, outputs, step, image } = example;
  const at = (value: number): string => timeLabel(value, step);
  const scale = step === undefined ? 1 : step * 1000;
  const x = step === undefined ? 'time (steps)' : 'time (ms)';
  const common = { x, at: (value: number) => compact(value), under: stripes(example.phases, scale) }; // prettier-ignore
  const timesOf = (time: readonly number[], order: readonly number[]): number[] =>
    order.map((k, j) => (k >= 0 ? time[k]! : time[order[j + 1]!]! - 1e-6) * scale);
  if (energy) {
    const order = parted(energy.time, example);
    const inside = (k: number, begin: number, end: number): boolean =>
      k >= 0 && energy.time[k]! >= begin && energy.time[k]! < end;
    place('energy', (host, width) => {
      const lines = example.phases.map(({ name, begin, end }) => ({
        name: phaseLabel({ name }),
        colour: colour(phaseTone(name)),
        values: order.map((k) => (inside(k, begin, end) ? energy.values[k]! : null)),
      }));
      const whole = { name: 'energy', colour: colour('accent'), values: order.map((k) => energy.values[k] ?? null) };
      chart(host, width, timesOf(energy.time, order), lines.length > 0 ? lines : [whole], {
        ...common,
        y: 'energy',
        value: compact,
      });
    });
  }
  if (outputs) {
    const order = parted(outputs.time, example);
    const { target, prediction } = outputs;
    const rank = (unit: number): number => (unit === target ? 2 : unit === prediction ? 1 : 0);
    const indices = outputs.units
      .map((_, k) => k)
      .sort((a, b) => rank(outputs.units[a]!) - rank(outputs.units[b]!) || a - b);
    place('outputs', (host, width) => {
      const lines = indices.map((k): Line => {
        const unit = outputs.units[k]!;
        const role = ['faint', 'bad', 'accent'][rank(unit)]!;
        const values = order.map((row) => outputs.values[k]![row] ?? null);
        const said = ['', ', prediction', ', target'][rank(unit)]!;
        return { name: `${unit}${said}`, colour: colour(role), width: rank(unit) > 0 ? 2.5 : 1, values };
      });
      chart(host, width, timesOf(outputs.time, order), lines, { ...common, y: 'activity', value: compact });
    });
  }
  if (image) paint(document.querySelector('#image'), image, () => [238, 241, 245, 26, 31, 41]);
  place('raster', (host, width) => drawRaster(host as HTMLCanvasElement, width, example, at));
}

function drawRaster(canvas: HTMLCanvasElement, width: number, example: Example, at: (steps: number) => string): void {
  const height = canvas.clientHeight;
  const ratio = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  const draw = canvas.getContext('2d')!;
  draw.scale(ratio, ratio);
  draw.font = font;
  const [left, right, top, bottom] = [46, width - 10, 26, height - 34];
  const [begin, end] = spanOf(example);
  const x = (time: number): number => left + ((time - begin) / (end - begin)) * (right - left);
  const bands = bandsOf(example.populations, top, bottom - top, 14);
  paintPhases(draw, example.phases, x, [top, bottom]);
  draw.strokeStyle = colour('faint');
  draw.setLineDash([4, 4]);
  for (const phase of example.phases.slice(1)) {
    draw.beginPath();
    draw.moveTo(Math.round(x(phase.begin)) + 0.5, top - 4);
    draw.lineTo(Math.round(x(phase.begin)) + 0.5, bottom + 4);
    draw.stroke();
  }
  draw.setLineDash([]);
  paintNames(draw, bands, left);
  for (const [k, band] of bands.entries()) {
    const { time, unit } = example.populations[k]!;
    const wide = Math.max(1.5, Math.min(3, ((right - left) / (end - begin)) * 0.6));
    const tall = Math.max(1.5, Math.min(14, (band.height / band.units) * 0.7));
    const tones = new Map(example.phases.map(({ name }) => [name, colour(phaseTone(name))]));
    draw.globalAlpha = band.units > 60 ? 0.8 : 1;
    for (let j = 0; j < time.length; j++) {
      const phase = example.phases.find((each) => time[j]! >= each.begin && time[j]! < each.end);
      draw.fillStyle = (phase && tones.get(phase.name)) ?? colour('accent');
      const y = band.top + band.height - ((unit[j]! + 0.5) / band.units) * band.height;
      draw.fillRect(x(time[j]! + 0.5) - wide / 2, y - tall / 2, wide, tall);
    }
    draw.globalAlpha = 1;
  }
  paintTicks(draw, [begin, end], [left, right], bottom, at);
}

/** Pixels between two colours, or from one through a third for weights of both signs. */
function paint(canvas: HTMLCanvasElement | null, picture: PicturePixels, ends: () => number[]): void {
  if (!canvas) return;
  const redraw = (): void => {
    const { width, height, values } = picture;
    [canvas.width, canvas.height] = [width, height];
    const draw = canvas.getContext('2d')!;
    const pixels = draw.createImageData(width, height);
    const colours = ends();
    values.forEach((value, k) => {
      const part = Math.abs(value) / 127;
      const to = value < 0 ? 6 : 3;
      for (let c = 0; c < 3; c++) pixels.data[4 * k + c] = colours[c]! + (colours[to + c]! - colours[c]!) * part;
      pixels.data[4 * k + 3] = 255;
    });
    draw.putImageData(pixels, 0, 0);
  };
  redraw();
  redraws.push(redraw);
}

const rgb = (name: string): number[] => colour(name).split(',').map(Number);

function drawWeights(maps: readonly PicturePixels[]): void {
  const ends = (): number[] => [...(dark.matches ? [25, 30, 38] : [255, 255, 255]), ...rgb('hit'), ...rgb('miss')];
  maps.forEach((picture, k) => paint(document.querySelector(`#map-${k}`), picture, ends));
}

function drawAngles({ epoch, layers }: NonNullable<PageData['angles']>): void {
  const lines = (): Line[] => layers.map(({ name, values }, k) => ({ name, values, colour: colour(rowColour(k)), points: epoch.length <= 40 })); // prettier-ignore
  const common = { x: 'epoch', at: String, fromZero: true, whole: true, last: true };
  place('angles', (host, width) =>
    chart(host, width, epoch, lines(), { ...common, value: (value) => `${Number(value.toPrecision(3))}°` }),
  );
}

function drawPlasticity({ difference, change }: NonNullable<PageData['plasticity']>): void {
  place('plasticity', (host, width) =>
    chart(host, width, difference.map((value) => value * 1000), [{ name: 'mean weight change', colour: colour('accent'), values: change, points: true }], {
      x: 't post − t pre (ms)',
      y: 'mean weight change',
      value: compact,
      at: compact,
      under: (plot) => {
        const { ctx, bbox } = plot;
        ctx.fillStyle = colour('line');
        ctx.fillRect(plot.valToPos(0, 'x', true), bbox.top, 2, bbox.height);
        ctx.fillRect(bbox.left, plot.valToPos(0, 'y', true), bbox.width, 2);
      },
    }),
  ); // prettier-ignore
}

if (data.history) drawHistory(data.history);
if (data.example) drawExample(data.example);
if (data.weights) drawWeights(data.weights);
if (data.angles) drawAngles(data.angles);
if (data.plasticity) drawPlasticity(data.plasticity);
if (data.comparison) drawComparison(data.comparison);
if (data.creatures) drawCreatures(data.creatures);
dark.addEventListener('change', () => redraws.forEach((redraw) => redraw()));
