/**
 * The staircase as data: marks, the running best, noise band, baseline, labels, axes, in units of the axes. Nothing is dropped: what does not
 * fit is clipped to the edge and counted, what has no number stands on the rug. Knows nothing about pixels or characters.
 */
import { count, oneLine } from '../base/text.ts';
import { fixed, NONE, percent, shortDuration, signed } from './format.ts';
import { limitsOf, ticks } from './scale.ts';
import type { ExperimentView, LabView } from './types.ts';

export type XAxis = 'experiment' | 'clock';
export type YAxis = 'value' | 'percent' | 'noise';

export type MarkKind =
  | 'baseline'
  | 'confirmed'
  | 'in stack'
  | 'unconfirmed'
  | 'discarded'
  | 'inconclusive'
  | 'crashed'
  | 'refused';

export interface Mark {
  readonly n: number;
  readonly kind: MarkKind;
  readonly x: number;
  /** Absent on the rug. */
  readonly y?: number;
  /** Drawn as a triangle at this edge. */
  readonly clipped?: 'top' | 'bottom';
  readonly text: string;
}

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface StairLabel {
  readonly n: number;
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly gain: number;
}

export interface StaircaseView {
  readonly title: string;
  /** The picture in words, for those who cannot see it. */
  readonly description: string;
  readonly caption: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  readonly marks: readonly Mark[];
  /** Corners of the running best, oldest first: level `y` from `x` on. */
  readonly steps: readonly { readonly x: number; readonly y: number }[];
  readonly baseline?: { readonly y: number; readonly text: string };
  /** Half-height of the band around the running best: one standard deviation of a measurement. */
  readonly noise?: { readonly half: number; readonly text: string };
  readonly labels: readonly StairLabel[];
  readonly clipped: { readonly top: number; readonly bottom: number };
  /** Kinds that occur, for the legend. */
  readonly kinds: readonly MarkKind[];
  readonly empty?: string;
}

export interface StaircaseOptions {
  readonly x?: XAxis;
  readonly y?: YAxis;
  /** Labels at most; the drawing shows those that fit. */
  readonly labels?: number;
}

export function viewStaircase(view: LabView, options: StaircaseOptions = {}): StaircaseView {
  const [xAxis, yAxis] = [options.x ?? 'experiment', usableAxis(view, options.y ?? 'value')];
  const base = view.baseline?.mean?.raw;
  const toY = yScale(view, yAxis);
  const toX = xScale(xAxis);
  const rows = view.experiments.filter((row) => !row.otherDevice && (row.mean !== undefined || isFailed(row)));
  const path = new Set(view.lineage);
  const points = rows.flatMap((row) => (row.mean ? [{ y: toY(row.mean.raw), kept: path.has(row.n) }] : []));
  const noise = view.noise && view.noise.sigma.raw > 0 ? Math.abs(toY(view.noise.sigma.raw) - toY(0)) : 0;
  const down = view.metric.direction === 'minimize' && yAxis === 'value';
  const y = limitsOf(points, base === undefined ? undefined : toY(base), noise, down);
  const marks = rows.map((row) => markOf(row, view, toX(row), toY, y));
  const lastX = Math.max(xAxis === 'experiment' ? 10 : 0, ...view.experiments.slice(-1).map(toX), 0);
  const x: [number, number] = [0, lastX > 0 ? lastX * 1.02 : 1];
  const beyond = (edge: 'top' | 'bottom'): number => marks.filter((m) => m.clipped === edge).length;
  const clipped = { top: beyond('top'), bottom: beyond('bottom') };
  return {
    title: `${view.arena}: ${view.metric.name} ${view.metric.arrow}`,
    description: describe(view, clipped),
    caption: captionOf(view, clipped),
    xTitle: xAxis === 'experiment' ? 'experiment' : 'hours of work',
    yTitle: yTitle(view, yAxis),
    x,
    y,
    xTicks: xTicks(x, xAxis),
    yTicks: ticks(y[0], y[1], 5).map((at) => ({ at, text: yText(view, yAxis, at, y) })),
    marks,
    steps: stepsOf(view, toX, toY),
    clipped,
    labels: labelsOf(view, toX, toY, options.labels ?? 8),
    kinds: KINDS.filter((kind) => marks.some((m) => m.kind === kind)),
    ...(base !== undefined && { baseline: { y: toY(base), text: `baseline ${view.baseline!.mean!.text}` } }),
    ...(noise > 0 && { noise: { half: noise, text: `noise ±${view.noise!.sigma.text}` } }),
    ...(marks.length === 0 && {
      empty: view.state.kind === 'never run' ? 'Nothing has been tried yet.' : 'Nothing has been measured yet.',
    }),
  };
}

const KINDS: readonly MarkKind[] = [
  'confirmed',
  'in stack',
  'unconfirmed',
  'baseline',
  'discarded',
  'inconclusive',
  'crashed',
  'refused',
];

const isFailed = (row: ExperimentView): boolean =>
  row.verdict === 'crashed' || row.verdict === 'timed out' || row.verdict === 'refused';

/** Percent needs a baseline that is not zero, noise units need noise. */
function usableAxis(view: LabView, axis: YAxis): YAxis {
  if (axis === 'percent' && !view.baseline?.mean?.raw) return 'value';
  if (axis === 'noise' && (!view.baseline?.mean || !(view.noise && view.noise.sigma.raw > 0))) return 'value';
  return axis;
}

/** On the percent and noise axes up is always better. */
function yScale(view: LabView, axis: YAxis): (value: number) => number {
  const base = view.baseline?.mean?.raw ?? 0;
  const sign = view.metric.direction === 'minimize' ? -1 : 1;
  if (axis === 'percent') return (v) => (sign * 100 * (v - base)) / Math.abs(base);
  if (axis === 'noise') return (v) => (sign * (v - base)) / view.noise!.sigma.raw;
  return (v) => v;
}

