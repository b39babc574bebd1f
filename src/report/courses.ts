// EP's partial updates over time beside backpropagation through time's, as one self-contained picture: a row for each layer, a
// column for each estimator, five synapses in each. It computes nothing but which five.
import { hash32 } from '../math/random.ts';
import { escapeHtml } from './html.ts';

/** Of one layer: values of all its synapses at each step. */
export interface CourseCurves {
  readonly layer: string;
  readonly bptt: readonly ArrayLike<number>[];
  readonly ep: readonly ArrayLike<number>[];
}

export interface CoursePanel {
  readonly beta: number;
  readonly estimator: string;
  readonly layers: readonly CourseCurves[];
}

export interface CourseOptions {
  readonly title: string;
  /** A page around the picture. */
  readonly page?: boolean;
  /** Panels of this beta are shown (default 0.1, the lecture's). */
  readonly beta?: number;
  readonly synapses?: number;
}

/** Tones that read on white and on black alike. */
const tones = ['#3b8fd9', '#e07b28', '#2f9e62', '#c2569b', '#8f7ee0'];
const ink = '#7d8896';
const [panelWidth, panelHeight, left, top, gap] = [330, 132, 120, 84, 26];

/** Weights of projections only: a bias is one column of them. */
const isWeight = ({ layer }: CourseCurves): boolean => layer.endsWith('.weight');

/** Synapses at random among those whose gradient is not next to nothing beside the layer's largest. */
function chosen({ bptt }: CourseCurves, count: number): number[] {
  const size = (k: number): number => Math.max(...bptt.map((values) => Math.abs(values[k]!)));
  const sizes = Array.from({ length: bptt[0]!.length }, (_, k) => size(k));
  const largest = Math.max(...sizes);
  return [...sizes.keys()]
    .filter((k) => sizes[k]! > 0.1 * largest)
    .sort((a, b) => hash32(1, 0, a, 0, 0) - hash32(1, 0, b, 0, 0))
    .slice(0, count);
}

export function coursesPicture(panels: readonly CoursePanel[], options: CourseOptions): string {
  const { title, page = false, beta = 0.1, synapses = 5 } = options;
  const shown = panels.filter((panel) => panel.beta === beta);
  const layers = shown[0]!.layers.filter(isWeight);
  const width = left + shown.length * (panelWidth + gap);
  const height = top + layers.length * (panelHeight + gap) + 22;
  const rows = layers.map((layer, row) => {
    const picked = chosen(layer, synapses);
    const curves = shown.map((panel) => panel.layers.find((one) => one.layer === layer.layer)!);
    const values = curves.flatMap(({ bptt, ep }) => [...bptt, ...ep].flatMap((step) => picked.map((k) => step[k]!)));
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    const y = top + row * (panelHeight + gap);
    const name = `<text x="${left - 14}" y="${y + panelHeight / 2 + 4}" text-anchor="end" font-weight="600">${escapeHtml(layer.layer.replace(/\.weight$/, ''))}</text>`;
    return name + curves.map((one, column) => panelOf(one, picked, { low, high, isFirst: column === 0, x: left + column * (panelWidth + gap), y })).join('');
  });
  const heads = shown.map((panel, column) => `<text x="${left + column * (panelWidth + gap) + panelWidth / 2}" y="${top - 12}" text-anchor="middle" font-weight="600">${escapeHtml(panel.estimator)}, beta ${panel.beta}</text>`);
  const caption = `${escapeHtml(title)}: updates of equilibrium propagation over time, and the gradient`;
  const key = `<path d="M${left} 47h26" stroke="${ink}" stroke-width="4" stroke-opacity=".45"/><text x="${left + 34}" y="51">-grad W(t), backpropagation through time</text><path d="M${left + 330} 47h26" stroke="${ink}" stroke-width="1.6" stroke-dasharray="5 3"/><text x="${left + 364}" y="51">Delta W(beta, t), equilibrium propagation</text>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${caption}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif" font-size="13" fill="${ink}">
<title>${caption}</title>
<text x="14" y="24" font-size="15" font-weight="600">${caption}</text>
${key}
${heads.join('\n')}
${rows.join('\n')}
<text x="${(left + width - gap) / 2}" y="${height - 8}" text-anchor="middle">nudged steps t</text>
</svg>
`;
  return page ? around(svg, caption) : svg;
} // prettier-ignore

interface Frame {
  /** Of the whole row: its panels share one scale, written beside the first. */
  readonly low: number;
  readonly high: number;
  readonly isFirst: boolean;
  readonly x: number;
  readonly y: number;
}

function panelOf({ bptt, ep }: CourseCurves, picked: readonly number[], { low, high, x, y, isFirst }: Frame): string {
  const steps = bptt.length;
  const fine = (value: number): string => String(Number(value.toFixed(1)));
  const across = (t: number): number => x + (steps > 1 ? (t / (steps - 1)) * panelWidth : 0);
  const up = (value: number): number => y + panelHeight - (high > low ? (value - low) / (high - low) : 0) * panelHeight;
  const line = (values: readonly ArrayLike<number>[], k: number): string =>
    values.map((step, t) => `${t === 0 ? 'M' : 'L'}${fine(across(t))} ${fine(up(step[k]!))}`).join('');
  const curves = picked.map((k, index) => {
    const tone = tones[index % tones.length]!;
    return (
      `<path d="${line(bptt, k)}" stroke="${tone}" stroke-width="4" stroke-opacity=".45"/>` +
      `<path d="${line(ep, k)}" stroke="${tone}" stroke-width="1.6" stroke-dasharray="5 3"/>`
    );
  });
  const number = (value: number): string => (value === 0 ? '0' : value.toPrecision(2));
  return (
    `<rect x="${x}" y="${y}" width="${panelWidth}" height="${panelHeight}" rx="4" fill="${ink}" fill-opacity=".07"/>` +
    `<path d="M${x} ${fine(up(0))}h${panelWidth}" stroke="${ink}" stroke-opacity=".5"/>` +
    `<g fill="none" stroke-linejoin="round">${curves.join('')}</g>` +
    (isFirst
      ? `<text x="${x - 6}" y="${y + 11}" font-size="11" text-anchor="end">${number(high)}</text><text x="${x - 6}" y="${y + panelHeight}" font-size="11" text-anchor="end">${number(low)}</text>`
      : '') +
    `<text x="${x}" y="${y + panelHeight + 14}" font-size="11">0</text><text x="${x + panelWidth}" y="${y + panelHeight + 14}" font-size="11" text-anchor="end">${steps - 1}</text>`
  );
}

function around(svg: string, title: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${title}</title>
<style>body{margin:24px;font-family:system-ui,sans-serif}svg{max-width:100%;height:auto}</style></head>
<body>
${svg}</body></html>
`;
}
