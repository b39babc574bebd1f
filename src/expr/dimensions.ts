// What kind of quantity an expression is: volts with volts, exponents without any. It checks trees and computes no value.
import { SettleError } from '../errors.ts';
import { simplify } from './derivative.ts';
import { print } from './tools.ts';
import type { Tree } from './tree.ts';
import { type Dimensions, dimensionless, unitOf } from './units.ts';

const named = ['1', 'volt', 'amp', 'siemens', 'farad', 'ohm', 'second', 'hertz', 'coulomb', 'metre', 'volt/second', 'amp/second', 'siemens/second', 'volt*second', 'volt^2', 'siemens/metre^2', 'amp/metre^2', 'farad/metre^2'] as const; // prettier-ignore
const bases = ['kilogram', 'metre', 'second', 'amp', 'kelvin', 'candela', 'mole', 'radian', 'bit'];

export const sameDimensions = (a: Dimensions, b: Dimensions): boolean => a.every((power, k) => Math.abs(power - b[k]!) < 1e-9); // prettier-ignore

export const product = (a: Dimensions, b: Dimensions, power = 1): Dimensions => a.map((own, k) => own + power * b[k]!);

export const perSecond = (of: Dimensions): Dimensions => product(of, unitOf('second')!.dimensions, -1);

/** "volt", "volt/second", "1", or powers of base units. */
export function dimensionText(dimensions: Dimensions): string {
  const name = named.find((text) => sameDimensions(unitOf(text)!.dimensions, dimensions));
  if (name) return name;
  return dimensions.flatMap((power, k) => (power === 0 ? [] : [power === 1 ? bases[k]! : `${bases[k]}^${power}`])).join('*'); // prettier-ignore
}

/**
 * The dimensions of a tree; null for a literal 0, which is 0 of anything.
 * @throws SettleError of kind `input` where sides differ, or an argument that has to be a plain number is none
 */
export function dimensionsOf(tree: Tree, lookup: (name: string) => Dimensions): Dimensions | null {
  if (tree.kind === 'number') return tree.value === 0 ? null : dimensionless;
  if (tree.kind === 'name') return lookup(tree.name);
  const { call } = tree;
  const found = tree.args.map((arg) => dimensionsOf(arg, lookup));
  const shown = (k: number): string => `${dimensionText(found[k] ?? dimensionless)} (${print(tree.args[k]!)})`;
  const refuse = (message: string, sides: string, expected: string): never => {
    throw new SettleError(message, { kind: 'input', found: sides, expected });
  };
  const equal = (...places: readonly number[]): Dimensions | null => {
    const first = places.find((k) => found[k] !== null);
    if (first === undefined) return null;
    for (const k of places)
      if (found[k] && !sameDimensions(found[k], found[first]!))
        refuse(`the sides of ${call} are different quantities`, `${shown(first)} and ${shown(k)}`, 'the same on both sides'); // prettier-ignore
    return found[first]!;
  };
  const plain = (...places: readonly number[]): Dimensions => {
    for (const k of places)
      if (found[k] && !sameDimensions(found[k], dimensionless))
        refuse(`${call} takes plain numbers`, shown(k), 'a quantity without unit, such as a ratio');
    return dimensionless;
  };
  const times = (power: 1 | -1): Dimensions | null => {
    if (found[0] === null) return null;
    return product(found[0]!, found[1] ?? dimensionless, power);
  };
  switch (call) {
    case 'add': case 'sub': case 'min': case 'max': return equal(0, 1);
    case 'clip': return equal(0, 1, 2);
    case 'mul': return found[1] === null ? null : times(1);
    case 'div': return times(-1);
    case 'neg': case 'abs': case 'relu': return found[0]!;
    case 'sign': return dimensionless;
    case 'sqrt': return found[0] ? found[0].map((power) => power / 2) : null;
    case 'pow': {
      plain(1);
      if (!found[0] || sameDimensions(found[0], dimensionless)) return found[0]!;
      const exponent = simplify(tree.args[1]!);
      if (exponent.kind !== 'number') return refuse('a quantity to a power that is no constant', print(tree), 'a number as exponent');
      return found[0].map((power) => power * exponent.value);
    }
    case 'lt': case 'le': case 'gt': case 'ge': case 'eq': case 'ne':
      equal(0, 1);
      return dimensionless;
    case 'atan2':
      equal(0, 1);
      return dimensionless;
    case 'if':
      plain(0);
      return equal(1, 2);
    case 'and': case 'or': return plain(0, 1);
    case 'floor': case 'exp': case 'log': case 'sin': case 'cos': case 'tanh': case 'sigmoid': case 'hardSigmoid': case 'not': return plain(0);
    case 'logsumexp': return refuse('logsumexp is over a population, not unit by unit', print(tree), 'an elementwise function');
  }
} // prettier-ignore
