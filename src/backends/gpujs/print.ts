// Expression trees printed as lines of a kernel, equal subtrees once. It evaluates nothing.
import { SettleError } from '../../errors.ts';
import { call, num, print } from '../../expr/tools.ts';
import type { FunctionName, Tree } from '../../expr/tree.ts';
import { elementary } from './elementary.ts';
import { literal, type Text } from './text.ts';

const infix: Partial<Record<FunctionName, string>> = { add: '+', sub: '-', mul: '*', div: '/' };
const comparisons: Partial<Record<FunctionName, string>> = { lt: '<', le: '<=', gt: '>', ge: '>=', eq: '==', ne: '!=' };
const direct: Partial<Record<FunctionName, string>> = {
  min: 'Math.min', max: 'Math.max', abs: 'Math.abs', floor: 'Math.floor', sqrt: 'Math.sqrt', exp: 'Math.exp', log: 'Math.log',
  sin: 'Math.sin', cos: 'Math.cos', atan2: 'Math.atan2', tanh: 'Math.tanh',
}; // prettier-ignore

/** base^exponent as the reference has it: whole exponents up to 64 by multiplication, others as e^(exponent ln base). */
function power(base: Tree, exponent: Tree): Tree {
  if (exponent.kind !== 'number' || !Number.isInteger(exponent.value) || Math.abs(exponent.value) > 64)
    return call('exp', call('mul', exponent, call('log', base)));
  const n = exponent.value;
  if (n < 0) return call('div', num(1), power(base, num(-n)));
  let result: Tree = n === 0 ? num(1) : base;
  for (let k = 1; k < n; k++) result = call('mul', result, base);
  return result;
}

/** Prints trees at the place where the text stands; `read` gives the text of a name's value. */
export function printer(text: Text, read: (name: string) => string): (tree: Tree) => string {
  const known = new Map<string, string>();
  /** A condition, as the test of an `if`. */
  function condition(tree: Tree): string {
    if (tree.kind === 'call') {
      const { call: name, args } = tree;
      const comparison = comparisons[name];
      if (comparison) return `${value(args[0]!)} ${comparison} ${value(args[1]!)}`;
      if (name === 'and' || name === 'or')
        return `(${condition(args[0]!)}) ${name === 'and' ? '&&' : '||'} (${condition(args[1]!)})`;
    }
    return `${value(tree)} != 0`;
  }
  function choice(test: Tree, yes: string, no: string): string {
    // Both sides are computed before; what is chosen is assigned, which every shading language does alike.
    const [asked, result] = [condition(test), text.fresh('t')];
    text.line(`let ${result} = ${no};`);
    text.line(`if (${asked}) { ${result} = ${yes}; }`);
    return result;
  }
  function value(tree: Tree): string {
    if (tree.kind === 'number') return literal(tree.value);
    const key = print(tree);
    const old = known.get(key);
    if (old !== undefined) return old;
    const result = compute(tree);
    known.set(key, result);
    return result;
  }
  function named(expression: string): string {
    const result = text.fresh('t');
    text.line(`const ${result} = ${expression};`);
    return result;
  }
  function compute(tree: Exclude<Tree, { kind: 'number' }>): string {
    if (tree.kind === 'name') return named(read(tree.name));
    const { call: name, args } = tree;
    const [a, b, c] = args as [Tree, Tree, Tree];
    if (infix[name]) return named(`${value(a)} ${infix[name]} ${value(b)}`);
    const own = text.shading ? elementary[name] : undefined;
    if (own) return own(text, ...(args.map(value) as [string, string]));
    if (direct[name]) return named(`${direct[name]}(${args.map(value).join(', ')})`);
    if (comparisons[name] || name === 'and' || name === 'or') return choice(tree, '1.0', '0.0');
    switch (name) {
      case 'neg':
        return named(`-${value(a)}`);
      case 'not':
        return choice(a, '0.0', '1.0');
      case 'if': {
        const [yes, no] = [value(b), value(c)];
        return choice(a, yes, no);
      }
      case 'clip':
        return value(call('min', call('max', a, b), c));
      case 'relu':
        return value(call('max', a, num(0)));
      case 'hardSigmoid':
        return value(call('min', call('max', a, num(0)), num(1)));
      case 'sign':
        return value(call('sub', call('gt', a, num(0)), call('lt', a, num(0))));
      case 'sigmoid':
        return value(call('div', num(1), call('add', num(1), call('exp', call('neg', a)))));
      case 'pow':
        return value(power(a, b));
    }
    throw new SettleError(`the gpujs backend has no function ${name}`, {
      kind: 'input', path: 'backend', found: 'gpujs', expected: 'backend: wasm for this model',
    }); // prettier-ignore
  }
  return value;
}
