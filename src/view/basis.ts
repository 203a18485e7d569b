/**
 * What every view of a lab starts from: the device class whose numbers are comparable, the noise there, means, and how
 * numbers are written. An experiment's mean is the same on every page: once it has fresh measurements, which no choice
 * depended on, only those count, however few.
 */
import { secondsOfGuards } from '../core/guard-run.ts';
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import { type Arena, signOf } from '../core/arena.ts';
import type { Measurement } from '../core/experiment.ts';
import { valueOf } from '../core/experiment.ts';
import { typicalMeasurementS } from '../core/plan/pace.ts';
import { type StepEffects, stepEffectsOf } from '../core/rules/step-effects.ts';
import { currentDevice, type LabState, measurementsOf, noiseIn } from '../core/state.ts';
import { tQuantile } from '../base/distributions.ts';
import { mean } from '../base/stats.ts';
import {
  decimalsOfExact,
  decimalsOfSpread,
  type MetricFormat,
  metricFormat,
  type FormattedNumber,
  rawText,
  type ZoneMinutes,
} from './format.ts';
import type { EffectView, Facts, StandingView } from './types.ts';

export interface Basis {
  readonly state: LabState;
  readonly facts: Facts;
  readonly arena: Arena;
  readonly sign: 1 | -1;
  readonly device: string;
  readonly sigma: number;
  readonly dof: number;
  readonly format: MetricFormat;
  readonly baseline: MeanEstimate | undefined;
  /** Seconds of one measurement. */
  readonly typicalS: number;
  readonly zone: ZoneMinutes;
  /**
   * What each experiment's step is worth by all numbers of the lab, once there are enough of them; computed when first
   * asked for.
   */
  readonly shrunkenEffects: () => StepEffects | undefined;
  /** t at 97.5 % for the noise's degrees of freedom. */
  readonly tCritical: number;
}

export interface MeanEstimate {
  readonly mean: number;
  readonly n: number;
  readonly device: string;
  /** Of every measurement there, those that it was chosen by among them. */
  readonly overall: { readonly mean: number; readonly n: number };
}

/** Longest hypothesis that any surface shows whole. */
export const MAX_HYPOTHESIS_LENGTH = 600;

export function basisOf(state: LabState, facts: Facts): Basis {
  const { arena } = state.lab!;
  const device = currentDevice(state);
  const { sigma, dof } = noiseIn(state, device);
  const baseline = meanOf(state, 0, device);
  let cachedEffects: { readonly found: StepEffects | undefined } | undefined;
  return {
    state,
    facts,
    arena,
    device,
    sigma,
    dof,
    baseline,
    sign: signOf(arena),
    format: formatOf(state, device, sigma, dof, baseline?.mean),
    typicalS: typicalMeasurementS(state),
    zone: facts.zoneMinutes ?? 0,
    shrunkenEffects: () => (cachedEffects ??= { found: stepEffectsOf(state, device) }).found,
    tCritical: dof > 0 ? tQuantile(0.975, dof) : Number.NaN,
  };
}

function formatOf(state: LabState, device: string, sigma: number, dof: number, baseline: number | undefined) {
  const measuredValues = state.measurements
    .filter((measurement) => measurement.deviceClass === device && measurement.purpose !== 'screen')
    .flatMap((measurement) => valueOf(measurement) ?? []);
  const magnitude = baseline ?? measuredValues[0] ?? 0;
  // The deviation of equal numbers may be a rounding error, which must not ask for fifteen decimals.
  const isNoisy = dof > 0 && sigma > 1e-12 * Math.abs(magnitude);
  const decimals = (isNoisy ? decimalsOfSpread(sigma) : undefined) ?? decimalsOfExact(measuredValues);
  const share = isNoisy && magnitude !== 0 ? (100 * sigma) / Math.abs(magnitude) : 0;
  return metricFormat(state.lab!.arena.metric.unit, decimals, percentDecimalsOf(share) ?? 1);
}

const MAX_PERCENT_DECIMALS = 4;

/** Decimals of a percentage whose uncertainty is `share` percent. */
function percentDecimalsOf(share: number): number | undefined {
  const decimals = decimalsOfSpread(share);
  return decimals === undefined ? undefined : Math.min(MAX_PERCENT_DECIMALS, Math.max(0, decimals));
}

