/** The staircase in characters, for a terminal of any width. Pure: a picture in, lines out. */
import type { Mark, StaircaseView } from '../view/pictures/staircase.ts';
import { GLYPHS, PAINTS, WORDS } from './marks.ts';
import { cut, type Paint, pad, paint, type Style, spell, widthOf } from './text.ts';

interface Cell {
  readonly sign: string;
  readonly color?: Paint;
  readonly rank: number;
}

/** Which sign wins a cell that several want. */
const RANK = {
  noise: 0,
  baseline: 1,
  discarded: 2,
  inconclusive: 3,
  line: 4,
  clipped: 5,
  unconfirmed: 6,
  kept: 7,
} as const;

/** Lines of the chart: rug, plot, x axis, legend, largest gains. `rows` is the height of the plot alone. */
export function chart(picture: StaircaseView, style: Style, rows = 11): string[] {
  if (picture.empty) return [spell(cut(picture.empty, style.columns), style)];
  const gutter = Math.max(...picture.yTicks.map((t) => widthOf(t.text)), 4) + 2;
  const columns = Math.max(10, Math.min(style.columns, 120) - gutter - 1);
  const toX = scale(picture.x, columns);
  const toY = scale([picture.y[1], picture.y[0]], rows);
  const grid: (Cell | undefined)[][] = Array.from({ length: rows }, () => new Array<Cell | undefined>(columns));
  const put = (x: number, y: number, cell: Cell): void => {
    const line = grid[y];
    if (line && x >= 0 && x < columns && cell.rank >= (line[x]?.rank ?? -1)) line[x] = cell;
  };
  drawBand(picture, put, toX, toY, columns);
  drawBaseline(picture, put, toY, columns);
  drawLine(picture, put, toX, toY, columns);
  // With many marks a column the dots would hide the line; then the line wins.
  const crowded = picture.marks.length > 2 * columns;
  for (const mark of picture.marks) if (mark.y !== undefined) drawMark(mark, put, toX, toY, rows, crowded);
  const labels = yLabels(picture, toY, rows, gutter);
  const body = grid.map((line, k) => `${labels[k]}${toText(line, style, columns)}`);
  const lines = [
    ...rug(picture, toX, columns, gutter, style),
    ...body,
    ...xAxis(picture, toX, columns, gutter),
    ...legend(picture, style),
  ];
  return lines.map((line) => spell(line.trimEnd(), style));
}

type Put = (x: number, y: number, cell: Cell) => void;
type Scale = (value: number) => number;

function scale([from, to]: readonly [number, number], size: number): Scale {
  const span = to - from;
  return (value) => {
    const share = Number.isFinite(span) ? (value - from) / (span || 1) : value / to / 2 - from / to / 2;
    return Math.max(0, Math.min(size - 1, Math.round(share * (size - 1))));
  };
}

/** The level of the running best at each column; undefined before the first step. */
function levels(picture: StaircaseView, toX: Scale, columns: number): (number | undefined)[] {
  const result = new Array<number | undefined>(columns);
  for (const step of picture.steps) for (let x = toX(step.x); x < columns; x++) result[x] = step.y;
  return result;
}

function drawBand(picture: StaircaseView, put: Put, toX: Scale, toY: Scale, columns: number): void {
  const { noise } = picture;
  if (!noise) return;
  levels(picture, toX, columns).forEach((level, x) => {
    if (level === undefined) return;
    for (let y = toY(level + noise.half); y <= toY(level - noise.half); y++)
      put(x, y, { sign: '░', color: 'dim', rank: RANK.noise });
  });
}

function drawBaseline(picture: StaircaseView, put: Put, toY: Scale, columns: number): void {
  if (!picture.baseline) return;
  const y = toY(picture.baseline.y);
  for (let x = 0; x < columns; x += 2) put(x, y, { sign: '-', color: 'blue', rank: RANK.baseline });
}

function drawLine(picture: StaircaseView, put: Put, toX: Scale, toY: Scale, columns: number): void {
  const cell = (sign: string): Cell => ({ sign, color: 'green', rank: RANK.line });
  let before: number | undefined;
  levels(picture, toX, columns).forEach((level, x) => {
    if (level === undefined) return;
    const y = toY(level);
    if (before !== undefined && before !== y) {
      const down = y > before;
      put(x, before, cell(down ? '┐' : '┘'));
      for (let k = Math.min(before, y) + 1; k < Math.max(before, y); k++) put(x, k, cell('│'));
      put(x, y, cell(down ? '└' : '┌'));
    } else put(x, y, cell('─'));
    before = y;
  });
}

