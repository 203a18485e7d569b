/**
 * The staircase as data: marks, the running best, noise band, baseline, labels, axes, in units of the axes. Nothing is
 * dropped: what does not fit is clipped to the edge and counted, what has no number stands on the rug. Knows nothing
 * about pixels or characters.
 */
import { count, oneLine } from '../../base/text.ts';
import { dollars, fixed, NONE, percent, shortDuration, signed } from '../format.ts';
import { limitsOf, ticks } from './scale.ts';
import type { BoardRow } from '../board.ts';
import type { LabView } from '../types.ts';

export type XAxis = 'experiment' | 'clock' | 'device' | 'money';
export type YAxis = 'value' | 'percent' | 'noise';

export type MarkKind =
  'baseline' | 'confirmed' | 'in stack' | 'unconfirmed' | 'discarded' | 'inconclusive' | 'crashed' | 'refused';

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

/** What the picture is made of: a whole view, or a board with slim rows. */
export type Source = Pick<
  LabView,
  'arena' | 'metric' | 'state' | 'verdict' | 'counts' | 'lineage' | 'baseline' | 'incumbent' | 'noise'
> & { readonly experiments: readonly Row[] };
type Row = Pick<
  BoardRow,
  | 'n'
  | 'verdict'
  | 'standing'
  | 'mean'
  | 'half'
  | 'effect'
  | 'hypothesis'
  | 'otherDevice'
  | 'workedS'
  | 'durationS'
  | 'costUsd'
>;

export interface StaircaseOptions {
  readonly x?: XAxis;
  readonly y?: YAxis;
  /** Labels at most; the drawing shows those that fit. */
  readonly labels?: number;
}

export function viewStaircase(view: Source, options: StaircaseOptions = {}): StaircaseView {
  const xAxis = usableX(view, options.x ?? 'experiment');
  const yAxis = usableAxis(view, options.y ?? 'value');
  const base = view.baseline?.mean?.raw;
  const toY = yScale(view, yAxis);
  const toX = xScale(view, xAxis);
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
    xTitle: X_TITLES[xAxis],
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

const isFailed = (row: Row): boolean =>
  row.verdict === 'crashed' || row.verdict === 'timed out' || row.verdict === 'refused';

/** Percent needs a baseline that is not zero, noise units need noise. */
function usableAxis(view: Source, axis: YAxis): YAxis {
  if (axis === 'percent' && !view.baseline?.mean?.raw) return 'value';
  if (axis === 'noise' && (!view.baseline?.mean || !(view.noise && view.noise.sigma.raw > 0))) return 'value';
  return axis;
}

/** On the percent and noise axes up is always better. */
function yScale(view: Source, axis: YAxis): (value: number) => number {
  const base = view.baseline?.mean?.raw ?? 0;
  const sign = view.metric.direction === 'minimize' ? -1 : 1;
  if (axis === 'percent') return (v) => (sign * 100 * (v - base)) / Math.abs(base);
  if (axis === 'noise') return (v) => (sign * (v - base)) / view.noise!.sigma.raw;
  return (v) => v;
}

const X_TITLES: Readonly<Record<XAxis, string>> = {
  experiment: 'experiment',
  clock: 'time at work',
  device: 'time of the device spent on experiments',
  money: 'dollars spent on ideas',
};

/** Money needs prices. */
function usableX(view: Source, axis: XAxis): XAxis {
  return axis === 'money' && !view.experiments.some((row) => row.costUsd) ? 'experiment' : axis;
}

function xScale(view: Source, axis: XAxis): (row: Row) => number {
  switch (axis) {
    case 'experiment':
      return (row) => row.n;
    case 'clock':
      return (row) => row.workedS / 3600;
    case 'device':
      return summed(view, (row) => row.durationS / 3600);
    case 'money':
      return summed(view, (row) => row.costUsd ?? 0);
    default:
      return axis satisfies never;
  }
}

/** What was spent up to and including each experiment. */
function summed(view: Source, of: (row: Row) => number): (row: Row) => number {
  let sum = 0;
  const sums = view.experiments.map((row) => (sum += of(row)));
  return (row) => sums[row.n] ?? sum;
}

function markOf(
  row: Row,
  view: Source,
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

const kindOf = (row: Row): MarkKind => (row.n === 0 ? 'baseline' : kindOfVerdict(row.verdict, row.standing));

/** The mark of an experiment that has a place: what became of it and how sure that is. */
export function kindOfVerdict(verdict: Row['verdict'], standing: Row['standing']): MarkKind {
  switch (verdict) {
    case 'baseline':
      return 'baseline';
    case 'kept':
      return standing === 'confirmed' || standing === 'in stack' ? standing : 'unconfirmed';
    case 'discarded':
      return 'discarded';
    case 'crashed':
    case 'timed out':
      return 'crashed';
    case 'refused':
      return 'refused';
    case 'inconclusive':
    case 'running':
    case 'waiting':
      return 'inconclusive';
    default:
      return verdict satisfies never;
  }
}

function markText(row: Row, view: Source): string {
  const number = row.mean ? ` ${row.mean.text}${row.half ? ` ± ${row.half.text}` : ''}` : '';
  const standing = row.verdict === 'kept' ? `, ${row.standing}` : '';
  const what = row.n === 0 ? 'baseline' : `#${row.n} ${row.verdict}${standing}`;
  return `${what}${number ? `: ${view.metric.name}${number}` : ''} — ${oneLine(row.hypothesis, 100)}`;
}

/** The running best: each kept experiment of the lineage at the mean that it has now. */
function stepsOf(view: Source, toX: (row: Row) => number, toY: (v: number) => number): { x: number; y: number }[] {
  return view.lineage.flatMap((n) => {
    const row = view.experiments[n];
    return row?.mean && !row.otherDevice ? [{ x: toX(row), y: toY(row.mean.raw) }] : [];
  });
}

/** The steps with the largest gains, largest first; confirmed ones before others. */
function labelsOf(view: Source, toX: (row: Row) => number, toY: (v: number) => number, most: number): StairLabel[] {
  const rank = (row: Row): number =>
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
  if (axis === 'clock' || axis === 'device') return timeTicks(low, high);
  const found = ticks(low, high, 6);
  if (axis === 'money') return found.map((at) => ({ at, text: at === 0 ? '0' : dollars(at) }));
  return found.filter(Number.isInteger).map((at) => ({ at, text: fixed(at, 0) }));
}

const TIME_UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];
const TIME_STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000,
];
const MOST_TIME_TICKS = 8;

