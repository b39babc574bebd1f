// Complex trees as pairs of real ones, against complex arithmetic written here, the equations of Cauchy and Riemann, the
// real tree on the real axis, and the derivative of the whole.
import { describe, expect, it } from 'vitest';
import { SettleError } from '../../src/errors.ts';
import { complexify } from '../../src/expr/complex.ts';
import { derivative } from '../../src/expr/derivative.ts';
import { evaluate } from '../../src/expr/evaluate.ts';
import { parseExpression } from '../../src/expr/parse.ts';
import { call, name, namesOf, num, print } from '../../src/expr/tools.ts';
import type { Tree } from '../../src/expr/tree.ts';
import { hash32, normal, uniform24 } from '../../src/math/random.ts';

type Complex = readonly [re: number, im: number];
const mul = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const inverse = ([a, b]: Complex): Complex => [a / (a * a + b * b), -b / (a * a + b * b)];
const exp = ([a, b]: Complex): Complex => [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)];
const log = ([a, b]: Complex): Complex => [Math.log(Math.hypot(a, b)), Math.atan2(b, a)];
const add = ([a, b]: Complex, [c, d]: Complex): Complex => [a + c, b + d];
const neg = ([a, b]: Complex): Complex => [-a, -b];
const half = ([a, b]: Complex): Complex => [a / 2, b / 2];
const turn = ([a, b]: Complex): Complex => [-b, a];
/** The definitions by exponentials and logarithms, which have none of the stable forms of complex.ts. */
const plain: Record<string, (a: Complex, b: Complex) => Complex> = {
  add, mul, neg, exp, log,
  sub: (a, b) => add(a, neg(b)),
  div: (a, b) => mul(a, inverse(b)),
  sin: (a) => neg(turn(half(add(exp(turn(a)), neg(exp(neg(turn(a)))))))),
  cos: (a) => half(add(exp(turn(a)), exp(neg(turn(a))))),
  tanh: (a) => mul(add(exp(a), neg(exp(neg(a)))), inverse(add(exp(a), exp(neg(a))))),
  sigmoid: (a) => inverse(add([1, 0], exp(neg(a)))),
  sqrt: (a) => exp(half(log(a))),
}; // prettier-ignore
/** Whether a logarithm or a root was taken so near its cut that rounding decides the side. */
let onCut = false;
function direct(tree: Tree, z: Complex, real: number): Complex {
  if (tree.kind === 'number') return [tree.value, 0];
  if (tree.kind === 'name') return tree.name === 'z' ? z : [real, 0];
  if (!namesOf(tree).has('z')) return [evaluate(tree, () => real), 0];
  const [a, b] = tree.args.map((arg) => direct(arg, z, real)) as [Complex, Complex];
  if (['log', 'sqrt'].includes(tree.call) && a[0] < 0 && Math.abs(a[1]) < -1e-12 * a[0]) onCut = true;
  if (tree.call !== 'pow') return plain[tree.call]!(a, b);
  return exp(mul(log(a), b));
}

const variables = { z: { re: 'x', im: 'y' } };
const at = (tree: Tree, [x, y]: Complex, r = 0.6): number =>
  evaluate(tree, (text) => (text === 'x' ? x : text === 'y' ? y : text === 'r' ? r : NaN));
const parse = (text: string): Tree => parseExpression(text, { names: ['z', 'r'] });
function value(text: string, z: Complex): Complex {
  const { re, im } = complexify(parse(text), variables);
  return [at(re, z), at(im, z)];
}
const size = ([a, b]: Complex): number => Math.hypot(a, b);
const apart = (a: Complex, b: Complex): number => size([a[0] - b[0], a[1] - b[1]]) / Math.max(1, size(b));
const points = (seed: number, count: number): Complex[] =>
  Array.from({ length: count }, (_, k) => [1.5 * normal(seed, 7, k, 0, 0), 1.5 * normal(seed, 7, k, 1, 0)]);

const functions = [
  'z + r', 'r + z * z', 'z - 3', 'r - z', 'z * (z + r)', 'r * z', 'z / r', 'r / z', '(z + 1) / (z - 2)', '-z', 'z ^ 2', 'z ^ 7', 'z ^ 16',
  'z ^ -3', 'z ^ 0', 'exp(z)', 'log(z)', 'sin(z)', 'cos(z)', 'tanh(z)', 'sigmoid(z)', 'sqrt(z)', 'exp(r) * z + floor(r) + max(r, 0)',
  'tanh(2 * z) ^ 2 - sigmoid(r - z)', 'sqrt(1 + z ^ 2) * log(3 + z)', 'r > 0 ? z * z : z',
  'z / 2 * sigmoid(z) + (1 - z / 2) * sigmoid(z - 2)',
]; // prettier-ignore

