/**
 * The dashboard's smaller pictures as SVG: replicates on a strip, the device's time, knobs side by side, two metrics,
 * curves. Pure strings, coloured by the page's style (class names), readable without it.
 */
import { escapeHtml } from '../base/escape.ts';
import type { CurveData } from '../view/answers.ts';
import type { FactorsView } from '../view/pictures/factors.ts';
import { formatFixed, rawText, secondaryTextOf } from '../view/format.ts';
import type { MachinesView } from '../view/pictures/machines.ts';
import { roundTicks } from '../view/pictures/scale.ts';
import type { MarkKind } from '../view/pictures/staircase.ts';
import { drawElement, drawPath, drawTitle, toPixels } from './element.ts';

const classNameOf = (kind: MarkKind): string => `p-${kind.replace(' ', '-')}`;

function svgDocument(width: number, height: number, title: string, body: string): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    class: 'plot',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-label': title,
  };
  return drawElement('svg', attributes, drawTitle(title) + body);
}

const textElement = (positionX: number, positionY: number, content: string, anchor = 'start', className = ''): string =>
  drawElement(
    'text',
    { x: positionX, y: positionY, 'text-anchor': anchor, class: className || undefined },
    escapeHtml(content),
  );

export interface StripLine {
  readonly label: string;
  readonly values: readonly number[];
  readonly mean?: number;
  readonly half?: number;
  readonly text: string;
  readonly main: boolean;
}

/** Every measurement a tick, the mean with its 95 % interval above them, one line a side. */
export function stripSvg(lines: readonly StripLine[], width: number): string {
  const plotLeft = Math.min(
    width / 2.4,
    24 + 6.6 * lines.reduce((widest, line) => Math.max(widest, line.text.length, line.label.length), 8),
  );
  const plotRight = width - 16;
  const allValues = lines.flatMap((line) => [
    ...line.values,
    ...(line.mean === undefined ? [] : [line.mean - (line.half ?? 0), line.mean + (line.half ?? 0)]),
  ]);
  if (allValues.length === 0)
    return svgDocument(width, 40, 'no measurements', textElement(width / 2, 24, 'No number was measured.', 'middle'));
  const [low, high] = [
    allValues.reduce((lowest, value) => Math.min(lowest, value)),
    allValues.reduce((highest, value) => Math.max(highest, value)),
  ];
  const valueSpan = high - low;
  const toX = (value: number): number =>
    valueSpan > 0 ? plotLeft + ((plotRight - plotLeft) * (value - low)) / valueSpan : (plotLeft + plotRight) / 2;
  const lineHeight = 44;
  const lineElements = lines.map((line, index) => {
    const lineY = 24 + index * lineHeight;
    return [
      textElement(plotLeft - 12, lineY + 4, line.label, 'end', 'strong'),
      textElement(plotLeft - 12, lineY + 18, line.text, 'end'),
      ...line.values.map((value) => drawPath('tickmark', 'M', toX(value), lineY + 4, 'v', 12)),
      line.mean === undefined ? '' : drawInterval(line.mean, line.half ?? 0, line.main ? 'mine' : 'other', toX, lineY),
    ].join('');
  });
  const plotBottom = 24 + lines.length * lineHeight;
  const axisElements = roundTicks(low, high, 5).map((tick) => {
    const line = drawPath('gridline', 'M', toX(tick), 6, 'V', plotBottom - 14);
    return line + textElement(toX(tick), plotBottom, tickText(tick, valueSpan), 'middle');
  });
  return svgDocument(
    width,
    plotBottom + 8,
    lines.map((line) => `${line.label}: ${line.text}`).join('; '),
    axisElements.join('') + lineElements.join(''),
  );
}

/** A mean as a dot, with its interval as a bar that has ends. */
function drawInterval(
  mean: number,
  halfWidth: number,
  className: string,
  toX: (value: number) => number,
  lineY: number,
): string {
  const [left, right] = [toX(mean - halfWidth), toX(mean + halfWidth)];
  const bar = drawPath(className, 'M', left, lineY, 'H', right, 'm0 -4v8M', left, lineY - 4, 'v', 8);
  return bar + drawElement('circle', { class: className, cx: toX(mean), cy: lineY, r: 4.5 });
}

const tickText = (value: number, valueSpan: number): string =>
  formatFixed(value, Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(valueSpan || 1)))));

/** One lane a session: when the device measured what. */
export function ganttSvg(machines: MachinesView, width: number): string {
  const plotLeft = 132;
  const laneHeight = 42;
  const longestS = machines.lanes.reduce((lengthS, lane) => Math.max(lengthS, lane.lengthS), 1);
  const toX = (seconds: number): number => plotLeft + ((width - plotLeft - 8) * seconds) / longestS;
  const laneElements = machines.lanes.map((lane, index) => {
    const laneY = 8 + index * laneHeight;
    const barElements = lane.bars.map((bar) => {
      const barWidth = Math.max(0.6, toX(bar.to) - toX(bar.from));
      const attributes = { class: `g-${bar.kind}`, x: toX(bar.from), y: laneY, width: barWidth, height: 18 };
      return drawElement('rect', attributes, drawTitle(`#${bar.n} ${bar.kind}`));
    });
    const laneWidth = Math.max(1, toX(lane.lengthS) - plotLeft);
    return [
      drawElement('rect', { class: 'lane', x: plotLeft, y: laneY, width: laneWidth, height: 18 }),
      ...barElements,
      textElement(plotLeft - 8, laneY + 13, lane.label, 'end', 'strong'),
      textElement(plotLeft, laneY + 31, lane.text),
    ].join('');
  });
  return svgDocument(
    width,
    Math.max(40, 8 + machines.lanes.length * laneHeight),
    `Use of the device: ${machines.busy}`,
    laneElements.join(''),
  );
}

