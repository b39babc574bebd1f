// What every figure of a page is drawn with: its place, colours of the theme, line charts. It knows no data of a page.
import uPlot from 'uplot';
import { decades } from './bands.ts';

export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
export const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** What draws each figure again, when its width or the theme changes. */
export const redraws: (() => void)[] = [];

export function place(id: string, draw: (host: HTMLElement, width: number) => void): void {
  const host = document.getElementById(id);
  if (!host) return;
  let last = 0;
  const redraw = (): void => {
    last = host.clientWidth;
    if (last > 0) draw(host, last);
  };
  redraw();
  redraws.push(redraw);
  new ResizeObserver(() => {
    if (Math.abs(host.clientWidth - last) > 1) redraw();
  }).observe(host);
}

export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly width?: number;
  readonly points?: boolean;
  readonly legend?: boolean;
  /** Where values are missing, the line goes on. */
  readonly joined?: boolean;
}
export interface ChartOptions {
  readonly x: string;
  readonly y?: string;
  readonly value: (value: number) => string;
  readonly at: (value: number) => string;
  readonly fromZero?: boolean;
  readonly logarithmic?: boolean;
  readonly whole?: boolean;
  /** The legend says the last values until the reader points elsewhere. */
  readonly last?: boolean;
  readonly under?: (plot: uPlot) => void;
}

export function chart(host: HTMLElement, width: number, times: readonly number[], lines: readonly Line[], options: ChartOptions): uPlot {
  host.replaceChildren();
  const axis: uPlot.Axis = {
    stroke: colour('soft'),
    font,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line'), width: 1, size: 5 },
  };
  const range: uPlot.Range.Function = (_, low, high) => {
    if (low === null || high === null) return [0, 1];
    if (options.logarithmic) return [low / 1.15, high * 1.15];
    const room = (high - low || Math.abs(high) || 1) * 0.08;
    return options.fromZero ? [Math.min(0, low * 1.08), high > 0 ? high * 1.08 : high === low ? 1 : 0] : [low - room, high + room];
  };
  const span: uPlot.Range.Function = (_, low, high) => (low === high ? [low - 1, high + 1] : [low, high]);
  return new uPlot(
    {
      width,
      height: 240,
      padding: [10, 20, 0, 0],
      cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false } },
      legend: { live: true, markers: { width: 0, fill: (_, index) => lines[index - 1]?.colour ?? 'transparent' } },
      scales: { x: { time: false, range: span }, y: { range, ...(options.logarithmic ? { distr: 3 as const } : {}) } },
      axes: [
        { ...axis, label: options.x, labelFont: font, labelSize: 18, size: 30, grid: { show: false }, ...(options.whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] } : {}) },
        {
          ...axis,
          ...(options.y ? { label: options.y, labelFont: font, labelSize: 18, labelGap: 2 } : {}),
          size: options.y ? 52 : 58,
          values: (_, splits) => splits.map((value) => options.value(value)),
          ...(options.logarithmic ? { splits: (_plot, _axis, low, high) => decades(low, high), filter: (_plot, splits) => splits } : {}),
        },
      ],
      series: [
        { label: options.x, value: (_, value) => (value === null ? '–' : options.at(value)) },
        ...lines.map((line): uPlot.Series => ({
          label: line.name,
          stroke: line.colour,
          width: line.width ?? 2,
          spanGaps: line.joined ?? false,
          points: { show: line.points ?? false, size: 6, fill: line.colour },
          value: (_, value) => (value === null ? '–' : options.value(value)),
        })),
      ],
      hooks: { ready: options.last ? [(plot) => queueMicrotask(() => plot.setLegend({ idx: plot.data[0].length - 1 }, false))] : [], drawClear: options.under ? [options.under] : [] },
    },
    [Array.from(times), ...lines.map(({ values }) => Array.from(values))] as uPlot.AlignedData,
    host,
  );
} // prettier-ignore

export const percent = (value: number): string => `${Number((100 * value).toPrecision(3))} %`;
export const compact = (value: number): string =>
  Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(1)
    : String(Number(value.toPrecision(4)));
export const thousands = (value: number): string => Number(value.toPrecision(4)).toLocaleString('en-US');

export const dark = window.matchMedia('(prefers-color-scheme: dark)');
