/**
 * What every view of a lab starts from: the device class whose numbers are comparable, the noise there, means, and how
 * numbers are written. An experiment's mean is the same on every page: once it has enough fresh measurements, which no
 * choice depended on, only those count.
 */
import { oneLine } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import { CONFIRM_REPLICATES } from '../core/rules/claims.ts';
import { noiseIn, signOf } from '../core/rules/judge.ts';
import type { Experiment, Measurement } from '../core/experiment.ts';
import { valueOf } from '../core/experiment.ts';
import { typicalMeasurementS } from '../core/plan/plan.ts';
import { believe, type Shrunken, type Tried } from '../base/shrinkage.ts';
import { type LabState, measurementsOf, values } from '../core/state.ts';
import { tQuantile } from '../base/distributions.ts';
import { mean } from '../base/stats.ts';
import { decimalsOf, decimalsOfExact, type MetricFormat, metricFormat, type Num, type Zone } from './format.ts';
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
  readonly baseline: Mean | undefined;
  /** Seconds of one measurement. */
  readonly typicalS: number;
  readonly zone: Zone;
  /**
   * What each experiment's step is worth by all numbers of the lab, once there are enough of them; computed when first
   * asked for.
   */
  readonly luck: () => readonly (Shrunken | undefined)[] | undefined;
  /** t at 97.5 % for the noise's degrees of freedom. */
  readonly t: number;
}

export interface Mean {
  readonly mean: number;
  readonly n: number;
  readonly device: string;
  /** Of every measurement there, those that it was chosen by among them. */
  readonly all: { readonly mean: number; readonly n: number };
}

/** Longest hypothesis that any surface shows whole. */
export const MOST_HYPOTHESIS = 600;

export function basisOf(state: LabState, facts: Facts): Basis {
  const { arena } = state.lab!;
  const device = deviceOf(state);
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
    luck: beliefsOf(state, device, sigma, signOf(arena)),
    t: dof > 0 ? tQuantile(0.975, dof) : Number.NaN,
  };
}

/** The device class of the newest measurement, else of the newest session. */
function deviceOf(state: LabState): string {
  return state.measurements.at(-1)?.deviceClass ?? state.sessions.at(-1)?.start.deviceClass ?? '';
}

function formatOf(state: LabState, device: string, sigma: number, dof: number, baseline: number | undefined) {
  const values = state.measurements
    .filter((m) => m.deviceClass === device && m.purpose !== 'screen')
    .flatMap((m) => valueOf(m) ?? []);
  const magnitude = baseline ?? values[0] ?? 0;
  // The deviation of equal numbers may be a rounding error, which must not ask for fifteen decimals.
  const noisy = dof > 0 && sigma > 1e-12 * Math.abs(magnitude);
  const decimals = noisy ? decimalsOf(sigma, magnitude) : decimalsOfExact(values);
  const share = sigma > 0 && magnitude !== 0 ? (100 * sigma) / Math.abs(magnitude) : 0;
  const percentDecimals = share > 0 ? Math.min(3, decimalsOf(share, 0)) : 1;
  return metricFormat(state.lab!.arena.metric.unit, decimals, percentDecimals);
}

/** Numbers that stand for an experiment: on the lab's device class, else on the class of its first number. */
export function meanOf(state: LabState, n: number, device: string): Mean | undefined {
  const found = measurementsOf(state, n).filter((m) => valueOf(m) !== undefined);
  const here = found.some((m) => m.deviceClass === device) ? device : found[0]?.deviceClass;
  const comparable = found.filter((m) => m.deviceClass === here);
  const fresh = comparable.filter((m) => m.purpose === 'confirm' || m.purpose === 'final' || m.purpose === 'drift');
  const used = n > 0 && fresh.length >= CONFIRM_REPLICATES ? fresh : comparable;
  if (used.length === 0) return undefined;
  const all = comparable.map((m) => valueOf(m)!);
  return {
    mean: mean(used.map((m) => valueOf(m)!)),
    n: used.length,
    device: here!,
    all: { mean: mean(all), n: all.length },
  };
}

