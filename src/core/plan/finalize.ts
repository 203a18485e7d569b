/**
 * The finish line, as a pure function of the state: leave each kept step out once and drop it where that is no worse,
 * then measure the baseline and what is left side by side, and let the holdout see both. Knows nothing about how a step
 * is done.
 */
import { signOf } from '../arena.ts';
import type { FinalComparison } from '../event.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { holdoutStep, holdoutEffect } from './holdout.ts';
import type { PlanContext, Step } from './plan.ts';
import { arenaOf, type LabState, lineage, measurementsOf, noiseIn } from '../state.ts';
import { comparePairs } from '../../base/stats.ts';

/** Interleaved pairs of the last comparison. */
export const FINAL_PAIRS = 5;
/** Times that a side may fail in it before it is given up. */
const MAX_FAILURES = 3;

/** What is still to be done; the ablations that are open are measured by the plan like any experiment. */
export function finalStep(state: LabState, context: PlanContext, seed: number): Step {
  const n = state.incumbent;
  const stopFinalized = (detail: string): Step => ({ do: 'stop', reason: 'finalized', detail });
  if (context.stopRequested)
    return { do: 'stop', reason: 'asked', detail: 'stopped after the current measurement, as asked' };
  if (n === 0) return stopFinalized('nothing was kept, so there is nothing to finalize');
  if (state.finalComparison?.n === n) return stopFinalized(`#${n} is measured against the baseline`);
  if (state.running.size > 0) return { do: 'wait' };
  const ablatedStep = nextAblation(state);
  if (ablatedStep !== undefined) return { do: 'ablate', n: ablatedStep };
  const sides = finalSides(state, context.deviceClass);
  const failureCounts = [sides.countFailures(n), sides.countFailures(0)];
  if (Math.max(...failureCounts) >= MAX_FAILURES)
    return {
      do: 'stop',
      reason: 'stuck',
      detail: `#${failureCounts[0]! > failureCounts[1]! ? n : 0} failed ${MAX_FAILURES} times in the last comparison`,
    };
  const { incumbentRuns, baselineRuns } = sides;
  if (incumbentRuns.length < FINAL_PAIRS || baselineRuns.length < FINAL_PAIRS) {
    // A B B A: each pair under the same seeds.
    const turn =
      incumbentRuns.length === baselineRuns.length
        ? incumbentRuns.length % 2 === 0
          ? n
          : 0
        : incumbentRuns.length < baselineRuns.length
          ? n
          : 0;
    const partner = (turn === n ? baselineRuns : incumbentRuns)[
      turn === n ? incumbentRuns.length : baselineRuns.length
    ];
    return {
      do: 'measure',
      n: turn,
      purpose: 'final',
      seed: partner?.seed ?? seed,
      ...(partner && { like: partner.m }),
    };
  }
  return holdoutStep(state, [0, n], seed) ?? { do: 'finalize' };
}

/** The kept step to leave out next, the least sure first. A single step is tested by the last comparison itself. */
function nextAblation(state: LabState): number | undefined {
  const steps = lineage(state, state.incumbent).filter((n) => n > 0 && state.experiments[n]!.idea.kind === 'idea');
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
  readonly incumbentRuns: readonly Measurement[];
  readonly baselineRuns: readonly Measurement[];
  readonly countFailures: (n: number) => number;
}

/** Measurements of the last comparison that count: those made since the stack is as it is. */
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

/** The last comparison; undefined until all its pairs are there. */
export function finalResult(state: LabState, deviceClass: string): FinalComparison | undefined {
  const n = state.incumbent;
  const { incumbentRuns, baselineRuns } = finalSides(state, deviceClass);
  const pairs = Math.min(incumbentRuns.length, baselineRuns.length);
  if (n === 0 || pairs < FINAL_PAIRS) return undefined;
  const sign = signOf(arenaOf(state));
  const differences = incumbentRuns
    .slice(0, pairs)
    .map((measurement, i) => (valueOf(measurement)! - valueOf(baselineRuns[i]!)!) * sign);
  const { sigma, dof } = noiseIn(state, deviceClass);
  const { difference: effect, interval, probability } = comparePairs(differences, sigma, dof);
  const lineageNumbers = new Set(lineage(state, n));
  const dropped = [...state.ablations].filter(([, ablation]) => lineageNumbers.has(ablation)).map(([step]) => step);
  const holdout = arenaOf(state).holdout && holdoutEffect(state, n);
  return { n, against: 0, pairs, effect, interval, probability, rule: 'final/1', dropped, ...(holdout && { holdout }) };
}
