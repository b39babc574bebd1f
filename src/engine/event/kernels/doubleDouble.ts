// AssemblyScript: sums of two doubles, as math/doubleDouble.ts. A result's second part is in `low` until the next call.

export let low: f64 = 0;

function quick(a: f64, b: f64): f64 {
  const sum = a + b;
  low = b - (sum - a);
  return sum;
}

export function twoSum(a: f64, b: f64): f64 {
  const sum = a + b;
  const part = sum - a;
  low = a - (sum - part) + (b - part);
  return sum;
}

function twoProduct(a: f64, b: f64): f64 {
  const product = a * b;
  let c = 134217729 * a;
  const ah = c - (c - a);
  const al = a - ah;
  c = 134217729 * b;
  const bh = c - (c - b);
  const bl = b - bh;
  low = ah * bh - product + ah * bl + al * bh + al * bl;
  return product;
}

export function add(a: f64, al: f64, b: f64, bl: f64): f64 {
  const high = twoSum(a, b);
  const rest = low;
  const next = twoSum(al, bl);
  const last = low;
  const sum = quick(high, rest + next);
  return quick(sum, low + last);
}

export function multiply(a: f64, al: f64, b: f64, bl: f64): f64 {
  const high = twoProduct(a, b);
  return quick(high, low + (a * bl + al * b));
}

export function divide(a: f64, al: f64, b: f64, bl: f64): f64 {
  const first = a / b;
  let high = multiply(b, bl, -first, 0);
  high = add(a, al, high, low);
  const rest = low;
  const second = high / b;
  let more = multiply(b, bl, -second, 0);
  more = add(high, rest, more, low);
  const sum = quick(first, second);
  return add(sum, low, more / b, 0);
}

const ln2: f64 = 0.6931471805599453;
const ln2Low: f64 = 2.3190468138462996e-17;

/** e^(x - n ln 2) - 1. */
function reduced(x: f64, xl: f64, n: f64): f64 {
  let high = multiply(ln2, ln2Low, -n, 0);
  high = add(x, xl, high, low);
  const r = high / 256;
  const rl = low / 256;
  let y: f64 = 0;
  let yl: f64 = 0;
  for (let k = 11; k >= 1; k--) {
    y = add(1, 0, y, yl);
    y = multiply(r, rl, y, low);
    y = divide(y, low, <f64>k, 0);
    yl = low;
  }
  for (let k = 0; k < 8; k++) {
    const more = add(y, yl, 2, 0);
    y = multiply(y, yl, more, low);
    yl = low;
  }
  low = yl;
  return y;
}

function power(n: i32): f64 {
  return n < -1022 ? 0 : reinterpret<f64>((<i64>n + 1023) << 52);
}

export function exp(x: f64, xl: f64): f64 {
  if (x < -745) {
    low = 0;
    return 0;
  }
  const n = nearest(x / ln2);
  const y = reduced(x, xl, n);
  const high = add(1, 0, y, low);
  const half = <i32>n / 2;
  const a = power(half);
  const b = power(<i32>n - half);
  low = low * a * b;
  return high * a * b;
}

export function expm1(x: f64, xl: f64): f64 {
  if (x < -80) {
    low = exp(x, xl);
    return -1;
  }
  const n = nearest(x / ln2);
  const y = reduced(x, xl, n);
  if (n == 0) return y;
  const p = power(<i32>n);
  const product = multiply(y, low, p, 0);
  const pl = low;
  const rest = twoSum(p, -1);
  return add(product, pl, rest, low);
}
