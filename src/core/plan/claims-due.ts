/** When a claim is tested, and when the holdout is asked about a confirmed champion. */
import { sidesOf } from '../rules/claims.ts';
import { arenaOf, type LabState } from '../state.ts';
import { holdoutStep } from './holdout.ts';
import { typicalMeasurementS } from './pace.ts';
import { nextSeed } from './seed.ts';
import type { PlanContext, Step } from './step.ts';
import { stopStep } from './stop-rules.ts';

/** Experiments that a kept idea must have stood before its claim is tested in the middle of a session. */
const CONFIRM_AFTER = 10;
/**
 * Experiments between two claims in the middle of a session: more cost more true gain than they save (bench/decide).
 */
const CLAIM_EVERY = 120;

/**
 * The next measurement for the claim "the incumbent is better than the champion", both sides in turn (A B B A); then
 * its judgement. A claim that was begun is finished.
 */
export function testClaim(state: LabState, context: PlanContext): Step | undefined {
  const n = state.incumbent;
  if (
    n === state.champion ||
    context.busyExperiments.has(n) ||
    state.confirmations.some((confirmation) => confirmation.n === n)
  )
    return undefined;
  const { missing, fresh } = sidesOf(state, n, state.champion, context.deviceClass);
  const isDue = fresh > 0 || stopStep(state, context) !== undefined || isClaimDue(state, n);
  if (!isDue || state.running.size > 0) return undefined;
  const missingCount = missing[0] + missing[1];
  if (missingCount === 0) return { do: 'confirm', n, against: state.champion };
  if (context.stopRequested || !hasTimeFor(state, context, missingCount)) return undefined;
  // In turn, but never a side that has enough already.
  const turn = [n, state.champion, state.champion, n][fresh % 4]!;
  const side = missing[0] === 0 ? state.champion : missing[1] === 0 ? n : turn;
  return { do: 'measure', n: side, purpose: 'confirm', seed: nextSeed(state), claim: n };
}

/** Is the claim of `n` tested although the session goes on? */
const isClaimDue = (state: LabState, n: number): boolean =>
  state.experiments.length - n > CONFIRM_AFTER &&
  state.experiments.length - (state.confirmations.at(-1)?.n ?? 0) > CLAIM_EVERY;

/** The holdout's number of a new champion, where the arena has a holdout and there is time. */
export function askHoldout(state: LabState, context: PlanContext): Step | undefined {
  // Joined with its evaluator, a candidate runs once for validation and once for the holdout.
  const runs = arenaOf(state).evaluate?.join === 'pipe' ? 2 : 1;
  if (state.champion === 0 || context.stopRequested || !hasTimeFor(state, context, runs)) return undefined;
  return holdoutStep(state, [0, state.champion], nextSeed(state), context.deviceClass);
}

const hasTimeFor = (state: LabState, { leftS }: PlanContext, measurements: number): boolean =>
  leftS === undefined || leftS >= measurements * typicalMeasurementS(state);
