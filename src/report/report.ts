// A run as one page that needs nothing else: no network, no second file. It states what it is given and computes nothing
// new; what is absent is left out.
import { htmlDocument } from './document.ts';
import { pageData } from './pageData.ts';
import { duration, escapeHtml, isNumber, percent, plain } from './html.ts';
import type { ReportInput } from './input.ts';
import {
  anglesSection,
  citeSection,
  confusionSection,
  curveSections,
  exampleSections,
  healthSection,
  modelSection,
  plasticitySection,
  provenanceSection,
  weightsSection,
} from './sections.ts';
import { chipSection } from './chip.ts'; // prettier-ignore

/** The page as text. */
export function reportPage(input: ReportInput): string {
  const sections = [
    curveSections(input),
    exampleSections(input),
    confusionSection(input),
    anglesSection(input),
    weightsSection(input),
    plasticitySection(input),
    healthSection(input),
    chipSection(input),
    modelSection(input),
    provenanceSection(input),
    citeSection(input),
  ].join('');
  const rest = sections || cards(input) ? '' : '<section class="empty">This run has not been trained or recorded yet.</section>'; // prettier-ignore
  return htmlDocument(input.name, header(input), `${cards(input)}${sections}${rest}`, pageData(input));
}

function header(input: ReportInput): string {
  const tags: [string, string | number | undefined][] = [
    ['model', input.model],
    ['rule', input.rule],
    ['update', input.update],
    ['chip', input.chip?.name],
    ['backend', input.backend],
    ['threads', input.threads],
    ['seed', input.seed],
    ['epochs', input.epochs],
  ];
  const items = tags
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<li><b>${name}</b>${escapeHtml(String(value))}</li>`);
  const source = input.source ? `<p class="lead">${escapeHtml(input.source)}</p>` : '';
  const list = items.length > 0 ? `<ul class="tags">${items.join('')}</ul>` : '';
  return `<header>\n<h1>${escapeHtml(input.name)}</h1>\n${source}${list}\n</header>\n`;
}

function cards(input: ReportInput): string {
  const all: [name: string, value: string | null, note: string][] = [
    ['test error', said(input.testError, percent), testNote(input)],
    ['validation error', said(input.validationError, percent), 'last epoch'],
    ['training error', said(input.trainError, percent), 'last epoch, as it learned'],
    ['worst class', said(input.worstClassRecall, (value) => percent(value, 1)), 'smallest recall of a class'],
    ['spikes', said(input.spikesPerExample, plain), spikesNote(input)],
    ['synaptic events', said(input.synapticEvents, plain), 'a training example'],
    ['training speed', said(input.trainExamplesPerSecond, plain), 'examples a second'],
    ['time', said(input.seconds, duration), 'wall clock, read-outs included'],
  ];
  const shown = all.filter(([, value]) => value !== null);
  if (shown.length === 0) return '';
  const card = ([name, value, note]: (typeof all)[number]): string =>
    `<div class="card${name === 'test error' ? ' main' : ''}"><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`;
  return `<dl class="cards">${shown.map(card).join('')}</dl>\n`;
}

function said(value: number | null | undefined, write: (value: number) => string): string | null {
  return isNumber(value) ? write(value) : null;
}

function testNote({ testError, testExamples }: ReportInput): string {
  if (!testExamples || !isNumber(testError)) return 'last epoch';
  return `${plain(Math.round(testError * testExamples))} of ${plain(testExamples)} wrong`;
}

function spikesNote({ testSpikesPerExample }: ReportInput): string {
  return `a training example${isNumber(testSpikesPerExample) ? `; test ${plain(testSpikesPerExample)}` : ''}`;
}