/** One vertical axis a knob, one line an experiment; better ones are stronger, kept ones marked. */
export function parallelSvg(factors: FactorsView, width: number, metric: string): string {
  const height = 300;
  const [plotTop, plotBottom, margin] = [34, height - 26, 50];
  const axisCount = factors.axes.length + 1;
  const toX = (axisIndex: number): number => margin + ((width - 2 * margin) * axisIndex) / Math.max(1, axisCount - 1);
  const toY = (position: number): number => plotBottom - (plotBottom - plotTop) * position;
  const orderedLines = [...factors.lines].sort((left, right) => (left.rank ?? -1) - (right.rank ?? -1));
  const linePaths = orderedLines.map((line) => {
    const pathPoints = [...line.at, line.rank ?? null].map((position, axisIndex) =>
      position === null ? undefined : `${toPixels(toX(axisIndex))} ${toPixels(toY(position))}`,
    );
    const pathData = pathPoints
      .filter((point) => point !== undefined)
      .map((point, index) => `${index === 0 ? 'M' : 'L'}${point}`)
      .join('');
    const strength = line.rank === undefined ? 0.12 : 0.1 + 0.6 * line.rank ** 3;
    const valueText = line.value ? ` ${metric} ${line.value.text}` : ', no number';
    const knobTexts = line.texts.map((knobText, axisIndex) => `${factors.axes[axisIndex]!.name} ${knobText}`);
    const attributes = {
      class: `thread ${classNameOf(line.kind)}`,
      'stroke-opacity': strength.toFixed(2),
      d: pathData,
    };
    return drawElement('path', attributes, drawTitle(`#${line.n}${valueText}: ${knobTexts.join(', ')}`));
  });
  const headings = [
    ...factors.axes.map((axis) => [axis.name, ...axis.ends, axis.log] as const),
    [metric, 'worst', 'best', false] as const,
  ];
  const axisElements = headings.map(([name, low, high, isLog], axisIndex) => {
    const headingY = axisIndex % 2 === 0 ? 12 : 24;
    const axisX = toX(axisIndex);
    return [
      drawPath('axis', 'M', axisX, plotTop, 'V', plotBottom),
      textElement(axisX, headingY, `${name}${isLog ? ' (log)' : ''}`, 'middle', 'strong'),
      textElement(axisX + 4, plotTop + 10, high),
      textElement(axisX + 4, plotBottom - 2, low),
    ].join('');
  });
  return svgDocument(width, height, 'Knobs of every experiment', linePaths.join('') + axisElements.join(''));
}

/** One knob against the metric's rank. */
export function sliceSvg(factors: FactorsView, axisIndex: number, width: number): string {
  const height = 120;
  const { name, ends, log } = factors.axes[axisIndex]!;
  const dotElements = factors.lines.flatMap((line) => {
    const position = line.at[axisIndex];
    if (position === null || position === undefined || line.rank === undefined) return [];
    const [dotX, dotY] = [8 + (width - 16) * position, height - 22 - (height - 44) * line.rank];
    const title = drawTitle(`#${line.n} ${line.texts[axisIndex]!} → ${line.value!.text}`);
    return [drawElement('circle', { class: classNameOf(line.kind), cx: dotX, cy: dotY, r: 2.6 }, title)];
  });
  const labelElements = [
    textElement(8, 12, `${name}${log ? ' (log)' : ''}`, 'start', 'strong'),
    textElement(8, height - 5, ends[0]),
    textElement(width - 8, height - 5, ends[1], 'end'),
  ];
  return svgDocument(
    width,
    height,
    `${name} against the metric, best on top`,
    [drawPath('axis', 'M', 8, height - 18, 'H', width - 8), ...dotElements, ...labelElements].join(''),
  );
}

