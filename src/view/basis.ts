/**
 * What every view of a lab starts from: the device class whose numbers are comparable, the noise there, means, and how
 * numbers are written. An experiment's mean is the same on every page: once it has enough fresh measurements, which no
 * choice depended on, only those count.
 */
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import { type Arena, signOf } from '../core/arena.ts';
import { CONFIRM_REPLICATES } from '../core/rules/claims.ts';
import type { Experiment, Measurement } from '../core/experiment.ts';
import { valueOf } from '../core/experiment.ts';
import { typicalMeasurementS } from '../core/plan/pace.ts';
import { shrinkEffects, type ShrunkenEffect, type TriedCode } from '../base/shrinkage.ts';
import { currentDevice, type LabState, measurementsOf, values, noiseIn } from '../core/state.ts';
import { tQuantile } from '../base/distributions.ts';
import { mean } from '../base/stats.ts';
import {
  decimalsOf,
  decimalsOfExact,
  type MetricFormat,
  metricFormat,
  type FormattedNumber,
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
  readonly shrunkenEffects: () => readonly (ShrunkenEffect | undefined)[] | undefined;
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
    shrunkenEffects: shrunkenEffectsOf(state, device, sigma, signOf(arena)),
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
  const decimals = isNoisy ? decimalsOf(sigma, magnitude) : decimalsOfExact(measuredValues);
  const share = sigma > 0 && magnitude !== 0 ? (100 * sigma) / Math.abs(magnitude) : 0;
  const percentDecimals = share > 0 ? Math.min(3, decimalsOf(share, 0)) : 1;
  return metricFormat(state.lab!.arena.metric.unit, decimals, percentDecimals);
}

/** Numbers that stand for an experiment: on the lab's device class, else on the class of its first number. */
export function meanOf(state: LabState, n: number, device: string): MeanEstimate | undefined {
  const measurements = measurementsOf(state, n).filter((measurement) => valueOf(measurement) !== undefined);
  const usedDevice = measurements.some((measurement) => measurement.deviceClass === device)
    ? device
    : measurements[0]?.deviceClass;
  const comparable = measurements.filter((measurement) => measurement.deviceClass === usedDevice);
  const freshMeasurements = comparable.filter(
    (measurement) =>
      measurement.purpose === 'confirm' || measurement.purpose === 'final' || measurement.purpose === 'drift',
  );
  const counted = n > 0 && freshMeasurements.length >= CONFIRM_REPLICATES ? freshMeasurements : comparable;
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

export function standingOf(basis: Basis, n: number): StandingView {
  const estimate = meanOf(basis.state, n, basis.device);
  const half = estimate && estimate.device === basis.device ? halfOf(basis, estimate.n) : undefined;
  return defined({
    n,
    title: titleOf(basis.state, n),
    replicates: estimate?.n ?? 0,
    mean: estimate && { raw: estimate.mean, text: basis.format.value(estimate.mean) },
    half,
  });
}

export function titleOf(state: LabState, n: number): string {
  return n === 0 ? 'the baseline' : oneLine(state.experiments[n]?.idea.hypothesis ?? '', MAX_HYPOTHESIS_LENGTH);
}

/** Which way is better, as a sign. */
export const arrowOf = ({ direction }: Arena['metric']): '↓' | '↑' => (direction === 'minimize' ? '↓' : '↑');

/** Is a percentage of the baseline meaningful? Not where it may be zero. */
export function allowsPercent(basis: Basis): boolean {
  return basis.baseline !== undefined && Math.abs(basis.baseline.mean) > 10 * basis.sigma && basis.baseline.mean !== 0;
}

/** An improvement, positive = better, with everything that is ever printed of it. */
export function effectView(
  basis: Basis,
  raw: number,
  interval?: readonly [number, number],
  probability?: number,
): EffectView {
  const { format, sign } = basis;
  const amountText = format.value(Math.abs(raw));
  const finiteInterval = interval?.every(Number.isFinite) ? interval : undefined;
  const direction: EffectView['direction'] =
    format.bare(raw) === format.bare(0) ? 'none' : raw > 0 ? 'better' : 'worse';
  const intervalText = finiteInterval && rangeText(direction, finiteInterval, format.bare);
  const words = direction === 'none' ? 'no difference' : `${direction} by ${amountText}`;
  const halfWidth = finiteInterval && (finiteInterval[1] - finiteInterval[0]) / 2;
  return defined({
    raw,
    delta: format.delta(raw * sign),
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
  const percentText = basis.format.percent(Math.abs(effect.raw) / baseline);
  const formatShare = (amount: number): string => basis.format.barePercent(amount / baseline);
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

/** Seconds of work that measurements of an experiment took, claims left out. */
export function workSecondsOf(state: LabState, n: number): number {
  return measurementsOf(state, n)
    .filter((measurement) => measurement.claim === undefined)
    .reduce((total, measurement) => total + secondsOf(measurement), 0);
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

/** Every idea that gave a number, on what it was made on; everything else says nothing. */
function shrunkenEffectsOf(
  state: LabState,
  device: string,
  sigma: number,
  sign: 1 | -1,
): () => readonly (ShrunkenEffect | undefined)[] | undefined {
  let cached: { readonly found: readonly (ShrunkenEffect | undefined)[] | undefined } | undefined;
  const toTried = (experiment: Experiment): TriedCode => {
    const { n, kind, parent } = experiment.idea;
    const measuredValues = kind === 'ablation' ? [] : values(state, n, device);
    return {
      parent: n === 0 ? -1 : parent,
      mean: measuredValues.length > 0 ? sign * mean(measuredValues) : 0,
      count: measuredValues.length,
      ...(kind === 'control' && { same: true }),
    };
  };
  return () => (cached ??= { found: shrinkEffects(state.experiments.map(toTried), sigma) }).found;
}
