// Trees in complex variables written as two trees in real ones, for backends that know real numbers only. Functions that
// are not holomorphic are refused: they have no derivative along a complex direction.
import { SettleError } from '../errors.ts';
import { simplify } from './derivative.ts';
import { formula } from './formula.ts';
import { call, name, namesOf, num, print } from './tools.ts';
import type { FunctionName, Tree } from './tree.ts';

/** A complex value: re + i im. */
export interface ComplexTree {
  readonly re: Tree;
  readonly im: Tree;
}

/** The names of the real and the imaginary part of each complex variable. */
export type ComplexVariables = Readonly<Record<string, { readonly re: string; readonly im: string }>>;

type Parts = readonly [re: string, im: string];
const cosh = '(exp(b) + exp(-b)) / 2';
// (T + i t) / (1 + i T t) with T = tanh a, t = tan b, times cos b above and below: bounded for every a, and b may be pi / 2.
const tanhBelow = '(cos(b)^2 + (tanh(a) * sin(b))^2)';
// S / (S + (1 - S) e^-ib) with S = sigmoid a: no power of e that overflows.
const sigmoidBelow = '((sigmoid(a) + (1 - sigmoid(a)) * cos(b))^2 + ((1 - sigmoid(a)) * sin(b))^2)';
// The larger part as a root of a sum, the other from it: neither cancels.
const far = 'sqrt((sqrt(a^2 + b^2) + a) / 2)';
const near = 'sqrt((sqrt(a^2 + b^2) - a) / 2)';

/** Values at a + ib, or at a + ib and c + id. log and sqrt are principal; on their cut (b = 0, a < 0) they are those of b = +0. */
const rules: Partial<Record<FunctionName, Parts>> = {
  add: ['a + c', 'b + d'],
  sub: ['a - c', 'b - d'],
  mul: ['a * c - b * d', 'a * d + b * c'],
  div: ['(a * c + b * d) / (c^2 + d^2)', '(b * c - a * d) / (c^2 + d^2)'],
  neg: ['-a', '-b'],
  exp: ['exp(a) * cos(b)', 'exp(a) * sin(b)'],
  log: ['log(a^2 + b^2) / 2', 'atan2(b, a)'],
  sin: [`sin(a) * (${cosh})`, `cos(a) * tanh(b) * (${cosh})`],
  cos: [`cos(a) * (${cosh})`, `-sin(a) * tanh(b) * (${cosh})`],
  tanh: [`tanh(a) / ${tanhBelow}`, `sin(b) * cos(b) * (1 - tanh(a)^2) / ${tanhBelow}`],
  sigmoid: [
    `sigmoid(a) * (sigmoid(a) + (1 - sigmoid(a)) * cos(b)) / ${sigmoidBelow}`,
    `sigmoid(a) * (1 - sigmoid(a)) * sin(b) / ${sigmoidBelow}`,
  ],
  sqrt: [
    `a >= 0 ? ${far} : abs(b) / (2 * ${near})`,
    `a < 0 ? (b < 0 ? -${near} : ${near}) : a^2 + b^2 > 0 ? b / (2 * ${far}) : 0`,
  ],
};
const byReal: Parts = ['a / c', 'b / c'];
const square: Parts = ['a^2 - b^2', '2 * a * b'];

function apply([re, im]: Parts, { re: a, im: b }: ComplexTree, { re: c, im: d } = zero): ComplexTree {
  return { re: formula(re, { a, b, c, d }), im: formula(im, { a, b, c, d }) };
}
const real = (tree: Tree): ComplexTree => ({ re: tree, im: num(0) });
const zero = real(num(0));
const isReal = ({ im }: ComplexTree): boolean => im.kind === 'number' && im.value === 0;

/** z^n by squaring. */
function power(z: ComplexTree, n: number): ComplexTree {
  if (n < 0) return apply(rules.div!, real(num(1)), power(z, -n));
  if (n === 0) return real(num(1));
  if (n === 1) return z;
  const half = apply(square, power(z, Math.floor(n / 2)));
  return n % 2 === 0 ? half : apply(rules.mul!, half, z);
}

/**
 * The tree with some of its names complex, as a pair in real names. A part of the tree that reads none of them stays as it
 * is, whatever functions it uses; a condition may be real and its branches complex.
 * @throws SettleError of kind `input` that names the function which is not holomorphic
 */
export function complexify(tree: Tree, variables: ComplexVariables): ComplexTree {
  const parts = Object.values(variables).flatMap(({ re, im }) => [re, im]);
  const taken = [...namesOf(tree)].find((own) => !Object.hasOwn(variables, own) && parts.includes(own));
  if (taken !== undefined)
    throw new SettleError('the name of a part of a complex variable is in use', {
      kind: 'input', found: taken, expected: 'a name that the expression does not read',
    }); // prettier-ignore
  const walk = (part: Tree): ComplexTree => {
    if (part.kind === 'number') return real(part);
    if (part.kind === 'name') {
      if (!Object.hasOwn(variables, part.name)) return real(part);
      const { re, im } = variables[part.name]!;
      return { re: name(re), im: name(im) };
    }
    const args = part.args.map(walk);
    const [a, b, c] = args as [ComplexTree, ComplexTree, ComplexTree];
    const { call: text } = part;
    if (args.every(isReal)) return real(simplify(call(text, ...args.map(({ re }) => re))));
    if (text === 'if' && isReal(a))
      return { re: simplify(call('if', a.re, b.re, c.re)), im: simplify(call('if', a.re, b.im, c.im)) };
    if (text === 'pow') {
      const exponent = isReal(b) && b.re.kind === 'number' ? b.re.value : NaN;
      if (Number.isInteger(exponent) && Math.abs(exponent) <= 64) return power(a, exponent);
      throw new SettleError('pow takes a complex base to a whole power only', {
        kind: 'input', found: print(part), expected: 'an exponent that is a whole number from -64 to 64', hint: 'or exp(p * log(z))',
      }); // prettier-ignore
    }
    const rule = text === 'div' && isReal(b) ? byReal : rules[text];
    if (rule) return apply(rule, a, b);
    const why = text === 'logsumexp' || text === 'atan2' ? 'has no complex form here' : 'is not holomorphic';
    throw new SettleError(`${text} ${why}: it takes no complex argument`, {
      kind: 'input', found: print(part), expected: `one of ${[...Object.keys(rules), 'pow'].join(', ')}`,
    }); // prettier-ignore
  };
  return walk(tree);
}
