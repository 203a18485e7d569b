/**
 * The numbers that an evaluator writes beside the metric, as an agent and a person read them: what each is for an
 * experiment, how far repeats of the same code lie apart, and what the baseline has. Pure.
 */
import { emptyPool, mean, type Pool, poolSigma, poolWith } from '../../base/stats.ts';
import { OWN_METRICS } from '../../core/outcome.ts';
import { type LabState, measurementsOf } from '../../core/state.ts';
import { rawText } from '../format.ts';

/** More names than these are no longer read. */
const MAX_SECONDARY = 12;
/** Digits of a mean and of its noise. */
const [MEAN_DIGITS, NOISE_DIGITS] = [5, 2];

interface SecondaryMetric {
  readonly name: string;
  readonly mean: number;
  /** Mean of the baseline. */
  readonly baseline?: number;
  /** Standard deviation of repeats of the same code; absent where nothing was repeated. */
  readonly noise?: number;
}

/** Their means alone: a list of many experiments needs no noise of each. */
export const secondaryMeansOf = (
  state: LabState,
  n: number,
  deviceClass: string,
): Pick<SecondaryMetric, 'name' | 'mean'>[] =>
  [...valuesByName(state, n, deviceClass)].map(([name, values]) => ({ name, mean: mean(values) }));

/** The secondary metrics of experiment `n` on a device class, by name. */
export function secondaryMetricsOf(state: LabState, n: number, deviceClass: string): SecondaryMetric[] {
  const own = valuesByName(state, n, deviceClass);
  if (own.size === 0) return [];
  const baseline = valuesByName(state, 0, deviceClass);
  const noise = noiseByName(state, deviceClass, new Set(own.keys()));
  return [...own].slice(0, MAX_SECONDARY).map(([name, values]) => {
    const pool = noise.get(name) ?? emptyPool;
    const baselineValues = baseline.get(name);
    return {
      name,
      mean: mean(values),
      ...(baselineValues && { baseline: mean(baselineValues) }),
      ...(pool.dof > 0 && { noise: poolSigma(pool) }),
    };
  });
}

/** `parse_us 187 (baseline 196, noise 3.1)`. */
export function secondaryText({ name, mean: average, baseline, noise }: SecondaryMetric): string {
  const digits = (value: number, count: number): string => rawText(Number(value.toPrecision(count)));
  const beside = [
    baseline !== undefined && `baseline ${digits(baseline, MEAN_DIGITS)}`,
    noise !== undefined && `noise ${digits(noise, NOISE_DIGITS)}`,
  ].filter((part) => part !== false);
  return `${name} ${digits(average, MEAN_DIGITS)}${beside.length > 0 ? ` (${beside.join(', ')})` : ''}`;
}

function valuesByName(state: LabState, n: number, deviceClass: string): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (const measurement of measurementsOf(state, n)) {
    if (measurement.deviceClass !== deviceClass || measurement.state !== 'finished') continue;
    if (measurement.outcome.kind !== 'measured') continue;
    for (const [name, value] of Object.entries(measurement.outcome.metrics))
      if (!OWN_METRICS.has(name)) values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

function noiseByName(state: LabState, deviceClass: string, names: ReadonlySet<string>): Map<string, Pool> {
  const pools = new Map<string, Pool>();
  for (const { idea } of state.experiments) {
    if (measurementsOf(state, idea.n).length < 2) continue;
    for (const [name, values] of valuesByName(state, idea.n, deviceClass)) {
      if (!names.has(name)) continue;
      pools.set(name, poolWith(pools.get(name) ?? emptyPool, values));
    }
  }
  return pools;
}
