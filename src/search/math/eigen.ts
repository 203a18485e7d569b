/**
 * Eigenvalues and eigenvectors of symmetric matrices: Householder reduction to tridiagonal form, then implicit QL steps
 * (Bowdler, Martin, Reinsch & Wilkinson, "The QR and QL algorithms for symmetric matrices", 1968; tred2 and tql2 of
 * EISPACK). Row-major Float64Arrays, pure arithmetic.
 */

export interface Eigen {
  /** Ascending. */
  readonly eigenvalues: Float64Array;
  /** Column k (entries k, n + k, …) is the unit eigenvector of value k. */
  readonly eigenvectors: Float64Array;
}

/** The matrix must be finite: a NaN gives NaNs. */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const unsorted = Float64Array.from(matrix);
  const [diagonal, subdiagonal] = [new Float64Array(size), new Float64Array(size)];
  reduceToTridiagonal(unsorted, diagonal, subdiagonal, size);
  accumulateReflections(unsorted, diagonal, size);
  diagonaliseTridiagonal(unsorted, diagonal, subdiagonal, size);
  const order = Array.from({ length: size }, (_, index) => index).sort(
    (left, right) => diagonal[left]! - diagonal[right]!,
  );
  const eigenvectors = new Float64Array(size * size);
  for (const [column, source] of order.entries())
    for (let row = 0; row < size; row++) eigenvectors[row * size + column] = unsorted[row * size + source]!;
  return { eigenvalues: Float64Array.from(order, (index) => diagonal[index]!), eigenvectors };
}

/**
 * Reduce the matrix to tridiagonal form, with the subdiagonal in `subdiagonal`. The reflections stay in `matrix`, their
 * lengths in `diagonal`.
 */
function reduceToTridiagonal(
  matrix: Float64Array,
  diagonal: Float64Array,
  subdiagonal: Float64Array,
  size: number,
): void {
  for (let column = 0; column < size; column++) diagonal[column] = matrix[(size - 1) * size + column]!;
  for (let row = size - 1; row > 0; row--) {
    let scale = 0;
    for (let column = 0; column < row; column++) scale += Math.abs(diagonal[column]!);
    if (scale > 0) {
      diagonal[row] = reflectRow(matrix, diagonal, subdiagonal, size, row, scale);
      continue;
    }
    subdiagonal[row] = diagonal[row - 1]!;
    for (let column = 0; column < row; column++) {
      diagonal[column] = matrix[(row - 1) * size + column]!;
      matrix[row * size + column] = matrix[column * size + row] = 0;
    }
    diagonal[row] = 0;
  }
}

/**
 * One Householder reflection that zeroes a row left of the subdiagonal. Returns half the squared length of its vector.
 */
function reflectRow(
  matrix: Float64Array,
  diagonal: Float64Array,
  subdiagonal: Float64Array,
  size: number,
  row: number,
  scale: number,
): number {
  let squaredNorm = 0;
  for (let column = 0; column < row; column++) {
    diagonal[column]! /= scale;
    squaredNorm += diagonal[column]! * diagonal[column]!;
  }
  const lastEntry = diagonal[row - 1]!;
  const signedNorm = lastEntry > 0 ? -Math.sqrt(squaredNorm) : Math.sqrt(squaredNorm);
  subdiagonal[row] = scale * signedNorm;
  squaredNorm -= lastEntry * signedNorm;
  diagonal[row - 1] = lastEntry - signedNorm;
  subdiagonal.fill(0, 0, row);
  for (let column = 0; column < row; column++) {
    const vectorEntry = diagonal[column]!;
    matrix[column * size + row] = vectorEntry;
    let sum = subdiagonal[column]! + matrix[column * size + column]! * vectorEntry;
    for (let inner = column + 1; inner < row; inner++) {
      const matrixEntry = matrix[inner * size + column]!;
      sum += matrixEntry * diagonal[inner]!;
      subdiagonal[inner]! += matrixEntry * vectorEntry;
    }
    subdiagonal[column] = sum;
  }
  let dotProduct = 0;
  for (let column = 0; column < row; column++) {
    subdiagonal[column]! /= squaredNorm;
    dotProduct += subdiagonal[column]! * diagonal[column]!;
  }
  const correction = dotProduct / (squaredNorm + squaredNorm);
  for (let column = 0; column < row; column++) subdiagonal[column]! -= correction * diagonal[column]!;
  for (let column = 0; column < row; column++) {
    const vectorEntry = diagonal[column]!;
    const productEntry = subdiagonal[column]!;
    for (let inner = column; inner < row; inner++)
      matrix[inner * size + column]! -= vectorEntry * subdiagonal[inner]! + productEntry * diagonal[inner]!;
    diagonal[column] = matrix[(row - 1) * size + column]!;
    matrix[row * size + column] = 0;
  }
  return squaredNorm;
}

