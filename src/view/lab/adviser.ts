/**
 * What an adviser costs and what it is worth: ideas that were proposed with its advice beside those that were proposed
 * without. Pure.
 */
import { formatCount, oneLine } from '../../base/text.ts';
import type { AdviserTurn } from '../../core/advice.ts';
import type { AgentCall } from '../../core/experiment.ts';
import type { LabState } from '../../core/state.ts';
import { verdictOf } from '../../core/experiment.ts';
import type { EconomicsLine } from '../cost-types.ts';
import { formatDollars, formatFixed, formatInteger, MINUS } from '../format.ts';

export interface AdviserWorth {
  readonly steps: Readonly<Record<AdviserTurn, number>>;
  readonly ideas: Readonly<Record<AdviserTurn, number>>;
  /** Share of steps with advice minus share without. */
  readonly difference: number;
  /** Its 95 % interval. */
  readonly interval: readonly [number, number];
}

/** Undefined while one side has no decided idea. */
export function adviserWorth(state: LabState): AdviserWorth | undefined {
  const [steps, ideas] = [
    { on: 0, off: 0 },
    { on: 0, off: 0 },
  ];
  for (const experiment of state.experiments) {
    const turn = experiment.idea.adviser;
    const verdict = verdictOf(experiment);
    if (turn === undefined || verdict === undefined) continue;
    ideas[turn]++;
    if (verdict === 'kept') steps[turn]++;
  }
  if (ideas.on === 0 || ideas.off === 0) return undefined;
  return { steps, ideas, ...differenceOfShares([steps.on, ideas.on], [steps.off, ideas.off]) };
}

/** Agresti and Caffo: a success and a failure more on each side, which holds with few cases and shares of 0. */
function differenceOfShares(
  [firstHits, firstCount]: readonly [number, number],
  [secondHits, secondCount]: readonly [number, number],
): Pick<AdviserWorth, 'difference' | 'interval'> {
  const [first, second] = [(firstHits + 1) / (firstCount + 2), (secondHits + 1) / (secondCount + 2)];
  const half = 1.96 * Math.sqrt((first * (1 - first)) / (firstCount + 2) + (second * (1 - second)) / (secondCount + 2));
  const centre = first - second;
  return {
    difference: firstHits / firstCount - secondHits / secondCount,
    interval: [Math.max(-1, centre - half), Math.min(1, centre + half)],
  };
}

/** Its cost and its worth; none where no adviser was asked. */
export function adviserLines(state: LabState): EconomicsLine[] {
  const calls = state.calls.filter(({ start }) => start.purpose === 'advice');
  if (calls.length === 0) return [];
  const models = [...new Set(calls.map(({ start }) => oneLine(start.model ?? start.agent, 60)))].join(', ');
  const text = [costText(calls), worthText(state)].join('; ');
  return [{ code: 'adviser', what: `Adviser ${models}`, text, isKnown: true }];
}

function costText(calls: readonly AgentCall[]): string {
  const answers = calls.filter(({ end }) => end?.outcome === 'advice').length;
  const usages = calls.flatMap(({ end }) => end?.usage ?? []);
  const tokens = usages.reduce((sum, usage) => sum + usage.inputTokens + usage.cachedTokens + usage.outputTokens, 0);
  const isPriced = usages.every((usage) => usage.usd !== undefined);
  const usd = usages.reduce((sum, usage) => sum + (usage.usd ?? 0), 0);
  const failed = calls.filter(({ end }) => end && end.outcome !== 'advice');
  const last = failed.at(-1)?.end;
  const failures =
    last === undefined
      ? ''
      : ` (${formatCount(failed.length, 'call')} without one, the last: ${oneLine(last.message ?? last.class ?? last.outcome, 120)})`;
  return `${formatCount(answers, 'answer')}${failures} for ${formatInteger(tokens)} tokens, ${isPriced ? formatDollars(usd) : 'no price known'}`;
}

function worthText(state: LabState): string {
  const worth = adviserWorth(state);
  if (!worth) return 'its worth is not known yet: ideas with and without it are compared';
  const { steps, ideas, difference, interval } = worth;
  const side = (turn: AdviserTurn): string => `${steps[turn]} of ${formatCount(ideas[turn], 'idea')}`;
  const shares = `${side('on')} with it were steps, ${side('off')} without`;
  return `${shares}: ${percent(difference)} (95 %: ${percent(interval[0])} to ${percent(interval[1])})${interval[0] <= 0 && interval[1] >= 0 ? ', which proves nothing' : ''}`;
}

const percent = (share: number): string => `${share < 0 ? MINUS : '+'}${formatFixed(Math.abs(100 * share), 0)} %`;
