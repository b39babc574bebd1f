// exp, log, their companions near 0 and 1 (expm1, log1p), tanh and the logistic function in float64 from additions and
// multiplications, so that dynamics do not depend on the host's own. Errors are below about 1 unit in the last place
// (2 for log1p, tanh and the logistic function).

const ln2High = 6.9314718036912381649e-1; // 33 bits: n * ln2High is exact
const ln2Low = 1.90821492927058770002e-10;

/** 2^-1022 to 2^1023: the host's power function takes longer than all else here. */
const powers = Float64Array.from({ length: 2046 }, (_, k) => 2 ** (k - 1022));
const powerOfTwo = (n: number): number => powers[n + 1022]!;

/** 2^n * x without overflow on the way. */
function scale(x: number, n: number): number {
  if (n > 1023) return x * powerOfTwo(1023) * powerOfTwo(n - 1023);
  if (n < -1022) return x * powerOfTwo(n + 1000) * powerOfTwo(-1000);
  return x * powerOfTwo(n);
}

/** (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2: the series summed from its smallest term. */
function expTail(r: number): number {
  let sum = 1 / 6227020800;
  for (let k = 12; k >= 2; k--) sum = inverseFactorials[k]! + r * sum;
  return sum;
}

/** e^x: x = n ln 2 + r, |r| <= ln 2 / 2, and the series of e^r. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const n = Math.round(x * Math.LOG2E);
  const high = x - n * ln2High;
  const low = n * ln2Low;
  const r = high - low;
  const lost = high - r - low;
  return scale(1 + (r + (lost + r * r * expTail(r))), n);
}

/** e^x - 1, exact in the last places also near 0: 2^n (e^r - 1) + (2^n - 1), whose second term is exact. */
export function expm1(x: number): number {
  if (Number.isNaN(x) || x === 0) return x;
  if (x > 40) return exp(x);
  if (x < -40) return -1;
  const n = Math.round(x * Math.LOG2E);
  if (n === 0) return x + x * x * expTail(x);
  const high = x - n * ln2High;
  const low = n * ln2Low;
  const r = high - low;
  const lost = high - r - low;
  return scale(r + (lost + r * r * expTail(r)) + (1 - 2 ** -n), n);
}

const inverseFactorials = [1];
for (let k = 1, factorial = 1; k < 15; k++) inverseFactorials.push(1 / (factorial *= k));

const bits = new DataView(new ArrayBuffer(8));

/** ln x: x = 2^n m, m in [sqrt(1/2), sqrt 2), and the series of 2 atanh((m - 1) / (m + 1)). */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  let n = 0;
  let m = x;
  if (m < 2.2250738585072014e-308) {
    m *= 2 ** 54;
    n = -54;
  }
  bits.setFloat64(0, m);
  n += ((bits.getUint32(0) >>> 20) & 0x7ff) - 1023;
  bits.setUint32(0, (bits.getUint32(0) & 0x000fffff) | 0x3ff00000);
  m = bits.getFloat64(0);
  if (m > Math.SQRT2) {
    m /= 2;
    n++;
  }
  return logOnePlus(m - 1, n);
}

/** n ln 2 + ln(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1]. */
function logOnePlus(f: number, n: number): number {
  const s = f / (2 + f);
  const q = s * s;
  let sum = 0;
  for (let k = 23; k >= 3; k -= 2) sum = (sum + 1 / k) * q;
  // ln m = f - f^2 / 2 + s (f^2 / 2 + 2 sum): the leading terms are exact in f, so nothing cancels.
  const half = (f * f) / 2;
  return n * ln2High - (half - (s * (half + 2 * sum) + n * ln2Low) - f);
}

/** ln(1 + x), exact in the last places also near 0. */
export function log1p(x: number): number {
  if (x > -0.29 && x < 0.41) return x === 0 ? x : logOnePlus(x, 0);
  const sum = 1 + x;
  // What the sum lost, to first order.
  return sum > 0 && sum < 2 ** 53 ? log(sum) + (x - (sum - 1)) / sum : log(sum);
}

export function tanh(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x) || a === 0) return x;
  let y: number;
  if (a > 20) y = 1;
  else if (a < 0.35) {
    // sinh / cosh by their series: 1 - exp(-2a) would cancel.
    const q = a * a;
    let sinh = 1;
    let cosh = 1;
    for (let k = 8; k >= 1; k--) {
      sinh = 1 + (sinh * q) / (2 * k * (2 * k + 1));
      cosh = 1 + (cosh * q) / ((2 * k - 1) * (2 * k));
    }
    y = (a * sinh) / cosh;
  } else {
    const t = exp(-2 * a);
    y = (1 - t) / (1 + t);
  }
  return x < 0 ? -y : y;
}

/** 1 / (1 + e^-x), through e^-|x| so that neither side overflows. */
export function sigmoid(x: number): number {
  const t = exp(-Math.abs(x));
  return x < 0 ? t / (1 + t) : 1 / (1 + t);
}
