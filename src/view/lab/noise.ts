/**
 * The noise of a lab as people see it: how large, what it lets one resolve and at what price, and what is odd about the
 * numbers. Pure.
 */
import type { Measurement } from '../../core/experiment.ts';
import { valueOf } from '../../core/experiment.ts';
import { measurementsOf } from '../../core/state.ts';
import { correlation, mean, minimumDetectableEffect } from '../../base/stats.ts';
import type { Basis } from '../basis.ts';
import { duration, fixed } from '../format.ts';
import type { NoiseView } from '../types.ts';

/** Repeats below which a correlation says nothing, and how strong it must be. */
const [FEWEST, STRONG] = [5, 0.9];
/** What the harness itself observes of a run's machine; every other number beside the metric is the arena's own. */
const MACHINE = new Set(['wall_s', 'cpu_s', 'budgeted_s', 'load']);

export function noiseView(b: Basis): NoiseView | undefined {
  if (!(b.dof > 0)) return undefined;
  const num = (raw: number) => ({ raw, text: b.format.spread(raw) });
  const sigma = num(b.sigma);
  const [one, three] = [num(minimumDetectableEffect(b.sigma, 1)), num(minimumDetectableEffect(b.sigma, 3))];
  const exact = b.sigma === 0;
  const text = exact
    ? `none: repeats of the same code agree exactly (${b.dof} comparisons)`
    : `${sigma.text} (standard deviation of repeats of the same code, ${b.dof} degrees of freedom)`;
  const warnings = [...(b.state.noise.get(b.device)?.calibrated?.warnings ?? []), ...oddities(b)];
  return {
    sigma,
    dof: b.dof,
    detectable: one,
    detectable3: three,
    text,
    warnings,
    ...(!exact && { cost: costText(b) }),
  };
}

/** Half the effect takes four times the measurements. */
function costText(b: Basis): string {
  const each = (runs: number): string =>
    `${runs} each for ${b.format.spread(minimumDetectableEffect(b.sigma, runs))} (${duration(2 * runs * b.typicalS)})`;
  return `an improvement that shows in four of five cases: ${[1, 4, 16].map(each).join(', ')}`;
}

/**
 * What the baseline's repeats give away beside their spread: a metric with two values, one at its bound, one that
 * follows the machine.
 */
function oddities(b: Basis): string[] {
  const repeats = measurementsOf(b.state, 0).filter((m) => m.deviceClass === b.device && valueOf(m) !== undefined);
  const numbers = repeats.map((m) => valueOf(m)!);
  const found: string[] = [];
  if (numbers.length >= 4 && new Set(numbers).size === 2)
    found.push('repeats take only two values: the metric is binary, and needs many measurements for any effect');
  const { min, max } = b.arena.metric.plausible ?? {};
  for (const bound of [min, max])
    if (bound !== undefined && Math.abs(mean(numbers) - bound) <= 2 * b.sigma)
      found.push(`repeats lie at the bound ${b.format.value(bound)}: the metric is saturated, nothing better can show`);
  const follows = numbers.length >= FEWEST && b.sigma > 0 ? follower(b, repeats, numbers) : undefined;
  return follows ? [...found, follows] : found;
}

/**
 * The secondary number that the metric follows most closely, when it follows one at all, and what can be done about it.
 */
function follower(b: Basis, repeats: readonly Measurement[], numbers: readonly number[]): string | undefined {
  const beside = repeats.map((m): Record<string, number> =>
    m.state === 'finished' && m.outcome.kind === 'measured' ? { ...m.outcome.metrics, load: m.conditions.load } : {},
  );
  const names = Object.keys(beside[0] ?? {}).filter((name) => beside.every((row) => row[name] !== undefined));
  const strongest = names
    .map((name) => ({
      name,
      r: correlation(
        beside.map((row) => row[name]!),
        numbers,
      ),
    }))
    .filter(({ r }) => Math.abs(r) >= STRONG)
    .sort((x, y) => Math.abs(y.r) - Math.abs(x.r))[0];
  if (!strongest) return undefined;
  const found = `repeats follow ${strongest.name} (correlation ${fixed(strongest.r, 2)})`;
  if (!MACHINE.has(strongest.name)) return `${found}: both measure one thing, or both follow the machine`;
  const remedy = b.arena.budget.steps === undefined ? ', or fix the work instead of the seconds (`budget.steps`)' : '';
  return `${found}: a faster or a busier machine gives other numbers. Leave it alone while it measures${remedy}`;
}
