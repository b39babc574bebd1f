// Forward and reverse mode against each other, against central differences, and against exact counts of their cost.
import { describe, expect, it } from 'vitest';
import * as ad from '../../src/math/autodiff.ts';
import * as d from '../../src/math/differentiable.ts';
import { dot, norm, solve } from '../../src/math/linear.ts';
import { normal } from '../../src/math/random.ts';
import { SettleError } from '../../src/errors.ts';

type Arrays = Float64Array[];

const draw = (nodes: readonly d.Node[], seed: number, size = 1): Arrays =>
  nodes.map((node, k) => Float64Array.from({ length: d.sizeOf(node) }, (_, i) => size * normal(seed, 7, k, i, 0)));
const flat = (arrays: readonly Float64Array[]): Float64Array => Float64Array.from(arrays.flatMap((a) => [...a]));
const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]!);
const along = (x: Arrays, v: Arrays, step: number): Arrays =>
  x.map((a, k) => a.map((value, i) => value + step * v[k]![i]!));
/** a x + b y, array by array. */
const mix = (a: number, x: Arrays, b: number, y: Arrays): Arrays =>
  x.map((left, k) => left.map((value, i) => a * value + b * y[k]![i]!));
/** ||found - expected|| / ||expected||. */
const relative = (found: Float64Array, expected: Float64Array): number =>
  norm(minus(found, expected)) / Math.max(norm(expected), 1e-300);
function difference(f: ad.Tape, x: Arrays, v: Arrays, h = 1e-5): Float64Array {
  const at = (step: number): Float64Array => ad.evaluate(f, along(x, v, step)).value;
  return minus(at(h), at(-h)).map((value) => value / (2 * h));
}

/** A tanh network of these sizes, all weights and biases [W_1, b_1, W_2, ...] inputs of the function; linear at the end. */
function network(sizes: readonly number[], rows: number, x: d.Node): { parameters: d.Node[]; output: d.Node } {
  const parameters: d.Node[] = [];
  let h = x;
  for (let l = 1; l < sizes.length; l++) {
    const [w, b] = [d.input(sizes[l - 1]!, sizes[l]!), d.input(sizes[l]!)];
    parameters.push(w, b);
    const a = d.addBias(d.matmul(h, w), b);
    h = l < sizes.length - 1 ? d.elementwise(a, d.tanh) : a;
  }
  expect(h.shape).toEqual([rows, sizes.at(-1)]);
  return { parameters, output: h };
}
const pixels = Array.from({ length: 21 }, (_, i) => normal(2, 7, 0, i, 0));
const images = d.constant([3, 7], pixels);
const targets = Float64Array.of(0, 1, 0, 0, 1, 0, 0, 0, 0.1, 0.2, 0.3, 0.4);
const losses = {
  'mean squared error': (o: d.Node) => d.scale(d.halfSquare(d.add(o, d.constant([3, 4], targets.map((y) => -y)))), 1 / 3),
  'softmax cross-entropy': (o: d.Node) => d.scale(d.softmaxCrossEntropy(o, targets), 1 / 3),
}; // prettier-ignore
function lossOf(name: keyof typeof losses): ad.Tape {
  const { parameters, output } = network([7, 6, 5, 4], 3, images);
  return ad.tape(parameters, losses[name](output));
}
const lossNames = Object.keys(losses) as (keyof typeof losses)[];

