// A comparison as one page that needs nothing else: curves, cost, angles over training, tables. It states what it is given;
// links lead to the pages of the runs, where these lie beside it.
import type { Comparison, ComparisonRow, Difference } from './comparison.ts';
import { comparisonTables, failuresOf, type NamedTable, probability } from './comparisonTables.ts';
import type { BandValues, ComparisonLines } from './data.ts';
import { htmlDocument } from './document.ts';
import { duration, escapeHtml, isNumber, percent } from './html.ts';
import { chart, pair, plainTable, section } from './sections.ts';
import { sweepPicture } from './profiles.ts';
import { swatch } from './swatch.ts';
import { type Cell, type Table, tableOf } from './table.ts';

export function comparisonPage(comparison: Comparison): string {
  const lines = linesOf(comparison);
  const tables = new Map(comparisonTables(comparison).map((each) => [each.id, each]));
  const index = new Map(comparison.rows.map(({ label }, k) => [label, k]));
  const table = (id: NamedTable['id']): string => {
    const found = tables.get(id);
    return found ? section(id, found.title, escapeHtml(found.note), htmlTable(found.table, index)) : '';
  };
  const results = tables.get('results')!;
  const main = [
    section('results', results.title, escapeHtml(results.note), htmlTable(results.table, index) + small(comparison)),
    legend(lines),
    table('profiles'),
    sweepSection(comparison.rows),
    curves(lines),
    scatter(lines),
    anglesSection(lines, 'layers'),
    anglesSection(lines, 'weights'),
    angleTable(comparison, index, tables.get('alignment')),
    table('cost'),
    table('demands'),
    tests(comparison),
    choice(comparison),
    runs(comparison),
  ];
  return htmlDocument(comparison.name, header(comparison), main.join(''), { comparison: { rows: lines } });
}

function header({ name, data, rows, seeds, trials, baseline, versions }: Comparison): string {
  const epochs = [...new Set(rows.map((row) => row.epochs).filter(isNumber))];
  const tags: [string, string][] = [
    ['data', data.join(', ')],
    ['rows', String(rows.length)],
    ['seeds', seeds.join(', ')],
    ['epochs', epochs.join(', ')],
    ['validation trials', trials === null ? 'none' : `${trials.count} each`],
    ['baseline', baseline ?? ''],
    ['settle', versions.map((version) => version.split(' ').map((part) => part.slice(0, 10)).join(' ')).join(', ')],
  ]; // prettier-ignore
  const items = tags
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `<li><b>${key}</b>${escapeHtml(value)}</li>`);
  return `<header>\n<h1>${escapeHtml(name)}</h1>\n<p class="lead">Learning rules on the same task, each with several seeds.</p><ul class="tags">${items.join('')}</ul>\n</header>\n`;
}

const rounded = (value: number, digits = 5): number => Number(value.toPrecision(digits));

function linesOf({ rows }: Comparison): ComparisonLines[] {
  const band = ({ mean, least, most }: BandValues): BandValues => {
    const each = (values: BandValues['mean']) => values.map((value) => (isNumber(value) ? rounded(value) : null));
    return { mean: each(mean), least: each(least), most: each(most) };
  };
  const none: BandValues = { mean: [], least: [], most: [] };
  return rows.flatMap((row, index) =>
    row.status !== 'done'
      ? []
      : [
          {
            label: row.label,
            index,
            epoch: row.curves?.epoch ?? [],
            test: band(row.curves?.test ?? none),
            train: band(row.curves?.train ?? none),
            angleEpoch: row.angles?.epoch ?? [],
            layers: (row.angles?.layers ?? []).map(({ layer, band: each }) => ({ layer, band: band(each) })),
            weights: (row.angles?.weights ?? []).map(({ layer, band: each }) => ({ layer, band: band(each) })),
            points: row.seeds.map(({ testError, trainingMacs, seconds }) => ({
              error: rounded(testError),
              macs: isNumber(trainingMacs) ? rounded(trainingMacs) : null,
              seconds: rounded(seconds, 4),
            })),
          },
        ],
  );
}

function sweepSection(rows: readonly ComparisonRow[]): string {
  const picture = sweepPicture(rows);
  if (picture === '') return '';
  return section('sweeps', 'Robustness', 'Test error while one value of the profile changes. Line: mean over seeds. Band: from the least to the most.', picture); // prettier-ignore
}

