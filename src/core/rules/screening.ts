/**
 * Screening runs that rank: only the best share of the ideas is measured in full (asynchronous successive halving, the
 * stopping variant of Li et al. 2020), and only while ideas that were run both ways show that screening runs rank as
 * full ones do. A screening result never counts as a measurement of the experiment.
 */
import { type Agreement, agreement, promote, MIN_RANKING_TAU } from '../../base/rank.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { isOnOlderBase } from '../bases/comparison-base.ts';
import { arenaOf, type LabState, measurementsOf } from '../state.ts';

/** One of so many screened ideas is measured in full, unless the manifest says otherwise. */
const DEFAULT_ONE_IN = 3;
/** An idea is ranked among so many times `one_in` of the newest. */
const RANKING_WINDOW = 3;
/** The first ideas are measured in full whatever their screening run says: they tell whether screening runs rank. */
const FIRST_CHECKS = 8;
/** After them every sixth idea, for the same reason. */
const CHECK_EVERY = 6;
/** The newest checks that count: older ones were made on other code. */
const MAX_CHECKS = 16;

export type ScreeningPhase =
  /** Every idea is measured in full until it is shown that screening runs rank. */
  | 'checking'
  /** They rank: only the best share of the ideas is measured in full. */
  | 'halving'
  /** It is shown that they do not rank, and none is made any more. */
  | 'stopped';

export interface ScreeningState {
  /** Between screening runs and full ones of the same ideas. */
  readonly agreement: Agreement;
  readonly phase: ScreeningPhase;
}

/** Undefined where the manifest does not say that screening runs rank. */
export function screeningState(state: LabState, deviceClass: string): ScreeningState | undefined {
  if (arenaOf(state).screen?.ranks !== true) return undefined;
  const checkedPairs = [...state.screenRuns.keys()]
    .filter((_number, i) => isCheck(i))
    .flatMap((n) => {
      const shortLoss = lossOf(state, screenRunOf(state, n, deviceClass));
      const fullMeasurement = measurementsOf(state, n).find(
        (measurement) => measurement.deviceClass === deviceClass && valueOf(measurement) !== undefined,
      );
      return shortLoss === undefined || fullMeasurement === undefined
        ? []
        : [[shortLoss, lossOf(state, fullMeasurement)!] as const];
    })
    .slice(-MAX_CHECKS);
  const rankAgreement = agreement(
    checkedPairs.map(([shortLoss]) => shortLoss),
    checkedPairs.map(([, fullLoss]) => fullLoss),
  );
  return { agreement: rankAgreement, phase: phaseOf(rankAgreement) };
}

function phaseOf({ pairs, tau, interval }: Agreement): ScreeningPhase {
  if (pairs < FIRST_CHECKS) return 'checking';
  if (interval[1] < MIN_RANKING_TAU) return 'stopped';
  return tau >= MIN_RANKING_TAU ? 'halving' : 'checking';
}

const isCheck = (i: number): boolean => i < FIRST_CHECKS || i % CHECK_EVERY === 0;

/** The newest finished screening run of an experiment. */
export function screenRunOf(state: LabState, n: number, deviceClass: string): Measurement | undefined {
  const screenRuns = (state.screenRuns.get(n) ?? []).map((m) => state.measurements[m]!);
  return screenRuns.findLast(
    (measurement) => measurement.state === 'finished' && measurement.deviceClass === deviceClass,
  );
}

const lossOf = (state: LabState, measurement: Measurement | undefined): number | undefined => {
  const value = measurement && valueOf(measurement);
  return value === undefined || arenaOf(state).metric.direction === 'minimize' ? value : -value;
};

/** What open idea `n`, not measured in full yet, gets next: a screening run, the whole budget, or no more, and why. */
export function screeningOf(
  state: LabState,
  n: number,
  deviceClass: string,
):
  | { readonly next: 'short' | 'full' }
  | { readonly next: 'drop'; readonly reason: string }
  | { readonly next: 'failed'; readonly screenRun: Measurement } {
  const { idea } = state.experiments[n]!;
  const screening = screeningState(state, deviceClass);
  const screenRun = screening && screenRunOf(state, n, deviceClass);
  if (screenRun && valueOf(screenRun) === undefined) return { next: 'failed', screenRun };
  // What is built on older code than the others cannot be ranked among them.
  const isRankable =
    idea.kind === 'idea' &&
    !idea.bundles &&
    idea.retries === undefined &&
    idea.carries === undefined &&
    !isOnOlderBase(state, n);
  if (!screening || !isRankable || screening.phase === 'stopped') return { next: 'full' };
  if (!screenRun) return { next: 'short' };
  const ideaOrder = [...state.screenRuns.keys()];
  if (screening.phase === 'checking' || isCheck(ideaOrder.indexOf(n))) return { next: 'full' };
  const oneIn = arenaOf(state).screen!.one_in ?? DEFAULT_ONE_IN;
  const otherLosses = ideaOrder
    .filter((other) => other !== n)
    .flatMap((other) => lossOf(state, screenRunOf(state, other, deviceClass)) ?? []);
  const rankedLosses = [...otherLosses.slice(-(RANKING_WINDOW * oneIn - 1)), lossOf(state, screenRun)!];
  if (promote(rankedLosses, oneIn).includes(rankedLosses.length - 1)) return { next: 'full' };
  const rank = 1 + rankedLosses.filter((loss) => loss < rankedLosses.at(-1)!).length;
  return {
    next: 'drop',
    reason: `its short run came ${rank} of the last ${rankedLosses.length}, and one in ${oneIn} goes on`,
  };
}

/** Must the next measurement of `n` be a screening run? */
export const wantsScreening = (state: LabState, n: number, deviceClass: string): boolean =>
  screeningOf(state, n, deviceClass).next === 'short' &&
  !measurementsOf(state, n).some((measurement) => measurement.state === 'finished');
