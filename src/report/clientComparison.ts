// The figures of a comparison, in the reader's browser: curves with bands, angles by projection, error against cost. One
// legend switches the rows of all of them.
import uPlot from 'uplot';
import { decades } from './bands.ts';
import { colour, font, percent, place, redraws } from './clientChart.ts';
import { drawScatter } from './clientScatter.ts';
import type { BandValues, ComparisonLines } from './data.ts';
import { rowColour, rowDash } from './swatch.ts';

type Rows = readonly ComparisonLines[];

/** Plots that are shown, with the series of each row's mean, for the legend to point at. */
const plots = new Map<HTMLElement, { plot: uPlot; series: ReadonlyMap<number, number> }>();

export function drawComparison({ rows }: { readonly rows: Rows }): void {
  const hidden = new Set<number>();
  const shown = (): Rows => rows.filter(({ index }) => !hidden.has(index));
  legend(hidden);
  for (const which of ['test', 'train'] as const)
    place(`compare-${which}`, (host, width) =>
      curves(host, width, shown().map((row) => ({ row, x: row.epoch, band: row[which] })), { height: 300, value: (value) => `${(100 * value).toFixed(2)} %`, kind: 'error' }),
    ); // prettier-ignore
  for (const what of ['layers', 'weights'] as const)
    for (const host of document.querySelectorAll<HTMLElement>(`[id^="compare-${what}-"]`)) {
      const layer = host.dataset['layer'];
      place(host.id, (_, width) =>
        curves(host, width, shown().flatMap((row) => row[what].filter((each) => each.layer === layer).map(({ band }) => ({ row, x: row.angleEpoch, band }))),
          { height: 190, value: (value) => `${value.toFixed(1)}°`, kind: 'angle' }),
      ); // prettier-ignore
    }
  let cost: 'macs' | 'seconds' = 'seconds';
  const switches = [...document.querySelectorAll<HTMLButtonElement>('[data-cost]')];
  const choose = (button: HTMLButtonElement | undefined): void => {
    cost = button?.dataset['cost'] === 'macs' ? 'macs' : 'seconds';
    for (const each of switches) each.setAttribute('aria-pressed', String(each === button));
  };
  choose(switches[0]);
  place('compare-cost', (host, width) => drawScatter(host, width, shown(), cost));
  for (const button of switches)
    button.addEventListener('click', () => {
      choose(button);
      redraws.forEach((redraw) => redraw());
    });
}

/** Entries switch their row off and on; pointing at one puts the others back. */
function legend(hidden: Set<number>): void {
  const focus = (row: number | null): void => {
    for (const { plot, series } of plots.values())
      plot.setSeries(row === null ? null : (series.get(row) ?? null), { focus: true });
    for (const mark of document.querySelectorAll<SVGElement>('.scatter [data-row]'))
      mark.style.opacity = row === null || mark.dataset['row'] === String(row) ? '' : '0.15';
  };
  for (const chip of document.querySelectorAll<HTMLButtonElement>('.chip')) {
    const row = Number(chip.dataset['row']);
    chip.addEventListener('click', () => {
      if (!hidden.delete(row)) hidden.add(row);
      chip.setAttribute('aria-pressed', String(!hidden.has(row)));
      redraws.forEach((redraw) => redraw());
    });
    for (const enter of ['mouseenter', 'focus']) chip.addEventListener(enter, () => focus(hidden.has(row) ? null : row));
    for (const leave of ['mouseleave', 'blur']) chip.addEventListener(leave, () => focus(null));
  }
} // prettier-ignore

interface Curve {
  readonly row: ComparisonLines;
  readonly x: readonly number[];
  readonly band: BandValues;
}
interface CurveOptions {
  readonly height: number;
  readonly kind: 'error' | 'angle';
  readonly value: (value: number) => string;
}

