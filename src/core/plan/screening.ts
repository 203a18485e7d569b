/**
 * Short runs that rank: only the best share of the ideas is measured in full (asynchronous successive halving, the
 * stopping variant of Li et al. 2020), and only while ideas that were run both ways, whatever the short run said of
 * them, agree. A short number decides no keep. Pure.
 */
import { type Agreement, agreement, promote, RANKS_AT } from '../../base/rank.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { arenaOf, type LabState, measurementsOf } from '../state.ts';

/**
 * Of so many short runs one goes on, unless the manifest says otherwise; and how many of the newest it is ranked among.
 */
const ONE_IN = 3;
const WINDOW_RUNGS = 3;
/**
 * Ideas that go on whatever their short run said: the first ones, then every sixth. They alone tell whether short runs
 * rank.
 */
const CHECKS = 8;
const CHECK_EVERY = 6;
/** The newest checks that count: older ones were made on other code. */
const NEWEST_CHECKS = 16;

export interface Halving {
  readonly agreement: Agreement;
  /**
   * `checking`: everything goes on until it is shown that short runs rank. `stopped`: it is shown that they do not, and
   * none is made any more.
   */
  readonly phase: 'checking' | 'halving' | 'stopped';
}

/** Undefined where the arena does not say that short runs rank. */
export function halving(state: LabState, deviceClass: string): Halving | undefined {
  if (arenaOf(state).screen?.ranks !== true) return undefined;
  const pairs = [...state.shorts.keys()]
    .filter((_, i) => isCheck(i))
    .flatMap((n) => {
      const short = lossOf(state, shortOf(state, n, deviceClass));
      const long = measurementsOf(state, n).find((m) => m.deviceClass === deviceClass && valueOf(m) !== undefined);
      return short === undefined || long === undefined ? [] : [[short, lossOf(state, long)!] as const];
    })
    .slice(-NEWEST_CHECKS);
  const found = agreement(
    pairs.map(([short]) => short),
    pairs.map(([, long]) => long),
  );
  const known = pairs.length >= CHECKS;
  const phase =
    known && found.interval[1] < RANKS_AT ? 'stopped' : known && found.tau >= RANKS_AT ? 'halving' : 'checking';
  return { agreement: found, phase };
}

const isCheck = (i: number): boolean => i < CHECKS || i % CHECK_EVERY === 0;

/** The short run of an experiment that ended last. */
export function shortOf(state: LabState, n: number, deviceClass: string): Measurement | undefined {
  const ms = (state.shorts.get(n) ?? []).map((m) => state.measurements[m]!);
  return ms.findLast((m) => m.state === 'finished' && m.deviceClass === deviceClass);
}

const lossOf = (state: LabState, m: Measurement | undefined): number | undefined => {
  const value = m && valueOf(m);
  return value === undefined || arenaOf(state).metric.direction === 'minimize' ? value : -value;
};

/** What open idea `n`, without a full measurement, gets next: a short run, the whole budget, or no more, and why. */
export function rungOf(
  state: LabState,
  n: number,
  deviceClass: string,
):
  | { readonly next: 'short' | 'full' }
  | { readonly next: 'drop'; readonly reason: string }
  | { readonly next: 'failed'; readonly short: Measurement } {
  const { idea } = state.experiments[n]!;
  const now = halving(state, deviceClass);
  const short = now && shortOf(state, n, deviceClass);
  if (short && valueOf(short) === undefined) return { next: 'failed', short };
  if (!now || idea.kind !== 'idea' || idea.bundles || idea.retries !== undefined || now.phase === 'stopped')
    return { next: 'full' };
  if (!short) return { next: 'short' };
  const order = [...state.shorts.keys()];
  if (now.phase === 'checking' || isCheck(order.indexOf(n))) return { next: 'full' };
  const one = arenaOf(state).screen!.one_in ?? ONE_IN;
  const others = order.filter((k) => k !== n).flatMap((k) => lossOf(state, shortOf(state, k, deviceClass)) ?? []);
  const rung = [...others.slice(-(WINDOW_RUNGS * one - 1)), lossOf(state, short)!];
  if (promote(rung, one).includes(rung.length - 1)) return { next: 'full' };
  const place = 1 + rung.filter((loss) => loss < rung.at(-1)!).length;
  return { next: 'drop', reason: `its short run came ${place} of the last ${rung.length}, and one in ${one} goes on` };
}

/** Must the next measurement of `n` be a short run? */
export const wantsShort = (state: LabState, n: number, deviceClass: string): boolean =>
  rungOf(state, n, deviceClass).next === 'short' && !measurementsOf(state, n).some((m) => m.state === 'finished');
