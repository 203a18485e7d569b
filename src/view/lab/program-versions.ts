/**
 * Two versions of program.md compared: what experiments proposed under each brought. The gain of an experiment is the
 * improvement that it added to the kept code, 0 when it added none. Versions that were alternated are compared in pairs
 * on nearly the same code; others only side by side, and it is said.
 */
import { count } from '../../base/text.ts';
import { type Experiment, verdictOf } from '../../core/experiment.ts';
import type { LabState } from '../../core/state.ts';
import { type Comparison, compare, comparePairs, mean } from '../../base/stats.ts';
import { basisOf } from '../basis.ts';
import { percent } from '../format.ts';
import type { Facts } from '../types.ts';

export interface ProgramView {
  readonly version: string;
  readonly experiments: number;
  readonly kept: number;
  /** Calls of agents that gave no experiment. */
  readonly fruitless: number;
  readonly gain: number;
  readonly text: string;
}

export interface ProgramsView {
  readonly versions: readonly ProgramView[];
  readonly comparison?: {
    readonly a: string;
    readonly b: string;
    /** How many pairs it rests on; 0 = not alternated. */
    readonly pairs: number;
    readonly difference: number;
    readonly interval: readonly [number, number];
    readonly probability: number;
    readonly text: string;
  };
}

/** `a` and `b` are versions (or beginnings of them); the two that were used most when absent. */
export function viewPrograms(state: LabState, facts: Facts, a?: string, b?: string): ProgramsView {
  const tried = state.experiments.filter(
    (x) => x.idea.program !== undefined && (x.state === 'decided' || x.state === 'refused'),
  );
  const names = [...new Set(tried.map((x) => x.idea.program!))];
  const { value, delta } = basisOf(state, facts).format;
  const versions = names.map((version): ProgramView => {
    const own = tried.filter((x) => x.idea.program === version);
    const gain = mean(own.map(gainOf));
    const kept = own.filter((x) => verdictOf(x) === 'kept').length;
    const fruitless = state.calls.filter(
      ({ start, end }) => start.program === version && start.purpose === 'idea' && end && end.outcome !== 'edit',
    ).length;
    const text = `${version.slice(0, 8)}: ${count(own.length, 'experiment')}, ${kept} kept (${percent(kept / own.length)}), ${value(gain)} gained by one on average, ${count(fruitless, 'call')} without an idea`;
    return { version, experiments: own.length, kept, fruitless, gain, text };
  });
  const most = [...versions].sort((x, y) => y.experiments - x.experiments);
  const pick = (wanted: string | undefined, other: number): string | undefined =>
    wanted === undefined ? most[other]?.version : names.find((name) => name.startsWith(wanted));
  const [first, second] = [pick(a, 0), pick(b, 1)];
  if (first === undefined || second === undefined || first === second) return { versions };
  const { pairs, comparison } = compared(tried, first, second);
  if (!comparison) return { versions };
  const { difference, interval, probability } = comparison;
  const how =
    pairs > 0
      ? `on ${count(pairs, 'pair')} of experiments side by side`
      : 'NOT alternated: what came later stood on better code, so this says little';
  const sure =
    interval[0] > 0
      ? `${first.slice(0, 8)} brings more`
      : interval[1] < 0
        ? `${second.slice(0, 8)} brings more`
        : 'no difference is shown';
  const text = `${sure}: ${delta(difference)} an experiment (95 %: ${delta(interval[0])} to ${delta(interval[1])}), ${how}`;
  return { versions, comparison: { a: first, b: second, pairs, difference, interval, probability, text } };
}

const gainOf = (x: Experiment): number =>
  x.state === 'decided' && x.advanced ? Math.max(0, x.decision.effect ?? 0) : 0;

function compared(tried: readonly Experiment[], a: string, b: string): { pairs: number; comparison?: Comparison } {
  const differences: number[] = [];
  for (let i = 0; i + 1 < tried.length;) {
    const [one, two] = [tried[i]!, tried[i + 1]!];
    const side =
      one.idea.program === a && two.idea.program === b ? 1 : one.idea.program === b && two.idea.program === a ? -1 : 0;
    if (side !== 0) differences.push(side * (gainOf(one) - gainOf(two)));
    i += side === 0 ? 1 : 2;
  }
  // Two versions one after the other make one pair where they meet: that is no alternation.
  if (differences.length > 1) return { pairs: differences.length, comparison: comparePairs(differences, 0, 0) };
  const [mine, theirs] = [a, b].map((version) => tried.filter((x) => x.idea.program === version).map(gainOf));
  const freedom = mine!.length + theirs!.length - 2;
  if (freedom < 1) return { pairs: 0 };
  const ss = [mine!, theirs!].reduce(
    (sum, side) => sum + side.reduce((all, gain) => all + (gain - mean(side)) ** 2, 0),
    0,
  );
  return { pairs: 0, comparison: compare(mine!, theirs!, Math.sqrt(ss / freedom), freedom) };
}