/** Small functions that together use every operation, most with both sides active. */
function functions(): Record<string, ad.Tape> {
  const [x, y, w, b] = [d.input(3, 4), d.input(3, 4), d.input(4, 2), d.input(2)];
  const net = network([4, 5, 3], 3, x);
  return {
    'a product of two matrices': ad.tape([x, w], d.matmul(x, w)),
    'a product with a fixed weight': ad.tape([x], d.matmul(x, d.constant([4, 2], [1, -2, 0.5, 3, 0.1, 0.2, -1, 4]))),
    'a bias': ad.tape([w, b], d.addBias(d.matmul(images4, w), b)),
    'an elementwise function': ad.tape([x], d.elementwise(d.scale(x, 0.7), d.sigmoid)),
    'a sum of two': ad.tape([x, y], d.add(x, d.scale(y, -2))),
    'a transposed matrix': ad.tape([x, y], d.matmul(x, d.transpose(y))),
    'an elementwise product': ad.tape([x, y], d.product(x, y)),
    'half the squared length': ad.tape([x], d.halfSquare(x)),
    'the sum of all': ad.tape([x, y], d.sum(d.product(x, d.elementwise(y, d.tanh)))),
    'softmax cross-entropy': ad.tape([x], d.softmaxCrossEntropy(x, targets)),
    'a network': ad.tape([x, ...net.parameters], net.output),
    'a network with its loss': ad.tape([x, ...net.parameters], d.softmaxCrossEntropy(net.output, targets.slice(0, 9))),
  };
}
const images4 = d.constant(
  [3, 4],
  Float64Array.from({ length: 12 }, (_, i) => normal(3, 7, 0, i, 0)),
);
const cases = Object.entries(functions());

describe.each(cases)('%s', (_name, f) => {
  const x = draw(f.inputs, 1);
  const [v, v2] = [draw(f.inputs, 2), draw(f.inputs, 3)];
  const [u, u2] = [draw([f.output], 4)[0]!, draw([f.output], 5)[0]!];
  it('is dual: u (J v) = (u J) v', () => {
    const [forward, reverse] = [dot(u, ad.jvp(f, x, v).tangent), dot(flat(ad.vjp(f, x, u).adjoints), flat(v))];
    expect(Math.abs(forward - reverse)).toBeLessThan(1e-12 * Math.abs(forward));
    expect(Math.abs(forward)).toBeGreaterThan(1e-3);
  });
  it('moves along a random direction as central differences say', () => {
    expect(relative(ad.jvp(f, x, v).tangent, difference(f, x, v))).toBeLessThan(1e-7);
  });
  it('has a jvp linear in v and a vjp linear in u', () => {
    const [a, b] = [1.7, -0.4];
    const mixed = ad.jvp(f, x, mix(a, v, b, v2)).tangent;
    const apart = mix(a, [ad.jvp(f, x, v).tangent], b, [ad.jvp(f, x, v2).tangent])[0]!;
    expect(relative(mixed, apart)).toBeLessThan(1e-13);
    const back = flat(ad.vjp(f, x, mix(a, [u], b, [u2])[0]!).adjoints);
    const parts = mix(a, [flat(ad.vjp(f, x, u).adjoints)], b, [flat(ad.vjp(f, x, u2).adjoints)])[0]!;
    expect(relative(back, parts)).toBeLessThan(1e-13);
  });
  it('has one Jacobian, column by column forward and row by row in reverse', () => {
    const [forward, reverse] = [ad.jacobianForward(f, x), ad.jacobianReverse(f, x)];
    expect(relative(forward.jacobian, reverse.jacobian)).toBeLessThan(1e-14);
    expect([forward.cost.passes, reverse.cost.passes]).toEqual([flat(x).length, d.sizeOf(f.output)]);
    expect(forward.jacobian.length).toBe(flat(x).length * d.sizeOf(f.output));
  });
  it('has a Hessian-vector product (of half its squared length, as a scalar) that meets differences and is symmetric', () => {
    const loss = ad.tape(f.inputs, d.halfSquare(f.output));
    const hv = flat(ad.hessianVector(loss, x, v).product);
    const at = (step: number): Float64Array => flat(ad.gradient(loss, along(x, v, step)).gradient);
    const expected = minus(at(1e-5), at(-1e-5)).map((value) => value / 2e-5);
    expect(relative(hv, expected)).toBeLessThan(1e-7);
    const back = dot(flat(ad.hessianVector(loss, x, v2).product), flat(v));
    expect(Math.abs(dot(hv, flat(v2)) - back)).toBeLessThan(1e-12 * norm(hv) * norm(flat(v2)));
  });
});

