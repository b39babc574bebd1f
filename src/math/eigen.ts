// Eigenvalues and eigenvectors of a symmetric matrix in float64: Householder's reduction to three diagonals, then implicit
// shifted QL steps (Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3). For small dense matrices.

export interface Eigen {
  /** In no order. */
  readonly values: Float64Array;
  /** n x n, row-major; column k belongs to value k. All columns are orthonormal. */
  readonly vectors: Float64Array;
}

/** Of the n x n matrix, row-major, of which the lower triangle is read. */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): Eigen {
  const a = Float64Array.from(matrix);
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  // Rows of `vectors` while it is being made are columns of Q: QL's rotations then touch memory in order.
  const q = new Float64Array(n * n);
  for (let k = 0; k < n; k++) q[k * n + k] = 1;
  reduce(a, n, diagonal, off, q);
  iterate(diagonal, off, n, q);
  const vectors = new Float64Array(n * n);
  for (let k = 0; k < n; k++) for (let i = 0; i < n; i++) vectors[i * n + k] = q[k * n + i]!;
  return { values: diagonal, vectors };
}

/** A = Q T Q': T in `diagonal` and `off` (off[k] couples k and k + 1), Q transposed in `q`. */
function reduce(a: Float64Array, n: number, diagonal: Float64Array, off: Float64Array, q: Float64Array): void {
  const v = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    let square = 0;
    for (let i = k + 1; i < n; i++) square += a[i * n + k]! ** 2;
    const size = Math.sqrt(square);
    if (size === 0) continue;
    const head = a[(k + 1) * n + k]!;
    const alpha = head > 0 ? -size : size;
    for (let i = k + 1; i < n; i++) v[i] = a[i * n + k]!;
    v[k + 1] = head - alpha;
    const beta = 1 / (square - head * alpha); // 2 / |v|^2
    // The trailing block becomes H A H = A - v w' - w v', w = p - (beta/2)(p.v) v, p = beta A v.
    // Both triangles of A v from the lower one, row by row.
    p.fill(0);
    for (let i = k + 1; i < n; i++) {
      const vi = v[i]!;
      let sum = a[i * n + i]! * vi;
      for (let j = k + 1; j < i; j++) {
        sum += a[i * n + j]! * v[j]!;
        p[j]! += a[i * n + j]! * vi;
      }
      p[i]! += sum;
    }
    let pv = 0;
    for (let i = k + 1; i < n; i++) {
      p[i]! *= beta;
      pv += p[i]! * v[i]!;
    }
    for (let i = k + 1; i < n; i++) p[i]! -= (beta / 2) * pv * v[i]!;
    for (let i = k + 1; i < n; i++) for (let j = k + 1; j <= i; j++) a[i * n + j]! -= v[i]! * p[j]! + p[i]! * v[j]!;
    a[(k + 1) * n + k] = alpha;
    // Q <- Q H, on the transpose: each row of q is a column of Q.
    p.fill(0);
    for (let i = k + 1; i < n; i++) {
      const vi = beta * v[i]!;
      for (let column = 0; column < n; column++) p[column]! += q[i * n + column]! * vi;
    }
    for (let i = k + 1; i < n; i++) {
      const vi = v[i]!;
      for (let column = 0; column < n; column++) q[i * n + column]! -= p[column]! * vi;
    }
  }
  for (let k = 0; k < n; k++) diagonal[k] = a[k * n + k]!;
  for (let k = 0; k < n - 1; k++) off[k] = a[(k + 1) * n + k]!;
}

/** Implicit QL with Wilkinson's shift on the three diagonals; rotations go into the rows of `q`. */
function iterate(d: Float64Array, e: Float64Array, n: number, q: Float64Array): void {
  for (let low = 0; low < n; low++)
    for (let round = 0; round < 60; round++) {
      let m = low;
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
      if (m === low) break;
      let g = (d[low + 1]! - d[low]!) / (2 * e[low]!);
      const root = Math.hypot(g, 1);
      g = d[m]! - d[low]! + e[low]! / (g + (g >= 0 ? root : -root));
      let [s, c, p] = [1, 1, 0];
      let k = m - 1;
      for (; k >= low; k--) {
        const f = s * e[k]!;
        const b = c * e[k]!;
        const r = Math.hypot(f, g);
        e[k + 1] = r;
        if (r === 0) {
          d[k + 1]! -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[k + 1]! - p;
        const t = (d[k]! - g) * s + 2 * c * b;
        p = s * t;
        d[k + 1] = g + p;
        g = c * t - b;
        const [one, two] = [(k + 1) * n, k * n];
        for (let i = 0; i < n; i++) {
          const held = q[one + i]!;
          q[one + i] = s * q[two + i]! + c * held;
          q[two + i] = c * q[two + i]! - s * held;
        }
      }
      if (k >= low) continue;
      d[low]! -= p;
      e[low] = g;
      e[m] = 0;
    }
}
