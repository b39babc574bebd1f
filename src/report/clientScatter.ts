// Error against cost in the reader's browser: a mark for each seed, a large one for each row's mean, its name beside it.
import { decades } from './bands.ts';
import { percent } from './clientChart.ts';
import type { ComparisonLines } from './data.ts';
import { rowColour, rowMark } from './swatch.ts';

const height = 340;
const margin = { left: 60, right: 16, top: 12, bottom: 44 };

interface Point {
  readonly x: number;
  readonly y: number;
}

export function drawScatter(host: HTMLElement, width: number, rows: readonly ComparisonLines[], cost: 'macs' | 'seconds'): void {
  const rowsWithCost = rows
    .map((row) => ({ row, points: row.points.flatMap((point) => (point[cost] === null || point[cost] <= 0 ? [] : [{ x: point[cost], y: point.error }])) }))
    .filter(({ points }) => points.length > 0);
  const all = rowsWithCost.flatMap(({ points }) => points);
  if (all.length === 0) {
    host.textContent = 'No row that is shown says this cost.';
    return;
  }
  const x = scale(all.map((point) => point.x), [margin.left, width - margin.right], true);
  const errors = all.map((point) => point.y);
  const logarithmic = Math.min(...errors) > 0 && Math.max(...errors) > 5 * Math.min(...errors);
  const y = scale(logarithmic ? errors : [0, ...errors], [height - margin.bottom, margin.top], logarithmic);
  const svg = element('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img' });
  for (const tick of ticks(x)) {
    svg.append(element('path', { class: 'grid', d: `M${x.at(tick)} ${margin.top}V${height - margin.bottom}` }));
    svg.append(text(x.at(tick), height - margin.bottom + 18, 'middle', magnitude(tick)));
  }
  for (const tick of ticks(y)) {
    svg.append(element('path', { class: 'grid', d: `M${margin.left} ${y.at(tick)}H${width - margin.right}` }));
    svg.append(text(margin.left - 8, y.at(tick) + 4, 'end', percent(tick)));
  }
  const unit = cost === 'macs' ? 'multiply-accumulates of the whole training' : 'seconds of the whole run, one thread';
  svg.append(text((margin.left + width - margin.right) / 2, height - 6, 'middle', unit));
  const taken: Box[] = [];
  const means = rowsWithCost.map(({ row, points }) => ({ row, points, mean: { x: x.at(centre(points.map((point) => point.x), true)), y: y.at(centre(points.map((point) => point.y), false)) } }));
  const around = ({ x: left, y: top }: Point, r: number): Box => ({ left: left - r, right: left + r, top: top - r, bottom: top + r });
  for (const { mean, points } of means) taken.push(around(mean, 7), ...points.map((point) => around({ x: x.at(point.x), y: y.at(point.y) }, 3)));
  for (const { row, points, mean } of means) {
    const group = element('g', { 'data-row': row.index, fill: `var(--${rowColour(row.index)})` });
    for (const point of points) group.append(element('path', { d: rowMark(row.index, x.at(point.x), y.at(point.y), 6), opacity: 0.45 }));
    group.append(element('path', { d: rowMark(row.index, mean.x, mean.y, 12), class: 'mean' }));
    const label = labelled(mean, row.label, width, taken);
    if (label.leader) group.append(element('path', { class: 'leader', d: label.leader }));
    group.append(text(label.x, label.y, label.anchor, row.label));
    const title = element('title', {});
    title.textContent = `${row.label}: ${percent(centre(points.map((point) => point.y), false))}, ${magnitude(centre(points.map((point) => point.x), true))} ${cost === 'macs' ? 'multiply-accumulates' : 's'}`;
    group.prepend(title);
    svg.append(group);
  }
  host.replaceChildren(svg);
} // prettier-ignore

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly logarithmic: boolean;
  at(value: number): number;
}

function scale(values: readonly number[], [from, to]: readonly [number, number], logarithmic: boolean): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const spread = most / least;
  const room = logarithmic ? Math.max(1.25, spread ** 0.08) : 1;
  const low = logarithmic ? least / room : 0;
  const high = logarithmic ? most * room : most > 0 ? most * 1.1 : 1;
  const share = (value: number): number =>
    logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return { low, high, logarithmic, at: (value) => Math.round(10 * (from + share(value) * (to - from))) / 10 };
}

function ticks({ low, high, logarithmic }: Scale): number[] {
  if (logarithmic) {
    const fine = decades(low, high);
    const whole = fine.filter((tick) => /^1(?:e|$)/.test(tick.toExponential().replace(/\.0+/, '')));
    return fine.length <= 8 ? fine : whole;
  }
  const step = [1, 2, 5, 10].map((factor) => factor * 10 ** Math.floor(Math.log10(high / 5))).find((size) => high / size <= 6)!; // prettier-ignore
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, k) => k * step);
}

/** Arithmetic mean, or the geometric one on a logarithmic axis. */
function centre(values: readonly number[], logarithmic: boolean): number {
  const sum = values.reduce((total, value) => total + (logarithmic ? Math.log(value) : value), 0) / values.length;
  return logarithmic ? Math.exp(sum) : sum;
}

/** 2·10¹² from a million on, plain below. */
function magnitude(value: number): string {
  if (value < 1e4) return String(Number(value.toPrecision(2)));
  const power = Math.floor(Math.log10(value) + 1e-9);
  const factor = Number((value / 10 ** power).toPrecision(2));
  const raised = [...String(power)].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');
  return factor === 1 ? `10${raised}` : `${factor}·10${raised}`;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A place for a name beside its mark that covers no other name or mark, with a line to it where it is not near. */
function labelled({ x, y }: Point, name: string, width: number, taken: Box[]) {
  const long = 7 * name.length + 2;
  const candidates = [12, 26].flatMap((gap) =>
    [0, 16, -16, 32, -32, 48, -48, 64, -64].flatMap((shift) => [
      { x: x + gap, y: y + 4 + shift, anchor: 'start' as const, shift },
      { x: x - gap, y: y + 4 + shift, anchor: 'end' as const, shift },
    ]),
  );
  const boxOf = (at: (typeof candidates)[number]): Box => ({
    left: at.anchor === 'start' ? at.x : at.x - long,
    right: at.anchor === 'start' ? at.x + long : at.x,
    top: at.y - 11,
    bottom: at.y + 4,
  });
  const free = (box: Box): boolean =>
    box.left > margin.left &&
    box.right < width - 4 &&
    box.top > 0 &&
    box.bottom < height - margin.bottom &&
    taken.every((other) => box.right < other.left || other.right < box.left || box.bottom < other.top || other.bottom < box.top); // prettier-ignore
  const chosen = candidates.find((each) => free(boxOf(each))) ?? candidates[0]!;
  taken.push(boxOf(chosen));
  const near = chosen.anchor === 'start' ? chosen.x - 2 : chosen.x + 2;
  return { ...chosen, leader: Math.abs(chosen.shift) > 0 ? `M${x} ${y}L${near} ${chosen.y - 4}` : null };
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

function text(x: number, y: number, anchor: 'start' | 'middle' | 'end', words: string): SVGElement {
  const made = element('text', { x, y, 'text-anchor': anchor });
  made.textContent = words;
  return made;
}
