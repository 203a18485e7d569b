/** Dead ends by theme, and undecided experiments with the price of deciding them. */

import { defined } from '../../base/defined.ts';
import { formatCount } from '../../base/text.ts';
import { sidesOf } from '../../core/rules/claims.ts';
import { type Basis, freshOf } from '../basis.ts';
import { formatDuration } from '../format.ts';
import type { OtherWay } from './ideas.ts';
import type { ExperimentView, ThemeView, UndecidedView } from '../types.ts';

/** Further measurements above which an answer is called unaffordable. */
const MAX_MEASUREMENTS = 100;
/** (z.95 + z.80): a true effect of this many standard errors shows with 80 % power at one-sided 5 %. */
const POWER_Z = 1.6449 + 0.8416;

/**
 * `otherWays` names, for moves of a single knob, the direction that nobody tried. `incumbentLineage` holds the steps
 * that the incumbent is built on: a runner-up among them is no dead end.
 */
export function deadEndViews(
  experimentRows: readonly ExperimentView[],
  incumbentLineage: readonly number[],
  otherWays: ReadonlyMap<number, OtherWay>,
): ThemeView[] {
  const rowsByTheme = new Map<string, ExperimentView[]>();
  for (const experiment of experimentRows) {
    if (incumbentLineage.includes(experiment.n)) continue;
    if (
      experiment.n === 0 ||
      experiment.verdict === 'kept' ||
      experiment.verdict === 'running' ||
      experiment.verdict === 'waiting'
    )
      continue;
    if (experiment.discard === 'carried') continue;
    if (experiment.verdict === 'refused' || experiment.discard === 'control' || experiment.discard === 'ablation')
      continue;
    const themeRows = rowsByTheme.get(experiment.theme);
    if (themeRows) themeRows.push(experiment);
    else rowsByTheme.set(experiment.theme, [experiment]);
  }
  return [...rowsByTheme]
    .map(([theme, themeRows]) => themeView(theme, themeRows, otherWays))
    .sort((left, right) => right.tried - left.tried);
}

/** For sorting: failures after everything that has a number. */
const gainOf = (experiment: ExperimentView): number => experiment.effect?.raw ?? -Number.MAX_VALUE;

function themeView(
  theme: string,
  themeRows: readonly ExperimentView[],
  otherWays: ReadonlyMap<number, OtherWay>,
): ThemeView {
  const countWhere = (predicate: (experiment: ExperimentView) => boolean): number => themeRows.filter(predicate).length;
  const failed = countWhere((experiment) => experiment.verdict === 'crashed' || experiment.verdict === 'timed out');
  const screenedCount = countWhere((experiment) => experiment.discard === 'screened');
  const refuted =
    countWhere(
      (experiment) =>
        experiment.verdict === 'discarded' && experiment.discard !== 'within noise' && experiment.discard !== 'no-op',
    ) - screenedCount;
  const withinNoise = countWhere(
    (experiment) =>
      experiment.verdict === 'discarded' && (experiment.discard === 'within noise' || experiment.discard === 'no-op'),
  );
  const inconclusive = countWhere((experiment) => experiment.verdict === 'inconclusive');
  const sides = themeRows.map(({ n }) => otherWays.get(n)?.side);
  const openSide = sides.length > 0 && sides.every((side) => side === sides[0]) ? sides[0] : undefined;
  const parts = [
    refuted > 0 && `${refuted} worse`,
    withinNoise > 0 && `${withinNoise} no better within noise`,
    inconclusive > 0 && `${inconclusive} inconclusive`,
    screenedCount > 0 && `${screenedCount} dropped after screening`,
    failed > 0 && `${failed} failed`,
    openSide !== undefined && `still open: ${openSide} values were never tried`,
  ].filter((part) => part !== false);
  const measuredRows = themeRows.filter((experiment) => experiment.effect !== undefined);
  const best = measuredRows.reduce<ExperimentView | undefined>(
    (bestSoFar, experiment) =>
      bestSoFar === undefined || experiment.effect!.raw > bestSoFar.effect!.raw ? experiment : bestSoFar,
    undefined,
  );
  return defined({
    theme,
    tried: themeRows.length,
    refuted,
    withinNoise,
    failed,
    inconclusive,
    text: parts.join(', '),
    experiments: [...themeRows].sort((left, right) => gainOf(right) - gainOf(left)).map((experiment) => experiment.n),
    best: best?.n,
  });
}

export function undecidedViews(
  basis: Basis,
  experimentRows: readonly ExperimentView[],
  incumbentLineage: readonly number[],
): UndecidedView[] {
  const { state } = basis;
  const undecided: UndecidedView[] = [];
  if (state.incumbent !== state.champion) {
    const claim = state.confirmations.findLast((confirmation) => confirmation.n === state.incumbent);
    const experiment = experimentRows[state.incumbent]!;
    if (!claim) undecided.push({ ...untestedView(basis, experiment.n), ...defined({ effect: experiment.effect }) });
    else
      undecided.push({
        n: experiment.n,
        what: 'carried on, but fresh measurements did not show it to be better',
        ...costToSettle(basis, claim.effect, freshOf(basis, experiment.n, claim.against)),
      });
  }
  for (const experiment of experimentRows)
    if (
      experiment.verdict === 'inconclusive' &&
      experiment.discard !== 'carried' &&
      experiment.effect &&
      !incumbentLineage.includes(experiment.n)
    )
      undecided.push({
        n: experiment.n,
        what: 'inconclusive',
        effect: experiment.effect,
        ...costToSettle(basis, experiment.effect.raw, [
          experiment.replicates,
          experimentRows[experiment.against ?? 0]?.replicates ?? 1,
        ]),
      });
  const priceOf = (candidate: UndecidedView): number => candidate.measurements ?? Number.POSITIVE_INFINITY;
  return undecided.sort((left, right) =>
    priceOf(left) === priceOf(right) ? left.n - right.n : priceOf(left) - priceOf(right),
  );
}

function untestedView(basis: Basis, n: number): UndecidedView {
  const sides = sidesOf(basis.state, n, basis.state.champion, basis.device);
  const [candidateMissing, championMissing] = sides.missingInAll ?? sides.missing;
  const missing = candidateMissing + championMissing;
  return {
    n,
    what: 'carried on, not tested by fresh measurements yet',
    measurements: missing,
    cost: costText(basis, missing),
  };
}

/** Measurements still needed on both sides, were the true effect what it looks like. */
function costToSettle(
  basis: Basis,
  effect: number,
  replicates: readonly [number, number],
): { cost: string; measurements?: number } {
  if (!(effect > 0) || !(basis.sigma > 0)) return { cost: 'not worth settling: it does not look better' };
  const neededPerSide = Math.ceil(2 * ((POWER_Z * basis.sigma) / effect) ** 2);
  const missing = Math.max(0, neededPerSide - replicates[0]) + Math.max(0, neededPerSide - replicates[1]);
  if (missing > MAX_MEASUREMENTS)
    return { cost: `more than ${MAX_MEASUREMENTS} further measurements: too small an effect for this noise` };
  const needed = Math.max(1, missing);
  return { measurements: needed, cost: costText(basis, needed) };
}

const costText = (basis: Basis, measurements: number): string =>
  `${formatCount(measurements, 'further measurement')}, about ${formatDuration(measurements * basis.typicalS)}`;
