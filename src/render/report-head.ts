/** The first screen of the HTML report: verdict, tiles, and the picture beside the one table from baseline to best. */
import { escapeHtml as esc } from '../base/escape.ts';
import { bestChange, type ChangeRow } from '../view/lab/best-change.ts';
import { type Tile, tilesOf } from '../view/lab/tiles.ts';
import { viewStaircase } from '../view/pictures/staircase.ts';
import type { LabView } from '../view/types.ts';
import { foreignHtml, proseHtml, tableHtml } from './html-parts.ts';
import type { ReportOptions } from './markdown.ts';
import { staircaseSvg } from './svg.ts';

/** Rows of the table from baseline to best that stand on the first screen; the others open. */
const MAX_FIRST_ROWS = 9;
/** Marks above which the picture is drawn once: a second one for narrow screens would double a large file. */
const MAX_MARKS_DRAWN_TWICE = 1500;

export function headHtml(view: LabView): string {
  const tiles = tilesOf(view);
  const stateHtml =
    tiles.length > 0 || view.state.kind === 'never run'
      ? ''
      : `<p><span class="state s-${view.state.kind.replaceAll(' ', '-')}">${foreignHtml(view.state.text)}</span></p>`;
  const nextHtml = view.next[0] ? `<p class="first-step"><b>Next</b> ${proseHtml(view.next[0])}</p>` : '';
  return `<header>
<h1>${titleHtml(view)}</h1>
<p class="verdict">${esc(view.verdict.sentence)}</p>
${stateHtml}${tiles.length > 0 ? `<dl class="tiles">${tiles.map(tileHtml).join('')}</dl>` : ''}${nextHtml}
</header>`;
}

const titleHtml = ({ arena, metric, tag }: LabView): string =>
  tag === ''
    ? 'No lab yet'
    : `${foreignHtml(arena)} <span class="soft">${foreignHtml(metric.name)} ${esc(metric.arrow)}</span>`;

const tileHtml = ({ name, value, note, tone }: Tile): string =>
  `<div class="t-${tone}"><dt>${esc(name)}</dt><dd><b>${foreignHtml(value)}</b><span>${foreignHtml(note)}</span></dd></div>`;

/** The picture and the table. Empty where nothing was measured. */
export function firstScreenHtml(view: LabView, options: ReportOptions): string {
  const picture = viewStaircase(view);
  if (picture.empty) return '';
  const wide = staircaseSvg(picture, { title: false, width: 720, height: 390 }).trim();
  const narrow =
    picture.marks.length > MAX_MARKS_DRAWN_TWICE
      ? ''
      : staircaseSvg(picture, { title: false, width: 390, height: 480, style: false, id: 'narrow' }).trim();
  const drawings = narrow ? `<div class="wide">${wide}</div><div class="narrow">${narrow}</div>` : wide;
  const figure = `<figure>${drawings}<figcaption>${esc(picture.caption)}</figcaption></figure>`;
  const table = changeHtml(view, options);
  return table ? `<div class="first">${table}${figure}</div>` : figure;
}

function changeHtml(view: LabView, options: ReportOptions): string {
  const bestN = view.champion && view.champion.n > 0 ? view.champion.n : (view.incumbent?.n ?? 0);
  const change = bestChange(view, bestN > 0 ? options.diffOf?.(0, bestN) : undefined);
  if (!change) return '';
  const best = `#${change.n}${change.isConfirmed ? '' : ', not confirmed'}`;
  const drawTable = (rows: readonly ChangeRow[]): string => tableHtml(['', 'baseline', best], rows.map(changeCells));
  const [shown, rest] = [change.rows.slice(0, MAX_FIRST_ROWS), change.rows.slice(MAX_FIRST_ROWS)];
  const more = rest.length > 0 ? `<details><summary>and ${rest.length} more</summary>${drawTable(rest)}</details>` : '';
  return `<section id="change"><h2>From baseline to best</h2>\n${drawTable(shown)}${more}</section>`;
}

function changeCells({ what, baseline, best, isCode }: ChangeRow): string[] {
  const sideHtml = (side: string): string =>
    isCode && side !== '' ? `<code>${side.split('\n').map(foreignHtml).join('<br>')}</code>` : foreignHtml(side || '–');
  return [`<b>${foreignHtml(what)}</b>`, sideHtml(baseline), sideHtml(best)];
}
