// Comma-separated examples: numbers, and one column with the class (0, 1, ...): the one headed `label`, or the last one.
// The first row is a header if one of its cells is `label` or if none is a number; a row of both is data with a bad cell.
import { CsvError, parse } from 'csv-parse/sync';
import { SettleError } from '../errors.ts';

export interface Table {
  readonly columns: number;
  readonly inputs: Float32Array;
  readonly labels: Uint8Array;
}

/** Whether a cell is a number that float32 can hold. */
const isNumber = (cell: string): boolean => cell !== '' && Number.isFinite(Math.fround(Number(cell)));

/** @throws SettleError of kind `input` with line and column of a bad cell */
export function readCsv(text: string, file: string): Table {
  let header: readonly string[] | null = null;
  let width = 0;
  let label = 0;
  let inputs = new Float32Array(1 << 16);
  const labels: number[] = [];

  function begin(cells: readonly string[], line: number): boolean {
    width = cells.length;
    label = width - 1;
    if (width < 2)
      throw new SettleError('no inputs', {
        kind: 'input',
        file,
        line,
        found: '1 column',
        expected: 'a class and inputs',
      });
    const named = cells.findIndex((cell) => cell.toLowerCase() === 'label');
    if (named < 0 && cells.some(isNumber)) return false;
    header = cells;
    if (named >= 0) label = named;
    return true;
  }

  // Each row becomes numbers at once: 60,000 rows of 785 texts would not fit into memory.
  function take(cells: readonly string[], line: number): null {
    if (width === 0 && begin(cells, line)) return null;
    let at = labels.length * (width - 1);
    if (at + width > inputs.length) {
      const larger = new Float32Array(2 * (at + width));
      larger.set(inputs);
      inputs = larger;
    }
    cells.forEach((cell, column) => {
      const value = Number(cell);
      const isLabel = column === label;
      if (!isNumber(cell) || (isLabel && (!Number.isInteger(value) || value < 0 || value > 255)))
        throw new SettleError('bad cell', {
          kind: 'input', file, path: header?.[column], line, column: column + 1, found: `"${cell}"`,
          expected: isLabel ? 'a class from 0 to 255' : 'a number',
          hint: labels.length === 0 && header === null ? 'a header row names its class column label' : undefined,
        }); // prettier-ignore
      if (isLabel) labels.push(value);
      else inputs[at++] = value;
    });
    return null;
  }

  try {
    parse(text, {
      skip_empty_lines: true, trim: true, bom: true,
      on_record: (cells: unknown, { lines }) => take(cells as string[], lines),
    }); // prettier-ignore
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : undefined;
    throw new SettleError('not a table of comma-separated values', { kind: 'input', file, line, found: error.message });
  }
  if (labels.length === 0)
    throw new SettleError('no examples', { kind: 'input', file, found: 'an empty table', expected: 'rows of numbers' });
  const columns = width - 1;
  return { columns, inputs: inputs.slice(0, labels.length * columns), labels: Uint8Array.from(labels) };
}
