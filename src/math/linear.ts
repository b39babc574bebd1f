// Small dense algebra in float64: what checks need, no more.

/** Solves A x = b in place by Gaussian elimination with partial pivoting; A is n x n, row-major. Both are overwritten; x is `b`. */
export function solve(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[pivot * n + k]!)) pivot = i;
    if (pivot !== k) {
      for (let j = k; j < n; j++) [a[k * n + j], a[pivot * n + j]] = [a[pivot * n + j]!, a[k * n + j]!];
      [b[k], b[pivot]] = [b[pivot]!, b[k]!];
    }
    const diagonal = a[k * n + k]!;
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k]! / diagonal;
      if (factor === 0) continue;
      for (let j = k; j < n; j++) a[i * n + j]! -= factor * a[k * n + j]!;
      b[i]! -= factor * b[k]!;
    }
  }
  for (let k = n - 1; k >= 0; k--) {
    for (let j = k + 1; j < n; j++) b[k]! -= a[k * n + j]! * b[j]!;
    b[k]! /= a[k * n + k]!;
  }
  return b;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}

/** Cosine of the angle between two vectors; 0 if one of them is 0. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const size = norm(a) * norm(b);
  return size === 0 ? 0 : dot(a, b) / size;
}

/** The transpose of a row-major matrix [rows, columns]. */
export function transposed(a: Float64Array, rows: number, columns: number): Float64Array {
  const t = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) t[j * rows + i] = a[i * columns + j]!;
  return t;
}

/**
 * Orthonormal rows that span what the leading rows of a wide row-major matrix span: Gram and Schmidt, each row twice, which
 * is enough (Kahan). The triangular factor's diagonal is positive, so normal numbers give uniformly distributed rotations.
 */
export function orthonormalRows(matrix: Float64Array, columns: number): Float64Array {
  const q = Float64Array.from(matrix);
  const row = (k: number): Float64Array => q.subarray(k * columns, (k + 1) * columns);
  for (let k = 0; k * columns < q.length; k++) {
    const own = row(k);
    for (let pass = 0; pass < 2; pass++)
      for (let other = 0; other < k; other++) {
        const before = row(other);
        const share = dot(own, before);
        for (let j = 0; j < columns; j++) own[j]! -= share * before[j]!;
      }
    const length = norm(own);
    for (let j = 0; j < columns; j++) own[j]! /= length;
  }
  return q;
}
