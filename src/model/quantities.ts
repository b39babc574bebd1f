// Quantities of a model file, read with their place: times, and potentials that are all in volts or all numbers. What learns
// and what does not share it; it knows no key.
import { SettleError } from '../errors.ts';
import { quantity } from '../expr/units.ts';
import { type ModelText, pathText } from './text.ts';

type Path = readonly PropertyKey[];

export interface Quantities {
  /** Puts a place in the file to errors that have none. */
  located<T>(path: Path, read: () => T): T;
  /** Seconds; `fallback` where nothing is said. */
  time(path: Path, text: string | undefined, fallback: number, least?: 'positive' | 'zero'): number;
  /** A number, or volts; the first one decides which all are. */
  potential(path: Path, value: string | number): number;
  /** Whether potentials are in volts; null before the first. */
  readonly volts: boolean | null;
}

export function quantities(source: ModelText): Quantities {
  let first = null as { volts: boolean; path: string } | null;
  function located<T>(path: Path, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SettleError)) throw error;
      const { found, expected, hint, column } = error.place;
      const inner = source.at(path, error.message, {
        ...(found && { found }),
        ...(expected && { expected }),
        ...(hint && { hint }),
      });
      throw column === undefined ? inner : new SettleError(`${inner.message} at column ${column}`, inner.place);
    }
  }
  return {
    located,
    time(path, text, fallback, least = 'positive') {
      if (text === undefined) return fallback;
      const value = located(path, () => quantity(text, 'time'));
      if (value < 0 || (value === 0 && least === 'positive'))
        throw source.at(path, least === 'positive' ? 'a time must be above 0' : 'a time may not be negative', {
          found: `"${text}"`,
          expected: least === 'positive' ? 'above 0 ms' : '0 ms or more',
        });
      return value;
    },
    potential(path, value) {
      const volts = typeof value === 'string';
      first ??= { volts, path: pathText(path) };
      if (first.volts !== volts)
        throw source.at(path, 'potentials with and without units are mixed', {
          found: `"${value}"`,
          expected: `like ${first.path}: ${first.volts ? 'volts' : 'a number'}`,
        });
      return typeof value === 'number' ? value : located(path, () => quantity(value, 'voltage'));
    },
    get volts() {
      return first && first.volts;
    },
  };
}
