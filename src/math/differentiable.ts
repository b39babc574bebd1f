// Nodes of small functions in float64: every operation with its value and its local derivatives both ways. Nodes are plain
// data and evaluate nothing; autodiff.ts makes the passes. A ground for checks, not a way to train networks.
import { SettleError } from '../errors.ts';
import * as own from './elementary.ts';

type Arrays = readonly Float64Array[];
type Tangents = readonly (Float64Array | undefined)[];

/** One operation at the values of its arguments. J_k is its Jacobian with respect to argument k alone. */
export interface Rule {
  value(args: Arrays): Float64Array;
  /** J_k v; the whole jvp is the sum over k. */
  jvp(k: number, args: Arrays, v: Float64Array): Float64Array;
  /** u^T J_k. */
  vjp(k: number, args: Arrays, u: Float64Array): Float64Array;
  /** How u^T J_k changes as the arguments move along their tangents (absent: 0). Left out where the operation is linear. */
  bend?(k: number, args: Arrays, tangents: Tangents, u: Float64Array): Float64Array | undefined;
}

/** A place in a graph. Shapes: [rows, units] for a batch or a matrix, [units] for a bias, [] for a scalar; row-major. */
export interface Node {
  readonly shape: readonly number[];
  readonly args: readonly Node[];
  /** null: an input. */
  readonly rule: Rule | null;
  /** Multiply-adds of the value, and again of each jvp and vjp by one argument: products of matrices only, O(units) is left out. */
  readonly multiplyAdds: number;
}

/** A function of one variable with its derivatives; the second is needed for products with a Hessian only. */
export interface Curve {
  value(x: number): number;
  slope(x: number): number;
  curvature?(x: number): number;
}

export const tanh: Curve = {
  value: own.tanh,
  slope: (x) => 1 - own.tanh(x) ** 2,
  curvature: (x) => -2 * own.tanh(x) * (1 - own.tanh(x) ** 2),
};
export const sigmoid: Curve = {
  value: own.sigmoid,
  slope: (x) => own.sigmoid(x) * own.sigmoid(-x),
  curvature: (x) => own.sigmoid(x) * own.sigmoid(-x) * (own.sigmoid(-x) - own.sigmoid(x)),
};

export const sizeOf = ({ shape }: Node): number => shape.reduce((product, n) => product * n, 1);

function need(right: boolean, operation: string, found: readonly Node[], expected: string): void {
  if (right) return;
  const shapes = found.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ');
  throw new SettleError(`${operation}: shapes that do not fit`, { kind: 'defect', found: shapes, expected });
}
const alike = (a: Node, b: Node): boolean => a.shape.join() === b.shape.join();
const node = (shape: readonly number[], args: readonly Node[], rule: Rule, multiplyAdds = 0): Node => ({
  shape,
  args,
  rule,
  multiplyAdds,
});
const scaled = (x: Float64Array, factor: number): Float64Array => x.map((value) => factor * value);
export const plus = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value + y[i]!);
const times = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value * y[i]!);
const total = (x: Float64Array): number => x.reduce((sum, value) => sum + value, 0);

/** A B, where a flipped factor is stored transposed. Shapes of the product: [rows, inner] x [inner, columns]. */
function multiply(a: Float64Array, b: Float64Array, sizes: readonly [number, number, number], flip = ''): Float64Array {
  const [rows, inner, columns] = sizes;
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let k = 0; k < inner; k++)
        out[i * columns + j]! +=
          a[flip === 'a' ? k * rows + i : i * inner + k]! * b[flip === 'b' ? j * inner + k : k * columns + j]!;
  return out;
}

/** A variable of the function: its values come with each evaluation. */
export function input(...shape: number[]): Node {
  return { shape, args: [], rule: null, multiplyAdds: 0 };
}

