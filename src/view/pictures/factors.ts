/**
 * Knobs and metrics as factors: each experiment's coordinates on every knob, slices, and which experiments no other
 * beats in two metrics. Pure.
 */
import { defined } from '../../base/defined.ts';
import { type Experiment, type Measurement, verdictOf } from '../../core/experiment.ts';
import { type LabState, measurementsOf } from '../../core/state.ts';
import { nonDominated } from '../../base/rank.ts';
import { type Basis, basisOf, halfOfEstimate, meanOf, meanText } from '../basis.ts';
import type { FormattedNumber } from '../format.ts';
import {
  axisValueText,
  type FactorAxis,
  knobAxis,
  type MetricAxis,
  metricAxis,
  positionOnAxis,
} from './factor-axes.ts';
import { kindOfVerdict, type MarkKind } from './stair-marks.ts';
import { type SecondMetric, secondMetrics } from './pareto.ts';
import { standingsOf } from '../lab/rows.ts';
import type { Facts } from '../types.ts';

export interface FactorLine {
  readonly n: number;
  readonly kind: MarkKind;
  /** Place on each axis, 0 to 1; null where it has none. */
  readonly at: readonly (number | null)[];
  readonly texts: readonly string[];
  readonly value?: FormattedNumber;
  /** 0 = worst, 1 = best of those that have a number. */
  readonly rank?: number;
  /** Place on the metric's axis, 0 to 1; one beyond its ends is at the end. */
  readonly height?: number;
  /** Beyond the end of the metric's axis. */
  readonly isClipped?: true;
}

export interface ParetoPoint {
  readonly n: number;
  readonly kind: MarkKind;
  readonly values: readonly number[];
  readonly front: boolean;
}

export interface FactorsView {
  readonly axes: readonly FactorAxis[];
  /** Absent where nothing has a number. */
  readonly metric?: MetricAxis;
  readonly lines: readonly FactorLine[];
  readonly metrics: readonly string[];
  readonly points: readonly ParetoPoint[];
  /** Which side of the second metric counts as better. */
  readonly second: SecondMetric['direction'];
  readonly more: number;
}

/** Lines that one picture can carry: the newest ones, and all that were kept. */
const MAX_LINES = 600;

export function viewFactors(state: LabState, facts: Facts): FactorsView {
  if (!state.lab) return { axes: [], lines: [], metrics: [], points: [], second: 'minimize', more: 0 };
  const basis = basisOf(state, facts);
  const standingByExperiment = standingsOf(basis);
  const knobExperiments = state.experiments.filter(
    (experiment) => experiment.idea.kind !== 'control' && experiment.idea.knobs,
  );
  const firstRecent = Math.max(0, knobExperiments.length - MAX_LINES);
  const shownExperiments = knobExperiments.filter(
    (experiment, index) => index >= firstRecent || experiment.idea.n === 0 || verdictOf(experiment) === 'kept',
  );
  const axes = basis.arena.knobs.map((knob) =>
    knobAxis(
      knob.name,
      knobExperiments.map((experiment) => knobValueOf(experiment, knob.name)),
      knob.kind === 'pow2' || ('log' in knob && knob.log),
    ),
  );
  const factorLines = shownExperiments.map((experiment) => {
    const estimate = meanOf(state, experiment.idea.n, basis.device);
    const value =
      estimate && estimate.device === basis.device
        ? { raw: estimate.mean, text: meanText(basis, estimate, halfOfEstimate(basis, estimate)) }
        : undefined;
    const kind =
      experiment.idea.n === 0
        ? 'baseline'
        : kindOfVerdict(verdictOf(experiment) ?? 'running', standingByExperiment.get(experiment.idea.n) ?? 'none');
    return defined({
      n: experiment.idea.n,
      kind,
      at: axes.map((axis) => positionOnAxis(axis, knobValueOf(experiment, axis.name))),
      texts: axes.map((axis) => axisValueText(knobValueOf(experiment, axis.name))),
      value,
    });
  });
  const { metrics, points, second } = paretoOf(basis, factorLines);
  return {
    axes,
    ...placedByMetric(basis, factorLines),
    metrics,
    points,
    second,
    more: knobExperiments.length - shownExperiments.length,
  };
}