/** Numbers that stand for an experiment: on the lab's device class, else on the class of its first number. */
export function meanOf(state: LabState, n: number, device: string): MeanEstimate | undefined {
  const measurements = measurementsOf(state, n).filter(
    (measurement) => valueOf(measurement) !== undefined && !state.farOut.has(measurement.m),
  );
  const usedDevice = measurements.some((measurement) => measurement.deviceClass === device)
    ? device
    : measurements[0]?.deviceClass;
  const comparable = measurements.filter((measurement) => measurement.deviceClass === usedDevice);
  const freshMeasurements = comparable.filter(
    (measurement) =>
      measurement.purpose === 'confirm' || measurement.purpose === 'final' || measurement.purpose === 'drift',
  );
  const counted = n > 0 && freshMeasurements.length > 0 ? freshMeasurements : comparable;
  if (counted.length === 0) return undefined;
  const allValues = comparable.map((measurement) => valueOf(measurement)!);
  return {
    mean: mean(counted.map((measurement) => valueOf(measurement)!)),
    n: counted.length,
    device: usedDevice!,
    overall: { mean: mean(allValues), n: allValues.length },
  };
}

/** Half of the 95 % interval of a mean of n. Undefined where noise is unknown. */
export function halfOf(basis: Basis, n: number): FormattedNumber | undefined {
  if (!(basis.dof > 0) || n < 1) return undefined;
  const halfWidth = (basis.tCritical * basis.sigma) / Math.sqrt(n);
  return { raw: halfWidth, text: basis.format.spread(halfWidth) };
}

/** Half of the interval of a mean, where the noise of its device class is the lab's. */
export const halfOfEstimate = (basis: Basis, estimate: MeanEstimate): FormattedNumber | undefined =>
  estimate.device === basis.device ? halfOf(basis, estimate.n) : undefined;

/**
 * A mean without its unit: to the last digit of its uncertainty; a single number without one as it was measured.
 * `half` is half of its interval.
 */
export function meanText(basis: Basis, { mean: value, n }: MeanEstimate, half: FormattedNumber | undefined): string {
  if (half === undefined && n === 1) return rawText(value);
  return basis.format.bare(value, half && decimalsOfSpread(half.raw));
}

export function standingOf(basis: Basis, n: number): StandingView {
  const estimate = meanOf(basis.state, n, basis.device);
  const half = estimate && halfOfEstimate(basis, estimate);
  return defined({
    n,
    title: titleOf(basis.state, n),
    replicates: estimate?.n ?? 0,
    mean: estimate && { raw: estimate.mean, text: withUnit(basis, meanText(basis, estimate, half)) },
    half,
  });
}

export const withUnit = ({ format }: Basis, numberText: string): string =>
  format.unit ? `${numberText} ${format.unit}` : numberText;

export function titleOf(state: LabState, n: number): string {
  return n === 0 ? 'the baseline' : oneLine(state.experiments[n]?.idea.hypothesis ?? '', MAX_HYPOTHESIS_LENGTH);
}

/** Which way is better, as a sign. */
export const arrowOf = ({ direction }: Arena['metric']): '↓' | '↑' => (direction === 'minimize' ? '↓' : '↑');

/** Is a percentage of the baseline meaningful? Not where it may be zero. */
export function allowsPercent(basis: Basis): boolean {
  return basis.baseline !== undefined && Math.abs(basis.baseline.mean) > 10 * basis.sigma && basis.baseline.mean !== 0;
}

/**
 * An improvement, positive = better, with everything that is ever printed of it. `uncertainty` decides its digits where
 * it has no interval.
 */
export function effectView(
  basis: Basis,
  raw: number,
  interval?: readonly [number, number],
  probability?: number,
  uncertainty?: number,
): EffectView {
  const { format, sign } = basis;
  const finiteInterval = interval?.every(Number.isFinite) ? interval : undefined;
  const halfWidth = finiteInterval && (finiteInterval[1] - finiteInterval[0]) / 2;
  const decimals = effectDecimals(basis, raw, halfWidth ?? uncertainty);
  const amountText = format.value(Math.abs(raw), decimals);
  const direction: EffectView['direction'] =
    format.bare(raw, decimals) === format.bare(0, decimals) ? 'none' : raw > 0 ? 'better' : 'worse';
  const intervalText =
    finiteInterval && rangeText(direction, finiteInterval, (amount) => format.bare(amount, decimals));
  const words = direction === 'none' ? 'no difference' : `${direction} by ${amountText}`;
  return defined({
    raw,
    delta: format.delta(raw * sign, decimals),
    direction,
    text: intervalText ? `${words} (95 %: ${intervalText})` : words,
    words,
    amountText,
    interval: finiteInterval,
    intervalText,
    half: halfWidth === undefined ? undefined : { raw: halfWidth, text: format.spread(halfWidth) },
    probability,
  });
}

