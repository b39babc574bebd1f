// What each swept path does to the validation error, as one SVG a path: a mark a point, the least at each value of a list joined
// by a line, the best with a ring. Colours are those of the page. It judges nothing.
import { decades } from './bands.ts';
import { escapeHtml, isNumber } from './html.ts';
import type { Sweep, SweepPoint } from './sweep.ts';
import { rowColour, rowMark } from './swatch.ts';

const [width, height, left, right, top, bottom] = [360, 240, 54, 14, 12, 38];

interface Place {
  readonly at: (value: unknown) => number;
  readonly ticks: readonly { readonly x: number; readonly text: string }[];
}

/** A number, also with a unit behind it. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  const found = typeof value === 'string' ? /^([-+]?[\d.]+(?:e[-+]?\d+)?)\s*([a-zA-Z]*)$/.exec(value.trim()) : null;
  return found ? Number(found[1]) : null;
}

const fine = (value: number): number => Number(value.toFixed(1));
const plain = (value: number): string => String(Number(value.toPrecision(3)));

/** Values along the axis: numbers where all are numbers, else names side by side. */
function placeOf(values: readonly unknown[], scale: 'linear' | 'log'): Place {
  const [from, to] = [left + 12, width - right - 12];
  const numbers = values.map(numberOf);
  if (numbers.every(isNumber)) {
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    const eased = (value: number): number => (scale === 'log' ? Math.log(value) : value);
    const share = (value: number): number => most === least ? 0.5 : (eased(value) - eased(least)) / (eased(most) - eased(least)); // prettier-ignore
    const x = (value: number): number => fine(from + share(value) * (to - from));
    const distinct = [...new Set(numbers)].sort((a, b) => a - b);
    const ends = scale === 'log' ? [...new Set([least, ...decades(least, most), most])] : [0, 0.25, 0.5, 0.75, 1].map((part) => least + part * (most - least)); // prettier-ignore
    const wanted = distinct.length <= 6 ? distinct : ends;
    // Words that would run into each other are left out; the ends stay.
    const kept = wanted.reduce<number[]>((some, value) => (some.length === 0 || x(value) - x(some.at(-1)!) > 40 ? [...some, value] : some), []); // prettier-ignore
    return { at: (value) => x(numberOf(value)!), ticks: kept.map((value) => ({ x: x(value), text: plain(value) })) };
  }
  const names = [...new Set(values.map((value) => JSON.stringify(value)))];
  const x = (name: string): number => fine(from + ((names.indexOf(name) + 0.5) / names.length) * (to - from));
  return { at: (value) => x(JSON.stringify(value)), ticks: names.map((name) => ({ x: x(name), text: name.replaceAll('"', '') })) }; // prettier-ignore
}

function heightOf(errors: readonly number[]): {
  readonly y: (error: number) => number;
  readonly ticks: readonly number[];
} {
  const [least, most] = [Math.min(...errors), Math.max(...errors)];
  const logarithmic = least > 0 && most > 5 * least;
  const room = Math.max(0.15 * (most - least), 0.002);
  const [low, high] = logarithmic ? [least / 1.15, most * 1.15] : [Math.max(0, least - room), most + room];
  const share = (error: number): number => logarithmic ? Math.log(error / low) / Math.log(high / low) : (error - low) / (high - low); // prettier-ignore
  const step = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2].find((one) => (high - low) / one <= 5) ?? 0.2;
  const first = Math.ceil(low / step - 1e-9);
  const ticks = logarithmic ? decades(low, high) : Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, k) => (first + k) * step); // prettier-ignore
  return { y: (error) => fine(top + (1 - share(error)) * (height - top - bottom)), ticks };
}

/** One chart a path, in the order of the file. */
export function sweepCharts(sweep: Sweep): { readonly path: string; readonly svg: string }[] {
  const done = sweep.series.map(({ points, best }) => points.flatMap((point, k) => (point.status === 'done' ? [{ point, number: k + 1, best: k === best }] : []))); // prettier-ignore
  const all = done.flat();
  if (all.length === 0) return [];
  const { y, ticks } = heightOf(all.map(({ point }) => point.validationError!.mean));
  return sweep.axes.map(({ path, scale }, axis) => {
    const value = (point: SweepPoint): unknown => point.values[axis];
    const place = placeOf(all.map(({ point }) => value(point)), scale);
    const parts = ticks.map((tick) => `<path class="grid" d="M${left} ${y(tick)}H${width - right}"/><text x="${left - 7}" y="${y(tick) + 4}" text-anchor="end">${plain(100 * tick)} %</text>`);
    parts.push(...place.ticks.map(({ x, text }) => `<path class="grid" d="M${x} ${height - bottom}v5"/><text x="${x}" y="${height - bottom + 19}" text-anchor="middle">${escapeHtml(text)}</text>`));
    done.forEach((points, k) => {
      const tone = `var(--${rowColour(k)})`;
      const lowest = new Map<number, number>();
      for (const { point } of points) {
        const x = place.at(value(point));
        lowest.set(x, Math.min(point.validationError!.mean, lowest.get(x) ?? Infinity));
      }
      const least = [...lowest].sort((a, b) => a[0] - b[0]);
      // Values that several points share are a list: the least of each is what the value can do.
      if (least.length < points.length && least.length > 1) parts.push(`<path d="M${least.map(([x, error]) => `${x} ${y(error)}`).join('L')}" fill="none" stroke="${tone}" stroke-width="2" stroke-opacity=".55"/>`);
      for (const { point, number, best } of points) {
        const [x, up] = [place.at(value(point)), y(point.validationError!.mean)];
        const words = `point ${number}: ${path} = ${String(value(point))}, ${(100 * point.validationError!.mean).toFixed(2)} %`;
        const ring = best ? `<circle cx="${x}" cy="${up}" r="8" fill="none" stroke="${tone}" stroke-width="2"/>` : '';
        parts.push(`<g><title>${escapeHtml(words)}</title>${ring}<path d="${rowMark(k, x, up, best ? 8 : 6)}" fill="${tone}" fill-opacity="${best ? 1 : 0.55}"/></g>`);
      }
    });
    const label = `validation error against ${path}`;
    return { path, svg: `<svg class="sweep" viewBox="0 0 ${width} ${height}" width="100%" role="img" aria-label="${escapeHtml(label)}">${parts.join('')}</svg>` };
  });
} // prettier-ignore