/** Two metrics; a line joins the points that no other beats in both. */
export function paretoSvg(factors: FactorsView, width: number): string {
  const height = 300;
  const [mainRange, secondRange] = [rangeOf(factors, 0), rangeOf(factors, 1)];
  const toX = scaleTo(mainRange, 70, width - 16);
  const toY = scaleTo(secondRange, height - 40, 14);
  const frontLine = factors.points
    .filter((point) => point.front)
    .sort((left, right) => left.values[0]! - right.values[0]!)
    .flatMap((point, index) => [index === 0 ? 'M' : 'L', toX(point.values[0]!), toY(point.values[1]!)]);
  const dotElements = factors.points.map((point) => {
    const [mainValue, secondValue] = [point.values[0]!, point.values[1]!];
    const className = `${classNameOf(point.kind)}${point.front ? ' front' : ''}`;
    const attributes = { class: className, cx: toX(mainValue), cy: toY(secondValue), r: point.front ? 4 : 2.5 };
    const title = `#${point.n}: ${rawText(Number(mainValue.toPrecision(6)))}, ${secondaryTextOf(secondValue)}`;
    return drawElement('circle', attributes, drawTitle(title));
  });
  const tickLabels = [
    ...ticksOf(mainRange).map(({ at, text }) => textElement(toX(at), height - 20, text, 'middle')),
    ...ticksOf(secondRange).map(({ at, text }) => textElement(62, toY(at) + 4, text, 'end')),
  ];
  const axisTitles = [
    textElement(width / 2, height - 4, factors.metrics[0]!, 'middle', 'strong'),
    textElement(4, 12, factors.metrics[1]!, 'start', 'strong'),
  ];
  return svgDocument(
    width,
    height,
    `${factors.metrics.join(' against ')}`,
    [drawPath('frontline', ...frontLine), ...dotElements, ...tickLabels, ...axisTitles].join(''),
  );
}

/** The lowest and the highest value. */
type ValueRange = readonly [low: number, high: number];

function rangeOf(factors: FactorsView, metricIndex: 0 | 1): ValueRange {
  const values = factors.points.map((point) => point.values[metricIndex]!);
  return [
    values.reduce((lowest, value) => Math.min(lowest, value), Number.POSITIVE_INFINITY),
    values.reduce((highest, value) => Math.max(highest, value), Number.NEGATIVE_INFINITY),
  ];
}

/** From a range to pixels; the middle where all values are equal. */
const scaleTo =
  ([low, high]: ValueRange, start: number, end: number) =>
  (value: number): number =>
    high > low ? start + ((end - start) * (value - low)) / (high - low) : (start + end) / 2;

const ticksOf = ([low, high]: ValueRange): { at: number; text: string }[] =>
  roundTicks(low, high, 4).map((tick) => ({ at: tick, text: tickText(tick, high - low) }));

export interface NamedCurve {
  readonly label: string;
  readonly data: CurveData;
}

/** Curves as they are shown, for copying. */
export function curvesSvg(curves: readonly NamedCurve[], width = 800, height = 320): string {
  const finiteValues = curves.flatMap(({ data }) => [...data.low, ...data.high]).filter(Number.isFinite);
  const steps = curves.flatMap(({ data }) => data.x);
  if (finiteValues.length === 0)
    return svgDocument(width, 40, 'no curve', textElement(width / 2, 24, 'There is no curve.', 'middle'));
  const extremesOf = (numbers: readonly number[]): ValueRange => [
    numbers.reduce((minimum, value) => Math.min(minimum, value)),
    numbers.reduce((maximum, value) => Math.max(maximum, value)),
  ];
  const [[firstStep, lastStep], [lowest, highest]] = [extremesOf(steps), extremesOf(finiteValues)];
  const toX = (step: number): number => 60 + ((width - 76) * (step - firstStep)) / (lastStep - firstStep || 1);
  const toY = (value: number): number => height - 36 - ((height - 56) * (value - lowest)) / (highest - lowest || 1);
  const curveElements = curves.map(({ label, data }, curveIndex) => {
    const linePoints = data.x
      .map((step, i) => (Number.isFinite(data.last[i]) ? `${toPixels(toX(step))},${toPixels(toY(data.last[i]!))}` : ''))
      .filter(Boolean);
    const attributes = {
      class: `c${curveIndex}`,
      fill: 'none',
      stroke: CURVE_COLOURS[curveIndex % CURVE_COLOURS.length],
      points: linePoints.join(' '),
    };
    return (
      drawElement('polyline', attributes) +
      textElement(width - 12, 18 + 15 * curveIndex, label, 'end', `c${curveIndex}`)
    );
  });
  const axisElements = [
    ...roundTicks(firstStep, lastStep, 6).map((tick) =>
      textElement(toX(tick), height - 18, tickText(tick, lastStep - firstStep), 'middle'),
    ),
    ...roundTicks(lowest, highest, 5).map((tick) =>
      textElement(54, toY(tick) + 4, tickText(tick, highest - lowest), 'end'),
    ),
  ];
  return svgDocument(
    width,
    height,
    `${curves.map((curve) => curve.label).join(', ')}: ${curves[0]!.data.columns[curves[0]!.data.column]} by ${curves[0]!.data.columns[0]}`,
    axisElements.join('') + curveElements.join(''),
  );
}

/** Colours that people with few colours tell apart, on light and on dark; the lines differ in dashes too. */
export const CURVE_COLOURS = ['#0b7a5f', '#b3540a', '#4f6fd9', '#a03fa0', '#8a7500', '#5a6570'] as const;
export const CURVE_DASHES: readonly (readonly number[])[] = [[], [6, 4], [2, 3], [10, 4, 2, 4], [4, 2], [1, 2]];
