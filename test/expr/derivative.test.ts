// Symbolic derivatives against central differences, the values at kinks, and simplification that changes nothing.
import { describe, expect, it } from 'vitest';
import { explain, SettleError } from '../../src/errors.ts';
import { derivative, simplify } from '../../src/expr/derivative.ts';
import { compile, evaluate } from '../../src/expr/evaluate.ts';
import { parseExpression } from '../../src/expr/parse.ts';
import { namesOf, print, substitute } from '../../src/expr/tools.ts';
import { functionArity, type FunctionName, type Tree } from '../../src/expr/tree.ts';
import { hash32, uniform24 } from '../../src/math/random.ts';

const smooth = [
  'x + y * x', '3 - x', 'x * x * y', 'x / (1 + x * x)', 'y / (2 + x)', '-x', 'x ^ 3', '(2 + x) ^ 1.7', '(1.5 + x * x) ^ y', '2 ^ x',
  'exp(x * y)', 'log(3 + x)', 'sqrt(2 + x)', 'sin(x * y)', 'cos(3 * x)', 'atan2(x * y, 2 + x)', 'tanh(2 * x)', 'sigmoid(x - y)', 'abs(x + 5)', 'min(x, y + 9)',
  'max(x, y + 9)', 'min(x, y, 3)', 'clip(3 * x, -2, 9)', 'clip(x, 5, 9)', 'hardSigmoid(0.1 * x + 0.5)', 'relu(x + 9)', 'relu(x - 9)',
  'x > 9 ? x : x * x', 'y < 9 ? exp(x) : x', 'floor(x) + x', 'sign(x + 9) * x', '1/2 * (x - y)^2', 'x > 0 and y > 0 ? x : 2 * x',
  'x * (x < 9)', 'x * (x >= y + 9)', 'x * (x == 5)', 'x * (x != 5)', 'x <= 9 or y == 0 ? x * x : x', 'not (x > 9) ? x : 1',
]; // prettier-ignore

