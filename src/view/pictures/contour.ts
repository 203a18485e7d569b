/**
 * The metric over two knobs: what was measured, averaged over experiments that are near. Where none is near there is
 * nothing: no value is invented. Choices are a grid, and nothing is averaged across them. Pure.
 */
import { formatCount } from '../../base/text.ts';
import { formatFixed, formatPercent } from '../format.ts';
import { axisValueText, type FactorAxis, type MetricAxis, valueOnAxis } from './factor-axes.ts';
import type { FactorLine, FactorsView } from './factors.ts';
import type { MarkKind } from './staircase.ts';

/** Places are shares of the picture, 0 to 1, from the left and from below. */
export interface ContourCell {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** 0 = worst, `COLOUR_STEPS − 1` = best. */
  readonly step: number;
  readonly text: string;
}

export interface ContourPoint {
  readonly n: number;
  readonly kind: MarkKind;
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

export interface ContourAxis {
  readonly name: string;
  readonly log: boolean;
  readonly labels: readonly { readonly at: number; readonly text: string }[];
}

export interface ContourView {
  readonly x: ContourAxis;
  readonly y: ContourAxis;
  readonly cells: readonly ContourCell[];
  readonly points: readonly ContourPoint[];
  /** Texts at the worst and the best colour. */
  readonly legend: readonly [string, string];
  readonly caption: string;
}

export const COLOUR_STEPS = 9;
/** Cells along an axis of numbers. */
const CELLS = 36;
/** Standard deviation of the weights, as a share of an axis. */
const BANDWIDTH = 0.07;
/** Share of an axis beyond which an experiment is not near: there the picture stays empty. */
const NEAR = 0.12;
/** What the picture shows beyond the ends of an axis of numbers. */
const MARGIN = 0.04;
/** Share of the cell of a choice over which its points are spread, so that they do not hide each other. */
const SPREAD = 0.7;

/** Axes on which something differs: two of them make a picture. */
export const varyingAxes = ({ axes }: FactorsView): FactorAxis[] =>
  axes.filter(({ levels, range }) => (levels ? levels.length > 1 : range !== undefined && range[0] < range[1]));

interface Placed {
  readonly line: FactorLine;
  readonly xPlace: number;
  readonly yPlace: number;
  readonly height: number;
}

/** Undefined where an axis is not known or nothing has a number. */
export function viewContour(
  factors: FactorsView,
  xName: string,
  yName: string,
  decimals: number,
): ContourView | undefined {
  const [xIndex, yIndex] = [xName, yName].map((name) => factors.axes.findIndex((axis) => axis.name === name));
  const [xAxis, yAxis] = [factors.axes[xIndex!], factors.axes[yIndex!]];
  const { metric } = factors;
  if (!xAxis || !yAxis || !metric) return undefined;
  const placed = factors.lines.flatMap((line): Placed[] => {
    const [xPlace, yPlace] = [line.at[xIndex!] ?? null, line.at[yIndex!] ?? null];
    return xPlace === null || yPlace === null || line.height === undefined
      ? []
      : [{ line, xPlace, yPlace, height: line.height }];
  });
  if (placed.length === 0) return undefined;
  const cells = cellsOf(xAxis, yAxis, placed, metric, decimals);
  const points = placed.map(({ line, xPlace, yPlace }): ContourPoint => {
    const knobsText = `${xAxis.name} ${line.texts[xIndex!]}, ${yAxis.name} ${line.texts[yIndex!]}`;
    const text = `#${line.n}: ${knobsText} → ${metric.name} ${line.value!.text}`;
    return {
      n: line.n,
      kind: line.kind,
      x: shownPlace(xAxis, xPlace, line.n),
      y: shownPlace(yAxis, yPlace, line.n + 0.5),
      text,
    };
  });
  const legend: [string, string] = [`${metric.ends[0]} or worse`, `${metric.ends[1]} or better`];
  const caption = captionOf(xAxis, yAxis, metric, placed.length);
  return { x: contourAxis(xAxis), y: contourAxis(yAxis), cells, points, legend, caption };
}

function cellsOf(
  xAxis: FactorAxis,
  yAxis: FactorAxis,
  placed: readonly Placed[],
  metric: MetricAxis,
  decimals: number,
): ContourCell[] {
  const [columns, rows] = [centresOf(xAxis), centresOf(yAxis)];
  return columns.flatMap((xPlace, columnIndex) =>
    rows.flatMap((yPlace, rowIndex) => {
      const estimate = estimateAt(xAxis, yAxis, xPlace, yPlace, placed);
      if (!estimate) return [];
      const value = formatFixed(valueOnAxis(metric, estimate.height), decimals);
      return [
        {
          x: columnIndex / columns.length,
          y: rowIndex / rows.length,
          width: 1 / columns.length,
          height: 1 / rows.length,
          step: Math.min(COLOUR_STEPS - 1, Math.floor(estimate.height * COLOUR_STEPS)),
          text: `${metric.name} about ${value}, ${formatCount(estimate.near, 'experiment')} near`,
        },
      ];
    }),
  );
}

/** Places of the centres of the cells along an axis: of every level, or of equal parts. */
function centresOf({ levels }: FactorAxis): number[] {
  if (levels) return levels.map((_, index) => (levels.length > 1 ? index / (levels.length - 1) : 0.5));
  return Array.from({ length: CELLS }, (_, index) => -MARGIN + ((1 + 2 * MARGIN) * (index + 0.5)) / CELLS);
}

/** The weighted mean of the experiments, and how many are near; undefined where none is. */
function estimateAt(
  xAxis: FactorAxis,
  yAxis: FactorAxis,
  xPlace: number,
  yPlace: number,
  placed: readonly Placed[],
): { readonly height: number; readonly near: number } | undefined {
  let [weights, sum, near] = [0, 0, 0];
  for (const point of placed) {
    const distance = Math.hypot(distanceOn(xAxis, point.xPlace - xPlace), distanceOn(yAxis, point.yPlace - yPlace));
    const weight = Math.exp(-0.5 * (distance / BANDWIDTH) ** 2);
    if (distance <= NEAR) near++;
    weights += weight;
    sum += weight * point.height;
  }
  return near === 0 ? undefined : { height: sum / weights, near };
}

/** Two levels of a choice are never near. */
const distanceOn = ({ levels }: FactorAxis, difference: number): number =>
  levels ? (Math.abs(difference) < 1e-9 ? 0 : Number.POSITIVE_INFINITY) : difference;

/** Where a point is drawn: in the middle of its cell on an axis of choices, a little aside by its number. */
function shownPlace({ levels }: FactorAxis, position: number, seed: number): number {
  if (!levels) return (position + MARGIN) / (1 + 2 * MARGIN);
  const level = Math.round(position * (levels.length - 1));
  const aside = ((seed * 0.618034) % 1) - 0.5;
  return (level + 0.5 + SPREAD * aside) / levels.length;
}

function contourAxis(axis: FactorAxis): ContourAxis {
  const { name, log, levels, ends } = axis;
  const labels = levels
    ? levels.map((text, index) => ({ at: (index + 0.5) / levels.length, text }))
    : [ends[0], axisValueText(valueOnAxis(axis, 0.5)), ends[1]].map((text, index) => ({
        at: shownPlace(axis, index / 2, 0),
        text,
      }));
  return { name, log, labels };
}

function captionOf(xAxis: FactorAxis, yAxis: FactorAxis, metric: MetricAxis, count: number): string {
  const isGrid = xAxis.levels !== undefined && yAxis.levels !== undefined;
  const hasChoice = xAxis.levels !== undefined || yAxis.levels !== undefined;
  const sentences = [
    isGrid
      ? `Colour: the mean ${metric.name} of the experiments in each cell.`
      : `Colour: ${metric.name}, averaged over the experiments around, the nearest counting most.`,
    hasChoice && !isGrid ? 'Nothing is averaged across choices.' : '',
    isGrid ? 'Empty: no experiment.' : `Empty: no experiment within ${formatPercent(NEAR)} of the axes.`,
    `${formatCount(count, 'experiment')}, as points; the other knobs differ between them, so this is a guess, not a measurement.`,
    metric.clipped > 0
      ? `${formatCount(metric.clipped, 'value')} far from all others count as the worst or best colour.`
      : '',
  ];
  return sentences.filter(Boolean).join(' ');
}
