// Trees evaluated in float64: walked once, or compiled to closures. No text is ever executed.
import { SettleError } from '../errors.ts';
import * as own from '../math/elementary.ts';
import type { FunctionName, Tree } from './tree.ts';

type Evaluator = (...args: number[]) => number;

const truth = (value: boolean): number => (value ? 1 : 0);

/** The meaning of every function of the closed list that works unit by unit. */
export const meanings: Readonly<Record<Exclude<FunctionName, 'logsumexp'>, Evaluator>> = {
  add: (a, b) => a! + b!, sub: (a, b) => a! - b!, mul: (a, b) => a! * b!, div: (a, b) => a! / b!, neg: (a) => -a!,
  pow: (a, b) => power(a!, b!),
  min: (a, b) => Math.min(a!, b!), max: (a, b) => Math.max(a!, b!), clip: (x, low, high) => Math.min(Math.max(x!, low!), high!),
  abs: (a) => Math.abs(a!), sign: (a) => (a! > 0 ? 1 : a! < 0 ? -1 : 0), floor: (a) => Math.floor(a!), sqrt: (a) => Math.sqrt(a!),
  exp: (a) => own.exp(a!), log: (a) => own.log(a!), sin: (a) => Math.sin(a!), cos: (a) => Math.cos(a!), atan2: (y, x) => Math.atan2(y!, x!),
  tanh: (a) => own.tanh(a!), sigmoid: (a) => own.sigmoid(a!),
  hardSigmoid: (a) => Math.min(Math.max(a!, 0), 1), relu: (a) => Math.max(a!, 0),
  lt: (a, b) => truth(a! < b!), le: (a, b) => truth(a! <= b!), gt: (a, b) => truth(a! > b!), ge: (a, b) => truth(a! >= b!),
  eq: (a, b) => truth(a === b), ne: (a, b) => truth(a !== b),
  and: (a, b) => truth(a !== 0 && b !== 0), or: (a, b) => truth(a !== 0 || b !== 0), not: (a) => truth(a === 0),
  if: (condition, yes, no) => (condition !== 0 ? yes! : no!),
}; // prettier-ignore

/** a^b: small whole exponents by multiplication, the rest by exp and log. */
function power(a: number, b: number): number {
  if (Number.isInteger(b) && Math.abs(b) <= 64) {
    let result = 1;
    for (let k = 0; k < Math.abs(b); k++) result *= a;
    return b < 0 ? 1 / result : result;
  }
  return own.exp(b * own.log(a));
}

function meaning(call: FunctionName): Evaluator {
  if (call === 'logsumexp')
    throw new SettleError('logsumexp is over a population, not unit by unit', {
      kind: 'input',
      found: 'logsumexp(...)',
    });
  return meanings[call];
}

export function evaluate(tree: Tree, lookup: (name: string) => number): number {
  if (tree.kind === 'number') return tree.value;
  if (tree.kind === 'name') return lookup(tree.name);
  return meaning(tree.call)(...tree.args.map((arg) => evaluate(arg, lookup)));
}

/** A closure of the values of `names`, in that order. */
export function compile(tree: Tree, names: readonly string[]): (values: Float64Array) => number {
  if (tree.kind === 'number') {
    const { value } = tree;
    return () => value;
  }
  if (tree.kind === 'name') {
    const index = names.indexOf(tree.name);
    if (index < 0) throw new SettleError(`compile: no value for the name "${tree.name}"`, { kind: 'defect' });
    return (values) => values[index]!;
  }
  const f = meaning(tree.call);
  const [a, b, c] = tree.args.map((arg) => compile(arg, names));
  if (!b) return (values) => f(a!(values));
  if (!c) return (values) => f(a!(values), b(values));
  return (values) => f(a!(values), b(values), c(values));
}
