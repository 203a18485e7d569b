/**
 * The dashboard's smaller pictures as SVG: replicates on a strip, the device's time, two metrics, curves. Pure strings,
 * coloured by the page's style (class names), readable without it.
 */
import type { CurveData } from '../view/answers.ts';
import type { FactorsView } from '../view/pictures/factors.ts';
import { rawText, secondaryTextOf } from '../view/format.ts';
import type { MachinesView } from '../view/pictures/machines.ts';
import { roundTicks } from '../view/pictures/scale.ts';
import { drawElement, drawPath, drawTitle, toPixels } from './element.ts';
import { classNameOf, svgDocument, textElement, tickText } from './plot-parts.ts';

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

/** One lane a session: when the device measured what. */
export function ganttSvg(machines: MachinesView, width: number): string {
  const plotLeft = 132;
  // Many lanes, as of a session with many slots, are drawn closer together, each with its label alone.
  const isDense = machines.lanes.length > 8;
  const [laneHeight, barHeight] = isDense ? [18, 12] : [42, 18];
  const longestS = machines.lanes.reduce((lengthS, lane) => Math.max(lengthS, lane.lengthS), 1);
  const toX = (seconds: number): number => plotLeft + ((width - plotLeft - 8) * seconds) / longestS;
  const laneElements = machines.lanes.map((lane, index) => {
    const laneY = 8 + index * laneHeight;
    const barElements = lane.bars.map((bar) => {
      const barWidth = Math.max(0.6, toX(bar.to) - toX(bar.from));
      const attributes = { class: `g-${bar.kind}`, x: toX(bar.from), y: laneY, width: barWidth, height: barHeight };
      return drawElement('rect', attributes, drawTitle(`#${bar.n} ${bar.kind}`));
    });
    const laneWidth = Math.max(1, toX(lane.lengthS) - plotLeft);
    return [
      drawElement('rect', { class: 'lane', x: plotLeft, y: laneY, width: laneWidth, height: barHeight }),
      ...barElements,
      textElement(plotLeft - 8, laneY + (isDense ? 10 : 13), lane.label, 'end', 'strong'),
      ...(isDense ? [] : [textElement(plotLeft, laneY + 31, lane.text)]),
    ].join('');
  });
  return svgDocument(
    width,
    Math.max(40, 8 + machines.lanes.length * laneHeight),
    `Use of the device: ${machines.busy}`,
    laneElements.join(''),
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
