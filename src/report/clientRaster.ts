// Phases behind a raster and a chart, and the populations beside, the same on the page of a run and on the live one: phases behind, populations beside.
import type uPlot from 'uplot';
import { type Band, phaseLabel, ticksOf } from './bands.ts';
import { colour } from './clientChart.ts';
import type { Phase } from './input.ts';

/** The name of a phase's colour; others are drawn like the free phase. */
export const phaseTone = (name: string): string => (['free', 'plus', 'minus'].includes(name) ? name : 'free');

/** Colour and strength of a phase's tint. */
function tint(paint: CanvasRenderingContext2D, name: string): void {
  const tone = phaseTone(name);
  paint.fillStyle = colour(tone);
  paint.globalAlpha = tone === 'free' ? 0.05 : 0.09;
}

/** Phases as pale stripes behind a chart whose axis is time times `scale`. */
export function stripes(phases: readonly Phase[], scale: number): (plot: uPlot) => void {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const { name, begin, end } of phases) {
      const clamp = (x: number): number => Math.min(bbox.left + bbox.width, Math.max(bbox.left, x));
      const [left, right] = [begin, end].map((at) => clamp(plot.valToPos(at * scale, 'x', true))) as [number, number];
      tint(ctx, name);
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
    ctx.restore();
  };
}

/** Tints and names the phases; `x` takes a time to its place, `top` and `bottom` are the bands' ends in CSS pixels. */
export function paintPhases(
  paint: CanvasRenderingContext2D,
  phases: readonly Phase[],
  x: (time: number) => number,
  [top, bottom]: readonly [top: number, bottom: number],
): void {
  paint.textAlign = 'center';
  for (const phase of phases) {
    const [left, width] = [x(phase.begin), x(phase.end) - x(phase.begin)];
    tint(paint, phase.name);
    paint.fillRect(left, top - 4, width, bottom - top + 8);
    paint.globalAlpha = 1;
    paint.fillText(phaseLabel(phase), left + width / 2, 14, width);
  }
}

/** Names the bands and their units to the left of them. */
export function paintNames(paint: CanvasRenderingContext2D, bands: readonly Band[], left: number): void {
  paint.textAlign = 'right';
  for (const { name, units, top, height } of bands) {
    paint.fillStyle = colour('soft');
    paint.fillText(name, left - 10, top + height / 2 - 2, left - 12);
    paint.fillStyle = colour('faint');
    paint.fillText(String(units), left - 10, top + height / 2 + 13, left - 12);
  }
}

/** The axis of time below: `begin` to `end` between `left` and `right`. */
export function paintTicks(
  paint: CanvasRenderingContext2D,
  [begin, end]: readonly [begin: number, end: number],
  [left, right]: readonly [left: number, right: number],
  bottom: number,
  label: (time: number) => string,
): void {
  paint.fillStyle = colour('soft');
  paint.textAlign = 'center';
  for (const tick of ticksOf(begin, end, Math.max(3, Math.floor((right - left) / 110)))) {
    const x = left + ((tick - begin) / (end - begin)) * (right - left);
    paint.fillRect(Math.round(x), bottom + 4, 1, 5);
    paint.fillText(label(tick), Math.min(right - 14, Math.max(left + 14, x)), bottom + 24);
  }
}
