/**
 * Which configurations cannot be measured at all (crash, out of memory, time out), learned from the ones that could
 * not. Two small models are averaged: a logistic regression on the coordinates (half-spaces: "too deep times too wide",
 * in few trials whatever the dimension) and a Gaussian process on the labels (any shape, near what was seen). A failure
 * never becomes a score.
 */
import { Gp } from './gp/gp.ts';
import { cholesky, solveLower, solveUpper } from './math/matrix.ts';
import { normalCdf } from '../base/distributions.ts';
import type { Point, Space } from './space.ts';

export interface Labelled {
  readonly point: Point;
  readonly ok: boolean;
}

/** Trials the process is fitted to, and how blurred the edge between success and failure is believed to be. */
const ROWS = 64;
const LABEL_NOISE = 0.15;
/** Prior precision of the regression's weights, in units of one range. */
const RIDGE = 0.15;

/** A function from a point to the probability that it can be measured, in (0, 1]. Constantly 1 while nothing failed. */
export function learnFeasibility(space: Space, seen: readonly Labelled[]): (point: Point) => number {
  if (seen.every(({ ok }) => ok)) return () => 1;
  const logistic = fitLogistic(space, seen);
  const process = labelProcess(space, seen);
  return (point) => Math.sqrt(logistic(point) * process(point));
}

/** Coordinates as regression features: centred numbers, categories as indicators, an inactive knob as nothing. */
function features(space: Space, point: Point): Float64Array {
  const out: number[] = [1];
  for (const [j, dim] of space.dims.entries()) {
    const u = point[j]!;
    if (dim.kind === 'numeric') out.push(Number.isNaN(u) ? 0 : 2 * u - 1);
    else for (let k = 0; k < dim.levels; k++) out.push(u === k ? 1 : 0);
  }
  return Float64Array.from(out);
}

/** Trials that a boundary is fitted to: the newest ones say enough about it. */
const NEWEST = 300;
/** The same where there are more features than trials: the cost is then cubic in the trials. */
const NEWEST_OF_MANY = 100;

/** Ridge-penalised logistic regression by Newton's method (Hastie, Tibshirani & Friedman, 4.4.1). */
function fitLogistic(space: Space, seen: readonly Labelled[]): (point: Point) => number {
  const isWide = features(space, seen[0]!.point).length > NEWEST_OF_MANY;
  const rows = seen
    .slice(isWide ? -NEWEST_OF_MANY : -NEWEST)
    .map(({ point, ok }): Row => ({ x: features(space, point), y: ok ? 1 : 0 }));
  const n = rows[0]!.x.length;
  const prior = new Float64Array(n);
  prior[0] = 1;
  const precision = new Float64Array(n).fill(RIDGE);
  precision[0] = 0.02;
  let w = prior;
  for (let iteration = 0; iteration < 8; iteration++) {
    const step = isWide ? dualStep(rows, w, prior, precision) : primalStep(rows, w, prior, precision);
    if (!step) break;
    w = w.map((v, i) => v + step[i]!);
    if (step.every((v) => Math.abs(v) < 1e-6)) break;
  }
  return (point) => Math.max(1e-6, sigmoid(dot(w, features(space, point))));
}

export interface Row {
  readonly x: Float64Array;
  readonly y: number;
}

/** One step of Newton's method: the Hessian has a row for every feature. */
export function primalStep(
  rows: readonly Row[],
  w: Float64Array,
  prior: Float64Array,
  precision: Float64Array,
): Float64Array | undefined {
  const n = w.length;
  const hessian = new Float64Array(n * n);
  const gradient = w.map((v, i) => precision[i]! * (prior[i]! - v));
  for (let i = 0; i < n; i++) hessian[i * n + i] = precision[i]!;
  for (const { x, y } of rows) accumulate(hessian, gradient, x, y - sigmoid(dot(w, x)), sigmoid(dot(w, x)));
  const l = cholesky(hessian, n);
  return l && solveUpper(l, solveLower(l, gradient, n), n);
}

/**
 * The same step by the matrix of the trials (Woodbury): R⁻¹(g − Xᵀ (V⁻¹ + X R⁻¹ Xᵀ)⁻¹ X R⁻¹ g), V the weights of the
 * trials.
 */
export function dualStep(
  rows: readonly Row[],
  w: Float64Array,
  prior: Float64Array,
  precision: Float64Array,
): Float64Array | undefined {
  const m = rows.length;
  const gradient = w.map((v, i) => precision[i]! * (prior[i]! - v));
  const kernel = new Float64Array(m * m);
  for (const [i, { x, y }] of rows.entries()) {
    const p = sigmoid(dot(w, x));
    for (let f = 0; f < x.length; f++) gradient[f]! += (y - p) * x[f]!;
    const scaled = x.map((v, f) => v / precision[f]!);
    for (let j = 0; j <= i; j++) kernel[i * m + j] = kernel[j * m + i] = dot(scaled, rows[j]!.x);
    kernel[i * m + i]! += 1 / Math.max(1e-6, p * (1 - p));
  }
  const l = cholesky(kernel, m);
  if (!l) return undefined;
  const direct = gradient.map((g, f) => g / precision[f]!);
  const seen = solveUpper(
    l,
    solveLower(
      l,
      rows.map(({ x }) => dot(x, direct)),
      m,
    ),
    m,
  );
  const back = new Float64Array(w.length);
  for (const [i, { x }] of rows.entries()) for (let f = 0; f < x.length; f++) back[f]! += seen[i]! * x[f]!;
  return direct.map((v, f) => v - back[f]! / precision[f]!);
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

/**
 * Regression of the labels by a Gaussian process ("label regression", Rasmussen & Williams 2006, section 6.5), squashed
 * by the normal.
 */
function labelProcess(space: Space, seen: readonly Labelled[]): (point: Point) => number {
  const newest = (ok: boolean): Labelled[] => seen.filter((row) => row.ok === ok).slice(-ROWS / 2);
  const rows = [...newest(true), ...newest(false)];
  const data = { points: rows.map((r) => r.point), losses: rows.map((r) => (r.ok ? 0 : 1)), counts: rows.map(() => 1) };
  const gp = new Gp(space, { ...data, noise: LABEL_NOISE, start: undefined });
  return (point) => {
    const { mean, sd } = gp.predict(point);
    return Math.max(1e-6, normalCdf((0.5 - mean) / Math.hypot(0.5 * sd, LABEL_NOISE)));
  };
}

const sigmoid = (t: number): number => 1 / (1 + Math.exp(-t));

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
