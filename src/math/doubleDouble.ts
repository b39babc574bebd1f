// Numbers as unevaluated sums of two doubles: about 31 digits, for the few decisions that 16 digits leave open. Slow and
// short; no state. Sums and products without error are Dekker's and Knuth's (Numer. Math. 18:224, 1971; TAOCP 2).

/** The value is the sum of both; |second| <= half a last place of the first. */
export type DoubleDouble = readonly [high: number, low: number];

const quick = (a: number, b: number): DoubleDouble => {
  const sum = a + b;
  return [sum, b - (sum - a)];
};

/** a + b without error. */
export function twoSum(a: number, b: number): DoubleDouble {
  const sum = a + b;
  const part = sum - a;
  return [sum, a - (sum - part) + (b - part)];
}

/** a b without error (|a|, |b| < 2^970). */
export function twoProduct(a: number, b: number): DoubleDouble {
  const product = a * b;
  const [ah, al] = split(a);
  const [bh, bl] = split(b);
  return [product, ah * bh - product + ah * bl + al * bh + al * bl];
}
function split(a: number): DoubleDouble {
  const c = 134217729 * a;
  const high = c - (c - a);
  return [high, a - high];
}

export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const [high, low] = twoSum(a[0], b[0]);
  const [next, rest] = twoSum(a[1], b[1]);
  const [sum, tail] = quick(high, low + next);
  return quick(sum, tail + rest);
}

export function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const [high, low] = twoProduct(a[0], b[0]);
  return quick(high, low + (a[0] * b[1] + a[1] * b[0]));
}

export function divide(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const first = a[0] / b[0];
  const rest = add(a, multiply(b, [-first, 0]));
  const second = rest[0] / b[0];
  const last = add(rest, multiply(b, [-second, 0]))[0] / b[0];
  return add(quick(first, second), [last, 0]);
}

export const negate = (a: DoubleDouble): DoubleDouble => [-a[0], -a[1]];

const ln2: DoubleDouble = [Math.LN2, 2.3190468138462996e-17];

/** e^x - 1: x = n ln 2 + r; the series at r / 256; eight times y -> y (y + 2), which squares 1 + y. */
export function expm1(x: DoubleDouble): DoubleDouble {
  if (x[0] === 0) return x;
  if (x[0] > 709) return [Infinity, 0];
  if (x[0] < -80) return [-1, x[0] < -745 ? 0 : exp(x)[0]];
  const n = Math.round(x[0] / ln2[0]);
  const y = reduced(x, n);
  if (n === 0) return y;
  const power: DoubleDouble = [2 ** n, 0];
  return add(multiply(y, power), twoSum(power[0], -1));
}

export function exp(x: DoubleDouble): DoubleDouble {
  if (x[0] > 709) return [Infinity, 0];
  if (x[0] < -745) return [0, 0];
  const n = Math.round(x[0] / ln2[0]);
  const [high, low] = add([1, 0], reduced(x, n));
  // In two factors: 2^n alone may be below the normal numbers.
  const half = Math.trunc(n / 2);
  return [high * 2 ** half * 2 ** (n - half), low * 2 ** half * 2 ** (n - half)];
}

/** e^(x - n ln 2) - 1. */
function reduced(x: DoubleDouble, n: number): DoubleDouble {
  const r = add(x, multiply(ln2, [-n, 0]));
  const small: DoubleDouble = [r[0] / 256, r[1] / 256];
  let y: DoubleDouble = [0, 0];
  for (let k = 11; k >= 1; k--) y = divide(multiply(small, add([1, 0], y)), [k, 0]);
  for (let k = 0; k < 8; k++) y = multiply(y, add(y, [2, 0]));
  return y;
}
