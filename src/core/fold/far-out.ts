/**
 * Numbers that lie far out among the numbers of the same code: a disturbed machine, once in fifty runs. outliers/1 sets
 * them aside, so that the others decide; the planner measures again where a number is missing then. It judges by the
 * robust noise of the lab, which such numbers cannot widen.
 */
import { medianOf, standardDeviationOf } from '../../base/stats.ts';
import { valueOf } from '../experiment.ts';
import { type ClassNoise, measurementsOf } from '../state.ts';
import type { WorkingState } from './working-state.ts';

/** Robust standard deviations beyond which a number lies far out, once many repeats say how large one is. */
const FAR_DEVIATIONS = 4;
/** With fewer repeats no bound is known; with so many it is twice as far, because their deviation is unsure. */
const UNSURE_REPEATS = 4;
/** One number in so many may lie far out; where more do, they are what the metric is like. */
const NUMBERS_PER_FAR_ONE = 10;
/** The newest repeats that say how large the noise is. */
const MAX_RESIDUALS = 200;

/**
 * The residuals of a lab with one more: how far a number of experiment `n` lies from those of the same code before it.
 * The first number of an idea was chosen for lying far out, so none is compared with it.
 */
export function addResidual(
  residuals: readonly number[] = [],
  n: number,
  earlierValues: readonly number[],
  value: number,
): readonly number[] {
  const comparable = n === 0 ? earlierValues : earlierValues.slice(1);
  const count = comparable.length;
  if (count === 0) return residuals;
  const residual = Math.abs(value - medianOf(comparable)) * Math.sqrt(count / (count + 1));
  return [...residuals.slice(1 - MAX_RESIDUALS), residual];
}

/** Distance from the median of its code beyond which a number lies far out; infinite while that is not known. */
export const farBound = (residuals: readonly number[] = []): number => FAR_DEVIATIONS * safeDeviation(residuals);

/** The robust deviation of a lab, twice as large while only four repeats tell it; infinite while it is not known. */
export function safeDeviation(residuals: readonly number[] = []): number {
  if (residuals.length < UNSURE_REPEATS) return Number.POSITIVE_INFINITY;
  const robustDeviation = 1.4826 * medianOf(residuals);
  // Most repeats agree exactly: rare other values are the noise of such a metric, not a disturbance.
  if (robustDeviation === 0) return Number.POSITIVE_INFINITY;
  return (1 + UNSURE_REPEATS / residuals.length) * robustDeviation;
}

/** Which numbers of experiment `n` lie far out, as it is known by now. */
export function updateFarOut(state: WorkingState, n: number, deviceClass: string, noise: ClassNoise): void {
  const numbers = measurementsOf(state, n).flatMap((measurement) => {
    const value = measurement.deviceClass === deviceClass ? valueOf(measurement) : undefined;
    return value === undefined ? [] : [{ m: measurement.m, value }];
  });
  for (const { m } of numbers) state.farOut.delete(m);
  for (const m of findFarOut(numbers, n, farBound(noise.residuals))) state.farOut.add(m);
}

interface MeasuredNumber {
  readonly m: number;
  readonly value: number;
}

function findFarOut(numbers: readonly MeasuredNumber[], n: number, bound: number): number[] {
  const [first, second, third] = numbers;
  if (!first || !second || bound === Number.POSITIVE_INFINITY) return [];
  if (!third) {
    // Of two that disagree, the one that the idea was chosen by is the suspect.
    return n > 0 && Math.abs(first.value - second.value) > Math.SQRT2 * bound ? [first.m] : [];
  }
  const middle = medianOf(numbers.map(({ value }) => value));
  const isFar = ({ value }: MeasuredNumber): boolean => Math.abs(value - middle) > bound;
  const [far, others] = [numbers.filter(isFar), numbers.filter((number) => !isFar(number))];
  // Code whose other numbers spread widely too is a noisy one, and its far numbers are what it is like.
  const isQuietCode = standardDeviationOf(others.map(({ value }) => value)) <= bound / (FAR_DEVIATIONS / 2);
  return isQuietCode && far.length <= Math.ceil(numbers.length / NUMBERS_PER_FAR_ONE) ? far.map(({ m }) => m) : [];
}
