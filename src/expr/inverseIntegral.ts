// The integral G of an activation's inverse, G'(s) = f^-1(s): what a unit that settles at s = f(force) adds to its energy
// (a Legendre transform). Closed forms only; an activation that has none here is refused.
import { SettleError } from '../errors.ts';
import { derivative, simplify } from './derivative.ts';
import { evaluate } from './evaluate.ts';
import { formula } from './formula.ts';
import { parseExpression } from './parse.ts';
import { namesOf, print, substitute } from './tools.ts';
import type { Tree } from './tree.ts';

/** G of the plain function. Outside the function's range a state does not occur, and G says nothing there. */
const integrals: Readonly<Record<string, string>> = {
  clip: '1/2 * s^2',
  hardSigmoid: '1/2 * s^2',
  relu: '1/2 * s^2',
  sigmoid: 'entropy(s) + entropy(1 - s)',
  tanh: '1/2 * (entropy(1 + s) + entropy(1 - s))',
};
/** x log x, which is 0 at 0. */
const entropy = parseExpression('u > 0 ? u * log(u) : 0', { names: ['u'] });

/** A tree as slope * u + offset, or null. */
function line(tree: Tree): { slope: number; offset: number } | null {
  const slope = simplify(derivative(tree, 'u'));
  return slope.kind === 'number' ? { slope: slope.value, offset: evaluate(tree, () => 0) } : null;
}

const constant = (tree: Tree): number | null => (namesOf(tree).size === 0 ? evaluate(tree, () => 0) : null);

/** A tree as factor * inner + shift, numbers taken off as far as they go. */
function unwrapped(inner: Tree, factor = 1, shift = 0): { factor: number; shift: number; inner: Tree } {
  const here = { factor, shift, inner };
  if (inner.kind !== 'call') return here;
  if (inner.call === 'neg') return unwrapped(inner.args[0]!, -factor, shift);
  if (!['add', 'sub', 'mul', 'div'].includes(inner.call)) return here;
  const [a, b] = inner.args as [Tree, Tree];
  const [left, right] = [constant(a), constant(b)];
  if (inner.call === 'add' && left !== null) return unwrapped(b, factor, shift + factor * left);
  if (inner.call === 'add' && right !== null) return unwrapped(a, factor, shift + factor * right);
  if (inner.call === 'sub' && left !== null) return unwrapped(b, -factor, shift + factor * left);
  if (inner.call === 'sub' && right !== null) return unwrapped(a, factor, shift - factor * right);
  if (inner.call === 'mul' && left !== null) return unwrapped(b, factor * left, shift);
  if (inner.call === 'mul' && right !== null) return unwrapped(a, factor * right, shift);
  if (inner.call === 'div' && right !== null) return unwrapped(a, factor / right, shift);
  return here;
}

/** G of factor * f(slope u + offset) + shift, with z = f(slope u + offset). */
function integralOf(activation: Tree): Tree | null {
  const straight = line(activation);
  if (straight) {
    const { slope, offset } = straight;
    return slope > 0 ? formula('(1/2 * s^2 - offset * s) / slope', { s: 's', slope, offset }) : null;
  }
  const { factor, shift, inner } = unwrapped(activation);
  if (inner.kind !== 'call') return null;
  const [argument, ...bounds] = inner.args;
  const text = integrals[inner.call];
  const within = line(argument!);
  if (!text || !within || !(factor * within.slope > 0) || bounds.some((bound) => constant(bound) === null)) return null;
  const z = formula('(s - shift) / factor', { s: 's', shift, factor });
  const g = substitute(parseExpression(text, { names: ['s'], functions: { entropy } }), { s: z });
  return formula('factor / slope * (g - offset * z)', { factor, ...within, g, z });
}

/**
 * G as a tree in `s`, of an increasing activation in `u`: a line in u, or clip, hardSigmoid, relu, sigmoid or tanh of one,
 * times a number, plus a number.
 * @throws SettleError of kind `input` for any other, in one sentence
 */
export function inverseIntegral(activation: Tree): Tree {
  const found = integralOf(activation);
  if (found) return simplify(found);
  throw new SettleError('the energy of this activation is not known in closed form', {
    kind: 'input',
    found: print(activation),
    expected: 'an increasing line in u, or clip, hardSigmoid, relu, sigmoid or tanh of one',
  });
}
