// Emits sin, cos and atan2 of four float32 in place. The polynomials are minimax fits of ours (relative error below 4e-9,
// 2e-10 and 3e-8 before rounding); the steps and their order are fixed: the same bits on every host.
import { type FunctionBody, simd, v128 } from './assembler.ts';

/** pi / 2 in four parts of 8, 11, 11 and 24 bits: whole numbers below 2^13 times the first three are exact. */
export const quarterTurn = [1.5703125, 4.837512969970703e-4, 7.549533620476723e-8, 2.563344068257e-12] as const;
export const sineSeries = [-1.951512050033e-4, 8.332159586722e-3, -0.1666665459136] as const;
export const cosineSeries = [2.443297105218e-5, -1.388731465873e-3, 4.16666456509e-2] as const;
export const angleSeries = [8.052501766287e-2, -0.1387732699881, 0.1997768008507, -0.3333294843486] as const;

/** The sign bit of a float32. */
const sign = -2147483648;
const smallest = 2 ** -149;

type Constant = (value: number) => number;

/** What a number loses as a float32. */
const lost = (value: number): number => value - Math.fround(value);

/** Locals of x = k pi / 2 + r: the whole number k and, for |r| <= pi / 4, sin r and cos r. */
export interface Turn {
  readonly quarters: number;
  readonly sine: number;
  readonly cosine: number;
}

/** Emits what sin and cos of the vector in a local share; `keep` gives the local of a part, emitted at its first call. */
export function emitTurn(
  f: FunctionBody,
  x: number,
  constant: Constant,
  keep: (part: string, emit: () => void) => number,
): Turn {
  const n = keep('turn', () => f.get(x).get(constant(2 / Math.PI)).simd(simd.mul).simd(simd.nearest)); // prettier-ignore
  const r = keep('turn rest', () => {
    f.get(x);
    for (const part of quarterTurn) f.get(n).get(constant(part)).simd(simd.mul).simd(simd.sub);
    // Where the parts no longer meet x, the rest must not run away: the second operand is taken if it is the larger (smaller).
    f.get(constant(-1)).simd(simd.pmax).get(constant(1)).simd(simd.pmin);
  });
  const q = keep('turn square', () => f.get(r).get(r).simd(simd.mul));
  return {
    quarters: keep('turn quarters', () => f.get(n).simd(simd.truncateI32)),
    sine: keep('turn sine', () => {
      polynomial(f, q, constant, sineSeries);
      f.get(q).simd(simd.mul).get(r).simd(simd.mul).get(r).simd(simd.add);
    }),
    cosine: keep('turn cosine', () => {
      polynomial(f, q, constant, cosineSeries);
      f.get(q).get(q).simd(simd.mul).simd(simd.mul);
      f.get(constant(1)).get(q).get(constant(0.5)).simd(simd.mul).simd(simd.sub).simd(simd.add);
    }),
  };
}

/**
 * sin of a turn and `ahead` quarters: 0 for sin, 1 for cos. For |x| <= 1e4 the error is below 2^-23; beyond it
 * grows to 1e-6 at 1e5, and further out the result is a number in [-1, 1] without meaning. Infinities give NaN; sin(-0) is 0.
 */
export function emitSine(f: FunctionBody, { quarters, sine, cosine }: Turn, ahead: 0 | 1): void {
  const k = f.local(v128);
  f.get(quarters).lanes(ahead, ahead, ahead, ahead).simd(simd.addI32).set(k);
  // Odd quarters exchange the two; the second and third have the other sign.
  f.get(cosine).get(sine).get(k).i32(31).simd(simd.shlI32).i32(31).simd(simd.shrI32).simd(simd.bitselect);
  f.get(k).i32(30).simd(simd.shlI32).lanes(sign, sign, sign, sign).simd(simd.and).simd(simd.xor);
}

/**
 * The angle of the point (x, y) to 3 units in the last place, zeros and infinities as Math.atan2 has them. Below the normal
 * range of float32 (|y / x| < 1.2e-38) what is left is as coarse as the numbers there.
 */
export function emitAngle(f: FunctionBody, y: number, x: number, constant: Constant): void {
  const local = (): number => f.local(v128);
  const [high, wide, least, most, t, large, u, q, angle] = [local(), local(), local(), local(), local(), local(), local(), local(), local()]; // prettier-ignore
  f.get(y).simd(simd.abs).set(high).get(x).simd(simd.abs).set(wide);
  // In this order what is not a number in either comes out of one of the two.
  f.get(high).get(wide).simd(simd.pmin).set(least);
  f.get(wide).get(high).simd(simd.pmax).set(most);
  // t = least / most, 0 for 0 / 0 and 1 for two infinities.
  f.get(constant(1)).get(least).get(most).get(constant(smallest)).simd(simd.pmax).simd(simd.div);
  f.get(least).get(most).simd(simd.eq).get(most).get(constant(0)).simd(simd.gt).simd(simd.and).simd(simd.bitselect);
  f.set(t);
  // atan t = pi / 4 + atan((t - 1) / (t + 1)) above tan(pi / 8).
  f.get(t)
    .get(constant(Math.SQRT2 - 1))
    .simd(simd.gt)
    .set(large);
  f.get(t).get(constant(1)).simd(simd.sub).get(t).get(constant(1)).simd(simd.add).simd(simd.div);
  f.get(t).get(large).simd(simd.bitselect).tee(u).get(u).simd(simd.mul).set(q);
  polynomial(f, q, constant, angleSeries);
  f.get(q).simd(simd.mul).get(u).simd(simd.mul).get(u).simd(simd.add);
  for (const part of [lost(Math.PI / 4), Math.PI / 4]) f.get(constant(part)).get(large).simd(simd.and).simd(simd.add);
  f.set(angle);
  const turnedBack = (from: number): void => {
    f.get(constant(from))
      .get(angle)
      .get(constant(lost(from)))
      .simd(simd.sub)
      .simd(simd.sub)
      .get(angle);
  };
  turnedBack(Math.PI / 2);
  f.get(high).get(wide).simd(simd.gt).simd(simd.bitselect).set(angle);
  turnedBack(Math.PI);
  f.get(x).i32(31).simd(simd.shrI32).simd(simd.bitselect);
  f.get(y).lanes(sign, sign, sign, sign).simd(simd.and).simd(simd.or);
}

/** Pushes the polynomial in the vector of a local, coefficients from the highest power. */
function polynomial(f: FunctionBody, q: number, constant: Constant, [first, ...rest]: readonly number[]): void {
  f.get(constant(first!));
  for (const coefficient of rest) f.get(q).simd(simd.mul).get(constant(coefficient)).simd(simd.add);
}
