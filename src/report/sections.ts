// The sections of the page as HTML, each empty when its part of the input is absent.
import { timeLabel } from './bands.ts';
import { escapeHtml, percent, plain } from './html.ts';
import type { Confusion, ReportInput } from './input.ts';
import { historyOf, largest } from './pageData.ts';

export function section(id: string, title: string, note: string, body: string): string {
  const under = note ? `<p class="note">${note}</p>` : '';
  return `<section id="section-${id}">\n<h2>${title}</h2>\n${under}${body}\n</section>\n`;
}

export const pair = (sections: readonly string[]): string => {
  const shown = sections.filter((each) => each !== '');
  return shown.length === 0 ? '' : `<div class="pair">\n${shown.join('')}</div>\n`;
};
const energyNotes = {
  spikes:
    'Of the mean field, at the activity traces of the moment; a pure number. The free mean field descends; spikes make the curve rough, nudges may raise it.',
  states:
    "Of the network's states; a pure number. It descends in the free phase if steps are small; nudges may raise it.",
};
const cells = (values: readonly string[], tag = 'td'): string => values.map((value) => `<${tag}>${value}</${tag}>`).join(''); // prettier-ignore
/** A table of HTML, which a narrow screen scrolls. */
export const plainTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="scroll"><table class="compared"><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('')}</tbody></table></div>`;

export const chart = (id: string): string => `<div class="chart" id="${id}"></div>`;

export function curveSections(input: ReportInput): string {
  const history = historyOf(input);
  if (!history) return '';
  const curve = 'Share of examples answered wrongly after each epoch. Training errors are those made while learning.';
  const scale = history.logarithmic ? ' The scale is logarithmic.' : '';
  const spikes = 'Mean over all examples of an epoch. Training has a free and the nudged phases, a test one phase.';
  return pair([
    history.lines.length > 0 ? section('curve', 'Learning curve', curve + scale, chart('curve')) : '',
    history.spikes.length > 0 ? section('spikes', 'Spikes per example', spikes, chart('spikes')) : '',
  ]);
}

export function exampleSections({ example }: ReportInput): string {
  if (!example) return '';
  const { phases, populations, step, energy, outputs } = example;
  const lasts = phases.map(({ begin, end }) => timeLabel(end - begin, step)).join(', ');
  const wrong =
    example.target !== undefined && example.prediction !== undefined && example.target !== example.prediction;
  const spikes = populations.reduce((sum, { time }) => sum + time.length, 0);
  const facts = [
    example.image ? '<canvas id="image" role="img" aria-label="the input"></canvas>' : '',
    fact('target', example.target),
    fact('prediction', example.prediction, wrong ? 'warn' : ''),
    fact('spikes', populations.length > 0 ? plain(spikes) : undefined),
    phases.length > 0 ? fact(phases.length === 1 ? 'phase' : 'phases', lasts) : '',
  ].join('');
  const name = `${escapeHtml(example.set ?? 'test')} example ${example.example}`;
  const lines = `Each mark is a spike; ${phases.length > 1 ? 'phases in the order in which they ran. ' : ''}Populations from the input (below) to the output (above), with their number of units.`;
  const raster = '<canvas class="raster" id="raster" role="img" aria-label="spikes of each unit over time"></canvas>';
  const body = `<div class="facts">${facts}</div>${populations.length > 0 ? raster : ''}`;
  const highlighted = [
    example.target === undefined ? '' : 'blue: the target',
    wrong ? 'red: the prediction' : '',
    'grey: the others',
  ];
  const key = highlighted.filter((part) => part).join(', ');
  const traces = `Filtered spikes of ${escapeHtml(outputs?.population ?? '')}: their mean is the activity, rate times activityTime, a pure number. ${key[0]!.toUpperCase()}${key.slice(1)}.`;
  return (
    section('raster', `Settling on ${name}`, populations.length > 0 ? lines : '', body) +
    pair([
      energy
        ? section('energy', 'Energy', populations.length > 0 ? energyNotes.spikes : energyNotes.states, chart('energy'))
        : '',
      outputs ? section('outputs', 'Output traces', traces, chart('outputs')) : '',
    ])
  );
}

function fact(name: string, value: string | number | undefined, tone = ''): string {
  return value === undefined ? '' : `<span>${name}<b class="${tone}">${escapeHtml(String(value))}</b></span>`;
}

export function confusionSection({ confusion }: ReportInput): string {
  if (!confusion || confusion.classes < 1) return '';
  const note = 'Rows: the true class. Columns: the answer. Recall: the share of a class that is answered right.';
  return section('confusion', 'Confusion matrix', note, `<div class="scroll">${confusionTable(confusion)}</div>`);
}

function confusionTable({ classes, counts, labels }: Confusion): string {
  const label = (k: number): string => escapeHtml(labels?.[k] ?? String(k));
  const index = Array.from({ length: classes }, (_, k) => k);
  const rows = index.map((truth) => {
    const row = index.map((answer) => counts[truth * classes + answer] ?? 0);
    const sum = row.reduce((a, b) => a + b, 0);
    // A few per cent of errors must still be seen.
    const shade = (value: number): string =>
      Math.min(0.85, 0.08 + 1.8 * Math.sqrt(value / Math.max(1, sum))).toFixed(2);
    const cells = row.map((value, answer) => {
      if (value === 0) return '<td class="zero">·</td>';
      const [tone, alpha] =
        answer === truth ? ['hit', (0.12 + (0.3 * value) / Math.max(1, sum)).toFixed(2)] : ['miss', shade(value)];
      return `<td style="background:rgba(var(--${tone}),${alpha})">${value}</td>`;
    });
    const recall = sum === 0 ? '–' : percent(row[truth]! / sum, 1);
    return `<tr><th scope="row">${label(truth)}</th>${cells.join('')}<td class="recall">${recall}</td></tr>`;
  });
  const head = index.map((k) => `<th scope="col">${label(k)}</th>`).join('');
  return `<table class="confusion"><thead><tr><th></th>${head}<th class="recall" scope="col">recall</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

