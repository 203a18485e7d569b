/**
 * Two versions of program.md compared by the gains of the experiments that were proposed under each. The gain of an
 * experiment is the improvement that it added to the kept code, 0 when it added none. Versions that were alternated
 * are compared in pairs on nearly the same code; others only side by side, and it is said.
 */
import { formatCount } from '../../base/text.ts';
import { type Experiment, verdictOf } from '../../core/experiment.ts';
import type { LabState } from '../../core/state.ts';
import { type Comparison, compareSamples, comparePairs, emptyPool, mean } from '../../base/stats.ts';
import { basisOf } from '../basis.ts';
import { decimalsOfSpread, formatPercent } from '../format.ts';
import type { Facts } from '../types.ts';

/** Gains of experiments have no noise of repeats behind them. */
const NOTHING_KNOWN = { sigma: 0, dof: 0, pairs: emptyPool } as const;

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
export function viewPrograms(state: LabState, facts: Facts, wantedFirst?: string, wantedSecond?: string): ProgramsView {
  const triedExperiments = state.experiments.filter(
    (experiment) =>
      experiment.idea.program !== undefined && (experiment.state === 'decided' || experiment.state === 'refused'),
  );
  const versionNames = [...new Set(triedExperiments.map((experiment) => experiment.idea.program!))];
  const { value, delta } = basisOf(state, facts).format;
  const versions = versionNames.map((version): ProgramView => {
    const versionExperiments = triedExperiments.filter((experiment) => experiment.idea.program === version);
    const gain = mean(versionExperiments.map(gainOf));
    const kept = versionExperiments.filter((experiment) => verdictOf(experiment) === 'kept').length;
    const fruitless = state.calls.filter(
      ({ start, end }) => start.program === version && start.purpose === 'idea' && end && end.outcome !== 'edit',
    ).length;
    const text = `${version.slice(0, 8)}: ${formatCount(versionExperiments.length, 'experiment')}, ${formatCount(kept, 'step')} (${formatPercent(kept / versionExperiments.length)}), ${value(gain)} gained per experiment, ${formatCount(fruitless, 'call')} without an idea`;
    return { version, experiments: versionExperiments.length, kept, fruitless, gain, text };
  });
  const mostTried = [...versions].sort((left, right) => right.experiments - left.experiments);
  const pickVersion = (prefix: string | undefined, rank: number): string | undefined =>
    prefix === undefined ? mostTried[rank]?.version : versionNames.find((version) => version.startsWith(prefix));
  const [firstVersion, secondVersion] = [pickVersion(wantedFirst, 0), pickVersion(wantedSecond, 1)];
  if (firstVersion === undefined || secondVersion === undefined || firstVersion === secondVersion) return { versions };
  const { pairs, comparison } = compareVersions(triedExperiments, firstVersion, secondVersion);
  if (!comparison) return { versions };
  const { difference, interval, probability } = comparison;
  const formatGain = (gain: number): string => delta(gain, decimalsOfSpread((interval[1] - interval[0]) / 2));
  const method =
    pairs > 0
      ? `on ${formatCount(pairs, 'pair')} of experiments side by side`
      : 'not alternated: later experiments built on better code, so this says little';
  const conclusion =
    interval[0] > 0
      ? `${firstVersion.slice(0, 8)} gains more`
      : interval[1] < 0
        ? `${secondVersion.slice(0, 8)} gains more`
        : 'no difference is shown';
  const text = `${conclusion}: ${formatGain(difference)} per experiment (95 %: ${formatGain(interval[0])} to ${formatGain(interval[1])}), ${method}`;
  return {
    versions,
    comparison: { a: firstVersion, b: secondVersion, pairs, difference, interval, probability, text },
  };
}

const gainOf = (experiment: Experiment): number =>
  experiment.state === 'decided' && experiment.advanced ? Math.max(0, experiment.decision.effect ?? 0) : 0;

function compareVersions(
  triedExperiments: readonly Experiment[],
  firstVersion: string,
  secondVersion: string,
): { pairs: number; comparison?: Comparison } {
  const differences: number[] = [];
  for (let i = 0; i + 1 < triedExperiments.length;) {
    const [earlier, later] = [triedExperiments[i]!, triedExperiments[i + 1]!];
    const sign =
      earlier.idea.program === firstVersion && later.idea.program === secondVersion
        ? 1
        : earlier.idea.program === secondVersion && later.idea.program === firstVersion
          ? -1
          : 0;
    if (sign !== 0) differences.push(sign * (gainOf(earlier) - gainOf(later)));
    i += sign === 0 ? 1 : 2;
  }
  // Two versions one after the other make one pair where they meet: that is no alternation.
  if (differences.length > 1)
    return { pairs: differences.length, comparison: comparePairs(differences, NOTHING_KNOWN) };
  const [firstGains, secondGains] = [firstVersion, secondVersion].map((version) =>
    triedExperiments.filter((experiment) => experiment.idea.program === version).map(gainOf),
  );
  const degreesOfFreedom = firstGains!.length + secondGains!.length - 2;
  if (degreesOfFreedom < 1) return { pairs: 0 };
  const sumOfSquares = [firstGains!, secondGains!].reduce(
    (total, gains) => total + gains.reduce((subtotal, gain) => subtotal + (gain - mean(gains)) ** 2, 0),
    0,
  );
  return {
    pairs: 0,
    comparison: compareSamples(firstGains!, secondGains!, Math.sqrt(sumOfSquares / degreesOfFreedom), degreesOfFreedom),
  };
}
