/** Elements of SVG as strings: attributes in their order, numbers rounded to a tenth of a pixel, text escaped. */
import { escapeHtml } from '../base/escape.ts';

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** `content` is markup; absent = an element without content. Attributes that are undefined are left out. */
export function drawElement(tag: string, attributes: Attributes, content?: string): string {
  const attributeTexts = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [` ${name}="${typeof value === 'number' ? toPixels(value) : escapeHtml(value)}"`],
  );
  const opening = `<${tag}${attributeTexts.join('')}`;
  return content === undefined ? `${opening}/>` : `${opening}>${content}</${tag}>`;
}

export const toPixels = (coordinate: number): string => String(Math.round(coordinate * 10) / 10);

/** A path from commands and coordinates: `drawPath('ov-line', 'M', x, y, 'H', right)`. */
export function drawPath(className: string, ...steps: readonly (string | number)[]): string {
  return drawElement('path', { class: className, d: pathData(...steps) });
}

/** Two numbers after each other are separated; commands need no separator. */
export function pathData(...steps: readonly (string | number)[]): string {
  return steps
    .map((step, index) => {
      const needsSpace = typeof step === 'number' && typeof steps[index - 1] === 'number';
      return `${needsSpace ? ' ' : ''}${typeof step === 'number' ? toPixels(step) : step}`;
    })
    .join('');
}

export const drawTitle = (content: string, id?: string): string => drawElement('title', { id }, escapeHtml(content));
