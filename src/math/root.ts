// A sign change narrowed to neighbouring doubles (Chandrupatla, Adv. Eng. Softw. 28:145, 1997: bisection, and inverse
// quadratic steps where they are safe). It never leaves its bracket, so it cannot find another root than the one asked for.

/**
 * The upper end of a bracket at most two units in the last place wide, or `width` if that is more: there f is 0 or has the
 * sign of f(high), at the other end that of f(low). `low` where f(low) is 0 or the signs do not differ.
 */
export function narrow(f: (x: number) => number, low: number, high: number, width = 0): number {
  let [a, b, c] = [high, low, high];
  let [fa, fb, fc] = [f(high), f(low), f(high)];
  const up = fb < 0;
  const after = (value: number): boolean => (up ? value >= 0 : value <= 0);
  if (fb === 0 || !after(fa)) return low;
  let t = 0.5;
  for (let step = 0; step < 2000; step++) {
    const span = Math.abs(b - a);
    const tolerance = Math.max(2 ** -53 * Math.max(a, b), width / 2);
    if (span <= 2 * tolerance) break;
    t = Math.min(Math.max(t, tolerance / span), 1 - tolerance / span);
    const x = a + t * (b - a);
    if (x === a || x === b) break;
    const fx = f(x);
    // a is the newest point; b lies on the other side.
    if (after(fx) === after(fa)) [c, fc] = [a, fa];
    else [c, b, fc, fb] = [b, a, fb, fa];
    [a, fa] = [x, fx];
    const xi = (a - b) / (c - b);
    const phi = (fa - fb) / (fc - fb);
    t =
      phi ** 2 < xi && (1 - phi) ** 2 < 1 - xi
        ? (fa / (fb - fa)) * (fc / (fb - fc)) + ((c - a) / (b - a)) * (fa / (fc - fa)) * (fb / (fc - fb))
        : 0.5;
  }
  return after(fa) ? a : b;
}
