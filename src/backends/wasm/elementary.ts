// Emits exp, tanh and sigmoid of four float32 in place, since a call for every vector costs as much as the function. The
// steps and their order are fixed: the same bits on every host.
import { type FunctionBody, simd, v128 } from './assembler.ts';

export const log2e = 1.4426950408889634;
/** ln 2 in two parts, the first with so few bits that a whole number times it is exact (Cephes, as the series below). */
export const ln2High = 0.693359375;
export const ln2Low = -2.1219444e-4;
export const lowest = -87.33654;
export const highest = 88.72283;
export const series = [1.984127e-4, 1.3888889e-3, 8.3333333e-3, 4.1666667e-2, 1.6666667e-1, 0.5, 1, 1] as const;

/** Added to a number below 2^22, leaves its nearest integer in the last bits: cheaper than a conversion that saturates. */
const magic = 12582912;
const magicBits = 0x4b400000;

/** The sign bit of a float32. */
const sign = -2147483648;

/** Emits a function of the vector in a local; `constant` gives a local that holds a number in all lanes. */
export type Elementary = (f: FunctionBody, x: number, constant: (value: number) => number) => void;

/** exp by range reduction and a polynomial of degree 7: at most about 2 units in the last place. Leaves it on the stack. */
export const emitExp: Elementary = (f, x, constant) => {
  const [p, k, half] = [f.local(v128), f.local(v128), f.local(v128)];
  f.get(constant(Infinity));
  f.get(constant(0));
  reduced(f, x, constant, true, p, k);
  // Two factors: 2^128 is not a float32, though exp(88.7) is.
  f.get(k).i32(1).simd(simd.shrI32).set(half);
  f.get(p);
  powerOf2(f, () => f.get(half));
  f.simd(simd.mul);
  powerOf2(f, () => f.get(k).get(half).simd(simd.subI32));
  f.simd(simd.mul);
  f.get(x).get(constant(lowest)).simd(simd.lt).simd(simd.bitselect);
  f.get(x).get(constant(highest)).simd(simd.gt).simd(simd.bitselect);
};

/** exp of a number that is not above 0: one factor suffices. */
const emitDecay: Elementary = (f, x, constant) => {
  const [p, k] = [f.local(v128), f.local(v128)];
  reduced(f, x, constant, false, p, k);
  f.get(p);
  powerOf2(f, () => f.get(k));
  f.simd(simd.mul);
  f.get(x).get(constant(lowest)).simd(simd.lt).simd(simd.andnot);
};

/** x = k ln 2 + r with p = exp(r): sets `p` and, as integers, `k`. What is not a number stays so. */
function reduced(
  f: FunctionBody,
  x: number,
  constant: (value: number) => number,
  both: boolean,
  p: number,
  k: number,
): void {
  const [y, n, r] = [f.local(v128), f.local(v128), f.local(v128)];
  f.get(x).get(constant(lowest)).simd(simd.pmax);
  if (both) f.get(constant(highest)).simd(simd.pmin);
  f.tee(y).get(constant(log2e)).simd(simd.mul).get(constant(magic)).simd(simd.add).tee(k);
  f.get(constant(magic)).simd(simd.sub).set(n);
  f.get(y).get(n).get(constant(ln2High)).simd(simd.mul).simd(simd.sub);
  f.get(n).get(constant(ln2Low)).simd(simd.mul).simd(simd.sub).set(r);
  const [first, ...rest] = series;
  f.get(constant(first));
  for (const coefficient of rest) f.get(r).simd(simd.mul).get(constant(coefficient)).simd(simd.add);
  f.set(p).get(k).lanes(magicBits, magicBits, magicBits, magicBits).simd(simd.subI32).set(k);
}

/** Pushes 2^k as a float32: its exponent alone. */
function powerOf2(f: FunctionBody, k: () => void): void {
  k();
  f.i32(23).simd(simd.shlI32).splat(1).simd(simd.addI32);
}

/** exp(-q) for |q| <= ln 2 / 2, degree 6, exact at 0: the least largest relative error, 2.6e-9, by Remez exchange. */
const mirrored = [1.4061423e-3, -8.379059e-3, 4.1664773e-2, -1.6666365e-1, 5.0000004e-1, -1.00000005, 1] as const;

/** 1 / (1 + exp(-x)), x cut off where exp(-x) leaves the range of float32: beyond, the result is 1.2e-38 and not 0. */
export const emitSigmoid: Elementary = (f, x, constant) => {
  const [y, t, n, q] = [f.local(v128), f.local(v128), f.local(v128), f.local(v128)];
  f.get(x).get(constant(lowest)).simd(simd.pmax).get(constant(-lowest)).simd(simd.pmin).tee(y);
  // -x = n ln 2 - q
  f.get(constant(-log2e)).simd(simd.mul).get(constant(magic)).simd(simd.add).tee(t);
  f.get(constant(magic)).simd(simd.sub).set(n);
  f.get(y).get(n).get(constant(ln2High)).simd(simd.mul).simd(simd.add);
  f.get(n).get(constant(ln2Low)).simd(simd.mul).simd(simd.add).set(q);
  const [first, ...rest] = mirrored;
  f.get(constant(first));
  for (const coefficient of rest) f.get(q).simd(simd.mul).get(constant(coefficient)).simd(simd.add);
  // What lies above the integer's last nine bits is shifted out.
  powerOf2(f, () => f.get(t));
  f.simd(simd.mul).set(q);
  f.get(constant(1)).get(constant(1)).get(q).simd(simd.add).simd(simd.div);
};

/** tanh by exp(-2 |x|), with a short series near 0 where that would cancel. */
export const emitTanh: Elementary = (f, x, constant) => {
  const [a, t, q, y] = [f.local(v128), f.local(v128), f.local(v128), f.local(v128)];
  f.get(x).simd(simd.abs).tee(a).get(constant(-2)).simd(simd.mul).set(y);
  emitDecay(f, y, constant);
  f.set(t);
  f.get(a).get(a).simd(simd.mul).set(q);
  f.get(a);
  f.get(constant(2.1869488e-2)).get(q).simd(simd.mul).get(constant(5.3968254e-2)).simd(simd.sub);
  f.get(q).simd(simd.mul).get(constant(1.3333333e-1)).simd(simd.add);
  f.get(q).simd(simd.mul).get(constant(3.3333333e-1)).simd(simd.sub);
  f.get(q).simd(simd.mul).get(a).simd(simd.mul).simd(simd.add);
  f.get(constant(1)).get(t).simd(simd.sub).get(constant(1)).get(t).simd(simd.add).simd(simd.div);
  f.get(a).get(constant(0.25)).simd(simd.lt).simd(simd.bitselect);
  f.get(x).lanes(sign, sign, sign, sign).simd(simd.and).simd(simd.or);
};
