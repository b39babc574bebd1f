// Spikes as comma-separated values: columns unit and time (seconds), in any order of rows.
import { CsvError, parse } from 'csv-parse/sync';
import { SettleError } from '../errors.ts';

/** [unit, seconds] by time, then unit. @throws SettleError of kind `input` with the line of a bad row */
export function readSpikeTable(text: string, file: string, units: number): [number, number][] {
  let rows: { record: Record<string, string>; info: { lines: number } }[];
  try {
    rows = parse(text, { columns: true, skip_empty_lines: true, trim: true, bom: true, info: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : undefined;
    throw new SettleError('not a table of comma-separated values', { kind: 'input', file, line, found: error.message });
  }
  return rows
    .map(({ record, info: { lines: line } }): [number, number] => {
      const cell = (column: 'unit' | 'time', holds: (value: number) => boolean, expected: string): number => {
        const found = record[column];
        const value = Number(found);
        if (found === undefined || found === '' || !holds(value))
          throw new SettleError('bad spike', { kind: 'input', file, path: column, line, found: found === undefined ? 'no such column' : `"${found}"`, expected }); // prettier-ignore
        return value;
      };
      const unit = cell('unit', (value) => Number.isInteger(value) && value >= 0 && value < units, `a unit from 0 to ${units - 1}`); // prettier-ignore
      return [unit, cell('time', (value) => value >= 0 && value < Infinity, 'seconds from 0')];
    })
    .sort((a, b) => a[1] - b[1] || a[0] - b[0]);
}
