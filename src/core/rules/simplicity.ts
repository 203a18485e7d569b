/**
 * What counts beside the number that an evaluator gives: penalties that enter it, and what makes one change simpler
 * than another. Pure; the weights are the manifest's, never an agent's.
 */
import { LARGE_DIFF_LINES } from './margin.ts';
import type { Arena } from '../arena.ts';
import type { Outcome } from '../event.ts';
import type { Code } from '../experiment.ts';

/** The metric as the evaluator gave it, beside the number that decides. */
export const BEFORE_PENALTIES = 'before_penalties';

/**
 * What decides: the metric, made worse by each penalty times its weight. A penalty that was not reported is no number.
 */
export function penalised({ penalties = [], metric }: Pick<Arena, 'penalties' | 'metric'>, outcome: Outcome): Outcome {
  if (penalties.length === 0 || outcome.kind !== 'measured') return outcome;
  const missing = penalties.find((one) => outcome.metrics[one.metric] === undefined);
  if (missing)
    return {
      kind: 'crashed',
      class: 'metric-missing',
      message: `the penalty on ${missing.metric} cannot be counted: it was not reported`,
    };
  const worse = penalties.reduce((sum, one) => sum + one.weight * outcome.metrics[one.metric]!, 0);
  const value = outcome.value + (metric.direction === 'minimize' ? worse : -worse);
  return { ...outcome, value, metrics: { ...outcome.metrics, [BEFORE_PENALTIES]: outcome.value } };
}

/** Does a recorded outcome follow from the metric and the penalties beside it? */
export function followsFromPenalties(arena: Pick<Arena, 'penalties' | 'metric'>, outcome: Outcome): boolean {
  if ((arena.penalties ?? []).length === 0 || outcome.kind !== 'measured') return true;
  const { [BEFORE_PENALTIES]: value, ...metrics } = outcome.metrics;
  if (value === undefined) return false;
  const again = penalised(arena, { ...outcome, value, metrics });
  return again.kind === 'measured' && again.value === outcome.value;
}

/** A model this much smaller is a simpler one. */
const FEWER = 0.99;

/**
 * Steps of the margin that a change must be worth: none when it makes things simpler (only deletes lines, needs fewer
 * packages, fewer parameters), so that it wins every tie; two when it adds many lines or a package; else one.
 */
export function marginSteps(
  { added, deleted, dependencies = 0 }: Pick<Code, 'added' | 'deleted' | 'dependencies'>,
  parameters?: readonly [number, number],
): 0 | 1 | 2 {
  if (added > LARGE_DIFF_LINES || dependencies > 0) return 2;
  const smaller = parameters !== undefined && parameters[0] < FEWER * parameters[1];
  return (added === 0 && deleted > 0) || dependencies < 0 || smaller ? 0 : 1;
}
