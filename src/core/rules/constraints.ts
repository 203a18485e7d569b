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
 * The first hard constraint that `n` breaks by the mean of all its measurements, as a sentence. Bounds of a relative
 * constraint are factors of the value of the version that it was built on.
 */
export function brokenConstraint(state: LabState, arena: Arena, n: number, deviceClass: string): string | undefined {
  const { parent } = state.experiments[n]!.idea;
  for (const constraint of arena.constraints.filter((entry) => entry.hard)) {
    const value = secondaryMetric(state, n, deviceClass, constraint.metric);
    if (value === undefined) return `constraint on ${constraint.metric}: the evaluator did not report it`;
    const scale = constraint.relative ? secondaryMetric(state, parent, deviceClass, constraint.metric) : 1;
    if (scale === undefined)
      return `constraint on ${constraint.metric}: ${nameOf(parent)}, which #${n} was built on, has no value to compare with`;
    const problem = describeBreach(constraint, value, scale, nameOf(parent));
    if (problem) return problem;
  }
  return undefined;
}

const nameOf = (n: number): string => (n === 0 ? 'the baseline' : `#${n}`);

function describeBreach(
  constraint: MetricConstraint,
  value: number,
  scale: number,
  parentName: string,
): string | undefined {
  const { metric, min, max, relative } = constraint;
  const formatLimit = (factor: number): string =>
    relative
      ? `${formatSignificant(factor * scale)} (${factor} × that of ${parentName}, which it was built on)`
      : formatSignificant(factor);
  if (max !== undefined && value > max * scale)
    return `constraint: ${metric} is ${formatSignificant(value)}, above ${formatLimit(max)}`;
  if (min !== undefined && value < min * scale)
    return `constraint: ${metric} is ${formatSignificant(value)}, below ${formatLimit(min)}`;
  return undefined;
}
