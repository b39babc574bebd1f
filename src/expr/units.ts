// Quantities as text with units, through mathjs: "20 ms" is 0.02 (seconds), "-65 mV" is -0.065 (volts).
import { closest, distance } from 'fastest-levenshtein';
import { create, unitDependencies } from 'mathjs';
import { SettleError } from '../errors.ts';

interface Unit {
  /** In SI units. */
  readonly value: number;
  readonly dimensions: readonly number[];
  toNumber(unit: string): number;
  equalBase(other: Unit): boolean;
}
const { unit } = create({ unitDependencies } as never) as unknown as { unit: (value: number, unit: string) => Unit };

const bases = {
  time: ['s', '20 ms'],
  voltage: ['V', '-65 mV'],
  frequency: ['Hz', '200 Hz'],
  resistance: ['ohm', '10 MOhm'],
  energy: ['J', '23.6 pJ'],
  power: ['W', '30 mW'],
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
    const known = [
      's',
      'ms',
      'us',
      'ns',
      'V',
      'mV',
      'uV',
      'Hz',
      'kHz',
      'ohm',
      'kohm',
      'Mohm',
      'J',
      'pJ',
      'nJ',
      'uJ',
      'W',
      'mW',
    ];
    const near = closest(spelled, known);
    return refuse('unknown unit', distance(spelled, near) <= 1 ? `did you mean ${near}?` : undefined);
  }
  const value = scaled(Number(digits), factor);
  return Number.isFinite(value) ? value : refuse('not a finite quantity');
}

/** 60 * 0.001 is not 0.06 in binary, 60 / 1000 is. */
function scaled(digits: number, factor: number): number {
  const inverse = Math.round(1 / factor);
  return factor < 1 && Math.abs(inverse * factor - 1) < 1e-9 ? digits / inverse : digits * factor;
}

/** Exponents of kilogram, metre, second, ampere, kelvin, candela, mole, radian, bit. */
export type Dimensions = readonly number[];

export const dimensionless: Dimensions = [0, 0, 0, 0, 0, 0, 0, 0, 0];

export interface UnitOf {
  /** In SI units. */
  readonly factor: number;
  readonly dimensions: Dimensions;
}

const symbols: Readonly<Record<string, string>> = {
  volt: 'V', amp: 'A', ampere: 'A', siemens: 'S', farad: 'F', second: 's', hertz: 'Hz', metre: 'm', meter: 'm', coulomb: 'C', ohm: 'ohm', Ohm: 'ohm', 'Ω': 'ohm',
}; // prettier-ignore

/** What a unit such as "mV", "nS/cm^2", "volt/second" or "1" is; null for what is none. */
export function unitOf(text: string): UnitOf | null {
  const spelled = text
    .trim()
    .replace(/[µμ]/g, 'u')
    .replaceAll('**', '^')
    .replace(/[A-Za-zΩ]+/g, (word) => {
      if (Object.hasOwn(symbols, word)) return symbols[word]!;
      const bare = word.slice(1);
      return 'fpnumkMG'.includes(word[0]!) && Object.hasOwn(symbols, bare) ? `${word[0]}${symbols[bare]}` : word;
    });
  if (spelled === '1') return { factor: 1, dimensions: dimensionless };
  if (!/^[A-Za-z1][A-Za-z0-9^*/ .()-]*$/.test(spelled)) return null;
  try {
    const { value: factor, dimensions } = unit(1, spelled);
    return { factor, dimensions: [...dimensions] };
  } catch {
    return null;
  }
}

/** The value in SI units of a number, or of text such as "281 pF" or "0.3 mS/cm^2". @throws SettleError of kind `input` */
export function anyQuantity(text: string | number): { readonly value: number; readonly dimensions: Dimensions } {
  if (typeof text === 'number') return { value: text, dimensions: dimensionless };
  const [, digits, name] = /^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$/.exec(text) ?? [];
  const refuse = (message: string): never => {
    throw new SettleError(message, { kind: 'input', found: `"${text}"`, expected: 'a number, or one with a unit such as "281 pF"' }); // prettier-ignore
  };
  if (digits === undefined) return refuse('not a quantity');
  const given = unitOf(name!.startsWith('/') ? `1${name}` : name || '1');
  if (!given) return refuse('unknown unit');
  const value = scaled(Number(digits), given.factor);
  return Number.isFinite(value) ? { value, dimensions: given.dimensions } : refuse('not a finite quantity');
}

/** Text with a unit that `quantity` reads back to the same bits. */
export function inUnits(seconds: number): string {
  const milliseconds = Number((seconds * 1000).toPrecision(12));
  return milliseconds / 1000 === seconds ? `${milliseconds} ms` : `${seconds} s`;
}
