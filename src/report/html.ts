// Text that is safe inside a page, and numbers as a reader expects them.

/** Text for an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (sign) => names[sign]!);
}

/** JSON for a script element: nothing in it ends the element, begins a comment or breaks a line of JavaScript. */
export function escapeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const dash = '–';

/** `2.40 %` */
export function percent(fraction: number | null | undefined, digits = 2): string {
  return isNumber(fraction) ? `${(100 * fraction).toFixed(digits)} %` : dash;
}

/** Thousands apart, at most `digits` behind the point: `23,661`. */
export function plain(value: number | null | undefined, digits = 0): string {
  return isNumber(value) ? value.toLocaleString('en-US', { maximumFractionDigits: digits }) : dash;
}

/** `4.8 s`, `85 s`, `3:20 min`, `2:05 h` */
export function duration(seconds: number | null | undefined): string {
  if (!isNumber(seconds)) return dash;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const parted = (whole: number, unit: string): string =>
    `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} ${unit}`;
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  return whole < 3600 ? parted(whole, 'min') : parted(Math.round(seconds / 60), 'h');
}

export const isNumber = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value);
