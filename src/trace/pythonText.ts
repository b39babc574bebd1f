// Trees of ours as text of Brian2's equations: its functions, its units, names that it leaves free.
import { SettleError } from '../errors.ts';
import { dimensionsOf, dimensionText, sameDimensions } from '../expr/dimensions.ts';
import { print } from '../expr/tools.ts';
import type { FunctionName, Tree } from '../expr/tree.ts';
import { type Dimensions, dimensionless } from '../expr/units.ts';

const infix: Partial<Record<FunctionName, string>> = {
  add: '+', sub: '-', mul: '*', div: '/', pow: '**', lt: '<', le: '<=', gt: '>', ge: '>=', eq: '==', ne: '!=', and: 'and', or: 'or',
}; // prettier-ignore
const called = new Set<FunctionName>(['abs', 'sign', 'floor', 'sqrt', 'exp', 'log', 'sin', 'cos', 'tanh', 'clip']);

const taken = new Set(
  ('i j N t dt t_in_timesteps xi e pi inf lastspike not_refractory rand randn poisson int clip ' +
    'and as assert async await break class continue def del elif else except False finally for from global if import in is lambda None nonlocal not or pass raise return True try while with yield').split(' '),
); // prettier-ignore

/** A name that Brian2 and Python leave free. */
export const freeName = (name: string): string =>
  taken.has(name) || /_(pre|post)?$/.test(name) ? `own_${name}_here` : name;

/** "volt", "volt/second", "1": a unit as Brian2 writes it. */
export const unitText = (dimensions: Dimensions): string => dimensionText(dimensions).replaceAll('^', '**');

/** A number with its unit. */
export const quantityText = (value: number, dimensions: Dimensions): string => {
  const unit = unitText(dimensions);
  return unit === '1' ? String(value) : `${value}*${unit}`;
};

export interface Names {
  /** What a name of the tree is called, or the quantity it stands for. */
  text(name: string): string;
  dimensions(name: string): Dimensions;
}

/** @throws SettleError of kind `input` for a function that Brian2 does not have */
export function pythonText(tree: Tree, names: Names): string {
  if (tree.kind === 'number') return tree.value < 0 ? `(${tree.value})` : String(tree.value);
  if (tree.kind === 'name') return names.text(tree.name);
  const { call } = tree;
  const own = tree.args.map((arg) => dimensionsOf(arg, (name) => names.dimensions(name)));
  const known = own.find((dimensions) => dimensions && !sameDimensions(dimensions, dimensionless));
  const args = tree.args.map((arg, k) => {
    // A bare 0 beside a quantity is 0 of its unit.
    const alike = ['add', 'sub', 'min', 'max', 'clip', 'lt', 'le', 'gt', 'ge', 'eq', 'ne'].includes(call) || (call === 'if' && k > 0); // prettier-ignore
    return alike && own[k] === null && known ? `0*${unitText(known)}` : pythonText(arg, names);
  }) as [string, string, string];
  const [a, b, c] = args;
  const operator = infix[call];
  if (operator) return `(${a} ${operator} ${b})`;
  if (called.has(call)) return `${call}(${args.join(', ')})`;
  switch (call) {
    case 'neg':
      return `(-${a})`;
    case 'not':
      return `(not ${a})`;
    case 'if':
      return `(int(${a})*${b} + int(not ${a})*${c})`;
    case 'min':
      return `((${a} + ${b} - abs(${a} - ${b}))/2)`;
    case 'max':
      return `((${a} + ${b} + abs(${a} - ${b}))/2)`;
    case 'relu':
      return `((${a} + abs(${a}))/2)`;
    case 'sigmoid':
      return `(1/(1 + exp(-${a})))`;
    case 'hardSigmoid':
      return `clip(${a}, 0, 1)`;
    default:
      throw new SettleError('Brian2 has no such function', { kind: 'input', found: print(tree), expected: 'other functions' }); // prettier-ignore
  }
}
