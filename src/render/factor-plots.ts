/**
 * Pictures of knobs as SVG: all side by side, each alone against the metric. Pure strings, coloured by the page's style
 * (class names), readable without it.
 */
import type { FactorAxis } from '../view/pictures/factor-axes.ts';
import type { FactorLine, FactorsView } from '../view/pictures/factors.ts';
import { drawElement, drawPath, drawTitle, toPixels } from './element.ts';
import { classNameOf, svgDocument, textElement } from './plot-parts.ts';

export interface ParallelFrame {
  readonly width: number;
  readonly height: number;
  /** Pixels of the ends of every axis. */
  readonly top: number;
  readonly bottom: number;
  readonly toX: (axisIndex: number) => number;
  readonly toY: (position: number) => number;
}

/** Of a choice with more levels only the ends are named. */
const MAX_NAMED_LEVELS = 9;

/** The axes of the picture of all knobs: the knobs, then the metric. */
export const parallelAxes = ({ axes, metric }: FactorsView): FactorAxis[] => [...axes, ...(metric ? [metric] : [])];

/** Where an experiment lies on each of them. */
export const parallelPositions = ({ metric }: FactorsView, line: FactorLine): (number | null)[] => [
  ...line.at,
  ...(metric ? [line.height ?? null] : []),
];

/** Where axes and places lie in the picture that `parallelSvg` draws: so that a pointer finds lines. */
export function parallelFrame(factors: FactorsView, width: number): ParallelFrame {
  const height = 320;
  const [top, bottom, margin] = [40, height - 26, 56];
  const lastIndex = Math.max(1, parallelAxes(factors).length - 1);
  return {
    width,
    height,
    top,
    bottom,
    toX: (axisIndex) => margin + ((width - 2 * margin) * axisIndex) / lastIndex,
    toY: (position) => bottom - (bottom - top) * position,
  };
}

/** What an experiment is, in words: `#12 val_bpb 0.98: DEPTH 2, LR 0.01`. */
export function factorLineText(factors: FactorsView, line: FactorLine, metricName: string): string {
  const valueText = line.value ? ` ${metricName} ${line.value.text}` : ', no number';
  const knobTexts = line.texts.flatMap((knobText, index) =>
    knobText === '' ? [] : [`${factors.axes[index]!.name} ${knobText}`],
  );
  return `#${line.n}${valueText}: ${knobTexts.join(', ')}`;
}

/** The path of one experiment through all axes; it passes those on which it has no place. */
export function parallelPath(factors: FactorsView, line: FactorLine, frame: ParallelFrame): string {
  return parallelPositions(factors, line)
    .flatMap((position, index) =>
      position === null ? [] : [`${toPixels(frame.toX(index))} ${toPixels(frame.toY(position))}`],
    )
    .map((point, index) => `${index === 0 ? 'M' : 'L'}${point}`)
    .join('');
}

/**
 * One vertical axis a knob, one line an experiment; better ones are stronger, kept ones marked, those that are not
 * selected faint.
 */
export function parallelSvg(
  factors: FactorsView,
  width: number,
  metricName: string,
  selected?: ReadonlySet<number>,
): string {
  const frame = parallelFrame(factors, width);
  const orderedLines = [...factors.lines].sort((left, right) => (left.rank ?? -1) - (right.rank ?? -1));
  const linePaths = orderedLines.map((line) => {
    const isOut = selected !== undefined && !selected.has(line.n);
    const strength = line.rank === undefined ? 0.12 : 0.1 + 0.6 * line.rank ** 3;
    const attributes = {
      class: `thread ${classNameOf(line.kind)}${isOut ? ' out' : ''}`,
      'data-n': String(line.n),
      fill: 'none',
      stroke: 'currentColor',
      'stroke-opacity': (isOut ? 0.05 : strength).toFixed(2),
      d: parallelPath(factors, line, frame),
    };
    return drawElement('path', attributes, drawTitle(factorLineText(factors, line, metricName)));
  });
  const axisElements = parallelAxes(factors).map((axis, axisIndex) => drawAxis(axis, axisIndex, frame));
  return svgDocument(width, frame.height, 'Knobs of every experiment', linePaths.join('') + axisElements.join(''));
}

