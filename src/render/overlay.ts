/** The best-so-far lines of several labs as SVG, and one alone as a sparkline. Pure strings. */
import type { Corner, OverlayView } from '../view/pictures/overlay.ts';
import { drawElement, pathData } from './element.ts';
import { svgDocument, textElement } from './plot-parts.ts';
import { CURVE_COLOURS, CURVE_DASHES } from './plots.ts';

/** Level until the next corner, then straight up or down. */
const stairPath = (corners: readonly Corner[], toX: (x: number) => number, toY: (y: number) => number): string =>
  pathData(...corners.flatMap(([x, y], index) => (index === 0 ? ['M', toX(x), toY(y)] : ['H', toX(x), 'V', toY(y)])));

export function overlaySvg(view: OverlayView, width = 800, height = 320): string {
  const [left, right, top, bottom] = [70, width - 14, 14, height - 40];
  const toX = (x: number): number => left + ((right - left) * (x - view.x[0])) / (view.x[1] - view.x[0] || 1);
  const toY = (y: number): number => bottom - ((bottom - top) * (y - view.y[0])) / (view.y[1] - view.y[0] || 1);
  const gridElements = [
    ...view.yTicks.map(
      ({ at, text }) =>
        drawElement('path', { class: 'gridline', d: pathData('M', left, toY(at), 'H', right) }) +
        textElement(left - 6, toY(at) + 4, text, 'end'),
    ),
    ...view.xTicks.map(({ at, text }) => textElement(toX(at), bottom + 16, text, 'middle')),
    textElement(right, height - 6, view.xTitle, 'end'),
    textElement(left, height - 6, view.yTitle),
  ];
  const lineElements = view.lines.map(({ corners }, index) =>
    drawElement('path', {
      fill: 'none',
      stroke: CURVE_COLOURS[index % CURVE_COLOURS.length],
      'stroke-width': '2.2',
      'stroke-dasharray': CURVE_DASHES[index % CURVE_DASHES.length]!.join(' ') || undefined,
      d: stairPath(corners, toX, toY),
    }),
  );
  const title = `${view.lines.map(({ label }) => label).join(', ')}: ${view.yTitle} by ${view.xTitle}`;
  return svgDocument(width, height, title, gridElements.join('') + lineElements.join(''));
}

/** How the best came about, at a glance: no axes, the card beside it has the numbers. */
export function sparkSvg(corners: readonly Corner[], width = 120, height = 28): string {
  const values = corners.map(([, value]) => value);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const lastX = corners.at(-1)?.[0] || 1;
  const toX = (x: number): number => 2 + ((width - 4) * x) / lastX;
  const toY = (y: number): number => height - 3 - ((height - 6) * (y - lowest)) / (highest - lowest || 1);
  return svgDocument(
    width,
    height,
    'the best so far',
    drawElement('path', { class: 'mine', d: stairPath(corners, toX, toY) }),
  );
}