describe.each(functions)('%s of a complex z', (text) => {
  const tree = parse(text);
  const { re, im } = complexify(tree, variables);
  it('has the value of complex arithmetic at random points', () => {
    const shown = tree.kind === 'call' && tree.call === 'if' ? tree.args[1]! : tree;
    for (const z of points(1, 50)) {
      const expected = direct(shown, z, 0.6);
      expect(apart([at(re, z), at(im, z)], expected), `${z}`).toBeLessThan(3e-13);
    }
  });
  it('keeps the equations of Cauchy and Riemann', () => {
    const h = 1e-5;
    for (const [x, y] of points(2, 30).filter((z) => size(z) > 0.3)) {
      const slope = (tree: Tree, dx: number, dy: number): number =>
        (at(tree, [x + h * dx, y + h * dy]) - at(tree, [x - h * dx, y - h * dy])) / (2 * h);
      const scale = 1 + Math.hypot(slope(re, 1, 0), slope(im, 1, 0)) + Math.hypot(at(re, [x, y]), at(im, [x, y]));
      expect(Math.abs(slope(re, 1, 0) - slope(im, 0, 1)), `${x} ${y}`).toBeLessThan(1e-8 * scale);
      expect(Math.abs(slope(re, 0, 1) + slope(im, 1, 0)), `${x} ${y}`).toBeLessThan(1e-8 * scale);
    }
  });
  it('is the real function on the real axis', () => {
    let compared = 0;
    for (const [x] of points(3, 30)) {
      const expected = evaluate(tree, (read) => (read === 'z' ? x : 0.6));
      if (!Number.isFinite(expected)) continue;
      compared++;
      expect(apart([at(re, [x, 0]), at(im, [x, 0])], [expected, 0]), `${x}`).toBeLessThan(1e-13);
    }
    expect(compared).toBeGreaterThan(8);
  });
  it('has the complex derivative as the derivative of its parts', () => {
    const slope = complexify(derivative(tree, 'z'), variables);
    const [reX, reY, imX, imY] = [derivative(re, 'x'), derivative(re, 'y'), derivative(im, 'x'), derivative(im, 'y')];
    for (const z of points(4, 30)) {
      const expected: Complex = [at(slope.re, z), at(slope.im, z)];
      expect(apart([at(reX, z), at(imX, z)], expected), `along x at ${z}`).toBeLessThan(1e-11);
      expect(apart([at(imY, z), -at(reY, z)], expected), `along y at ${z}`).toBeLessThan(1e-11);
    }
  });
});

/** A random tree of the functions that have a complex form. */
function randomTree(seed: number, depth: number): Tree {
  const pick = hash32(seed, 1, depth, 0, 0);
  if (depth === 0 || pick % 6 === 0) {
    if (pick % 3 === 0) return num(Math.round(uniform24(seed, 2, depth, 0, 0) * 400 - 200) / 100);
    return name(pick % 3 === 1 ? 'r' : 'z');
  }
  const names = [...Object.keys(plain), 'pow'] as 'add'[];
  const which = names[pick % names.length]!;
  const arg = (k: number): Tree => randomTree(hash32(seed, 3, depth, k, pick), depth - 1);
  if ((which as string) === 'pow') return call('pow', arg(0), num((pick >>> 8) % 7));
  return ['add', 'sub', 'mul', 'div'].includes(which) ? call(which, arg(0), arg(1)) : call(which, arg(0));
}

it('random trees of these functions have the value of complex arithmetic', () => {
  let compared = 0;
  for (let seed = 0; seed < 1500; seed++) {
    const tree = randomTree(seed, 3);
    if (!namesOf(tree).has('z')) continue;
    const { re, im } = complexify(tree, variables);
    const z: Complex = [0.3 + normal(seed, 7, 0, 0, 0), normal(seed, 7, 0, 1, 0)];
    onCut = false;
    const expected = direct(tree, z, 0.6);
    // The plain form of tanh and sigmoid overflows, log(0) ^ 0 is NaN, and near a pole both have lost their digits.
    if (!(size(expected) < 1e4) || onCut) continue;
    compared++;
    expect(apart([at(re, z), at(im, z)], expected), print(tree)).toBeLessThan(1e-9);
  }
  expect(compared).toBeGreaterThan(400);
});

