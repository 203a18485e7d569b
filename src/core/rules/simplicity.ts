/**
 * What counts beside the number that an evaluator gives: penalties that enter it, and what makes one change simpler
 * than another. Pure; the weights are the manifest's, never an agent's.
 */
import type { Arena } from '../arena.ts';
import type { Outcome } from '../outcome.ts';
import type { Code } from '../experiment.ts';

/** The metric as the evaluator gave it, beside the number that decides. */
export const BEFORE_PENALTIES = 'before_penalties';

/**
 * What decides: the metric, made worse by each penalty times its weight. A penalty that was not reported is no number.
 */
export function applyPenalties(
  { penalties = [], metric }: Pick<Arena, 'penalties' | 'metric'>,
  outcome: Outcome,
): Outcome {
  if (penalties.length === 0 || outcome.kind !== 'measured') return outcome;
  const missingPenalty = penalties.find((penalty) => outcome.metrics[penalty.metric] === undefined);
  if (missingPenalty)
    return {
      kind: 'crashed',
      class: 'metric-missing',
      message: `the penalty on ${missingPenalty.metric} cannot be counted: it was not reported`,
    };
  const penaltySum = penalties.reduce((total, penalty) => total + penalty.weight * outcome.metrics[penalty.metric]!, 0);
  const penalisedValue = outcome.value + (metric.direction === 'minimize' ? penaltySum : -penaltySum);
  return { ...outcome, value: penalisedValue, metrics: { ...outcome.metrics, [BEFORE_PENALTIES]: outcome.value } };
}

/** Does a recorded outcome follow from the metric and the penalties beside it? */
export function followsFromPenalties(arena: Pick<Arena, 'penalties' | 'metric'>, outcome: Outcome): boolean {
  if ((arena.penalties ?? []).length === 0 || outcome.kind !== 'measured') return true;
  const { [BEFORE_PENALTIES]: value, ...metrics } = outcome.metrics;
  if (value === undefined) return false;
  const recomputed = applyPenalties(arena, { ...outcome, value, metrics });
  return recomputed.kind === 'measured' && recomputed.value === outcome.value;
}

/** Added lines above which a change must be worth two steps of the margin. */
const LARGE_DIFF_LINES = 20;
/** A model this much smaller is a simpler one. */
const SMALLER_MODEL_FACTOR = 0.99;

/**
 * Steps of the margin that a change must be worth: none when it makes things simpler (only deletes lines, needs fewer
 * packages, fewer parameters), so that it wins every tie; two when it adds many lines or a package; else one.
 */
export function marginSteps(
  { added, deleted, dependencies = 0 }: Pick<Code, 'added' | 'deleted' | 'dependencies'>,
  parameters?: readonly [number, number],
): 0 | 1 | 2 {
  if (added > LARGE_DIFF_LINES || dependencies > 0) return 2;
  const isSmaller = parameters !== undefined && parameters[0] < SMALLER_MODEL_FACTOR * parameters[1];
  return (added === 0 && deleted > 0) || dependencies < 0 || isSmaller ? 0 : 1;
}
