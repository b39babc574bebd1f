// A comparison on several chips: what each constraint costs every rule, as a table, and what a sweep of one value does, as an SVG.
// Colours read on white and on black alike. It judges nothing.
import type { Spread } from '../math/statistics.ts';
import type { ComparisonRow } from './comparison.ts';
import { escapeHtml } from './html.ts';
import { type Table, tableOf } from './table.ts';

export const hasProfiles = (rows: readonly ComparisonRow[]): boolean => rows.some(({ profile }) => profile);

/** Rows of one rule and one model are one series over the profiles. */
const seriesOf = (rows: readonly ComparisonRow[]): ((row: ComparisonRow) => string) => {
  const models = new Set(rows.map(({ model }) => model)).size > 1;
  return ({ rule, model }) => (models ? `${rule} ${model}` : rule);
};

/** Profiles down, rules across: error, and what it is above the same rule's error on the first profile, over common seeds. */
export function profileTable(rows: readonly ComparisonRow[]): Table {
  const series = seriesOf(rows);
  const names = [...new Set(rows.map(series))];
  const labels = [...new Set(rows.flatMap(({ profile }) => (profile ? [profile.label] : [])))];
  const find = (name: string, label: string): ComparisonRow | undefined =>
    rows.find((row) => series(row) === name && row.profile?.label === label);
  return tableOf(
    labels.map((label) => ({
      profile: label,
      ...Object.fromEntries(names.map((name) => [`${name} %`, said(find(name, label), find(name, labels[0]!))])),
    })),
  );
}

function said(row: ComparisonRow | undefined, first: ComparisonRow | undefined): string {
  if (!row) return '-';
  if (row.status !== 'done' || !row.testError) return row.status;
  const error = (100 * row.testError.mean).toFixed(2);
  const spread = row.testError.deviation === null ? '' : ` ± ${(100 * row.testError.deviation).toFixed(2)}`;
  const losses = row.seeds.flatMap(({ seed, testError }) => {
    const other = first?.seeds.find((each) => each.seed === seed);
    return other ? [testError - other.testError] : [];
  });
  if (row === first || losses.length === 0) return `${error}${spread}`;
  const loss = (100 * losses.reduce((sum, each) => sum + each, 0)) / losses.length;
  return `${error}${spread} (${loss >= 0 ? '+' : ''}${loss.toFixed(2)})`;
}

const tones = ['#3b8fd9', '#e07b28', '#2f9e62', '#c2569b', '#8f7ee0', '#b08a00'];
const ink = '#7d8896';
const [panelWidth, panelHeight, left, top, gap] = [300, 210, 52, 34, 46];

interface Point {
  readonly value: number;
  readonly error: Spread;
}

/** One panel a sweep, one line a series; empty without a sweep. */
export function sweepPicture(rows: readonly ComparisonRow[]): string {
  const series = seriesOf(rows);
  const swept = rows.filter((row) => row.profile?.sweep && row.testError);
  const sweeps = [...new Set(swept.map((row) => row.profile!.sweep!.name))];
  if (sweeps.length === 0) return '';
  const names = [...new Set(swept.map(series))];
  const columns = Math.min(3, sweeps.length);
  const lines = Math.ceil(sweeps.length / columns);
  const width = left + columns * (panelWidth + gap);
  const height = top + lines * (panelHeight + gap + 22) + 22;
  const panels = sweeps.map((sweep, k) => {
    const own = swept.filter((row) => row.profile!.sweep!.name === sweep);
    const points = names.map((name): Point[] =>
      own
        .filter((row) => series(row) === name)
        .map((row) => ({ value: row.profile!.sweep!.value, error: row.testError! }))
        .sort((a, b) => a.value - b.value),
    );
    const at = { x: left + (k % columns) * (panelWidth + gap), y: top + Math.floor(k / columns) * (panelHeight + gap + 22) };
    return panel(`${sweep} (${own[0]!.profile!.sweep!.path})`, points, at);
  });
  const keys = names.map((name, k) => `<g transform="translate(${left + 130 * k} ${height - 8})"><path d="M0 -4h18" stroke="${tones[k % tones.length]}" stroke-width="2.5"/><text x="24">${escapeHtml(name)}</text></g>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="100%" style="max-width:${width}px" role="img" aria-label="test error against one value of the profile" font-family="system-ui, sans-serif" font-size="12" fill="${ink}">${panels.join('')}${keys.join('')}</svg>`;
} // prettier-ignore

function panel(title: string, series: readonly (readonly Point[])[], at: { readonly x: number; readonly y: number }): string {
  const all = series.flat();
  const [first, last] = [Math.min(...all.map(({ value }) => value)), Math.max(...all.map(({ value }) => value))];
  const most = Math.min(1, 1.08 * Math.max(...all.map(({ error }) => error.most)));
  const fine = (value: number): string => String(Number(value.toFixed(1)));
  const x = (value: number): number => at.x + (last === first ? 0.5 : (value - first) / (last - first)) * panelWidth;
  const y = (error: number): number => at.y + panelHeight * (1 - error / most);
  const parts = [`<text x="${at.x}" y="${at.y - 12}" font-weight="600">${escapeHtml(title)}</text>`];
  for (const level of levels(most)) {
    parts.push(`<path d="M${at.x} ${fine(y(level))}h${panelWidth}" stroke="${ink}" stroke-opacity=".25"/>`);
    parts.push(`<text x="${at.x - 6}" y="${fine(y(level) + 4)}" text-anchor="end">${Number((100 * level).toPrecision(3))} %</text>`);
  }
  for (const value of new Set(all.map((point) => point.value)))
    parts.push(`<text x="${fine(x(value))}" y="${at.y + panelHeight + 18}" text-anchor="middle">${Number(value.toPrecision(3))}</text>`);
  series.forEach((points, k) => {
    if (points.length === 0) return;
    const tone = tones[k % tones.length]!;
    const path = (of: (point: Point) => number, some: readonly Point[] = points): string => some.map((point) => `${fine(x(point.value))} ${fine(y(of(point)))}`).join('L');
    parts.push(`<path d="M${path(({ error }) => error.most)}L${path(({ error }) => error.least, [...points].reverse())}Z" fill="${tone}" fill-opacity=".18"/>`);
    parts.push(`<path d="M${path(({ error }) => error.mean)}" fill="none" stroke="${tone}" stroke-width="2.2"/>`);
    for (const { value, error } of points) parts.push(`<circle cx="${fine(x(value))}" cy="${fine(y(error.mean))}" r="3" fill="${tone}"/>`);
  });
  return parts.join('');
} // prettier-ignore

/** Round shares from 0 up to `most`, six at most. */
function levels(most: number): number[] {
  const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
  const step = steps.find((one) => most / one <= 5) ?? 0.2;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, k) => k * step);
}