export function weightsSection({ weights }: ReportInput): string {
  if (!weights || weights.maps.length === 0) return '';
  const figures = weights.maps.map(
    ({ unit }, k) =>
      `<figure><canvas id="map-${k}" role="img" aria-label="weights of unit ${unit}"></canvas><figcaption>unit ${unit}</figcaption></figure>`,
  );
  const scale = Number(largest(weights.maps).toPrecision(2));
  const note = `Of ${weights.maps.length} units, as maps over the input. Blue is positive, red negative; full colour is ${scale}.`;
  const title = `Weights ${escapeHtml(weights.projection)}`;
  return section('weights', title, note, `<div class="maps">${figures.join('')}</div>`);
}

export function plasticitySection({ plasticity }: ReportInput): string {
  if (!plasticity) return '';
  const note = escapeHtml(
    plasticity.caption ?? 'Mean change of a weight by the time between a spike before and a spike after it.',
  );
  return section('plasticity', 'Weight change and spike times', note, chart('plasticity'));
}

export function anglesSection({ angles }: ReportInput): string {
  if (!angles || angles.layers.length === 0) return '';
  const note = `Angle in degrees between the mean update of the rule and the gradient (${escapeHtml(angles.reference)}) on 500 training examples, by projection. 0: the same direction; 90: no relation.`;
  return section('angles', 'Alignment over training', note, chart('angles'));
}

export function healthSection({ health }: ReportInput): string {
  if (!health || health.length === 0) return '';
  const rows = health.map(({ name, value, hint }) => {
    const verdict = hint === null ? '<span class="ok">✓</span>' : `<span class="warn">${escapeHtml(hint)}</span>`;
    return `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td><td>${verdict}</td></tr>`;
  });
  return section(
    'health',
    'Health',
    '',
    `<div class="scroll"><table class="facts-table health">${rows.join('')}</table></div>`,
  );
}

export function modelSection({ modelText }: ReportInput): string {
  if (!modelText) return '';
  const lines = modelText.trimEnd().split('\n').length;
  const body = `<details><summary>${lines} lines</summary><pre><code>${escapeHtml(modelText.trimEnd())}</code></pre></details>`;
  return section('model', 'Model', 'As it was run, every default written out.', body);
}

export function provenanceSection({ provenance }: ReportInput): string {
  const facts = Object.entries(provenance ?? {}).filter(([, value]) => value !== undefined && value !== null);
  if (facts.length === 0) return '';
  const said = (value: unknown): string => escapeHtml(typeof value === 'string' ? value : JSON.stringify(value));
  const cell = (value: unknown): string =>
    typeof value === 'string' && /^[0-9a-f]{16,}$/.test(value) ? `<code>${said(value)}</code>` : said(value);
  const rows = facts.map(
    ([name, value]) => `<tr><th scope="row">${escapeHtml(words(name))}</th><td>${cell(value)}</td></tr>`,
  );
  return section('provenance', 'Provenance', '', `<table class="facts-table">${rows.join('')}</table>`);
}

/** `dataSha256` is said `data SHA-256`. */
function words(key: string): string {
  return key
    .replace(/Sha256$/, ' SHA-256')
    .replace(/([a-z])([A-Z])(?!HA)/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
}

export function citeSection({ cite }: ReportInput): string {
  if (!cite) return '';
  const bibtex = cite.bibtex ? `<pre><code>${escapeHtml(cite.bibtex.trim())}</code></pre>` : '';
  return section('cite', 'How to cite', '', `<p>${escapeHtml(cite.text)}</p>${bibtex}`);
}
