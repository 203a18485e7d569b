/**
 * Claims: may the report call experiment `n` better than the champion? confirm/4 judges on measurements that played no
 * part in selecting the candidate. It looks two, four and six times as long, and all claims of a lab share one error
 * budget. Pure.
 */
import { defined } from '../../base/defined.ts';
import { replicatesOf } from '../arena.ts';
import type { Payload } from '../event.ts';
import type { Measurement } from '../experiment.ts';
import { arenaOf, inPairs, type LabState, noiseIn, pairKnowledgeIn } from '../state.ts';
import { type ClaimNumbers, claimNumbersOf } from './claim-numbers.ts';
import { compareFresh, compareFreshPairs, describeComparison, type Look, looksOf, takeLook } from './claim-test.ts';
import { brokenConstraint } from './constraints.ts';
import { nextLevel } from './error-budget.ts';
import { itemClaimSides, judgeItemsClaim } from './item-claims.ts';
import { decidesByItems } from './item-comparison.ts';
import { formatSignificant } from './margin.ts';
import { testIdentical } from './zero-noise.ts';

/** What a confirmation records, except whom it is about. */
export type ConfirmResult = Omit<Payload<'confirmation'>, 'n' | 'against'>;

/** The two sides of a claim as far as they are measured. Values are signed: larger is better. */
export interface ClaimSides {
  readonly candidateValues: readonly number[];
  readonly championValues: readonly number[];
  /** Numbers that the candidate and the champion still lack for the next look; none: it can be judged. */
  readonly missing: readonly [candidate: number, champion: number];
  /** Numbers that they lack for the last look; absent where that is the next one. */
  readonly missingInAll?: readonly [candidate: number, champion: number];
  /** Numbers made for this claim so far. */
  readonly fresh: number;
  /** Fresh measurements with a number, oldest first; they are pairs where the rule measures in pairs. */
  readonly freshRuns?: readonly Measurement[];
  /** Why the claim cannot be judged: the candidate failed once, or the champion as often as it may. */
  readonly unmeasured?: string;
}

export function sidesOf(state: LabState, n: number, against: number, deviceClass: string): ClaimSides {
  if (decidesByItems(state))
    return { candidateValues: [], championValues: [], ...itemClaimSides(state, n, against, deviceClass) };
  const numbers = claimNumbersOf(state, n, against, deviceClass);
  const looks = looksOfClaim(state);
  const due = lookDue(numbers, looks);
  const isComplete =
    numbers.unmeasured !== undefined || (due !== undefined && isLast(state, numbers, due, looks, deviceClass));
  const counts = countsOf(numbers);
  const lacking = (look: Look | undefined): readonly [number, number] =>
    isComplete || !look ? [0, 0] : [Math.max(0, look.candidates - counts[0]), Math.max(0, look.champions - counts[1])];
  const nextLook = looks.find((look) => counts[0] < look.candidates || counts[1] < look.champions);
  return {
    candidateValues: numbers.candidateValues,
    championValues: numbers.championValues,
    ...defined({ unmeasured: numbers.unmeasured }),
    missing: lacking(nextLook),
    missingInAll: lacking(looks.at(-1)),
    fresh: numbers.freshRuns.length,
    freshRuns: numbers.freshRuns,
  };
}

const looksOfClaim = (state: LabState): Look[] => looksOf(replicatesOf(arenaOf(state)), inPairs(state));

/** Fresh numbers of both sides. */
const countsOf = ({ candidateValues, freshChampionValues }: ClaimNumbers): readonly [number, number] => [
  candidateValues.length,
  freshChampionValues.length,
];

/** The look that the numbers are made for exactly; a claim does not look in between. */
function lookDue(numbers: ClaimNumbers, looks: readonly Look[]): Look | undefined {
  const [candidates, champions] = countsOf(numbers);
  const isEnough = (look: Look): boolean => candidates >= look.candidates && champions >= look.champions;
  return looks.findLast((look) => isEnough(look) && (candidates === look.candidates || look === looks.at(-1)));
}

