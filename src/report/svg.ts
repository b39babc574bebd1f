// A network settling, as one SVG: the picture of the README. No script, no font, no page colour of its own; the tones read
// on white and on black alike, so that it needs no second file for dark pages.
import { bandsOf, phaseLabel, spanOf, ticksOf, timeLabel } from './bands.ts';
import { escapeHtml } from './html.ts';
import type { Raster } from './input.ts';

export interface PictureOptions {
  /** Pixels; 900 by 380 unless stated. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** For readers who do not see it. */
  readonly title?: string | undefined;
}

const tones: Readonly<Record<string, string>> = { free: '#7d8896', plus: '#e07b28', minus: '#3b8fd9' };
const toneOf = (phase: string | undefined): string => tones[phase ?? 'free'] ?? tones['free']!;
const ink = '#7d8896';

/** Spikes of each population through the phases; each spike is a dash of one path a phase and population. */
export function settlingPicture(raster: Raster, options: PictureOptions = {}): string {
  const { width = 900, height = 380 } = options;
  const [left, right, top, bottom] = [58, width - 12, 34, height - 36];
  const [begin, end] = spanOf(raster);
  const fine = (value: number): string => String(Number(value.toFixed(1)));
  const x = (time: number): number => left + ((time - begin) / (end - begin)) * (right - left);
  const stripes = raster.phases.map((phase) => {
    const [from, to] = [x(phase.begin), x(phase.end)];
    const tone = toneOf(phase.name);
    const inset = 1.5;
    return [
      `<rect x="${fine(from + inset)}" y="${top - 6}" width="${fine(Math.max(0, to - from - 2 * inset))}" height="${bottom - top + 12}" rx="5" fill="${tone}" fill-opacity=".11"/>`,
      `<text x="${fine((from + to) / 2)}" y="19" text-anchor="middle" font-weight="600" fill="${tone}">${escapeHtml(phaseLabel(phase))}</text>`,
    ].join('');
  });
  const bands = bandsOf(raster.populations, top, bottom - top, 16);
  const rows = bands.map((band, k) => {
    const { time, unit } = raster.populations[k]!;
    const tall = Math.max(2.2, Math.min(12, (band.height / band.units) * 0.7));
    const paths = new Map<string, string[]>();
    for (let j = 0; j < time.length; j++) {
      const phase = raster.phases.find((each) => time[j]! >= each.begin && time[j]! < each.end);
      const tone = toneOf(phase?.name);
      const y = band.top + band.height - ((unit[j]! + 0.5) / band.units) * band.height - tall / 2;
      let path = paths.get(tone);
      if (!path) paths.set(tone, (path = []));
      path.push(`M${fine(x(time[j]! + 0.5))} ${fine(y)}v${fine(tall)}`);
    }
    const marks = [...paths].map(
      ([tone, path]) => `<path d="${path.join('')}" stroke="${tone}" stroke-width="${band.units > 60 ? 1.5 : 2.2}"/>`,
    );
    const middle = band.top + band.height / 2;
    return [
      ...marks,
      `<text x="${left - 12}" y="${fine(middle)}" text-anchor="end" font-weight="600">${escapeHtml(band.name)}</text>`,
      `<text x="${left - 12}" y="${fine(middle + 15)}" text-anchor="end" font-size="11">${band.units}</text>`,
    ].join('\n');
  });
  const ticks = ticksOf(begin, end, Math.max(2, Math.floor(width / 130))).map((tick) => {
    const at = Math.min(right - 16, Math.max(left + 12, x(tick)));
    return `<path d="M${fine(x(tick))} ${bottom + 9}v5" stroke="${ink}"/><text x="${fine(at)}" y="${bottom + 28}" text-anchor="middle">${timeLabel(tick, raster.step)}</text>`;
  });
  const title = escapeHtml(options.title ?? titleOf(raster));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif" font-size="13" fill="${ink}">
<title>${title}</title>
${stripes.join('\n')}
<g fill="none">
${rows.filter((row) => row).join('\n').replaceAll('<text', `<text fill="${ink}"`)}
</g>
${ticks.join('\n')}
</svg>
`; // prettier-ignore
}

function titleOf({ target, prediction, phases }: Raster): string {
  const through = phases.map(phaseLabel).join(', ');
  const said = [
    target === undefined ? '' : `target ${target}`,
    prediction === undefined ? '' : `prediction ${prediction}`,
  ].filter((part) => part);
  return `Spikes of a network that settles${through ? `: ${through}` : ''}${said.length > 0 ? ` (${said.join(', ')})` : ''}`;
}
