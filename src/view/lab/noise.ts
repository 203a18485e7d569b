/**
 * The noise of a lab as people see it: how large, what it lets one resolve and at what price, and what is odd about the
 * numbers. Pure.
 */
import { defined } from '../../base/defined.ts';
import type { Measurement } from '../../core/experiment.ts';
import { valueOf } from '../../core/experiment.ts';
import { measurementsOf } from '../../core/state.ts';
import { correlationOf, mean, minimumDetectableEffect } from '../../base/stats.ts';
import type { ItemCalibration } from '../../core/item-record.ts';
import type { Basis } from '../basis.ts';
import { formatDuration, formatFixed } from '../format.ts';
import type { NoiseView } from '../types.ts';
import { detectableGainOf, itemCalibrationOf, itemsText } from './items.ts';

/** Repeats below which a correlation says nothing, and how strong it must be. */
const [MIN_REPEATS, STRONG_CORRELATION] = [5, 0.9];
/** What the harness itself observes of a run's machine; every other number beside the metric is the arena's own. */
const MACHINE_METRICS = new Set(['wall_s', 'cpu_s', 'budgeted_s', 'load']);

export function noiseView(basis: Basis): NoiseView | undefined {
  if (!(basis.dof > 0)) return undefined;
  const items = itemCalibrationOf(basis);
  if (items) return itemNoiseView(basis, items);
  const numberOf = (raw: number) => ({ raw, text: basis.format.spread(raw) });
  const sigma = numberOf(basis.sigma);
  const [detectableByOne, detectableByThree] = [
    numberOf(minimumDetectableEffect(basis.sigma, 1)),
    numberOf(minimumDetectableEffect(basis.sigma, 3)),
  ];
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

const RUN_WORDS = { 1: 'one run a side', 4: 'four', 16: 'sixteen' } as const;

/** Half the effect takes four times the measurements. */
function costText(basis: Basis): string {
  const costOfRuns = (runs: 1 | 4 | 16): string =>
    `${basis.format.spread(minimumDetectableEffect(basis.sigma, runs))} with ${RUN_WORDS[runs]} (${formatDuration(2 * runs * basis.typicalS)})`;
  return `smallest gain that shows in four of five cases: ${([1, 4, 16] as const).map(costOfRuns).join(', ')}`;
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
  const strongest = metricNames
    .map((name) => ({
      name,
      r: correlationOf(
        repeatMetrics.map((metrics) => metrics[name]!),
        repeatValues,
      ),
    }))
    .filter(({ r }) => Math.abs(r) >= STRONG_CORRELATION)
    .sort((left, right) => Math.abs(right.r) - Math.abs(left.r))[0];
  if (!strongest) return undefined;
  const observation = `repeats follow ${strongest.name} (correlation ${formatFixed(strongest.r, 2)})`;
  if (!MACHINE_METRICS.has(strongest.name)) return `${observation}: both measure one thing, or both follow the machine`;
  const remedy =
    basis.arena.budget.steps === undefined ? ', or fix the work instead of the seconds (`budget.steps`)' : '';
  return `${observation}: a faster or a busier machine gives other numbers. Leave it alone while it measures${remedy}`;
}
