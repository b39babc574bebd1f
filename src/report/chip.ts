// The chip of a run, on its page: what its profile replaced in the model, what its devices lost, and energy by its prices.
import { escapeHtml, percent } from './html.ts';
import type { ReportInput } from './input.ts';
import { section } from './sections.ts';

export function chipSection({ chip }: ReportInput): string {
  if (!chip) return '';
  const { name, description, changes, energy, lostShare } = chip;
  const rows = [
    ...changes.map(({ of, what, wanted, given }) => [`${of === '' ? '' : `${of}, `}${what}`, `${given} instead of ${wanted}`]),
    ...(lostShare === null ? [] : [['updates that rounded to no pulse', percent(lostShare)]]),
    ...(energy
      ? [
          ['energy of an inference', `${joules(energy.inference)}, prices of ${energy.table}`],
          ['energy of a training example', joules(energy.training)],
          ...(energy.unpriced.length === 0 ? [] : [['without a price', energy.unpriced.join(', ')]]),
        ]
      : [['energy', 'no public prices']]),
  ];
  const lines = rows.map(([what, value]) => `<tr><th scope="row">${escapeHtml(what!)}</th><td>${escapeHtml(value!)}</td></tr>`);
  return section(
    'chip',
    `Chip: ${escapeHtml(name)}`,
    escapeHtml(description),
    `<div class="scroll"><table class="facts-table">${lines.join('')}</table></div>`,
  );
} // prettier-ignore

/** Joules with a prefix. */
export function joules(value: number | null): string {
  if (value === null) return 'unknown';
  if (value === 0) return '0 J';
  const prefixes = ['f', 'p', 'n', 'u', 'm', ''];
  const k = Math.min(5, Math.max(0, Math.floor(Math.log10(value) / 3 + 1e-12) + 5));
  return `${Number((value * 10 ** (15 - 3 * k)).toPrecision(4))} ${prefixes[k]}J`;
}
