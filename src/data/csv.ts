// Comma-separated examples: numbers, and one column with the class (0, 1, ...). The column called `label`, or the last one.
import { CsvError, parse } from 'csv-parse/sync';
import { SettleError } from '../errors.ts';

export interface Table {
  readonly columns: number;
  readonly inputs: Float32Array;
  readonly labels: Uint8Array;
}

/** @throws SettleError of kind `input` with line and column of a bad cell */
export function readCsv(text: string, file: string): Table {
  let rows: string[][];
  try {
    rows = parse(text, { skip_empty_lines: true, trim: true, bom: true });
  } catch (error) {
    const line = error instanceof CsvError && typeof error['lines'] === 'number' ? error['lines'] : undefined;
    throw new SettleError('not a table of comma-separated values', { kind: 'input', file, line, found: (error as Error).message });
  }
  const header = rows[0]?.some((cell) => cell !== '' && !Number.isFinite(Number(cell))) ? rows.shift()! : null;
  if (rows.length === 0) throw new SettleError('no examples', { kind: 'input', file, found: 'an empty table', expected: 'rows of numbers' });
  const width = rows[0]!.length;
  const named = header?.findIndex((cell) => cell.toLowerCase() === 'label') ?? -1;
  const label = named >= 0 ? named : width - 1;
  const columns = width - 1;
  const inputs = new Float32Array(rows.length * columns);
  const labels = new Uint8Array(rows.length);
  rows.forEach((row, index) => {
    let at = index * columns;
    row.forEach((cell, column) => {
      const value = Number(cell);
      const isLabel = column === label;
      if (cell === '' || !Number.isFinite(value) || (isLabel && (!Number.isInteger(value) || value < 0 || value > 255)))
        throw new SettleError('bad cell', {
          kind: 'input', file, line: index + (header ? 2 : 1), column: column + 1, found: `"${cell}"`,
          expected: isLabel ? 'a class from 0 to 255' : 'a number',
        }); // prettier-ignore
      if (isLabel) labels[index] = value;
      else inputs[at++] = value;
    });
  });
  return { columns, inputs, labels };
}