/** A difference below this share of the metric is the rounding of sums, not a difference. */
const ROUNDING_SHARE = 1e-12;

/** An effect ends at the last digit of its uncertainty. Without one no difference between values is rounded away. */
function effectDecimals(basis: Basis, raw: number, halfWidth: number | undefined): number | undefined {
  const { format, sigma, dof, baseline } = basis;
  const ofInterval = halfWidth === undefined ? undefined : decimalsOfSpread(halfWidth);
  if (ofInterval !== undefined || (dof > 0 && sigma > 0)) return ofInterval;
  const isDifference = Math.abs(raw) > ROUNDING_SHARE * Math.abs(baseline?.mean ?? 0);
  const isRoundedAway = isDifference && format.bare(raw) === format.bare(0);
  return isRoundedAway ? decimalsOfSpread(raw) : undefined;
}

/** An interval of improvements as the words count it: of an effect that is worse, how much worse. */
function rangeText(
  direction: EffectView['direction'],
  [lowest, highest]: readonly [number, number],
  formatAmount: (amount: number) => string,
): string {
  const [from, to] = direction === 'worse' ? [-highest, -lowest] : [lowest, highest];
  return `${formatAmount(from)} to ${formatAmount(to)}`;
}

/** The same in percent of the baseline, where that means something. */
export function withPercent(basis: Basis, effect: EffectView): EffectView {
  if (!allowsPercent(basis)) return effect;
  const baseline = Math.abs(basis.baseline!.mean);
  const share = Math.abs(effect.raw) / baseline;
  const half = effect.half?.raw ?? 0;
  const isExact = half === 0 && basis.sigma === 0;
  const decimals = percentDecimalsOf((100 * half) / baseline) ?? (isExact ? percentDecimalsOf(100 * share) : undefined);
  const percentText = basis.format.percent(share, decimals);
  const formatShare = (amount: number): string => basis.format.barePercent(amount / baseline, decimals);
  return defined({
    ...effect,
    percentText,
    percentIntervalText: effect.interval && `${rangeText(effect.direction, effect.interval, formatShare)} %`,
    percentWords: effect.direction === 'none' ? undefined : `${effect.direction} by ${percentText}`,
  });
}

/** In percent where that means something, else in units of the metric: `better by 2.0 %`. */
export const shortEffectText = (effect: EffectView): string => effect.percentWords ?? effect.words;

/** `better by 2.0 % than the baseline`, `no different from the baseline`. */
export const comparedText = (effect: EffectView, other: string): string =>
  effect.direction === 'none' ? `no different from ${other}` : `${shortEffectText(effect)} than ${other}`;

/** Seconds of work that measurements and guards of an experiment took, claims left out. */
export function workSecondsOf(state: LabState, n: number): number {
  const guardSeconds = (state.guardRunsOf.get(n) ?? []).reduce(
    (total, g) => total + secondsOfGuards(state.guardRuns[g]!),
    0,
  );
  return measurementsOf(state, n)
    .filter((measurement) => measurement.claim === undefined)
    .reduce((total, measurement) => total + secondsOf(measurement), guardSeconds);
}

export const secondsOf = (measurement: Measurement): number =>
  measurement.state === 'finished' ? measurement.conditions.wallS + measurement.conditions.evaluateS : 0;

/** Numbers of the fresh measurements of a claim: its own, the other side's. */
export function freshOf(basis: Basis, claim: number, against: number): [number, number] {
  const freshMeasurements = (basis.state.claims.get(claim) ?? []).map((m) => basis.state.measurements[m]!);
  const countOf = (n: number): number =>
    freshMeasurements.filter((measurement) => measurement.n === n && valueOf(measurement) !== undefined).length;
  return [countOf(claim), countOf(against)];
}