describe('a stable form', () => {
  it('of tanh and sigmoid is finite and right for large real parts, slopes included', () => {
    for (const x of [-1000, -400, 400, 1000])
      for (const y of [0, 0.5, Math.PI / 2, 3]) {
        expect(apart(value('tanh(z)', [x, y]), [Math.sign(x), 0])).toBeLessThan(1e-15);
        expect(apart(value('sigmoid(z)', [x, y]), [x > 0 ? 1 : 0, 0])).toBeLessThan(1e-15);
        for (const text of ['tanh(z)', 'sigmoid(z)'])
          for (const part of Object.values(complexify(parse(text), variables)))
            for (const by of ['x', 'y']) expect(Math.abs(at(derivative(part, by), [x, y]))).toBeLessThan(1e-15);
      }
    const [re, im] = value('sigmoid(z)', [-700, 1]);
    expect(re / (Math.exp(-700) * Math.cos(1))).toBeCloseTo(1, 12);
    expect(im / (Math.exp(-700) * Math.sin(1))).toBeCloseTo(1, 12);
  });
  it('of tanh crosses cos(y) = 0, where the tangent has a pole', () => {
    const [re, im] = value('tanh(z)', [0.5, Math.PI / 2]);
    expect(re).toBeCloseTo(1 / Math.tanh(0.5), 14);
    expect(im).toBeCloseTo(0, 14);
  });
  it('of sin, cos and sqrt keeps all digits of a small imaginary part', () => {
    expect(value('sin(z)', [0.5, 1e-12])[1] / (1e-12 * Math.cos(0.5))).toBeCloseTo(1, 14);
    expect(value('cos(z)', [0.5, 1e-12])[1] / (-1e-12 * Math.sin(0.5))).toBeCloseTo(1, 14);
    expect(value('sqrt(z)', [4, 1e-12])[1] / 2.5e-13).toBeCloseTo(1, 14);
    expect(value('sqrt(z)', [-4, 1e-12])[0] / 2.5e-13).toBeCloseTo(1, 14);
  });
  it('of log and sqrt is principal, and on the cut that from above', () => {
    expect(value('log(z)', [-1, 0])).toEqual([0, Math.PI]);
    expect(value('log(z)', [-1, -1e-9])[1]).toBeCloseTo(-Math.PI, 8);
    expect(value('sqrt(z)', [-4, 0])).toEqual([0, 2]);
    expect(value('sqrt(z)', [-4, -1e-30])[1]).toBe(-2);
    expect(value('sqrt(z)', [0, 0])).toEqual([0, 0]);
  });
});

it('the mean of f(x + r e^i t) / (r e^i t) over N points of a circle is the slope of f, to the Nth power of r', () => {
  const text = 'z / 2 * sigmoid(z) + (1 - z / 2) * sigmoid(z - 2)';
  const { re, im } = complexify(parse(text), variables);
  const slope = evaluate(derivative(parse(text), 'z'), () => 0.8);
  const error = (n: number, r: number): number => {
    let mean = 0;
    for (let m = 0; m < n; m++) {
      const beta: Complex = [r * Math.cos((2 * Math.PI * m) / n), r * Math.sin((2 * Math.PI * m) / n)];
      const z = add([0.8, 0], beta);
      mean += mul([at(re, z), at(im, z)], inverse(beta))[0] / n;
    }
    return Math.abs(mean - slope);
  };
  expect(error(16, 0.5)).toBeLessThan(1e-12);
  expect(Math.log2(error(4, 0.4) / error(4, 0.2))).toBeCloseTo(4, 0);
});

describe('a function that is not holomorphic', () => {
  const refusal = (text: string): SettleError => {
    try {
      complexify(parse(text), variables);
    } catch (error) {
      if (error instanceof SettleError) return error;
    }
    throw new Error(`${text} was not refused`);
  };
  it.each([
    ['z < r', 'lt'], ['z <= 1', 'le'], ['1 > z', 'gt'], ['z >= 0', 'ge'], ['z == 0', 'eq'], ['z != 0', 'ne'], ['clip(z, 0, 1)', 'clip'],
    ['clip(r, 0, z)', 'clip'], ['hardSigmoid(z)', 'hardSigmoid'], ['relu(z)', 'relu'], ['abs(z)', 'abs'], ['min(r, z)', 'min'],
    ['max(z, 0)', 'max'], ['floor(z)', 'floor'], ['sign(z)', 'sign'], ['logsumexp(z)', 'logsumexp'], ['z and r', 'and'],
    ['r or z', 'or'], ['not z', 'not'], ['z ? 1 : 2', 'if'], ['1 + exp(2 * abs(z - 1))', 'abs'],
  ] as const)('%s is refused and named', (text, which) => {
    const error = refusal(text);
    expect(error.place.kind).toBe('input');
    expect(error.message).toMatch(new RegExp(`^${which} (is not holomorphic|has no complex form here): it takes no complex`));
  }); // prettier-ignore
  it('is left as it is where all its arguments are real', () => {
    for (const text of [
      'clip(r, 0, 1)',
      'min(r, 2) > 0 ? abs(r) : floor(r)',
      'logsumexp(r)',
      'atan2(r, 2)',
      'r ^ 0.5',
    ]) {
      expect(complexify(parse(text), variables)).toEqual({ re: parse(text), im: num(0) });
      expect(print(complexify(call('mul', name('z'), parse(text)), variables).re)).toContain(print(parse(text)));
    }
  });
  it('a power is one unless it is whole and within 64, and says what to write instead', () => {
    for (const text of ['z ^ 0.5', 'z ^ r', '2 ^ z', 'z ^ z', 'z ^ 65']) {
      expect(refusal(text).message).toMatch(/^pow takes a complex base to a whole power only/);
      expect(refusal(text).place.hint).toContain('exp(p * log(z))');
    }
  });
  it('the name of a part may not be one that the expression reads already', () => {
    expect(() => complexify(parse('z + r'), { z: { re: 'r', im: 'y' } })).toThrow(/in use/);
    expect(complexify(parse('z'), { z: { re: 'z', im: 'zIm' } })).toEqual({ re: name('z'), im: name('zIm') });
  });
});
