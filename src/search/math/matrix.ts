/** The linear algebra that the samplers need, on square matrices in row-major Float64Arrays. Pure arithmetic. */

/** Lower Cholesky factor of a symmetric positive definite matrix; undefined when it is not. */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array | undefined {
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column]!;
      for (let inner = 0; inner < column; inner++) sum -= factor[row * size + inner]! * factor[column * size + inner]!;
      if (row !== column) factor[row * size + column] = sum / factor[column * size + column]!;
      else if (sum > 0) factor[row * size + row] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return factor;
}

/** Solve L x = b, where L is the lower factor and b the right side. */
export function solveLower(factor: Float64Array, rightSide: ArrayLike<number>, size: number): Float64Array {
  const solution = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    let sum = rightSide[row]!;
    for (let inner = 0; inner < row; inner++) sum -= factor[row * size + inner]! * solution[inner]!;
    solution[row] = sum / factor[row * size + row]!;
  }
  return solution;
}

/** Solve Lᵀ x = b, where L is the lower factor and b the right side. */
export function solveUpper(factor: Float64Array, rightSide: ArrayLike<number>, size: number): Float64Array {
  const solution = new Float64Array(size);
  for (let row = size - 1; row >= 0; row--) {
    let sum = rightSide[row]!;
    for (let inner = row + 1; inner < size; inner++) sum -= factor[inner * size + row]! * solution[inner]!;
    solution[row] = sum / factor[row * size + row]!;
  }
  return solution;
}
