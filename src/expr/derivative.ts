// Symbolic derivatives by our own rules, kinks included, and simplification. Library rules stop at clip and conditionals.
import { SettleError } from '../errors.ts';
import { meanings } from './evaluate.ts';
import { call, namesOf, num, print } from './tools.ts';
import type { Tree } from './tree.ts';

/**
 * d tree / d name. At kinks: clip and hardSigmoid have slope 1 on the closed interval, relu 0 at 0, abs 0 at 0, min and max
 * take the slope of the first argument where both are equal. Comparisons, sign and floor have slope 0.
 */
export function derivative(tree: Tree, name: string): Tree {
  if (tree.kind === 'number') return num(0);
  if (tree.kind === 'name') return num(tree.name === name ? 1 : 0);
  if (!namesOf(tree).has(name)) return num(0);
  const [a, b, c] = tree.args as [Tree, Tree, Tree];
  const d = (arg: Tree): Tree => derivative(arg, name);
  const chain = (slope: Tree): Tree => simplify(call('mul', slope, d(a)));
  switch (tree.call) {
    case 'add':
    case 'sub':
      return simplify(call(tree.call, d(a), d(b)));
    case 'mul':
      return simplify(call('add', call('mul', d(a), b), call('mul', a, d(b))));
    case 'div':
      return simplify(call('sub', call('div', d(a), b), call('div', call('mul', a, d(b)), call('mul', b, b))));
    case 'neg':
      return simplify(call('neg', d(a)));
    case 'pow':
      if (!namesOf(b).has(name)) return chain(call('mul', b, call('pow', a, call('sub', b, num(1)))));
      return simplify(
        call('mul', tree, call('add', call('mul', d(b), call('log', a)), call('div', call('mul', b, d(a)), a))),
      );
    case 'min':
      return simplify(call('if', call('le', a, b), d(a), d(b)));
    case 'max':
      return simplify(call('if', call('ge', a, b), d(a), d(b)));
    case 'clip':
      return simplify(call('if', call('lt', a, b), d(b), call('if', call('gt', a, c), d(c), d(a))));
    case 'hardSigmoid':
      return chain(call('and', call('ge', a, num(0)), call('le', a, num(1))));
    case 'relu':
      return chain(call('gt', a, num(0)));
    case 'abs':
      return chain(call('sign', a));
    case 'sqrt':
      return chain(call('div', num(0.5), tree));
    case 'exp':
      return chain(tree);
    case 'log':
      return chain(call('div', num(1), a));
    case 'sin':
      return chain(call('cos', a));
    case 'cos':
      return chain(call('neg', call('sin', a)));
    case 'atan2': {
      const square = call('add', call('mul', a, a), call('mul', b, b));
      return simplify(call('div', call('sub', call('mul', b, d(a)), call('mul', a, d(b))), square));
    }
    case 'tanh':
      return chain(call('sub', num(1), call('mul', tree, tree)));
    case 'sigmoid':
      return chain(call('mul', tree, call('sub', num(1), tree)));
    case 'if':
      return simplify(call('if', a, d(b), d(c)));
    case 'logsumexp':
      throw new SettleError('the derivative of logsumexp is over a population, not unit by unit', {
        kind: 'input', found: print(tree), expected: 'an elementwise function',
      }); // prettier-ignore
    case 'sign':
    case 'floor':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
    case 'eq':
    case 'ne':
    case 'and':
    case 'or':
    case 'not':
      return num(0);
  }
}

function isNumber(tree: Tree, value: number): boolean {
  return tree.kind === 'number' && tree.value === value;
}

/** Folds constants and removes what changes nothing. Exact except where x * 0, 0 / x or x * 1 meets NaN or an infinity. */
export function simplify(tree: Tree): Tree {
  if (tree.kind !== 'call') return tree;
  const args = tree.args.map(simplify);
  const [a, b, c] = args as [Tree, Tree, Tree];
  const out: Tree = { ...tree, args };
  if (tree.call === 'logsumexp') return out;
  if (args.every((arg) => arg.kind === 'number')) {
    const value = meanings[tree.call](...args.map((arg) => (arg as { value: number }).value));
    return Number.isFinite(value) ? num(value) : out;
  }
  switch (tree.call) {
    case 'add':
      if (isNumber(a, 0)) return b;
      if (isNumber(b, 0)) return a;
      return out;
    case 'sub':
      if (isNumber(b, 0)) return a;
      if (isNumber(a, 0)) return simplify(call('neg', b));
      return out;
    case 'mul':
      if (isNumber(a, 0) || isNumber(b, 0)) return num(0);
      if (isNumber(a, 1)) return b;
      if (isNumber(b, 1)) return a;
      if (isNumber(a, -1)) return simplify(call('neg', b));
      if (isNumber(b, -1)) return simplify(call('neg', a));
      return out;
    case 'div':
      if (isNumber(a, 0)) return num(0);
      return isNumber(b, 1) ? a : out;
    case 'neg':
      return a.kind === 'call' && a.call === 'neg' ? a.args[0]! : out;
    case 'pow':
      return isNumber(b, 1) ? a : isNumber(b, 0) ? num(1) : out;
    case 'if':
      if (a.kind === 'number') return a.value !== 0 ? b : c;
      return out;
    case 'and':
      if (isNumber(a, 0) || isNumber(b, 0)) return num(0);
      return out;
    case 'or':
      // A condition that is never true leaves the truth value of the other side.
      if (isNumber(a, 0)) return simplify(call('ne', b, num(0)));
      if (isNumber(b, 0)) return simplify(call('ne', a, num(0)));
      return out;
    case 'not':
      return out;
    default:
      return out;
  }
}
