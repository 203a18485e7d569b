/**
 * Which configurations cannot be measured at all (crash, out of memory, time out), learned from the ones that could not. Two small models
 * are averaged: a logistic regression on the coordinates (half-spaces: "too deep times too wide", in few trials whatever the dimension) and
 * a kernel estimate (any shape, near what was seen). A failure never becomes a score.
 */
import { cholesky, solveLower, solveUpper } from './matrix.ts';
import type { Point, Space } from './space.ts';

export interface Labelled {
  readonly point: Point;
  readonly ok: boolean;
}

/** Kernel width in coordinates, and how much a category that differs still counts. */
const WIDTH = 0.18;
const CATEGORY = 0.35;
/** Prior successes and failures of the kernel estimate: 1 failure in 10 where nothing is known. */
const PRIOR = { ok: 0.9, failed: 0.1 };
/** Prior precision of the regression's weights, in units of one range. */
const RIDGE = 0.15;

/** A function from a point to the probability that it can be measured, in (0, 1]. Constantly 1 while nothing failed. */
export function learnFeasibility(space: Space, seen: readonly Labelled[]): (point: Point) => number {
  if (seen.every(({ ok }) => ok)) return () => 1;
  const logistic = fitLogistic(space, seen);
  const kernel = kernelEstimate(space, seen);
  return (point) => Math.sqrt(logistic(point) * kernel(point));
}

/** Coordinates as regression features: centred numbers, categories as indicators, an inactive knob as nothing. */
export function features(space: Space, point: Point): Float64Array {
  const out: number[] = [1];
  for (const [j, dim] of space.dims.entries()) {
    const u = point[j]!;
    if (dim.kind === 'numeric') out.push(Number.isNaN(u) ? 0 : 2 * u - 1);
    else for (let k = 0; k < dim.levels; k++) out.push(u === k ? 1 : 0);
  }
  return Float64Array.from(out);
}

/** Ridge-penalised logistic regression by Newton's method (Hastie, Tibshirani & Friedman, 4.4.1). */
function fitLogistic(space: Space, seen: readonly Labelled[]): (point: Point) => number {
  // The newest 300 say enough about a boundary; the cost is cubic in the features, linear in the trials.
  const rows = seen.slice(-300).map(({ point, ok }) => ({ x: features(space, point), y: ok ? 1 : 0 }));
  const n = rows[0]!.x.length;
  let w = new Float64Array(n);
  w[0] = 1;
  for (let iteration = 0; iteration < 8; iteration++) {
    const hessian = new Float64Array(n * n);
    const gradient = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const ridge = i === 0 ? 0.02 : RIDGE;
      hessian[i * n + i] = ridge;
      gradient[i] = -ridge * (w[i]! - (i === 0 ? 1 : 0));
    }
    for (const { x, y } of rows) accumulate(hessian, gradient, x, y - sigmoid(dot(w, x)), sigmoid(dot(w, x)));
    const l = cholesky(hessian, n);
    if (!l) break;
    const step = solveUpper(l, solveLower(l, gradient, n), n);
    w = w.map((v, i) => v + step[i]!);
    if (step.every((v) => Math.abs(v) < 1e-6)) break;
  }
  return (point) => Math.max(1e-6, sigmoid(dot(w, features(space, point))));
}

function accumulate(hessian: Float64Array, gradient: Float64Array, x: Float64Array, residual: number, p: number): void {
  const n = x.length;
  const weight = Math.max(1e-6, p * (1 - p));
  for (let i = 0; i < n; i++) {
    const xi = x[i]!;
    if (xi === 0) continue;
    gradient[i]! += residual * xi;
    for (let j = 0; j < n; j++) hessian[i * n + j]! += weight * xi * x[j]!;
  }
}

/** Nadaraya–Watson with a product of normal kernels, pulled towards the prior where nothing is near. */
function kernelEstimate(space: Space, seen: readonly Labelled[]): (point: Point) => number {
  const rows = seen.slice(-300);
  const width = WIDTH * Math.sqrt(Math.max(1, space.dims.length / 3));
  return (point) => {
    let { ok, failed }: { ok: number; failed: number } = PRIOR;
    for (const row of rows) {
      let log = 0;
      for (const [j, dim] of space.dims.entries()) {
        const [a, b] = [point[j]!, row.point[j]!];
        if (Number.isNaN(a) || Number.isNaN(b)) continue;
        if (dim.kind === 'numeric') log -= 0.5 * ((a - b) / width) ** 2;
        else if (a !== b) log += Math.log(CATEGORY);
        if (log < -12) break;
      }
      if (log < -12) continue;
      if (row.ok) ok += Math.exp(log);
      else failed += Math.exp(log);
    }
    return Math.max(1e-6, ok / (ok + failed));
  };
}

const sigmoid = (t: number): number => 1 / (1 + Math.exp(-t));

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
