// AssemblyScript: exp, expm1, log and log1p in float64, the formulas of math/elementary.ts. No host function is called.

const ln2High: f64 = 6.9314718036912381649e-1;
const ln2Low: f64 = 1.90821492927058770002e-10;

function power(n: f64): f64 {
  return reinterpret<f64>((<i64>n + 1023) << 52);
}

/** 2^n x without overflow on the way. */
function scale(x: f64, n: f64): f64 {
  if (n > 1023) return x * power(1023) * power(n - 1023);
  if (n < -1022) return x * power(n + 1000) * power(-1000);
  return x * power(n);
}

/** (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2; even and odd terms apart, so that two sums run side by side. */
function expTail(r: f64): f64 {
  const q = r * r;
  const even = 0.5 + q * (1.0 / 24 + q * (1.0 / 720 + q * (1.0 / 40320 + q * (1.0 / 3628800 + q * (1.0 / 479001600)))));
  const odd =
    1.0 / 6 + q * (1.0 / 120 + q * (1.0 / 5040 + q * (1.0 / 362880 + q * (1.0 / 39916800 + q * (1.0 / 6227020800)))));
  return even + r * odd;
}

export function exp(x: f64): f64 {
  if (!(x <= 709.782712893384)) return x > 0 ? f64.MAX_VALUE * 2 : x;
  if (x < -745.1332191019412) return 0;
  const n = nearest(x * Math.LOG2E);
  const high = x - n * ln2High;
  const low = n * ln2Low;
  const r = high - low;
  const lost = high - r - low;
  return scale(1 + (r + (lost + r * r * expTail(r))), n);
}

export function expm1(x: f64): f64 {
  if (x == 0 || x != x) return x;
  if (x > 40) return exp(x);
  if (x < -40) return -1;
  const n = nearest(x * Math.LOG2E);
  if (n == 0) return x + x * x * expTail(x);
  const high = x - n * ln2High;
  const low = n * ln2Low;
  const r = high - low;
  const lost = high - r - low;
  return (r + (lost + r * r * expTail(r)) + (1 - power(-n))) * power(n);
}

/** exp(x) and expm1(x) with one sum between them; to the same bits. */
export let lessOne: f64 = 0;
export function expAndLess(x: f64): f64 {
  if (!(abs(x) <= 40)) {
    lessOne = expm1(x);
    return exp(x);
  }
  const n = nearest(x * Math.LOG2E);
  const high = x - n * ln2High;
  const low = n * ln2Low;
  const r = high - low;
  const lost = high - r - low;
  const y = r + (lost + r * r * expTail(r));
  const two = power(n);
  lessOne = (y + (1 - power(-n))) * two;
  return (1 + y) * two;
}

function logOnePlus(f: f64, n: f64): f64 {
  const s = f / (2 + f);
  const q = s * s;
  let sum = q * (1.0 / 23);
  sum = (sum + 1.0 / 21) * q;
  sum = (sum + 1.0 / 19) * q;
  sum = (sum + 1.0 / 17) * q;
  sum = (sum + 1.0 / 15) * q;
  sum = (sum + 1.0 / 13) * q;
  sum = (sum + 1.0 / 11) * q;
  sum = (sum + 1.0 / 9) * q;
  sum = (sum + 1.0 / 7) * q;
  sum = (sum + 1.0 / 5) * q;
  sum = (sum + 1.0 / 3) * q;
  const half = (f * f) / 2;
  return n * ln2High - (half - (s * (half + 2 * sum) + n * ln2Low) - f);
}

/** ln x for normal x > 0. */
export function log(x: f64): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<u64>(x);
  let n = <f64>(<i32>(bits >> 52) - 1023);
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > Math.SQRT2) {
    m /= 2;
    n += 1;
  }
  return logOnePlus(m - 1, n);
}

export function log1p(x: f64): f64 {
  if (x > -0.29 && x < 0.41) return x == 0 ? x : logOnePlus(x, 0);
  const sum = 1 + x;
  return sum < 9007199254740992 ? log(sum) + (x - (sum - 1)) / sum : log(sum);
}
