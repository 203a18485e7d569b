/**
 * Short runs that rank: only the best share of the ideas is measured in full (asynchronous successive halving, the
 * stopping variant of Li et al. 2020), and only while ideas that were run both ways, whatever the short run said of
 * them, agree. A short number decides no keep. Pure.
 */
import { type Agreement, agreement, promote, MIN_RANKING_TAU } from '../../base/rank.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { arenaOf, type LabState, measurementsOf } from '../state.ts';

/**
 * Of so many short runs one goes on, unless the manifest says otherwise; and how many of the newest it is ranked among.
 */
const DEFAULT_ONE_IN = 3;
const RANKING_WINDOW = 3;
/**
 * Ideas that go on whatever their short run said: the first ones, then every sixth. They alone tell whether short runs
 * rank.
 */
const FIRST_CHECKS = 8;
const CHECK_EVERY = 6;
/** The newest checks that count: older ones were made on other code. */
const MAX_CHECKS = 16;

export interface ScreeningState {
  readonly agreement: Agreement;
  /**
   * `checking`: everything goes on until it is shown that short runs rank. `stopped`: it is shown that they do not, and
   * none is made any more.
   */
  readonly phase: 'checking' | 'halving' | 'stopped';
}

/** Undefined where the arena does not say that short runs rank. */
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
  const hasEnoughChecks = checkedPairs.length >= FIRST_CHECKS;
  const phase =
    hasEnoughChecks && rankAgreement.interval[1] < MIN_RANKING_TAU
      ? 'stopped'
      : hasEnoughChecks && rankAgreement.tau >= MIN_RANKING_TAU
        ? 'halving'
        : 'checking';
  return { agreement: rankAgreement, phase };
}

const isCheck = (i: number): boolean => i < FIRST_CHECKS || i % CHECK_EVERY === 0;

/** The short run of an experiment that ended last. */
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

/** What open idea `n`, without a full measurement, gets next: a short run, the whole budget, or no more, and why. */
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
  if (!screening || idea.kind !== 'idea' || idea.bundles || idea.retries !== undefined || screening.phase === 'stopped')
    return { next: 'full' };
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

/** Must the next measurement of `n` be a short run? */
export const wantsScreening = (state: LabState, n: number, deviceClass: string): boolean =>
  screeningOf(state, n, deviceClass).next === 'short' &&
  !measurementsOf(state, n).some((measurement) => measurement.state === 'finished');
