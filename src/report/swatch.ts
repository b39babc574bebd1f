// How the rows of a comparison are told apart: colour, dash and mark by their number, so that neighbours differ in all
// three and no two of the first 24 agree in colour and dash.

/** Colours of the theme: `--row0` to `--row7` (style.ts). */
export const rowColour = (index: number): string => `row${index % 8}`;

const dashes: readonly (readonly number[])[] = [[], [8, 4], [2, 4]];

/** Lengths of strokes and gaps; none for a whole line. */
export const rowDash = (index: number): readonly number[] => dashes[index % 3]!;

/** A mark of about `size` around (x, y), as a path of SVG: disc, square, triangle, diamond. */
export function rowMark(index: number, x: number, y: number, size: number): string {
  const r = size / 2;
  const at = (dx: number, dy: number): string => `${(x + dx * r).toFixed(1)} ${(y + dy * r).toFixed(1)}`;
  switch (index % 4) {
    case 0:
      return `M${at(-1, 0)}a${r} ${r} 0 1 0 ${size} 0a${r} ${r} 0 1 0 ${-size} 0z`;
    case 1:
      return `M${at(-0.9, -0.9)}L${at(0.9, -0.9)}L${at(0.9, 0.9)}L${at(-0.9, 0.9)}z`;
    case 2:
      return `M${at(0, -1.15)}L${at(1.1, 0.85)}L${at(-1.1, 0.85)}z`;
    default:
      return `M${at(0, -1.25)}L${at(1.25, 0)}L${at(0, 1.25)}L${at(-1.25, 0)}z`;
  }
}

/** A piece of the row's line with its mark, for legends and tables. */
export function swatch(index: number): string {
  const colour = `var(--${rowColour(index)})`;
  const dash = rowDash(index).join(' ');
  return `<svg class="swatch" width="36" height="12" viewBox="0 0 36 12" aria-hidden="true"><path d="M1 6H35" fill="none" stroke="${colour}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ''}/><path d="${rowMark(index, 18, 6, 8)}" fill="${colour}"/></svg>`;
}
