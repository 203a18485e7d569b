/**
 * The staircase as SVG: one string, no scripts, light and dark, readable by screen readers. Star = champion, filled =
 * confirmed, hollow = a step that is not, square = measured again, small dot = discarded, ? = inconclusive, cross =
 * failed (on the rug), triangle = beyond the edge. The best as it was known is the only line.
 */
import { escapeHtml } from '../base/escape.ts';
import type { Mark, MarkKind, StaircaseView } from '../view/pictures/staircase.ts';
import { drawElement, drawPath, drawTitle, toPixels } from './element.ts';
import { REMEASURED_WORDS, WORDS } from './marks.ts';
import { type Box, placeLabels } from './place.ts';
import { STAIR_STYLE } from './stair-style.ts';
import { cutText, widthOf } from './text.ts';

export interface SvgOptions {
  readonly width?: number;
  readonly height?: number;
  /** Distinguishes several pictures on one page. */
  readonly id?: string;
  readonly title?: boolean;
  /** False: the page brings the style (it forbids inline ones). */
  readonly style?: boolean;
  /** Draw thin lines from each mark to the experiment it grew from: the family tree on the same axes. */
  readonly parents?: ReadonlyMap<number, number>;
}

/** Marks above which dots are drawn as one path, without words on hover. */
const MAX_SINGLE_MARKS = 2500;
const CHAR_WIDTH = 6.7;
const LEGEND_LINE_HEIGHT = 18;

export interface PlotFrame {
  readonly width: number;
  readonly height: number;
  readonly plot: Box;
  readonly rugY: number;
  readonly toX: (value: number) => number;
  readonly toY: (value: number) => number;
}

export function staircaseSvg(picture: StaircaseView, options: SvgOptions = {}): string {
  const { width = 960, id = 'staircase' } = options;
  const legend = legendOf(picture, width);
  const frame = staircaseFrame(picture, options);
  const elements = [
    drawElement('rect', { class: 'ov-bg', width, height: frame.height }),
    options.title === false ? '' : textElement(frame.plot.x, 24, picture.title, 'ov-title'),
    picture.empty
      ? textElement(width / 2, frame.height / 2, picture.empty, 'ov-empty', 'middle')
      : drawPicture(picture, frame, options.parents),
    picture.empty ? '' : legend.drawFrom(frame.height - legend.lines * LEGEND_LINE_HEIGHT + 2),
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    class: 'ov-stair',
    viewBox: `0 0 ${width} ${frame.height}`,
    width,
    height: frame.height,
    role: 'img',
    'aria-labelledby': `${id}-t ${id}-d`,
  };
  const description = drawElement('desc', { id: `${id}-d` }, escapeHtml(picture.description));
  const style = options.style === false ? '' : `<style>${STAIR_STYLE}</style>`;
  const content = `${drawTitle(picture.title, `${id}-t`)}${description}${style}${elements.join('')}`;
  return `${drawElement('svg', attributes, content)}\n`;
}

/** Where values lie in the picture that `staircaseSvg` draws with the same options: so that a pointer finds marks. */
export function staircaseFrame(picture: StaircaseView, options: SvgOptions = {}): PlotFrame {
  const { width = 960, height = 460, title = true } = options;
  const legendLines = legendOf(picture, width).lines;
  const widestLabel = Math.max(3, ...picture.yTicks.map((tick) => widthOf(tick.text)));
  const leftMargin = Math.min(150, Math.max(78, 34 + widestLabel * CHAR_WIDTH));
  const topMargin = (title ? 40 : 12) + 22;
  const bottomMargin = 46 + legendLines * LEGEND_LINE_HEIGHT;
  const plot = { x: leftMargin, y: topMargin, w: width - leftMargin - 18, h: height - topMargin - bottomMargin };
  return {
    width,
    height,
    plot,
    rugY: topMargin - 12,
    toX: (value) => plot.x + 8 + (plot.w - 8) * shareOfRange(value, picture.x),
    toY: (value) => plot.y + plot.h * (1 - shareOf(value, picture)),
  };
}

/** Where a value lies on the y axis; zero and below stand at the lower end of a logarithmic one. */
function shareOf(value: number, { y: limits, isLog }: StaircaseView): number {
  if (!isLog) return shareOfRange(value, limits);
  return value > 0 ? shareOfRange(Math.log(value), [Math.log(limits[0]), Math.log(limits[1])]) : 0;
}

/** Where a value lies between two ends, 0 to 1; safe where their difference overflows. */
function shareOfRange(value: number, [low, high]: readonly [number, number]): number {
  const rangeSpan = high - low;
  const fraction = Number.isFinite(rangeSpan) ? (value - low) / (rangeSpan || 1) : value / 2 / high - low / 2 / high;
  return Number.isFinite(fraction) ? Math.max(0, Math.min(1, fraction)) : 0.5;
}

