// A sweep as one page that needs nothing else: what the best is worth, what each path does, every point. It states what it is
// given; links lead to the pages of the tested runs, where these lie beside it.
import { htmlDocument } from './document.ts';
import { duration, escapeHtml, percent } from './html.ts';
import { plainTable, section } from './sections.ts';
import type { Sweep, SweepSeries } from './sweep.ts';
import { sweepCharts } from './sweepCharts.ts';
import { bestSettings, bestTable, pointsTable, sweepFailures } from './sweepTables.ts';
import { swatch } from './swatch.ts';
import type { Table } from './table.ts';

export function sweepPage(sweep: Sweep): string {
  const main = [best(sweep), charts(sweep), ...sweep.series.map((each, k) => points(sweep, each, k)), runs(sweep)];
  return htmlDocument(sweep.name, header(sweep), main.join(''), {});
}

function header({ name, model, method, data, series, seeds, testSeeds, validation, versions }: Sweep): string {
  const count = series.reduce((sum, each) => sum + each.points.length, 0);
  const tags: [string, string][] = [
    ['model', model],
    ['data', data.join(', ')],
    ['method', method],
    ['points', String(count)],
    ['held out', `${validation.toLocaleString('en-US')} training examples`],
    ['seeds', seeds.join(', ')],
    ['test seeds', testSeeds.join(', ')],
    ['settle', versions.map((version) => version.split(' ').map((part) => part.slice(0, 10)).join(' ')).join(', ')],
  ]; // prettier-ignore
  const items = tags.filter(([, value]) => value !== '').map(([key, value]) => `<li><b>${key}</b>${escapeHtml(value)}</li>`); // prettier-ignore
  return `<header>\n<h1>${escapeHtml(name)}</h1>\n<p class="lead">One model, many settings: which are best, and what that is worth.</p><ul class="tags">${items.join('')}</ul>\n</header>\n`;
}

const textOf = (value: unknown): string =>
  value === null || value === undefined || value === '-' ? '–' : String(value);
const htmlOf = (table: Table, mark: (row: number) => string = () => ''): string =>
  plainTable(
    table.columns.map(escapeHtml),
    table.rows.map((row, k) => row.map((cell, column) => (column === 0 ? mark(k) : '') + escapeHtml(textOf(cell)).replaceAll('  ', '&ensp; '))), // prettier-ignore
  );

function best(sweep: Sweep): string {
  const settings = sweep.series.map((each) => {
    const words = bestSettings(sweep, each).map((word) => `<code>${escapeHtml(word)}</code>`);
    return words.length === 0 ? '' : `<li>${sweep.series.length > 1 ? `${escapeHtml(each.label)}: ` : ''}${words.join(' ')}</li>`; // prettier-ignore
  });
  const lines = [
    ...settings,
    ...sweepFailures(sweep).map((line) => `<li class="warn">${escapeHtml(line)}</li>`),
    ...sweep.notes.map((note) => `<li>${escapeHtml(note)}</li>`),
  ];
  return section('best', 'Best', 'Errors are of the last epoch; ± is the standard deviation over seeds.', `${htmlOf(bestTable(sweep))}<ul class="plain">${lines.join('')}</ul>`); // prettier-ignore
}

function charts(sweep: Sweep): string {
  const figures = sweepCharts(sweep).map(({ path, svg }) => `<figure><figcaption>${escapeHtml(path)}</figcaption><div class="scatter small">${svg}</div></figure>`); // prettier-ignore
  if (figures.length === 0) return '';
  const key = sweep.series.length === 1 ? '' : `<p class="note">${sweep.series.map(({ label }, k) => `${swatch(k)} ${escapeHtml(label)}`).join('&ensp; ')}</p>`; // prettier-ignore
  return section('paths', 'What each path does', 'Validation error, mean over seeds, against each swept path; a mark a point, a ring around the best. Where a value has several points, the line joins the least of each: the other paths at their best.', `${key}<div class="multiples">${figures.join('')}</div>`); // prettier-ignore
}

function points(sweep: Sweep, series: SweepSeries, index: number): string {
  if (series.points.length === 0) return '';
  const title = `Points${sweep.series.length > 1 ? ` of ${escapeHtml(series.label)}` : ''}`;
  return section(`points-${index}`, title, 'The best first. Spikes are those of a test example; seconds of a whole run, read-outs included.', htmlOf(pointsTable(sweep, series), () => (sweep.series.length > 1 ? swatch(index) : ''))); // prettier-ignore
}

function runs({ series }: Sweep): string {
  const lines = series.flatMap(({ label, tested }) =>
    (['best', 'own'] as const).flatMap((what) =>
      (tested[what]?.seeds ?? []).map((each) => [
        escapeHtml(label), what === 'best' ? 'best' : "the model's own", String(each.seed), percent(each.testError), duration(tested[what]!.seconds?.mean),
        `<code>${(each.checkpointSha256 ?? '').slice(0, 12)}</code>`, `<a href="${escapeHtml(encodeURI(each.folder))}/report.html">page of the run</a>`,
      ]),
    ),
  ); // prettier-ignore
  if (lines.length === 0) return '';
  return section('runs', 'Tested runs', 'Each in a folder of its own, as settle run leaves it; the time is the mean over seeds.', plainTable(['series', 'settings', 'seed', 'test error', 'time', 'checkpoint', ''], lines)); // prettier-ignore
}
