/**
 * Knobs and metrics as factors: each experiment's coordinates on every knob, slices, and which experiments no other
 * beats in two metrics. Pure.
 */
import { type Measurement, verdictOf } from '../../core/experiment.ts';
import { type LabState, measurementsOf } from '../../core/state.ts';
import { nonDominated } from '../../base/rank.ts';
import { type Basis, basisOf, meanOf } from '../basis.ts';
import type { Num } from '../format.ts';
import { kindOfVerdict, type MarkKind } from './staircase.ts';
import { type SecondMetric, secondMetrics } from './pareto.ts';
import { standings } from '../lab/rows.ts';
import type { Facts } from '../types.ts';

export interface FactorAxis {
  readonly name: string;
  readonly log: boolean;
  /** Texts at the low and the high end; of every level where the knob is a choice. */
  readonly ends: readonly [string, string];
  readonly levels?: readonly string[];
}

export interface FactorLine {
  readonly n: number;
  readonly kind: MarkKind;
  /** Place on each axis, 0 to 1; null where it has none. */
  readonly at: readonly (number | null)[];
  readonly texts: readonly string[];
  readonly value?: Num;
  /** 0 = worst, 1 = best of those that have a number. */
  readonly rank?: number;
}

export interface ParetoPoint {
  readonly n: number;
  readonly kind: MarkKind;
  readonly values: readonly number[];
  readonly front: boolean;
}

export interface FactorsView {
  readonly axes: readonly FactorAxis[];
  readonly lines: readonly FactorLine[];
  readonly metrics: readonly string[];
  readonly points: readonly ParetoPoint[];
  /** Which side of the second metric counts as better. */
  readonly second: SecondMetric['direction'];
  readonly more: number;
}

/** Lines that one picture can carry: the newest ones, and all that were kept. */
const MOST_LINES = 600;

export function viewFactors(state: LabState, facts: Facts): FactorsView {
  if (!state.lab) return { axes: [], lines: [], metrics: [], points: [], second: 'minimize', more: 0 };
  const b = basisOf(state, facts);
  const standing = standings(state);
  const all = state.experiments.filter((x) => x.idea.kind !== 'control' && x.idea.knobs);
  const first = Math.max(0, all.length - MOST_LINES);
  const shown = all.filter((x, k) => k >= first || x.idea.n === 0 || verdictOf(x) === 'kept');
  const axes = b.arena.knobs.map((knob) =>
    axisOf(
      knob.name,
      all.map((x) => x.idea.knobs![knob.name]),
    ),
  );
  const made = shown.map((x) => {
    const found = meanOf(state, x.idea.n, b.device);
    const value = found && found.device === b.device ? { raw: found.mean, text: b.format.bare(found.mean) } : undefined;
    const kind =
      x.idea.n === 0 ? 'baseline' : kindOfVerdict(verdictOf(x) ?? 'running', standing.get(x.idea.n) ?? 'none');
    const knobs = x.idea.knobs!;
    return {
      n: x.idea.n,
      kind,
      at: axes.map((axis) => axis.place(knobs[axis.axis.name])),
      texts: axes.map((axis) => textOf(knobs[axis.axis.name])),
      ...(value && { value }),
    };
  });
  const order = made.flatMap((line) => (line.value ? [line.value.raw * b.sign] : [])).sort((a, c) => a - c);
  const rankOf = (raw: number): number => order.indexOf(raw * b.sign) / Math.max(1, order.length - 1);
  const { metrics, points, second } = paretoOf(b, made);
  return {
    axes: axes.map(({ axis }) => axis),
    lines: made.map((line) => (line.value ? { ...line, rank: rankOf(line.value.raw) } : line)),
    metrics,
    points,
    second,
    more: all.length - shown.length,
  };
}

type KnobValue = number | string | undefined;
const textOf = (value: KnobValue): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(4))) : (value ?? '');

function axisOf(
  name: string,
  values: readonly KnobValue[],
): { axis: FactorAxis; place: (v: KnobValue) => number | null } {
  const numbers = values.filter((v) => typeof v === 'number');
  if (numbers.length > 0 && values.every((v) => v === undefined || typeof v === 'number')) {
    const [low, high] = [numbers.reduce((a, c) => Math.min(a, c)), numbers.reduce((a, c) => Math.max(a, c))];
    const log = low > 0 && high / low > 30;
    const scale = (v: number): number => (log ? Math.log(v) : v);
    const span = scale(high) - scale(low);
    const place = (v: KnobValue): number | null =>
      typeof v !== 'number' ? null : span > 0 ? (scale(v) - scale(low)) / span : 0.5;
    return { axis: { name, log, ends: [textOf(low), textOf(high)] }, place };
  }
  const levels = [...new Set(values.filter((v) => v !== undefined).map(String))].sort();
  const place = (v: KnobValue): number | null =>
    v === undefined ? null : levels.length > 1 ? levels.indexOf(String(v)) / (levels.length - 1) : 0.5;
  return { axis: { name, log: false, ends: [levels[0] ?? '', levels.at(-1) ?? ''], levels }, place };
}

/** What the harness itself measures of every run: less of it is better, where the manifest names nothing else. */
const MEASURED = { metric: 'memory_mb', direction: 'minimize' } as const;

/**
 * The main metric and the first of those whose better side is known: the manifest's front, else a constraint's metric,
 * else memory.
 */
function paretoOf(
  { state, arena, sign, device }: Basis,
  lines: readonly { readonly n: number; readonly kind: MarkKind; readonly value?: Num }[],
): { metrics: string[]; points: ParetoPoint[]; second: SecondMetric['direction'] } {
  const of = new Map(
    lines.map((line) => [
      line.n,
      line.value && secondary(measurementsOf(state, line.n).filter((m) => m.deviceClass === device)),
    ]),
  );
  // What never changes is no trade.
  const varies = ({ metric }: SecondMetric): boolean =>
    new Set([...of.values()].flatMap((metrics) => metrics?.[metric] ?? [])).size > 1;
  const found = [...secondMetrics(arena), MEASURED].find(varies);
  if (found === undefined) return { metrics: [arena.metric.name], points: [], second: 'minimize' };
  const other = found.direction === 'maximize' ? 1 : -1;
  const points = lines.flatMap(({ n, kind, value }) => {
    const y = of.get(n)?.[found.metric];
    return value && y !== undefined && Number.isFinite(y)
      ? [{ n, kind, values: [value.raw, y], at: [value.raw * sign, y * other] }]
      : [];
  });
  const front = new Set(nonDominated(points).map(({ n }) => n));
  return {
    metrics: [arena.metric.name, found.metric],
    second: found.direction,
    points: points.map(({ at: _, ...p }) => ({ ...p, front: front.has(p.n) })),
  };
}

const secondary = (measurements: readonly Measurement[]): Readonly<Record<string, number>> | undefined => {
  const found = measurements.findLast((m) => m.state === 'finished' && m.outcome.kind === 'measured');
  return found?.state === 'finished' && found.outcome.kind === 'measured' ? found.outcome.metrics : undefined;
};
