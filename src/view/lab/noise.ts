/**
 * The noise of a lab as people see it: how large, what it lets one resolve and at what price, and what is odd about the
 * numbers. Pure.
 */
import { defined } from '../../base/defined.ts';
import type { Measurement } from '../../core/experiment.ts';
import { valueOf } from '../../core/experiment.ts';
import { tQuantile } from '../../base/distributions.ts';
import { replicatesOf } from '../../core/arena.ts';
import { ideasTried } from '../../core/plan/pace.ts';
import { confirmableGain } from '../../core/rules/power.ts';
import { measurementsOf, values } from '../../core/state.ts';
import { correlationOf, mean } from '../../base/stats.ts';
import type { ItemCalibration } from '../../core/item-record.ts';
import type { Basis } from '../basis.ts';
import { formatDuration, formatFixed } from '../format.ts';
import type { NoiseView } from '../types.ts';
import { detectableGainOf, itemCalibrationOf, itemsText } from './items.ts';

/** Repeats below which a correlation says nothing, and how strong it must be. */
const [MIN_REPEATS, STRONG_CORRELATION] = [5, 0.9];
/** Share of labs in which a number that has nothing to do with the metric seems to follow it, all numbers together. */
const CORRELATION_ALARM = 0.01;
/** What the harness itself observes of a run's machine; every other number beside the metric is the arena's own. */
const MACHINE_METRICS = new Set(['wall_s', 'cpu_s', 'budgeted_s', 'load']);

export function noiseView(basis: Basis): NoiseView | undefined {
  if (!(basis.dof > 0)) return undefined;
  const items = itemCalibrationOf(basis);
  if (items) return itemNoiseView(basis, items);
  const numberOf = (raw: number) => ({ raw, text: basis.format.spread(raw) });
  const sigma = numberOf(basis.sigma);
  const [detectableByOne, detectableByThree] = [numberOf(confirmableIn(basis, 1)), numberOf(confirmableIn(basis, 3))];
  const isExact = basis.sigma === 0;
  const text = isExact
    ? `none: repeats of the same code agree exactly (${basis.dof} comparisons)`
    : `${sigma.text} (standard deviation of repeats of the same code, ${basis.dof} degrees of freedom)`;
  const warnings = [...noiseWarnings(basis), ...findOddities(basis)];
  return defined({
    sigma,
    dof: basis.dof,
    detectable: detectableByOne,
    detectable3: detectableByThree,
    text,
    warnings,
    cost: isExact ? undefined : costText(basis),
  });
}

/**
 * The gain that a session like this one confirms in four of five cases, with so many times the measurements that this
 * lab makes of each idea.
 */
function confirmableIn(basis: Basis, factor: number): number {
  const { arena, state, device } = basis;
  const tried = ideasTried(state);
  return confirmableGain({
    sigma: basis.sigma,
    dof: basis.dof,
    calibration: Math.max(1, values(state, 0, device).length),
    replicates: factor * replicatesOf(arena),
    rule: arena.decide.rule,
    ...(tried > 0 && { ideas: tried }),
  });
}
/** Where items are compared, they are the noise; runs of the same code may add to it. */
function itemNoiseView(basis: Basis, items: ItemCalibration): NoiseView {
  const numberOf = (raw: number) => ({ raw, text: basis.format.spread(raw) });
  const gain = numberOf(detectableGainOf(basis, items));
  const runText =
    basis.sigma === 0
      ? 'runs of the same code agree exactly'
      : `runs of the same code differ by ${basis.format.spread(basis.sigma)}`;
  return {
    sigma: numberOf(basis.sigma),
    dof: basis.dof,
    detectable: gain,
    detectable3: gain,
    text: `${itemsText(items, gain.text)}; ${runText}`,
    warnings: [...noiseWarnings(basis), ...findOddities(basis)],
  };
}

/** Identical repeats say nothing where items are compared. */
export function noiseWarnings({ state, device, sigma }: Basis): readonly string[] {
  const { calibrated, items } = state.noise.get(device) ?? {};
  return items && sigma === 0 ? [] : (calibrated?.warnings ?? []);
}

/** More power is bought by more measurements of each idea and each claim. */
function costText(basis: Basis): string {
  const replicates = replicatesOf(basis.arena);
  const priceOf = (factor: number): string =>
    `${basis.format.spread(confirmableIn(basis, factor))} with ${factor * replicates === 1 ? 'one measurement' : `${factor * replicates} measurements`} of each idea (${formatDuration(factor * replicates * basis.typicalS)})`;
  return `smallest gain that is confirmed in four of five sessions like this one: ${priceOf(1)}, ${priceOf(3)}; \`--replicates\` buys it`;
}

/**
 * What the baseline's repeats show beside their spread: a metric with two values, one at its bound, one that follows
 * the machine.
 */
function findOddities(basis: Basis): string[] {
  const repeats = measurementsOf(basis.state, 0).filter(
    (measurement) => measurement.deviceClass === basis.device && valueOf(measurement) !== undefined,
  );
  const repeatValues = repeats.map((measurement) => valueOf(measurement)!);
  const oddities: string[] = [];
  if (repeatValues.length >= 4 && new Set(repeatValues).size === 2)
    oddities.push('repeats take only two values: the metric is binary, and needs many measurements for any effect');
  const { min, max } = basis.arena.metric.plausible ?? {};
  for (const bound of [min, max])
    if (bound !== undefined && Math.abs(mean(repeatValues) - bound) <= 2 * basis.sigma)
      oddities.push(
        `repeats lie at the bound ${basis.format.value(bound)}: the metric is saturated, no improvement can show`,
      );
  const followedText =
    repeatValues.length >= MIN_REPEATS && basis.sigma > 0 ? describeFollowed(basis, repeats, repeatValues) : undefined;
  return followedText ? [...oddities, followedText] : oddities;
}

/** The secondary number that the metric follows most closely, if it follows any, and the remedy. */
function describeFollowed(
  basis: Basis,
  repeats: readonly Measurement[],
  repeatValues: readonly number[],
): string | undefined {
  const repeatMetrics = repeats.map((measurement): Record<string, number> =>
    measurement.state === 'finished' && measurement.outcome.kind === 'measured'
      ? { ...measurement.outcome.metrics, load: measurement.conditions.load }
      : {},
  );
  const metricNames = Object.keys(repeatMetrics[0] ?? {}).filter((metricName) =>
    repeatMetrics.every((metrics) => metrics[metricName] !== undefined),
  );
  const freedom = repeats.length - 2;
  const quantile = tQuantile(1 - CORRELATION_ALARM / (2 * Math.max(1, metricNames.length)), freedom);
  const smallestCorrelation = Math.max(STRONG_CORRELATION, quantile / Math.sqrt(freedom + quantile ** 2));
  const strongest = metricNames
    .map((name) => ({
      name,
      r: correlationOf(
        repeatMetrics.map((metrics) => metrics[name]!),
        repeatValues,
      ),
    }))
    .filter(({ r }) => Math.abs(r) >= smallestCorrelation)
    .sort((left, right) => Math.abs(right.r) - Math.abs(left.r))[0];
  if (!strongest) return undefined;
  const observation = `repeats follow ${strongest.name} (correlation ${formatFixed(strongest.r, 2)})`;
  if (!MACHINE_METRICS.has(strongest.name)) return `${observation}: both measure one thing, or both follow the machine`;
  const remedy =
    basis.arena.budget.steps === undefined ? ', or fix the work instead of the seconds (`budget.steps`)' : '';
  return `${observation}: a faster or a busier machine gives other numbers. Leave it alone while it measures${remedy}`;
}