function knobValueOf({ idea: { knobs } }: Experiment, name: string): number | string | undefined {
  return knobs && Object.hasOwn(knobs, name) ? knobs[name] : undefined;
}

/** The metric's axis, and each line's rank and place on it. */
function placedByMetric(basis: Basis, lines: readonly FactorLine[]): Pick<FactorsView, 'lines' | 'metric'> {
  const values = lines.flatMap((line) => (line.value ? [line.value.raw] : []));
  if (values.length === 0) return { lines };
  const sortedValues = values.map((value) => value * basis.sign).sort((left, right) => left - right);
  const rankOf = (raw: number): number => sortedValues.indexOf(raw * basis.sign) / Math.max(1, sortedValues.length - 1);
  const { metric: arenaMetric } = basis.arena;
  const axis = metricAxis(arenaMetric.name, values, arenaMetric.direction === 'minimize', basis.format.bare);
  const placedLines = lines.map((line): FactorLine => {
    if (!line.value) return line;
    const position = positionOnAxis(axis, line.value.raw) ?? 0.5;
    const height = Math.max(0, Math.min(1, position));
    return { ...line, rank: rankOf(line.value.raw), height, ...(position !== height && { isClipped: true }) };
  });
  return { metric: axis, lines: placedLines };
}

/** What the harness itself measures of every run: less of it is better, where the manifest names nothing else. */
const MEMORY_METRIC = { metric: 'memory_mb', direction: 'minimize' } as const;

/**
 * The main metric and the first of those whose better side is known: the manifest's front, else a constraint's metric,
 * else memory.
 */
function paretoOf(
  { state, arena, sign, device }: Basis,
  lines: readonly { readonly n: number; readonly kind: MarkKind; readonly value?: FormattedNumber }[],
): { metrics: string[]; points: ParetoPoint[]; second: SecondMetric['direction'] } {
  const metricsByExperiment = new Map(
    lines.map((line) => [
      line.n,
      line.value &&
        lastMetrics(measurementsOf(state, line.n).filter((measurement) => measurement.deviceClass === device)),
    ]),
  );
  // What never changes is no trade.
  const doesVary = ({ metric }: SecondMetric): boolean =>
    new Set([...metricsByExperiment.values()].flatMap((metrics) => metrics?.[metric] ?? [])).size > 1;
  const secondMetric = [...secondMetrics(arena), MEMORY_METRIC].find(doesVary);
  if (secondMetric === undefined) return { metrics: [arena.metric.name], points: [], second: 'minimize' };
  const secondSign = secondMetric.direction === 'maximize' ? 1 : -1;
  const points = lines.flatMap(({ n, kind, value }) => {
    const secondValue = metricsByExperiment.get(n)?.[secondMetric.metric];
    return value && secondValue !== undefined && Number.isFinite(secondValue)
      ? [{ n, kind, values: [value.raw, secondValue], at: [value.raw * sign, secondValue * secondSign] }]
      : [];
  });
  const frontNumbers = new Set(nonDominated(points).map(({ n }) => n));
  return {
    metrics: [arena.metric.name, secondMetric.metric],
    second: secondMetric.direction,
    points: points.map(({ at: _, ...point }) => ({ ...point, front: frontNumbers.has(point.n) })),
  };
}

const lastMetrics = (measurements: readonly Measurement[]): Readonly<Record<string, number>> | undefined => {
  const lastMeasured = measurements.findLast(
    (measurement) => measurement.state === 'finished' && measurement.outcome.kind === 'measured',
  );
  return lastMeasured?.state === 'finished' && lastMeasured.outcome.kind === 'measured'
    ? lastMeasured.outcome.metrics
    : undefined;
};
