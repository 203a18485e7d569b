/**
 * What an adviser costs and what it is worth: ideas that were proposed with its advice beside those that were proposed
 * without. Pure.
 */
import { tQuantile } from '../../base/distributions.ts';
import { ratioVariance } from '../../base/ratio.ts';
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
  /** Its 95 % interval. Ideas of one block share their advice, so it is as wide as the blocks lie apart. */
  readonly interval: readonly [number, number];
  /** The smaller number of blocks of a side. */
  readonly blocks: number;
}

/** Steps and ideas of a block: ideas after each other with advice, or without. */
interface Block {
  readonly turn: AdviserTurn;
  steps: number;
  ideas: number;
}

/** Undefined while one side has no decided idea. */
export function adviserWorth(state: LabState): AdviserWorth | undefined {
  const blocks = blocksOf(state);
  const [on, off] = [sideOf(blocks, 'on'), sideOf(blocks, 'off')];
  if (on.ideas === 0 || off.ideas === 0) return undefined;
  const centre = (on.steps + 1) / (on.ideas + 2) - (off.steps + 1) / (off.ideas + 2);
  const half = Math.max(halfOfIdeas(on, off), halfOfBlocks(on, off));
  return {
    steps: { on: on.steps, off: off.steps },
    ideas: { on: on.ideas, off: off.ideas },
    difference: on.steps / on.ideas - off.steps / off.ideas,
    interval: [Math.max(-1, centre - half), Math.min(1, centre + half)],
    blocks: Math.min(on.blocks.length, off.blocks.length),
  };
}

function blocksOf(state: LabState): Block[] {
  const blocks: Block[] = [];
  for (const experiment of state.experiments) {
    const turn = experiment.idea.adviser;
    const verdict = verdictOf(experiment);
    if (turn === undefined || verdict === undefined) continue;
    if (blocks.at(-1)?.turn !== turn) blocks.push({ turn, steps: 0, ideas: 0 });
    const block = blocks.at(-1)!;
    block.ideas++;
    if (verdict === 'kept') block.steps++;
  }
  return blocks;
}

interface Side {
  readonly steps: number;
  readonly ideas: number;
  readonly blocks: readonly Block[];
}

function sideOf(blocks: readonly Block[], turn: AdviserTurn): Side {
  const own = blocks.filter((block) => block.turn === turn);
  const sum = (key: 'steps' | 'ideas'): number => own.reduce((total, block) => total + block[key], 0);
  return { steps: sum('steps'), ideas: sum('ideas'), blocks: own };
}

/** Agresti and Caffo (2000): a success and a failure more on each side, which holds with few cases and shares of 0. */
function halfOfIdeas(...sides: readonly Side[]): number {
  const variances = sides.map(({ steps, ideas }) => {
    const share = (steps + 1) / (ideas + 2);
    return (share * (1 - share)) / (ideas + 2);
  });
  return 1.96 * Math.sqrt(variances.reduce((total, variance) => total + variance, 0));
}

/** With blocks as the units of a ratio; 0 while a side has one block, which has no spread. */
function halfOfBlocks(...sides: readonly Side[]): number {
  if (sides.some(({ blocks }) => blocks.length < 2)) return 0;
  const variances = sides.map(({ steps, ideas, blocks }) => {
    const units = blocks.map((block) => ({ gain: block.steps, cost: block.ideas }));
    return ratioVariance(units, steps / ideas);
  });
  const dof = sides.reduce((total, { blocks }) => total + blocks.length - 1, 0);
  return tQuantile(0.975, dof) * Math.sqrt(variances.reduce((total, variance) => total + variance, 0));
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
  const { steps, ideas, difference, interval, blocks } = worth;
  const side = (turn: AdviserTurn): string => `${steps[turn]} of ${formatCount(ideas[turn], 'idea')}`;
  const shares = `${side('on')} with it were steps, ${side('off')} without`;
  return `${shares}: ${percent(difference)} (95 %: ${percent(interval[0])} to ${percent(interval[1])})${provesNothing(interval, blocks)}`;
}

const provesNothing = ([low, high]: readonly [number, number], blocks: number): string => {
  if (low <= 0 && high >= 0) return ', which proves nothing';
  return blocks < 2 ? ', which one turn each cannot prove' : '';
};

const percent = (share: number): string => `${share < 0 ? MINUS : '+'}${formatFixed(Math.abs(100 * share), 0)} %`;