/** Does the claim end at this look? */
function isLast(state: LabState, numbers: ClaimNumbers, look: Look, looks: readonly Look[], deviceClass: string) {
  const { passed, isFutile } = testAt(state, numbers, look, deviceClass);
  return passed || isFutile || look === looks.at(-1);
}

/** The claim's judgement; undefined until both sides have enough numbers. */
export function judgeClaim(
  state: LabState,
  n: number,
  against: number,
  deviceClass: string,
): ConfirmResult | undefined {
  if (decidesByItems(state)) return judgeItemsClaim(state, n, against, deviceClass);
  const rule = 'confirm/4';
  const claimNumbers = claimNumbersOf(state, n, against, deviceClass);
  const { candidateValues, championValues, unmeasured } = claimNumbers;
  const alpha = nextAlpha(state);
  const numbers = [candidateValues.length, championValues.length] as const;
  if (unmeasured)
    return { passed: false, effect: 0, interval: [0, 0], probability: 0, rule, reason: unmeasured, alpha, numbers };
  const looks = looksOfClaim(state);
  const look = lookDue(claimNumbers, looks);
  if (!look || !isLast(state, claimNumbers, look, looks, deviceClass)) return undefined;
  const found = testAt(state, claimNumbers, look, deviceClass);
  const { difference: effect, interval, probability } = found;
  const counted = claimNumbers.differences
    ? `${claimNumbers.differences.length} fresh pairs`
    : `${numbers[0]} + ${numbers[1]} unselected measurements`;
  const evidence = `${formatSignificant(effect)} on ${counted}, look ${look.number} of ${looks.length}, ${found.evidence}`;
  const problem = brokenConstraint(state, arenaOf(state), n, deviceClass);
  const reason = problem
    ? `${problem}; ${evidence}`
    : `${found.passed ? 'better' : 'not shown to be better'}: ${evidence}${found.isFutile ? '; given up' : ''}`;
  return { passed: found.passed && !problem, effect, interval, probability, rule, reason, alpha, numbers };
}

interface TestResult {
  readonly passed: boolean;
  readonly isFutile: boolean;
  readonly difference: number;
  readonly interval: readonly [number, number];
  readonly probability: number;
  /** What the answer rests on, for the reason. */
  readonly evidence: string;
}

/** The test of a look: by the noise of the lab and of the candidate; where no repeat differed, by counts. */
function testAt(state: LabState, numbers: ClaimNumbers, look: Look, deviceClass: string): TestResult {
  const alpha = nextAlpha(state);
  const noise = noiseIn(state, deviceClass);
  const [candidateValue, championValue] = [numbers.candidateValues[0]!, numbers.championValues[0]!];
  if (noise.sigma === 0 && noise.dof > 0) {
    const counts = [numbers.candidateValues.length, numbers.championValues.length] as const;
    const level = alpha * look.share;
    const found = testIdentical(candidateValue, championValue, counts, level, noise.dof);
    const evidence = `no repeat of any code differed, chance of luck ${formatSignificant(found.difference > 0 ? 1 - found.probability : 1)}`;
    return { ...found, isFutile: found.difference <= 0, evidence };
  }
  const comparison = numbers.differences
    ? compareFreshPairs(numbers.differences, pairKnowledgeIn(state, deviceClass))
    : compareFresh(numbers.candidateValues, numbers.championValues, noise);
  const found = takeLook(comparison, look, alpha);
  const evidence = `one-sided ${formatSignificant(100 * (1 - found.level))} % bound ${formatSignificant(found.bound)}`;
  return { ...found, difference: comparison.difference, ...describeComparison(comparison), evidence };
}

/** The level of the next claim, from the claims before it. */
const nextAlpha = (state: LabState): number => nextLevel(state.confirmations.map(({ passed }) => passed));