/** Mean lines with bands from the least to the most, on one axis of epochs. */
function curves(host: HTMLElement, width: number, lines: readonly Curve[], options: CurveOptions): void {
  plots.get(host)?.plot.destroy();
  plots.delete(host);
  host.replaceChildren();
  if (lines.length === 0) return;
  const x = [...new Set(lines.flatMap((line) => line.x))].sort((a, b) => a - b);
  const at = (line: Curve, values: BandValues['mean']): (number | null)[] =>
    x.map((epoch) => values[line.x.indexOf(epoch)] ?? null);
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  const data: (number | null)[][] = [x];
  const means = new Map<number, number>();
  for (const line of lines) {
    const stroke = colour(rowColour(line.row.index));
    means.set(line.row.index, series.length);
    series.push(
      { label: line.row.label, stroke, width: 2, dash: [...rowDash(line.row.index)], points: { show: x.length <= 30, size: 5, fill: stroke } },
      { label: '', width: 0, points: { show: false } },
      { label: '', width: 0, points: { show: false } },
    ); // prettier-ignore
    bands.push({ series: [series.length - 2, series.length - 1], fill: `${stroke}22` });
    data.push(at(line, line.band.mean), at(line, line.band.most), at(line, line.band.least));
  }
  const { kind, value } = options;
  const values = data.slice(1).flat().filter((each) => each !== null); // prettier-ignore
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const logarithmic = kind === 'error' && least > 0 && most > 5 * least;
  const axis: uPlot.Axis = {
    stroke: colour('soft'), font, grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line'), width: 1, size: 5 },
  }; // prettier-ignore
  const range = (): [number, number] => {
    if (kind === 'angle') return [0, Math.max(100, Math.min(180, most + 8))];
    return logarithmic ? [least / 1.15, most * 1.15] : [0, most > 0 ? most * 1.08 : 1];
  };
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  const plot = new uPlot(
    {
      width,
      height: options.height,
      padding: [10, 14, 0, 0],
      legend: { show: false },
      focus: { alpha: 0.15 },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: (_, low, high) => (low === high ? [low - 1, high + 1] : [low, high]) },
        y: { range, ...(logarithmic ? { distr: 3 as const } : {}) },
      },
      axes: [
        { ...axis, label: 'epoch', labelFont: font, labelSize: 18, size: 30, grid: { show: false }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
        {
          ...axis,
          size: kind === 'angle' ? 44 : 58,
          values: (_, splits) => splits.map((split) => (kind === 'angle' ? `${split}°` : percent(split))),
          ...(kind === 'angle' ? { splits: () => [0, 30, 60, 90, 120, 150, 180] } : {}),
          ...(logarithmic ? { splits: (_plot: uPlot, _axis: number, low: number, high: number) => decades(low, high), filter: (_plot: uPlot, splits: number[]) => splits } : {}),
        },
      ],
      series,
      bands,
      hooks: {
        drawClear: kind === 'angle' ? [rightAngle] : [],
        setCursor: [(drawn) => show(tip, drawn, lines.map(({ row }) => ({ row, values: data[means.get(row.index)!]! })), value)],
      },
    },
    data as uPlot.AlignedData,
    host,
  ); // prettier-ignore
  plot.over.append(tip);
  plots.set(host, { plot, series: means });
}

/** A dashed line at 90 degrees. */
function rightAngle(plot: uPlot): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(90, 'y', true));
  ctx.save();
  ctx.strokeStyle = colour('faint');
  ctx.setLineDash([6, 5]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** The values under the pointer, least first. */
function show(
  tip: HTMLElement,
  plot: uPlot,
  lines: readonly { readonly row: ComparisonLines; readonly values: readonly (number | null)[] }[],
  said: (value: number) => string,
): void {
  const { idx, left = -1 } = plot.cursor;
  if (idx === null || idx === undefined || left < 0) {
    tip.hidden = true;
    return;
  }
  const found = lines.flatMap(({ row, values }) => (values[idx] === null ? [] : [{ row, value: values[idx]! }]));
  tip.replaceChildren(
    line('epoch', String(plot.data[0][idx]), null),
    ...found
      .sort((a, b) => a.value - b.value)
      .map(({ row, value }) => line(row.label, said(value), rowColour(row.index))),
  );
  tip.hidden = false;
  const room = plot.over.clientWidth - tip.offsetWidth;
  const beside = left + 14 > room ? left - tip.offsetWidth - 14 : left + 14;
  tip.style.left = `${Math.max(0, Math.min(room, beside))}px`;
}

function line(name: string, value: string, tone: string | null): HTMLElement {
  const row = document.createElement('div');
  const [label, number] = [document.createElement('span'), document.createElement('b')];
  label.textContent = name;
  number.textContent = value;
  if (tone) row.style.setProperty('--tone', `var(--${tone})`);
  row.append(label, number);
  return row;
}
