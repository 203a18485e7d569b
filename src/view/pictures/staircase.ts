/**
 * The staircase as data: marks, the running best, noise band, baseline, labels, axes, in units of the axes. Nothing is
 * dropped: what does not fit is clipped to the edge and counted, what has no number stands on the rug. Knows nothing
 * about pixels or characters.
 */
import { defined } from '../../base/defined.ts';
import { formatCount } from '../../base/text.ts';
import { formatFixed, NONE, formatPercent, formatSigned, ownDecimals } from '../format.ts';
import { robustRange } from './robust-range.ts';
import {
  labelsOf,
  levelOf,
  type Mark,
  MARK_KINDS,
  type MarkKind,
  markOf,
  type RemeasuredMark,
  remeasuredMarks,
  type StaircaseRow,
  type StaircaseSource,
  type StairLabel,
} from './stair-marks.ts';
import { type AxisPoint, limitsOnScale, stepsInWindow, usableScale, type YScale, yTickPositions } from './scale.ts';
import { type AxisTick, type XAxis, xTicks } from './ticks.ts';

export type { Mark, MarkKind, RemeasuredMark, StairLabel, StaircaseSource } from './stair-marks.ts';

export type YAxis = 'value' | 'percent' | 'noise';

export interface StaircaseView {
  readonly title: string;
  /** The picture in words, for those who cannot see it. */
  readonly description: string;
  readonly caption: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly x: readonly [number, number];
  /** All of the x axis, of which `x` may be a part. */
  readonly wholeX: readonly [number, number];
  readonly y: readonly [number, number];
  readonly isLog?: true;
  readonly xTicks: readonly AxisTick[];
  readonly yTicks: readonly AxisTick[];
  readonly marks: readonly Mark[];
  readonly remeasured: readonly RemeasuredMark[];
  /**
   * Corners of the best as it was known at the time, oldest first: level `y` from `x` on. It never gets worse: that an
   * experiment measures worse later does not change what was known.
   */
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
  /** What sets the y axis; `log` where the values allow it. Absent = everything kept fits. */
  readonly scale?: YScale;
  /** Part of the x axis that is shown, in its unit; the y axis follows it. */
  readonly window?: readonly [number, number];
}

export function viewStaircase(source: StaircaseSource, options: StaircaseOptions = {}): StaircaseView {
  const xAxis = usableXAxis(source, options.x ?? 'experiment');
  const yAxis = usableYAxis(source, options.y ?? 'value');
  const baselineValue = source.baseline?.mean?.raw;
  const scaleY = yScale(source, yAxis);
  const scaleX = xScale(source, xAxis);
  const { window } = options;
  const isShown = (markX: number): boolean => !window || (markX >= window[0] && markX <= window[1]);
  const shownRows = source.experiments.filter(
    (experiment) =>
      !experiment.otherDevice && (experiment.mean !== undefined || isFailed(experiment)) && isShown(scaleX(experiment)),
  );
  const allSteps = stepsOf(source, scaleX, scaleY);
  const steps = window ? stepsInWindow(allSteps, window) : allSteps;
  const lineageSet = new Set(source.lineage);
  const points = usualPoints(
    shownRows.flatMap((experiment) =>
      experiment.mean ? [{ y: scaleY(levelOf(experiment)!), kept: lineageSet.has(experiment.n) }] : [],
    ),
    [...steps.map((step) => step.y), ...(window || baselineValue === undefined ? [] : [scaleY(baselineValue)])],
  );
  const noiseOnAxis =
    source.noise && source.noise.sigma.raw > 0 ? Math.abs(scaleY(source.noise.sigma.raw) - scaleY(0)) : 0;
  const isSmallerBetter = source.metric.direction === 'minimize' && yAxis === 'value';
  const baselineY = baselineValue === undefined ? undefined : scaleY(baselineValue);
  // Of a part the baseline does not set the scale, but the line where it begins does.
  const scalePoints = window ? [...points, ...steps.slice(0, 1).map(({ y }) => ({ y, kept: true }))] : points;
  const scale = usableScale(options.scale ?? 'all', yAxis === 'value' ? scalePoints : []);
  const yLimits = limitsOnScale(scalePoints, window ? undefined : baselineY, noiseOnAxis, isSmallerBetter, scale);
  const marks = shownRows.map((experiment) => markOf(experiment, source, scaleX(experiment), scaleY, yLimits));
  const lastX = Math.max(xAxis === 'experiment' ? 10 : 0, ...source.experiments.slice(-1).map(scaleX), 0);
  const wholeX: [number, number] = [0, lastX > 0 ? lastX * 1.02 : 1];
  const xLimits = window ?? wholeX;
  const countBeyond = (edge: 'top' | 'bottom'): number => marks.filter((mark) => mark.clipped === edge).length;
  const clipped = { top: countBeyond('top'), bottom: countBeyond('bottom') };
  return defined({
    title: `${source.arena}: ${source.metric.name} ${source.metric.arrow}`,
    description: describeStaircase(source, clipped),
    caption: captionOf(source, clipped),
    xTitle: X_TITLES[xAxis],
    yTitle: yTitle(source, yAxis),
    x: xLimits,
    wholeX,
    y: yLimits,
    isLog: scale === 'log' ? (true as const) : undefined,
    xTicks: xTicks(xLimits, xAxis),
    yTicks: yTicksOf(yAxis, yLimits, scale),
    marks,
    remeasured: remeasuredMarks(shownRows, scaleX, scaleY, yLimits),
    steps,
    clipped,
    labels: labelsOf(source, scaleX, scaleY, options.labels ?? 8).filter((label) => isShown(label.x)),
    kinds: MARK_KINDS.filter((kind) => marks.some((mark) => mark.kind === kind)),
    baseline: isBetween(baselineY, yLimits)
      ? { y: baselineY, text: `baseline ${source.baseline!.mean!.text}` }
      : undefined,
    noise: noiseOnAxis > 0 ? { half: noiseOnAxis, text: `noise ±${source.noise!.sigma.text}` } : undefined,
    empty: marks.length > 0 ? undefined : emptyText(source, window !== undefined),
  });
}