describe('a graph', () => {
  it('accumulates at a node used twice: y = x * x has slope 2 x', () => {
    const x = d.input(1, 3);
    const f = ad.tape([x], d.product(x, x));
    const at = [Float64Array.of(3, -0.5, 0)];
    const ones = Float64Array.of(1, 1, 1);
    expect([...ad.vjp(f, at, ones).adjoints[0]!]).toEqual([6, -1, 0]);
    expect([...ad.jvp(f, at, [ones]).tangent]).toEqual([6, -1, 0]);
    const both = ad.tape([x], d.add(d.add(x, x), x));
    expect([...ad.vjp(both, at, ones).adjoints[0]!]).toEqual([3, 3, 3]);
    expect([...ones]).toEqual([1, 1, 1]);
  });
  it('sums over the batch in the vjp of a bias that was broadcast', () => {
    const [x, b] = [d.input(3, 2), d.input(2)];
    const f = ad.tape([x, b], d.addBias(x, b));
    const at = [new Float64Array(6), Float64Array.of(5, 7)];
    expect([...ad.evaluate(f, at).value]).toEqual([5, 7, 5, 7, 5, 7]);
    expect([...ad.vjp(f, at, Float64Array.of(1, 2, 3, 4, 5, 6)).adjoints[1]!]).toEqual([9, 12]);
    expect([...ad.jvp(f, at, [new Float64Array(6), Float64Array.of(1, 2)]).tangent]).toEqual([1, 2, 1, 2, 1, 2]);
  });
  it('may be cut at a node inside, which is then an input', () => {
    const x = d.input(1, 2);
    const h = d.scale(x, 3);
    const f = ad.tape([h], d.halfSquare(h));
    expect([...ad.gradient(f, [Float64Array.of(4, 5)]).gradient[0]!]).toEqual([4, 5]);
  });
  it('gives 0 for an input that the output does not read, both ways', () => {
    const [x, y] = [d.input(1, 2), d.input(1, 2)];
    const f = ad.tape([x, y], d.halfSquare(x));
    const at = [Float64Array.of(1, 2), Float64Array.of(3, 4)];
    expect([...ad.gradient(f, at).gradient[1]!]).toEqual([0, 0]);
    expect([...ad.jvp(f, at, [new Float64Array(2), Float64Array.of(1, 1)]).tangent]).toEqual([0]);
    const fixed = ad.tape([x], d.halfSquare(d.constant([1, 2], [1, 2])));
    expect([...ad.jvp(fixed, [at[0]!], [at[0]!]).tangent, ...ad.gradient(fixed, [at[0]!]).gradient[0]!]).toEqual([
      0, 0, 0,
    ]);
  });
  it('refuses shapes that do not fit, with both sides', () => {
    const x = d.input(3, 4);
    const refused = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return error instanceof SettleError ? `${error.message}: ${error.place.found}; ${error.place.expected}` : error;
      }
    };
    expect(refused(() => d.matmul(x, d.input(3, 4)))).toMatch(
      /matmul: .*\[3, 4\] and \[3, 4\]; \[rows, n\] and \[n, m\]/,
    );
    expect(refused(() => d.add(x, d.input(4, 3)))).toMatch(/add: .*\[3, 4\] and \[4, 3\]/);
    expect(refused(() => d.addBias(x, d.input(3)))).toMatch(/addBias: .*\[3\]/);
    expect(refused(() => d.constant([2], [1, 2, 3]))).toMatch(/constant: .*3 values; 2/);
    expect(refused(() => d.softmaxCrossEntropy(x, [1, 0]))).toMatch(/softmaxCrossEntropy/);
    expect(refused(() => ad.tape([], d.sum(x)))).toMatch(/not listed: \[3, 4\]/);
    const f = ad.tape([x], d.sum(x));
    expect(refused(() => ad.evaluate(f, [new Float64Array(3)]))).toMatch(/x of the wrong length: 3; 12/);
    expect(refused(() => ad.vjp(f, [new Float64Array(12)], new Float64Array(2)))).toMatch(
      /u of the wrong length: 2; 1/,
    );
    const cube = d.elementwise(x, { value: (z) => z ** 3, slope: (z) => 3 * z * z });
    const [at] = [draw([x], 1)];
    expect(refused(() => ad.hessianVector(ad.tape([x], d.sum(cube)), at, at))).toMatch(/second derivative/);
  });
});