describe('the derivative', () => {
  it.each(smooth)('of %s is its slope', (text) => {
    const tree = parseExpression(text, { names: ['x', 'y'] });
    const slope = derivative(tree, 'x');
    for (const [x, y] of [
      [0.31, 0.7],
      [-0.44, 1.3],
      [0.83, -0.2],
    ] as const) {
      // prettier-ignore
      const at = (value: number): number => evaluate(tree, (name) => (name === 'x' ? value : y));
      const h = 1e-5;
      const difference = (at(x + h) - at(x - h)) / (2 * h);
      const found = evaluate(slope, (name) => (name === 'x' ? x : y));
      expect(Math.abs(found - difference), `${text} at ${x}, ${y}`).toBeLessThan(1e-7 * Math.max(1, Math.abs(found)));
    }
  });
  it.each([
    ['clip(x, 0, 1)', 0, 1], ['clip(x, 0, 1)', 1, 1], ['clip(x, 0, 1)', 1.0001, 0], ['clip(x, 0, 1)', -0.0001, 0],
    ['clip(2 * x, 0, 1)', 0.5, 2], ['clip(-x, 0, 1)', 0, -1], ['clip(x * x, 0, 1)', 1, 2], ['exp(clip(x, 0, 1))', 0, 1],
    ['clip(0.5, x, 9)', 0.25, 0], ['clip(0.5, x, 9)', 0.5, 0], ['clip(0.5, x, 9)', 0.75, 1], ['clip(5, 0, x)', 3, 1], ['clip(5, 0, x)', 5, 0],
    ['hardSigmoid(x)', 0, 1], ['hardSigmoid(x)', 1, 1], ['hardSigmoid(x)', -0.0001, 0], ['hardSigmoid(x)', 1.0001, 0],
    ['hardSigmoid(3 * x)', 0, 3], ['hardSigmoid(1 - x)', 0, -1], ['relu(x)', 0, 0], ['relu(x)', 0.0001, 1], ['relu(x)', -1, 0],
    ['relu(-x)', 0, 0], ['relu(-x)', -1, -1], ['relu(x) ^ 2', 3, 6], ['abs(x)', 0, 0], ['abs(x)', 2, 1], ['abs(x)', -2, -1],
    ['abs(x - 1)', 1, 0], ['min(x, 0)', 0, 1], ['min(0, x)', 0, 0], ['min(3 * x, 2 * x)', 0, 3], ['min(2 * x, 3 * x)', 0, 2],
    ['min(x, 0)', 1, 0], ['max(x, 0)', 0, 1], ['max(0, x)', 0, 0], ['max(3 * x, 2 * x)', 0, 3], ['max(2 * x, 3 * x)', 0, 2],
    ['max(x, 0)', -1, 0], ['min(x, 1, 2 * x)', 0, 1], ['floor(x)', 0.5, 0], ['floor(x)', 1, 0], ['x * floor(x)', 1, 1], ['sign(x)', 0, 0],
    ['sign(x)', 3, 0], ['x * sign(x)', 0, 0], ['x > 0', 0, 0], ['x == 0', 0, 0], ['x > 0 ? 2 * x : x', 0, 1], ['x >= 0 ? 2 * x : x', 0, 2],
    ['x < 0 ? 2 * x : x', 0, 1], ['x == 0 ? 5 * x : x', 0, 5], ['x != 0 ? 5 * x : x', 0, 1], ['not (x > 0) ? 5 * x : x', 0, 5],
    ['x >= 0 and x <= 1 ? x : 0', 1, 1], ['x < 0 or x > 1 ? 0 : x', 1, 1], ['x ? 3 * x : x', 0, 1], ['x ^ 2', 0, 0], ['x ^ 1', 0, 1],
    ['x ^ 0', 0, 0], ['x ^ -1', 2, -0.25],
  ] as const)('of %s at %f is %f', (text, x, expected) => {
    // Adding 0 makes -0 of a chain rule 0.
    expect(evaluate(derivative(parseExpression(text, { names: ['x'] }), 'x'), () => x) + 0).toBe(expected);
  }); // prettier-ignore
  it('is checked for every function of the language', () => {
    const used = new Set<string>();
    const visit = (tree: Tree): void => {
      if (tree.kind !== 'call') return;
      used.add(tree.call);
      tree.args.forEach(visit);
    };
    for (const text of smooth) visit(parseExpression(text, { names: ['x', 'y'] }));
    expect(Object.keys(functionArity).filter((call) => !used.has(call))).toEqual(['logsumexp']);
  });
  it('of a sum over a population is refused in one sentence', () => {
    const tree = parseExpression('1/2 * x ^ 2 - logsumexp(3 * x)', { names: ['x', 'y'] });
    const message = (): string => {
      try {
        derivative(tree, 'x');
      } catch (error) {
        if (error instanceof SettleError && error.place.kind === 'input') return explain(error);
      }
      return 'nothing was refused';
    };
    expect(message()).toBe(
      'the derivative of logsumexp is over a population, not unit by unit: found logsumexp((3 * x)), expected an elementwise function',
    );
    expect(derivative(tree, 'y')).toEqual({ kind: 'number', value: 0 });
  });
});