const isBetween = (value: number | undefined, [low, high]: readonly [number, number]): value is number =>
  value !== undefined && value >= low && value <= high;

function emptyText({ state }: StaircaseSource, isPart: boolean): string {
  if (isPart) return 'No experiment lies in this part.';
  return state.kind === 'never run' ? 'Nothing has been tried yet.' : 'Nothing has been measured yet.';
}

/** Without far outliers, but for what is kept: one of them must not rule the scale. */
function usualPoints(points: readonly AxisPoint[], mustShow: readonly number[]): AxisPoint[] {
  const keptLevels = points.filter((point) => point.kept).map((point) => point.y);
  const range = robustRange(
    points.map((point) => point.y),
    [...mustShow, ...keptLevels],
  );
  return points.filter((point) => range === undefined || (point.y >= range.low && point.y <= range.high));
}

const isFailed = (experiment: StaircaseRow): boolean =>
  experiment.verdict === 'crashed' || experiment.verdict === 'timed out' || experiment.verdict === 'refused';

/** Percent needs a baseline that is not zero, noise units need noise. */
function usableYAxis(source: StaircaseSource, axis: YAxis): YAxis {
  if (axis === 'percent' && !source.baseline?.mean?.raw) return 'value';
  if (axis === 'noise' && (!source.baseline?.mean || !(source.noise && source.noise.sigma.raw > 0))) return 'value';
  return axis;
}

/** On the percent and noise axes up is always better. */
function yScale(source: StaircaseSource, axis: YAxis): (value: number) => number {
  const baselineValue = source.baseline?.mean?.raw ?? 0;
  const sign = source.metric.direction === 'minimize' ? -1 : 1;
  if (axis === 'percent') return (value) => (sign * 100 * (value - baselineValue)) / Math.abs(baselineValue);
  if (axis === 'noise') return (value) => (sign * (value - baselineValue)) / source.noise!.sigma.raw;
  return (value) => value;
}

const X_TITLES: Readonly<Record<XAxis, string>> = {
  experiment: 'experiment',
  clock: 'time in sessions',
  device: 'device time spent on experiments',
  money: 'dollars spent on ideas',
};

/** Money needs prices. */
function usableXAxis(source: StaircaseSource, axis: XAxis): XAxis {
  return axis === 'money' && !source.experiments.some((experiment) => experiment.costUsd) ? 'experiment' : axis;
}

