/** The Pareto front of a lab, where the manifest asks for one. */
import { nonDominated } from '../../base/rank.ts';
import { mean } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import { brokenConstraint, secondaryMetric } from '../rules/constraints.ts';
import { arenaOf, currentDevice, isRuledOut, type LabState, values } from '../state.ts';

/**
 * Experiments that no other beats in the metric and in every metric of the manifest's `front` at once, best metric
 * first. Only numbers of one device class are compared.
 */
export function paretoFront(state: LabState, deviceClass = currentDevice(state)): number[] {
  if ((arenaOf(state).front ?? []).length === 0) return [];
  const points = state.experiments.flatMap((experiment) => {
    const { n, kind } = experiment.idea;
    const isCandidate = kind === 'baseline' || (kind === 'idea' && experiment.state === 'decided');
    const hasFailed = experiment.state === 'decided' && experiment.decision.failure !== undefined;
    if (!isCandidate || hasFailed || isRuledOut(state, n)) return [];
    const at = pointOf(state, n, deviceClass);
    if (at === undefined || brokenConstraint(state, arenaOf(state), n, deviceClass) !== undefined) return [];
    return [{ n, at }];
  });
  return nonDominated(points).map(({ n }) => n);
}

/** The metric and those of the front, larger is better; undefined where one is missing. */
function pointOf(state: LabState, n: number, deviceClass: string): readonly number[] | undefined {
  const arena = arenaOf(state);
  const metricValues = values(state, n, deviceClass);
  if (metricValues.length === 0) return undefined;
  const otherMetrics = arena.front!.map(
    ({ metric, direction }) =>
      (direction === 'maximize' ? 1 : -1) * (secondaryMetric(state, n, deviceClass, metric) ?? Number.NaN),
  );
  return otherMetrics.some(Number.isNaN) ? undefined : [signOf(arena) * mean(metricValues), ...otherMetrics];
}