/** Round times between two ends in hours, all in the largest unit in which their distance is whole. */
function timeTicks(low: number, high: number): Tick[] {
  const step = TIME_STEPS_S.find((each) => (high - low) * 3600 <= each * MOST_TIME_TICKS);
  if (step === undefined || !(high > low))
    return ticks(low, high, 6).map((at) => ({ at, text: at === 0 ? '0' : shortDuration(at * 3600) }));
  const [unit, name] = TIME_UNITS.find(([seconds]) => step % seconds === 0)!;
  const first = Math.ceil((low * 3600) / step - 1e-9);
  const count = Math.floor((high * 3600) / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, k) => ({
    at: ((first + k) * step) / 3600,
    text: first + k === 0 ? '0' : `${((first + k) * step) / unit} ${name}`,
  }));
}

function yTitle(view: Source, axis: YAxis): string {
  const { name, unit, arrow } = view.metric;
  if (axis === 'percent') return `${name}: percent better than the baseline ↑`;
  if (axis === 'noise') return `${name}: better than the baseline, in noise units ↑`;
  return `${name}${unit ? `, ${unit}` : ''} ${arrow}`;
}

function yText(view: Source, axis: YAxis, at: number, [low, high]: readonly [number, number]): string {
  const step = (high - low) / 5;
  const decimals = Math.max(0, Math.min(view.metric.decimals, Math.ceil(-Math.log10(step || 1)) + 1));
  if (axis === 'percent') return percent(at / 100, step < 1 ? 1 : 0);
  return axis === 'noise' ? signed(at, step < 1 ? 1 : 0) : fixed(at, Number.isFinite(decimals) ? decimals : 0);
}

function captionOf(view: Source, clipped: StaircaseView['clipped']): string {
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

function describe(view: Source, clipped: StaircaseView['clipped']): string {
  const range = view.baseline?.mean
    ? ` Baseline ${view.baseline.mean.text}; best ${view.incumbent?.mean?.text ?? NONE}.`
    : '';
  const beyond = clipped.top + clipped.bottom;
  return `${view.verdict.sentence}${range} ${view.counts.text}${beyond > 0 ? `; ${beyond} beyond the edges` : ''}.`;
}
