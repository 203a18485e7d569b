/** The staircase in characters, for a terminal of any width. Pure: a picture in, lines out. */
import type { Mark, StaircaseView } from '../view/pictures/staircase.ts';
import { GLYPHS, PAINTS, REMEASURED_GLYPH, REMEASURED_WORDS, WORDS } from './marks.ts';
import { cutText, type Paint, padText, paintText, type Style, spellText, widthOf } from './text.ts';

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
  remeasured: 6,
  unconfirmed: 7,
  kept: 8,
  champion: 9,
} as const;

/** Lines of the chart: rug, plot, x axis, legend, largest gains. `rows` is the height of the plot alone. */
export function drawChart(picture: StaircaseView, style: Style, rows = 11): string[] {
  if (picture.empty) return [spellText(cutText(picture.empty, style.columns), style)];
  const gutterWidth = Math.max(...picture.yTicks.map((tick) => widthOf(tick.text)), 4) + 2;
  const columns = Math.max(10, Math.min(style.columns, 120) - gutterWidth - 1);
  const toX = createScale(picture.x, columns);
  const toY = createScale([picture.y[1], picture.y[0]], rows);
  const grid: (Cell | undefined)[][] = Array.from({ length: rows }, () => new Array<Cell | undefined>(columns));
  const putCell = (column: number, row: number, cell: Cell): void => {
    const gridRow = grid[row];
    if (gridRow && column >= 0 && column < columns && cell.rank >= (gridRow[column]?.rank ?? -1))
      gridRow[column] = cell;
  };
  drawBand(picture, putCell, toX, toY, columns);
  drawBaseline(picture, putCell, toY, columns);
  drawLine(picture, putCell, toX, toY, columns);
  // With many marks a column the dots would hide the line; then the line wins.
  const isCrowded = picture.marks.length > 2 * columns;
  for (const mark of picture.marks) if (mark.y !== undefined) drawMark(mark, putCell, toX, toY, rows, isCrowded);
  for (const mark of picture.remeasured)
    if (mark.hasOwnSign)
      putCell(toX(mark.x), toY(mark.to), { sign: REMEASURED_GLYPH, color: 'green', rank: RANK.remeasured });
  const yLabels = formatYLabels(picture, toY, rows, gutterWidth);
  const plotLines = grid.map((gridRow, rowIndex) => `${yLabels[rowIndex]}${formatCells(gridRow, style, columns)}`);
  const chartLines = [
    ...formatRug(picture, toX, columns, gutterWidth, style),
    ...plotLines,
    ...formatXAxis(picture, toX, columns, gutterWidth),
    ...formatLegend(picture, style),
  ];
  return chartLines.map((chartLine) => spellText(chartLine.trimEnd(), style));
}

type PutCell = (column: number, row: number, cell: Cell) => void;
type Scale = (value: number) => number;

function createScale([low, high]: readonly [number, number], cellCount: number): Scale {
  const span = high - low;
  return (value) => {
    const fraction = Number.isFinite(span) ? (value - low) / (span || 1) : value / high / 2 - low / high / 2;
    return Math.max(0, Math.min(cellCount - 1, Math.round(fraction * (cellCount - 1))));
  };
}

/** The level of the running best at each column; undefined before the first step. */
function levelsByColumn(picture: StaircaseView, toX: Scale, columns: number): (number | undefined)[] {
  const levels = new Array<number | undefined>(columns);
  for (const step of picture.steps) for (let column = toX(step.x); column < columns; column++) levels[column] = step.y;
  return levels;
}

function drawBand(picture: StaircaseView, putCell: PutCell, toX: Scale, toY: Scale, columns: number): void {
  const { noise } = picture;
  if (!noise) return;
  levelsByColumn(picture, toX, columns).forEach((level, column) => {
    if (level === undefined) return;
    for (let row = toY(level + noise.half); row <= toY(level - noise.half); row++)
      putCell(column, row, { sign: '░', color: 'dim', rank: RANK.noise });
  });
}

function drawBaseline(picture: StaircaseView, putCell: PutCell, toY: Scale, columns: number): void {
  if (!picture.baseline) return;
  const row = toY(picture.baseline.y);
  for (let column = 0; column < columns; column += 2)
    putCell(column, row, { sign: '-', color: 'blue', rank: RANK.baseline });
}

function drawLine(picture: StaircaseView, putCell: PutCell, toX: Scale, toY: Scale, columns: number): void {
  const lineCell = (sign: string): Cell => ({ sign, color: 'green', rank: RANK.line });
  let previousRow: number | undefined;
  levelsByColumn(picture, toX, columns).forEach((level, column) => {
    if (level === undefined) return;
    const row = toY(level);
    if (previousRow !== undefined && previousRow !== row) {
      const isDescending = row > previousRow;
      putCell(column, previousRow, lineCell(isDescending ? '┐' : '┘'));
      for (let between = Math.min(previousRow, row) + 1; between < Math.max(previousRow, row); between++)
        putCell(column, between, lineCell('│'));
      putCell(column, row, lineCell(isDescending ? '└' : '┌'));
    } else putCell(column, row, lineCell('─'));
    previousRow = row;
  });
}

