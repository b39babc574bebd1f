// Rows of cells as text: aligned for a terminal, CSV (RFC 4180), Markdown. It rounds nothing: cells come as they are said.
export type Cell = string | number | boolean | null | undefined;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A table from objects; columns in the order in which keys first occur. */
export function tableOf(records: readonly Readonly<Record<string, Cell>>[]): Table {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return { columns, rows: records.map((record) => columns.map((column) => record[column])) };
}

/** Columns padded to the same width, numbers to the right, two spaces between; ends with a newline. */
export function alignedText(table: Table): string {
  const { head, body, widths, right } = measured(table, (cell) => text(cell).replace(/\s*[\r\n]+\s*/g, ' '));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, k) => pad(cell, widths[k]!, right[k]!))
      .join('  ')
      .trimEnd();
  return [head, widths.map((width) => '-'.repeat(width)), ...body].map((cells) => `${line(cells)}\n`).join('');
}

/** Lines end with CR LF; a cell is quoted when it must be. */
export function csvText(table: Table): string {
  const cell = (value: Cell): string => {
    const plain = text(value);
    return /[",\r\n]|^\s|\s$/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  return [table.columns, ...table.rows].map((row) => `${rowOf(table, row).map(cell).join(',')}\r\n`).join('');
}

/** A table of GitHub's Markdown, numbers to the right, pipes escaped. */
export function markdownText(table: Table): string {
  const escaped = (cell: Cell): string =>
    text(cell)
      .replaceAll('\\', '\\\\')
      .replaceAll('|', '\\|')
      .replace(/\r\n|[\r\n]/g, '<br>');
  const { head, body, widths, right } = measured(table, escaped, 3);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, k) => pad(cell, widths[k]!, right[k]!)).join(' | ')} |\n`;
  const rule = `| ${widths.map((width, k) => (right[k] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |\n`;
  return line(head) + rule + body.map(line).join('');
}

const text = (cell: Cell): string => (cell === null || cell === undefined ? '' : String(cell));

/** Cells of a row, filled up to the number of columns. */
const rowOf = ({ columns }: Table, row: readonly Cell[]): Cell[] => columns.map((_, k) => row[k]);

function measured(table: Table, write: (cell: Cell) => string, least = 1) {
  const head = table.columns.map(write);
  const body = table.rows.map((row) => rowOf(table, row).map(write));
  const column = (k: number): string[] => body.map((cells) => cells[k]!);
  return {
    head,
    body,
    widths: head.map((name, k) => Math.max(least, width(name), ...column(k).map(width))),
    right: head.map((_, k) => column(k).some((cell) => cell !== '') && column(k).every((cell) => numeric.test(cell))),
  };
}

/** Numbers, also with a unit or a spread: `2.40 %`, `2.4 ± 0.1 %`; an absent cell does not count against them. */
const numeric = /^(?:|-|[-+]?[\d.,]+(?:e[-+]?\d+)?(?:\s*±\s*[\d.]+)?\s?(?:%|x|s|ms)?)$/i;

const width = (cell: string): number => Array.from(cell).length;
const pad = (cell: string, size: number, right: boolean): string => {
  const space = ' '.repeat(Math.max(0, size - width(cell)));
  return right ? space + cell : cell + space;
};