const twice = [
  'x * y * x + 3 * x', 'x - x * x * x', 'x / (1 + x * x)', 'y / (2 + x)', '-(x * x)', 'x ^ 2', 'x ^ 5', '(2 + x) ^ -2', '(2 + x) ^ 1.7',
  '(2 + x) ^ y', '(1.5 + x * x) ^ (x * y)', '2 ^ x', 'exp(x * y)', 'exp(-x * x / 2)', 'log(3 + x)', 'sqrt(2 + x)', 'sin(x * y)', 'cos(3 * x)',
  'atan2(x, 2 + y)', 'atan2(1 + y * y, x)', 'tanh(2 * x)', 'tanh(x * y)', 'sigmoid(x - y)', 'sigmoid(4 * (x - 1/2))', '1/2 * (x - y) ^ 2',
  'x / 2 * sigmoid(x) + (1 - x / 2) * sigmoid(x - 2)', '-log(sigmoid(x))', 'x > 9 ? x : x ^ 3', 'relu(x + 9) ^ 3', 'abs(x + 5) ^ 3',
  'clip(x, -9, 9) ^ 3', 'hardSigmoid(0.1 * x + 0.5) ^ 3', 'min(x ^ 3, y + 9)', 'max(x ^ 3, y - 9)', 'floor(x + 9) * x ^ 2', 'sign(x + 9) * x ^ 2',
]; // prettier-ignore
describe('the second derivative', () => {
  const points = [[0.31, 0.7], [-0.44, 1.3], [0.83, -0.2]] as const; // prettier-ignore
  const at = (tree: Tree, x: number, y: number): number => evaluate(tree, (name) => (name === 'x' ? x : y));
  it.each(twice)('of %s is the second difference of its values', (text) => {
    const tree = parseExpression(text, { names: ['x', 'y'] });
    const curvature = derivative(derivative(tree, 'x'), 'x');
    for (const [x, y] of points) {
      const h = 2e-3;
      const [a, b, c, d, e] = [-2, -1, 0, 1, 2].map((k) => at(tree, x + k * h, y)) as [number, number, number, number, number]; // prettier-ignore
      const difference = (16 * (b + d) - (a + e) - 30 * c) / (12 * h * h);
      const found = at(curvature, x, y);
      expect(Math.abs(found - difference), `${text} at ${x}, ${y}`).toBeLessThan(1e-7 * Math.max(1, Math.abs(found)));
    }
  });
  it.each(twice)('of %s is the same in either order', (text) => {
    const tree = parseExpression(text, { names: ['x', 'y'] });
    const [xy, yx] = [derivative(derivative(tree, 'x'), 'y'), derivative(derivative(tree, 'y'), 'x')];
    for (const [x, y] of points)
      expect(Math.abs(at(xy, x, y) - at(yx, x, y))).toBeLessThan(1e-12 * Math.max(1, Math.abs(at(xy, x, y))));
  });
  it.each(['clip(x, 0, 1)', 'hardSigmoid(x)', 'relu(x)', 'abs(x)', 'min(x, 0)', 'max(0, x)', 'floor(x)', 'sign(x)', 'x > 0 ? 2 * x : x'])(
    'of %s is 0, at its kinks too',
    (text) => {
      const curvature = derivative(derivative(parseExpression(text, { names: ['x'] }), 'x'), 'x');
      for (const x of [-1, 0, 0.5, 1, 2]) expect(at(curvature, x, 0)).toBe(0);
    },
  ); // prettier-ignore
});

/** A random tree of the closed list, depth at most `depth`. */
function randomTree(seed: number, depth: number): Tree {
  const pick = hash32(seed, 1, depth, 0, 0);
  if (depth === 0 || pick % 5 === 0) {
    if (pick % 2 === 0) return { kind: 'number', value: Math.round(uniform24(seed, 2, depth, 0, 0) * 800 - 400) / 100 };
    return { kind: 'name', name: pick % 3 === 0 ? 'x' : 'y' };
  }
  const names = (Object.keys(functionArity) as FunctionName[]).filter((name) => name !== 'logsumexp');
  const call = names[pick % names.length]!;
  const args = Array.from({ length: functionArity[call] }, (_, k) =>
    randomTree(hash32(seed, 3, depth, k, pick), depth - 1),
  );
  return { kind: 'call', call, args };
}
const same = (a: number, b: number): boolean =>
  Object.is(a, b) || Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a)) || a === b;

describe('a tree', () => {
  it('printed and parsed again has the same value, compiled or walked (500 random ones)', () => {
    for (let seed = 0; seed < 500; seed++) {
      const tree = randomTree(seed, 4);
      const again = parseExpression(print(tree), { names: ['x', 'y'] });
      const [x, y] = [1.25, -0.75];
      const value = evaluate(tree, (name) => (name === 'x' ? x : y));
      expect(
        same(
          value,
          evaluate(again, (name) => (name === 'x' ? x : y)),
        ),
        print(tree),
      ).toBe(true);
      expect(same(value, compile(tree, ['x', 'y'])(Float64Array.of(x, y))), print(tree)).toBe(true);
    }
  });
  it('simplified has the same value wherever that is finite', () => {
    let finite = 0;
    for (let seed = 1000; seed < 1500; seed++) {
      const tree = randomTree(seed, 4);
      const value = evaluate(tree, (name) => (name === 'x' ? 1.25 : -0.75));
      const simple = simplify(tree);
      if (!Number.isFinite(value)) continue;
      finite++;
      expect(
        same(
          value,
          evaluate(simple, (name) => (name === 'x' ? 1.25 : -0.75)),
        ),
        print(tree),
      ).toBe(true);
    }
    expect(finite).toBeGreaterThan(200);
  });
  it('knows its names, and names are replaced all at once', () => {
    const tree = parseExpression('x + y * x', { names: ['x', 'y'] });
    expect([...namesOf(tree)].sort()).toEqual(['x', 'y']);
    const swapped = substitute(tree, { x: { kind: 'name', name: 'y' }, y: { kind: 'name', name: 'x' } });
    expect(print(swapped)).toBe('(y + (x * y))');
  });
});
