/** The metric over two knobs as SVG: coloured cells, the experiments as points, and what the colours mean. */
import { COLOUR_STEPS, type ContourView } from '../view/pictures/contour.ts';
import { drawElement, drawPath, drawTitle } from './element.ts';
import type { PickPoint } from './factor-plots.ts';
import { classNameOf, svgDocument, textElement } from './plot-parts.ts';

/** From worst to best, for pictures without the page's style: told apart without red and green, and in grey. */
const COLOURS = ['#ffffd9', '#edf8b1', '#c7e9b4', '#7fcdbb', '#41b6c4', '#1d91c0', '#225ea8', '#253494', '#081d58'];
const HEIGHT = 420;
const LEGEND_WIDTH = 22;

function contourFrame(contour: ContourView, width: number) {
  const widest = contour.y.labels.reduce((length, label) => Math.max(length, label.text.length), 3);
  const [left, right, top, bottom] = [Math.min(width / 3, 16 + 6.6 * widest), width - 12, 26, HEIGHT - 74];
  return {
    left,
    right,
    top,
    bottom,
    toX: (share: number): number => left + (right - left) * share,
    toY: (share: number): number => bottom - (bottom - top) * share,
  };
}

/** Where the experiments lie in the picture that `contourSvg` draws. */
export function contourPoints(contour: ContourView, width: number): PickPoint[] {
  const { toX, toY } = contourFrame(contour, width);
  return contour.points.map((point) => ({ n: point.n, x: toX(point.x), y: toY(point.y), text: point.text }));
}

export function contourSvg(contour: ContourView, width: number): string {
  const frame = contourFrame(contour, width);
  const { toX, toY } = frame;
  const cellElements = contour.cells.map((cell) => {
    const attributes = {
      class: `q${cell.step}`,
      fill: COLOURS[cell.step]!,
      x: toX(cell.x),
      y: toY(cell.y + cell.height),
      // A little more than its share, or the background shines through between two cells.
      width: toX(cell.width) - toX(0) + 0.3,
      height: toY(0) - toY(cell.height) + 0.3,
    };
    return drawElement('rect', attributes, drawTitle(cell.text));
  });
  const pointElements = contour.points.map((point) => {
    const isKept = /confirmed|stack/.test(point.kind);
    const attributes = { cx: toX(point.x), cy: toY(point.y), r: isKept ? 3.6 : 2.4, stroke: '#000', fill: '#fff' };
    const className = `measured ${classNameOf(point.kind)}`;
    return drawElement('circle', { class: className, ...attributes }, drawTitle(point.text));
  });
  const labelElements = [
    textElement(4, 14, `${contour.y.name}${contour.y.log ? ' (log)' : ''}`, 'start', 'strong'),
    textElement(frame.right, frame.bottom + 32, `${contour.x.name}${contour.x.log ? ' (log)' : ''}`, 'end', 'strong'),
    ...contour.x.labels.map(({ at, text }) => textElement(toX(at), frame.bottom + 16, text, 'middle')),
    ...contour.y.labels.map(({ at, text }) => textElement(frame.left - 6, toY(at) + 4, text, 'end')),
  ];
  const border = drawPath('axis', 'M', frame.left, frame.top, 'V', frame.bottom, 'H', frame.right);
  const title = `${contour.y.name} and ${contour.x.name}: the metric in colours`;
  const content = [...cellElements, border, ...pointElements, ...labelElements, drawLegend(contour, frame.left)];
  return svgDocument(width, HEIGHT, title, content.join(''));
}

function drawLegend({ legend: [worst, best] }: ContourView, left: number): string {
  const top = HEIGHT - 34;
  const swatches = Array.from({ length: COLOUR_STEPS }, (_, step) =>
    drawElement('rect', {
      class: `q${step}`,
      fill: COLOURS[step]!,
      x: left + step * LEGEND_WIDTH,
      y: top,
      width: LEGEND_WIDTH,
      height: 12,
    }),
  );
  return [
    ...swatches,
    textElement(left, top + 27, worst),
    textElement(left + COLOUR_STEPS * LEGEND_WIDTH + 8, top + 10, best),
  ].join('');
}