/** What each line is, for all figures at once; the page's program makes the entries switches. */
function legend(lines: readonly ComparisonLines[]): string {
  if (lines.length === 0) return '';
  const chips = lines.map(
    ({ label, index }) =>
      `<button type="button" class="chip" data-row="${index}" aria-pressed="true">${swatch(index)}${escapeHtml(label)}</button>`,
  );
  return `<div class="legend" role="group" aria-label="rows shown in the figures">${chips.join('')}</div>\n`;
}

function curves(lines: readonly ComparisonLines[]): string {
  if (!lines.some(({ epoch }) => epoch.length > 0)) return '';
  const note = 'Line: mean over seeds. Band: from the least to the most.';
  return pair([
    section('test', 'Test error', `Share of test examples answered wrongly after each epoch. ${note}`, chart('compare-test')), // prettier-ignore
    section('train', 'Training error', `Share answered wrongly while learning, in each epoch. ${note}`, chart('compare-train')), // prettier-ignore
  ]);
}

function scatter(lines: readonly ComparisonLines[]): string {
  if (lines.length === 0) return '';
  const macs = lines.some(({ points }) => points.some((point) => point.macs !== null));
  const choices = [...(macs ? [['macs', 'multiply-accumulates']] : []), ['seconds', 'seconds']];
  const buttons = choices.map(
    ([key, said], k) =>
      `<button type="button" data-cost="${key}" aria-pressed="${k === 0}">${said}</button>`,
  ); // prettier-ignore
  return section(
    'error-cost',
    'Error against cost',
    'Test error at the last epoch against the cost of the whole training, on a logarithmic scale. Large marks: mean over seeds; small ones: each seed. Down and to the left is better.',
    `<div class="switch" role="group" aria-label="cost">${buttons.join('')}</div><div class="scatter" id="compare-cost"></div>`,
  );
}

function anglesSection(lines: readonly ComparisonLines[], what: 'layers' | 'weights'): string {
  const layers = [...new Set(lines.flatMap((line) => line[what].map(({ layer }) => layer)))];
  if (layers.length === 0) return '';
  const figures = layers.map(
    (layer, k) =>
      `<figure class="small"><figcaption>${escapeHtml(layer)}</figcaption><div class="angle" id="compare-${what}-${k}" data-layer="${escapeHtml(layer)}"></div></figure>`,
  );
  const [title, note] = {
    layers: [
      'Alignment over training',
      'Angle in degrees between the mean update of the rule and its named gradient, by projection, from the start on. 0: the same direction. Dashed line at 90: no relation.',
    ],
    weights: [
      'Feedback and forward weights over training',
      'Angle in degrees between feedback weights and the forward weights they stand for, by layer.',
    ],
  }[what]; // prettier-ignore
  return section(what, title!, note!, `<div class="multiples">${figures.join('')}</div>`);
}

