/**
 * The dashboard's smaller pictures as SVG: replicates on a strip, the device's time, knobs side by side, two metrics,
 * curves. Pure strings, coloured by the page's style (class names), readable without it.
 */
import type { CurveData } from '../view/answers.ts';
import type { FactorsView } from '../view/pictures/factors.ts';
import { formatFixed, secondaryTextOf } from '../view/format.ts';
import type { MachinesView } from '../view/pictures/machines.ts';
import { roundTicks } from '../view/pictures/scale.ts';
import type { MarkKind } from '../view/pictures/staircase.ts';
import { escapeHtml as esc } from './text.ts';

const toPixels = (coordinate: number): string => String(Math.round(coordinate * 10) / 10);
const classNameOf = (kind: MarkKind): string => `p-${kind.replace(' ', '-')}`;

function svgDocument(width: number, height: number, title: string, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${esc(title)}"><title>${esc(title)}</title>${body}</svg>`;
}

const textElement = (positionX: number, positionY: number, content: string, anchor = 'start', className = ''): string =>
  `<text x="${toPixels(positionX)}" y="${toPixels(positionY)}" text-anchor="${anchor}"${className ? ` class="${className}"` : ''}>${esc(content)}</text>`;

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
    const tickMarks = line.values
      .map((value) => `<path class="tickmark" d="M${toPixels(toX(value))} ${toPixels(lineY + 4)}v12"/>`)
      .join('');
    const halfWidth = line.half ?? 0;
    const intervalElement =
      line.mean === undefined
        ? ''
        : `<path class="${line.main ? 'mine' : 'other'}" d="M${toPixels(toX(line.mean - halfWidth))} ${toPixels(lineY)}H${toPixels(toX(line.mean + halfWidth))}m0 -4v8M${toPixels(toX(line.mean - halfWidth))} ${toPixels(lineY - 4)}v8"/><circle class="${line.main ? 'mine' : 'other'}" cx="${toPixels(toX(line.mean))}" cy="${toPixels(lineY)}" r="4.5"/>`;
    return `${textElement(plotLeft - 12, lineY + 4, line.label, 'end', 'strong')}${textElement(plotLeft - 12, lineY + 18, line.text, 'end')}${tickMarks}${intervalElement}`;
  });
  const plotBottom = 24 + lines.length * lineHeight;
  const axisElements = roundTicks(low, high, 5).map(
    (tick) =>
      `<path class="gridline" d="M${toPixels(toX(tick))} 6V${plotBottom - 14}"/>${textElement(toX(tick), plotBottom, tickText(tick, valueSpan), 'middle')}`,
  );
  return svgDocument(
    width,
    plotBottom + 8,
    lines.map((line) => `${line.label}: ${line.text}`).join('; '),
    axisElements.join('') + lineElements.join(''),
  );
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
    const barElements = lane.bars
      .map(
        (bar) =>
          `<rect class="g-${bar.kind}" x="${toPixels(toX(bar.from))}" y="${laneY}" width="${toPixels(Math.max(0.6, toX(bar.to) - toX(bar.from)))}" height="18"><title>#${bar.n} ${bar.kind}</title></rect>`,
      )
      .join('');
    return `<rect class="lane" x="${plotLeft}" y="${laneY}" width="${toPixels(Math.max(1, toX(lane.lengthS) - plotLeft))}" height="18"/>${barElements}${textElement(plotLeft - 8, laneY + 13, lane.label, 'end', 'strong')}${textElement(plotLeft, laneY + 31, lane.text)}`;
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
    const titleText = `#${line.n}${line.value ? ` ${metric} ${line.value.text}` : ', no number'}: ${line.texts.map((knobText, axisIndex) => `${factors.axes[axisIndex]!.name} ${knobText}`).join(', ')}`;
    return `<path class="thread ${classNameOf(line.kind)}" stroke-opacity="${strength.toFixed(2)}" d="${pathData}"><title>${esc(titleText)}</title></path>`;
  });
  const headings = [
    ...factors.axes.map((axis) => [axis.name, ...axis.ends, axis.log] as const),
    [metric, 'worst', 'best', false] as const,
  ];
  const axisElements = headings.map(([name, low, high, isLog], axisIndex) => {
    const headingY = axisIndex % 2 === 0 ? 12 : 24;
    return `<path class="axis" d="M${toPixels(toX(axisIndex))} ${plotTop}V${plotBottom}"/>${textElement(toX(axisIndex), headingY, `${name}${isLog ? ' (log)' : ''}`, 'middle', 'strong')}${textElement(toX(axisIndex) + 4, plotTop + 10, high)}${textElement(toX(axisIndex) + 4, plotBottom - 2, low)}`;
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
    return [
      `<circle class="${classNameOf(line.kind)}" cx="${toPixels(dotX)}" cy="${toPixels(dotY)}" r="2.6"><title>#${line.n} ${esc(line.texts[axisIndex]!)} → ${esc(line.value!.text)}</title></circle>`,
    ];
  });
  const labelElements = `${textElement(8, 12, `${name}${log ? ' (log)' : ''}`, 'start', 'strong')}${textElement(8, height - 5, ends[0])}${textElement(width - 8, height - 5, ends[1], 'end')}`;
  return svgDocument(
    width,
    height,
    `${name} against the metric, best on top`,
    `<path class="axis" d="M8 ${height - 18}H${width - 8}"/>${dotElements.join('')}${labelElements}`,
  );
}