/** Values that nothing is differentiated by; no work is spent on their derivatives. */
export function constant(shape: readonly number[], values: ArrayLike<number>): Node {
  const data = Float64Array.from(values);
  const out = node(shape, [], { value: () => data, jvp: () => data, vjp: () => data });
  if (sizeOf(out) !== data.length)
    throw new SettleError('constant: values that do not fit', {
      kind: 'defect', found: `${data.length} values`, expected: `${sizeOf(out)} for [${shape.join(', ')}]`,
    }); // prettier-ignore
  return out;
}

/** x w: [rows, n] and [n, m] to [rows, m]. Either side, or both, may depend on inputs. */
export function matmul(x: Node, w: Node): Node {
  const [rows, n] = x.shape as [number, number];
  const m = w.shape[1]!;
  need(x.shape.length === 2 && w.shape.length === 2 && w.shape[0] === n, 'matmul', [x, w], '[rows, n] and [n, m]');
  const vjp = (k: number, [a, b]: Arrays, u: Float64Array): Float64Array =>
    k === 0 ? multiply(u, b!, [rows, m, n], 'b') : multiply(a!, u, [n, rows, m], 'a');
  const rule: Rule = {
    value: ([a, b]) => multiply(a!, b!, [rows, n, m]),
    jvp: (k, [a, b], v) => (k === 0 ? multiply(v, b!, [rows, n, m]) : multiply(a!, v, [rows, n, m])),
    vjp,
    bend: bilinear(vjp),
  };
  return node([rows, m], [x, w], rule, rows * n * m);
}

/** The vjp by one argument of a bilinear operation is linear in the other. */
const bilinear =
  (vjp: Rule['vjp']): NonNullable<Rule['bend']> =>
  (k, _args, tangents, u) =>
    tangents[1 - k] && vjp(k, tangents as Arrays, u);

/** Adds b [n] to each row of x [rows, n]. */
export function addBias(x: Node, b: Node): Node {
  const n = x.shape[1]!;
  need(x.shape.length === 2 && b.shape.length === 1 && b.shape[0] === n, 'addBias', [x, b], '[rows, n] and [n]');
  return node(x.shape, [x, b], {
    value: ([a, bias]) => a!.map((value, i) => value + bias![i % n]!),
    jvp: (k, [a], v) => (k === 0 ? v : a!.map((_, i) => v[i % n]!)),
    vjp(k, _args, u) {
      if (k === 0) return u;
      const sum = new Float64Array(n);
      u.forEach((value, i) => (sum[i % n]! += value));
      return sum;
    },
  });
}

export function add(a: Node, b: Node): Node {
  need(alike(a, b), 'add', [a, b], 'two equal ones');
  return node(a.shape, [a, b], { value: ([x, y]) => plus(x!, y!), jvp: (_k, _args, v) => v, vjp: (_k, _args, u) => u });
}

export function scale(a: Node, factor: number): Node {
  const rule = (_k: number, _args: Arrays, v: Float64Array): Float64Array => scaled(v, factor);
  return node(a.shape, [a], { value: ([x]) => scaled(x!, factor), jvp: rule, vjp: rule });
}

/** [n, m] to [m, n]. */
export function transpose(a: Node): Node {
  const [n, m] = a.shape as [number, number];
  need(a.shape.length === 2, 'transpose', [a], '[n, m]');
  const flipped = (x: Float64Array, from: number, to: number): Float64Array =>
    x.map((_, i) => x[(i % from) * to + Math.floor(i / from)]!);
  return node([m, n], [a], {
    value: ([x]) => flipped(x!, n, m),
    jvp: (_k, _args, v) => flipped(v, n, m),
    vjp: (_k, _args, u) => flipped(u, m, n),
  });
}

