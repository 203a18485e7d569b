/** When a claim is tested, and when the holdout is asked about a confirmed champion. */
import { defined } from '../../base/defined.ts';
import { type ClaimSides, sidesOf } from '../rules/claims.ts';
import { arenaOf, inPairs, type LabState } from '../state.ts';
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
/** The same in rounds of all slots: what runs must end before a claim, so each costs a round or two. */
const CLAIM_EVERY_ROUNDS = 8;
/** Seconds that a session of submissions may go on for its claim after it was asked to stop. */
const MAX_CLAIM_AT_STOP_S = 300;
/** Seconds without a submission after which the claim is tested while nobody uses the machine. */
const LEFT_ALONE_S = 600;
/** A claim that failed with a probability above this is tried once more at the end of a session that has room. */
const RETRY_PROBABILITY = 0.9;

/**
 * The next measurement for a claim over the champion, both sides in turn (A B B A); then its judgement. It is the claim
 * of the incumbent, or of the step that a person asked for. A claim that was begun is finished.
 */
export function testClaim(state: LabState, context: PlanContext): Step | undefined {
  const requested = state.steering.claim;
  const n = requested ?? state.incumbent;
  if (n === state.champion) return undefined;
  const isDue = requested !== undefined || isClaimDue(state, context);
  // Most plans end here: the numbers of a claim that was not begun need no look.
  if (!isDue && !state.claims.has(n)) return undefined;
  const sides = sidesOf(state, n, state.champion, context.deviceClass);
  if (!isDue && sides.fresh === 0) return undefined;
  const missing = sides.missing[0] + sides.missing[1];
  if (missing === 0) return { do: 'confirm', n, against: state.champion };
  const toPay = sides.fresh > 0 ? missing : costOf(sides);
  if (context.stopRequested && !isClaimedAtStop(state, context, toPay)) return undefined;
  if (!hasTimeFor(state, context, toPay)) return undefined;
  return measureBeside(state, n, sides);
}

/**
 * With several slots, what a look still lacks is measured at once, after everything else has ended: the incumbent does
 * not move meanwhile, and both sides are measured beside the same neighbours. Pairs are measured one after the other.
 */
function measureBeside(state: LabState, n: number, sides: ClaimSides): Step {
  const running = [...state.running].map((m) => state.measurements[m]!);
  if (running.length === 0) return measureForClaim(state, n, sides);
  if (inPairs(state) || running.some(({ claim }) => claim !== n)) return { do: 'wait' };
  const countOf = (side: number): number => running.filter((measurement) => measurement.n === side).length;
  const missing = [sides.missing[0] - countOf(n), sides.missing[1] - countOf(state.champion)] as const;
  if (missing[0] <= 0 && missing[1] <= 0) return { do: 'wait' };
  const side = missing[0] >= missing[1] ? n : state.champion;
  return { do: 'measure', n: side, purpose: 'confirm', seed: nextSeed(state), claim: n };
}

/**
 * A session of submissions has no end of its own: somebody stops it. So its claim is tested then, where that takes no
 * longer than so many seconds.
 */
const isClaimedAtStop = (state: LabState, { acceptsSubmissionsOnly }: PlanContext, measurements: number): boolean =>
  acceptsSubmissionsOnly === true && measurements * typicalMeasurementS(state) <= MAX_CLAIM_AT_STOP_S;

/** The baseline is never finished. */
const hasOpenIdea = (state: LabState): boolean => [...state.unfinished].some((n) => n > 0);

/** Nobody has submitted anything for so long that the machine may as well test the claim. */
function isLeftAlone(state: LabState, { acceptsSubmissionsOnly, currentTime }: PlanContext): boolean {
  const lastIdea = state.experiments.findLast(({ idea }) => idea.kind === 'idea');
  if (!acceptsSubmissionsOnly || currentTime === undefined || !lastIdea || hasOpenIdea(state)) return false;
  return Date.parse(currentTime) - Date.parse(lastIdea.idea.at) >= 1000 * LEFT_ALONE_S;
}

/** Measurements until the last look of a claim. */
export const costOf = ({ missing, missingInAll = missing }: ClaimSides): number => missingInAll[0] + missingInAll[1];

/** In turn, but never a side that has enough already; in pairs each two in a row share their seeds. */
function measureForClaim(state: LabState, n: number, { missing, fresh, freshRuns = [] }: ClaimSides): Step {
  const turn = [n, state.champion, state.champion, n][fresh % 4]!;
  if (inPairs(state)) {
    const partner = fresh % 2 === 1 ? freshRuns.at(-1) : undefined;
    const seed = partner?.seed ?? nextSeed(state);
    return { do: 'measure', n: turn, purpose: 'confirm', seed, claim: n, ...defined({ like: partner?.m }) };
  }
  const side = missing[0] === 0 ? state.champion : missing[1] === 0 ? n : turn;
  return { do: 'measure', n: side, purpose: 'confirm', seed: nextSeed(state), claim: n };
}

/** Is the claim of the incumbent tested now, without a request for it? */
function isClaimDue(state: LabState, context: PlanContext): boolean {
  if (context.confirm) return false;
  const n = state.incumbent;
  const tries = state.confirmations.filter((confirmation) => confirmation.n === n);
  const isEnding = stopStep(state, context) !== undefined;
  if (tries.length === 0) return isEnding || isClaimDueMidway(state, n, context.slots) || isLeftAlone(state, context);
  return isEnding && tries.length === 1 && tries[0]!.probability > RETRY_PROBABILITY;
}

/** Is the claim of `n` tested although the session goes on? */
const isClaimDueMidway = (state: LabState, n: number, slots: number): boolean =>
  state.experiments.length - n > CONFIRM_AFTER &&
  state.experiments.length - (state.confirmations.at(-1)?.n ?? 0) > Math.max(CLAIM_EVERY, CLAIM_EVERY_ROUNDS * slots);

/** The holdout's number of a new champion, where the arena has a holdout and there is time. */
export function askHoldout(state: LabState, context: PlanContext): Step | undefined {
  // Joined with its evaluator, a candidate runs once for validation and once for the holdout.
  const runs = arenaOf(state).evaluate?.join === 'pipe' ? 2 : 1;
  if (state.champion === 0 || context.stopRequested || !hasTimeFor(state, context, runs)) return undefined;
  return holdoutStep(state, [0, state.champion], nextSeed(state), context.deviceClass);
}

const hasTimeFor = (state: LabState, { leftS }: PlanContext, measurements: number): boolean =>
  leftS === undefined || leftS >= measurements * typicalMeasurementS(state);
