/**
 * Claims and final comparisons of labs that decide by items, on the reserve and on fresh runs: `items-confirm/1`. What
 * was selected on the reserve itself, step by step, is corrected for that. Pure.
 */
import { type ItemTest, selectionBias, upperQuantile } from '../../base/item-stats.ts';
import { defined } from '../../base/defined.ts';
import type { Comparison } from '../../base/stats.ts';
import type { Payload } from '../event.ts';
import type { Measurement } from '../experiment.ts';
import { storedItemsOf } from '../items.ts';
import { type LabState, lineage, measurementsOf } from '../state.ts';
import { freshOfClaim, judgedAfterOf } from './claim-numbers.ts';
import { nextLevel } from './error-budget.ts';
import { compareItems, isDeterministic, itemRunsOf } from './item-comparison.ts';
import { isProvenStep } from './items.ts';
import { formatSignificant } from './margin.ts';

/** Fresh runs of the candidate where runs of the same code differ; one is enough where they never do. */
const FRESH_RUNS = 3;
/** Runs of the champion that played no part in selecting it. */
const CHAMPION_RUNS = 2;
/** Failed fresh runs of the champion after which the claim cannot be judged. */
const MAX_FAILURES = 3;

type ConfirmResult = Omit<Payload<'confirmation'>, 'n' | 'against'>;

/** The two sides of a claim as far as they are measured. Items are compared, not numbers, so it holds none. */
export interface ItemClaimSides {
  /** Runs that the candidate and the champion still lack. */
  readonly missing: readonly [candidate: number, champion: number];
  /** Runs made for this claim so far. */
  readonly fresh: number;
  /** Why the claim cannot be judged. */
  readonly unmeasured?: string;
}

/** What a claim about items still lacks. */
export function itemClaimSides(state: LabState, n: number, against: number, deviceClass: string): ItemClaimSides {
  const fresh = freshOfClaim(state, n).filter(
    (measurement) => measurement.deviceClass === deviceClass && measurement.state === 'finished',
  );
  const countOf = (side: number, hasItems: boolean): number =>
    fresh.filter((measurement) => measurement.n === side && (storedItemsOf(measurement) !== undefined) === hasItems)
      .length;
  const unmeasured = whyUnmeasured(against, countOf(n, false), countOf(against, false));
  const isSteady = [0, against, n].every((side) => isDeterministic(itemRunsOf(state, side, deviceClass)));
  const [wanted, wantedOfChampion] = isSteady ? [1, 1] : [FRESH_RUNS, CHAMPION_RUNS];
  const championRuns = itemRunsOf(state, against, deviceClass, isUnselected).length;
  const lacking = (count: number): number => (unmeasured === undefined ? Math.max(0, count) : 0);
  return {
    missing: [lacking(wanted - countOf(n, true)), lacking(wantedOfChampion - championRuns)],
    fresh: fresh.filter((measurement) => storedItemsOf(measurement) !== undefined).length,
    ...defined({ unmeasured }),
  };
}

function whyUnmeasured(against: number, failed: number, failedAgainst: number): string | undefined {
  if (failed > 0) return `${failed} of its fresh measurements failed`;
  if (failedAgainst < MAX_FAILURES) return undefined;
  return `#${against}, which it is compared with, failed in ${failedAgainst} fresh measurements`;
}

/** Runs by which no code was selected. */
const isUnselected = ({ purpose, claim }: Measurement): boolean =>
  purpose === 'calibrate' ||
  purpose === 'drift' ||
  purpose === 'final' ||
  (purpose === 'confirm' && claim !== undefined);

/** The claim's judgement; undefined until both sides have enough fresh runs. */
export function judgeItemsClaim(
  state: LabState,
  n: number,
  against: number,
  deviceClass: string,
): ConfirmResult | undefined {
  const { missing, unmeasured } = itemClaimSides(state, n, against, deviceClass);
  const alpha = nextLevel(state.confirmations.map(({ passed }) => passed));
  const rule = 'items-confirm/1';
  const refuse = (reason: string, numbers: readonly [number, number]): ConfirmResult => {
    return { passed: false, effect: 0, interval: [0, 0], probability: 0, rule, reason, alpha, numbers };
  };
  if (unmeasured !== undefined) return refuse(unmeasured, [0, 0]);
  if (missing[0] > 0 || missing[1] > 0) return undefined;
  // A second try is made on new runs of the candidate: those of the first are why there is a second.
  const judgedAfter = judgedAfterOf(state, n);
  const counts = (measurement: Measurement): boolean =>
    isUnselected(measurement) && (measurement.n !== n || measurement.m >= judgedAfter);
  const sides = { n, against, deviceClass, part: 'reserve', counts } as const;
  const numbers = [n, against].map((side) => itemRunsOf(state, side, deviceClass, counts).length);
  const counted = [numbers[0]!, numbers[1]!] as const;
  const test = compareItems(state, sides)!;
  const steps = lineage(state, n).slice(lineage(state, n).indexOf(against) + 1);
  if (!steps.some((step) => isProvenStep(state, step)))
    return refuse('none of its steps was shown to be better on the reserve', counted);
  const passed = test.p <= alpha;
  const { effect, interval, bias } = correctForSelection(state, steps, test);
  const luckText = bias > 0 ? `, ${formatSignificant(bias)} taken off for the luck of its steps` : '';
  const reason = `${passed ? 'better' : 'not shown to be better'}: ${formatSignificant(test.effect)} ± ${Number(test.se.toPrecision(2))} on the ${test.items} items of the reserve${luckText}`;
  return { passed, effect, interval, probability: 1 - test.p, rule, reason, alpha, numbers: counted };
}

/**
 * Each step was carried on because the reserve put it above a threshold, so its effect there is too large on average:
 * that much is taken off, and the interval begins so much lower.
 */
function correctForSelection(state: LabState, steps: readonly number[], { effect, interval }: ItemTest) {
  const bias = steps.reduce((total, n) => {
    const experiment = state.experiments[n]!;
    const { asked, proof } = (experiment.state === 'decided' && experiment.decision.items) || {};
    if (asked === undefined || proof === undefined || proof.se === 0) return total;
    return total + proof.se * selectionBias(proof.effect / proof.se, upperQuantile(asked));
  }, 0);
  return { effect: effect - bias, interval: [interval[0] - bias, interval[1]] as const, bias };
}

/** The final comparison on the reserve, over the runs that were made for it. */
export function compareFinalItems(
  state: LabState,
  n: number,
  deviceClass: string,
): Pick<Comparison, 'difference' | 'interval' | 'probability'> {
  const firstFinal = measurementsOf(state, n).find(({ purpose }) => purpose === 'final')!.m;
  const counts = ({ purpose, m }: Measurement): boolean => purpose === 'final' && m >= firstFinal;
  const test = compareItems(state, { n, against: 0, deviceClass, part: 'reserve', counts })!;
  const { effect, interval } = correctForSelection(state, lineage(state, n).slice(1), test);
  return { difference: effect, interval, probability: 1 - test.p };
}
