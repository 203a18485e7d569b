/**
 * The staircase as SVG: one string, no scripts, light and dark, readable by screen readers. Filled = confirmed, hollow
 * = kept but not, small dot = discarded, ? = inconclusive, cross = failed (on the rug), triangle = beyond the edge. The
 * running best is the only line.
 */
import type { Mark, MarkKind, StaircaseView } from '../view/pictures/staircase.ts';
import { WORDS } from './marks.ts';
import { type Box, place } from './place.ts';
import { cut, escapeHtml, widthOf } from './text.ts';

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
const MOST_SINGLE_MARKS = 2500;
const CHAR = 6.7;
const LEGEND_LINE = 18;

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly plot: Box;
  readonly rugY: number;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

export function staircaseSvg(picture: StaircaseView, options: SvgOptions = {}): string {
  const { width = 960, id = 'staircase' } = options;
  const legend = legendOf(picture, width);
  const f = staircaseFrame(picture, options);
  const parts = [
    `<rect class="ov-bg" width="${width}" height="${f.height}"/>`,
    options.title === false ? '' : text(f.plot.x, 24, picture.title, 'ov-title'),
    picture.empty
      ? text(width / 2, f.height / 2, picture.empty, 'ov-empty', 'middle')
      : drawing(picture, f, options.parents),
    picture.empty ? '' : legend.draw(f.height - legend.lines * LEGEND_LINE + 2),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" class="ov-stair" viewBox="0 0 ${width} ${f.height}" width="${width}" height="${f.height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${escapeHtml(picture.title)}</title><desc id="${id}-d">${escapeHtml(picture.description)}</desc>${options.style === false ? '' : `<style>${STYLE}</style>`}${parts.join('')}</svg>\n`;
}

/** Scoped to `.ov-stair`, so that it may stand inline in any page. */
const STYLE =
  '.ov-stair{--bg:#fff;--ink:#1f2328;--soft:#57606a;--grid:#e6e8eb;--best:#00735a;--dot:#8b949e;--doubt:#9a6700;--bad:#c2410c;--base:#4f6fad;--band:#00735a22;font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;font-size:11px;font-variant-numeric:tabular-nums;max-width:100%;height:auto}' +
  '@media(prefers-color-scheme:dark){.ov-stair{--bg:#0d1117;--ink:#e6edf3;--soft:#9198a1;--grid:#262c36;--best:#3fd0a4;--dot:#7d8590;--doubt:#e3b341;--bad:#ff8f66;--base:#8fa8d9;--band:#3fd0a42b}}' +
  '.ov-stair .ov-bg{fill:var(--bg)}.ov-stair text{fill:var(--soft)}.ov-stair .ov-title{fill:var(--ink);font-size:15px;font-weight:600}.ov-stair .ov-empty{font-size:15px}.ov-stair .ov-label{fill:var(--ink);paint-order:stroke;stroke:var(--bg);stroke-width:3.5px;stroke-linejoin:round}' +
  '.ov-stair .ov-grid{stroke:var(--grid);fill:none}.ov-stair .ov-line{stroke:var(--best);stroke-width:2;fill:none;stroke-linejoin:round}.ov-stair .ov-band{fill:var(--band)}.ov-stair .ov-base{stroke:var(--base);stroke-dasharray:5 4;fill:none}.ov-stair .ov-basetext{fill:var(--base);paint-order:stroke;stroke:var(--bg);stroke-width:3px}.ov-stair .ov-lead{stroke:var(--soft);stroke-width:.7;fill:none}' +
  '.ov-stair .ov-k{fill:var(--best);stroke:var(--bg);stroke-width:1}.ov-stair .ov-h{fill:var(--bg);stroke:var(--best);stroke-width:1.8}.ov-stair .ov-hi{fill:var(--best)}.ov-stair .ov-d{fill:var(--dot)}.ov-stair .ov-dd{stroke:var(--dot);stroke-width:4;stroke-linecap:round;fill:none;opacity:.7}.ov-stair .ov-q{fill:var(--doubt);font-weight:700;font-size:12px}.ov-stair .ov-x{stroke:var(--bad);stroke-width:1.6;fill:none}.ov-stair .ov-r{stroke:var(--dot);stroke-width:1.3;fill:none}.ov-stair .ov-b{fill:var(--bg);stroke:var(--base);stroke-width:1.8}';

/** Where values lie in the picture that `staircaseSvg` draws with the same options: for whoever points at marks. */
export function staircaseFrame(picture: StaircaseView, options: SvgOptions = {}): Frame {
  const { width = 960, height = 460, title = true } = options;
  const legendLines = legendOf(picture, width).lines;
  const widest = Math.max(3, ...picture.yTicks.map((t) => widthOf(t.text)));
  const left = Math.min(150, Math.max(78, 34 + widest * CHAR));
  const top = (title ? 40 : 12) + 22;
  const bottom = 46 + legendLines * LEGEND_LINE;
  const plot = { x: left, y: top, w: width - left - 18, h: height - top - bottom };
  return {
    width,
    height,
    plot,
    rugY: top - 12,
    x: (value) => plot.x + 8 + (plot.w - 8) * share(value, picture.x),
    y: (value) => plot.y + plot.h * (1 - share(value, picture.y)),
  };
}

/** Where a value lies between two ends, 0 to 1; safe where their difference overflows. */
function share(value: number, [low, high]: readonly [number, number]): number {
  const span = high - low;
  const found = Number.isFinite(span) ? (value - low) / (span || 1) : value / 2 / high - low / 2 / high;
  return Number.isFinite(found) ? Math.max(0, Math.min(1, found)) : 0.5;
}

function drawing(picture: StaircaseView, f: Frame, parents?: ReadonlyMap<number, number>): string {
  return [
    axes(picture, f),
    band(picture, f),
    baseline(picture, f),
    parents ? branches(picture, f, parents) : '',
    dots(picture, f),
    line(picture, f),
    kept(picture, f),
    labels(picture, f),
  ].join('');
}

const n = (x: number): string => String(Math.round(x * 10) / 10);

function text(x: number, y: number, content: string, name = '', anchor = 'start'): string {
  const attributes = `${name ? ` class="${name}"` : ''}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${n(x)}" y="${n(y)}"${attributes}>${escapeHtml(content)}</text>`;
}

function axes(picture: StaircaseView, f: Frame): string {
  const { plot } = f;
  const bottom = plot.y + plot.h;
  const rows = picture.yTicks
    .filter((t) => t.at >= picture.y[0] && t.at <= picture.y[1])
    .map(
      (t) =>
        `<path class="ov-grid" d="M${n(plot.x)} ${n(f.y(t.at))}h${n(plot.w)}"/>${text(plot.x - 7, f.y(t.at) + 4, t.text, '', 'end')}`,
    );
  const columns = picture.xTicks
    .filter((t) => t.at <= picture.x[1])
    .map(
      (t) =>
        `<path class="ov-grid" d="M${n(f.x(t.at))} ${n(bottom)}v5"/>${text(f.x(t.at), bottom + 18, t.text, '', 'middle')}`,
    );
  const yTitle = `<text transform="translate(14 ${n(plot.y + plot.h / 2)}) rotate(-90)" text-anchor="middle">${escapeHtml(picture.yTitle)}</text>`;
  const rug = picture.marks.some((m) => m.y === undefined) ? text(plot.x - 7, f.rugY + 4, 'no number', '', 'end') : '';
  const frame = `<path class="ov-grid" d="M${n(plot.x)} ${n(plot.y)}v${n(plot.h)}h${n(plot.w)}"/>`;
  return `${rows.join('')}${frame}${columns.join('')}${text(plot.x + plot.w / 2, bottom + 34, picture.xTitle, '', 'middle')}${yTitle}${rug}`;
}

function band(picture: StaircaseView, f: Frame): string {
  if (!picture.noise) return '';
  const { half } = picture.noise;
  const right = f.plot.x + f.plot.w;
  return picture.steps
    .map((step, k) => {
      const from = f.x(step.x);
      const to = k + 1 < picture.steps.length ? f.x(picture.steps[k + 1]!.x) : right;
      const [top, bottom] = [f.y(step.y + half), f.y(step.y - half)];
      return `<rect class="ov-band" x="${n(from)}" y="${n(top)}" width="${n(Math.max(0, to - from))}" height="${n(Math.max(0.5, bottom - top))}"/>`;
    })
    .join('');
}

function baseline(picture: StaircaseView, f: Frame): string {
  if (!picture.baseline) return '';
  const y = f.y(picture.baseline.y);
  const right = f.plot.x + f.plot.w;
  return `<path class="ov-base" d="M${n(f.plot.x)} ${n(y)}H${n(right)}"/>${text(right - 2, y - 5, picture.baseline.text, 'ov-basetext', 'end')}`;
}

function line(picture: StaircaseView, f: Frame): string {
  const [first, ...rest] = picture.steps;
  if (!first) return '';
  const path = rest.map((step) => `H${n(f.x(step.x))}V${n(f.y(step.y))}`).join('');
  return `<path class="ov-line" d="M${n(f.x(first.x))} ${n(f.y(first.y))}${path}H${n(f.plot.x + f.plot.w)}"/>`;
}

function branches(picture: StaircaseView, f: Frame, parents: ReadonlyMap<number, number>): string {
  const at = new Map(picture.marks.flatMap((m) => (m.y === undefined ? [] : [[m.n, [f.x(m.x), f.y(m.y)] as const]])));
  const paths = picture.marks.flatMap((m) => {
    const [to, from] = [at.get(m.n), at.get(parents.get(m.n) ?? -1)];
    return to && from && m.n > 0 ? [`M${n(from[0])} ${n(from[1])}L${n(to[0])} ${n(to[1])}`] : [];
  });
  return `<path class="ov-branch" d="${paths.join('')}"/>`;
}

const isDot = (kind: MarkKind): boolean =>
  kind === 'discarded' || kind === 'inconclusive' || kind === 'crashed' || kind === 'refused';

function dots(picture: StaircaseView, f: Frame): string {
  const found = picture.marks.filter((m) => isDot(m.kind));
  if (found.length <= MOST_SINGLE_MARKS) return found.map((m) => mark(m, f, true)).join('');
  const plain = found.filter((m) => m.kind === 'discarded' && !m.clipped);
  const path = plain.map((m) => `M${n(f.x(m.x))} ${n(f.y(m.y!))}h0`).join('');
  const others = found.filter((m) => m.kind !== 'discarded' || m.clipped);
  return `<path class="ov-dd" d="${path}"/>${others.map((m) => mark(m, f, false)).join('')}`;
}

function kept(picture: StaircaseView, f: Frame): string {
  return picture.marks
    .filter((m) => !isDot(m.kind))
    .map((m) => mark(m, f, true))
    .join('');
}

function mark(m: Mark, f: Frame, titled: boolean): string {
  const x = f.x(m.x);
  const y = m.y === undefined ? f.rugY : f.y(m.y);
  const shape = m.clipped
    ? triangle(x, m.clipped === 'top' ? f.plot.y : f.plot.y + f.plot.h, m.clipped)
    : sign(m.kind, x, y);
  return titled ? `<g>${shape}<title>${escapeHtml(cut(m.text, 180))}</title></g>` : shape;
}

function triangle(x: number, edge: number, side: 'top' | 'bottom'): string {
  const d = side === 'top' ? `M${n(x)} ${n(edge - 1)}l4 7h-8z` : `M${n(x)} ${n(edge + 1)}l4 -7h-8z`;
  return `<path class="ov-d" d="${d}"/>`;
}

function sign(kind: MarkKind, x: number, y: number): string {
  const circle = (name: string, r: number): string => `<circle class="${name}" cx="${n(x)}" cy="${n(y)}" r="${r}"/>`;
  switch (kind) {
    case 'confirmed':
      return circle('ov-k', 5.2);
    case 'in stack':
      return `${circle('ov-h', 4.6)}<path class="ov-hi" d="M${n(x)} ${n(y - 4.6)}a4.6 4.6 0 0 0 0 9.2z"/>`;
    case 'unconfirmed':
      return circle('ov-h', 4.6);
    case 'baseline':
      return `<path class="ov-b" d="M${n(x)} ${n(y - 6)}l6 6l-6 6l-6 -6z"/>`;
    case 'discarded':
      return circle('ov-d', 2);
    case 'inconclusive':
      return text(x, y + 4, '?', 'ov-q', 'middle');
    case 'crashed':
      return `<path class="ov-x" d="M${n(x - 3)} ${n(y - 3)}l6 6m0 -6l-6 6"/>`;
    case 'refused':
      return `<path class="ov-r" d="M${n(x)} ${n(y - 4)}v8"/>`;
    default:
      return kind satisfies never;
  }
}

function labels(picture: StaircaseView, f: Frame): string {
  const { plot } = f;
  const right = plot.x + plot.w;
  const solid: Box[] = picture.marks
    .filter((m) => !isDot(m.kind))
    .map((m) => ({ x: f.x(m.x) - 7, y: f.y(m.y!) - 6, w: 14, h: 12 }));
  picture.steps.forEach((step, k) => {
    const next = picture.steps[k + 1];
    const [x, y] = [f.x(step.x), f.y(step.y)];
    const to = next ? f.x(next.x) : right;
    solid.push({ x, y: y - 2, w: to - x, h: 4 });
    if (next) solid.push({ x: to - 2, y: Math.min(y, f.y(next.y)), w: 4, h: Math.abs(f.y(next.y) - y) });
  });
  if (picture.baseline) {
    solid.push({ x: plot.x, y: f.y(picture.baseline.y) - 1, w: plot.w, h: 2 });
    const w = widthOf(picture.baseline.text) * CHAR;
    solid.push({ x: right - w - 2, y: f.y(picture.baseline.y) - 15, w, h: 16 });
  }
  const soft = picture.marks
    .filter((m) => isDot(m.kind) && m.y !== undefined)
    .map((m) => ({ x: f.x(m.x), y: f.y(m.y!) }));
  const inside = { x: plot.x + 4, y: plot.y + 2, w: plot.w - 6, h: plot.h - 4 };
  const wanted = picture.labels.map((l) => ({ x: f.x(l.x), y: f.y(l.y), w: widthOf(l.text) * CHAR }));
  const down = picture.steps.length > 1 && picture.steps.at(-1)!.y < picture.steps[0]!.y;
  const places = place(wanted, { inside, solid, soft, side: down ? 1 : -1 });
  return places
    .map((found, k) => {
      if (!found) return '';
      const { x, y } = wanted[k]!;
      const [tx, ty] = found.at;
      const gap = ty > y ? 6 : -6;
      return `<path class="ov-lead" d="M${n(x)} ${n(y + gap)}L${n(tx)} ${n(ty)}"/>${text(found.box.x, found.box.y + 11.5, picture.labels[k]!.text, 'ov-label')}`;
    })
    .join('');
}

interface Legend {
  readonly lines: number;
  readonly draw: (top: number) => string;
}

function legendOf(picture: StaircaseView, width: number): Legend {
  const items: { readonly words: string; readonly draw: (x: number, y: number) => string }[] = picture.kinds.map(
    (kind) => ({
      words: WORDS[kind],
      draw: (x, y) => sign(kind, x, y),
    }),
  );
  const { top, bottom } = picture.clipped;
  if (picture.noise)
    items.push({
      words: picture.noise.text,
      draw: (x, y) => `<rect class="ov-band" x="${n(x - 7)}" y="${n(y - 5)}" width="14" height="10"/>`,
    });
  if (top > 0) items.push({ words: `${top} above`, draw: (x, y) => triangle(x, y - 3, 'top') });
  if (bottom > 0) items.push({ words: `${bottom} below`, draw: (x, y) => triangle(x, y + 3, 'bottom') });
  const placed: { x: number; line: number; k: number }[] = [];
  let [x, row] = [34, 0];
  items.forEach((item, k) => {
    const w = 32 + widthOf(item.words) * CHAR;
    if (x + w > width - 10 && x > 34) [x, row] = [34, row + 1];
    placed.push({ x, line: row, k });
    x += w;
  });
  return {
    lines: row + 1,
    draw: (start) =>
      placed
        .map((at) => {
          const y = start + at.line * LEGEND_LINE;
          return `${items[at.k]!.draw(at.x, y)}${text(at.x + 11, y + 4, items[at.k]!.words)}`;
        })
        .join(''),
  };
}