function drawAxis(axis: FactorAxis, axisIndex: number, frame: ParallelFrame): string {
  const axisX = frame.toX(axisIndex);
  const levels = axis.levels && axis.levels.length <= MAX_NAMED_LEVELS ? axis.levels : undefined;
  const labels = levels
    ? levels.map((level, index) => [level, levels.length > 1 ? index / (levels.length - 1) : 0.5] as const)
    : ([
        [axis.ends[0], 0],
        [axis.ends[1], 1],
      ] as const);
  return [
    drawPath('axis', 'M', axisX, frame.top, 'V', frame.bottom),
    textElement(axisX, axisIndex % 2 === 0 ? 12 : 27, `${axis.name}${axis.log ? ' (log)' : ''}`, 'middle', 'strong'),
    ...labels.map(([text, position]) =>
      textElement(axisX + 4, frame.toY(position) + (position === 1 ? 10 : position === 0 ? -2 : 4), text),
    ),
  ].join('');
}

export interface PickPoint {
  readonly n: number;
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

const SLICE_HEIGHT = 170;

/** Where the experiments lie in the picture that `sliceSvg` draws. */
export function slicePoints(factors: FactorsView, axisIndex: number, width: number): PickPoint[] {
  const { toX, toY } = sliceFrame(factors, width);
  const { metric } = factors;
  return factors.lines.flatMap((line) => {
    const position = line.at[axisIndex];
    if (position === null || position === undefined || line.height === undefined) return [];
    const clippedText = line.isClipped ? ', beyond the edge' : '';
    const text = `#${line.n}: ${factors.axes[axisIndex]!.name} ${line.texts[axisIndex]!} → ${metric!.name} ${line.value!.text}${clippedText}`;
    return [{ n: line.n, x: toX(position), y: toY(line.height), text }];
  });
}

function sliceFrame({ metric }: FactorsView, width: number) {
  const widestTick = (metric?.ticks ?? []).reduce((widest, tick) => Math.max(widest, tick.text.length), 3);
  const [left, right, top, bottom] = [12 + 6.6 * widestTick, width - 10, 34, SLICE_HEIGHT - 24];
  return {
    left,
    right,
    top,
    bottom,
    toX: (position: number): number => left + 4 + (right - left - 8) * position,
    toY: (position: number): number => bottom - (bottom - top) * position,
  };
}

/** One knob against the metric, best on top. What is far from all else is a triangle at the edge. */
export function sliceSvg(factors: FactorsView, axisIndex: number, width: number): string {
  const { name, ends, log } = factors.axes[axisIndex]!;
  const frame = sliceFrame(factors, width);
  const lineByN = new Map(factors.lines.map((line) => [line.n, line]));
  const dotElements = slicePoints(factors, axisIndex, width).map((point) => {
    const line = lineByN.get(point.n)!;
    const title = drawTitle(point.text);
    if (!line.isClipped)
      return drawElement('circle', { class: classNameOf(line.kind), cx: point.x, cy: point.y, r: 2.6 }, title);
    const shape = ['M', point.x - 4, point.y, line.height === 1 ? 'h8l-4 -7z' : 'h8l-4 7z'];
    return drawElement('g', { class: 'beyond' }, drawPath(classNameOf(line.kind), ...shape) + title);
  });
  const tickElements = (factors.metric?.ticks ?? []).map((tick) => {
    const tickY = frame.toY(tick.at);
    return (
      drawPath('gridline', 'M', frame.left, tickY, 'H', frame.right) +
      textElement(frame.left - 5, tickY + 4, tick.text, 'end')
    );
  });
  const labelElements = [
    textElement(4, 12, `${name}${log ? ' (log)' : ''}`, 'start', 'strong'),
    textElement(4, 26, factors.metric?.name ?? ''),
    textElement(frame.left, SLICE_HEIGHT - 6, ends[0]),
    textElement(frame.right, SLICE_HEIGHT - 6, ends[1], 'end'),
  ];
  const border = drawPath('axis', 'M', frame.left, frame.top, 'V', frame.bottom, 'H', frame.right);
  return svgDocument(
    width,
    SLICE_HEIGHT,
    `${name} against ${factors.metric?.name ?? 'the metric'}, best on top`,
    [...tickElements, border, ...dotElements, ...labelElements].join(''),
  );
}