/** Write the product of the reflections into `vectors`, and the diagonal into `diagonal`. */
function accumulateReflections(vectors: Float64Array, diagonal: Float64Array, size: number): void {
  const lastRow = (size - 1) * size;
  for (let step = 0; step < size - 1; step++) {
    vectors[lastRow + step] = vectors[step * size + step]!;
    vectors[step * size + step] = 1;
    const squaredNorm = diagonal[step + 1]!;
    if (squaredNorm !== 0) {
      for (let row = 0; row <= step; row++) diagonal[row] = vectors[row * size + step + 1]! / squaredNorm;
      for (let column = 0; column <= step; column++) {
        let projection = 0;
        for (let row = 0; row <= step; row++)
          projection += vectors[row * size + step + 1]! * vectors[row * size + column]!;
        for (let row = 0; row <= step; row++) vectors[row * size + column]! -= projection * diagonal[row]!;
      }
    }
    for (let row = 0; row <= step; row++) vectors[row * size + step + 1] = 0;
  }
  for (let column = 0; column < size; column++) {
    diagonal[column] = vectors[lastRow + column]!;
    vectors[lastRow + column] = 0;
  }
  vectors[lastRow + size - 1] = 1;
}

/** QL steps with implicit shifts, until every subdiagonal entry is negligible beside its neighbours. */
function diagonaliseTridiagonal(
  vectors: Float64Array,
  diagonal: Float64Array,
  subdiagonal: Float64Array,
  size: number,
): void {
  subdiagonal.copyWithin(0, 1);
  subdiagonal[size - 1] = 0;
  let [shifted, largest] = [0, 0];
  for (let start = 0; start < size; start++) {
    largest = Math.max(largest, Math.abs(diagonal[start]!) + Math.abs(subdiagonal[start]!));
    let end = start;
    while (end < size - 1 && Math.abs(subdiagonal[end]!) > Number.EPSILON * largest) end++;
    // Convergence is cubic; thirty steps are the limit of the published routine.
    for (let step = 0; end > start && step < 30 && Math.abs(subdiagonal[start]!) > Number.EPSILON * largest; step++) {
      const corner = diagonal[start]!;
      const halfGap = (diagonal[start + 1]! - corner) / (2 * subdiagonal[start]!);
      const root = halfGap < 0 ? -Math.hypot(halfGap, 1) : Math.hypot(halfGap, 1);
      diagonal[start] = subdiagonal[start]! / (halfGap + root);
      diagonal[start + 1] = subdiagonal[start]! * (halfGap + root);
      const shift = corner - diagonal[start]!;
      for (let index = start + 2; index < size; index++) diagonal[index]! -= shift;
      shifted += shift;
      qlStep(vectors, diagonal, subdiagonal, size, start, end);
    }
    diagonal[start]! += shifted;
    subdiagonal[start] = 0;
  }
}

/** Chase the bulge from `end` up to `start`, and collect the rotations in `vectors`. */
function qlStep(
  vectors: Float64Array,
  diagonal: Float64Array,
  subdiagonal: Float64Array,
  size: number,
  start: number,
  end: number,
): void {
  let pivot = diagonal[end]!;
  let cosine = 1;
  let previousCosine = 1;
  let earlierCosine = 1;
  let sine = 0;
  let previousSine = 0;
  const after = diagonal[start + 1]!;
  const below = subdiagonal[start + 1]!;
  for (let index = end - 1; index >= start; index--) {
    earlierCosine = previousCosine;
    previousCosine = cosine;
    previousSine = sine;
    const scaledSubdiagonal = cosine * subdiagonal[index]!;
    const scaledPivot = cosine * pivot;
    const radius = Math.sqrt(pivot * pivot + subdiagonal[index]! * subdiagonal[index]!);
    subdiagonal[index + 1] = sine * radius;
    sine = subdiagonal[index]! / radius;
    cosine = pivot / radius;
    pivot = cosine * diagonal[index]! - sine * scaledSubdiagonal;
    diagonal[index + 1] = scaledPivot + sine * (cosine * scaledSubdiagonal + sine * diagonal[index]!);
    for (let row = 0, position = index; row < size; row++, position += size) {
      const left = vectors[position]!;
      const right = vectors[position + 1]!;
      vectors[position + 1] = sine * left + cosine * right;
      vectors[position] = cosine * left - sine * right;
    }
  }
  pivot = (-sine * previousSine * earlierCosine * below * subdiagonal[start]!) / after;
  subdiagonal[start] = sine * pivot;
  diagonal[start] = cosine * pivot;
}
