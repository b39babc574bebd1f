// Quantities as text with units, through mathjs: "20 ms" is 0.02 (seconds), "-65 mV" is -0.065 (volts).
import { closest, distance } from 'fastest-levenshtein';
import { create, unitDependencies } from 'mathjs';
import { SettleError } from '../errors.ts';

interface Unit {
  toNumber(unit: string): number;
  equalBase(other: Unit): boolean;
}
const { unit } = create({ unitDependencies } as never) as unknown as { unit: (value: number, unit: string) => Unit };

const bases = {
  time: ['s', '20 ms'],
  voltage: ['V', '-65 mV'],
  frequency: ['Hz', '200 Hz'],
  resistance: ['ohm', '10 MOhm'],
} as const;

export type Dimension = keyof typeof bases;

export interface Where {
  readonly file?: string | undefined;
  readonly path?: string | undefined;
}

/**
 * The value in SI units of text such as "20 ms".
 * @throws SettleError of kind `input` for a bare number, another kind of unit, NaN or anything else
 */
export function quantity(text: string | number, dimension: Dimension, where: Where = {}): number {
  const [base, example] = bases[dimension];
  const refuse = (message: string, hint?: string): never => {
    throw new SettleError(message, {
      kind: 'input',
      ...where,
      found: `"${text}"`,
      expected: `a ${dimension} such as "${example}"`,
      hint,
    });
  };
  if (typeof text === 'number') return refuse('a unit is missing');
  const [, digits, name] = /^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-zµμΩ%]+)\s*$/.exec(text) ?? [];
  if (digits === undefined || name === undefined) {
    const bare = text.trim() !== '' && Number.isFinite(Number(text));
    return refuse(bare ? 'a unit is missing' : 'not a quantity');
  }
  const spelled = name.replace(/[µμ]/, 'u').replace(/Ohm$|Ω$/, 'ohm');
  let factor: number;
  try {
    const given = unit(1, spelled);
    if (!given.equalBase(unit(1, base))) return refuse('wrong unit');
    factor = given.toNumber(base);
  } catch (error) {
    if (error instanceof SettleError) throw error;
    const known = ['s', 'ms', 'us', 'ns', 'V', 'mV', 'uV', 'Hz', 'kHz', 'ohm', 'kohm', 'Mohm'];
    const near = closest(spelled, known);
    return refuse('unknown unit', distance(spelled, near) <= 1 ? `did you mean ${near}?` : undefined);
  }
  // 60 * 0.001 is not 0.06 in binary, 60 / 1000 is.
  const inverse = Math.round(1 / factor);
  const value =
    factor < 1 && Math.abs(inverse * factor - 1) < 1e-9 ? Number(digits) / inverse : Number(digits) * factor;
  return Number.isFinite(value) ? value : refuse('not a finite quantity');
}

/** Text with a unit that `quantity` reads back to the same bits. */
export function inUnits(seconds: number): string {
  const milliseconds = Number((seconds * 1000).toPrecision(12));
  return milliseconds / 1000 === seconds ? `${milliseconds} ms` : `${seconds} s`;
}