/** Half of the 95 % interval of a mean of n. Undefined where noise is unknown. */
export function halfOf(b: Basis, n: number): Num | undefined {
  if (!(b.dof > 0) || n < 1) return undefined;
  const raw = (b.t * b.sigma) / Math.sqrt(n);
  return { raw, text: b.format.spread(raw) };
}

export function standingOf(b: Basis, n: number): StandingView {
  const found = meanOf(b.state, n, b.device);
  const half = found && found.device === b.device ? halfOf(b, found.n) : undefined;
  return {
    n,
    title: titleOf(b.state, n),
    replicates: found?.n ?? 0,
    ...(found && { mean: { raw: found.mean, text: b.format.value(found.mean) } }),
    ...(half && { half }),
  };
}

export function titleOf(state: LabState, n: number): string {
  return n === 0 ? 'the baseline' : oneLine(state.experiments[n]?.idea.hypothesis ?? '', MOST_HYPOTHESIS);
}

/** Is a percentage of the baseline meaningful? Not where it may be zero. */
export function percentable(b: Basis): boolean {
  return b.baseline !== undefined && Math.abs(b.baseline.mean) > 10 * b.sigma && b.baseline.mean !== 0;
}

/** An improvement, positive = better, with everything that is ever printed of it. */
export function effectView(
  b: Basis,
  raw: number,
  interval?: readonly [number, number],
  probability?: number,
): EffectView {
  const { format, sign } = b;
  const amount = format.value(Math.abs(raw));
  const shown = interval?.every(Number.isFinite) ? interval : undefined;
  const intervalText = shown && `${format.bare(shown[0])} to ${format.bare(shown[1])}`;
  const words = format.bare(raw) === format.bare(0) ? 'no difference' : `${amount} ${raw > 0 ? 'better' : 'worse'}`;
  const half = shown && (shown[1] - shown[0]) / 2;
  return {
    raw,
    delta: format.delta(raw * sign),
    text: intervalText ? `${words} (95 %: ${intervalText})` : words,
    ...(shown && { interval: shown, intervalText: intervalText! }),
    ...(half !== undefined && { half: { raw: half, text: format.spread(half) } }),
    ...(probability !== undefined && { probability }),
  };
}

/** The same in percent of the baseline, where that means something. */
export function withPercent(b: Basis, effect: EffectView): EffectView {
  if (!percentable(b)) return effect;
  const share = (x: number): string => b.format.percent(x / Math.abs(b.baseline!.mean));
  const [low, high] = effect.interval ?? [];
  return {
    ...effect,
    percentText: share(Math.abs(effect.raw)),
    ...(low !== undefined &&
      high !== undefined && { percentIntervalText: `${share(low).replace(' %', '')} to ${share(high)}` }),
  };
}

/** Seconds of work that measurements of an experiment took, claims left out. */
export function workOf(state: LabState, n: number): number {
  return measurementsOf(state, n)
    .filter((m) => m.claim === undefined)
    .reduce((sum, m) => sum + secondsOf(m), 0);
}

export const secondsOf = (m: Measurement): number =>
  m.state === 'finished' ? m.conditions.wallS + m.conditions.evaluateS : 0;

/** Numbers of the fresh measurements of a claim: its own, the other side's. */
export function freshOf(b: Basis, claim: number, against: number): [number, number] {
  const fresh = (b.state.claims.get(claim) ?? []).map((m) => b.state.measurements[m]!);
  const count = (n: number): number => fresh.filter((m) => m.n === n && valueOf(m) !== undefined).length;
  return [count(claim), count(against)];
}

/** Every idea that gave a number, on what it was made on; everything else says nothing. */
function beliefsOf(
  state: LabState,
  device: string,
  sigma: number,
  sign: 1 | -1,
): () => readonly (Shrunken | undefined)[] | undefined {
  let known: { readonly found: readonly (Shrunken | undefined)[] | undefined } | undefined;
  const tried = (x: Experiment): Tried => {
    const { n, kind, parent } = x.idea;
    const numbers = kind === 'ablation' ? [] : values(state, n, device);
    return {
      parent: n === 0 ? -1 : parent,
      mean: numbers.length > 0 ? sign * mean(numbers) : 0,
      count: numbers.length,
      ...(kind === 'control' && { same: true }),
    };
  };
  return () => (known ??= { found: believe(state.experiments.map(tried), sigma) }).found;
}