function drawPicture(picture: StaircaseView, frame: PlotFrame, parents?: ReadonlyMap<number, number>): string {
  return [
    drawAxes(picture, frame),
    drawBand(picture, frame),
    drawBaseline(picture, frame),
    parents ? drawBranches(picture, frame, parents) : '',
    drawDots(picture, frame),
    drawLine(picture, frame),
    drawRemeasured(picture, frame),
    drawKept(picture, frame),
    drawLabels(picture, frame),
  ].join('');
}

function textElement(positionX: number, positionY: number, content: string, className = '', anchor = 'start'): string {
  const attributes = {
    x: positionX,
    y: positionY,
    class: className || undefined,
    'text-anchor': anchor === 'start' ? undefined : anchor,
  };
  return drawElement('text', attributes, escapeHtml(content));
}

function drawAxes(picture: StaircaseView, frame: PlotFrame): string {
  const { plot } = frame;
  const plotBottom = plot.y + plot.h;
  const rowElements = picture.yTicks
    .filter((tick) => tick.at >= picture.y[0] && tick.at <= picture.y[1])
    .map((tick) => {
      const tickY = frame.toY(tick.at);
      const line = drawPath('ov-grid', 'M', plot.x, tickY, 'h', plot.w);
      return line + textElement(plot.x - 7, tickY + 4, tick.text, '', 'end');
    });
  const columnElements = picture.xTicks
    .filter((tick) => tick.at <= picture.x[1])
    .map((tick) => {
      const tickX = frame.toX(tick.at);
      const line = drawPath('ov-grid', 'M', tickX, plotBottom, 'v', 5);
      return line + textElement(tickX, plotBottom + 18, tick.text, '', 'middle');
    });
  const turned = `translate(14 ${toPixels(plot.y + plot.h / 2)}) rotate(-90)`;
  const yTitle = drawElement('text', { transform: turned, 'text-anchor': 'middle' }, escapeHtml(picture.yTitle));
  const rugTitle = picture.marks.some((mark) => mark.y === undefined)
    ? textElement(plot.x - 7, frame.rugY + 4, 'no number', '', 'end')
    : '';
  const border = drawPath('ov-grid', 'M', plot.x, plot.y, 'v', plot.h, 'h', plot.w);
  const xTitle = textElement(plot.x + plot.w / 2, plotBottom + 34, picture.xTitle, '', 'middle');
  return [...rowElements, border, ...columnElements, xTitle, yTitle, rugTitle].join('');
}

function drawBand(picture: StaircaseView, frame: PlotFrame): string {
  if (!picture.noise) return '';
  const { half } = picture.noise;
  const plotRight = frame.plot.x + frame.plot.w;
  return picture.steps
    .map((step, stepIndex) => {
      const startX = frame.toX(step.x);
      const endX = stepIndex + 1 < picture.steps.length ? frame.toX(picture.steps[stepIndex + 1]!.x) : plotRight;
      const [topY, bottomY] = [frame.toY(step.y + half), frame.toY(step.y - half)];
      return drawElement('rect', {
        class: 'ov-band',
        x: startX,
        y: topY,
        width: Math.max(0, endX - startX),
        height: Math.max(0.5, bottomY - topY),
      });
    })
    .join('');
}

function drawBaseline(picture: StaircaseView, frame: PlotFrame): string {
  if (!picture.baseline) return '';
  const baselineY = frame.toY(picture.baseline.y);
  const plotRight = frame.plot.x + frame.plot.w;
  const line = drawPath('ov-base', 'M', frame.plot.x, baselineY, 'H', plotRight);
  return line + textElement(plotRight - 2, baselineY - 5, picture.baseline.text, 'ov-basetext', 'end');
}

function drawLine(picture: StaircaseView, frame: PlotFrame): string {
  const [firstStep, ...laterSteps] = picture.steps;
  if (!firstStep) return '';
  const corners = laterSteps.flatMap((step) => ['H', frame.toX(step.x), 'V', frame.toY(step.y)]);
  const plotRight = frame.plot.x + frame.plot.w;
  return drawPath('ov-line', 'M', frame.toX(firstStep.x), frame.toY(firstStep.y), ...corners, 'H', plotRight);
}

function drawBranches(picture: StaircaseView, frame: PlotFrame, parents: ReadonlyMap<number, number>): string {
  const positions = new Map(
    picture.marks.flatMap((mark) =>
      mark.y === undefined ? [] : [[mark.n, [frame.toX(mark.x), frame.toY(mark.y)] as const]],
    ),
  );
  const branches = picture.marks.flatMap((mark) => {
    const [child, parent] = [positions.get(mark.n), positions.get(parents.get(mark.n) ?? -1)];
    return child && parent && mark.n > 0 ? ['M', ...parent, 'L', ...child] : [];
  });
  return drawPath('ov-branch', ...branches);
}