describe('the cost', () => {
  const [rows, pre, post] = [5, 7, 3];
  const p = rows * pre * post;
  const [x, w, b] = [d.input(rows, pre), d.input(pre, post), d.input(post)];
  const layer = d.elementwise(d.addBias(d.matmul(x, w), b), d.tanh);
  const at = draw([x, w, b], 1);
  it('of a dense layer is P multiply-adds for the value and 3 P for either pass (2 P, 6 P and 6 P flops)', () => {
    const f = ad.tape([x, w, b], layer);
    expect(ad.evaluate(f, at).cost).toEqual({ passes: 1, multiplyAdds: p });
    expect(ad.jvp(f, at, at).cost).toEqual({ passes: 1, multiplyAdds: 3 * p });
    expect(ad.vjp(f, at, draw([layer], 2)[0]!).cost).toEqual({ passes: 1, multiplyAdds: 3 * p });
  });
  it('of a first layer, whose input gradient is not needed, is 2 P either way (4 P flops)', () => {
    const first = ad.tape([w, b], d.addBias(d.matmul(d.constant([rows, pre], at[0]!), w), b));
    expect(ad.jvp(first, at.slice(1), at.slice(1)).cost.multiplyAdds).toBe(2 * p);
    expect(ad.vjp(first, at.slice(1), new Float64Array(rows * post)).cost.multiplyAdds).toBe(2 * p);
  });
  it('of a product with a Hessian is 9 P: the value and its tangent, the adjoint and its own', () => {
    const f = ad.tape([x, w], d.halfSquare(d.matmul(x, w)));
    expect(ad.hessianVector(f, at.slice(0, 2), at.slice(0, 2)).cost).toEqual({ passes: 1, multiplyAdds: 9 * p });
  });
  it('of a gradient is one pass in reverse, or one forward pass for each parameter', () => {
    const f = lossOf('softmax cross-entropy');
    const parameters = f.inputs.reduce((n, input) => n + d.sizeOf(input), 0);
    const x0 = draw(f.inputs, 1);
    const [forward, reverse] = [ad.jacobianForward(f, x0).cost, ad.gradient(f, x0).cost];
    const [first, rest] = [3 * 7 * 6, 3 * (6 * 5 + 5 * 4)];
    expect(reverse).toEqual({ passes: 1, multiplyAdds: 2 * first + 3 * rest });
    expect(forward).toEqual({ passes: parameters, multiplyAdds: parameters * reverse.multiplyAdds });
    expect(parameters).toBe(7 * 6 + 6 + 6 * 5 + 5 + 5 * 4 + 4);
  });
});

describe.each(lossNames)('the gradient of a 7-6-5-4 tanh network under %s', (name) => {
  const f = lossOf(name);
  const x = draw(f.inputs, 11, 0.5);
  const { gradient } = ad.gradient(f, x);
  it('meets central differences over all parameters', () => {
    const numeric = f.inputs.flatMap((node, k) =>
      Array.from({ length: d.sizeOf(node) }, (_, i) => {
        const v = f.inputs.map((other) => new Float64Array(d.sizeOf(other)));
        v[k]![i] = 1;
        return difference(f, x, v)[0]!;
      }),
    );
    expect(relative(Float64Array.from(numeric), flat(gradient))).toBeLessThan(1e-7);
  });
  it('is the same forward, one parameter at a time', () => {
    expect(relative(ad.jacobianForward(f, x).jacobian, flat(gradient))).toBeLessThan(1e-12);
  });
  it('is back-propagation written by hand', () => {
    const sizes = [7, 6, 5, 4];
    const expected = x.map((a) => new Float64Array(a.length));
    for (let row = 0; row < 3; row++) {
      // h_l = tanh(W_l h_{l-1} + b_l), the last one linear; delta_l = (W_{l+1} delta_{l+1}) * (1 - h_l^2).
      const h: number[][] = [pixels.slice(7 * row, 7 * row + 7)];
      for (let l = 0; l < 3; l++)
        h.push(
          Array.from({ length: sizes[l + 1]! }, (_, j) => {
            const a = h[l]!.reduce(
              (sum, value, i) => sum + value * x[2 * l]![i * sizes[l + 1]! + j]!,
              x[2 * l + 1]![j]!,
            );
            return l < 2 ? Math.tanh(a) : a;
          }),
        );
      const all = h[3]!.reduce((sum, o) => sum + Math.exp(o), 0);
      const guess = h[3]!.map((o) => (name === 'softmax cross-entropy' ? Math.exp(o) / all : o));
      let delta = guess.map((o, j) => (o - targets[4 * row + j]!) / 3);
      for (let l = 2; l >= 0; l--) {
        delta.forEach((error, j) => (expected[2 * l + 1]![j]! += error));
        h[l]!.forEach((value, i) =>
          delta.forEach((error, j) => (expected[2 * l]![i * sizes[l + 1]! + j]! += value * error)),
        );
        const weight = (i: number, j: number): number => x[2 * l]![i * sizes[l + 1]! + j]!;
        delta = h[l]!.map((value, i) => delta.reduce((sum, e, j) => sum + weight(i, j) * e, 0) * (1 - value ** 2));
      }
    }
    expect(relative(flat(gradient), flat(expected))).toBeLessThan(1e-14);
  });
});

