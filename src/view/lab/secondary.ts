/**
 * The numbers that an evaluator writes beside the metric, as an agent and a person read them: what each is for an
 * experiment, how far repeats of the same code lie apart, what its parent has and what the baseline. Pure.
 */
import { defined } from '../../base/defined.ts';
import { emptyPool, mean, type Pool, poolSigma, poolWith } from '../../base/stats.ts';
import { type Outcome, OWN_METRICS } from '../../core/outcome.ts';
import { type LabState, measurementsOf } from '../../core/state.ts';
import { rawText } from '../format.ts';
import type { SecondaryView } from '../detail-types.ts';

/** More names than these are no longer read. */
const MAX_SECONDARY = 12;
/** Digits of a mean and of its noise. */
const [MEAN_DIGITS, NOISE_DIGITS] = [5, 2];

/** Means that two such means differ by in one of twenty cases, in standard deviations of their difference. */
const NOISE_FACTOR = 1.96;

/** Standard deviation of repeats by name. */
export type SecondaryNoise = ReadonlyMap<string, number>;

/** Their means and changes alone: a list of many experiments needs no noise of each. */
export function secondaryMeansOf(
  state: LabState,
  n: number,
  deviceClass: string,
): Pick<SecondaryView, 'name' | 'mean' | 'change'>[] {
  const parents = parentValues(state, n, deviceClass);
  return [...valuesByName(state, n, deviceClass)].map(([name, values]) => {
    const parent = parents.get(name);
    return { name, mean: mean(values), ...(parent && { change: mean(values) - mean(parent) }) };
  });
}

/** How far repeats of the same code lie apart, of every secondary metric of a device class. */
export function secondaryNoiseOf(state: LabState, deviceClass: string): SecondaryNoise {
  const noise = new Map<string, number>();
  for (const [name, pool] of poolsByName(state, deviceClass)) if (pool.dof > 0) noise.set(name, poolSigma(pool));
  return noise;
}

/** The secondary metrics of experiment `n` on a device class, by name. `noise` spares a list to compute it again. */
export function secondaryMetricsOf(
  state: LabState,
  n: number,
  deviceClass: string,
  noise: SecondaryNoise = secondaryNoiseOf(state, deviceClass),
): SecondaryView[] {
  const own = valuesByName(state, n, deviceClass);
  if (own.size === 0) return [];
  const baselines = valuesByName(state, 0, deviceClass);
  const parents = parentValues(state, n, deviceClass);
  return [...own].slice(0, MAX_SECONDARY).map(([name, values]) => {
    const [parent, baseline, sigma] = [parents.get(name), baselines.get(name), noise.get(name)];
    const change = parent && mean(values) - mean(parent);
    const spread = parent && sigma !== undefined ? sigma * Math.sqrt(1 / values.length + 1 / parent.length) : undefined;
    return defined({
      name,
      mean: mean(values),
      parent: parent && mean(parent),
      change,
      baseline: baseline && mean(baseline),
      noise: sigma,
      isWithinNoise:
        change === undefined || spread === undefined || !(spread > 0)
          ? undefined
          : Math.abs(change) <= NOISE_FACTOR * spread,
    });
  });
}

/** What the code that `n` was built on has. The baseline has no parent. */
const parentValues = (state: LabState, n: number, deviceClass: string): Map<string, number[]> =>
  n === 0 ? new Map() : valuesByName(state, state.experiments[n]?.idea.parent ?? 0, deviceClass);

/** `parse_us 187 (-9 on its parent; baseline 200, noise 3.1)`. */
export function secondaryText({ name, mean: average, change, baseline, noise, isWithinNoise }: SecondaryView): string {
  const beside = [
    baseline !== undefined && `baseline ${digitsOf(baseline, MEAN_DIGITS)}`,
    noise !== undefined && `noise ${digitsOf(noise, NOISE_DIGITS)}`,
  ].filter((part) => part !== false);
  const changed =
    change === undefined ? '' : `${changeText(change)} on its parent${isWithinNoise === true ? ', within noise' : ''}`;
  const inner = [changed, beside.join(', ')].filter((part) => part !== '').join('; ');
  return `${name} ${digitsOf(average, MEAN_DIGITS)}${inner === '' ? '' : ` (${inner})`}`;
}

/** `parse_us 187 (-9)`. */
export const secondaryShortText = ({ name, mean: average, change }: Omit<SecondaryView, 'noise'>): string =>
  `${name} ${digitsOf(average, 4)}${change === undefined ? '' : ` (${changeText(change)})`}`;

export const noiseText = (name: string, sigma: number): string => `${name} ${digitsOf(sigma, NOISE_DIGITS)}`;

const digitsOf = (value: number, count: number): string => rawText(Number(value.toPrecision(count)));
const changeText = (change: number): string => `${change > 0 ? '+' : ''}${digitsOf(change, 3)}`;

const valuesByName = (state: LabState, n: number, deviceClass: string): Map<string, number[]> =>
  valuesOf(
    measurementsOf(state, n).flatMap((measurement) =>
      measurement.deviceClass === deviceClass && measurement.state === 'finished' ? [measurement.outcome] : [],
    ),
  );

function valuesOf(outcomes: readonly Outcome[]): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (const outcome of outcomes) {
    if (outcome.kind !== 'measured') continue;
    for (const [name, value] of Object.entries(outcome.metrics))
      if (!OWN_METRICS.has(name)) values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

/** The mean of each number beside the metric, without those that the harness takes. */
export const meansByName = (outcomes: readonly Outcome[]): ReadonlyMap<string, number> =>
  new Map([...valuesOf(outcomes)].map(([name, values]) => [name, mean(values)]));

function poolsByName(state: LabState, deviceClass: string): Map<string, Pool> {
  const pools = new Map<string, Pool>();
  for (const { idea } of state.experiments) {
    if (measurementsOf(state, idea.n).length < 2) continue;
    for (const [name, values] of valuesByName(state, idea.n, deviceClass))
      pools.set(name, poolWith(pools.get(name) ?? emptyPool, values));
  }
  return pools;
}
