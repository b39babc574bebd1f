// Statistics of comparisons: means with their spread, Student's interval, McNemar's paired test, Holm's correction. Plain
// float64; it says nothing about what a difference means.

export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly least: number;
  readonly most: number;
  /** Of the sample, divided by count - 1; null for one value. */
  readonly deviation: number | null;
  /** Standard error of the mean, and half the width of Student's 95 % interval around it; null for one value. */
  readonly error: number | null;
  readonly halfWidth95: number | null;
}

/** @throws RangeError without a value */
export function spreadOf(values: readonly number[]): Spread {
  const count = values.length;
  if (count === 0) throw new RangeError('the spread of no values');
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const common = { count, mean, least: Math.min(...values), most: Math.max(...values) };
  if (count === 1) return { ...common, deviation: null, error: null, halfWidth95: null };
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
  const error = deviation / Math.sqrt(count);
  return { ...common, deviation, error, halfWidth95: studentQuantile(0.975, count - 1) * error };
}

/** ln of the binomial coefficient n over k, by Stirling's series of ln Gamma. */
function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/** ln Gamma(x) for x > 0: the recurrence up to 10, then Stirling's series; about 1e-14 relative. */
export function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 10; z++) shift += Math.log(z);
  const inverse = 1 / (z * z);
  const series =
    (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse * (1 / 1188))))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

export interface Discordant {
  /** Images that only the first gets right, and that only the second gets right. */
  readonly first: number;
  readonly second: number;
}

/**
 * McNemar's test: of the discordant pairs, each is as likely to favour either side if both err alike. `exact` is the
 * two-sided binomial p-value; `mid` counts the observed outcome half (Fagerland, Lydersen and Laake, BMC Med. Res.
 * Methodol. 13:91, 2013) and is less conservative.
 */
export function mcNemar({ first, second }: Discordant): { readonly exact: number; readonly mid: number } {
  const n = first + second;
  if (n === 0) return { exact: 1, mid: 1 };
  const least = Math.min(first, second);
  const at = (k: number): number => Math.exp(logChoose(n, k) - n * Math.LN2);
  let tail = 0;
  // From the smallest term up, so that nothing is lost; terms below e^-745 are 0 anyway.
  for (let k = 0; k <= least; k++) tail += at(k);
  const clipped = (p: number): number => Math.min(1, Math.max(0, p));
  return { exact: clipped(2 * tail), mid: clipped(2 * tail - at(least)) };
}

/** Holm's step-down correction: p-values of a family of tests, adjusted so that at most one in twenty families errs at 0.05. */
export function holm(values: readonly number[]): number[] {
  const order = values.map((_, k) => k).sort((a, b) => values[a]! - values[b]!);
  const adjusted = values.map(() => 0);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, values[index]! * (values.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
}

/** Student's t: the value that a fraction `p` lies below, by bisection of its distribution function. */
export function studentQuantile(p: number, freedom: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`quantile of ${p}, expected between 0 and 1`);
  if (p < 0.5) return -studentQuantile(1 - p, freedom);
  let [low, high] = [0, 1];
  while (studentBelow(high, freedom) < p) high *= 2;
  for (let k = 0; k < 200 && high - low > 1e-13 * high; k++) {
    const middle = (low + high) / 2;
    if (studentBelow(middle, freedom) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The fraction of Student's t below `t` >= 0. */
export function studentBelow(t: number, freedom: number): number {
  return 1 - 0.5 * incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** Regularised incomplete beta I_x(a, b) by its continued fraction (Lentz's method). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  const kept = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 1000; m++) {
    for (const term of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / kept(1 + term * d);
      c = kept(1 + term / c);
      fraction *= d * c;
    }
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * fraction;
}
