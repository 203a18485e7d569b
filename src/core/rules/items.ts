/**
 * The rule `items`: candidate and incumbent on the same items. An idea must be better on the items that steer; then,
 * and only then, it must be better on the reserve, which answers yes or no and nothing else. The level of each such
 * question comes from one error budget, so a lab in which nothing helps carries on a false step in at most 2.5 % of
 * cases, whatever its proposers learned from the numbers they were shown. Pure.
 */
import { defined } from '../../base/defined.ts';
import { resolvableEffect } from '../../base/stats.ts';
import { comparisonBase, isOnOlderBase } from '../bases/comparison-base.ts';
import type { Decision, DecisionItems } from '../decision.ts';
import { arenaOf, type LabState, noiseIn } from '../state.ts';
import { brokenConstraint } from './constraints.ts';
import { nextLevel, spendEvenly } from './error-budget.ts';
import { guardStatus } from './guards.ts';
import { stepsOf } from './evidence.ts';
import { compareItems, type ItemComparison, itemRunsOf, steeringDistance } from './item-comparison.ts';
import { decideControl, decided, type Judgement, needsMore, type RecordedEvidence } from './judgement.ts';
import { CLEAR_Z, formatSignificant } from './margin.ts';
import { findNoOp } from './no-op.ts';

/** Name and version, as decisions record it. */
export const ITEMS_RULE = 'items/1';

/** One-sided level on the steering items at which the reserve is asked. A large change is asked at half of it. */
export const STEERING_LEVEL = 0.1;
/** Two ideas are nearly one where they are this much nearer to each other than to the incumbent. */
const TWIN_DISTANCE = 0.5;
/** The newest ideas that the reserve refused and that a new one is compared with. */
const MAX_TWINS = 20;
/** Share of the variance above which another run of the candidate is worth more than other items. */
const RUNS_DOMINATE = 0.5;

/** The verdict on open experiment `n`, whose measurements have numbers on this device class, as the incumbent's do. */
export function judgeItems(state: LabState, n: number, deviceClass: string): Judgement {
  const arena = arenaOf(state);
  const against = comparisonBase(state, n);
  const { idea } = state.experiments[n]!;
  const steering = compareItems(state, { n, against, deviceClass, part: 'steering' });
  if (!steering) {
    const reason = `#${n} and #${against} have no items in common on this device`;
    return decided({ verdict: 'inconclusive', reason, rule: ITEMS_RULE, against, n: 0, nAgainst: 0 });
  }
  const runCounts = [n, against].map((side) => itemRunsOf(state, side, deviceClass).length);
  const recorded: RecordedEvidence = {
    rule: ITEMS_RULE,
    against,
    n: runCounts[0]!,
    nAgainst: runCounts[1]!,
    sigma: noiseIn(state, deviceClass).sigma,
    effect: steering.effect,
    interval: steering.interval,
    probability: 1 - steering.p,
    resolves: resolvableEffect(steering.interval),
    items: countsOf(steering),
  };
  const constraintProblem = brokenConstraint(state, arena, n, deviceClass);
  if (constraintProblem)
    return decided({ ...recorded, verdict: 'discarded', kind: 'constraint', reason: constraintProblem });
  const noOpReason = idea.kind === 'idea' ? findNoOp(state, n, against, deviceClass) : undefined;
  if (noOpReason) return decided({ ...recorded, verdict: 'discarded', kind: 'no-op', reason: noOpReason });
  const answer = applyItemsRule(state, n, steering, deviceClass);
  if ('again' in answer) return needsMore(answer.again);
  const items = { ...recorded.items!, ...defined({ asked: answer.asked, proof: answer.proof }) };
  return decided(conclude(state, n, { ...recorded, items }, steering, answer));
}

interface Answer {
  readonly verdict: 'kept' | 'discarded' | 'inconclusive';
  readonly reason: string;
  /** The level at which the reserve was asked. */
  readonly asked?: number;
  /** What the reserve said of a step that it proved. */
  readonly proof?: DecisionItems['proof'];
}

/** A control is never carried on and records nothing of the reserve. */
function conclude(
  state: LabState,
  n: number,
  recorded: RecordedEvidence,
  steering: ItemComparison,
  answer: Answer,
): Decision {
  const { idea } = state.experiments[n]!;
  const { verdict, reason } = answer;
  if (idea.kind === 'control')
    return decideControl({ ...recorded, items: countsOf(steering) }, verdict === 'kept', reason);
  const fullReason = `${reason} (against #${recorded.against}, parent #${idea.parent})`;
  if (verdict !== 'discarded') return { ...recorded, verdict, reason: fullReason };
  const kind = steering.effect <= -CLEAR_Z * steering.se && steering.se > 0 ? 'refuted' : 'within noise';
  return { ...recorded, verdict, kind, reason: fullReason };
}