const isDot = (markKind: MarkKind): boolean =>
  markKind === 'discarded' || markKind === 'inconclusive' || markKind === 'crashed' || markKind === 'refused';

function drawDots(picture: StaircaseView, frame: PlotFrame): string {
  const dotMarks = picture.marks.filter((mark) => isDot(mark.kind));
  if (dotMarks.length <= MAX_SINGLE_MARKS) return dotMarks.map((mark) => drawMark(mark, frame, true)).join('');
  const plainMarks = dotMarks.filter((mark) => mark.kind === 'discarded' && !mark.clipped);
  const dots = drawPath('ov-dd', ...plainMarks.flatMap((mark) => ['M', frame.toX(mark.x), frame.toY(mark.y!), 'h', 0]));
  const otherMarks = dotMarks.filter((mark) => mark.kind !== 'discarded' || mark.clipped);
  return dots + otherMarks.map((mark) => drawMark(mark, frame, false)).join('');
}

function drawKept(picture: StaircaseView, frame: PlotFrame): string {
  return picture.marks
    .filter((mark) => !isDot(mark.kind))
    .map((mark) => drawMark(mark, frame, true))
    .join('');
}

/** A thin line from the number that decided to the number of now, which has a sign of its own. */
function drawRemeasured(picture: StaircaseView, frame: PlotFrame): string {
  return picture.remeasured
    .map((mark) => {
      const [markX, nowY] = [frame.toX(mark.x), frame.toY(mark.to)];
      const connector = drawPath('ov-again', 'M', markX, frame.toY(mark.from), 'V', nowY);
      const sign = mark.hasOwnSign ? drawSquare(markX, nowY) : '';
      return drawElement('g', {}, connector + sign + drawTitle(cutText(mark.text, 180)));
    })
    .join('');
}

const drawSquare = (centerX: number, centerY: number): string =>
  drawPath('ov-sq', 'M', centerX - 3.5, centerY - 3.5, 'h7v7h-7z');

function drawMark(mark: Mark, frame: PlotFrame, isTitled: boolean): string {
  const markX = frame.toX(mark.x);
  const markY = mark.y === undefined ? frame.rugY : frame.toY(mark.y);
  const markShape = mark.clipped
    ? drawTriangle(markX, mark.clipped === 'top' ? frame.plot.y : frame.plot.y + frame.plot.h, mark.clipped)
    : drawSign(mark.kind, markX, markY);
  return isTitled ? drawElement('g', {}, markShape + drawTitle(cutText(mark.text, 180))) : markShape;
}

function drawTriangle(centerX: number, edgeY: number, side: 'top' | 'bottom'): string {
  return side === 'top'
    ? drawPath('ov-d', 'M', centerX, edgeY - 1, 'l4 7h-8z')
    : drawPath('ov-d', 'M', centerX, edgeY + 1, 'l4 -7h-8z');
}

function drawSign(markKind: MarkKind, centerX: number, centerY: number): string {
  const drawCircle = (className: string, radius: number): string =>
    drawElement('circle', { class: className, cx: centerX, cy: centerY, r: radius });
  switch (markKind) {
    case 'champion':
      return drawPath(
        'ov-k',
        'M',
        centerX,
        centerY - 8,
        'l2.1 5.1 5.5 .4-4.2 3.6 1.3 5.4-4.7-2.9-4.7 2.9 1.3-5.4-4.2-3.6 5.5-.4z',
      );
    case 'confirmed':
      return drawCircle('ov-k', 5.2);
    case 'in stack':
      return drawCircle('ov-h', 4.6) + drawPath('ov-hi', 'M', centerX, centerY - 4.6, 'a4.6 4.6 0 0 0 0 9.2z');
    case 'unconfirmed':
      return drawCircle('ov-h', 4.6);
    case 'baseline':
      return drawPath('ov-b', 'M', centerX, centerY - 6, 'l6 6l-6 6l-6 -6z');
    case 'discarded':
      return drawCircle('ov-d', 2);
    case 'inconclusive':
      return textElement(centerX, centerY + 4, '?', 'ov-q', 'middle');
    case 'crashed':
      return drawPath('ov-x', 'M', centerX - 3, centerY - 3, 'l6 6m0 -6l-6 6');
    case 'refused':
      return drawPath('ov-r', 'M', centerX, centerY - 4, 'v', 8);
    default:
      return markKind satisfies never;
  }
}