/** f of every element. */
export function elementwise(a: Node, f: Curve): Node {
  const slope = (_k: number, [x]: Arrays, v: Float64Array): Float64Array =>
    v.map((value, i) => value * f.slope(x![i]!));
  return node(a.shape, [a], {
    value: ([x]) => x!.map((value) => f.value(value)),
    jvp: slope,
    vjp: slope,
    bend(_k, [x], [dx], u) {
      if (!f.curvature)
        throw new SettleError('a product with a Hessian needs the second derivative of every elementwise function', {
          kind: 'defect', found: 'a function without curvature', expected: '{ value, slope, curvature }',
        }); // prettier-ignore
      return dx && u.map((value, i) => value * f.curvature!(x![i]!) * dx[i]!);
    },
  });
}

/** Product element by element. */
export function product(a: Node, b: Node): Node {
  need(alike(a, b), 'product', [a, b], 'two equal ones');
  const other = (k: number, args: Arrays, v: Float64Array): Float64Array => times(v, args[1 - k]!);
  return node(a.shape, [a, b], { value: ([x, y]) => times(x!, y!), jvp: other, vjp: other, bend: bilinear(other) });
}

/** Sum of all elements: a scalar. */
export function sum(a: Node): Node {
  return node([], [a], {
    value: ([x]) => Float64Array.of(total(x!)),
    jvp: (_k, _args, v) => Float64Array.of(total(v)),
    vjp: (_k, [x], u) => x!.map(() => u[0]!),
  });
}

/** 1/2 ||a||^2, summed over everything: a scalar. */
export function halfSquare(a: Node): Node {
  return node([], [a], {
    value: ([x]) => Float64Array.of(total(times(x!, x!)) / 2),
    jvp: (_k, [x], v) => Float64Array.of(total(times(x!, v))),
    vjp: (_k, [x], u) => scaled(x!, u[0]!),
    bend: (_k, _args, [dx], u) => dx && scaled(dx, u[0]!),
  });
}

/**
 * -sum y log softmax(o), summed over the rows: a scalar. o [rows, classes]; the targets y [rows * classes] are fixed and
 * need not add up to 1.
 */
export function softmaxCrossEntropy(o: Node, targets: ArrayLike<number>): Node {
  const [rows, classes] = o.shape as [number, number];
  const y = Float64Array.from(targets);
  need(o.shape.length === 2 && y.length === sizeOf(o), 'softmaxCrossEntropy', [o], '[rows, classes] like the targets');
  /** Every row by itself: its elements, its targets, the softmax and the logarithm of its denominator. */
  const each = (x: Float64Array, visit: (first: number, p: Float64Array, mass: number, log: number) => void): void => {
    for (let first = 0; first < rows * classes; first += classes) {
      const row = x.subarray(first, first + classes);
      const top = Math.max(...row);
      const p = row.map((value) => own.exp(value - top));
      const denominator = total(p);
      const mass = total(y.subarray(first, first + classes));
      visit(first, scaled(p, 1 / denominator), mass, top + own.log(denominator));
    }
  };
  const slope = (x: Float64Array): Float64Array => {
    const out = new Float64Array(rows * classes);
    each(x, (first, p, mass) => p.forEach((value, i) => (out[first + i] = mass * value - y[first + i]!)));
    return out;
  };
  return node([], [o], {
    value([x]) {
      let loss = 0;
      each(x!, (first, p, _mass, log) => p.forEach((_, i) => (loss += y[first + i]! * (log - x![first + i]!))));
      return Float64Array.of(loss);
    },
    jvp: (_k, [x], v) => Float64Array.of(total(times(slope(x!), v))),
    vjp: (_k, [x], u) => scaled(slope(x!), u[0]!),
    bend(_k, [x], [dx], u) {
      if (!dx) return undefined;
      const out = new Float64Array(rows * classes);
      each(x!, (first, p, mass) => {
        const mean = p.reduce((so, value, i) => so + value * dx[first + i]!, 0);
        p.forEach((value, i) => (out[first + i] = u[0]! * mass * value * (dx[first + i]! - mean)));
      });
      return out;
    },
  });
}
