/** What the dashboard's smaller pictures share: the document, texts, names of classes. */
import { escapeHtml } from '../base/escape.ts';
import { formatFixed } from '../view/format.ts';
import type { MarkKind } from '../view/pictures/staircase.ts';
import { drawElement, drawTitle } from './element.ts';

export const classNameOf = (kind: MarkKind): string => `p-${kind.replace(' ', '-')}`;

export function svgDocument(width: number, height: number, title: string, body: string): string {
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

export const textElement = (
  positionX: number,
  positionY: number,
  content: string,
  anchor = 'start',
  className = '',
): string =>
  drawElement(
    'text',
    { x: positionX, y: positionY, 'text-anchor': anchor, class: className || undefined },
    escapeHtml(content),
  );

export const tickText = (value: number, valueSpan: number): string =>
  formatFixed(value, Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(valueSpan || 1)))));
