/** Knobs and metrics as factors: each experiment's coordinates on every knob, slices, and which experiments no other beats in two metrics. Pure. */
import { type Measurement, verdictOf } from '../core/experiment.ts';
import { type LabState, measurementsOf } from '../core/state.ts';
import { nonDominated } from '../base/rank.ts';
import { type Basis, basisOf, meanOf } from './basis.ts';
import type { Num } from './format.ts';
import { kindOfVerdict, type MarkKind } from './staircase.ts';
import { type SecondMetric, secondMetrics } from './pareto.ts';
import { standings } from './rows.ts';
import type { Facts } from './types.ts';

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
  /** The other metric of the trade, whether less of it is better, and whether the manifest says so. */
  readonly second?: { readonly name: string; readonly less: boolean; readonly declared: boolean };
  readonly more: number;
}

/** Lines that one picture can carry: the newest ones, and all that were kept. */
const MOST_LINES = 600;

export function viewFactors(state: LabState, facts: Facts): FactorsView {
  if (!state.lab) return { axes: [], lines: [], metrics: [], points: [], more: 0 };
  const b = basisOf(state, facts);
  const standing = standings(state);
  const all = state.experiments.filter((x) => x.idea.kind !== 'control' && x.idea.knobs);
  const first = Math.max(0, all.length - MOST_LINES);
  const shown = all.filter((x, k) => k >= first || x.idea.n === 0 || verdictOf(x) === 'kept');
  const axes = b.arena.knobs.map((knob) => axisOf(knob.name, all.map((x) => x.idea.knobs![knob.name])));
  const made = shown.map((x) => {
    const found = meanOf(state, x.idea.n, b.device);
    const value = found && found.device === b.device ? { raw: found.mean, text: b.format.bare(found.mean) } : undefined;
    const kind = x.idea.n === 0 ? 'baseline' : kindOfVerdict(verdictOf(x) ?? 'running', standing.get(x.idea.n) ?? 'none');
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
    ...(second && { second }),
    more: all.length - shown.length,
  };
}

type KnobValue = number | string | undefined;
const textOf = (value: KnobValue): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(4))) : (value ?? '');

function axisOf(name: string, values: readonly KnobValue[]): { axis: FactorAxis; place: (v: KnobValue) => number | null } {
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

/** The main metric and another: one that the manifest names (its front, then its constraints) goes before one that is only reported. */
function paretoOf(
  { state, arena, sign, device }: Basis,
  lines: readonly { readonly n: number; readonly kind: MarkKind; readonly value?: Num }[],
): Pick<FactorsView, 'metrics' | 'points' | 'second'> {
  const of = new Map<number, Readonly<Record<string, number>>>();
  for (const line of lines) {
    const metrics = line.value && secondary(measurementsOf(state, line.n).filter((m) => m.deviceClass === device));
    if (metrics) of.set(line.n, metrics);
  }
  const second = secondOf(secondMetrics(arena), [...of.values()]);
  if (!second) return { metrics: [arena.metric.name], points: [] };
  const points = lines.flatMap(({ n, kind, value }) => {
    const y = of.get(n)?.[second.name];
    return value && y !== undefined && Number.isFinite(y) ? [{ n, kind, values: [value.raw, y], at: [value.raw * sign, second.less ? -y : y] }] : [];
  });
  const front = new Set(nonDominated(points).map(({ n }) => n));
  return { metrics: [arena.metric.name, second.name], points: points.map(({ at: _, ...p }) => ({ ...p, front: front.has(p.n) })), second };
}

/** What never changes is no trade. Of what the manifest does not name, less is taken as better. */
function secondOf(declared: readonly SecondMetric[], found: readonly Readonly<Record<string, number>>[]): FactorsView['second'] {
  const varies = (name: string): boolean => new Set(found.flatMap((metrics) => metrics[name] ?? [])).size > 1;
  const named = declared.find(({ metric }) => varies(metric));
  if (named) return { name: named.metric, less: named.direction === 'minimize', declared: true };
  const name = [...new Set(found.flatMap((metrics) => Object.keys(metrics)))].find(varies);
  return name === undefined ? undefined : { name, less: true, declared: false };
}

const secondary = (measurements: readonly Measurement[]): Readonly<Record<string, number>> | undefined => {
  const found = measurements.findLast((m) => m.state === 'finished' && m.outcome.kind === 'measured');
  return found?.state === 'finished' && found.outcome.kind === 'measured' ? found.outcome.metrics : undefined;
};