function drawMark(mark: Mark, put: Put, toX: Scale, toY: Scale, rows: number, crowded: boolean): void {
  const color = PAINTS[mark.kind];
  const x = toX(mark.x);
  if (mark.clipped) {
    const top = mark.clipped === 'top';
    return put(x, top ? 0 : rows - 1, { sign: top ? '▲' : '▼', color: 'dim', rank: RANK.clipped });
  }
  const rank =
    mark.kind === 'discarded' || mark.kind === 'inconclusive'
      ? crowded
        ? RANK.baseline
        : RANK[mark.kind]
      : mark.kind === 'unconfirmed'
        ? RANK.unconfirmed
        : RANK.kept;
  put(x, toY(mark.y!), { sign: GLYPHS[mark.kind], color, rank });
}

function toText(line: readonly (Cell | undefined)[], style: Style, columns: number): string {
  let text = '';
  for (let x = 0; x < columns; x++) {
    const cell = line[x];
    text += cell ? (cell.color ? paint(style, cell.color, cell.sign) : cell.sign) : ' ';
  }
  return text;
}

function yLabels(picture: StaircaseView, toY: Scale, rows: number, gutter: number): string[] {
  const labels = new Array<string>(rows).fill(`${' '.repeat(gutter - 1)}│`);
  const inside = picture.yTicks.filter((t) => t.at >= picture.y[0] && t.at <= picture.y[1]);
  const every = Math.max(1, Math.ceil((2.5 * inside.length) / rows));
  for (const [k, tick] of inside.entries()) {
    if (k % every !== 0) continue;
    labels[toY(tick.at)] = `${pad(tick.text, gutter - 2, 'right')} ┤`;
  }
  return labels;
}

function rug(picture: StaircaseView, toX: Scale, columns: number, gutter: number, style: Style): string[] {
  const failed = picture.marks.filter((m) => m.y === undefined);
  if (failed.length === 0) return [];
  const line = new Array<Cell | undefined>(columns);
  for (const mark of failed) {
    const x = toX(mark.x);
    if (line[x]?.sign !== '×') line[x] = { sign: GLYPHS[mark.kind], color: PAINTS[mark.kind], rank: 0 };
  }
  return [' '.repeat(gutter) + toText(line, style, columns)];
}

function xAxis(picture: StaircaseView, toX: Scale, columns: number, gutter: number): string[] {
  const axis = new Array<string>(columns).fill('─');
  const text = new Array<string>(columns).fill(' ');
  let free = 0;
  for (const tick of picture.xTicks) {
    const x = toX(tick.at);
    axis[x] = '┬';
    const start = Math.max(0, Math.min(columns - tick.text.length, x - (tick.text.length >> 1)));
    if (start < free) continue;
    for (let k = 0; k < tick.text.length; k++) text[start + k] = tick.text[k]!;
    free = start + tick.text.length + 1;
  }
  const title = ` ${picture.xTitle}`;
  const space = text.join('').trimEnd();
  const last = space.length + title.length <= columns ? pad(space, columns - title.length) + title : space;
  return [`${' '.repeat(gutter - 1)}└${axis.join('')}`, ' '.repeat(gutter) + last];
}

function legend(picture: StaircaseView, style: Style): string[] {
  const items = picture.kinds.map((kind) => `${GLYPHS[kind]} ${WORDS[kind]}`);
  if (picture.noise) items.push(`░ ${picture.noise.text}`);
  if (picture.baseline) items.push(`- ${picture.baseline.text}`);
  if (picture.clipped.top) items.push(`▲ ${picture.clipped.top} above`);
  if (picture.clipped.bottom) items.push(`▼ ${picture.clipped.bottom} below`);
  const lines: string[] = [];
  let line = '';
  for (const item of items) {
    const next = line === '' ? ` ${item}` : `${line}  ${item}`;
    if (line !== '' && widthOf(next) > style.columns) {
      lines.push(line);
      line = ` ${item}`;
    } else line = next;
  }
  return [...lines, line];
}