/** Steering items first; the reserve is asked only about what passes there. */
function applyItemsRule(
  state: LabState,
  n: number,
  steering: ItemComparison,
  deviceClass: string,
): Answer | { readonly again: string } {
  const steps = stepsOf(state, n, deviceClass);
  const level = steps === 2 ? STEERING_LEVEL / 2 : STEERING_LEVEL;
  const evidence = describeItems(steering);
  const isSimpler = steps === 0 && steering.effect >= 0;
  const runCount = itemRunsOf(state, n, deviceClass).length;
  const isInDoubt = steering.p > level / 10 && steering.p < 0.5 && steering.runShare > RUNS_DOMINATE;
  if (isInDoubt && runCount < arenaOf(state).decide.max_replicates)
    return { again: `the runs differ more than the items tell: ${evidence}` };
  if (steering.p > level) {
    if (isSimpler) return { verdict: 'kept', reason: `no worse and simpler: ${evidence}` };
    return steering.effect > 0
      ? { verdict: 'inconclusive', reason: `better by less than chance may do: ${evidence}` }
      : { verdict: 'discarded', reason: `no better: ${evidence}` };
  }
  const twin = findRefusedTwin(state, n, steering, deviceClass);
  if (twin !== undefined) {
    const reason = `better: ${evidence}; nearly what #${twin} is, which the reserve does not show`;
    return { verdict: isSimpler ? 'kept' : 'inconclusive', reason };
  }
  // What is carried over is asked about where it may be kept: a question here would only make that one stricter. A
  // question uses up error budget, so guards come before it.
  if (isOnOlderBase(state, n) || guardStatus(state, n, 'keep'))
    return { verdict: 'kept', reason: `better: ${evidence}` };
  const reserve = compareItems(state, { n, against: comparisonBase(state, n), deviceClass, part: 'reserve' })!;
  const asked = nextReserveLevel(state);
  if (reserve.p <= asked)
    return { verdict: 'kept', reason: `better: ${evidence}; the reserve agrees`, asked, proof: proofOf(reserve) };
  const reason = `better: ${evidence}; the reserve does not show it`;
  return isSimpler
    ? { verdict: 'kept', reason: `${reason}, and it is simpler`, asked }
    : { verdict: 'inconclusive', reason, asked };
}

/**
 * An idea that is nearly this one, that the reserve was asked about against the same incumbent, and that this one is
 * not a standard error better than: to ask again would cost a level and bring the same answer.
 */
function findRefusedTwin(
  state: LabState,
  n: number,
  steering: ItemComparison,
  deviceClass: string,
): number | undefined {
  const against = comparisonBase(state, n);
  const distance = steeringDistance(state, n, against, deviceClass) ?? 0;
  const refused = state.experiments.flatMap((experiment) => {
    if (experiment.state !== 'decided' || experiment.decision.against !== against) return [];
    const { items, effect = 0 } = experiment.decision;
    const isRefused = items?.asked !== undefined && items.proof === undefined;
    return isRefused && steering.effect - effect <= steering.se ? [experiment.idea.n] : [];
  });
  return refused
    .slice(-MAX_TWINS)
    .find((other) => (steeringDistance(state, n, other, deviceClass) ?? distance) <= TWIN_DISTANCE * distance);
}

/** The level of the next question to the reserve, from the questions before it and their answers. */
export const nextReserveLevel = (state: LabState): number => nextLevel(reserveAnswers(state), spendEvenly);

/** What the reserve said so far. How strict the next question is depends on how many there were, not on their order. */
function reserveAnswers(state: LabState): boolean[] {
  return state.experiments.flatMap((experiment) =>
    experiment.state === 'decided' && experiment.decision.items?.asked !== undefined
      ? [experiment.decision.items.proof !== undefined]
      : [],
  );
}

/** Did the reserve prove this step? */
export function isProvenStep(state: LabState, n: number): boolean {
  const experiment = state.experiments[n];
  return experiment?.state === 'decided' && experiment.decision.items?.proof !== undefined;
}

const countsOf = ({ items, better, worse, se }: ItemComparison): DecisionItems => ({ n: items, better, worse, se });

const proofOf = ({ items, better, worse, effect, se, interval, p }: ItemComparison): DecisionItems['proof'] => ({
  n: items,
  better,
  worse,
  effect,
  se,
  interval,
  p,
});

/** "+0.065 ± 0.011, better on 24 and worse on 6 of 94 items". */
export const describeItems = ({ effect, se, items, better, worse }: ItemComparison): string =>
  `${effect > 0 ? '+' : ''}${formatSignificant(effect)} ± ${Number(se.toPrecision(2))}, better on ${better} and worse on ${worse} of ${items} items`;