describe('a fixed point h = tanh(x + y W^T), y = tanh(h W)', () => {
  // Two layers that drive each other through one matrix, as a mean field does; small weights, so that the map contracts.
  const [h, y, w] = [d.input(1, 4), d.input(1, 3), d.input(4, 3)];
  const x = d.constant([1, 4], [0.5, -0.3, 0.8, 0.1]);
  const step = (hidden: d.Node, out: d.Node): [d.Node, d.Node] => [
    d.elementwise(d.add(x, d.matmul(out, d.transpose(w))), d.tanh),
    d.elementwise(d.matmul(hidden, w), d.tanh),
  ];
  const cost = (out: d.Node): d.Node => d.halfSquare(d.add(out, d.constant([1, 3], [-0.2, 0.4, -0.9])));
  const weights = draw([w], 21, 0.3)[0]!;
  it('has one gradient: unrolled over 400 steps, and by the Jacobian at the fixed point', () => {
    let [hidden, out] = [d.constant([1, 4], new Float64Array(4)), d.constant([1, 3], new Float64Array(3))];
    for (let k = 0; k < 400; k++) [hidden, out] = step(hidden, out);
    const unrolled = ad.gradient(ad.tape([w], cost(out)), [weights]);
    const s = [hidden, out].map((node) => ad.evaluate(ad.tape([w], node), [weights]).value);
    // (I - J)^T a = dC/ds, then the gradient is a^T dF/dW, in both layers.
    const maps = step(h, y).map((node) => ad.tape([h, y, w], node));
    const at = [...s, weights];
    expect(relative(flat(maps.map((f) => ad.evaluate(f, at).value)), flat(s))).toBeLessThan(1e-15);
    const matrix = new Float64Array(49);
    const jacobians = maps.map((f) => ad.jacobianReverse(f, at));
    for (let i = 0; i < 7; i++)
      for (let j = 0; j < 7; j++) {
        const { jacobian, columns } = i < 4 ? jacobians[0]! : jacobians[1]!;
        matrix[j * 7 + i] = Number(i === j) - jacobian[(i < 4 ? i : i - 4) * columns + j]!;
      }
    const slope = flat(ad.gradient(ad.tape([h, y], cost(y)), s).gradient);
    const a = solve(matrix, slope);
    const implicit = maps.map((f, k) => ad.vjp(f, at, k === 0 ? a.slice(0, 4) : a.slice(4)).adjoints[2]!);
    expect(relative(unrolled.gradient[0]!, d.plus(implicit[0]!, implicit[1]!))).toBeLessThan(1e-12);
    expect(norm(unrolled.gradient[0]!)).toBeGreaterThan(1e-2);
  });
  it('unrolled over 20,000 steps is still one tape', () => {
    let out = y;
    for (let k = 0; k < 20_000; k++) out = d.scale(out, 0.9999);
    const f = ad.tape([y], d.sum(out));
    expect(ad.gradient(f, [Float64Array.of(1, 2, 3)]).gradient[0]![0]).toBeCloseTo(0.9999 ** 20_000, 12);
  });
});
