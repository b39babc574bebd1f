// Sine and cosine with the same bits on every host, for ways that are chaotic: hosts differ in the last bit of theirs.

/** Coefficients of the Taylor series of sine to x^21 on [-pi/2, pi/2]: the next term is below 2e-18. */
const odd = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800, -1 / 1307674368000, 1 / 355687428096000, -1 / 121645100408832000, 1 / 51090942171709440000]; // prettier-ignore

/** @param turn rad; error below 1e-12 for turns of some thousand rad */
export function sine(turn: number): number {
  const half = Math.round(turn / Math.PI);
  const x = turn - half * Math.PI;
  const square = x * x;
  let sum = 0;
  for (let k = odd.length - 1; k >= 0; k--) sum = sum * square + odd[k]!;
  return (half % 2 === 0 ? 1 : -1) * x * sum;
}
export const cosine = (turn: number): number => sine(turn + Math.PI / 2);
