/** Constraints of the manifest: bounds on secondary metrics that a candidate must keep. */
import { mean } from '../../base/stats.ts';
import type { Arena, MetricConstraint } from '../arena.ts';
import { type LabState, measurementsOf } from '../state.ts';
import { formatSignificant } from './margin.ts';

/** Mean of a secondary metric over the measurements of an experiment; undefined where none reported it. */
export function secondaryMetric(state: LabState, n: number, deviceClass: string, metric: string): number | undefined {
  const metricValues = measurementsOf(state, n).flatMap((measurement) =>
    measurement.deviceClass === deviceClass &&
    measurement.state === 'finished' &&
    measurement.outcome.kind === 'measured' &&
    measurement.outcome.metrics[metric] !== undefined
      ? [measurement.outcome.metrics[metric]]
      : [],
  );
  return metricValues.length > 0 ? mean(metricValues) : undefined;
}

/**
 * The first hard constraint that candidate `n` breaks, as a sentence. Bounds of a relative constraint are factors of
 * the value of `against`.
 */
export function brokenConstraint(
  state: LabState,
  arena: Arena,
  n: number,
  against: number,
  deviceClass: string,
): string | undefined {
  for (const constraint of arena.constraints.filter((entry) => entry.hard)) {
    const value = secondaryMetric(state, n, deviceClass, constraint.metric);
    if (value === undefined) return `constraint on ${constraint.metric}: the evaluator did not report it`;
    const scale = constraint.relative ? secondaryMetric(state, against, deviceClass, constraint.metric) : 1;
    if (scale === undefined) return `constraint on ${constraint.metric}: the incumbent has no value to compare with`;
    const problem = describeBreach(constraint, value, scale);
    if (problem) return problem;
  }
  return undefined;
}

function describeBreach(constraint: MetricConstraint, value: number, scale: number): string | undefined {
  const { metric, min, max, relative } = constraint;
  const formatLimit = (factor: number): string =>
    relative ? `${formatSignificant(factor * scale)} (${factor} × the incumbent’s)` : formatSignificant(factor);
  if (max !== undefined && value > max * scale)
    return `constraint: ${metric} is ${formatSignificant(value)}, above ${formatLimit(max)}`;
  if (min !== undefined && value < min * scale)
    return `constraint: ${metric} is ${formatSignificant(value)}, below ${formatLimit(min)}`;
  return undefined;
}