function drawLabels(picture: StaircaseView, frame: PlotFrame): string {
  const { plot } = frame;
  const plotRight = plot.x + plot.w;
  const solid: Box[] = picture.marks
    .filter((mark) => !isDot(mark.kind))
    .map((mark) => ({ x: frame.toX(mark.x) - 7, y: frame.toY(mark.y!) - 6, w: 14, h: 12 }));
  picture.steps.forEach((step, stepIndex) => {
    const nextStep = picture.steps[stepIndex + 1];
    const [stepX, stepY] = [frame.toX(step.x), frame.toY(step.y)];
    const endX = nextStep ? frame.toX(nextStep.x) : plotRight;
    solid.push({ x: stepX, y: stepY - 2, w: endX - stepX, h: 4 });
    if (nextStep)
      solid.push({
        x: endX - 2,
        y: Math.min(stepY, frame.toY(nextStep.y)),
        w: 4,
        h: Math.abs(frame.toY(nextStep.y) - stepY),
      });
  });
  if (picture.baseline) {
    solid.push({ x: plot.x, y: frame.toY(picture.baseline.y) - 1, w: plot.w, h: 2 });
    const textWidth = widthOf(picture.baseline.text) * CHAR_WIDTH;
    solid.push({ x: plotRight - textWidth - 2, y: frame.toY(picture.baseline.y) - 15, w: textWidth, h: 16 });
  }
  const soft = picture.marks
    .filter((mark) => isDot(mark.kind) && mark.y !== undefined)
    .map((mark) => ({ x: frame.toX(mark.x), y: frame.toY(mark.y!) }));
  const inside = { x: plot.x + 4, y: plot.y + 2, w: plot.w - 6, h: plot.h - 4 };
  const requests = picture.labels.map((label) => ({
    x: frame.toX(label.x),
    y: frame.toY(label.y),
    w: widthOf(label.text) * CHAR_WIDTH,
  }));
  const isDescending = picture.steps.length > 1 && picture.steps.at(-1)!.y < picture.steps[0]!.y;
  const placedLabels = placeLabels(requests, { inside, solid, soft, side: isDescending ? 1 : -1 });
  return placedLabels
    .map((placed, labelIndex) => {
      if (!placed) return '';
      const { x: anchorX, y: anchorY } = requests[labelIndex]!;
      const [leaderX, leaderY] = placed.at;
      const leaderGap = leaderY > anchorY ? 6 : -6;
      const leader = drawPath('ov-lead', 'M', anchorX, anchorY + leaderGap, 'L', leaderX, leaderY);
      return leader + textElement(placed.box.x, placed.box.y + 11.5, picture.labels[labelIndex]!.text, 'ov-label');
    })
    .join('');
}

interface Legend {
  readonly lines: number;
  readonly drawFrom: (topY: number) => string;
}

function legendOf(picture: StaircaseView, width: number): Legend {
  const entries: { readonly words: string; readonly draw: (positionX: number, positionY: number) => string }[] =
    picture.kinds.map((markKind) => ({
      words: WORDS[markKind],
      draw: (positionX, positionY) => drawSign(markKind, positionX, positionY),
    }));
  const { top, bottom } = picture.clipped;
  if (picture.remeasured.some((mark) => mark.hasOwnSign)) entries.push({ words: REMEASURED_WORDS, draw: drawSquare });
  if (picture.noise)
    entries.push({
      words: picture.noise.text,
      draw: (positionX, positionY) =>
        drawElement('rect', { class: 'ov-band', x: positionX - 7, y: positionY - 5, width: 14, height: 10 }),
    });
  if (top > 0)
    entries.push({
      words: `${top} above`,
      draw: (positionX, positionY) => drawTriangle(positionX, positionY - 3, 'top'),
    });
  if (bottom > 0)
    entries.push({
      words: `${bottom} below`,
      draw: (positionX, positionY) => drawTriangle(positionX, positionY + 3, 'bottom'),
    });
  const placedEntries: { x: number; line: number; entryIndex: number }[] = [];
  let [nextX, lineIndex] = [34, 0];
  entries.forEach((entry, entryIndex) => {
    const entryWidth = 32 + widthOf(entry.words) * CHAR_WIDTH;
    if (nextX + entryWidth > width - 10 && nextX > 34) [nextX, lineIndex] = [34, lineIndex + 1];
    placedEntries.push({ x: nextX, line: lineIndex, entryIndex });
    nextX += entryWidth;
  });
  return {
    lines: lineIndex + 1,
    drawFrom: (topY) =>
      placedEntries
        .map((placed) => {
          const entryY = topY + placed.line * LEGEND_LINE_HEIGHT;
          const entry = entries[placed.entryIndex]!;
          return entry.draw(placed.x, entryY) + textElement(placed.x + 11, entryY + 4, entry.words);
        })
        .join(''),
  };
}