function xScale(source: StaircaseSource, axis: XAxis): (experiment: StaircaseRow) => number {
  switch (axis) {
    case 'experiment':
      return (experiment) => experiment.n;
    case 'clock':
      return (experiment) => experiment.workedS / 3600;
    case 'device':
      return runningSum(source, (experiment) => experiment.durationS / 3600);
    case 'money':
      return runningSum(source, (experiment) => experiment.costUsd ?? 0);
    default:
      return axis satisfies never;
  }
}

/** What was spent up to and including each experiment. */
function runningSum(
  source: StaircaseSource,
  amountOf: (experiment: StaircaseRow) => number,
): (experiment: StaircaseRow) => number {
  let total = 0;
  const totals = source.experiments.map((experiment) => (total += amountOf(experiment)));
  return (experiment) => totals[experiment.n] ?? total;
}

/** The best as it was known: each kept experiment of the lineage at the mean that decided, or at the level before. */
function stepsOf(
  source: StaircaseSource,
  scaleX: (experiment: StaircaseRow) => number,
  scaleY: (value: number) => number,
): { x: number; y: number }[] {
  const sign = source.metric.direction === 'minimize' ? -1 : 1;
  let best: number | undefined;
  return source.lineage.flatMap((n) => {
    const experiment = source.experiments[n];
    if (!experiment?.mean || experiment.otherDevice) return [];
    const decidedBy = (experiment.asDecided ?? experiment.mean).raw;
    best = best === undefined || sign * decidedBy > sign * best ? decidedBy : best;
    return [{ x: scaleX(experiment), y: scaleY(best) }];
  });
}

function yTitle(source: StaircaseSource, axis: YAxis): string {
  const { name, unit, arrow } = source.metric;
  if (axis === 'percent') return `${name}: percent better than the baseline ↑`;
  if (axis === 'noise') return `${name}: better than the baseline, in noise units ↑`;
  return `${name}${unit ? `, ${unit}` : ''} ${arrow}`;
}

/** Round numbers on the y axis, all with the decimals that tell them apart; powers of ten each with its own. */
function yTicksOf(axis: YAxis, limits: readonly [number, number], scale: YScale): AxisTick[] {
  const { positions, isEven } = yTickPositions(limits, scale);
  const decimalsOf = (position: number): number => ownDecimals(Number(position.toPrecision(12)));
  const commonDecimals = Math.max(0, ...positions.map(decimalsOf));
  const textOf = (position: number): string => {
    const decimals = isEven ? commonDecimals : decimalsOf(position);
    if (axis === 'percent') return formatPercent(position / 100, decimals);
    return axis === 'noise' ? formatSigned(position, decimals) : formatFixed(position, decimals);
  };
  return positions.map((position) => ({ at: position, text: textOf(position) }));
}

function captionOf(source: StaircaseSource, clipped: StaircaseView['clipped']): string {
  const noiseText = source.noise
    ? `Band: one standard deviation of repeats of the same code, ±${source.noise.sigma.text}.`
    : 'The noise is not known yet.';
  const clippedCount = clipped.top + clipped.bottom;
  const edgesText =
    clippedCount > 0
      ? ` ${formatCount(clippedCount, 'attempt')} beyond the scale: ${clippedCount === 1 ? 'a triangle' : 'triangles'} at the edge.`
      : '';
  const otherDeviceCount = source.experiments.filter((experiment) => experiment.otherDevice).length;
  const devicesText =
    otherDeviceCount > 0
      ? ` ${otherDeviceCount} were measured on another device and are left out: their numbers cannot be compared.`
      : '';
  const againText = source.experiments.some((experiment) => experiment.asDecided && !experiment.isChampion)
    ? ' Squares: steps that were measured again; the line stays where it was.'
    : '';
  return `Line: the best version as it was known at that time. Dots: single attempts.${againText} ${noiseText}${edgesText}${devicesText}`;
}

function describeStaircase(source: StaircaseSource, clipped: StaircaseView['clipped']): string {
  const rangeText = source.baseline?.mean
    ? ` Baseline ${source.baseline.mean.text}; best ${source.incumbent?.mean?.text ?? NONE}.`
    : '';
  const clippedCount = clipped.top + clipped.bottom;
  return `${source.verdict.sentence}${rangeText} ${source.counts.text}${clippedCount > 0 ? `; ${clippedCount} beyond the edges` : ''}.`;
}
