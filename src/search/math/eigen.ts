/**
 * Eigenvalues and eigenvectors of symmetric matrices: Householder reduction to tridiagonal form, then implicit QL steps
 * (Bowdler, Martin, Reinsch & Wilkinson, "The QR and QL algorithms for symmetric matrices", 1968; tred2 and tql2 of
 * EISPACK). Row-major Float64Arrays, pure arithmetic.
 */

export interface Eigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** Column k (entries k, n + k, …) is the unit eigenvector of value k. */
  readonly vectors: Float64Array;
}

/** The matrix must be finite: a NaN gives NaNs. */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const v = Float64Array.from(matrix);
  const [d, e] = [new Float64Array(n), new Float64Array(n)];
  reduce(v, d, e, n);
  accumulate(v, d, n);
  diagonalise(v, d, e, n);
  const order = Array.from({ length: n }, (_, i) => i).sort((x, y) => d[x]! - d[y]!);
  const vectors = new Float64Array(n * n);
  for (const [k, from] of order.entries()) for (let i = 0; i < n; i++) vectors[i * n + k] = v[i * n + from]!;
  return { values: Float64Array.from(order, (i) => d[i]!), vectors };
}

/** To tridiagonal form with the subdiagonal in `e`; the reflections stay in `v`, their lengths in `d`. */
function reduce(v: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) d[j] = v[(n - 1) * n + j]!;
  for (let i = n - 1; i > 0; i--) {
    let scale = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]!);
    if (scale > 0) {
      d[i] = reflect(v, d, e, n, i, scale);
      continue;
    }
    e[i] = d[i - 1]!;
    for (let j = 0; j < i; j++) {
      d[j] = v[(i - 1) * n + j]!;
      v[i * n + j] = v[j * n + i] = 0;
    }
    d[i] = 0;
  }
}

/**
 * One Householder reflection that zeroes row i left of the subdiagonal; returns half the squared length of its vector.
 */
function reflect(v: Float64Array, d: Float64Array, e: Float64Array, n: number, i: number, scale: number): number {
  let h = 0;
  for (let k = 0; k < i; k++) {
    d[k]! /= scale;
    h += d[k]! * d[k]!;
  }
  const f = d[i - 1]!;
  const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
  e[i] = scale * g;
  h -= f * g;
  d[i - 1] = f - g;
  e.fill(0, 0, i);
  for (let j = 0; j < i; j++) {
    const dj = d[j]!;
    v[j * n + i] = dj;
    let sum = e[j]! + v[j * n + j]! * dj;
    for (let k = j + 1; k < i; k++) {
      const vkj = v[k * n + j]!;
      sum += vkj * d[k]!;
      e[k]! += vkj * dj;
    }
    e[j] = sum;
  }
  let dot = 0;
  for (let j = 0; j < i; j++) {
    e[j]! /= h;
    dot += e[j]! * d[j]!;
  }
  const half = dot / (h + h);
  for (let j = 0; j < i; j++) e[j]! -= half * d[j]!;
  for (let j = 0; j < i; j++) {
    const dj = d[j]!;
    const ej = e[j]!;
    for (let k = j; k < i; k++) v[k * n + j]! -= dj * e[k]! + ej * d[k]!;
    d[j] = v[(i - 1) * n + j]!;
    v[i * n + j] = 0;
  }
  return h;
}

/** The product of the reflections into `v`, the diagonal into `d`. */
function accumulate(v: Float64Array, d: Float64Array, n: number): void {
  const last = (n - 1) * n;
  for (let i = 0; i < n - 1; i++) {
    v[last + i] = v[i * n + i]!;
    v[i * n + i] = 1;
    const h = d[i + 1]!;
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = v[k * n + i + 1]! / h;
      for (let j = 0; j <= i; j++) {
        let g = 0;
        for (let k = 0; k <= i; k++) g += v[k * n + i + 1]! * v[k * n + j]!;
        for (let k = 0; k <= i; k++) v[k * n + j]! -= g * d[k]!;
      }
    }
    for (let k = 0; k <= i; k++) v[k * n + i + 1] = 0;
  }
  for (let j = 0; j < n; j++) {
    d[j] = v[last + j]!;
    v[last + j] = 0;
  }
  v[last + n - 1] = 1;
}

/** QL steps with implicit shifts until every subdiagonal entry is nothing beside its neighbours. */
function diagonalise(v: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  let [shifted, largest] = [0, 0];
  for (let l = 0; l < n; l++) {
    largest = Math.max(largest, Math.abs(d[l]!) + Math.abs(e[l]!));
    let m = l;
    while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * largest) m++;
    // A step gains cubically; thirty is the limit of the published routine.
    for (let step = 0; m > l && step < 30 && Math.abs(e[l]!) > Number.EPSILON * largest; step++) {
      const g = d[l]!;
      const p = (d[l + 1]! - g) / (2 * e[l]!);
      const r = p < 0 ? -Math.hypot(p, 1) : Math.hypot(p, 1);
      d[l] = e[l]! / (p + r);
      d[l + 1] = e[l]! * (p + r);
      const h = g - d[l]!;
      for (let i = l + 2; i < n; i++) d[i]! -= h;
      shifted += h;
      qlStep(v, d, e, n, l, m);
    }
    d[l]! += shifted;
    e[l] = 0;
  }
}

/** Chase the bulge from m up to l, and collect the rotations in `v`. */
function qlStep(v: Float64Array, d: Float64Array, e: Float64Array, n: number, l: number, m: number): void {
  let p = d[m]!;
  let c = 1;
  let c2 = 1;
  let c3 = 1;
  let s = 0;
  let s2 = 0;
  const after = d[l + 1]!;
  const below = e[l + 1]!;
  for (let i = m - 1; i >= l; i--) {
    c3 = c2;
    c2 = c;
    s2 = s;
    const g = c * e[i]!;
    const h = c * p;
    const r = Math.sqrt(p * p + e[i]! * e[i]!);
    e[i + 1] = s * r;
    s = e[i]! / r;
    c = p / r;
    p = c * d[i]! - s * g;
    d[i + 1] = h + s * (c * g + s * d[i]!);
    for (let k = 0, at = i; k < n; k++, at += n) {
      const x = v[at]!;
      const y = v[at + 1]!;
      v[at + 1] = s * x + c * y;
      v[at] = c * x - s * y;
    }
  }
  p = (-s * s2 * c3 * below * e[l]!) / after;
  e[l] = s * p;
  d[l] = c * p;
}
