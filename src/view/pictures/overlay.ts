/**
 * Several labs in one picture: how the best of each came about, by experiments or by hours, in the metric or, where
 * that cannot be compared, as the gain on each lab's own baseline. Pure.
 */
import { formatDollars, formatFixed, type FormattedNumber } from '../format.ts';
import type { LabView } from '../types.ts';
import { roundTicks } from './scale.ts';
import { viewStaircase } from './staircase.ts';
import { type AxisTick, xTicks } from './ticks.ts';

/** From this place on the best is this value; the last corner only ends the line. */
export type Corner = readonly [number, number];

/** What the start page draws of one lab, and says of it. */
export interface LabLine {
  readonly metric: string;
  readonly unit: string;
  readonly direction: 'minimize' | 'maximize';
  /** The running best by number of the experiment, and by hours of work. */
  readonly byExperiment: readonly Corner[];
  readonly byHours: readonly Corner[];
  readonly baseline?: FormattedNumber;
  readonly best?: FormattedNumber;
  /** In percent of the baseline, with its interval; absent while none is confirmed. */
  readonly gain?: string;
  readonly tried: number;
  readonly time: string;
  readonly cost: string;
}

/** Corners that are kept; a line of more is thinned, its first and last corner never. */
const MAX_CORNERS = 200;

/** Undefined for a lab without a number. */
export function labLine(view: LabView): LabLine | undefined {
  const best = view.champion && view.champion.n > 0 ? view.champion : view.incumbent;
  const lastRow = view.experiments.at(-1);
  if (!lastRow || !view.baseline?.mean) return undefined;
  const cornersBy = (axis: 'experiment' | 'clock', end: number): Corner[] => {
    const corners = viewStaircase(view, { x: axis }).steps.map(({ x, y }): Corner => [x, y]);
    const last = corners.at(-1);
    return thinCorners(last ? [...corners, [Math.max(end, last[0]), last[1]]] : []);
  };
  const effect = view.gain?.effect;
  return {
    metric: view.metric.name,
    unit: view.metric.unit,
    direction: view.metric.direction,
    byExperiment: cornersBy('experiment', lastRow.n),
    byHours: cornersBy('clock', lastRow.workedS / 3600),
    baseline: view.baseline.mean,
    ...(best?.mean && { best: best.mean }),
    ...(effect && { gain: effect.percentText ?? effect.amountText }),
    tried: view.counts.tried,
    time: view.time.text.sessions,
    cost: view.economics.usd === undefined ? '' : formatDollars(view.economics.usd),
  };
}

function thinCorners(corners: readonly Corner[]): Corner[] {
  const stride = Math.ceil(corners.length / MAX_CORNERS);
  return corners.filter((_, index) => index % stride === 0 || index === corners.length - 1);
}

export type OverlayX = 'experiment' | 'clock';
/** Empty = the metric where it can be compared, else the gain. */
export type OverlayY = '' | 'value' | 'gain';

export interface OverlayLine {
  readonly label: string;
  readonly corners: readonly Corner[];
}

export interface OverlayView {
  readonly lines: readonly OverlayLine[];
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xTicks: readonly AxisTick[];
  readonly yTicks: readonly AxisTick[];
  readonly xTitle: string;
  readonly yTitle: string;
  readonly yAxis: 'value' | 'gain';
  /** The metric itself can be drawn: all labs measure the same one. */
  readonly canShowValue: boolean;
  /** Why it is drawn this way, and what is left out. */
  readonly remark: string;
}

export interface OverlayLab {
  readonly id: string;
  readonly line: LabLine;
}

/** Baselines further apart than this are not the same starting point. */
const SAME_BASELINE = 0.05;

export function viewOverlay(labs: readonly OverlayLab[], xAxis: OverlayX, wanted: OverlayY): OverlayView {
  const isSameMetric = new Set(labs.map(({ line }) => `${line.metric} ${line.unit}`)).size === 1;
  const hasSameStart = isSameMetric && areClose(labs.map(({ line }) => line.baseline?.raw ?? Number.NaN));
  const yAxis = !isSameMetric ? 'gain' : wanted === '' ? (hasSameStart ? 'value' : 'gain') : wanted;
  const drawable = yAxis === 'value' ? labs : labs.filter(({ line }) => line.baseline && line.baseline.raw !== 0);
  const lines = drawable.map(({ id, line }) => ({
    label: id,
    corners: (xAxis === 'experiment' ? line.byExperiment : line.byHours).map(([x, value]): Corner => [
      x,
      yAxis === 'value' ? value : gainPercent(line, value),
    ]),
  }));
  const corners = lines.flatMap((line) => line.corners);
  const x: [number, number] = [0, extremeOf(corners.map(([at]) => at)).at(1) || 1];
  const y = paddedRange(extremeOf(corners.map(([, value]) => value)));
  const leftOut = labs.length - drawable.length;
  return {
    lines,
    x,
    y,
    xTicks: xTicks(x, xAxis),
    yTicks: tickTexts(y, yAxis),
    xTitle: xAxis === 'experiment' ? 'experiment' : 'time of work',
    yTitle: yAxis === 'gain' ? 'gain on its own baseline' : labs[0]!.line.metric,
    yAxis,
    canShowValue: isSameMetric,
    remark: [
      reasonOf(isSameMetric, hasSameStart, yAxis),
      ...(leftOut > 0 ? [`${leftOut} with a baseline of 0 cannot be drawn so.`] : []),
      'A line is the best so far, confirmed or not.',
    ].join(' '),
  };
}

function reasonOf(isSameMetric: boolean, hasSameStart: boolean, yAxis: 'value' | 'gain'): string {
  if (yAxis === 'value') return hasSameStart ? 'The same metric and start.' : 'The same metric, different baselines.';
  if (!isSameMetric) return 'The metrics differ, so each lab is shown as its gain in percent of its own baseline.';
  return 'Each lab is shown as its gain in percent of its own baseline.';
}

/** Positive = better. */
const gainPercent = ({ baseline, direction }: LabLine, value: number): number =>
  ((direction === 'minimize' ? baseline!.raw - value : value - baseline!.raw) / Math.abs(baseline!.raw)) * 100;

function areClose(values: readonly number[]): boolean {
  const [lowest, highest] = extremeOf(values);
  return (
    values.every(Number.isFinite) && highest - lowest <= SAME_BASELINE * Math.max(Math.abs(lowest), Math.abs(highest))
  );
}

const extremeOf = (values: readonly number[]): [number, number] => [
  values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
  values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
];

function paddedRange([lowest, highest]: readonly [number, number]): [number, number] {
  if (!Number.isFinite(lowest) || !Number.isFinite(highest)) return [0, 1];
  const room = 0.06 * (highest - lowest) || Math.abs(highest) * 0.05 || 1;
  return [lowest - room, highest + room];
}

function tickTexts(y: readonly [number, number], yAxis: 'value' | 'gain'): AxisTick[] {
  const positions = roundTicks(y[0], y[1], 5);
  const step = Math.abs((positions[1] ?? y[1]) - (positions[0] ?? y[0])) || 1;
  const decimals = Math.min(8, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return positions.map((at) => ({
    at,
    text: yAxis === 'gain' ? `${formatFixed(at, decimals)} %` : formatFixed(at, decimals),
  }));
}
