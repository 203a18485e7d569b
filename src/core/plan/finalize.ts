/**
 * Finalize, as a pure function of the state: ablate each kept step and drop it where the result is no worse; then
 * measure what is left and the baseline side by side, and ask the holdout about both. Knows nothing about how a step is
 * done.
 */
import { defined } from '../../base/defined.ts';
import { comparePairs } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import type { FinalComparison } from '../decision.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { brokenConstraint } from '../rules/constraints.ts';
import { compareFinalItems } from '../rules/item-claims.ts';
import { decidesByItems } from '../rules/item-comparison.ts';
import { holdoutStep, holdoutEffect } from './holdout.ts';
import type { PlanContext, Step } from './step.ts';
import { arenaOf, type LabState, lineage, measurementsOf, pairKnowledgeIn } from '../state.ts';

/** Interleaved pairs of the final comparison. */
export const FINAL_PAIRS = 5;
/** Failures of one side after which the final comparison is given up. */
const MAX_FAILURES = 3;

/** The next step. Open ablations are measured by the plan like any experiment. */
export function finalStep(state: LabState, context: PlanContext, seed: number): Step {
  const n = state.incumbent;
  const stopFinalized = (detail: string): Step => ({ do: 'stop', reason: 'finalized', detail });
  if (context.stopRequested)
    return { do: 'stop', reason: 'asked', detail: 'stopped after the current measurement, as asked' };
  if (n === 0) return stopFinalized('no idea was carried on, so there is nothing to finalize');
  if (state.finalComparison?.n === n) return stopFinalized(`#${n} is measured against the baseline`);
  if (state.running.size > 0) return { do: 'wait' };
  const ablatedStep = nextAblation(state);
  if (ablatedStep !== undefined) return { do: 'ablate', n: ablatedStep };
  const sides = finalSides(state, context.deviceClass);
  const [incumbentFailures, baselineFailures] = [sides.countFailures(n), sides.countFailures(0)];
  if (Math.max(incumbentFailures, baselineFailures) >= MAX_FAILURES) {
    const failing = incumbentFailures > baselineFailures ? n : 0;
    const detail = `#${failing} failed ${MAX_FAILURES} times in the final comparison`;
    return { do: 'stop', reason: 'stuck', detail };
  }
  return (
    measureFinalPair(n, sides, seed) ?? holdoutStep(state, [0, n], seed, context.deviceClass) ?? { do: 'finalize' }
  );
}

/** The side whose turn it is in A B B A; both of a pair under the same seeds. Undefined once all pairs are measured. */
function measureFinalPair(n: number, { incumbentRuns, baselineRuns }: FinalSides, seed: number): Step | undefined {
  const [incumbentCount, baselineCount] = [incumbentRuns.length, baselineRuns.length];
  if (incumbentCount >= FINAL_PAIRS && baselineCount >= FINAL_PAIRS) return undefined;
  const startsPair = incumbentCount === baselineCount;
  const isIncumbentNext = startsPair ? incumbentCount % 2 === 0 : incumbentCount < baselineCount;
  const partner = isIncumbentNext ? baselineRuns[incumbentCount] : incumbentRuns[baselineCount];
  return {
    do: 'measure',
    n: isIncumbentNext ? n : 0,
    purpose: 'final',
    seed: partner?.seed ?? seed,
    ...defined({ like: partner?.m }),
  };
}

/** The kept step to leave out next, the least sure first. A single step is tested by the final comparison itself. */
function nextAblation(state: LabState): number | undefined {
  const steps = lineage(state, state.incumbent).filter((n) => state.experiments[n]!.idea.kind === 'idea');
  if (steps.length < 2) return undefined;
  const confidenceOf = (n: number): number => {
    const experiment = state.experiments[n]!;
    return experiment.state === 'decided' ? (experiment.decision.probability ?? 0) : 0;
  };
  return steps
    .filter((n) => !state.ablations.has(n))
    .sort((left, right) => confidenceOf(left) - confidenceOf(right))[0];
}

interface FinalSides {
  /** Final measurements of the incumbent with a number, oldest first. */
  readonly incumbentRuns: readonly Measurement[];
  /** The same of the baseline, since the first of the incumbent. */
  readonly baselineRuns: readonly Measurement[];
  readonly countFailures: (n: number) => number;
}

/** Measurements of the final comparison that count: those made since the stack is as it is. */
function finalSides(state: LabState, deviceClass: string): FinalSides {
  const n = state.incumbent;
  const incumbentFinals = measurementsOf(state, n).filter(
    (measurement) => measurement.purpose === 'final' && measurement.deviceClass === deviceClass,
  );
  const firstFinal = incumbentFinals[0]?.m ?? state.measurements.length;
  const finalsOf = (side: number): Measurement[] =>
    side === n
      ? incumbentFinals
      : measurementsOf(state, 0).filter(
          (measurement) =>
            measurement.purpose === 'final' && measurement.deviceClass === deviceClass && measurement.m > firstFinal,
        );
  const measuredFinalsOf = (side: number): Measurement[] =>
    finalsOf(side).filter((measurement) => valueOf(measurement) !== undefined);
  return {
    incumbentRuns: measuredFinalsOf(n),
    baselineRuns: measuredFinalsOf(0),
    countFailures: (side) =>
      finalsOf(side).filter((measurement) => measurement.state === 'finished' && valueOf(measurement) === undefined)
        .length,
  };
}

/** The final comparison; undefined until all its pairs are measured. */
export function finalResult(state: LabState, deviceClass: string): FinalComparison | undefined {
  const n = state.incumbent;
  const { incumbentRuns, baselineRuns } = finalSides(state, deviceClass);
  const pairs = Math.min(incumbentRuns.length, baselineRuns.length);
  if (n === 0 || pairs < FINAL_PAIRS) return undefined;
  const sign = signOf(arenaOf(state));
  const differences = incumbentRuns
    .slice(0, pairs)
    .map((measurement, i) => (valueOf(measurement)! - valueOf(baselineRuns[i]!)!) * sign);
  // Five pairs have a spread of their own, which common seeds may make far smaller than the noise.
  const comparison = decidesByItems(state)
    ? compareFinalItems(state, n, deviceClass)
    : comparePairs(differences, { ...pairKnowledgeIn(state, deviceClass), dof: 0 });
  const { difference: effect, interval, probability } = comparison;
  const lineageNumbers = new Set(lineage(state, n));
  const dropped = [...state.ablations].filter(([, ablation]) => lineageNumbers.has(ablation)).map(([step]) => step);
  const holdout = arenaOf(state).holdout && holdoutEffect(state, n, deviceClass);
  const broken = brokenConstraint(state, arenaOf(state), n, deviceClass);
  return {
    n,
    against: 0,
    pairs,
    effect,
    interval,
    probability,
    rule: decidesByItems(state) ? 'final-items/1' : 'final/2',
    dropped,
    ...defined({ holdout, broken }),
  };
}