/** Two metrics; what no other beats in both is joined. */
export function paretoSvg(factors: FactorsView, width: number): string {
  const height = 300;
  const pointValues = factors.points.map((point) => point.values);
  const metricRanges = [0, 1].map(
    (metricIndex) =>
      [
        pointValues.reduce(
          (lowest, coordinates) => Math.min(lowest, coordinates[metricIndex]!),
          Number.POSITIVE_INFINITY,
        ),
        pointValues.reduce(
          (highest, coordinates) => Math.max(highest, coordinates[metricIndex]!),
          Number.NEGATIVE_INFINITY,
        ),
      ] as const,
  );
  const placeValue = (metricIndex: 0 | 1, value: number, start: number, end: number): number => {
    const [low, high] = metricRanges[metricIndex]!;
    return high > low ? start + ((end - start) * (value - low)) / (high - low) : (start + end) / 2;
  };
  const placePoint = (coordinates: readonly number[]): [number, number] => [
    placeValue(0, coordinates[0]!, 70, width - 16),
    placeValue(1, coordinates[1]!, height - 40, 14),
  ];
  const frontPoints = factors.points
    .filter((point) => point.front)
    .sort((left, right) => left.values[0]! - right.values[0]!)
    .map((point) => placePoint(point.values));
  const frontPath = frontPoints
    .map(([pointX, pointY], index) => `${index === 0 ? 'M' : 'L'}${toPixels(pointX)} ${toPixels(pointY)}`)
    .join('');
  const dotElements = factors.points.map((point) => {
    const [pointX, pointY] = placePoint(point.values);
    return `<circle class="${classNameOf(point.kind)}${point.front ? ' front' : ''}" cx="${toPixels(pointX)}" cy="${toPixels(pointY)}" r="${point.front ? 4 : 2.5}"><title>#${point.n}: ${formatFixed(point.values[0]!, 4)}, ${secondaryTextOf(point.values[1]!)}</title></circle>`;
  });
  const tickLabels = [0, 1].flatMap((metricIndex) =>
    roundTicks(metricRanges[metricIndex]![0], metricRanges[metricIndex]![1], 4).map((tick) =>
      metricIndex === 0
        ? textElement(
            placeValue(0, tick, 70, width - 16),
            height - 20,
            tickText(tick, metricRanges[0]![1] - metricRanges[0]![0]),
            'middle',
          )
        : textElement(
            62,
            placeValue(1, tick, height - 40, 14) + 4,
            tickText(tick, metricRanges[1]![1] - metricRanges[1]![0]),
            'end',
          ),
    ),
  );
  const axisTitles = `${textElement(width / 2, height - 4, factors.metrics[0]!, 'middle', 'strong')}${textElement(4, 12, factors.metrics[1]!, 'start', 'strong')}`;
  return svgDocument(
    width,
    height,
    `${factors.metrics.join(' against ')}`,
    `<path class="frontline" d="${frontPath}"/>${dotElements.join('')}${tickLabels.join('')}${axisTitles}`,
  );
}

export interface NamedCurve {
  readonly label: string;
  readonly data: CurveData;
}

/** Curves as they are shown, for copying. */
export function curvesSvg(curves: readonly NamedCurve[], width = 800, height = 320): string {
  const finiteValues = curves.flatMap(({ data }) => [...data.low, ...data.high]).filter(Number.isFinite);
  const steps = curves.flatMap(({ data }) => data.x);
  if (finiteValues.length === 0)
    return svgDocument(width, 40, 'no curve', textElement(width / 2, 24, 'No curve was left.', 'middle'));
  const rangeOf = (numbers: readonly number[]): [number, number] => [
    numbers.reduce((minimum, value) => Math.min(minimum, value)),
    numbers.reduce((maximum, value) => Math.max(maximum, value)),
  ];
  const [[firstStep, lastStep], [lowest, highest]] = [rangeOf(steps), rangeOf(finiteValues)];
  const toX = (step: number): number => 60 + ((width - 76) * (step - firstStep)) / (lastStep - firstStep || 1);
  const toY = (value: number): number => height - 36 - ((height - 56) * (value - lowest)) / (highest - lowest || 1);
  const curveElements = curves.map(({ label, data }, curveIndex) => {
    const linePoints = data.x
      .map((step, i) => (Number.isFinite(data.last[i]) ? `${toPixels(toX(step))},${toPixels(toY(data.last[i]!))}` : ''))
      .filter(Boolean);
    return `<polyline class="c${curveIndex}" fill="none" stroke="${CURVE_COLOURS[curveIndex % CURVE_COLOURS.length]}" points="${linePoints.join(' ')}"/>${textElement(width - 12, 18 + 15 * curveIndex, label, 'end', `c${curveIndex}`)}`;
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

/** Told apart by people who see few colours, on light and on dark; the lines differ in dashes too. */
export const CURVE_COLOURS = ['#0b7a5f', '#b3540a', '#4f6fd9', '#a03fa0', '#8a7500', '#5a6570'] as const;
export const CURVE_DASHES: readonly (readonly number[])[] = [[], [6, 4], [2, 3], [10, 4, 2, 4], [4, 2], [1, 2]];
