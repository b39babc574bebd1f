// AssemblyScript: the steps of math/root.ts's narrow() (Chandrupatla: bisection, and inverse quadratic steps where they are
// safe). One bracket at a time: the newest point, one on the other side of the zero, and the one before.

let newest: f64 = 0;
let fNewest: f64 = 0;
let other: f64 = 0;
let fOther: f64 = 0;
let before: f64 = 0;
let fBefore: f64 = 0;
let share: f64 = 0.5;

export function openBracket(lower: f64, upper: f64, fLower: f64, fUpper: f64): void {
  newest = before = upper;
  fNewest = fBefore = fUpper;
  other = lower;
  fOther = fLower;
  share = 0.5;
}

/** Where to look next; NaN once the ends are near: 2 `relative` times the larger, or 2 `least`. */
export function trial(relative: f64, least: f64): f64 {
  const span = abs(other - newest);
  const tolerance = max(relative * max(newest, other), least);
  if (span <= 2 * tolerance) return NaN;
  share = min(max(share, tolerance / span), 1 - tolerance / span);
  const x = newest + share * (other - newest);
  return x == newest || x == other ? NaN : x;
}

/** Takes the value found there; `same`: it is on the newest point's side. */
export function take(x: f64, f: f64, same: bool): void {
  if (same) {
    before = newest;
    fBefore = fNewest;
  } else {
    before = other;
    fBefore = fOther;
    other = newest;
    fOther = fNewest;
  }
  newest = x;
  fNewest = f;
  const xi = (newest - other) / (before - other);
  const ph = (fNewest - fOther) / (fBefore - fOther);
  share =
    ph * ph < xi && (1 - ph) * (1 - ph) < 1 - xi
      ? (fNewest / (fOther - fNewest)) * (fBefore / (fOther - fBefore)) +
        ((before - newest) / (other - newest)) * (fNewest / (fBefore - fNewest)) * (fOther / (fBefore - fOther))
      : 0.5;
}

export function newestPoint(): f64 {
  return newest;
}
export function newestValue(): f64 {
  return fNewest;
}
export function otherPoint(): f64 {
  return other;
}