function drawMark(mark: Mark, putCell: PutCell, toX: Scale, toY: Scale, rows: number, isCrowded: boolean): void {
  const color = PAINTS[mark.kind];
  const column = toX(mark.x);
  if (mark.clipped) {
    const isAbove = mark.clipped === 'top';
    return putCell(column, isAbove ? 0 : rows - 1, { sign: isAbove ? '▲' : '▼', color: 'dim', rank: RANK.clipped });
  }
  putCell(column, toY(mark.y!), { sign: GLYPHS[mark.kind], color, rank: rankOf(mark, isCrowded) });
}

function rankOf({ kind }: Mark, isCrowded: boolean): number {
  if (kind === 'discarded' || kind === 'inconclusive') return isCrowded ? RANK.baseline : RANK[kind];
  return kind === 'unconfirmed' || kind === 'champion' ? RANK[kind] : RANK.kept;
}

function formatCells(cells: readonly (Cell | undefined)[], style: Style, columns: number): string {
  let painted = '';
  for (let column = 0; column < columns; column++) {
    const cell = cells[column];
    painted += cell ? (cell.color ? paintText(style, cell.color, cell.sign) : cell.sign) : ' ';
  }
  return painted;
}

function formatYLabels(picture: StaircaseView, toY: Scale, rows: number, gutterWidth: number): string[] {
  const labels = new Array<string>(rows).fill(`${' '.repeat(gutterWidth - 1)}│`);
  const visibleTicks = picture.yTicks.filter((tick) => tick.at >= picture.y[0] && tick.at <= picture.y[1]);
  const stride = Math.max(1, Math.ceil((2.5 * visibleTicks.length) / rows));
  for (const [tickIndex, tick] of visibleTicks.entries()) {
    if (tickIndex % stride !== 0) continue;
    labels[toY(tick.at)] = `${padText(tick.text, gutterWidth - 2, 'right')} ┤`;
  }
  return labels;
}

function formatRug(picture: StaircaseView, toX: Scale, columns: number, gutterWidth: number, style: Style): string[] {
  const failedMarks = picture.marks.filter((mark) => mark.y === undefined);
  if (failedMarks.length === 0) return [];
  const cells = new Array<Cell | undefined>(columns);
  for (const mark of failedMarks) {
    const column = toX(mark.x);
    if (cells[column]?.sign !== '×') cells[column] = { sign: GLYPHS[mark.kind], color: PAINTS[mark.kind], rank: 0 };
  }
  return [' '.repeat(gutterWidth) + formatCells(cells, style, columns)];
}

function formatXAxis(picture: StaircaseView, toX: Scale, columns: number, gutterWidth: number): string[] {
  const axisCells = new Array<string>(columns).fill('─');
  const labelCells = new Array<string>(columns).fill(' ');
  let nextFree = 0;
  for (const tick of picture.xTicks) {
    const column = toX(tick.at);
    axisCells[column] = '┬';
    const labelStart = Math.max(0, Math.min(columns - tick.text.length, column - (tick.text.length >> 1)));
    if (labelStart < nextFree) continue;
    for (let offset = 0; offset < tick.text.length; offset++) labelCells[labelStart + offset] = tick.text[offset]!;
    nextFree = labelStart + tick.text.length + 1;
  }
  const titleText = ` ${picture.xTitle}`;
  const labelText = labelCells.join('').trimEnd();
  const labelLine =
    labelText.length + titleText.length <= columns
      ? padText(labelText, columns - titleText.length) + titleText
      : labelText;
  return [`${' '.repeat(gutterWidth - 1)}└${axisCells.join('')}`, ' '.repeat(gutterWidth) + labelLine];
}

function formatLegend(picture: StaircaseView, style: Style): string[] {
  const entries = picture.kinds.map((kind) => `${GLYPHS[kind]} ${WORDS[kind]}`);
  if (picture.remeasured.some((mark) => mark.hasOwnSign)) entries.push(`${REMEASURED_GLYPH} ${REMEASURED_WORDS}`);
  if (picture.noise) entries.push(`░ ${picture.noise.text}`);
  if (picture.baseline) entries.push(`- ${picture.baseline.text}`);
  if (picture.clipped.top) entries.push(`▲ ${picture.clipped.top} above`);
  if (picture.clipped.bottom) entries.push(`▼ ${picture.clipped.bottom} below`);
  const lines: string[] = [];
  let currentLine = '';
  for (const entry of entries) {
    const extendedLine = currentLine === '' ? ` ${entry}` : `${currentLine}  ${entry}`;
    if (currentLine !== '' && widthOf(extendedLine) > style.columns) {
      lines.push(currentLine);
      currentLine = ` ${entry}`;
    } else currentLine = extendedLine;
  }
  return [...lines, currentLine];
}
