/** What did not work, by theme, and what is still open, with the price of an answer. */

import { count } from '../../base/text.ts';
import { CONFIRM_REPLICATES } from '../../core/rules/claims.ts';
import { type Basis, freshOf } from '../basis.ts';
import { duration } from '../format.ts';
import type { OtherWay } from './ideas.ts';
import type { ExperimentView, ThemeView, UndecidedView } from '../types.ts';

/** Further measurements above which an answer is called unaffordable. */
const MOST_MEASUREMENTS = 100;
/** (z.95 + z.80): a true effect of this many standard errors shows with 80 % power at one-sided 5 %. */
const POWER_Z = 1.6449 + 0.8416;

/**
 * `half` says of single moves of a knob whose other way was not tried which it is. `line` is what the incumbent is
 * built on: a runner-up that its branch came from is no dead end.
 */
export function deadEnds(
  rows: readonly ExperimentView[],
  line: readonly number[],
  half: ReadonlyMap<number, OtherWay>,
): ThemeView[] {
  const groups = new Map<string, ExperimentView[]>();
  for (const row of rows) {
    if (line.includes(row.n)) continue;
    if (row.n === 0 || row.verdict === 'kept' || row.verdict === 'running' || row.verdict === 'waiting') continue;
    if (row.verdict === 'refused' || row.discard === 'control' || row.discard === 'ablation') continue;
    const group = groups.get(row.theme);
    if (group) group.push(row);
    else groups.set(row.theme, [row]);
  }
  return [...groups].map(([theme, group]) => themeView(theme, group, half)).sort((a, b) => b.tried - a.tried);
}

/** For sorting: failures after everything that has a number. */
const gainOf = (row: ExperimentView): number => row.effect?.raw ?? -Number.MAX_VALUE;

function themeView(theme: string, group: readonly ExperimentView[], half: ReadonlyMap<number, OtherWay>): ThemeView {
  const of = (test: (row: ExperimentView) => boolean): number => group.filter(test).length;
  const failed = of((r) => r.verdict === 'crashed' || r.verdict === 'timed out');
  const screened = of((r) => r.discard === 'screened');
  const refuted =
    of((r) => r.verdict === 'discarded' && r.discard !== 'within noise' && r.discard !== 'no-op') - screened;
  const withinNoise = of((r) => r.verdict === 'discarded' && (r.discard === 'within noise' || r.discard === 'no-op'));
  const inconclusive = of((r) => r.verdict === 'inconclusive');
  const sides = group.map(({ n }) => half.get(n)?.side);
  const open = sides.length > 0 && sides.every((side) => side === sides[0]) ? sides[0] : undefined;
  const parts = [
    refuted > 0 && `${refuted} worse`,
    withinNoise > 0 && `${withinNoise} no better within noise`,
    inconclusive > 0 && `${inconclusive} inconclusive`,
    screened > 0 && `${screened} dropped after a short run`,
    failed > 0 && `${failed} failed`,
    open !== undefined && `not dead yet: ${open} was never tried`,
  ].filter((part) => part !== false);
  const measured = group.filter((row) => row.effect !== undefined);
  const best = measured.reduce<ExperimentView | undefined>(
    (top, row) => (top === undefined || row.effect!.raw > top.effect!.raw ? row : top),
    undefined,
  );
  return {
    theme,
    tried: group.length,
    refuted,
    withinNoise,
    failed,
    inconclusive,
    text: parts.join(', '),
    experiments: [...group].sort((a, b) => gainOf(b) - gainOf(a)).map((row) => row.n),
    ...(best && { best: best.n }),
  };
}

export function undecidedViews(b: Basis, rows: readonly ExperimentView[], line: readonly number[]): UndecidedView[] {
  const { state } = b;
  const open: UndecidedView[] = [];
  if (state.incumbent !== state.champion) {
    const claim = state.confirmations.findLast((c) => c.n === state.incumbent);
    const row = rows[state.incumbent]!;
    if (!claim) open.push({ ...untested(b, row.n), ...(row.effect && { effect: row.effect }) });
    else
      open.push({
        n: row.n,
        what: 'kept, but fresh measurements did not show it to be better',
        ...settle(b, claim.effect, freshOf(b, row.n, claim.against)),
      });
  }
  for (const row of rows)
    if (row.verdict === 'inconclusive' && row.effect && !line.includes(row.n))
      open.push({
        n: row.n,
        what: 'inconclusive',
        effect: row.effect,
        ...settle(b, row.effect.raw, [row.replicates, rows[row.against ?? 0]?.replicates ?? 1]),
      });
  const price = (u: UndecidedView): number => u.measurements ?? Number.POSITIVE_INFINITY;
  return open.sort((a, c) => (price(a) === price(c) ? a.n - c.n : price(a) - price(c)));
}

function untested(b: Basis, n: number): UndecidedView {
  const [mine, theirs] = freshOf(b, n, b.state.champion);
  const left = Math.max(0, CONFIRM_REPLICATES - mine) + Math.max(0, CONFIRM_REPLICATES - theirs);
  return { n, what: 'kept, not tested by fresh measurements yet', measurements: left, cost: costText(b, left) };
}

/** Measurements still needed on both sides, were the true effect what it looks like. */
function settle(b: Basis, effect: number, have: readonly [number, number]): { cost: string; measurements?: number } {
  if (!(effect > 0) || !(b.sigma > 0)) return { cost: 'not worth settling: it does not look better' };
  const side = Math.ceil(2 * ((POWER_Z * b.sigma) / effect) ** 2);
  const more = Math.max(0, side - have[0]) + Math.max(0, side - have[1]);
  if (more > MOST_MEASUREMENTS)
    return { cost: `more than ${MOST_MEASUREMENTS} further measurements: too small an effect for this noise` };
  const needed = Math.max(1, more);
  return { measurements: needed, cost: costText(b, needed) };
}

const costText = (b: Basis, measurements: number): string =>
  `${count(measurements, 'further measurement')}, about ${duration(measurements * b.typicalS)}`;
