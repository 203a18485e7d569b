/**
 * Which configurations cannot be measured at all (crash, out of memory, time out), learned from the ones that could not. Two small models
 * are averaged: a logistic regression on the coordinates (half-spaces: "too deep times too wide", in few trials whatever the dimension) and
 * a Gaussian process on the labels (any shape, near what was seen). A failure never becomes a score.
 */
import { Gp } from './gp.ts';
import { cholesky, solveLower, solveUpper } from './matrix.ts';
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

/** Regression of the labels by a Gaussian process ("label regression", Rasmussen & Williams 2006, section 6.5), squashed by the normal. */
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