function htmlTable(table: Table, index: ReadonlyMap<string, number>): string {
  const said = (cell: Cell): string => (cell === null || cell === undefined || cell === '-' ? '–' : String(cell));
  const numeric = table.columns.map((_, k) => table.rows.every((row) => /^(?:[-–]|[<\d.,e+\s]+|best|baseline|refused|failed)$/i.test(said(row[k])))); // prettier-ignore
  const tag = (k: number, html: string): string => `<td${numeric[k] ? ' class="number"' : ''}>${html}</td>`;
  const head = table.columns.map((name, k) => `<th scope="col"${numeric[k] ? ' class="number"' : ''}>${escapeHtml(name)}</th>`); // prettier-ignore
  const rows = table.rows.map((row) => {
    const [label, ...cells] = table.columns.map((_, k) => said(row[k]));
    const body = cells.map((cell, k) => tag(k + 1, escapeHtml(cell).replaceAll('  ', '&ensp; ')));
    return `<tr><th scope="row">${swatch(index.get(label!) ?? 0)}${escapeHtml(label!)}</th>${body.join('')}</tr>`;
  });
  return `<div class="scroll"><table class="compared"><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** Under the results: what did not run, and how to read the rest. */
function small(comparison: Comparison): string {
  const items = (lines: readonly string[], tone: string): string => lines.map((line) => `<li class="${tone}">${escapeHtml(line)}</li>`).join(''); // prettier-ignore
  return `<ul class="plain">${items(failuresOf(comparison), 'warn')}${items(comparison.notes, '')}</ul>`;
}

/** One column a projection, where the text has a list. */
function angleTable({ rows }: Comparison, index: ReadonlyMap<string, number>, named: NamedTable | undefined): string {
  if (!named) return '';
  const aligned = rows.filter(({ reference }) => reference !== null);
  const columns = (what: 'layers' | 'weights'): string[] => [...new Set(aligned.flatMap((row) => row[what].map(({ layer }) => layer)))]; // prettier-ignore
  const degrees = (row: ComparisonRow, what: 'layers' | 'weights'): [string, string][] =>
    columns(what).map((layer) => {
      const angle = row[what].find((each) => each.layer === layer)?.angle;
      return [what === 'layers' ? layer : `weights ${layer}`, angle ? angle.mean.toFixed(1) : '-'];
    });
  const table = tableOf(
    aligned.map((row) => ({
      row: row.label,
      'angle to': row.reference,
      ...Object.fromEntries([...degrees(row, 'layers'), ...degrees(row, 'weights')]),
    })),
  );
  return section('angles', named.title, `${escapeHtml(named.note)} In degrees.`, htmlTable(table, index));
}

function tests({ differences }: Comparison): string {
  if (differences.length === 0) return '';
  const inPoints = ({ error }: Difference): string => {
    if (!error) return '–';
    const width = error.halfWidth95 === null ? '' : ` ± ${(100 * error.halfWidth95).toFixed(2)}`;
    return `${error.mean > 0 ? '+' : ''}${(100 * error.mean).toFixed(2)}${width}`;
  };
  const rows = differences.map((each) => {
    const { label, against, kind, pooled, seeds, adjusted, reason } = each;
    const head = [escapeHtml(label), `${escapeHtml(against)} (${kind})`, inPoints(each)];
    if (!pooled) return [...head, escapeHtml(reason ?? ''), '–', '–', '–', '–', '–'];
    const counts = [String(pooled.onlyThis), String(pooled.onlyOther)];
    const p = (value: number | null): string => escapeHtml(probability(value));
    const bySeed = seeds.map(({ seed, mid }) => `${seed}: ${p(mid)}`).join('&ensp; ');
    return [...head, ...counts, p(pooled.exact), p(pooled.mid), p(adjusted), bySeed];
  });
  const head = ['row', 'against', 'error, points (95 %)', 'only it right', 'only the other', 'p exact', 'p mid', 'p Holm', 'p mid, by seed']; // prettier-ignore
  const note =
    "McNemar's test on the same test images: of those that only one of two networks answers right, does one side have more? The difference of errors has Student's 95 % interval over seeds.";
  return section('tests', 'Paired tests', note, plainTable(head, rows));
}

function choice({ rows }: Comparison): string {
  const tried = rows.filter(({ trials }) => trials.length > 0);
  if (tried.length === 0) return '';
  const lines = tried.flatMap(({ label, trials, settings }) =>
    trials.map((trial) => {
      const chosen = trial.settings.join(' ') === settings.join(' ');
      return [escapeHtml(label), `<code>${escapeHtml(trial.settings.join(' '))}</code>`, percent(trial.validationError), chosen ? '<span class="ok">chosen</span>' : '']; // prettier-ignore
    }),
  );
  const note = 'Every rule was tried as often as the others; the least validation error chose.';
  return section('trials', 'Validation trials', note, plainTable(['row', 'settings', 'validation error', ''], lines));
}

function runs({ rows }: Comparison): string {
  const lines = rows.flatMap((row) => row.seeds.map((each) => runLine(row, each)));
  if (lines.length === 0) return '';
  const head = ['row', 'seed', 'test error', 'training error', 'time', 'examples/s', 'checkpoint', ''];
  return section('runs', 'Runs', 'Each in a folder of its own, as settle run leaves it.', plainTable(head, lines));
}

function runLine({ label }: ComparisonRow, seed: ComparisonRow['seeds'][number]): string[] {
  const link = `<a href="${escapeHtml(encodeURI(seed.folder))}/report.html">page of the run</a>`;
  return [
    escapeHtml(label), String(seed.seed), percent(seed.testError), percent(seed.trainError), duration(seed.seconds),
    Math.round(seed.examplesPerSecond).toLocaleString('en-US'), `<code>${(seed.checkpointSha256 ?? '').slice(0, 12)}</code>`, link,
  ]; // prettier-ignore
}
