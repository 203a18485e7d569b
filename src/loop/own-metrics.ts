/**
 * What the harness adds to an evaluator's number: metrics of its own, the least work, a note of a screening run. Pure.
 */
import { standardDeviationOf } from '../base/stats.ts';
import type { Arena } from '../core/arena.ts';
import type { ModelUses } from '../core/model-use.ts';
import type { Conditions, Outcome } from '../core/outcome.ts';
import { crashOutcome } from './faults.ts';
import { targetMetrics } from './measured-models.ts';

type MeasuredOutcome = Extract<Outcome, { kind: 'measured' }>;

/**
 * Add what the harness measured itself, under names that evaluators may not use. What it counted of models stands in
 * place of what an evaluator says about that.
 */
export function withOwnMetrics(arena: Arena, outcome: Outcome, conditions: Conditions): Outcome {
  if (outcome.kind !== 'measured') return outcome;
  const { memoryMb: memory_mb, wallS: wall_s, cpuS: cpu_s, budgetedS: budgeted_s, models } = conditions;
  const own = { ...spreadOf(outcome), memory_mb, wall_s, cpu_s, budgeted_s, ...targetMetrics(arena, models) };
  return withMetrics(withoutModelMetrics(arena, outcome), own);
}

/** Add what was used of models, for an outcome that a candidate did not run for again. */
export function withTargetMetrics(arena: Arena, outcome: Outcome, uses: ModelUses | undefined): Outcome {
  if (outcome.kind !== 'measured') return outcome;
  return withMetrics(withoutModelMetrics(arena, outcome), targetMetrics(arena, uses));
}

/** Add how far the samples of one measurement lie apart, for the arena's penalty on unstable results. */
export function withSpread(outcome: Outcome): Outcome {
  return outcome.kind === 'measured' ? withMetrics(outcome, spreadOf(outcome)) : outcome;
}

/** In an arena with a model nobody but the harness says what it used, also where it knows no price. */
function withoutModelMetrics({ model }: Arena, outcome: MeasuredOutcome): MeasuredOutcome {
  if (!model) return outcome;
  const {
    target_tokens: _tokens,
    target_usd: _usd,
    evaluator_tokens: _judge,
    evaluator_usd: _cost,
    ...metrics
  } = outcome.metrics;
  return { ...outcome, metrics };
}

const withMetrics = (outcome: MeasuredOutcome, metrics: Readonly<Record<string, number>>): Outcome => ({
  ...outcome,
  metrics: { ...outcome.metrics, ...metrics },
});

const spreadOf = ({ samples = [] }: MeasuredOutcome): Readonly<Record<string, number>> =>
  samples.length > 1 ? { sample_sd: standardDeviationOf(samples) } : {};

/** A number counts only with the least work that the manifest demands. */
export function requireMinimumWork({ minimum }: Arena, outcome: Outcome, conditions: Conditions): Outcome {
  if (!minimum || outcome.kind !== 'measured') return outcome;
  if (minimum.seconds !== undefined && conditions.budgetedS < minimum.seconds)
    return crashOutcome(
      'too-little-work',
      `the candidate worked ${conditions.budgetedS.toFixed(2)} s, at least ${minimum.seconds} s are asked for`,
    );
  for (const [metricName, minimumValue] of Object.entries(minimum.metrics)) {
    const value = outcome.metrics[metricName];
    if (value === undefined || value < minimumValue)
      return crashOutcome(
        'too-little-work',
        `${metricName} is ${value ?? 'not reported'}, at least ${minimumValue} is asked for`,
      );
  }
  return outcome;
}

/** A failure of a screening run says that it was one. */
export function noteScreening({ screen }: Arena, outcome: Outcome): Outcome {
  if (outcome.kind === 'measured') return outcome;
  return { ...outcome, message: `in the first ${screen?.seconds} s: ${outcome.message}` };
}