function xScale(axis: XAxis): (row: ExperimentView) => number {
  if (axis === 'experiment') return (row) => row.n;
  return (row) => row.workedS / 3600;
}

function markOf(
  row: ExperimentView,
  view: LabView,
  x: number,
  toY: (v: number) => number,
  [low, high]: readonly [number, number],
): Mark {
  const text = markText(row, view);
  if (!row.mean || row.verdict === 'crashed' || row.verdict === 'timed out')
    return { n: row.n, kind: row.verdict === 'refused' ? 'refused' : 'crashed', x, text };
  const y = toY(row.mean.raw);
  const kind = kindOf(row);
  if (y > high || y < low)
    return { n: row.n, kind, x, y: y > high ? high : low, clipped: y > high ? 'top' : 'bottom', text };
  return { n: row.n, kind, x, y, text };
}

function kindOf(row: ExperimentView): MarkKind {
  if (row.n === 0) return 'baseline';
  if (row.verdict === 'kept')
    return row.standing === 'confirmed' || row.standing === 'in stack' ? row.standing : 'unconfirmed';
  return row.verdict === 'inconclusive' || row.verdict === 'running' || row.verdict === 'waiting'
    ? 'inconclusive'
    : 'discarded';
}

function markText(row: ExperimentView, view: LabView): string {
  const number = row.mean ? ` ${row.mean.text}${row.half ? ` ± ${row.half.text}` : ''}` : '';
  const standing = row.verdict === 'kept' ? `, ${row.standing}` : '';
  const what = row.n === 0 ? 'baseline' : `#${row.n} ${row.verdict}${standing}`;
  return `${what}${number ? `: ${view.metric.name}${number}` : ''} — ${oneLine(row.hypothesis, 100)}`;
}

/** The running best: each kept experiment of the lineage at the mean that it has now. */
function stepsOf(
  view: LabView,
  toX: (row: ExperimentView) => number,
  toY: (v: number) => number,
): { x: number; y: number }[] {
  return view.lineage.flatMap((n) => {
    const row = view.experiments[n];
    return row?.mean && !row.otherDevice ? [{ x: toX(row), y: toY(row.mean.raw) }] : [];
  });
}

/** The steps with the largest gains, largest first; confirmed ones before others. */
function labelsOf(
  view: LabView,
  toX: (row: ExperimentView) => number,
  toY: (v: number) => number,
  most: number,
): StairLabel[] {
  const rank = (row: ExperimentView): number =>
    (row.effect?.raw ?? 0) * (row.standing === 'confirmed' || row.standing === 'in stack' ? 1 : 0.25);
  return view.lineage
    .map((n) => view.experiments[n])
    .filter((row) => row !== undefined && row.n > 0 && row.mean !== undefined && (row.effect?.raw ?? 0) > 0)
    .map((row) => row!)
    .sort((a, b) => rank(b) - rank(a))
    .slice(0, most)
    .map((row) => ({
      n: row.n,
      x: toX(row),
      y: toY(row.mean!.raw),
      gain: row.effect!.raw,
      text: `${row.effect!.delta} ${oneLine(row.hypothesis, 34)}`,
    }));
}

function xTicks([low, high]: readonly [number, number], axis: XAxis): Tick[] {
  const found = ticks(low, high, 6);
  if (axis === 'clock') return found.map((at) => ({ at, text: at === 0 ? '0' : shortDuration(at * 3600) }));
  return found.filter(Number.isInteger).map((at) => ({ at, text: fixed(at, 0) }));
}

function yTitle(view: LabView, axis: YAxis): string {
  const { name, unit, arrow } = view.metric;
  if (axis === 'percent') return `${name}: percent better than the baseline ↑`;
  if (axis === 'noise') return `${name}: better than the baseline, in noise units ↑`;
  return `${name}${unit ? `, ${unit}` : ''} ${arrow}`;
}

function yText(view: LabView, axis: YAxis, at: number, [low, high]: readonly [number, number]): string {
  const step = (high - low) / 5;
  const decimals = Math.max(0, Math.min(view.metric.decimals, Math.ceil(-Math.log10(step || 1)) + 1));
  if (axis === 'percent') return percent(at / 100, step < 1 ? 1 : 0);
  return axis === 'noise' ? signed(at, step < 1 ? 1 : 0) : fixed(at, Number.isFinite(decimals) ? decimals : 0);
}

function captionOf(view: LabView, clipped: StaircaseView['clipped']): string {
  const noise = view.noise
    ? `The band is one standard deviation of repeats of the same code, ±${view.noise.sigma.text} (${view.noise.dof} degrees of freedom).`
    : 'The noise is not known yet.';
  const beyond = clipped.top + clipped.bottom;
  const edges = beyond > 0 ? ` ${count(beyond, 'mark')} beyond the edges: drawn there as triangles.` : '';
  const other = view.experiments.filter((row) => row.otherDevice).length;
  const devices =
    other > 0 ? ` ${other} were measured on another device and are left out: their numbers cannot be compared.` : '';
  return `${noise}${edges}${devices} The line is the best kept so far; no line joins attempts.`;
}

function describe(view: LabView, clipped: StaircaseView['clipped']): string {
  const range = view.baseline?.mean
    ? ` Baseline ${view.baseline.mean.text}; best ${view.incumbent?.mean?.text ?? NONE}.`
    : '';
  const beyond = clipped.top + clipped.bottom;
  return `${view.verdict.sentence}${range} ${view.counts.text}${beyond > 0 ? `; ${beyond} beyond the edges` : ''}.`;
}
