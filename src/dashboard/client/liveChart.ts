// A chart that new values go into: the report's chart, kept while its lines stay the same. It knows no data.
import type uPlot from 'uplot';
import { chart, type ChartOptions, dark, type Line } from '../../report/clientChart.ts';

export interface ChartData {
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly options: ChartOptions;
}

export interface LiveChart {
  /** Null hides the section. */
  update(data: ChartData | null): void;
}

/** All charts, to be drawn again when the theme or a width changes. */
const all = new Set<() => void>();
dark.addEventListener('change', () => all.forEach((redraw) => redraw()));

export function liveChart(id: string): LiveChart {
  const host = document.getElementById(id)!;
  const section = document.getElementById(`section-${id}`)!;
  let plot: uPlot | null = null;
  let shape = '';
  let latest: ChartData | null = null;
  const draw = (anew: boolean): void => {
    const width = host.clientWidth;
    if (!latest || width === 0) return;
    const { times, lines, options } = latest;
    const now = JSON.stringify([width, options.x, options.y, options.logarithmic, lines.map(({ name, points, colour, width: wide }) => [name, points, colour, wide])]); // prettier-ignore
    if (!plot || anew || now !== shape) {
      plot?.destroy();
      // What is under the lines is asked of the newest data.
      const under = options.under && ((each: uPlot): void => latest?.options.under?.(each));
      plot = chart(host, width, times, lines, under ? { ...options, under } : options);
      shape = now;
      return;
    }
    plot.setData([Array.from(times), ...lines.map(({ values }) => Array.from(values))] as uPlot.AlignedData);
    if (options.last && (plot.cursor.left ?? -1) < 0) plot.setLegend({ idx: times.length - 1 }, false);
  };
  all.add(() => draw(true));
  new ResizeObserver(() => draw(false)).observe(host);
  return {
    update(data) {
      latest = data;
      section.hidden = data === null;
      if (data) draw(false);
    },
  };
}
